package analysis

import (
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

// An outage that the machine makes is blamed on no fault, and one that a fault makes is so
// also where the machine stalls for a moment of it. Speed is 60: A begins at 2 s of the lab
// and ends at 3, and a timeout is 83 ms.
func TestStallsAreNoFaults(t *testing.T) {
	const ms = time.Millisecond
	stall := func(at, late float64) showdown.Event {
		return showdown.Event{T: at * 60, Kind: showdown.Stall, Source: "play", Data: map[string]any{"late_ms": late}}
	}
	for _, c := range []struct {
		name     string
		from, to time.Duration // the outage
		events   []showdown.Event
		// late is how late requests are sent in it.
		late  time.Duration
		cause string
		// verdict is that of a claim on how long the outage of A was.
		verdict showdown.Verdict
	}{
		{"a fault", 2200 * ms, 2700 * ms, nil, 0, "A", showdown.Held},
		{"a short stall in it", 2200 * ms, 2700 * ms, []showdown.Event{stall(2.4, 60)}, 0, "A", showdown.Held},
		{"a stall as long as it", 2200 * ms, 2700 * ms, []showdown.Event{stall(2.7, 500)}, 0, results.CauseDisturbed, showdown.Unknown},
		{"two stalls that make up most of it", 2200 * ms, 2700 * ms, []showdown.Event{stall(2.4, 180), stall(2.65, 180)}, 0, results.CauseDisturbed, showdown.Unknown},
		{"a stall below the limit", 2200 * ms, 2300 * ms, []showdown.Event{stall(2.25, 27)}, 0, "A", showdown.Held},
		{"requests that are sent late", 2200 * ms, 2700 * ms, nil, 30 * ms, results.CauseDisturbed, showdown.Unknown},
		{"a stall without a fault", 8200 * ms, 8700 * ms, []showdown.Event{stall(8.7, 500)}, 0, results.CauseDisturbed, showdown.Held},
		{"an outage without a cause", 8200 * ms, 8700 * ms, nil, 0, "", showdown.Held},
		{"a stall before the traffic", 2200 * ms, 2700 * ms, []showdown.Event{stall(-0.1, 400)}, 0, "A", showdown.Held},
	} {
		t.Run(c.name, func(t *testing.T) {
			stage := testStage()
			stage.Cells = stage.Cells[:1]
			stage.Cells[0].Timeline = stage.Cells[0].Timeline[:1]
			stage.Cells[0].Reference = nil
			stage.Claims = []showdown.Claim{{ID: "x", Text: "it is short", Expect: `outage("A") < 40s`}}
			clock, err := showdown.NewClock(60)
			if err != nil {
				t.Fatal(err)
			}
			hits := hitsOf(stage.Cells[0].Traffic, clock, down(c.from, c.to))
			for i := range hits {
				if hits[i].Outcome != showdown.OK {
					hits[i].Sent += c.late
				}
			}
			events := append(life(showdown.BaseCell, "A", 120, 180, 181), c.events...)
			s := run{stage: stage, speed: 60, events: events, hits: map[string][]showdown.Hit{showdown.BaseCell: hits}}.analyse(t)
			out := s.Downtime.Outages
			if len(out) != 1 || out[0].Cause != c.cause {
				t.Errorf("the outages are %+v, want one of cause %q", out, c.cause)
			}
			if got := s.Claims[0]; got.Verdict != c.verdict {
				t.Errorf("the claim is %s (%s), want %s", got.Verdict, got.Measured, c.verdict)
			}
		})
	}
}
