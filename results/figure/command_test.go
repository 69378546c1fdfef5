package figure

import (
	"testing"

	"showdown"
	"showdown/results"
)

// A key names commands of one's own by their text, and repeats of one only once.
func TestKeyOfCommands(t *testing.T) {
	run := func(letter, command, target string) doing {
		return doing{"base", results.Fault{Letter: letter, Action: showdown.RunCommand, Command: command, Target: target}}
	}
	const freeze, kill = "./system.sh freeze web-1", "./system.sh kill"
	m := &maker{lang: English}
	for _, c := range []struct {
		faults []doing
		want   string
	}{
		{[]doing{run("A", freeze, "web-1"), run("B", kill, "web-2")}, "A: " + freeze + "; B: " + kill + " web-2."},
		{[]doing{run("A1", freeze, "web-1"), run("A2", freeze, "web-1"), run("A3", freeze, "web-1")}, "A1–A3: " + freeze + "."},
	} {
		if got := m.keyFor(c.faults, 1); got != c.want {
			t.Errorf("the key is %q, want %q", got, c.want)
		}
	}
}
