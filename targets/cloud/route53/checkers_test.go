package route53

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"showdown"
	"showdown/targets/cloud"
)

// fakeEndpoints answer health checks in memory. What an endpoint does depends on its
// address.
type fakeEndpoints struct {
	mu    sync.Mutex
	do    map[string]string // by address: "ok", "redirect", "error", "hang", "refuse", "blackhole"
	asked map[string][]time.Time
	paths map[string]bool
}

func (f *fakeEndpoints) set(what string, of ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range of {
		f.do[a] = what
	}
}

func (f *fakeEndpoints) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host := netip.MustParseAddrPort(address).Addr().String()
	f.mu.Lock()
	do := f.do[host]
	f.asked[host] = append(f.asked[host], time.Now())
	f.mu.Unlock()
	switch do {
	case "refuse":
		return nil, errors.New("connection refused")
	case "blackhole":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	mine, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		r, err := http.ReadRequest(bufio.NewReader(theirs))
		if err != nil {
			return
		}
		f.mu.Lock()
		f.paths[fmt.Sprint(r.Method, " ", r.Host, r.URL)] = true
		f.mu.Unlock()
		switch do {
		case "ok":
			fmt.Fprint(theirs, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		case "redirect":
			fmt.Fprint(theirs, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n")
		case "error":
			fmt.Fprint(theirs, "HTTP/1.1 503 Service Unavailable\r\n\r\n")
		case "hang":
			_, _ = theirs.Read(make([]byte, 1)) // until the checker hangs up
		}
	}()
	return mine, nil
}

// checkedZone is a zone whose three www are checked every 30s, and who they answer.
func checkedZone(t *testing.T, change func(*Config)) (*Zone, *log, *fakeEndpoints) {
	t.Helper()
	z, l := testZone(t, func(c *Config) {
		c.Zone.Propagation = 0
		c.Zone.Records[1].Multivalue = true
		c.Zone.Records[1].HealthCheck = &showdown.DNSHealthCheck{Path: "/health?deep=1"}
		c.Names = func(a netip.Addr) string {
			if a == addresses(1)[0] {
				return "" // nobody knows it
			}
			return fmt.Sprint("web-", a.As4()[3])
		}
		if change != nil {
			change(c)
		}
	})
	f := &fakeEndpoints{do: map[string]string{}, asked: map[string][]time.Time{}, paths: map[string]bool{}}
	for _, a := range addresses(3) {
		f.set("ok", a.String())
	}
	z.dial = f.dial
	return z, l, f
}

// TestHealthChecks lets endpoints fail in every way and come back: it takes each
// checker three checks, and more than 82 % of the checkers.
func TestHealthChecks(t *testing.T) {
	for _, how := range []string{"error", "hang", "refuse", "blackhole"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z, l, f := checkedZone(t, nil)
				runZone(t, z)
				const interval = 500 * time.Millisecond // 30s at speed 60
				pass(3 * interval)
				if got := l.take(); len(got) > 0 {
					t.Errorf("all are fine, and the events are %v", got)
				}
				for _, h := range z.Health("www") {
					if !h.Healthy || h.Share != 1 {
						t.Errorf("at the start %+v", h)
					}
				}

				f.set(how, "127.250.54.2")
				fell := time.Now()
				for slices.Equal(told(z, "www.whatisthetime.com"), []int{3, 3, 3, 3}) && time.Since(fell) < time.Minute {
					pass(time.Millisecond)
				}
				// Each checker has its third bad check 2 to 3 intervals later, and 14 of the 16
				// must have it; a timeout comes on top.
				if took := time.Since(fell); took < 2*interval || took > 3*interval+70*time.Millisecond {
					t.Errorf("found after %s, %.1f intervals", took, float64(took)/float64(interval))
				}
				if got := told(z, "www.whatisthetime.com"); !slices.Equal(got, []int{2, 2, 2, 2}) {
					t.Errorf("the servers give %v values", got)
				}
				if d := cmp.Diff([]string{"dns.health web-2 false 0.125"}, l.take()); d != "" {
					t.Errorf("events (-want +got):\n%s", d)
				}

				// All unhealthy: all are given.
				f.set(how, "127.250.54.1", "127.250.54.3")
				pass(4 * interval)
				if got := told(z, "www.whatisthetime.com"); !slices.Equal(got, []int{3, 3, 3, 3}) {
					t.Errorf("with all unhealthy the servers give %v values", got)
				}
				got := l.take()
				slices.Sort(got)
				if d := cmp.Diff([]string{"dns.health 127.250.54.1 false 0.125", "dns.health web-3 false 0.125"}, got); d != "" {
					t.Errorf("events (-want +got):\n%s", d)
				}

				// A redirect is as good as an answer, and three of 16 checkers are enough.
				f.set("redirect", "127.250.54.2")
				pass(4 * interval)
				if d := cmp.Diff([]string{"dns.health web-2 true 0.1875"}, l.take()); d != "" {
					t.Errorf("events (-want +got):\n%s", d)
				}
				if got := told(z, "www.whatisthetime.com"); !slices.Equal(got, []int{1, 1, 1, 1}) {
					t.Errorf("the servers give %v values", got)
				}
				if how != "refuse" && how != "blackhole" && !f.paths["GET 127.250.54.2:8080/health?deep=1"] {
					t.Errorf("asked for %v", f.paths)
				}
			})
		})
	}
}

