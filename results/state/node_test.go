package state

import (
	"strings"
	"testing"

	"showdown"
)

// TestTruth plays stories of a node, told in words, and looks at it after each word.
func TestTruth(t *testing.T) {
	words := map[string]func(n *Node){
		"pending": func(n *Node) { n.Turn("pending") }, "running": func(n *Node) { n.Turn("running") },
		"stopping": func(n *Node) { n.Turn("stopping") }, "stopped": func(n *Node) { n.Turn("stopped") },
		"shutting-down": func(n *Node) { n.Turn("shutting-down") }, "terminated": func(n *Node) { n.Turn("terminated") },
		"answers": (*Node).Arrive, "seen": (*Node).Seen, "lost": (*Node).Lose, "lab-up": (*Node).LabUp, "lab-down": (*Node).LabDown,
		"A-down": func(n *Node) { n.Affect("A", Down) }, "A-heals": func(n *Node) { n.Affect("A", Recovering) }, "A-gone": func(n *Node) { n.Release("A") },
		"B-slow": func(n *Node) { n.Affect("B", Degraded) }, "B-gone": func(n *Node) { n.Release("B") },
		"passed": func(n *Node) { n.Status(showdown.Event{Data: map[string]any{"instance": "ok"}}) },
		"failed": func(n *Node) { n.Status(showdown.Event{Data: map[string]any{"instance": "impaired"}}) },
	}
	for _, story := range []string{
		"nothing off",
		"pending recovering, running recovering, answers up, lab-down off",
		"running recovering, lab-up up", // a record whose begin is missing
		"lab-up up, lab-up up",
		"pending recovering, lab-up up, running up",
		"lab-up up, A-down down, A-heals recovering, A-gone up",
		// The worst of two faults counts, and each goes alone.
		"lab-up up, B-slow degraded, A-down down, A-heals recovering, A-gone degraded, B-gone up",
		"lab-up up, A-down down, B-slow down, B-gone down, A-gone up",
		// EC2's word comes first.
		"lab-up up, A-down down, stopping off, stopped off, pending down, A-gone recovering, running recovering, answers up",
		"lab-up up, shutting-down off, terminated off, lost off, answers off",
		// What is lost is down, whatever it is held by, until it comes up again or answers.
		"lab-up up, lost down, B-slow down, B-gone down, seen down, answers up",
		"lab-up up, lost down, passed down, stopping off, pending recovering, running recovering, passed up",
		"pending recovering, running recovering, failed recovering, passed up",
		"pending recovering, running recovering, B-slow recovering, seen degraded, B-gone up",
		"stopped off, passed off, lab-up off",
		// The same word twice says nothing.
		"pending recovering, running recovering, answers up, running up",
	} {
		var n Node
		for i, part := range strings.Split(story, ", ") {
			word, want, _ := strings.Cut(part, " ")
			if do := words[word]; do != nil {
				do(&n)
			} else if word != "nothing" {
				t.Fatalf("no word %q", word)
			}
			if got := n.Truth().String(); got != want {
				t.Errorf("%q, word %d: after %s it is %s, want %s", story, i+1, word, got, want)
			}
			if n.Known() != (word != "nothing") {
				t.Errorf("%q, word %d: known is %v", story, i+1, n.Known())
			}
		}
	}
}

func TestWordsOfEC2(t *testing.T) {
	for _, tc := range []struct {
		word                   string
		running, stopped, gone bool
	}{
		{"pending", false, false, false},
		{"running", true, false, false},
		{"stopping", false, false, false},
		{"stopped", false, true, false},
		{"shutting-down", false, true, true},
		{"terminated", false, true, true},
	} {
		var n Node
		if !n.Turn(tc.word) || n.Turn(tc.word) {
			t.Errorf("%s: it is news once", tc.word)
		}
		if n.Running() != tc.running || n.Stopped() != tc.stopped || n.Gone() != tc.gone {
			t.Errorf("%s: running %v, stopped %v, gone %v", tc.word, n.Running(), n.Stopped(), n.Gone())
		}
	}
}

func TestEffect(t *testing.T) {
	share := func(s string) map[string]string { return map[string]string{"share": s} }
	for _, tc := range []struct {
		action string
		with   map[string]string
		want   State
		ok     bool
	}{
		{"kill", nil, Down, true},
		{"hang", nil, Down, true},
		{"fail-az", nil, Down, true},
		{"error-500", nil, Down, true},
		{"error-500", share("100%"), Down, true},
		{"error-500", share("1"), Down, true},
		{"error-500", share("30%"), Degraded, true},
		{"slow", nil, Degraded, true},
		{"leak", nil, Degraded, true},
		{"resize-instance", nil, Off, false}, // EC2's events tell
		{"spike", nil, Off, false},
		{"", nil, Off, false},
	} {
		if got, ok := Effect(tc.action, tc.with); got != tc.want || ok != tc.ok {
			t.Errorf("%s %v: %s, %v, want %s, %v", tc.action, tc.with, got, ok, tc.want, tc.ok)
		}
	}
	if State(9).String() != "unknown" {
		t.Error("a state that is none has a name")
	}
}
