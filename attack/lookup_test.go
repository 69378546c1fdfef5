package attack

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

// nameServers answer in a bubble as they are told.
type nameServers struct {
	names
	mu    sync.Mutex
	asked []string
	ids   map[uint16]bool
	// say is the answer to question number n, from 1, of all; the error is that of a
	// question without one, which takes until the deadline.
	say func(n int, server string) (reply, error)
	// takes is how long an answer takes.
	takes time.Duration
}

var errSilent = errors.New("silent")

func newNameServers(t *testing.T, speed float64, say func(n int, server string) (reply, error)) *nameServers {
	t.Helper()
	clock, err := showdown.NewClock(speed)
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServers{say: say, ids: map[uint16]bool{}}
	s.clock, s.seed, s.ctx = clock, 11, t.Context()
	s.servers = []string{"a", "b", "c", "d"}
	s.timeout, _ = clock.Timeout(queryTimeout, showdown.FloorBalancer)
	s.endpoint = func(_ *host, ip string) *endpoint { return &endpoint{ip: ip} }
	s.instance = func(ip string) string { return map[string]string{"127.0.0.1": "web-1"}[ip] }
	s.ask = s.answer
	s.names.host("www.shop.example", "80")
	return s
}

func (s *nameServers) answer(ctx context.Context, server string, q question, deadline time.Time) (reply, error) {
	s.mu.Lock()
	s.asked = append(s.asked, server)
	s.ids[q.id] = true
	r, err := s.say(len(s.asked), server)
	takes := s.takes
	s.mu.Unlock()
	if err == errSilent {
		takes = time.Until(deadline)
	}
	select {
	case <-ctx.Done():
		return reply{}, ctx.Err()
	case <-time.After(takes):
	}
	return r, err
}

func (s *nameServers) client(p showdown.Profile) *client {
	return &client{profile: p, host: s.hosts[0], places: make([]place, 1)}
}

// ips is what a route tries, in its order.
func (r route) ips() string {
	var out []string
	for i := range r.tries {
		out = append(out, r.known[r.at(i)].ip)
	}
	return strings.Join(out, " ")
}

func always(ttl uint32, ips ...string) func(int, string) (reply, error) {
	return func(int, string) (reply, error) { return reply{resolved, addresses(ips...), ttl}, nil }
}

// What each profile does with an answer that lives for a minute, or the shortest that
// its profile makes of it: request by request within the TTL, and after it, when the
// name has other addresses.
func TestProfilesWithAName(t *testing.T) {
	for _, test := range []struct {
		profile showdown.Profile
		ttl     uint32
		within  []string
		// lives is how long the answer is kept, in AWS time; 0 is for ever.
		lives showdown.Duration
		after string
	}{
		{showdown.Pinned, 60, []string{"127.0.0.3", "127.0.0.3"}, showdown.Minute, "127.0.0.9"},
		{showdown.Fresh, 60, []string{"127.0.0.3", "127.0.0.1", "127.0.0.2"}, showdown.Minute, "127.0.0.8"},
		{showdown.Browser, 60, []string{"127.0.0.3 127.0.0.1 127.0.0.2", "127.0.0.3 127.0.0.1 127.0.0.2"}, showdown.Minute, "127.0.0.9 127.0.0.8"},
		{showdown.Browser, 10, []string{"127.0.0.3 127.0.0.1 127.0.0.2"}, 10 * showdown.Second, "127.0.0.9 127.0.0.8"},
		{showdown.Chromium, 10, []string{"127.0.0.3 127.0.0.1 127.0.0.2"}, showdown.Minute, "127.0.0.9 127.0.0.8"},
		{showdown.Chromium, 300, []string{"127.0.0.3 127.0.0.1 127.0.0.2"}, 5 * showdown.Minute, "127.0.0.9 127.0.0.8"},
		{showdown.JVM, 10, []string{"127.0.0.3", "127.0.0.3"}, 0, "127.0.0.3"},
	} {
		t.Run(fmt.Sprintf("%s with %d s", test.profile, test.ttl), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newNameServers(t, 60, func(n int, _ string) (reply, error) {
					if n == 1 {
						return reply{resolved, addresses("127.0.0.3", "127.0.0.1", "127.0.0.2"), test.ttl}, nil
					}
					return reply{resolved, addresses("127.0.0.9", "127.0.0.8"), test.ttl}, nil
				})
				c := s.client(test.profile)
				began := time.Now()
				for i, want := range test.within {
					if r := s.route(c, time.Now().Add(time.Hour)); r.ips() != want || !r.fetched.Equal(began) {
						t.Errorf("request %d goes to %q with an answer of %v, want %q", i, r.ips(), r.fetched.Sub(began), want)
					}
				}
				lives := s.clock.Lab(test.lives)
				if lives == 0 {
					lives = 24 * time.Hour
				}
				<-time.After(lives - 1)
				if s.route(c, time.Now().Add(time.Hour)); len(s.asked) != 1 {
					t.Errorf("%d questions within the TTL", len(s.asked))
				}
				<-time.After(1)
				if r := s.route(c, time.Now().Add(time.Hour)); r.ips() != test.after {
					t.Errorf("after the TTL the request goes to %q, want %q", r.ips(), test.after)
				}
				if want := map[bool]int{true: 1, false: 2}[test.lives == 0]; len(s.asked) != want {
					t.Errorf("%d questions, want %d", len(s.asked), want)
				}
			})
		})
	}
}

