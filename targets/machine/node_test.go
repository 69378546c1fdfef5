package machine_test

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// balanced is a load balancer's node in front of machines, as real processes.
type balanced struct {
	*target
	config  cloud.MachineConfig
	targets []*target

	mu    sync.Mutex
	notes []cloud.Note
}

// newBalanced starts machines web-1, web-2... in zone 1a and the node of zone 1a in front
// of them, which checks each every 50 ms with a timeout of 30 ms.
func newBalanced(s *site, machines int, edit func(*cloud.Balancer)) *balanced {
	s.t.Helper()
	b := &balanced{}
	bal := cloud.Balancer{
		Name: "web", Idle: 500 * time.Millisecond, Connect: 100 * time.Millisecond,
		Listeners: []cloud.BalancerListener{{Port: cloud.Port, Forward: []showdown.Forward{{TargetGroup: "web", Weight: 1}}}},
		Groups: []cloud.BalancerGroup{{
			Name: "web", Algorithm: showdown.RoundRobin, CrossZone: true,
			Check: cloud.BalancerCheck{
				Path: "/healthz", Interval: 50 * time.Millisecond, Timeout: 30 * time.Millisecond,
				Healthy: 2, Unhealthy: 2, First: 1, Matcher: "200",
			},
		}},
	}
	for i := range machines {
		c := s.config("web-"+strconv.Itoa(i+1), i+1)
		b.targets = append(b.targets, s.start(c))
		bal.Groups[0].Targets = append(bal.Groups[0].Targets, cloud.BalancerTarget{
			Name: c.Name, Address: net.JoinHostPort(c.Private, strconv.Itoa(c.Port)), Zone: "us-east-1a",
			Registered: time.Now(), Known: true,
		})
	}
	if edit != nil {
		edit(&bal)
	}
	c := s.config("lb-1a", 0)
	c.App, c.Capacity, c.Zone, c.Balancer = "", cloud.Capacity{}, "us-east-1a", &bal
	c.Notify = func(n cloud.Note) {
		b.mu.Lock()
		b.notes = append(b.notes, n)
		b.mu.Unlock()
	}
	b.target, b.config = s.start(c), c
	return b
}

// configure changes the node's configuration while it serves.
func (b *balanced) configure(edit func(*cloud.Balancer)) {
	b.t.Helper()
	next := *b.config.Balancer
	next.Groups = append([]cloud.BalancerGroup(nil), next.Groups...)
	next.Groups[0].Targets = append([]cloud.BalancerTarget(nil), next.Groups[0].Targets...)
	edit(&next)
	b.config.Balancer = &next
	b.do(cloud.Command{Verb: cloud.Balance, Balancer: &next})
}

// noted waits for a note about the target.
func (b *balanced) noted(what func(cloud.Note) bool) cloud.Note {
	b.t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	end := time.After(patience)
	for {
		b.mu.Lock()
		for _, n := range b.notes {
			if what(n) {
				b.mu.Unlock()
				return n
			}
		}
		notes := len(b.notes)
		b.mu.Unlock()
		select {
		case <-again.C:
		case <-end:
			b.t.Fatalf("none of %d notes is the one", notes)
		}
	}
}

func turned(name, to string) func(cloud.Note) bool {
	return func(n cloud.Note) bool { return n.Health != nil && n.Health.Target == name && n.Health.To == to }
}

// users ask for / all the time until stop, and count what they get, by X-Instance and
// status.
type users struct {
	stop func() map[string]int
}

func (b *balanced) users(n int) users {
	done := make(chan struct{})
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
	)
	got := map[string]int{}
	for range n {
		wait.Go(func() {
			c := http.Client{Transport: &http.Transport{}, Timeout: patience}
			defer c.CloseIdleConnections()
			for {
				select {
				case <-done:
					return
				default:
				}
				key := "none"
				if r, err := c.Get("http://" + b.address + "/"); err == nil {
					if _, err := io.Copy(io.Discard, r.Body); err == nil {
						key = r.Header.Get("X-Instance") + " " + strconv.Itoa(r.StatusCode)
					}
					_ = r.Body.Close()
				}
				mu.Lock()
				got[key]++
				mu.Unlock()
			}
		})
	}
	return users{stop: func() map[string]int {
		close(done)
		wait.Wait()
		return got
	}}
}

