package ec2

import (
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

func mustType(t *testing.T, name string) InstanceType {
	t.Helper()
	it, ok := TypeByName(name)
	if !ok {
		t.Fatalf("no type %s", name)
	}
	return it
}

func TestCreditsGiven(t *testing.T) {
	rows := []struct {
		typ, mode      string
		start          showdown.Credits
		launch, earned float64
		unlimited      bool
		none, bad      bool
	}{
		// EC2 User Guide, Standard mode: 30 launch credits per vCPU for a T2.
		{typ: "t2.micro", start: "", launch: 30},
		{typ: "t2.micro", start: "launch", launch: 30},
		{typ: "t2.medium", start: "launch", launch: 60},
		{typ: "t2.micro", start: "full", earned: 144},
		{typ: "t2.micro", start: "none"},
		{typ: "t2.micro", start: "12.5", earned: 12.5},
		{typ: "t2.micro", start: "174", earned: 144, launch: 30},
		{typ: "t2.micro", start: "175", bad: true},
		{typ: "t2.micro", start: "many", bad: true},
		{typ: "t2.micro", mode: "unlimited", start: "none", unlimited: true},
		// Launch credits are for standard mode only.
		{typ: "t2.micro", mode: "unlimited", start: "launch", unlimited: true},
		{typ: "t2.micro", mode: "unlimited", start: "", unlimited: true},
		{typ: "t2.micro", mode: "unlimited", start: "174", bad: true},
		{typ: "t2.micro", mode: "sometimes", bad: true},
		// T3: unlimited by default, no launch credits.
		{typ: "t3.micro", start: "launch", unlimited: true},
		{typ: "t3.micro", start: "full", earned: 288, unlimited: true},
		{typ: "t3.micro", mode: "standard", start: "none"},
		{typ: "t3.micro", start: "289", bad: true},
		{typ: "m5.large", start: "full", none: true},
	}
	for _, r := range rows {
		got, err := creditsGiven(mustType(t, r.typ), r.mode, r.start)
		if (err != nil) != r.bad {
			t.Errorf("%s %q %q: error %v", r.typ, r.mode, r.start, err)
		}
		if r.bad || r.none {
			if got != nil {
				t.Errorf("%s %q %q: %+v, want none", r.typ, r.mode, r.start, got)
			}
			continue
		}
		if got.Launch != r.launch || got.Earned != r.earned || got.Unlimited != r.unlimited {
			t.Errorf("%s %q %q: %+v", r.typ, r.mode, r.start, got)
		}
	}
}

func TestCreditsAtStart(t *testing.T) {
	rows := []struct {
		before, after  string
		balance        float64
		launch, earned float64
	}{
		// EC2 User Guide, Standard mode: a T2 loses its credits when it stops and is
		// given launch credits when it starts.
		{"t2.micro", "t2.micro", 120, 30, 0},
		{"m5.large", "t2.micro", 0, 30, 0},
		// A T3 keeps its balance for seven days.
		{"t3.micro", "t3.micro", 120, 0, 120},
		{"t3.large", "t3.micro", 800, 0, 288},
		{"t3.micro", "t3.micro", -40, 0, 0},
		{"t2.micro", "t3.micro", 120, 0, 0},
		{"t3.micro", "t2.micro", 120, 30, 0},
	}
	for _, r := range rows {
		got, err := creditsAtStart(mustType(t, r.before), mustType(t, r.after), "", r.balance)
		if err != nil || got.Launch != r.launch || got.Earned != r.earned {
			t.Errorf("%s with %g credits started as %s: %+v, %v", r.before, r.balance, r.after, got, err)
		}
	}
	if got, err := creditsAtStart(mustType(t, "t2.micro"), mustType(t, "m5.large"), "", 100); got != nil || err != nil {
		t.Errorf("an m5.large has an account: %+v, %v", got, err)
	}
}

func TestCreditsAtReboot(t *testing.T) {
	for _, r := range []struct{ launch, balance, wantLaunch, wantEarned float64 }{
		{0, 160, 16, 144}, // beyond the maximum only launch credits can be
		{30, 40, 30, 10},
		{0, 30, 0, 30},
		{30, 174, 30, 144},
	} {
		got, err := creditsAtReboot(mustType(t, "t2.micro"), "", r.launch, r.balance)
		want := cloud.Credits{Baseline: 0.1, PerHour: 6, Max: 144, Launch: r.wantLaunch, Earned: r.wantEarned}
		if err != nil || *got != want {
			t.Errorf("%g of %g: %+v, %v", r.launch, r.balance, got, err)
		}
	}
}

// TestRuns: EC2 User Guide, Instance lifecycle: by the second, at least 60 s a start;
// pending, stopping and stopped are free.
func TestRuns(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	zero := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(awsSeconds int) time.Time {
		return zero.Add(clock.Lab(showdown.Duration(awsSeconds) * showdown.Second))
	}
	rows := []struct {
		name    string
		history []Change
		now     int
		want    []Run
	}{
		{"nothing", nil, 100, nil},
		{"pending", []Change{{at(0), Pending, "t2.micro"}}, 100, nil},
		{"still running", []Change{{at(10), Running, "t2.micro"}}, 100, []Run{{"t2.micro", 90 * showdown.Second, at(10), at(100)}}},
		{"a minute at least", []Change{{at(10), Running, "t2.micro"}, {at(15), Stopping, "t2.micro"}}, 100, []Run{{"t2.micro", showdown.Minute, at(10), at(15)}}},
		{
			"a resize",
			[]Change{
				{at(0), Running, "t2.micro"},
				{at(120), Stopping, "t2.micro"},
				{at(160), Stopped, "t2.micro"},
				{at(162), Stopped, "m5.large"},
				{at(162), Pending, "m5.large"},
				{at(180), Running, "m5.large"},
			},
			480,
			[]Run{{"t2.micro", 2 * showdown.Minute, at(0), at(120)}, {"m5.large", 5 * showdown.Minute, at(180), at(480)}},
		},
		{"terminated", []Change{{at(0), Running, "t2.micro"}, {at(90), ShuttingDown, "t2.micro"}, {at(120), Terminated, "t2.micro"}}, 500, []Run{{"t2.micro", 90 * showdown.Second, at(0), at(90)}}},
	}
	for _, r := range rows {
		got := Runs(clock, r.history, at(r.now))
		if len(got) != len(r.want) {
			t.Errorf("%s: %v, want %v", r.name, got, r.want)
			continue
		}
		for i := range got {
			if got[i].Type != r.want[i].Type || !got[i].From.Equal(r.want[i].From) || !got[i].Until.Equal(r.want[i].Until) || !near(got[i].Billed.Seconds(), r.want[i].Billed.Seconds()) {
				t.Errorf("%s: %v, want %v", r.name, got, r.want)
			}
		}
	}
	held := Held(clock, []Hold{{at(0), at(60)}, {From: at(100)}}, at(160))
	if !near(held.Seconds(), 120) {
		t.Errorf("held for %s", held)
	}
}

// TestCheck feeds a status check with one probe a minute: "+" is answered.
func TestCheck(t *testing.T) {
	rows := []struct {
		probes string
		want   string // i initializing, o ok, x impaired
	}{
		{"++++", "iooo"},
		{"-++", "iio"},
		{"+-++", "iiio"},
		{"++-+", "ioxo"},
		{"------+", "iiiixxo"},
		{"++---+", "ioxxxo"},
	}
	letters := map[Health]byte{Initializing: 'i', HealthOK: 'o', Impaired: 'x'}
	for _, r := range rows {
		c := check{Health: Initializing}
		var got []byte
		for i, p := range []byte(r.probes) {
			c = c.observe(p == '+', showdown.Duration(i+1)*showdown.Minute)
			got = append(got, letters[c.Health])
		}
		if string(got) != r.want {
			t.Errorf("probes %s: %s, want %s", r.probes, got, r.want)
		}
	}
}
