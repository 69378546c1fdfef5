package pricing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"showdown"
)

func TestOffersAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range Offers() {
		key := o.Type + " " + o.Name()
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
		onDemand, err := Of(o.Type)
		if err != nil {
			t.Error(err)
		}
		// A reservation that costs as much as on demand, or a tenth of it, is a mistake.
		if k := o.HourUSD / onDemand.USD; k < 0.4 || k > 0.75 || o.Source == "" {
			t.Errorf("%s is %.3f of on demand, source %q", key, k, o.Source)
		}
		if got, err := OfferOf(o.Type, o.Term, o.Payment); err != nil || got != o {
			t.Errorf("%s: %+v, %v", key, got, err)
		}
	}
	for _, want := range []struct {
		key     string
		percent string
	}{
		{"t3.medium 1y", "62.7"},
		{"t3.medium 3y", "43.3"},
		{"m5.large 1y", "63.0"},
		{"m5.large 3y", "43.2"},
		{"m5.large 1y all upfront", "58.7"},
		{"t2.micro 1y", "62.1"},
		{"t3.micro 3y", "43.3"},
	} {
		for _, o := range Offers() {
			onDemand, _ := Of(o.Type)
			if key := o.Type + " " + o.Name(); key == want.key {
				delete(seen, key)
				if got := fmt.Sprintf("%.1f", 100*o.HourUSD/onDemand.USD); got != want.percent {
					t.Errorf("%s is %s %% of on demand, want %s", key, got, want.percent)
				}
				want.key = ""
			}
		}
		if want.key != "" {
			t.Errorf("no offer %s", want.key)
		}
	}
	if _, err := OfferOf("m5.large", ThreeYears, AllUpfront); err == nil {
		t.Error("an offer that no list has")
	}
}

func TestUnverifiedIsSaid(t *testing.T) {
	for _, o := range Offers() {
		want := o.Payment == NoUpfront && (o.Type == "m5.large" || o.Type == "t2.micro")
		if Unverified(o.Source) != want {
			t.Errorf("%s %s: source %q", o.Type, o.Name(), o.Source)
		}
	}
}

func TestSpotIsBelowOnDemand(t *testing.T) {
	n := 0
	for _, p := range List() {
		spot, err := Spot(p.Name)
		if err != nil {
			continue
		}
		n++
		if spot.USD >= p.USD || spot.USD <= 0.3*p.USD || spot.Source == "" || spot.Unit != "hour" {
			t.Errorf("spot %+v beside %+v", spot, p)
		}
	}
	if n != 14 {
		t.Errorf("%d spot prices, want 14", n)
	}
	if _, err := Spot("t2.nano"); err == nil {
		t.Error("t2.nano has a spot price")
	}
}

// always is n instances of a type that run for all of a trace.
func always(name string, n int, length showdown.Duration) Trace {
	t := Trace{Length: length}
	for range n {
		t.Ran = append(t.Ran, Interval{name, 0, length})
	}
	return t
}

// TestWorkedExample: two m5.large reserved in a month of 730 hours, with two running and
// with three on average.
func TestWorkedExample(t *testing.T) {
	month := showdown.Duration(MonthHours) * showdown.Hour
	two := always("m5.large", 2, month)
	three := two
	// A third and a fourth one for half of the time each, at the same time.
	three.Ran = append([]Interval{{"m5.large", 0, month / 2}, {"m5.large", 0, month / 2}}, two.Ran...)
	for _, tt := range []struct {
		name     string
		trace    Trace
		onDemand string
		one      string
		three    string
	}{
		{"two", two, "140.16", "88.33", "60.59"},
		{"three on average", three, "210.24", "158.41", "130.67"},
	} {
		c, err := Sweep(tt.trace, "m5.large", 4)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, term := range c.Terms {
			got["on demand"] = fmt.Sprintf("%.2f", c.Month(term.USD[0]))
			got[term.Offer.Name()] = fmt.Sprintf("%.2f", c.Month(term.USD[2]))
		}
		if got["on demand"] != tt.onDemand || got["1y"] != tt.one || got["3y"] != tt.three {
			t.Errorf("%s: %v, want %s, %s and %s", tt.name, got, tt.onDemand, tt.one, tt.three)
		}
	}
	c, err := Sweep(three, "m5.large", 4)
	if err != nil {
		t.Fatal(err)
	}
	// The third and fourth slot are used for half of the time: below 63 %, above 43 %.
	want := map[string]int{"1y": 2, "3y": 4, "1y all upfront": 2}
	for _, term := range c.Terms {
		if term.Optimum != want[term.Offer.Name()] {
			t.Errorf("%s: the optimum is %d, want %d", term.Offer.Name(), term.Optimum, want[term.Offer.Name()])
		}
	}
	if c.Slots[1] != 1 || !near(c.Slots[2], 0.5) || !near(c.Slots[3], 0.5) || !near(c.InstanceHours, 3*MonthHours) {
		t.Errorf("slots %v, %g instance-hours", c.Slots, c.InstanceHours)
	}
}

