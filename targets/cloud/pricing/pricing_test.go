package pricing

import (
	"math"
	"slices"
	"testing"

	"showdown"
)

func TestListIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range List() {
		if seen[p.Name] {
			t.Errorf("%s is there twice", p.Name)
		}
		seen[p.Name] = true
		if (p.USD <= 0) != (p.Name == BalancerCrossZone) || p.Source == "" {
			t.Errorf("%s lacks a price or a source: %+v", p.Name, p)
		}
		if !slices.Contains([]string{"hour", "month", "GiB-month", "vCPU-hour", "LCU-hour", "million queries", "GB"}, p.Unit) {
			t.Errorf("%s is priced by the %q", p.Name, p.Unit)
		}
	}
	for _, name := range []string{
		PublicIPv4, GP2, Surplus, HostedZone, DNSQueries, HealthCheckAWS, HealthCheckOther, FastCheckAWS, FastCheckOther,
		ApplicationBalancer, BalancerCapacity, ClassicBalancer, ClassicData, CrossZone, BalancerCrossZone, Alarm, FastAlarm,
	} {
		if _, err := Of(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := Of("t9.huge"); err == nil {
		t.Error("t9.huge has a price")
	}
}

// TestPrices holds the bill against sums worked out by hand from the sources that the
// list names.
func TestPrices(t *testing.T) {
	rows := []struct {
		line  Line
		month float64
		run   float64
	}{
		{Line{Owner: "a", What: "t2.micro", Units: 1}, 8.468, 0},
		{Line{Owner: "a", What: "m5.large", Units: 1}, 70.08, 0},
		{Line{Owner: "a", What: PublicIPv4, Units: 1}, 3.65, 0},
		{Line{Owner: "a", What: GP2, Units: 8}, 0.80, 0},
		// An hour of a run, and a month of it.
		{Line{Owner: "a", What: "m5.large", Used: []Used{{"m5.large", 1, showdown.Hour}}}, 0, 0.096},
		{Line{Owner: "a", What: GP2, Units: 8, Used: []Used{{GP2, 8, showdown.Duration(MonthHours) * showdown.Hour}}}, 0.80, 0.80},
		// A resize in the middle: two types under one item.
		{Line{Owner: "a", What: "m5.large", Units: 1, Used: []Used{{"t2.micro", 1, showdown.Hour}, {"m5.large", 1, showdown.Hour}}}, 70.08, 0.1076},
		// 1,460 vCPU-hours of surplus credits are 73.00.
		{Line{Owner: "a", What: Surplus, Used: []Used{{Surplus, 1460, showdown.Hour}}}, 0, 73},
		// A hosted zone for a run of 73 hours, a tenth of a month.
		{Line{Owner: "z", What: HostedZone, Units: 1, Used: []Used{{HostedZone, 1, 73 * showdown.Hour}}}, 0.50, 0.05},
		// Queries are counted: 2.5 million a month, and 30,000 in the run, however long.
		{Line{Owner: "z", What: DNSQueries, Units: 2.5, Used: []Used{{DNSQueries, 0.03, 0}}}, 1, 0.012},
		{Line{Owner: "z", What: DNSQueries, Used: []Used{{DNSQueries, 0.03, showdown.Hour}}}, 0, 0.012},
		// Three health checks of instances, and what a fast interval costs on top of each.
		{Line{Owner: "z", What: HealthCheckAWS, Units: 3, Used: []Used{{HealthCheckAWS, 3, 73 * showdown.Hour}}}, 1.50, 0.15},
		{Line{Owner: "z", What: FastCheckAWS, Units: 3}, 3, 0},
		{Line{Owner: "z", What: HealthCheckOther, Units: 2}, 1.50, 0},
		// The two kinds of load balancers: 16.43 and 5.84 for an LCU, 18.25 and 0.008 a GB.
		{Line{Owner: "lb", What: ApplicationBalancer, Units: 1, Used: []Used{{ApplicationBalancer, 1, showdown.Hour}}}, 16.425, 0.0225},
		{Line{Owner: "lb", What: BalancerCapacity, Units: 1, Used: []Used{{BalancerCapacity, 1, showdown.Hour}}}, 5.84, 0.008},
		{Line{Owner: "lb", What: ClassicBalancer, Units: 1}, 18.25, 0},
		{Line{Owner: "lb", What: ClassicData, Units: 100, Used: []Used{{ClassicData, 2, 0}}}, 0.80, 0.016},
		// 1,000 GB between two instances are 2,000 GB at the meters of two zones: 20 USD.
		{Line{Owner: "web-1", What: CrossZone, Units: 1000}, 20, 0},
		{Line{Owner: "lb", What: BalancerCrossZone, Units: 1000, Used: []Used{{BalancerCrossZone, 1, 0}}}, 0, 0},
		{Line{Owner: "cpu", What: Alarm, Units: 2, Used: []Used{{Alarm, 2, 73 * showdown.Hour}}}, 0.20, 0.02},
		{Line{Owner: "cpu", What: FastAlarm, Units: 1}, 0.30, 0},
		{Line{Owner: "z", What: FastCheckOther, Units: 2, Used: []Used{{FastCheckOther, 2, 365 * showdown.Hour}}}, 4, 2},
	}
	for _, r := range rows {
		b, err := BillOf([]Line{r.line})
		if err != nil {
			t.Errorf("%+v: %v", r.line, err)
			continue
		}
		if !near(b.MonthUSD(), r.month) || !near(b.RunUSD(), r.run) {
			t.Errorf("%+v: %g a month and %g a run, want %g and %g", r.line, b.MonthUSD(), b.RunUSD(), r.month, r.run)
		}
		if b.Items[0].Source == "" {
			t.Errorf("%+v: the item has no source", r.line)
		}
	}
}

func TestBill(t *testing.T) {
	b, err := BillOf([]Line{
		{Owner: "web-1", What: "t2.micro", Units: 1},
		{Owner: "web-1", What: GP2, Label: "8 GiB gp2", Units: 8},
	})
	if err != nil {
		t.Fatal(err)
	}
	if b.Items[0].Name != "web-1 t2.micro" || b.Items[1].Name != "web-1 8 GiB gp2" || b.Items[1].What != GP2 {
		t.Errorf("%+v", b.Items)
	}
	if !near(b.MonthUSD(), 8.468+0.8) {
		t.Errorf("the items add up to %g", b.MonthUSD())
	}
	for _, l := range []Line{{What: "t9.huge"}, {What: "t2.micro", Used: []Used{{What: "t9.huge"}}}} {
		if _, err := BillOf([]Line{l}); err == nil {
			t.Errorf("%+v is billed", l)
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
