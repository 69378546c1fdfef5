package compare

import (
	"errors"
	"math"
	"strings"
	"testing"

	"showdown"
	"showdown/results"
)

func TestParseBound(t *testing.T) {
	tests := []struct {
		text   string
		name   string
		cell   string
		letter string
		op     string
		change float64
		kind   changeKind
	}{
		{"p99 > +10%", "p99", "", "", ">", 0.1, percentChange},
		{"  p99>+10%  ", "p99", "", "", ">", 0.1, percentChange},
		{"p99 >= + 50ms", "p99", "", "", ">=", 0.05, durationChange},
		{"response_p95 > +0.5s", "response_p95", "", "", ">", 0.5, durationChange},
		{"longest_outage > +1m30s", "longest_outage", "", "", ">", 90, durationChange},
		{"availability < -0.1%", "availability", "", "", "<", -0.001, percentChange},
		{"goodput < -5%", "goodput", "", "", "<", -0.05, percentChange},
		{"goodput <= -20/s", "goodput", "", "", "<=", -20, perSecondChange},
		{"cost > +$20", "cost", "", "", ">", 20, dollarChange},
		{"failed > +100", "failed", "", "", ">", 100, plainChange},
		{"lost > +0%", "lost", "", "", ">", 0, percentChange},
		{"recovered > +10%", "recovered", "", "", ">", 0.1, percentChange},
		{"recovered(A) > +5s", "recovered", "", "A", ">", 5, durationChange},
		{`lost("C1") > +5s`, "lost", "", "C1", ">", 5, durationChange},
		{"no-eip.lost > +5s", "lost", "no-eip", "", ">", 5, durationChange},
		{"no-eip.recovered(B) > +5s", "recovered", "no-eip", "B", ">", 5, durationChange},
		{"latency_ms.service.p999 > +5ms", "latency_ms.service.p999", "", "", ">", 0.005, durationChange},
		// To want a gain of a tenth.
		{"p99 > -10%", "p99", "", "", ">", -0.1, percentChange},
		{"p99 < -50%", "p99", "", "", "<", -0.5, percentChange},
	}
	for _, test := range tests {
		b, err := ParseBound(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if b.name != test.name || b.cell != test.cell || b.letter != test.letter || b.op != test.op || math.Abs(b.change-test.change) > 1e-12 || b.kind != test.kind {
			t.Errorf("%s: %+v", test.text, b)
		}
		if b.String() != strings.TrimSpace(test.text) {
			t.Errorf("%q is written as %q", test.text, b)
		}
	}
}

func TestBadBounds(t *testing.T) {
	tests := []struct {
		text    string
		at      int
		problem string
		hint    string
	}{
		{"", 0, "want the name of a number", "p99 > +10%"},
		{"> +10%", 0, "want the name of a number", ""},
		{"p98 > +10%", 0, `no number is called "p98"`, "did you mean p9"},
		{"availabilty < -1%", 0, "no number is called", "did you mean availability?"},
		{"zzzzzzzzzzz < -1%", 0, "no number is called", "there are availability, longest_outage"},
		{"p99(A) > +10%", 0, `a fault has no number "p99"`, "there are recovered"},
		{"recovered(A > +10%", 9, "not closed", "recovered(A)"},
		{"recovered() > +10%", 10, "want the letter", ""},
		{"p99 +10%", 4, "want >", ""},
		{"p99 = +10%", 4, "want >", ""},
		{"p99 >", 5, "want a change with its sign", ""},
		{"p99 > 10%", 6, "want a sign", "write p99 > +10%"},
		{"p99 > 250ms", 6, "a bound is on the change", ""},
		{"p99 > +", 7, `"" is no change`, "+10%"},
		{"p99 > +ten", 7, `"ten" is no change`, ""},
		{"p99 > +1e400%", 7, "is no change", ""},
		{"p99 > ++10ms", 7, "is no change", ""},
		{"p99 > +10 apples", 7, "is no change", ""},
		{"p99 > +5/s", 6, "not measured in that", "+50ms or +10%"},
		{"availability < -2s", 15, "not measured in that", "percentage points"},
		{"recovered > +5/s", 12, "not measured in that", "+2s or +10%"},
		{"p99 < +10%", 0, "fails when nothing got worse", "write p99 > +10%"},
		{"availability > -1%", 0, "fails when nothing got worse", "write availability < -1%"},
		{"p99 > +10%\x00", 0, "no text", ""},
		{strings.Repeat("p", 300), 0, "longer than 200 bytes", ""},
	}
	for _, test := range tests {
		_, err := ParseBound(test.text)
		var e *BoundError
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if e.At != test.at || !strings.Contains(e.Problem, test.problem) || !strings.Contains(e.Hint, test.hint) {
			t.Errorf("%q: at %d %q, hint %q; want at %d %q, %q", test.text, e.At, e.Problem, e.Hint, test.at, test.problem, test.hint)
		}
	}
	err := &BoundError{Text: "p99 > 10%", At: 6, Problem: "want a sign"}
	if want := "want a sign\n    p99 > 10%\n          ^"; err.Error() != want {
		t.Errorf("the place is shown as\n%s", err)
	}
}

// TestBoundNumbers parses a bound on every number that is documented.
func TestBoundNumbers(t *testing.T) {
	names, labels := BoundNumbers()
	if len(names) < 20 || len(labels) != len(names) {
		t.Fatalf("%d numbers, %d labels", len(names), len(labels))
	}
	for _, n := range names {
		_, up := ParseBound(n + " > +10%")
		_, down := ParseBound(n + " < -10%")
		if up != nil && down != nil {
			t.Errorf("%s: %v", n, up)
		}
	}
}

func FuzzParseBound(f *testing.F) {
	for _, s := range []string{"p99 > +10%", "no-eip.recovered(A) >= + 1m30s", "availability < -0.1%", "cost > +$20", "a.b.c > +5", "p99 > 10%", "p99(", "é > +1%"} {
		f.Add(s)
	}
	side := sideOf("A", summary(func(s *results.Summary) {}))
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ParseBound(text)
		var e *BoundError
		switch {
		case err == nil:
			again, err := ParseBound(b.String())
			if err != nil || again != b {
				t.Fatalf("%q is read back as %+v, %v", b, again, err)
			}
			// Nothing gets worse between a run and itself, so only a gain can be missed.
			if r := b.Judge(side, side, false); r.Verdict == showdown.Deviated && b.Check(side) == nil && !strings.Contains(b.op, "=") && b.change > 0 == (b.op == ">") {
				t.Fatalf("%q: %+v", text, r)
			}
		case !errors.As(err, &e):
			t.Fatalf("%q: %v has no place", text, err)
		case e.Problem == "" || e.At < 0 || e.At > len([]rune(e.Text)):
			t.Fatalf("%q: %+v", text, e)
		}
	})
}

