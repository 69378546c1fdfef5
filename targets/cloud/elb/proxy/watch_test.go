package proxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// bench is a node in a bubble of time whose targets are pipes.
type bench struct {
	*Node
	t     *testing.T
	began time.Time

	mu     sync.Mutex
	serve  func(address string, r *http.Request) int // status, 0 never answers, -1 refuses
	asked  map[string][]time.Duration
	agents map[string]bool
	notes  []string
	raw    []cloud.Note
}

func newBench(t *testing.T, b cloud.Balancer, serve func(string, *http.Request) int) *bench {
	t.Helper()
	s := &bench{t: t, serve: serve, asked: map[string][]time.Duration{}, agents: map[string]bool{}, began: time.Now()}
	n, err := New(Config{
		Name: "web-1a", Zone: "a", Speed: 60, Seed: 7, Balancer: b, Dial: s.dial,
		Notify: func(n cloud.Note) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.raw = append(s.raw, n)
			switch at := n.At.Sub(s.began); {
			case n.Health != nil:
				s.notes = append(s.notes, fmt.Sprintf("%s %s %s->%s: %s", at.Round(time.Millisecond), n.Health.Target, n.Health.From, n.Health.To, n.Health.Reason))
			case n.Drained != nil:
				s.notes = append(s.notes, fmt.Sprintf("%s %s drained, %d cut", at.Round(time.Millisecond), n.Drained.Target, n.Drained.Cut))
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Node = n
	return s
}

// during runs the node while fn does.
func (s *bench) during(fn func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	fn()
	cancel()
	if err := <-done; err != nil {
		s.t.Error(err)
	}
	_ = s.Close()
	time.Sleep(time.Minute) // targets that were slow to answer end as well
}

func (s *bench) dial(_ context.Context, address string) (net.Conn, error) {
	s.mu.Lock()
	s.asked[address] = append(s.asked[address], time.Since(s.began))
	serve := s.serve
	s.mu.Unlock()
	if serve(address, nil) < 0 {
		return nil, fmt.Errorf("refused")
	}
	mine, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		r, err := http.ReadRequest(bufio.NewReader(theirs))
		if err != nil {
			return
		}
		s.mu.Lock()
		s.agents[r.UserAgent()+" "+r.URL.Path+" "+r.Host] = true
		s.mu.Unlock()
		status := serve(address, r)
		if status == 0 {
			_, _ = io.Copy(io.Discard, theirs) // until the other side gives up
			return
		}
		fmt.Fprintf(theirs, "HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n", status)
	}()
	return mine, nil
}

func (s *bench) told() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.notes, "\n")
}

func (s *bench) times(address string) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked[address])
}

// checked is a group whose checks are every 30 s, with a timeout of 5 s.
func checked(targets ...cloud.BalancerTarget) cloud.Balancer {
	return cloud.Balancer{
		Name: "web", Idle: time.Minute, Connect: 10 * time.Second,
		Listeners: []cloud.BalancerListener{{Port: 80, Forward: []showdown.Forward{{TargetGroup: "web", Weight: 1}}}},
		Groups: []cloud.BalancerGroup{{
			Name: "web", Algorithm: showdown.RoundRobin, CrossZone: true, Targets: targets,
			Check: cloud.BalancerCheck{
				Path: "/health", Interval: 30 * time.Second, Timeout: 5 * time.Second,
				Healthy: 3, Unhealthy: 2, First: 1, Matcher: "200",
			},
		}},
	}
}

func known(name string) cloud.BalancerTarget {
	return cloud.BalancerTarget{Name: name, Address: "10.0.0.1:80" + name[len(name)-1:], Zone: "a", Known: true}
}

// Each target has checks of its own, at an offset of its own and then always after the
// interval, however long an answer takes.
func TestChecksKeepTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var targets []cloud.BalancerTarget
		for i := range 9 {
			targets = append(targets, known(fmt.Sprintf("web-%d", i+1)))
		}
		s := newBench(t, checked(targets...), func(address string, r *http.Request) int {
			if r != nil && address == "10.0.0.1:802" {
				time.Sleep(4 * time.Second)
			}
			return 200
		})
		s.during(func() {
			time.Sleep(10 * time.Minute)
			offsets := map[time.Duration]bool{}
			for _, target := range targets {
				times := s.times(target.Address)
				if len(times) != 20 {
					t.Errorf("%s: %d checks in 20 intervals", target.Name, len(times))
				}
				for k, at := range times {
					if want := times[0] + time.Duration(k)*30*time.Second; at != want {
						t.Errorf("%s: check %d at %s, want %s", target.Name, k, at, want)
					}
				}
				if times[0] < 0 || times[0] >= 30*time.Second {
					t.Errorf("%s: the first check after %s", target.Name, times[0])
				}
				offsets[times[0]/(10*time.Second)] = true
			}
			if len(offsets) != 3 {
				t.Errorf("the first checks are not spread over the interval: %v", offsets)
			}
			if got := s.told(); got != "" {
				t.Errorf("notes:\n%s", got)
			}
			if c := s.Counters(); c.Checks != 9*20 || c.LateChecks != 0 {
				t.Errorf("%d checks, %d late", c.Checks, c.LateChecks)
			}
		})
		if !s.agents["ELB-HealthChecker/2.0 /health 10.0.0.1:801"] {
			t.Errorf("asked for %v", s.agents)
		}
	})
}

