package analysis

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
)

func TestGates(t *testing.T) {
	unconfirmed := func(r *run) {
		r.events = slices.DeleteFunc(r.events, func(e showdown.Event) bool { return e.Kind == showdown.FaultConfirmed && e.Target == "A" })
	}
	for _, tt := range []struct {
		name     string
		gate     showdown.Gate
		change   func(r *run)
		verdict  showdown.Verdict
		measured string
		reason   string
	}{
		{name: "held", gate: showdown.Gate{Expect: `recovered("A") < 2m`}, verdict: showdown.Held, measured: "88.7 s"},
		{name: "deviated", gate: showdown.Gate{Expect: `availability(during("A")) > 99%`}, verdict: showdown.Deviated, measured: "0.5 %"},
		{name: "after", gate: showdown.Gate{Expect: `p99(after("B", 100s)) < 250ms`}, verdict: showdown.Held, measured: "1 ms"},
		{name: "before and since", gate: showdown.Gate{Expect: `failed(before("A", 30s)) == 0 and failed(since("A", 90s, 3m)) == 0`}, verdict: showdown.Held},
		{name: "another cell", gate: showdown.Gate{Expect: `outage("A") < 10s`, Cell: "no-eip"}, verdict: showdown.Deviated, measured: "88.2 s"},
		{name: "too few requests", gate: showdown.Gate{Expect: `availability(after("A", 1s)) > 50%`}, verdict: showdown.Unknown, reason: "fewer than 10"},
		{name: "no such fault", gate: showdown.Gate{Expect: `availability(during("Z")) > 50%`}, verdict: showdown.Unknown, reason: "no fault Z"},
		{name: "not in the language", gate: showdown.Gate{Expect: `availability(`}, verdict: showdown.Unknown, reason: "not in the language"},
		{name: "a fault that was not seen", gate: showdown.Gate{Expect: `recovered("A") < 2m`}, change: unconfirmed, verdict: showdown.Unknown, reason: "fault A was not confirmed"},
		{
			name: "deviates in a run without an end", gate: showdown.Gate{Expect: `recovered("A") < 2s`},
			change: func(r *run) { r.cut = true }, verdict: showdown.Unknown, reason: "it deviates, but the record is incomplete",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := good(t)
			r.stage.Gates = []showdown.Gate{tt.gate}
			if tt.change != nil {
				tt.change(&r)
			}
			s := r.analyse(t)
			if len(s.Gates) != 1 {
				t.Fatalf("%d gates", len(s.Gates))
			}
			g := s.Gates[0]
			if g.Verdict != tt.verdict || !strings.Contains(g.Measured, tt.measured) || !strings.Contains(g.Reason, tt.reason) {
				t.Errorf("%+v, want %s, %q, %q", g, tt.verdict, tt.measured, tt.reason)
			}
			if (g.Reason != "") != (g.Verdict == showdown.Unknown) {
				t.Errorf("%s with the reason %q", g.Verdict, g.Reason)
			}
			if g.Name != strings.TrimSpace(tt.gate.Expect) || g.Expect != tt.gate.Expect || g.Cell != tt.gate.Cell || g.Abort {
				t.Errorf("%+v is not the gate %+v", g, tt.gate)
			}
			if s.Verdict != s.Verdict.Worse(tt.verdict) {
				t.Errorf("the run is %s", s.Verdict)
			}
		})
	}
}

// TestGateIsLikeAClaim holds that a gate gets the verdict and the value of a claim with the
// same words.
func TestGateIsLikeAClaim(t *testing.T) {
	r := good(t)
	for _, expect := range []string{
		`outage("A") between 45s and 180s`, `knee("ladder") > 1000`, `lost(whole()) < 1s`, `p99(since("A", 0s, 1s)) < 1s`, `cost() < 20`,
	} {
		r.stage.Claims = append(r.stage.Claims, showdown.Claim{ID: expect, Expect: expect})
		r.stage.Gates = append(r.stage.Gates, showdown.Gate{Expect: expect})
	}
	s := r.analyse(t)
	for i, c := range s.Claims {
		g := s.Gates[i]
		if g.Verdict != c.Verdict || g.Measured != c.Measured || g.Reason != c.Reason || g.Note != c.Note {
			t.Errorf("claim %+v\ngate %+v", c, g)
		}
	}
}

