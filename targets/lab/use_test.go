package lab

import (
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud/ec2"
)

// TestUse: two instances for three AWS hours at speed 60, a third one for the last of
// them, and one that was up before and after the traffic alone.
func TestUse(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	zero := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(hours float64) time.Time {
		return zero.Add(clock.Lab(showdown.Duration(hours * float64(showdown.Hour))))
	}
	run := func(typ string, from, until float64) ec2.Run {
		return ec2.Run{Type: typ, From: at(from), Until: at(until)}
	}
	use, trace, err := useOf([]ec2.Run{
		run("m5.large", -0.5, 4), run("m5.large", 0, 3), run("m5.large", 2, 3.5), run("t2.micro", -1, 0), run("t2.micro", 3, 4),
	}, 100, clock, at(0), at(3))
	if err != nil {
		t.Fatal(err)
	}
	// Seven instance-hours of two vCPUs; each of them is a lab minute at 284.7 requests/s.
	if !near(use.Hours, 3) || !near(use.InstanceHours, 7) || !near(use.VCPUHours, 14) || !near(use.Requests, 7*60*284.7) || !near(use.Sustained, 7./3*284.7) {
		t.Errorf("%+v", use)
	}
	groups := []showdown.AutoScalingGroup{{Template: showdown.Instance{Type: "m5.large"}, Max: 5}, {Template: showdown.Instance{Type: "c5.large"}, Max: 9}}
	for _, tt := range []struct {
		groups []showdown.AutoScalingGroup
		most   int
	}{{nil, 3}, {groups, 5}} {
		reserved, err := reservedOf(trace, tt.groups)
		if err != nil {
			t.Fatal(err)
		}
		if len(reserved) != 1 || len(reserved[0].Slots) != tt.most || len(reserved[0].Terms) != 3 {
			t.Fatalf("%+v, want m5.large alone with up to %d reserved", reserved, tt.most)
		}
		r := reserved[0]
		if r.Type != "m5.large" || !near(r.Hours, 3) || !near(r.InstanceHours, 7) || !near(r.Slots[1], 1) || !near(r.Slots[2], 1.0/3) {
			t.Errorf("%+v", r)
		}
		for _, term := range r.Terms {
			// On demand the month is that of 7/3 instances; two reserved are used all along.
			if len(term.MonthUSD) != tt.most+1 || !near(term.MonthUSD[0], 7.0/3*70.08) || term.Optimum != 2 {
				t.Errorf("%+v", term)
			}
			if saved := term.MonthUSD[0] - term.MonthUSD[2]; !near(saved, 2*730*(r.HourUSD-term.HourUSD)) || term.Source == "" {
				t.Errorf("%s saves %g", term.Term, saved)
			}
		}
	}
	if _, _, err := useOf([]ec2.Run{run("t9.huge", 0, 1)}, 100, clock, at(0), at(3)); err == nil {
		t.Error("a t9.huge was used")
	}
}

// TestUseBeforeTheLab: a lab that is not up has used nothing.
func TestUseBeforeTheLab(t *testing.T) {
	now := time.Now()
	use, reserved, err := (&Lab{}).Use(now, now.Add(time.Second))
	if use != nil || reserved != nil || err != nil {
		t.Errorf("%v, %v, %v", use, reserved, err)
	}
}