// TestCostByHour holds the billing rule, hour by hour, against sums made by hand.
func TestCostByHour(t *testing.T) {
	const (
		p  = 0.096  // m5.large on demand
		ri = 0.0605 // 1y, no upfront
	)
	minutes := func(n float64) showdown.Duration { return showdown.Duration(n * float64(showdown.Minute)) }
	m5 := func(from, to float64) Interval { return Interval{"m5.large", minutes(from), minutes(to)} }
	one := []Reservation{{"m5.large", OneYear, NoUpfront, 1}}
	for _, tt := range []struct {
		name   string
		length float64 // minutes
		ran    []Interval
		bought []Reservation
		want   []HourCost
	}{
		{"nothing runs and it is paid all the same", 120, nil, one, []HourCost{{ReservedUSD: ri}, {ReservedUSD: ri}}},
		{
			"one covers an hour, and the next hour's excess is on demand", 120,
			[]Interval{m5(0, 120), m5(60, 90)},
			one,
			[]HourCost{{3600, 3600, ri, 0}, {5400, 3600, ri, p / 2}},
		},
		{
			"two that run half an hour each share one, also at the same time", 60,
			[]Interval{m5(0, 30), m5(0, 30)},
			one,
			[]HourCost{{3600, 3600, ri, 0}},
		},
		{
			"an hour that was not used is not carried over", 120,
			[]Interval{m5(60, 120), m5(60, 120)},
			one,
			[]HourCost{{0, 0, ri, 0}, {7200, 3600, ri, p}},
		},
		{
			"another type is not covered", 60,
			[]Interval{{"t2.micro", 0, showdown.Hour}},
			one,
			[]HourCost{{3600, 0, ri, 0.0116}},
		},
		{
			"two terms of a type cover together", 60,
			[]Interval{m5(0, 60), m5(0, 60), m5(0, 60)},
			[]Reservation{{"m5.large", OneYear, NoUpfront, 1}, {"m5.large", ThreeYears, NoUpfront, 1}},
			[]HourCost{{10800, 7200, ri + 0.0415, p}},
		},
		{
			"the last hour counts for its part", 90,
			[]Interval{m5(0, 90), m5(60, 90)},
			one,
			[]HourCost{{3600, 3600, ri, 0}, {3600, 1800, ri / 2, p / 2}},
		},
		{
			"what lies outside of the trace does not count", 60,
			[]Interval{m5(-60, 30), m5(30, 600)},
			nil,
			[]HourCost{{3600, 0, 0, p}},
		},
	} {
		got, err := CostByHour(Trace{minutes(tt.length), tt.ran}, tt.bought)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %d hours, want %d", tt.name, len(got), len(tt.want))
			continue
		}
		for i, h := range got {
			w := tt.want[i]
			if !near(h.Seconds, w.Seconds) || !near(h.Covered, w.Covered) || !near(h.ReservedUSD, w.ReservedUSD) || !near(h.OnDemandUSD, w.OnDemandUSD) {
				t.Errorf("%s, hour %d: %+v, want %+v", tt.name, i, h, w)
			}
		}
	}
	for _, bad := range []Reservation{{"m5.large", ThreeYears, AllUpfront, 1}, {"m5.large", OneYear, NoUpfront, -1}} {
		if _, err := CostByHour(Trace{}, []Reservation{bad}); err == nil {
			t.Errorf("%+v is billed", bad)
		}
	}
	if _, err := CostByHour(Trace{showdown.Hour, []Interval{{"t9.huge", 0, showdown.Hour}}}, nil); err == nil {
		t.Error("a t9.huge is billed")
	}
	if _, err := Sweep(Trace{}, "t9.huge", 1); err == nil {
		t.Error("a t9.huge is compared")
	}
}

