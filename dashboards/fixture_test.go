package dashboards

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"showdown"
)

// testStage is one cell of two instances under 100 requests/s, a kill, a resize and
// a spike; at speed 10 its 120 AWS seconds are 12 of the lab.
func testStage() *showdown.Stage {
	return &showdown.Stage{
		Journey: "test", Name: "outage", Title: "One outage", Number: 1,
		Cells: []showdown.Cell{{
			Name: showdown.BaseCell,
			Topology: showdown.Topology{Instances: []showdown.Instance{
				{Name: "web-1", Role: "web"}, {Name: "web-2", Role: "web"},
			}},
			Traffic: showdown.Traffic{
				Path:   "/time",
				Phases: []showdown.Phase{{Name: "steady", For: 120 * showdown.Second, Pace: showdown.Constant, Rate: 100}},
			},
			Timeline: []showdown.Step{
				{Letter: "A", At: 30 * showdown.Second, Do: "kill", Target: "web-1", For: 20 * showdown.Second},
				{Letter: "B", At: 70 * showdown.Second, Do: "resize-instance", Target: "one role:web"},
				{Letter: "C", At: 90 * showdown.Second, Do: "spike", For: 10 * showdown.Second, With: map[string]string{"factor": "3"}},
			},
		}},
	}
}

func clockOf(t testing.TB, speed float64) showdown.Clock {
	t.Helper()
	c, err := showdown.NewClock(speed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fixture is an exporter whose clock the test sets, in the midst of testStage.
type fixture struct {
	*Exporter
	t    *testing.T
	zero time.Time
	now  time.Time
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, zero: time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)}
	f.now = f.zero
	f.Exporter = NewExporter(Info{Version: "v1", Revision: "abc", Retain: 2, Now: func() time.Time { return f.now }})
	f.StageStarted("run-1", testStage(), clockOf(t, 10))
	return f
}

// at sends an event of the base cell at an AWS second.
func (f *fixture) at(second float64, kind showdown.EventKind, target string, data map[string]any) {
	f.Event(showdown.Event{
		T: second, At: f.zero.Add(time.Duration(second / 10 * float64(time.Second))),
		Cell: showdown.BaseCell, Kind: kind, Target: target, Data: data,
	})
}

func (f *fixture) fault(second float64, kind showdown.EventKind, letter, action string, targets ...string) {
	f.at(second, kind, letter, map[string]any{"action": action, "targets": targets})
}

// expect compares the samples of the named families, in text format without their
// comments, with want. Label pairs that every series of the run has are left out.
func (f *fixture) expect(want string, families ...string) {
	f.t.Helper()
	if diff := cmp.Diff(strings.TrimSpace(want), samples(f.t, f, families...)); diff != "" {
		f.t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func samples(t *testing.T, g prometheus.Gatherer, families ...string) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(withComments(t, g, families...)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}

// withComments is the named families in text format.
func withComments(t *testing.T, g prometheus.Gatherer, families ...string) string {
	t.Helper()
	got, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	for _, name := range families {
		found := false
		for _, family := range got {
			if family.GetName() == name {
				found = true
				if _, err := expfmt.MetricFamilyToText(&buf, family); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !found {
			t.Errorf("family %s is not exported", name)
		}
	}
	return buf.String()
}

func hit(seq int, intended time.Duration, latency time.Duration, outcome showdown.Outcome) showdown.Hit {
	return showdown.Hit{
		Seq: uint64(seq), Intended: intended, Sent: intended + time.Millisecond, Latency: latency,
		Outcome: outcome, Backend: "web-1",
	}
}
