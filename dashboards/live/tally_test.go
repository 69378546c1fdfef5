package live

import (
	"testing"
	"time"

	"showdown"
)

// TestFeltOfALongFault holds that what users felt of a fault stays when the buckets are let
// go in which they felt it.
func TestFeltOfALongFault(t *testing.T) {
	clock, err := showdown.NewClock(10)
	if err != nil {
		t.Fatal(err)
	}
	c := newCell(&showdown.Cell{Name: "base", Traffic: showdown.Traffic{Timeout: 5 * showdown.Second}}, clock, 100)
	tell := func(kind showdown.EventKind, at float64) {
		c.fold(showdown.Event{Kind: kind, T: at, Target: "A", Data: map[string]any{"action": "kill", "targets": []string{"web-1"}}})
	}
	// A bucket is 100 ms of the lab, an AWS second: 20 requests, of which three in four fail for 30 of them.
	send := func(from, to int, failed int) {
		for n := from; n < to; n++ {
			var hits []showdown.Hit
			for i := range 20 {
				h := showdown.Hit{Intended: time.Duration(n)*100*time.Millisecond + time.Duration(i)*time.Millisecond, Latency: time.Millisecond}
				if i < failed {
					h.Outcome = showdown.Refused
				}
				hits = append(hits, h)
			}
			c.series.add(hits)
		}
	}
	tell(showdown.FaultPlanned, 9)
	send(0, 10, 0)
	tell(showdown.FaultInjecting, 10)
	tell(showdown.FaultInjected, 10)
	send(10, 40, 15)
	send(40, 60, 20) // nobody at all is answered
	check := func(when string, end int) Fault {
		t.Helper()
		f := c.told(end)[0]
		if f.Failed != 30*15+20*20 || f.LastFailedS == nil || *f.LastFailedS != 60 || f.OutageS != 20 {
			t.Errorf("%s: %+v, last %v", when, f, f.LastFailedS)
		}
		return f
	}
	check("soon", 60)
	for n := 60; n < 2000; n += 20 {
		send(n, n+20, 0)
		check("later", n+20)
	}
	if c.series.first < 60 {
		t.Fatalf("the buckets from %d on are held", c.series.first)
	}
	tell(showdown.FaultHealing, 2000)
	tell(showdown.FaultUndone, 2001)
	send(2000, 2300, 0)
	f := check("healed", 2300)
	if choice, ok := cameTrue(&f); !ok || choice != ForAWhile {
		t.Errorf("it came to %d, %t", choice, ok)
	}
	// What fails long after has another cause.
	send(2300, 2700, 5)
	check("after it", 2700)
}

// TestButtonOfAnOrder holds which button an order is of.
func TestButtonOfAnOrder(t *testing.T) {
	b := Button{Action: "remove-component", With: map[string]any{"component": "asg", "scaling_group": "web"}}
	for name, c := range map[string]struct {
		o    Order
		want bool
	}{
		"the same":       {Order{Action: "remove-component", With: map[string]any{"component": "asg", "scaling_group": "web"}}, true},
		"what is open":   {Order{Action: "remove-component"}, true},
		"in part":        {Order{Action: "remove-component", With: map[string]any{"component": "asg"}}, true},
		"another one":    {Order{Action: "remove-component", With: map[string]any{"component": "route53", "host": "@"}}, false},
		"another action": {Order{Action: "kill"}, false},
		"with a target":  {Order{Action: "remove-component", Target: "web-1"}, false},
	} {
		if got := b.means(c.o); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
