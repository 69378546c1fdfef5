package attack_test

import (
	"fmt"
	"maps"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showdown"
	"showdown/attack"
)

// web is an instance that answers HTTP and notes what it is asked.
type web struct {
	ip, name string
	mu       sync.Mutex
	hosts    map[string]int
	// closing counts the requests that said that they are the connection's last.
	closing int
}

func (w *web) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.hosts[r.Host]++
	if r.Close {
		w.closing++
	}
	w.mu.Unlock()
	out.Header().Set("X-Instance", w.name)
	fmt.Fprintln(out, "ok")
}

// seen is the hosts that requests named, and how many said that they are the last.
func (w *web) seen() (hosts map[string]int, closing int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.hosts), w.closing
}

// serveWeb runs instances at these addresses, all at one port, which it returns.
func serveWeb(t testing.TB, ips ...string) (port int, all []*web) {
	t.Helper()
	for try := 0; ; try++ {
		listeners, err := listenAll(ips)
		if err != nil && try < 20 {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range listeners {
			w := &web{ip: ips[i], name: fmt.Sprintf("web-%d", i+1), hosts: map[string]int{}}
			s := &http.Server{Handler: w, ErrorLog: discardLog()}
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.Serve(l)
			}()
			t.Cleanup(func() {
				s.Close()
				<-done
			})
			all = append(all, w)
		}
		return listeners[0].Addr().(*net.TCPAddr).Port, all
	}
}

// listenAll listens at all addresses at a port that is free at each.
func listenAll(ips []string) (out []net.Listener, err error) {
	port := "0"
	for _, ip := range ips {
		l, err := net.Listen("tcp", net.JoinHostPort(ip, port))
		if err != nil {
			for _, l := range out {
				l.Close()
			}
			return nil, err
		}
		_, port, _ = net.SplitHostPort(l.Addr().String())
		out = append(out, l)
	}
	return out, nil
}

// dead is an address where nobody listens.
const dead = "127.0.0.9"

// named is an attack on names of the zone shop.example.
func named(t testing.TB, server string, port int, traffic showdown.Traffic) attack.Config {
	return attack.Config{
		Cell: "base", Traffic: traffic, Clock: clock(t, 60), Seed: 5, Source: "127.0.0.77",
		Servers: []string{server}, Domain: "shop.example", Port: port,
		Names: func(ip string) string { return map[string]string{dead: "gone"}[ip] },
	}
}

// lab is a steady traffic of cohorts that resolve www, for so long in lab time at
// speed 60.
func lab(clients int, rate float64, long time.Duration, cohorts ...showdown.Cohort) showdown.Traffic {
	return showdown.Traffic{
		Clients: clients, Host: "www", Timeout: showdown.Minute, Cohorts: cohorts,
		Phases: []showdown.Phase{{Name: "steady", Rate: rate, For: showdown.Duration(60 * long)}},
	}
}

func cohort(name string, share showdown.Share, p showdown.Profile, life showdown.Ageing) showdown.Cohort {
	return showdown.Cohort{Name: name, Share: share, Profile: p, Connections: life}
}

// by groups hits by cohort.
func by(t showdown.Traffic, hits []showdown.Hit) map[string][]showdown.Hit {
	out := map[string][]showdown.Hit{}
	for _, h := range hits {
		name := t.Cohorts[t.CohortOf(h.Client)].Name
		out[name] = append(out[name], h)
	}
	return out
}

