package live

import (
	"fmt"
	"testing"
	"time"

	"showdown"
)

// TestFlows holds whose requests are counted on which way of the drawing.
func TestFlows(t *testing.T) {
	const lb, web1, web2 = "edge-users--balancer-lb", "edge-balancer-lb--node-web-1", "edge-balancer-lb--node-web-2"
	balanced := testStage().Cells[0].Topology
	direct := showdown.Topology{Instances: []showdown.Instance{{Name: "web-1", Zone: "us-east-1a", Role: "web"}, {Name: "web-2", Zone: "us-east-1a", Role: "web"}}}
	alone := showdown.Topology{Instances: direct.Instances[:1]}
	for _, test := range []struct {
		name     string
		topology showdown.Topology
		// hits are the backends of the requests; a ! before it is one that failed.
		hits []string
		want map[string]Flow
	}{
		{"no request", balanced, nil, nil},
		{
			"through the balancer", balanced,
			[]string{"web-1", "web-1", "web-1", "web-2"},
			map[string]Flow{"edge-users": {8, 0}, lb: {8, 0}, web1: {6, 0}, web2: {2, 0}, "edge-balancer-lb--node-web-3": {}},
		},
		{
			"the balancer's own errors are before it", balanced,
			[]string{"web-1", "!web-1", "!lb-1a", "!lb-1b"},
			map[string]Flow{"edge-users": {8, .75}, lb: {8, .75}, web1: {4, .5}, web2: {}, "edge-balancer-lb--node-web-3": {}},
		},
		{
			"from nobody, where there is one way", balanced,
			[]string{"!"},
			map[string]Flow{"edge-users": {2, 1}, lb: {2, 1}, web1: {}, web2: {}, "edge-balancer-lb--node-web-3": {}},
		},
		{
			"from nobody, where there are two", direct,
			[]string{"!", "web-1"},
			map[string]Flow{"edge-users": {4, .5}, "edge-users--node-web-1": {2, 0}, "edge-users--node-web-2": {}},
		},
		{"to one instance", alone, []string{"web-1", "!web-1"}, map[string]Flow{"edge-users": {4, .5}, "edge-users--node-web-1": {4, .5}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			stage := testStage()
			stage.Cells[0].Topology = test.topology
			c := newCell(&stage.Cells[0], testClock(t), 0)
			// What is older than the last buckets does not count.
			c.series.add([]showdown.Hit{{Backend: "web-2"}})
			for i, backend := range test.hits {
				h := showdown.Hit{Intended: 10*longestBucket + time.Duration(i)*time.Millisecond, Backend: backend}
				if backend[0] == '!' {
					h.Backend, h.Outcome = backend[1:], showdown.HTTP5xx
				}
				c.series.add([]showdown.Hit{h})
			}
			got := c.flows(12)
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("the flows are\n%v, want\n%v", got, test.want)
			}
		})
	}
}

// TestBackendsAreBounded holds that a site which invents names costs no more than one that
// does not, and that no request is lost.
func TestBackendsAreBounded(t *testing.T) {
	s := series{width: longestBucket}
	for i := range 1000 {
		s.add([]showdown.Hit{{Backend: fmt.Sprint("web-", i%300)}})
	}
	sum := 0
	for _, r := range s.reached(1) {
		sum += int(r.ok)
	}
	if len(s.backends.names) != maxBackends || len(s.buckets[0].reaches) > maxBackends || sum != 1000 {
		t.Errorf("%d names, %d counts, %d requests", len(s.backends.names), len(s.buckets[0].reaches), sum)
	}
}

// TestLateIsAGap holds that the lines are broken where the generator was late, and only there.
func TestLateIsAGap(t *testing.T) {
	s := series{width: longestBucket}
	for n := range 30 {
		for i := range 20 {
			h := showdown.Hit{Intended: time.Duration(n)*longestBucket + time.Duration(i)*time.Millisecond, Latency: time.Millisecond}
			h.Sent = h.Intended
			if n == 20 && i == 3 {
				h.Sent += unreliable + time.Millisecond
			}
			s.add([]showdown.Hit{h})
		}
	}
	p := s.points(0, 30)
	for n := range 30 {
		if known := p.P50[n] == p.P50[n]; known != (n != 20) || p.OK[n] != 20 {
			t.Errorf("bucket %d has p50 %v of %v requests", n, p.P50[n], p.OK[n])
		}
	}
}