func TestJudge(t *testing.T) {
	p99 := func(values ...float64) Side {
		var all []*results.Summary
		for _, v := range values {
			all = append(all, summary(func(s *results.Summary) { s.LatencyMS.Service.P99 = &v }))
		}
		return sideOf("A", all...)
	}
	one := func(change func(*results.Summary)) Side { return sideOf("A", summary(change)) }
	same := one(func(*results.Summary) {})
	lost := func(v float64) Side { return one(func(s *results.Summary) { s.Downtime.LostS = v }) }
	never := one(func(s *results.Summary) { s.Faults[0].RecoveredS = nil })
	tests := []struct {
		name        string
		bound       string
		before, now Side
		significant bool
		want        showdown.Verdict
		reason      string
		measured    string
	}{
		{"within", "p99 > +10%", p99(10), p99(10.9), false, showdown.Held, "", "10 ms, then 10.9 ms: +0.9 ms (+9.0 %)"},
		{"beyond", "p99 > +10%", p99(10), p99(11.1), false, showdown.Deviated, "", "+11.0 %"},
		{"better", "p99 > +10%", p99(10), p99(5), false, showdown.Held, "", "-50.0 %"},
		{"a difference within", "p99 > +50ms", p99(10), p99(59), false, showdown.Held, "", ""},
		{"a difference beyond", "p99 > +50ms", p99(10), p99(61), false, showdown.Deviated, "", ""},
		{"nothing may change", "lost > +0%", lost(5), lost(5), false, showdown.Held, "", ""},
		{"from nothing to something", "lost > +10%", lost(0), lost(0.1), false, showdown.Deviated, "", "0 s, then 0.1 s: +0.1 s"},
		{"nothing and nothing", "lost > +10%", lost(0), lost(0), false, showdown.Held, "", "0 s, then 0 s"},
		{
			"shares in points", "availability < -0.1%", same, one(func(s *results.Summary) { s.Availability = ptr(0.985) }),
			false, showdown.Deviated, "", "99 %, then 98.5 %: -0.5 points",
		},
		{"not measured before", "p99 > +10%", one(func(s *results.Summary) { s.LatencyMS.Service.P99 = nil }), same, false, showdown.Unknown, "the earlier run did not measure it", ""},
		{"not measured now", "p99 > +10%", same, one(func(s *results.Summary) { s.LatencyMS.Service.P99 = nil }), false, showdown.Unknown, "this run did not measure it", ""},
		{"the fault of the reference window", "recovered > +10%", same, same, false, showdown.Held, "", "30 s, then 30 s"},
		{"never again good", "recovered(R) > +10%", same, never, false, showdown.Deviated, "", "30 s, then never: to never"},
		{"never, and never", "recovered > +10%", never, never, false, showdown.Held, "", "never, then never"},
		{"good again for once", "recovered > +10%", never, same, false, showdown.Held, "", "never, then 30 s: from never"},
		{"a gain that did not come", "p99 > -10%", p99(10), p99(9.5), false, showdown.Deviated, "", ""},
		{"a gain that came", "p99 > -10%", p99(10), p99(8.5), false, showdown.Held, "", ""},
		{"another cell", "other.p99 > +10%", same, one(func(s *results.Summary) {
			c := s.Cells["other"]
			c.LatencyMS.Service.P99 = ptr(40)
			s.Cells["other"] = c
		}), false, showdown.Deviated, "", ""},
		{"the earlier one was disturbed", "p99 > +10%", one(func(s *results.Summary) { s.Generator.Disturbed = true }), same, false, showdown.Unknown, "cannot be trusted", ""},
		{"this one was disturbed and passes", "lost > +10%", same, one(func(s *results.Summary) { s.Generator.Disturbed, s.Downtime.LostS = true, 90 }), false, showdown.Unknown, "the machine was disturbed", ""},
		{"this one was disturbed and held all the same", "lost > +10%", same, one(func(s *results.Summary) { s.Generator.Disturbed = true }), false, showdown.Held, "", ""},
		{"a record without its end", "lost > +10%", same, one(func(s *results.Summary) { s.Complete = false }), false, showdown.Unknown, "the end of the record is missing", ""},
		{"medians", "p99 > +10%", p99(10, 10, 30), p99(9, 10, 90), false, showdown.Held, "", ""},
		{"more than chance", "p99 > +10%", p99(10, 10.1, 10.2, 10.3), p99(12, 12.1, 12.2, 12.3), true, showdown.Deviated, "", ""},
		{"perhaps chance", "p99 > +10%", p99(10, 11, 15, 16), p99(10.5, 15.5, 17, 18), true, showdown.Held, "chance alone would do that", ""},
		{"too few to say", "p99 > +10%", p99(10, 10.1, 10.2), p99(12, 12.1, 12.2), true, showdown.Unknown, "too few", ""},
		{"no such number here", "cells.x.y > +10%", same, same, false, showdown.Unknown, "no run of this stage", ""},
		{"a path", "phases.nothing > +10%", same, same, false, showdown.Unknown, "no run of this stage", ""},
		{"a path that is there", "latency_ms.response.p99 > +10%", same, same, false, showdown.Held, "", ""},
		{"money", "cost > +$1", same, one(func(s *results.Summary) { s.Cost.MonthUSD += 2 }), true, showdown.Deviated, "", "+$2.00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, err := ParseBound(test.bound)
			if err != nil {
				t.Fatal(err)
			}
			got := b.Judge(test.before, test.now, test.significant)
			if got.Verdict != test.want || !strings.Contains(got.Reason, test.reason) || test.reason == "" && got.Reason != "" || !strings.Contains(got.Measured, test.measured) {
				t.Errorf("%+v, want %s %q %q", got, test.want, test.reason, test.measured)
			}
			if got.Bound != test.bound {
				t.Errorf("the bound is called %q", got.Bound)
			}
		})
	}
}

