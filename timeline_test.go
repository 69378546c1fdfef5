package showdown

import (
	"slices"
	"testing"
	"time"
)

func TestStepSpan(t *testing.T) {
	clock, err := NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	c := Cell{
		Traffic: Traffic{Phases: []Phase{{Name: "calm", For: 10 * Minute}, {Name: "rest", For: 50 * Minute}}},
		Timeline: []Step{
			{Letter: "A", At: Minute, For: 5 * Minute, Jitter: 2 * Minute},
			{Letter: "B", After: "A", At: 30 * Second, For: Minute, Jitter: 10 * Second},
			{Letter: "C", After: "B", At: Second},
			{Letter: "D", After: "C", At: Second},
			{Letter: "E", During: "A", At: Minute},
			{Letter: "F", During: "A", At: 4 * Minute, For: 2 * Minute},
			{Letter: "G", During: "F", At: Second, For: 10 * Minute},
			{Letter: "H", After: "G"},
			{Letter: "I", Phase: "rest", At: Minute},
			{Letter: "J", During: "I", At: Minute},
			{Letter: "K", Phase: "gone"},
			{Letter: "L", After: "K"},
			{Letter: "M", During: "N"},
			{Letter: "N", After: "M"},
			{Letter: "O", After: "O"},
			{Letter: "P", After: "Z"},
		},
	}
	// Each division rounds to a nanosecond.
	near := func(a, b time.Duration) bool { return (a - b).Abs() < time.Microsecond }
	s := func(seconds Duration) Duration { return seconds * Second }
	for _, w := range []struct {
		letter   string
		from, to Duration
		// latest are the two with the whole of every jitter.
		latestFrom, latestTo Duration
		unknown              bool
	}{
		{letter: "A", from: s(60), to: s(360), latestFrom: s(180), latestTo: s(480)},
		{letter: "B", from: s(390), to: s(450), latestFrom: s(520), latestTo: s(580)},
		{letter: "C", from: s(451), to: s(451), latestFrom: s(581), latestTo: s(581)},
		{letter: "D", from: s(452), to: s(452), latestFrom: s(582), latestTo: s(582)}, // C has no length
		{letter: "E", from: s(120), to: s(360), latestFrom: s(240), latestTo: s(480)}, // ends with A
		{letter: "F", from: s(300), to: s(360), latestFrom: s(420), latestTo: s(480)}, // its own end is later
		{letter: "G", from: s(301), to: s(360), latestFrom: s(421), latestTo: s(480)},
		{letter: "H", from: s(360), to: s(360), latestFrom: s(480), latestTo: s(480)},
		{letter: "I", from: s(660), to: s(660), latestFrom: s(660), latestTo: s(660)},
		{letter: "J", from: s(720), to: s(720), latestFrom: s(720), latestTo: s(720)}, // I has no end
		{letter: "K", unknown: true},
		{letter: "L", unknown: true},
		{letter: "M", unknown: true},
		{letter: "N", unknown: true},
		{letter: "O", unknown: true},
		{letter: "P", unknown: true},
	} {
		step, ok := c.Step(w.letter)
		if !ok {
			t.Fatalf("no step %s", w.letter)
		}
		for _, x := range []struct {
			jitter   func(Step) Duration
			from, to Duration
		}{{nil, w.from, w.to}, {WholeJitter, w.latestFrom, w.latestTo}} {
			from, to, ok := c.StepSpan(clock, step, x.jitter)
			if ok == w.unknown {
				t.Errorf("%s has a place: %t", w.letter, ok)
			}
			if ok && (!near(from, clock.Lab(x.from)) || !near(to, clock.Lab(x.to))) {
				t.Errorf("%s from %s to %s, want %s to %s", w.letter, clock.AWS(from), clock.AWS(to), x.from, x.to)
			}
		}
		if at, _ := c.StepStart(clock, step); !w.unknown && !near(at, clock.Lab(w.from)) {
			t.Errorf("%s starts at %s, want %s", w.letter, clock.AWS(at), w.from)
		}
	}
	if _, ok := c.Step(""); ok {
		t.Error("a step without a letter")
	}
}