func TestDecisionsOfChecks(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		// after is how long after the start of the check that decides, in seconds.
		after  time.Duration
		reason string
	}{
		{"refused", -1, 0, "2 checks failed: no connection"},
		{"error", 503, 0, "2 checks failed: status 503"},
		{"redirect", 302, 0, "2 checks failed: status 302"},
		{"hang", 0, 5 * time.Second, "2 checks failed: request timed out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				status := 200
				var mu sync.Mutex
				s := newBench(t, checked(known("web-1")), func(string, *http.Request) int {
					mu.Lock()
					defer mu.Unlock()
					return status
				})
				set := func(to int) { mu.Lock(); status = to; mu.Unlock() }
				s.during(func() {
					time.Sleep(5 * time.Minute)
					first := s.times("10.0.0.1:801")[0]
					set(test.status)
					time.Sleep(5 * time.Minute)
					set(200)
					time.Sleep(5 * time.Minute)
					down, up := first+11*30*time.Second+test.after, first+22*30*time.Second
					want := fmt.Sprintf("%s web-1 healthy->unhealthy: %s\n%s web-1 unhealthy->healthy: 3 checks passed",
						down.Round(time.Millisecond), test.reason, up.Round(time.Millisecond))
					if got := s.told(); got != want {
						t.Errorf("notes\n%s\nwant\n%s", got, want)
					}
					h := s.raw[0].Health
					if h.Ended.Sub(h.Started) != test.after || !h.Started.Equal(h.Scheduled) || h.Group != "web" {
						t.Errorf("%+v", h)
					}
				})
			})
		})
	}
}

// A new target needs one pass, which it gets at its first check.
func TestNewTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := checked(known("web-1"))
		s := newBench(t, b, func(string, *http.Request) int { return 200 })
		s.during(func() {
			time.Sleep(time.Minute)
			added := known("web-2")
			added.Known, added.Registered = false, time.Now()
			b.Groups[0].Targets = append(b.Groups[0].Targets, added)
			if err := s.Configure(b); err != nil {
				t.Fatal(err)
			}
			if h := s.Counters().Targets[1].Health; h != cloud.TargetInitial {
				t.Errorf("it begins %s", h)
			}
			time.Sleep(time.Minute)
			first := s.times("10.0.0.1:802")[0]
			if first < time.Minute || first >= 90*time.Second {
				t.Errorf("the first check at %s", first)
			}
			if got, want := s.told(), fmt.Sprintf("%s web-2 initial->healthy: 1 check passed", first.Round(time.Millisecond)); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if got := s.times("10.0.0.1:801"); len(got) != 4 || got[3]-got[0] != 90*time.Second {
				t.Errorf("the other's checks went astray: %v", got)
			}
		})
	})
}

// What is not registered, drains or is not used is not checked; another check begins anew.
func TestWhoIsChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := checked(known("web-1"), known("web-2"), known("web-3"))
		s := newBench(t, b, func(_ string, r *http.Request) int {
			if r != nil && r.URL.Path == "/deep" {
				return 500
			}
			return 200
		})
		count := func() (out [3]int) {
			for i := range out {
				out[i] = len(s.times(fmt.Sprintf("10.0.0.1:80%d", i+1)))
			}
			return out
		}
		configure := func(edit func(*cloud.BalancerGroup)) {
			b.Groups = slices.Clone(b.Groups)
			b.Groups[0].Targets = slices.Clone(b.Groups[0].Targets)
			edit(&b.Groups[0])
			if err := s.Configure(b); err != nil {
				t.Fatal(err)
			}
		}
		s.during(func() {
			time.Sleep(5 * time.Minute)
			if got := count(); got != [3]int{10, 10, 10} {
				t.Fatal(got)
			}
			configure(func(g *cloud.BalancerGroup) {
				g.Targets[0].Draining, g.Targets[1].Unused = true, true
				g.Targets = g.Targets[:2]
			})
			time.Sleep(5 * time.Minute)
			if got := count(); got != [3]int{10, 10, 10} {
				t.Errorf("%v: somebody is still checked", got)
			}
			if got := s.told(); got != "5m0s web-1 drained, 0 cut" {
				t.Error(got)
			}
			configure(func(g *cloud.BalancerGroup) { g.Targets[1].Unused = false })
			if h := s.Counters().Targets[1].Health; h != cloud.TargetInitial {
				t.Errorf("one that EC2 runs again is %s", h)
			}
			time.Sleep(5 * time.Minute)
			if got := count(); got != [3]int{10, 20, 10} {
				t.Error(got)
			}
			configure(func(g *cloud.BalancerGroup) { g.Check.Path = "/deep" })
			time.Sleep(5 * time.Minute)
			if got := s.told(); !strings.HasSuffix(got, "web-2 healthy->unhealthy: 2 checks failed: status 500") {
				t.Error(got)
			}
		})
	})
}

// A node that did not run for a while checks once, late, and then in time again.
func TestScheduleAfterAStop(t *testing.T) {
	s := schedule{time.Unix(100, 0), 10 * time.Second}
	for _, test := range []struct{ k, at, want int }{
		{0, 100, 1}, {0, 101, 1}, {0, 109, 1}, {0, 110, 1}, {0, 125, 2}, {0, 175, 7}, {5, 151, 6}, {7, 171, 8},
	} {
		if got := s.after(test.k, time.Unix(int64(test.at), 0)); got != test.want {
			t.Errorf("after check %d at %d: %d, want %d", test.k, test.at, got, test.want)
		}
	}
	if got := s.at(3); !got.Equal(time.Unix(130, 0)) {
		t.Error(got)
	}
}

func TestResultsCountInTheOrderOfTheirStarts(t *testing.T) {
	var q queue
	var got []int
	for _, seq := range []int{1, 2, 0, 4, 3, 5} {
		for _, r := range q.add(result{seq: seq}) {
			got = append(got, r.seq)
		}
	}
	if !slices.Equal(got, []int{0, 1, 2, 3, 4, 5}) {
		t.Error(got)
	}
}