func TestCheckBound(t *testing.T) {
	side := sideOf("A", summary(func(*results.Summary) {}))
	tests := []struct{ bound, problem, hint string }{
		{"p99 > +10%", "", ""},
		{"recovered > +10%", "", ""},
		{"other.lost(R) > +1s", "", ""},
		{"elsewhere.p99 > +10%", `no cell "elsewhere"`, "base, other"},
		{"lost(Q) > +1s", `no fault "Q"`, "there are R, B"},
		{"latency_ms.nothing > +10%", "no run of this stage has a number", "compare --json"},
		{"latency_ms.service.p90 > +10/s", "not measured in that", "+50ms or +10%"},
		{"latency_ms.service.p90 < +10ms", "fails when nothing got worse", "latency_ms.service.p90 > +10ms"},
	}
	for _, test := range tests {
		b, err := ParseBound(test.bound)
		if err != nil {
			t.Errorf("%s: %v", test.bound, err)
			continue
		}
		err = b.Check(side)
		if test.problem == "" {
			if err != nil {
				t.Errorf("%s: %v", test.bound, err)
			}
			continue
		}
		var e *BoundError
		if !errors.As(err, &e) || !strings.Contains(e.Problem, test.problem) || !strings.Contains(e.Hint, test.hint) {
			t.Errorf("%s: %+v, want %q, %q", test.bound, err, test.problem, test.hint)
		}
	}
	two := summary(func(s *results.Summary) {})
	b, _ := ParseBound("detected > +1s")
	plain := Side{Name: "A", Runs: []Run{{ID: "1", Summary: two}}}
	var e *BoundError
	if err := b.Check(plain); !errors.As(err, &e) || !strings.Contains(e.Problem, "has the faults R, B") {
		t.Errorf("which fault is meant: %v", err)
	}
}