// TestCheckersPace has 16 checkers ask at their own moments: about every two AWS
// seconds in all, each every 30s, also while the endpoint hangs.
func TestCheckersPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, _, f := checkedZone(t, nil)
		f.set("blackhole", "127.250.54.3")
		runZone(t, z)
		const interval = 500 * time.Millisecond
		pass(10 * interval)
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, a := range addresses(3) {
			moments := f.asked[a.String()]
			if len(moments) != 160 {
				t.Errorf("%s was asked %d times in 10 intervals, want 160", a, len(moments))
				continue
			}
			places := map[time.Duration]int{}
			for i, m := range moments {
				if i >= 16 && m.Sub(moments[i-16]) != interval {
					t.Errorf("%s: check %d comes %s after the one before", a, i, m.Sub(moments[i-16]))
				}
				places[m.Sub(moments[0])%interval]++
			}
			if len(places) < 15 {
				t.Errorf("%s: 16 checkers ask at %d moments", a, len(places))
			}
		}
	})
}

// TestChecksFollowTheRecords begins a check with its value and ends it when the last
// name server has forgotten the value.
func TestChecksFollowTheRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, l, f := checkedZone(t, func(c *Config) { c.Zone.Propagation = showdown.Minute })
		runZone(t, z)
		f.set("refuse", "127.250.54.2")
		pass(2 * time.Second) // two AWS minutes
		l.take()
		two := netip.MustParseAddr("127.250.54.2")
		info, err := z.RemoveValue("www", two)
		if err != nil {
			t.Fatal(err)
		}
		for {
			synctest.Wait()
			if got := told(z, "www.whatisthetime.com"); !slices.Equal(got, []int{2, 2, 2, 2}) {
				t.Fatalf("a removed unhealthy value is given on its way out: %v values", got)
			}
			if c, err := z.GetChange(info.ID); err != nil || c.Status == InSync {
				break
			}
			pass(5 * time.Millisecond)
		}
		synctest.Wait()
		f.mu.Lock()
		before := len(f.asked["127.250.54.2"])
		f.mu.Unlock()
		pass(2 * time.Second)
		f.mu.Lock()
		after := len(f.asked["127.250.54.2"])
		f.mu.Unlock()
		if after != before {
			t.Errorf("a value that is gone is asked %d times more", after-before)
		}
		u := z.Usage(time.Now())
		if len(u.Checks) != 3 || u.Checks[1].Now || !u.Checks[0].Now || u.Checks[0].Fast || u.Checks[0].Name != "www.whatisthetime.com" {
			t.Fatalf("%+v", u.Checks)
		}
		// 2 s before the removal, up to 1 s on the way, 2 s after it: 4 to 5 AWS minutes.
		if got := u.Checks[0].For; got < 4*showdown.Minute || got > 5*showdown.Minute+showdown.Second {
			t.Errorf("a check has been there for %s", got)
		}
		if got := u.Checks[1].For; got < 2*showdown.Minute || got > 3*showdown.Minute+showdown.Second {
			t.Errorf("the removed one was there for %s", got)
		}
		// A new check is healthy until there is enough data.
		info, err = z.RestoreValue("www", two)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if h := z.Health("www"); len(h) != 3 || h[2].Value != two || !h[2].Healthy {
			t.Errorf("after it came back: %+v", h)
		}
		if err := z.Wait(t.Context(), info.ID); err != nil {
			t.Error(err)
		}
		if n := len(z.Usage(time.Now()).Checks); n != 4 {
			t.Errorf("%d checks were paid for", n)
		}
	})
}