// One of three addresses is dead. Who takes one address and knows no other fails for
// a third, exactly; who tries the next one does not fail at all.
func TestWhoNoticesADeadAddress(t *testing.T) {
	port, webs := serveWeb(t, "127.0.0.3", "127.0.0.5")
	var questions atomic.Int32
	server := attack.ServeDNS(t, "127.0.0.53", func(q *attack.DNSQuery) {
		questions.Add(1)
		q.Reply(q.Answer(3600, "127.0.0.5", dead, "127.0.0.3"))
	})
	once := showdown.Ageing{Requests: 1}
	traffic := lab(150, 500, 900*time.Millisecond,
		cohort("pinned", 0.2, showdown.Pinned, once), cohort("fresh", 0.2, showdown.Fresh, showdown.Ageing{}),
		cohort("browser", 0.2, showdown.Browser, once), cohort("chromium", 0.2, showdown.Chromium, showdown.Ageing{}),
		cohort("jvm", 0.2, showdown.JVM, once))
	c := named(t, server, port, traffic)
	hits := play(t, c)
	for name, hits := range by(traffic, hits) {
		got := counts(hits)
		refused := map[string]int{"pinned": 30, "fresh": 30, "jvm": 30}[name]
		if got[showdown.Refused] != refused || got[showdown.OK] != 90-refused {
			t.Errorf("%s: %v, want %d refused of 90", name, got, refused)
		}
	}
	for _, h := range hits {
		switch {
		case h.Outcome == showdown.Refused && (h.Address != dead || h.Backend != "gone"):
			t.Fatalf("refused: %+v", h)
		case h.Outcome == showdown.OK && h.Address != map[string]string{"web-1": "127.0.0.3", "web-2": "127.0.0.5"}[h.Backend]:
			t.Fatalf("ok: %+v", h)
		case h.DNSAge <= 0 || h.DNSAge > 63*time.Second:
			t.Fatalf("an answer of %v: %+v", h.DNSAge, h)
		}
	}
	for _, w := range webs {
		want := fmt.Sprintf("www.shop.example:%d", port)
		if hosts, _ := w.seen(); len(hosts) != 1 || hosts[want] == 0 {
			t.Errorf("%s was asked for %v, want %s", w.name, hosts, want)
		}
	}
	// 450 requests in under a second of an hour's TTL: nearly all use the answers of zero.
	if n := questions.Load(); n < 16 || n > 40 {
		t.Errorf("%d questions", n)
	}
}

// The record moves from one instance to the other. Who keeps its connection does not
// learn of it, whatever the TTL says; who ages its connections does, after the TTL; a
// JVM does not even then.
func TestKeepAliveHidesDNS(t *testing.T) {
	port, webs := serveWeb(t, "127.0.0.3", "127.0.0.5")
	const ttl = 300 * time.Millisecond
	var moved atomic.Bool
	server := attack.ServeDNS(t, "127.0.0.53", func(q *attack.DNSQuery) {
		ip := "127.0.0.3"
		if moved.Load() {
			ip = "127.0.0.5"
		}
		if q.Question[0].Name != "shop.example." {
			t.Errorf("asked for %s", q.Question[0].Name)
		}
		q.Reply(q.Answer(18, ip))
	})
	traffic := lab(40, 400, 1200*time.Millisecond,
		cohort("kept", 0.25, showdown.Pinned, showdown.Ageing{}), cohort("counted", 0.25, showdown.Browser, showdown.Ageing{Requests: 4}),
		cohort("aged", 0.25, showdown.Pinned, showdown.Ageing{Age: 12 * showdown.Second}), cohort("jvm", 0.25, showdown.JVM, showdown.Ageing{Requests: 2}))
	traffic.Host = "@"
	traffic.Phases = append([]showdown.Phase{{Name: "before", Rate: 400, For: 12 * showdown.Second}}, traffic.Phases...)
	c := named(t, server, port, traffic)
	zero := time.Now()
	var change time.Duration
	c.OnPhase = func(s showdown.Segment) {
		if s.Phase == "steady" {
			moved.Store(true)
			change = time.Since(zero)
		}
	}
	var s sink
	c.Sink = s.add
	a, err := attack.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), zero); err != nil {
		t.Fatal(err)
	}
	hits := s.all(t)
	if n := counts(hits)[showdown.OK]; n != len(hits) {
		t.Errorf("%v, want all ok", counts(hits))
	}
	for name, hits := range by(traffic, hits) {
		stays := name == "kept" || name == "jvm"
		old, late := 0, 0
		var age time.Duration
		for _, h := range hits {
			age = max(age, h.DNSAge)
			if h.Address == "127.0.0.3" {
				old++
				// The last connection to the old address is made at the end of the TTL, and
				// lives 200 ms, or four turns of 100 ms, at most.
				if h.Sent > change+ttl+700*time.Millisecond {
					late++
				}
			}
		}
		if stays && (old != len(hits) || age < 2*ttl) || !stays && (old == len(hits) || late > 0) {
			t.Errorf("%s: %d of %d requests to the old address, %d of them long after the TTL; the oldest answer %v", name, old, len(hits), late, age)
		}
		// How many requests a connection carried.
		run := map[uint32]int{}
		for _, h := range hits {
			if run[h.Client]++; !h.Reused {
				run[h.Client] = 1
			}
			if most := map[string]int{"counted": 4, "jvm": 2, "kept": 999, "aged": 4}[name]; run[h.Client] > most {
				t.Fatalf("%s: a connection carried %d requests", name, run[h.Client])
			}
		}
	}
	// The jvm's connections end with their second request, which says so.
	if _, closing := webs[0].seen(); closing < 70 {
		t.Errorf("%d requests said that they are the last", closing)
	}
}