func TestNodeServesItsTargets(t *testing.T) {
	s := newSite(t)
	b := newBalanced(s, 3, nil)
	got := map[string]int{}
	for range 30 {
		r, err := b.get("/")
		if err != nil {
			t.Fatal(err)
		}
		got[r.Header.Get("X-Instance")+" "+strconv.Itoa(r.StatusCode)]++
	}
	if len(got) != 3 || got["web-1 200"] != 10 || got["web-2 200"] != 10 || got["web-3 200"] != 10 {
		t.Errorf("answers %v, want 10 of each", got)
	}
	c := b.do(cloud.Command{Verb: cloud.Stats})
	if c.Balancer == nil || c.Requests != 30 || c.Balancer.Requests != 30 || len(c.Balancer.Errors) != 0 {
		t.Errorf("counters %+v", c)
	}
	for _, m := range b.targets {
		if n := m.do(cloud.Command{Verb: cloud.Stats}).Requests; n != 10 {
			t.Errorf("%s got %d requests", m.Name(), n)
		}
	}
	// What looks whether the node lives does not ask its targets.
	if r := cloud.Meet(t.Context(), b.config.Private, net.JoinHostPort(b.config.Private, "8080")); r != cloud.Answered {
		t.Errorf("a look at the node met %s", r)
	}
	if c := b.do(cloud.Command{Verb: cloud.Stats}); c.Requests != 30 {
		t.Errorf("a look counts as a request: %d", c.Requests)
	}
	r, err := http.Get("http://" + net.JoinHostPort(b.config.Private, "8081") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	labels := `cell="base",`
	node := `node="lb-1a",run_id="` + s.journal.Run() + `"`
	for _, want := range []string{
		"showdown_balancer_requests_total{" + labels + node + "} 30\n",
		"showdown_balancer_target_requests_total{" + labels + `group="web",` + node + `,target="web-2"} 10` + "\n",
		"showdown_balancer_target_healthy{" + labels + `group="web",` + node + `,target="web-3"} 1` + "\n",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}

func TestNodeNoticesAKilledTarget(t *testing.T) {
	s := newSite(t)
	b := newBalanced(s, 3, nil)
	load := b.users(4)
	if err := b.targets[0].Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	note := b.noted(turned("web-1", cloud.TargetUnhealthy))
	// A check that was under way at the kill is reset.
	reasons := []string{"2 checks failed: connection refused", "2 checks failed: connection reset"}
	if h := note.Health; h.From != cloud.TargetHealthy || !slices.Contains(reasons, h.Reason) ||
		h.Started.Before(h.Scheduled) || h.Ended.Before(h.Started) {
		t.Errorf("note %+v", h)
	}
	got := load.stop()
	// Until then a third of the requests fails; nothing is sent to another target.
	if got["lb-1a 502"] == 0 || got["none"] != 0 {
		t.Errorf("answers %v", got)
	}
	for key := range got {
		if !strings.HasSuffix(key, " 200") && key != "lb-1a 502" {
			t.Errorf("answers %v", got)
		}
	}
	again := b.users(4)
	s.start(b.targets[0].config)
	b.noted(turned("web-1", cloud.TargetHealthy))
	if got := again.stop(); got["lb-1a 502"] != 0 {
		t.Errorf("answers %v after the node has turned away from it", got)
	}
	if got := b.do(cloud.Command{Verb: cloud.Stats}).Balancer.Errors; got[502] == 0 || len(got) != 1 {
		t.Errorf("own answers %v", got)
	}
}