// listenAsInstance listens where a health check asks, on an address that nobody else
// listens on, also when these tests run twice at once.
func listenAsInstance(t *testing.T) (net.Listener, netip.Addr) {
	t.Helper()
	var err error
	for i := range 200 {
		at := netip.AddrFrom4([4]byte{127, 250, 58, byte(i + 1)})
		var l net.Listener
		if l, err = net.Listen("tcp4", netip.AddrPortFrom(at, cloud.Port).String()); err == nil {
			return l, at
		}
	}
	t.Fatal(err)
	return nil, netip.Addr{}
}

// TestRealCheck asks a real endpoint from the checkers' own address.
func TestRealCheck(t *testing.T) {
	l, at := listenAsInstance(t)
	from := make(chan string, 16)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from <- r.RemoteAddr
		if !strings.HasPrefix(r.UserAgent(), "Amazon-Route53-Health-Check-Service") || r.URL.Path != "/health" {
			w.WriteHeader(http.StatusTeapot)
		}
	})}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(l) })
	defer wg.Wait()
	defer server.Close()
	// Slow, so that a busy machine is not taken for a sick one.
	z, _ := testZone(t, func(c *Config) {
		c.Clock, c.Source = clockAt(t, 1), netip.MustParseAddr("127.250.53.99")
	})
	e := endpoint{"www", at, showdown.DNSHealthCheck{Path: "/health"}}
	if err := z.get(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if got := netip.MustParseAddrPort(<-from).Addr().String(); got != "127.250.53.99" {
		t.Errorf("asked from %s", got)
	}
	e.check.Path = "/other"
	if err := z.get(t.Context(), e); err == nil || !strings.Contains(err.Error(), "status 418") {
		t.Errorf("a bad status: %v", err)
	}
	e.value = netip.MustParseAddr("127.250.59.1")
	if err := z.get(t.Context(), e); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody there: %v", err)
	}
}

// TestRealHealth kills a real endpoint and has the name servers leave it out.
func TestRealHealth(t *testing.T) {
	found := make(chan showdown.Event, 64)
	var ends []*http.Server
	var serving sync.WaitGroup
	defer serving.Wait()
	var all []string
	for range 3 {
		l, at := listenAsInstance(t)
		end := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
		defer end.Close()
		serving.Go(func() { _ = end.Serve(l) })
		ends, all = append(ends, end), append(all, at.String())
	}
	z, _ := serve(t, func(c *Config) {
		// At this speed the timeouts are 200 and 100 ms, which a busy machine keeps.
		c.Clock, c.Source = clockAt(t, 20), netip.MustParseAddr("127.250.53.99")
		c.Emit = func(e showdown.Event) { found <- e }
		c.Names = func(a netip.Addr) string { return "web-" + a.String() }
		c.Zone.Records = append(c.Zone.Records, showdown.RecordSet{
			Name: "checked", TTL: showdown.Minute, Values: all, Multivalue: true,
			HealthCheck: &showdown.DNSHealthCheck{Path: "/", Interval: FastInterval, Threshold: 2},
		})
	})
	if err := ends[1].Close(); err != nil {
		t.Fatal(err)
	}
	late := time.After(patience)
	for gone := false; !gone; {
		select {
		case e := <-found:
			gone = e.Kind == showdown.DNSHealth && e.Target == "web-"+all[1] && e.Data["healthy"] == false
		case <-late:
			t.Fatal("nobody noticed")
		}
	}
	for _, at := range z.Servers() {
		got := values(exchange(t, at, query("checked.whatisthetime.com.", dns.TypeA), UDP).Answer)
		if slices.Contains(got, netip.MustParseAddr(all[1])) || len(got) != 2 {
			t.Errorf("%s still gives %v", at, got)
		}
	}
}