func TestInstancesBefore(t *testing.T) {
	add := func(letter, target, name string, at Duration) Step {
		return Step{Letter: letter, At: at, Do: "add-instance", Target: Selector(target), With: map[string]string{"name": name}}
	}
	c := Cell{
		Topology: Topology{Instances: []Instance{
			{Name: "web-1", Role: "web", Zone: "us-east-1a", Type: "t2.micro"},
			{Name: "db-1", Role: "db", Zone: "us-east-1b", Type: "m5.large"},
		}},
		Traffic: Traffic{Phases: []Phase{
			{Name: "ladder", Lab: LabDuration(time.Second)},
			{Name: "calm", For: 10 * Minute},
		}},
		Timeline: []Step{
			// Listed in another order than they are played.
			add("B", "web-2", "web-3", 2*Minute),
			add("A", "role:web", "web-2", Minute),
			add("C", "db-1", "db-2", 5*Minute),
			add("X", "nobody", "x", 0),
			add("Y", "web-1", "", 0),
			{Letter: "S", Phase: "calm", Do: "kill"}, // 1 s at speed 1, an hour at 3600
		},
	}
	for _, w := range []struct {
		step Step
		want []string
	}{
		{Step{Letter: "T", At: 0}, []string{"web-1", "db-1"}},
		{Step{Letter: "T", At: Minute}, []string{"web-1", "db-1", "web-2"}},
		{Step{Letter: "T", At: 3 * Minute}, []string{"web-1", "db-1", "web-2", "web-3"}},
		{Step{Letter: "T", After: "C"}, []string{"web-1", "db-1", "web-2", "web-3", "db-2"}},
		{Step{Letter: "T", After: "Z"}, []string{"web-1", "db-1"}},
		{c.Timeline[0], []string{"web-1", "db-1", "web-2"}}, // not its own
		{c.Timeline[5], []string{"web-1", "db-1", "web-2", "web-3", "db-2"}},
	} {
		var got []string
		for _, in := range c.InstancesBefore(w.step) {
			got = append(got, in.Name)
		}
		if !slices.Equal(got, w.want) {
			t.Errorf("before %s%s at %s: %v, want %v", w.step.Letter, w.step.After, w.step.At, got, w.want)
		}
	}
	made := c.InstancesBefore(Step{At: 9 * Minute})
	if in := made[4]; in.Name != "db-2" || in.Role != "db" || in.Zone != "us-east-1b" || in.Type != "m5.large" {
		t.Errorf("made %+v, want one like db-1", in)
	}
	if n := len(c.Topology.Instances); n != 2 {
		t.Errorf("the topology has %d instances", n)
	}
}

// The instances that Auto Scaling groups begin with are there like the topology's own.
func TestInstancesBeforeKnowsGroups(t *testing.T) {
	c := Cell{
		Topology: Topology{
			Instances: []Instance{{Name: "db-1", Role: "db", Zone: "us-east-1a"}},
			AutoScalingGroups: []AutoScalingGroup{
				{Name: "web", Template: Instance{Role: "web", Type: "t2.micro"}, Min: 1, Max: 9, Desired: 3, Zones: []string{"us-east-1a", "us-east-1b"}},
				{Name: "none", Desired: -1},
			},
		},
		Timeline: []Step{{Letter: "A", Do: "add-instance", Target: "zone:us-east-1b", With: map[string]string{"name": "like"}}},
	}
	var got []string
	for _, in := range c.InstancesBefore(Step{Letter: "B", At: Minute}) {
		got = append(got, in.Name+" "+in.Role+" "+in.Zone)
	}
	want := []string{"db-1 db us-east-1a", "web-1 web us-east-1a", "web-2 web us-east-1b", "web-3 web us-east-1a", "like web us-east-1b"}
	if !slices.Equal(got, want) {
		t.Errorf("instances %q, want %q", got, want)
	}
}
