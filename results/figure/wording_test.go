package figure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"showdown"
	"showdown/results"
	"showdown/targets/cloud/ec2"
)

// Where the load was never too much, what was carried is a lower bound.
func TestCarriedIsABoundWithoutAKnee(t *testing.T) {
	m := &maker{lang: English, set: &Set{Journey: &results.JourneySummary{}}}
	curve := func(name string, knee float64, beyond bool) loadCurve {
		return loadCurve{track: track{name: name}, knee: knee, beyond: beyond, points: []loadPoint{{offered: knee, goodput: knee}}}
	}
	got := m.loadTitle([]loadCurve{curve("single", 200, true), curve("reserved", 224, false)})
	if want := "Stage reserved carries at least 224/s, single 200/s"; got != want {
		t.Errorf("the title is %q, want %q", got, want)
	}
	got = m.loadTitle([]loadCurve{curve("single", 200, true), curve("reserved", 0, true)})
	if want := "Stage single carries 200/s, reserved not even its lowest load"; got != want {
		t.Errorf("the title is %q, want %q", got, want)
	}
	got = m.loadTitle([]loadCurve{curve("morning", 224, false), curve("evening", 224, false)})
	if want := "All of the load was carried, up to 224/s"; got != want {
		t.Errorf("the title is %q, want %q", got, want)
	}
	got = m.loadTitle([]loadCurve{curve("one", 200, true), curve("two", 200, true)})
	if want := "Each of 2 carries 200/s"; got != want {
		t.Errorf("the title is %q, want %q", got, want)
	}
}

// Good answers per second are those of the buckets that were counted, however the stretch
// lies over them.
func TestRatesAreOfWholeBuckets(t *testing.T) {
	series := &results.Series{BucketS: 15}
	for range 20 { // 5 requests in each quarter of a minute, all answered
		b := results.Bucket{Scheduled: 5}
		b.Outcomes[0] = 5
		series.Buckets = append(series.Buckets, b)
	}
	k := track{series: series, sum: &results.CellSummary{}, to: 300, source: &Source{Summary: &results.Summary{Speed: 300}}}
	for _, to := range []float64{150, 155, 160, 164} {
		f := k.felling(97, to)
		if f.failed != 0 || f.scheduled == 0 || math.Abs(f.rate-100) > 1e-9 {
			t.Errorf("until %g s: %d of %d failed, %g/s were answered, want all of 100/s", to, f.failed, f.scheduled, f.rate)
		}
	}
}

// In French nobody "loses nothing" without its verb.
func TestNothingIsLostInFrench(t *testing.T) {
	f := buildIn(t, "F1", journeySet(t), French)
	if !strings.Contains(f.Title, "three n’en perd aucune") {
		t.Errorf("the title is %q", f.Title)
	}
}

func buildIn(t *testing.T, id string, s *Set, l Lang) *Figure {
	t.Helper()
	k, err := KindNamed(id)
	if err != nil {
		t.Fatal(err)
	}
	return Build(k, s, Page{Lang: l})
}

// An instance that was resized carries what its type does, and not what it had before it
// nor the CPU credits that it no longer needs.
func TestCapacityOfAnotherType(t *testing.T) {
	events := []showdown.Event{}
	state := func(at float64, target, to, kind string) {
		events = append(events, showdown.Event{T: at, Cell: "base", Kind: showdown.InstanceState, Target: target, Data: map[string]any{"to": to, "type": kind}})
	}
	state(-20, "web-1", "running", "t2.micro")
	events = append(events, showdown.Event{T: -10, Cell: "base", Kind: showdown.InstanceCredits, Target: "web-1", Data: map[string]any{"speed": 0.1}})
	state(60, "web-1", "stopping", "t2.micro")
	state(90, "web-1", "pending", "m5.large")
	state(100, "web-1", "running", "m5.large")
	state(200, "web-2", "pending", "m5.xlarge")
	state(210, "web-2", "running", "m5.xlarge")
	state(211, "web-1", "shutting-down", "m5.large")
	state(230, "web-1", "terminated", "m5.large")
	k := track{cell: "base", to: 300, source: &Source{Events: events, Manifest: &results.Manifest{Spec: &showdown.Stage{
		Cells: []showdown.Cell{{Name: "base", Topology: showdown.Topology{Instances: []showdown.Instance{{Name: "web-1", Type: "t2.micro"}}}}},
	}}}}
	small, _ := ec2.TypeByName("t2.micro")
	large, _ := ec2.TypeByName("m5.large")
	double, _ := ec2.TypeByName("m5.xlarge")
	got := k.weighed([]held{{0, 1}, {60, 0}, {100, 1}})
	for _, c := range []struct{ at, want float64 }{
		{50, 0.1},
		{80, 0},
		{150, large.CoreMark / small.CoreMark},
		{220, double.CoreMark / small.CoreMark},
	} {
		if v := heldAt(got, c.at); math.Abs(v-c.want) > 0.006 {
			t.Errorf("at %g s it carries %g, want %g: %v", c.at, v, c.want, got)
		}
	}
}

// A cell that begins like another one and ends with another bill says so.
func TestTheSameAtFirst(t *testing.T) {
	m := &maker{lang: English, set: &Set{}}
	bill := func(v float64) *float64 { return &v }
	base := &built{name: "base", month: bill(408)}
	m.alsoIn(base, &built{name: "stable", month: bill(407)})
	if len(base.alsoMonths) != 0 {
		t.Errorf("%v a month are told apart from 408", base.alsoMonths)
	}
	m.alsoIn(base, &built{name: "change", month: bill(646)})
	if want := []string{"stable", "change ($646 a month)"}; !slices.Equal(base.also, want) {
		t.Errorf("also in %q, want %q", base.also, want)
	}
	title := m.evolutionTitle([]*built{base, {name: "small", month: bill(194)}})
	if want := "2 architectures side by side, for $194 a month to $646 a month"; title != want {
		t.Errorf("the title is %q, want %q", title, want)
	}
}

func TestShortDurations(t *testing.T) {
	for s, want := range map[float64]string{0.05: "0.05\u00a0s", 0.1: "0.1\u00a0s", 12.34: "12.3\u00a0s", 300: "5\u00a0min"} {
		if got := English.duration(s); got != want {
			t.Errorf("%g s is %q, want %q", s, got, want)
		}
	}
}
