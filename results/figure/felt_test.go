package figure

import (
	"math"
	"strings"
	"testing"
	"time"

	"showdown"
)

// failing is a run whose fault R lasts from 120 to 180 AWS seconds, and in which those
// requests fail of which it says so, by lab time.
func failing(fails func(at time.Duration) bool) fixture {
	f := outage("one", showdown.BaseCell)
	f.play = func(cell string, at time.Duration) (showdown.Outcome, time.Duration) {
		if fails(at) {
			return showdown.Refused, 200 * time.Microsecond
		}
		return fine(cell, at)
	}
	return f
}

// The time of a fault is not long where nearly nobody failed. There are 200 requests in a
// lab second, which is 60 AWS seconds; the objective is 99 %.
func TestAFewFailedRequestsMakeNoLongTime(t *testing.T) {
	const ms = time.Millisecond
	lone := func(at, when time.Duration) bool { return at >= when && at < when+5*ms } // one request
	for _, c := range []struct {
		name      string
		objective showdown.Share
		fails     func(time.Duration) bool
		// empty says that nothing is drawn; else the fault's time is total seconds, and in it
		// this share failed while it was being detected.
		empty     string
		total     float64
		detecting float64
		failed    uint64
	}{
		{"one at the end", 0.99, func(at time.Duration) bool { return lone(at, 2990*ms) }, "so few requests failed", 0, 0, 1},
		{"two", 0.99, func(at time.Duration) bool { return lone(at, 2100*ms) || lone(at, 2900*ms) }, "so few requests failed", 0, 0, 2},
		{"all for 30 s", 0.99, func(at time.Duration) bool { return at >= 2000*ms && at < 2500*ms }, "", 30, 1, 100},
		{"all for 30 s, and one long after", 0.95, func(at time.Duration) bool {
			return at >= 2000*ms && at < 2500*ms || lone(at, 2900*ms)
		}, "", 30, 1, 101},
		{"every tenth for 60 s", 0.99, func(at time.Duration) bool {
			return at >= 2000*ms && at < 3000*ms && at/(5*ms)%10 == 0
		}, "", 60, 0.1, 20},
	} {
		play := failing(c.fails)
		play.stage.SLO.Availability = c.objective
		fig := build(t, "F2", play.set(t))
		if c.empty != "" {
			if !strings.Contains(fig.Empty, c.empty) {
				t.Errorf("%s: it is drawn, or says %q", c.name, fig.Empty)
			}
			continue
		}
		r := row(t, fig, "letter", "R")
		if got := number(t, r["total_s"]); math.Abs(got-c.total) > 6 || r["counts"] != "true" {
			t.Errorf("%s: %g s, want about %g; counts %s", c.name, got, c.total, r["counts"])
		}
		if got := number(t, r["detecting_failed"]); math.Abs(got-c.detecting) > 0.02 {
			t.Errorf("%s: while it is detected %g fail, want %g", c.name, got, c.detecting)
		}
		if got := number(t, r["failed"]); got != float64(c.failed) {
			t.Errorf("%s: %g failed, want %d", c.name, got, c.failed)
		}
		if well := number(t, r["well_s"]); math.Abs(well-number(t, r["start_s"])-number(t, r["total_s"])) > 1e-6 {
			t.Errorf("%s: well at %g, and the portions are %s s", c.name, well, r["total_s"])
		}
	}
}

// A fault that took too few requests is named and has no time, beside one that counts.
func TestWhatDoesNotCountIsSaid(t *testing.T) {
	f := outage("one", showdown.BaseCell, "other")
	f.events = append(f.events, life("other", "S", "kill", 120, 180)...)
	dead := f.play
	f.play = func(cell string, at time.Duration) (showdown.Outcome, time.Duration) {
		if cell == "other" {
			if at >= 2500*time.Millisecond && at < 2505*time.Millisecond {
				return showdown.Reset, time.Millisecond
			}
			return fine(cell, at)
		}
		return dead(cell, at)
	}
	fig := build(t, "F2", f.set(t))
	r := row(t, fig, "letter", "S")
	if r["counts"] != "false" || r["total_s"] != "0" || r["well_s"] != "" || r["failed"] != "1" {
		t.Errorf("the fault with one failed request is %v", r)
	}
	if !strings.Contains(fig.Caption, "Too few failed") || strings.Contains(fig.Title, "other") {
		t.Errorf("title %q, caption %q", fig.Title, fig.Caption)
	}
}
