package analysis

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showdown"
	"showdown/results"
)

// m5Reserved is the reservations of two m5.large that run all the time and a third one
// that runs half of it, in dollars a month.
func m5Reserved() results.Reserved {
	return results.Reserved{
		Type: "m5.large", Hours: 12, InstanceHours: 30, HourUSD: 0.096, Slots: []float64{1, 1, 0.5},
		Terms: []results.ReservedTerm{
			{Term: "1y", HourUSD: 0.0605, BreakEven: 0.63, MonthUSD: []float64{175.2, 149.285, 123.37, 132.495}, Optimum: 2},
			{Term: "3y", HourUSD: 0.0415, BreakEven: 0.432, MonthUSD: []float64{175.2, 135.415, 95.63, 90.885}, Optimum: 3},
		},
	}
}

func TestReservationsAreAskable(t *testing.T) {
	bill := func(r ...results.Reserved) results.Cost { return results.Cost{MonthUSD: 175.2, Reserved: r} }
	other := m5Reserved()
	other.Type = "t2.micro"
	costs := map[string]results.Cost{"base": bill(m5Reserved()), "no-eip": bill(m5Reserved(), other)}
	for _, tt := range []struct {
		expect, measured, reason string
		costs                    map[string]results.Cost
	}{
		{expect: `saving(2, "1y") between 51 and 52`, measured: "$51.83"},
		{expect: `saving(2, "3y") / reserved_cost(0, "3y") > 45%`, measured: "k = 0.454 ($79.57 : $175.20)"},
		{expect: `saving(3, "1y") < saving(2, "1y")`, measured: `saving(3, "1y") = $42.70; saving(2, "1y") = $51.83`},
		{expect: `saving(0, "1y") == 0`, measured: "$0.00"},
		{expect: `reserved_cost(2, "1y") < cost()`, measured: `reserved_cost(2, "1y") = $123.37; cost() = $175.20`},
		{expect: `optimum("1y") == 2`, measured: "2"},
		{expect: `optimum("3y") == 3`, measured: "3"},
		{expect: `reserved_cost(optimum("3y"), "3y") < 91`, measured: "$90.89"},
		{expect: `break_even("1y") between 62% and 64%`, measured: "63 %"},
		{expect: `slot_use(2) == 1 and slot_use(3) < break_even("1y")`, measured: `slot_use(2) = 100 %; slot_use(3) = 50 %; break_even("1y") = 63 %`},
		{expect: `saving(4, "1y") > 0`, measured: "nothing", reason: "4 instances are not among the 0 to 3 that were compared"},
		{expect: `saving(1.5, "1y") > 0`, measured: "nothing", reason: "1.5 instances are not among the 0 to 3 that were compared"},
		{expect: `slot_use(0) > 0`, measured: "nothing", reason: "0 is not among the 1 to 3 reservations that were compared"},
		{expect: `optimum("1y all upfront") > 0`, measured: "nothing", reason: "there is no price of a reserved m5.large for 1y all upfront"},
		{expect: `optimum("1y", "no-eip") > 0`, measured: "nothing", reason: "cell no-eip ran several types: m5.large, t2.micro"},
		{
			expect: `optimum("1y") > 0`, measured: "nothing", costs: map[string]results.Cost{"base": {}},
			reason: "the bill of cell base has no reservations: they are settled by clock-hours of traffic",
		},
		{expect: `break_even("1y") > 0`, measured: "nothing", costs: map[string]results.Cost{}, reason: "the record has no bill of cell base"},
	} {
		r := good(t)
		r.cost = costs
		if tt.costs != nil {
			r.cost = tt.costs
		}
		r.stage.Claims = []showdown.Claim{{ID: "1", Expect: tt.expect}}
		if _, err := CompileFor(r.stage, r.stage.Claims[0]); err != nil {
			t.Error(err)
		}
		c := r.analyse(t).Claims[0]
		want := showdown.Held
		if tt.reason != "" {
			want = showdown.Unknown
		}
		if c.Verdict != want || c.Measured != tt.measured || c.Reason != tt.reason {
			t.Errorf("%s: %s, measured %q, reason %q; want %s, %q, %q", tt.expect, c.Verdict, c.Measured, c.Reason, want, tt.measured, tt.reason)
		}
	}
	for expect, want := range map[string]string{
		`saving(2, "2y") > 0`:               `unknown term "2y": one of 1y, 3y, 1y all upfront`,
		`saving("1y", 2) > 0`:               `write saving(2, "1y")`,
		`saving(2, "1y") > 3s`:              `dollars a month cannot be compared with a duration`,
		`break_even("1y", "nowhere") > 50%`: `unknown cell "nowhere"`,
	} {
		if _, err := CompileFor(testStage(), showdown.Claim{Expect: expect}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", expect, err, want)
		}
	}
}

// TestReservedIsInTheSummary as play wrote it.
func TestReservedIsInTheSummary(t *testing.T) {
	r := good(t)
	r.cost = map[string]results.Cost{"base": {Reserved: []results.Reserved{m5Reserved()}, Use: &results.Use{Hours: 12, VCPUHours: 60}}}
	s := r.analyse(t)
	if d := cmp.Diff(r.cost["base"], *s.Cost); d != "" {
		t.Error(d)
	}
}

func TestCapacityOfASummary(t *testing.T) {
	s := grouped(t).analyse(t)
	got := s.Capacity
	if got == nil {
		t.Fatal("no capacity")
	}
	if s.Cells["no-eip"].Capacity != nil {
		t.Errorf("a cell without instance states has %+v", s.Cells["no-eip"].Capacity)
	}
	// 780 s of two, less 20 s and 19 s of one.
	if want := (2*780.0 - 39) / 3600; got.InstanceHours < want-1e-5 || got.InstanceHours > want+1e-5 {
		t.Errorf("%g instance-hours, want %g", got.InstanceHours, want)
	}
	if got.LeastRunning != 1 || got.MostRunning != 2 || got.Launches != 2 || got.Terminations != 1 || got.MeanRunning < 1.949 || got.MeanRunning > 1.951 {
		t.Errorf("%+v", got)
	}
	type step struct {
		at                          float64
		running, inService, desired int
	}
	var steps []step
	for _, c := range got.Trace {
		steps = append(steps, step{round(c.AtS, 3), c.Running, *c.InService, *c.Desired})
	}
	want := []step{{0, 2, 2, 2}, {180, 2, 1, 2}, {190, 1, 1, 2}, {210, 2, 1, 2}, {220, 2, 2, 2}, {405, 2, 1, 2}, {411, 1, 1, 2}, {430, 2, 1, 2}, {450, 2, 2, 2}, {500, 2, 2, 4}}
	if !slices.Equal(steps, want) {
		t.Errorf("%v\nwant %v", steps, want)
	}
}