// The wait for an answer is bounded by the request's deadline, goes on after it, and
// is one for all overlapping turns of a client.
func TestLookupIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newNameServers(t, 1, always(0, "127.0.0.1"))
		s.takes = 2 * time.Second
		c := s.client(showdown.Browser)
		got := make([]string, 5)
		var group sync.WaitGroup
		for i := range got {
			group.Go(func() {
				patience := []time.Duration{time.Second, 3 * time.Second}[i%2]
				began := time.Now()
				r := s.route(c, began.Add(patience))
				got[i] = fmt.Sprintf("%q after %v", r.ips(), time.Since(began))
			})
		}
		group.Wait()
		for i, g := range got {
			if want := []string{`"" after 1s`, `"127.0.0.1" after 2s`}[i%2]; g != want {
				t.Errorf("turn %d got %s, want %s", i, g, want)
			}
		}
		if len(s.asked) != 1 {
			t.Errorf("%d questions, want 1", len(s.asked))
		}
		// A TTL of 0 is for those that waited only.
		if r := s.route(c, time.Now().Add(time.Hour)); r.ips() != "127.0.0.1" || len(s.asked) != 2 {
			t.Errorf("%q after %d questions", r.ips(), len(s.asked))
		}
		s.group.Wait()
	})
}

// Two attempts, on two name servers where there are, and what comes of them.
func TestLookupAttempts(t *testing.T) {
	good := reply{resolved, addresses("127.0.0.1"), 60}
	for name, test := range map[string]struct {
		say  []reply // a zero reply is silence
		want string
		// takes is in lab time at speed 60: a silence is 5 s / 60.
		takes  time.Duration
		asked  int
		second string // what the next request gets, a second of lab time later
	}{
		"good":                {[]reply{good}, "127.0.0.1", 0, 1, "127.0.0.1"},
		"silent, then good":   {[]reply{{}, good}, "127.0.0.1", 5 * time.Second / 60, 2, "127.0.0.1"},
		"servfail, then good": {[]reply{{verdict: failing}, good}, "127.0.0.1", 0, 2, "127.0.0.1"},
		"silent twice":        {[]reply{{}, {}, good}, "", 10 * time.Second / 60, 2, "127.0.0.1"},
		"servfail twice":      {[]reply{{verdict: failing}, {verdict: failing}, good}, "", 0, 2, "127.0.0.1"},
		"absent":              {[]reply{{verdict: absent, ttl: 900}, good}, "", 0, 1, ""},
		"absent for less":     {[]reply{{verdict: absent, ttl: 59}, good}, "", 0, 1, "127.0.0.1"},
		"absent without SOA":  {[]reply{{verdict: absent}, good}, "", 0, 1, "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newNameServers(t, 60, func(n int, _ string) (reply, error) {
					r := test.say[min(n, len(test.say))-1]
					if r.verdict == foreign {
						return r, errSilent
					}
					return r, nil
				})
				c := s.client(showdown.Browser)
				began := time.Now()
				r := s.route(c, began.Add(time.Hour))
				if took := time.Since(began); r.ips() != test.want || (took-test.takes).Abs() > 2 || len(s.asked) != test.asked {
					t.Errorf("%q after %v and %d questions, want %q after %v and %d", r.ips(), took, len(s.asked), test.want, test.takes, test.asked)
				}
				if test.asked == 2 && s.asked[0] == s.asked[1] {
					t.Errorf("%s was asked twice, with others there", s.asked[0])
				}
				<-time.After(time.Second)
				if r := s.route(c, time.Now().Add(time.Hour)); r.ips() != test.second {
					t.Errorf("then %q, want %q", r.ips(), test.second)
				}
			})
		})
	}
}