func TestAbortIf(t *testing.T) {
	const condition = `availability(last(30s)) < 50%`
	base := showdown.Abort{If: condition}
	// ended is the record of a run that ended at that many AWS seconds.
	ended := func(r *run, at float64) {
		for _, cell := range []string{"base", "no-eip"} {
			r.events = append(r.events, showdown.Event{T: at, Cell: cell, Kind: showdown.TrafficEnded})
			hits := r.hits[cell]
			r.hits[cell] = slices.DeleteFunc(hits, func(h showdown.Hit) bool { return h.Intended.Seconds()*60 > at })
		}
	}
	aborted := func(cell string, at float64) func(r *run) {
		return func(r *run) {
			r.events = append(r.events, showdown.Event{
				T: at, Cell: cell, Kind: showdown.StageAborted, Data: map[string]any{"condition": condition},
			})
			ended(r, at)
		}
	}
	length := func(r *run) float64 {
		clock, _ := showdown.NewClock(r.speed)
		return clock.AWS(r.stage.Cells[0].Traffic.Length(clock)).Seconds()
	}
	for _, tt := range []struct {
		name     string
		abort    showdown.Abort
		change   func(r *run)
		verdict  showdown.Verdict
		run      showdown.Verdict
		measured string
		reason   string
		said     bool // that the stage was aborted
	}{
		{
			name: "played to the end", abort: base, change: func(r *run) { ended(r, length(r)) },
			verdict: showdown.Held, run: showdown.Held, measured: "it did not become true",
		},
		{
			name: "aborted", abort: base, change: aborted("base", 150), said: true,
			verdict: showdown.Deviated, run: showdown.Deviated, measured: "it became true at 150 s, in the phase calm, 30 s after A began",
		},
		{
			name: "aborted before any fault", abort: base, change: aborted("base", 60), said: true,
			verdict: showdown.Deviated, run: showdown.Deviated, measured: "it became true at 60 s, in the phase calm",
		},
		{
			name: "aborted by another cell", abort: base, change: aborted("no-eip", 150), said: true,
			verdict: showdown.Unknown, run: showdown.Unknown, measured: "it did not become true", reason: "the traffic did not last until its end",
		},
		{
			name: "about another cell", abort: showdown.Abort{Name: "mine", If: condition, Cell: "no-eip"}, change: aborted("no-eip", 150), said: true,
			verdict: showdown.Deviated, run: showdown.Deviated, measured: "it became true at 150 s",
		},
		{
			name: "another condition", abort: showdown.Abort{If: "failed(last(30s)) > 100"}, change: aborted("base", 150), said: true,
			verdict: showdown.Unknown, run: showdown.Unknown, reason: "the traffic did not last until its end",
		},
		{
			name: "killed", abort: base, change: func(r *run) { r.cut = true },
			verdict: showdown.Unknown, run: showdown.Unknown, reason: "the traffic did not last until its end",
		},
		{
			name: "a cell that was not played", abort: showdown.Abort{If: condition, Cell: "gone"}, change: func(r *run) { ended(r, length(r)) },
			verdict: showdown.Unknown, run: showdown.Unknown, reason: "no request of the cell gone was recorded",
		},
		{
			name: "on a disturbed machine", abort: base, change: func(r *run) {
				aborted("base", 150)(r)
				r.hits["base"][5].Sent += 40 * time.Millisecond
			},
			verdict: showdown.Unknown, run: showdown.Unknown, measured: "it became true at 150 s", reason: "the machine was disturbed", said: true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := good(t)
			r.stage.AbortIf = []showdown.Abort{tt.abort}
			tt.change(&r)
			s := r.analyse(t)
			if len(s.Gates) != 1 {
				t.Fatalf("%d gates", len(s.Gates))
			}
			g := s.Gates[0]
			if g.Verdict != tt.verdict || !strings.HasPrefix(g.Measured, tt.measured) || !strings.Contains(g.Reason, tt.reason) || !g.Abort {
				t.Errorf("%+v", g)
			}
			if s.Verdict != tt.run {
				t.Errorf("the run is %s, want %s: %q", s.Verdict, tt.run, s.Reasons)
			}
			if said := strings.Contains(strings.Join(s.Reasons, "\n"), "the stage was aborted at "); said != tt.said {
				t.Errorf("reasons %q", s.Reasons)
			}
		})
	}
}

func TestCompileGate(t *testing.T) {
	stage := testStage()
	for _, tt := range []struct {
		gate showdown.Gate
		at   int // column; 0 is good
	}{
		{showdown.Gate{Expect: `availability(during("A")) > 99%`}, 0},
		{showdown.Gate{Expect: `availability(during("A")) > 99%`, Cell: "no-eip"}, 0},
		{showdown.Gate{Expect: `recovered("no-eip/B") < 60s`}, 0},
		{showdown.Gate{Expect: `availability(during("Q")) > 99%`}, 21},
		{showdown.Gate{Expect: `availability(phase("clam")) > 99%`}, 20},
		{showdown.Gate{Expect: `recovered("A") < 60`}, 18},
		{showdown.Gate{Expect: `availability(last(30s)) > 99%`}, 14},
		{showdown.Gate{Expect: `availability(whole("eip")) > 99%`}, 20},
		{showdown.Gate{Expect: ``}, 1},
		{showdown.Gate{Expect: `ä`}, 1},
	} {
		err := CompileGate(stage, tt.gate)
		var at *SyntaxError
		switch {
		case tt.at == 0 && err != nil:
			t.Errorf("%s: %v", tt.gate.Expect, err)
		case tt.at != 0 && (!errors.As(err, &at) || at.Column != tt.at):
			t.Errorf("%s: %v, want column %d", tt.gate.Expect, err, tt.at)
		}
	}
	if err := CompileGate(&showdown.Stage{}, showdown.Gate{Expect: `availability(during("Q")) > 99%`}); err != nil {
		t.Errorf("a record without a stage: %v", err)
	}
}

func FuzzCompileGate(f *testing.F) {
	for _, s := range []string{
		`availability(during("A")) > 99%`, `p99(after("A", 30s)) < 250ms`, `recovered("no-eip/A") < 60s`, `count(whole(), "refused") < 3`,
		"\n", `share(whole("base"), "web-1") between 1% and 2%`, `"A" == 'A'`, `é("A")`,
	} {
		f.Add(s, "")
	}
	f.Add(`outage("A") < 1s`, "no-eip")
	stage := testStage()
	f.Fuzz(func(t *testing.T, expect, cell string) {
		err := CompileGate(stage, showdown.Gate{Expect: expect, Cell: cell})
		if err == nil {
			return
		}
		var at *SyntaxError
		if !errors.As(err, &at) || at.Column < 1 || at.Offset > len(expect) {
			t.Fatalf("%q: %#v", expect, err)
		}
	})
}
