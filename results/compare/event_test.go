package compare

import (
	"slices"
	"strings"
	"testing"

	"showdown"
	"showdown/results"
)

// The event of a comparison is the fault that its sentence is about, by the letter that
// each side gives it.
func TestTheEventIsThatOfTheSentence(t *testing.T) {
	zone := func(stage, letter string, lost float64) *results.Summary {
		return summary(func(s *results.Summary) {
			s.Stage = stage
			s.Faults[1].Action, s.Faults[1].Letter, s.Faults[1].LostS = "fail-az", letter, lost
		})
	}
	c, err := Compare([]Side{sideOf("asg", zone("asg", "Z", 900)), sideOf("multi-az", zone("multi-az", "Y", 32))})
	if err != nil {
		t.Fatal(err)
	}
	if c.Event == nil || c.Event.Fault != "fail-az" || !slices.Equal(c.Event.Letters, []string{"Z", "Y"}) || !strings.HasPrefix(c.Sentence, "A zone failure") {
		t.Errorf("the event is %+v, the sentence %q", c.Event, c.Sentence)
	}
	quiet := func(stage string) *results.Summary {
		return summary(func(s *results.Summary) { s.Stage, s.Faults = stage, nil })
	}
	c, err = Compare([]Side{sideOf("a", quiet("a")), sideOf("b", quiet("b"))})
	if err != nil {
		t.Fatal(err)
	}
	if c.Event != nil {
		t.Errorf("nobody played a fault, and the event is %+v", c.Event)
	}
}

// Commands of one's own are all called run: the same command is compared with itself,
// under its own name, and with no other.
func TestCommandsAreMatchedByTheirText(t *testing.T) {
	own := func(stage string, commands ...string) *results.Summary {
		return summary(func(s *results.Summary) {
			s.Stage = stage
			for i, c := range commands {
				s.Faults[i].Action, s.Faults[i].Command, s.Faults[i].LostS = showdown.RunCommand, c, float64(10*(i+1))
			}
			s.Faults = s.Faults[:len(commands)]
		})
	}
	compared := func(a, b *results.Summary) *Comparison {
		t.Helper()
		c, err := Compare([]Side{sideOf("one", a), sideOf("two", b)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	has := func(c *Comparison, text string) bool {
		return slices.ContainsFunc(c.Tables[0].Rows, func(r Row) bool { return strings.Contains(r.Label, text) })
	}
	const pause, kill = "docker pause web-1", "docker kill web-2"

	c := compared(own("one", pause, kill), own("two", kill, pause))
	if !has(c, pause) || !has(c, kill) || has(c, showdown.RunCommand+":") {
		t.Errorf("the rows are %+v", c.Tables[0].Rows)
	}
	for _, r := range c.Tables[0].Rows {
		// The first one costs 10 s and the second 20, in whichever stage.
		want := map[string][2]float64{"faults." + pause + ".lost_s": {10, 20}, "faults." + kill + ".lost_s": {20, 10}}
		if w, is := want[r.Name]; is && (r.Sides[0].Value != w[0] || r.Sides[1].Value != w[1]) {
			t.Errorf("%s is %g and %g, want %v", r.Name, r.Sides[0].Value, r.Sides[1].Value, w)
		}
	}
	if want := "The command " + pause + " costs 10 s of service in one and 20 s in two: 2 times more, at the same price."; c.Sentence != want {
		t.Errorf("%q, want %q", c.Sentence, want)
	}

	c = compared(own("one", pause), own("two", kill))
	if has(c, "docker") || c.Event != nil {
		t.Errorf("different commands are compared: %+v, rows %+v", c.Event, c.Tables[0].Rows)
	}
}