// Each client has an order of the name servers of its own, and each question an id.
func TestServersAndIDs(t *testing.T) {
	s := newNameServers(t, 60, func(int, string) (reply, error) { return reply{verdict: failing}, nil })
	first := map[string]int{}
	const clients = 400
	for i := range uint32(clients) {
		s.look(t.Context(), s.hosts[0], i, 1)
		s.look(t.Context(), s.hosts[0], i, 2)
		a := s.asked[4*i:]
		if a[0] != a[2] || a[1] != a[3] || a[0] == a[1] {
			t.Fatalf("client %d asks %v", i, a[:4])
		}
		first[a[0]]++
	}
	for _, server := range s.servers {
		// Binomial: 100 and a standard deviation of 8.7.
		if n := first[server]; n < 65 || n > 135 {
			t.Errorf("%d of %d clients ask %s first", n, clients, server)
		}
	}
	// 1,600 of 65,536 ids hit one that was there before about 20 times.
	if n := len(s.ids); n < 1540 {
		t.Errorf("%d ids of %d questions", n, len(s.asked))
	}
}

// filled is a population with full caches.
func filled(t *testing.T, s *nameServers, p showdown.Profile, n int, zero time.Time) []*client {
	t.Helper()
	clients := population([]cohort{{profile: p, size: n, host: s.hosts[0]}}, 1, s.seed)
	s.fill(t.Context(), clients, zero)
	return clients
}

// At zero the ages are spread evenly over the TTL and the first picks over the
// addresses; then a record is removed. What the analysis expects of it is exact: the
// part that still holds the old address falls linearly, to within one client.
func TestStratifiedCaches(t *testing.T) {
	for _, p := range []showdown.Profile{showdown.Pinned, showdown.Fresh, showdown.Browser} {
		t.Run(string(p), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 1000
				// Answers differ in their order, and the caches may not.
				s := newNameServers(t, 60, func(n int, _ string) (reply, error) {
					ips := []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"}
					return reply{resolved, addresses(append(ips[n%3:], ips[:n%3]...)...), 3600}, nil
				})
				zero := time.Now()
				clients := filled(t, s, p, n, zero)
				if len(s.asked) != fillQueries {
					t.Errorf("%d questions for %d clients, want %d", len(s.asked), n, fillQueries)
				}
				first := map[string]int{}
				for _, c := range clients {
					first[c.cache.known[c.cache.turn].ip]++
				}
				for ip, got := range first {
					if got != 333 && got != 334 {
						t.Errorf("%d of %d clients start at %s", got, n, ip)
					}
				}
				holders := 1.0
				if p == showdown.Pinned {
					holders = 1.0 / 3
				}
				const ttl = time.Minute
				for _, part := range []float64{0, 0.1, 0.25, 0.5, 0.9, 0.999, 1} {
					at := zero.Add(time.Duration(part * float64(ttl)))
					h := s.count(clients, at)
					if want := n * (1 - part); float64(h.clients) < want-1 || float64(h.clients) > want+1 {
						t.Errorf("after %g of a TTL %d answers count, want %g", part, h.clients, want)
					}
					// Of the clients of one address, the ages are a fair sample and no more.
					slack := 1.0
					if p == showdown.Pinned {
						slack = 50
					}
					for _, name := range []string{"web-1", "127.0.0.2", "127.0.0.3"} {
						if want := n * holders * (1 - part); float64(h.holders[name]) < want-slack || float64(h.holders[name]) > want+slack {
							t.Errorf("after %g of a TTL %d clients hold %s, want %g", part, h.holders[name], name, want)
						}
					}
				}
			})
		})
	}
}

