package figure

import (
	"math"
	"strings"
	"testing"

	"showdown/results"
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
