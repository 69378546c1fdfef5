package lab

import (
	"testing"

	"showdown"
	"showdown/targets/cloud/ec2"
	"showdown/targets/cloud/pricing"
	"showdown/targets/cloud/route53"
)

// TestEveryTypeHasItsPrice: an instance may be given any type of the table, and its
// bill must not fail.
func TestEveryTypeHasItsPrice(t *testing.T) {
	for _, it := range ec2.Types() {
		if _, err := pricing.Of(it.Name); err != nil {
			t.Error(err)
		}
	}
}

// TestStagePrices: the first two stages of the journey, without traffic.
func TestStagePrices(t *testing.T) {
	for typ, want := range map[string]int{"t2.micro": 1292, "m5.large": 7453} {
		b, err := Estimate(showdown.Topology{Instances: []showdown.Instance{web("web-1", typ, true)}})
		if err != nil || cents(b.MonthUSD()) != want || len(b.Items) != 3 {
			t.Errorf("a single %s with elastic IP: %.4f a month, want %d cents; %v", typ, b.MonthUSD(), want, err)
		}
		if b.RunUSD() != 0 {
			t.Errorf("an estimate has cost %g", b.RunUSD())
		}
	}
}

// TestUsed bills what a lab has used: an hour each, so that prices an hour add up.
func TestUsed(t *testing.T) {
	const hour = showdown.Hour
	topology := showdown.Topology{Instances: []showdown.Instance{web("web-1", "t2.micro", true), web("web-2", "t3.micro", false)}}
	instances := []ec2.Usage{
		{Name: "web-1", Type: "m5.large", PublicNow: true, Runs: []ec2.Run{{Type: "t2.micro", Billed: hour}, {Type: "m5.large", Billed: hour}}},
		{Name: "web-2", Type: "t3.micro", Runs: []ec2.Run{{Type: "t3.micro", Billed: hour}}, AutoIPv4: hour, SurplusCredits: 120},
		{Name: "web-3", Type: "t2.nano", Terminated: true, Runs: []ec2.Run{{Type: "t2.nano", Billed: hour}}},
	}
	elastic := []ec2.ElasticUsage{{Address: "e1", Instance: "web-1", Held: hour}, {Address: "e2", Held: hour}, {Address: "e3", Held: hour, Released: true}}
	b, err := pricing.BillOf(used(topology.Instances, instances, elastic, hour))
	if err != nil {
		t.Fatal(err)
	}
	const volumeHour = 0.80 / pricing.MonthHours
	want := map[string][2]float64{
		"web-1 m5.large":        {70.08, 0.0116 + 0.096},
		"web-1 public IPv4":     {3.65, 0.005},
		"web-1 8 GiB gp2":       {0.80, volumeHour},
		"web-2 t3.micro":        {7.592, 0.0104},
		"web-2 public IPv4":     {0, 0.005}, // stopped: it has none now
		"web-2 surplus credits": {0, 0.10},
		"web-2 8 GiB gp2":       {0.80, volumeHour},
		"web-3 t2.nano":         {0, 0.0058}, // terminated
		"e2 idle elastic IP":    {3.65, 0.005},
		"e3 idle elastic IP":    {0, 0.005},
	}
	for _, item := range b.Items {
		w, ok := want[item.Name]
		if !ok || !near(item.MonthUSD, w[0]) || !near(item.RunUSD, w[1]) {
			t.Errorf("%s: %g a month and %g a run, want %v", item.Name, item.MonthUSD, item.RunUSD, w)
		}
		delete(want, item.Name)
	}
	for name := range want {
		t.Errorf("no item %q", name)
	}
}

// TestZoneIsBilled: a hosted zone with three instances costs what the notes' stage does,
// and 40,000 queries in an AWS hour are 29.2 million a month.
func TestZoneIsBilled(t *testing.T) {
	topology := showdown.Topology{
		Instances:  []showdown.Instance{web("web-1", "m5.large", true), web("web-2", "m5.large", true), web("web-3", "m5.large", true)},
		HostedZone: &showdown.HostedZone{Name: "whatisthetime.com"},
	}
	b, err := Estimate(topology)
	if err != nil || cents(b.MonthUSD()) != 22409 {
		t.Errorf("three m5.large with a zone: %.4f a month, want 224.09; %v", b.MonthUSD(), err)
	}
	usage := route53.Usage{
		Queries: []route53.Queries{{Name: "x.com", Count: 40_000}, {Name: "x.com", Alias: true, Count: 1_000_000}, {Count: 7}},
		Checks:  []route53.CheckUsage{{Name: "www.x.com", Fast: true, For: showdown.Hour, Now: true}, {Name: "www.x.com", For: showdown.Hour}},
	}
	b, err = pricing.BillOf(ofZone("x.com", usage, showdown.Hour))
	if err != nil {
		t.Fatal(err)
	}
	month := []float64{0.50, 29.2 * 0.40, 0.50, 1.00, 0}
	run := []float64{0.50 / pricing.MonthHours, 0.04 * 0.40, 0.50 / pricing.MonthHours, 1 / pricing.MonthHours, 0.50 / pricing.MonthHours}
	if len(b.Items) != len(month) {
		t.Fatalf("%d items: %+v", len(b.Items), b.Items)
	}
	for i, item := range b.Items {
		if !near(item.MonthUSD, month[i]) || !near(item.RunUSD, run[i]) {
			t.Errorf("%s: %g a month and %g a run, want %g and %g", item.Name, item.MonthUSD, item.RunUSD, month[i], run[i])
		}
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// TestAddresses: each address is handed out once, private ones by zone.
func TestAddresses(t *testing.T) {
	a := &addresses{slot: 2, private: map[int]int{}}
	take := func(f func() (string, error)) string {
		got, err := f()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	private := func(zone string) func() (string, error) {
		return func() (string, error) { return a.Private(zone) }
	}
	for _, row := range []struct{ got, want string }{
		{take(a.Elastic), "127.33.0.4"},
		{take(a.Elastic), "127.33.0.5"},
		{take(a.Public), "127.34.0.4"},
		{take(private("us-east-1a")), "127.35.0.4"},
		{take(private("us-east-1c")), "127.35.2.4"},
		{take(private("us-east-1c")), "127.35.2.5"},
		{take(private("")), "127.35.0.5"},
	} {
		if row.got != row.want {
			t.Errorf("%s, want %s", row.got, row.want)
		}
	}
	seen := map[string]bool{"127.34.0.4": true}
	for range 1000 {
		p := take(a.Public)
		if seen[p] {
			t.Fatalf("%s is handed out twice", p)
		}
		seen[p] = true
	}
	// A subnet that is full says so.
	for range 300 {
		if _, err := a.Private("us-east-1b"); err != nil {
			return
		}
	}
	t.Error("a zone never runs out of private addresses")
}
