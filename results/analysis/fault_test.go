package analysis

import (
	"testing"

	"showdown"
)

// A record may end before the experiment says its plan; what waits then has the estimate
// of the stage, and the event's otherwise, which knows the jitter.
func TestPlannedFaults(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	cell := showdown.Cell{
		Name: "base",
		Timeline: []showdown.Step{
			{Letter: "C", During: "B", At: 10 * showdown.Second, Do: "slow"},
			{Letter: "B", After: "A", At: 30 * showdown.Second, Do: "hang", For: showdown.Minute},
			{Letter: "A", At: showdown.Minute, Jitter: showdown.Minute, Do: "kill", For: 2 * showdown.Minute},
		},
	}
	planned := showdown.Event{Kind: showdown.FaultPlanned, Target: "B", Data: map[string]any{"planned_s": 245.0}}
	for name, c := range map[string]struct {
		events []showdown.Event
		want   []float64 // A, B, C in AWS seconds
	}{
		"from the stage":  {nil, []float64{60, 210, 220}},
		"from the record": {[]showdown.Event{planned}, []float64{60, 245, 220}},
	} {
		got := map[string]float64{}
		for _, f := range faultsOf(cell, c.events, clock) {
			got[f.letter] = awsSecs(f.planned, clock)
		}
		for i, letter := range []string{"A", "B", "C"} {
			if d := got[letter] - c.want[i]; d > 1e-5 || d < -1e-5 {
				t.Errorf("%s: %s planned at %g s, want %g", name, letter, got[letter], c.want[i])
			}
		}
	}
}

// A command of one's own is told by its text: all of them have one name for an action.
func TestACommandIsCalledByItsText(t *testing.T) {
	clock, err := showdown.NewClock(1)
	if err != nil {
		t.Fatal(err)
	}
	cell := showdown.Cell{Name: showdown.BaseCell, Timeline: []showdown.Step{
		{Letter: "A", Do: showdown.RunCommand, Run: &showdown.Command{Run: []string{"docker", "pause", "web 1"}}, Target: "web 1"},
		{Letter: "B", Do: "kill", Target: "web-1"},
	}}
	faults := faultsOf(cell, nil, clock)
	a, b := faults[0].summary(clock), faults[1].summary(clock)
	if a.Action != showdown.RunCommand || a.Command != "docker pause 'web 1'" || a.Called() != a.Command || !a.NamesTarget() {
		t.Errorf("the command is %+v", a)
	}
	if b.Command != "" || b.Called() != "kill" || b.NamesTarget() {
		t.Errorf("the action is %+v", b)
	}
}