// What is seen of name servers that fail.
func TestNameServersFail(t *testing.T) {
	port, _ := serveWeb(t, "127.0.0.3")
	for name, test := range map[string]struct {
		do        func(q *attack.DNSQuery)
		outcome   showdown.Outcome
		most      time.Duration // latency, but for the machine's
		questions int           // in all, of 10 clients with 2 requests each
	}{
		"silent":   {func(*attack.DNSQuery) {}, showdown.DNSFailure, time.Second, 0},
		"servfail": {func(q *attack.DNSQuery) { m := q.Answer(0); m.Rcode = 2; q.Reply(m) }, showdown.DNSFailure, time.Second, 32 + 40},
		// The absence is kept for an hour by all but those whose cache just ran out.
		"nxdomain": {func(q *attack.DNSQuery) { q.Reply(q.Absent(3600)) }, showdown.DNSFailure, time.Second, 16},
		"ttl 0":    {func(q *attack.DNSQuery) { q.Reply(q.Answer(0, "127.0.0.3")) }, showdown.OK, time.Second, 16 + 20},
	} {
		t.Run(name, func(t *testing.T) {
			var questions atomic.Int32
			server := attack.ServeDNS(t, "127.0.0.53", func(q *attack.DNSQuery) {
				questions.Add(1)
				test.do(q)
			})
			traffic := lab(10, 100, 200*time.Millisecond)
			traffic.Profile = showdown.Fresh
			c := named(t, server, port, traffic)
			for _, h := range play(t, c) {
				if h.Outcome != test.outcome || h.Latency > test.most+time.Second {
					t.Errorf("%+v, want %v", h, test.outcome)
				}
				if h.Outcome == showdown.DNSFailure && (h.Address != "" || h.DNSAge != 0 || h.Backend != "") {
					t.Errorf("not resolved: %+v", h)
				}
				// A client's second request, 100 ms after the first, joins the question that is
				// on its way and waits for the rest of it.
				if name == "silent" && h.Latency < 60*time.Millisecond {
					t.Errorf("two silences took %v", h.Latency)
				}
			}
			// On a machine that is late, the two turns of a client may overlap and share one.
			if n := int(questions.Load()); test.questions > 0 && (n > test.questions || n < max(16, test.questions-20)) {
				t.Errorf("%d questions, want %d", n, test.questions)
			}
		})
	}
}

// The wait for a name is part of the request's timeout.
func TestLookupOutlastsTheTimeout(t *testing.T) {
	server := attack.ServeDNS(t, "127.0.0.53", func(*attack.DNSQuery) {})
	traffic := lab(1, 20, 200*time.Millisecond)
	traffic.Timeout = 6 * showdown.Second
	for _, h := range play(t, named(t, server, 8080, traffic)) {
		if h.Outcome != showdown.DNSFailure || h.Latency < 95*time.Millisecond || h.Latency > 600*time.Millisecond {
			t.Errorf("%v after %v, want dns after the timeout of 100ms", h.Outcome, h.Latency)
		}
	}
}