// TestReservationsAlways: what holds whatever ran. Traces are random, with a base that
// runs all the time and others that come and go.
func TestReservationsAlways(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	for i := range 300 {
		length := showdown.Duration(1+random.IntN(40)) * 25 * showdown.Minute
		base := random.IntN(4)
		trace := always("m5.large", base, length)
		for range random.IntN(20) {
			from := showdown.Duration(random.Int64N(int64(length)))
			trace.Ran = append(trace.Ran, Interval{"m5.large", from, from + showdown.Duration(random.Int64N(int64(length)))})
		}
		most := trace.Most("m5.large") + 2
		c, err := Sweep(trace, "m5.large", most)
		if err != nil {
			t.Fatal(err)
		}
		for r := 1; r < most; r++ {
			if c.Slots[r] > c.Slots[r-1]+1e-12 {
				t.Fatalf("trace %d: slot %d is used more than the one before: %v", i, r+1, c.Slots)
			}
		}
		for _, term := range c.Terms {
			p, ri, best := c.OnDemand.USD, term.Offer.HourUSD, 0
			if k := 0; !closeTo(term.USD[k], c.InstanceHours*p) {
				t.Fatalf("trace %d: on demand %g, want %g instance-hours at %g", i, term.USD[k], c.InstanceHours, p)
			}
			for r, usd := range term.USD {
				// Nothing is cheaper than all of it at the reserved price, and nobody pays more
				// than on demand and all reservations for nothing.
				if usd < c.InstanceHours*ri-1e-9 || usd > term.USD[0]+float64(r)*ri*c.Hours+1e-9 {
					t.Fatalf("trace %d: %d reserved cost %g", i, r, usd)
				}
				if r <= base && !closeTo(term.USD[0]-usd, float64(r)*(p-ri)*c.Hours) {
					t.Fatalf("trace %d: with at least %d running %d save %g", i, base, r, term.USD[0]-usd)
				}
				if r > 0 {
					step := usd - term.USD[r-1]
					if want := ri*c.Hours - c.Slots[r-1]*p*c.Hours; !closeTo(step, want) {
						t.Fatalf("trace %d: reservation %d costs %g more, want %g", i, r, step, want)
					}
					if c.Slots[r-1] > term.BreakEven+1e-9 {
						best = r
					}
				}
			}
			if term.USD[most] <= term.USD[most-1] {
				t.Fatalf("trace %d: a reservation that nothing uses is for free", i)
			}
			if term.Optimum != best {
				t.Fatalf("trace %d: the optimum is %d, the last slot above the break-even %d; %v, %v", i, term.Optimum, best, c.Slots, term.USD)
			}
		}
	}
}

func closeTo(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

func TestLCUs(t *testing.T) {
	const hour = showdown.Hour
	for _, tt := range []struct {
		name string
		load BalancerLoad
		over showdown.Duration
		want string
		lcus float64
	}{
		{"25 new connections a second", BalancerLoad{NewConnections: 25 * 3600}, hour, "new connections", 1},
		{"3,000 active ones in each minute", BalancerLoad{ActiveConnectionMinutes: 3000 * 60}, hour, "active connections", 1},
		{"a GB an hour", BalancerLoad{Bytes: 1e9}, hour, "bytes", 1},
		{"ten rules are free", BalancerLoad{Requests: 1000 * 3600, Rules: 10, Bytes: 1}, hour, "bytes", 1e-9},
		{"the eleventh is not", BalancerLoad{Requests: 1000 * 3600, Rules: 11}, hour, "rule evaluations", 1},
		{
			"the most of the four counts",
			BalancerLoad{NewConnections: 5 * 7200, ActiveConnectionMinutes: 900 * 120, Bytes: 5e9, Requests: 600 * 7200, Rules: 12},
			2 * hour, "bytes", 2.5,
		},
		{"no time", BalancerLoad{Bytes: 1e9}, 0, "new connections", 0},
	} {
		got := tt.load.LCUs(tt.over)
		if len(got) != 4 || got[0].Name != tt.want || !near(got[0].LCUs, tt.lcus) {
			t.Errorf("%s: %+v, want %g by %s", tt.name, got, tt.lcus, tt.want)
		}
	}
}
