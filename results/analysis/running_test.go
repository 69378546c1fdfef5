package analysis

import (
	"strings"
	"testing"

	"showdown"
)

// Claims over a running system name its targets as those over a lab name instances.
func TestCompileForKnowsTheTargetsOfARunningSystem(t *testing.T) {
	stage := &showdown.Stage{Cells: []showdown.Cell{{
		Name: showdown.BaseCell, Targets: []showdown.Target{{Name: "web-1"}, {Name: "web-2"}},
		Timeline: []showdown.Step{{Letter: "A", Do: showdown.RunCommand, Run: &showdown.Command{Run: []string{"./stop.sh"}}}},
	}}}
	for expect, want := range map[string]string{
		`share(whole(), "web-2") > 1%`:                       "",
		`availability(during("A")) > 1% and confirmed("A")`:  "",
		`share(whole(), "web-3") > 1%`:                       `unknown target of cell base "web-3": there is web-1, web-2`,
		`availability(during("B")) > 1%`:                     `unknown fault of cell base "B"`,
		`availability(after("A", 2s)) > 99% and undone("A")`: "",
	} {
		_, err := CompileFor(stage, showdown.Claim{Expect: expect})
		switch {
		case err == nil && want != "":
			t.Errorf("%s: accepted, want %q", expect, want)
		case err != nil && (want == "" || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", expect, err, want)
		}
	}
}