// The staircase after a record was removed: told at zero, and then only as it changes.
func TestClientsHold(t *testing.T) {
	port, _ := serveWeb(t, "127.0.0.3", "127.0.0.5")
	var removed atomic.Bool
	server := attack.ServeDNS(t, "127.0.0.53", func(q *attack.DNSQuery) {
		if removed.Load() {
			q.Reply(q.Answer(60, "127.0.0.5"))
			return
		}
		q.Reply(q.Answer(60, "127.0.0.3", "127.0.0.5"))
	})
	traffic := lab(200, 800, 1300*time.Millisecond, cohort("all", 0.5, showdown.Browser, showdown.Ageing{Requests: 1}),
		cohort("ever", 0.5, showdown.JVM, showdown.Ageing{}))
	c := named(t, server, port, traffic)
	c.Names = func(ip string) string { return map[string]string{"127.0.0.3": "web-1"}[ip] }
	c.OnPhase = func(showdown.Segment) { removed.Store(true) }
	var events []showdown.Event
	c.Emit = func(e showdown.Event) { events = append(events, e) }
	play(t, c)
	ever := 0
	var steps []int
	for i, e := range events {
		holders := e.Data["holders"].(map[string]any)
		if e.Kind != showdown.ClientsHold || e.Source != "attack" || e.Cell != "base" || e.Data["host"] != "www.shop.example" || e.At.IsZero() {
			t.Errorf("event %+v", e)
		}
		// The first comes at zero, or as late as the machine is.
		if clients := e.Data["clients"].(int); i < 2 && (e.T < 0 || e.T > 15 || float64(clients) < 99-100*e.T/60) {
			t.Errorf("at zero: %+v", e)
		}
		if e.Target == "ever" {
			if ever++; holders["web-1"] != 50 || holders["127.0.0.5"] != 50 {
				t.Errorf("the jvm's clients hold %v", holders)
			}
			continue
		}
		n, _ := holders["web-1"].(int)
		steps = append(steps, n)
		// A second is the TTL here. An entry is renewed when its client has its turn, every
		// quarter of a second, and may hold only what it got before the removal.
		if want := 100 * max(0, 1-e.T/60); math.Abs(float64(n)-want) > 20 {
			t.Errorf("after %.1f s %d clients hold web-1, want %.0f", e.T, n, want)
		}
	}
	if ever != 1 || len(steps) < 5 || steps[0] < 75 || steps[len(steps)-1] != 0 || !slices.IsSortedFunc(steps, func(a, b int) int { return b - a }) {
		t.Errorf("%d events of those that never change, and the steps %v", ever, steps)
	}
}

// Cohorts with a host and cohorts that are told addresses go side by side, and
// SetAddresses concerns the latter alone.
func TestToldBesideNamed(t *testing.T) {
	port, webs := serveWeb(t, "127.0.0.3", "127.0.0.5")
	server := attack.ServeDNS(t, "127.0.0.53", func(q *attack.DNSQuery) { q.Reply(q.Answer(3600, "127.0.0.3")) })
	named1 := cohort("named", 0.5, showdown.Pinned, showdown.Ageing{Requests: 1})
	named1.Host = "www"
	traffic := lab(10, 200, 500*time.Millisecond, named1, cohort("told", 0.5, showdown.Pinned, showdown.Ageing{Requests: 1}))
	traffic.Host = ""
	c := named(t, server, 0, traffic)
	c.Endpoints = []attack.Endpoint{{Name: "web", Address: fmt.Sprintf("%s:%d", webs[0].ip, port)}}
	var a *attack.Attack
	c.OnPhase = func(showdown.Segment) {
		a.SetAddresses([]attack.Endpoint{{Name: "web", Address: fmt.Sprintf("%s:%d", webs[1].ip, port)}})
	}
	var s sink
	c.Sink = s.add
	a, err := attack.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for name, hits := range by(traffic, s.all(t)) {
		for _, h := range hits {
			got[name+" "+h.Address]++
			if (h.DNSAge > 0) != (name == "named") || h.Reused {
				t.Fatalf("%s: %+v", name, h)
			}
		}
	}
	if got["named 127.0.0.3"] != 50 || got["told 127.0.0.5"] < 45 {
		t.Errorf("requests %v", got)
	}
}

func TestNewRefusesNames(t *testing.T) {
	for _, test := range []struct {
		want   string
		change func(*attack.Config)
	}{
		{"no name server to ask", func(c *attack.Config) { c.Servers = nil }},
		{`name server "ns1" is not ip:port`, func(c *attack.Config) { c.Servers = []string{"ns1"} }},
		{"the domain of the lab's zone is not given", func(c *attack.Config) { c.Domain = "" }},
		{"no port is given", func(c *attack.Config) { c.Port = 0 }},
		{"not a domain name", func(c *attack.Config) { c.Traffic.Host = strings.Repeat("x", 64) }},
		{`resolves "www" and knows instances`, func(c *attack.Config) {
			c.Endpoints = []attack.Endpoint{{Name: "web-1", Address: unused}}
			c.Traffic.Cohorts = []showdown.Cohort{{Name: "x", Share: 1, Knows: []string{"web-1"}}}
		}},
		{"profile address-list know addresses and no names", func(c *attack.Config) { c.Traffic.Profile = showdown.AddressList }},
		{"cannot carry -1 requests", func(c *attack.Config) { c.Traffic.Connections.Requests = -1 }},
	} {
		c := named(t, "127.0.0.53:53", 8080, lab(1, 10, time.Second))
		c.Sink = func([]showdown.Hit) {}
		test.change(&c)
		if _, err := attack.New(c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}