// The caches do not depend on anything but the seed, and neither age nor first pick
// on the order of turns or each other.
func TestFillFollowsTheSeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zero := time.Now()
		state := func(seed uint64) (out []string, clients []*client) {
			s := newNameServers(t, 60, always(300, "127.0.0.1", "127.0.0.2"))
			s.seed = seed
			clients = filled(t, s, showdown.Pinned, 1000, zero)
			for _, c := range clients {
				out = append(out, fmt.Sprint(c.number, c.cache.turn, zero.Sub(c.cache.fetched)))
			}
			return out, clients
		}
		one, clients := state(1)
		again, _ := state(1)
		other, _ := state(2)
		if !slices.Equal(one, again) || slices.Equal(one, other) {
			t.Error("caches are not a function of the seed")
		}
		// Halves by turn, age and pick meet in quarters of 250, with a standard deviation
		// of 8.
		young, early := 0, 0
		for i, c := range clients {
			if zero.Sub(c.cache.fetched) < 150*time.Second/60 {
				if c.cache.turn == 0 {
					young++
				}
				if i < 500 {
					early++
				}
			}
		}
		for what, n := range map[string]int{"first address": young, "first half of the turns": early} {
			if n < 215 || n > 285 {
				t.Errorf("%d of the 500 young caches are of the %s", n, what)
			}
		}
	})
}

func TestFillWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newNameServers(t, 1, func(int, string) (reply, error) { return reply{}, errSilent })
		zero := time.Now().Add(time.Second)
		clients := filled(t, s, showdown.Browser, 3, zero)
		if late := time.Since(zero); late != fillWait {
			t.Errorf("the start is %v late, want %v", late, fillWait)
		}
		if h := s.count(clients, zero); h.clients != 0 {
			t.Errorf("%d clients have an answer", h.clients)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newNameServers(t, 60, func(int, string) (reply, error) { return reply{verdict: absent, ttl: 900}, nil })
		clients := filled(t, s, showdown.Browser, 3, time.Now())
		if r := s.route(clients[0], time.Now().Add(time.Hour)); len(r.known) != 0 || len(s.asked) != fillQueries {
			t.Errorf("%q after %d questions: the absence was not kept", r.ips(), len(s.asked))
		}
	})
}

func TestBrowserStaysWhereItConnectedByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newNameServers(t, 60, always(60, "127.0.0.1", "127.0.0.2"))
		for p, want := range map[showdown.Profile]string{
			showdown.Browser: "127.0.0.2 127.0.0.1", showdown.Chromium: "127.0.0.2 127.0.0.1", showdown.Pinned: "127.0.0.1",
		} {
			c := s.client(p)
			c.connected(0, s.route(c, time.Now().Add(time.Hour)), 1)
			if got := s.route(c, time.Now().Add(time.Hour)).ips(); got != want {
				t.Errorf("%s goes to %q, want %q", p, got, want)
			}
		}
	})
}

// An address has one endpoint for each name, whoever learns of it.
func TestEndpointsAreShared(t *testing.T) {
	s := newNameServers(t, 60, always(60))
	other := s.names.host("shop.example", "80")
	a := s.endpoints(s.hosts[0], []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")})
	b := s.endpoints(s.hosts[0], []netip.Addr{netip.MustParseAddr("127.0.0.2")})
	c := s.endpoints(other, []netip.Addr{netip.MustParseAddr("127.0.0.2")})
	if a[1] != b[0] || b[0] == c[0] || len(s.all) != 3 {
		t.Errorf("%d endpoints, shared %v, and across names %v", len(s.all), a[1] == b[0], b[0] == c[0])
	}
}
