package elb

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// TestRequests: all nodes together, by target, through the end of a node.
func TestRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil)
		serve := func(node string, one, two uint64) {
			n := s.world.node(node)
			n.set(func() {
				n.stats = cloud.BalancerCounters{
					Requests: one + two, NewConnections: one, ActiveConnections: 7, Bytes: 1000 * one, CrossZone: 10 * two,
					Targets: []cloud.TargetCounters{{Group: "web", Target: "web-1", Requests: one}, {Group: "web", Target: "web-2", Requests: two}},
				}
			})
		}
		serve("web-1a", 100, 20)
		serve("web-1b", 3, 4)
		if n := s.b.Requests("web"); n != 127 {
			t.Errorf("%d requests, want 127", n)
		}
		s.after(showdown.Minute)
		if err := s.world.node("web-1a").Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.b.RestartNode(t.Context(), "web-1a"); err != nil {
			t.Fatal(err)
		}
		serve("web-1a", 1000, 0)
		if got := fmt.Sprint(s.b.TargetRequests("web")); got != "map[web-1:1103 web-2:24]" {
			t.Errorf("by target: %s", got)
		}
		if n := s.b.Requests("shop"); n != 0 {
			t.Errorf("%d requests of no group", n)
		}
		// A node that hangs keeps what it said, and costs a tenth of a second at most.
		if err := s.world.node("web-1b").Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if n := s.b.Requests("web"); n != 1127 || time.Since(begin) > countPatience {
			t.Errorf("%d requests after %s, want 1127", n, time.Since(begin))
		}
		s.after(59 * showdown.Minute)
		u := s.b.Usage(time.Now())
		if u.Requests != 1127*60 || u.NewConnections != 1103*60 || u.Bytes != 1103_000*60 || u.CrossZoneBytes != 240*60 || u.Nodes != 2 || !u.Now || u.Classic {
			t.Errorf("usage %+v", u)
		}
		if u.For < 60*showdown.Minute || u.For > 61*showdown.Minute || len(u.LCU) != 2 || u.LCU[0].By == "" {
			t.Errorf("for %s, LCU %+v", u.For, u.LCU)
		}
		if err := s.b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.after(showdown.Hour)
		if later := s.b.Usage(time.Now()); later.Now || later.For > u.For+showdown.Minute || later.Requests != u.Requests {
			t.Errorf("after the end: %+v", later)
		}
	})
}

// TestSamplesAreFew: who asks for the bill often does not fill the memory.
func TestSamplesAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil)
		for range 600 { // AWS seconds
			s.after(showdown.Second)
			s.b.Usage(time.Now())
		}
		if n := len(s.b.samples); n < 10 || n > 40 {
			t.Errorf("%d samples in ten minutes", n)
		}
	})
}
