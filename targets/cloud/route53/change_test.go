package route53

import (
	"context"
	"fmt"
	"math/rand/v2"
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
)

// log keeps the events of a zone as lines.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) emit(e showdown.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := fmt.Sprint(e.Kind, " ", e.Target)
	for _, key := range []string{"change", "values", "status", "mode", "healthy", "share", "code"} {
		if v, ok := e.Data[key]; ok {
			line += fmt.Sprint(" ", v)
		}
	}
	if e.Source != "route53" {
		line += " from " + e.Source
	}
	l.lines = append(l.lines, line)
}

func (l *log) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.lines
	l.lines = nil
	return out
}

// testZone is a zone with four name servers at speed 60, whose www has three values.
func testZone(t testing.TB, change func(*Config)) (*Zone, *log) {
	t.Helper()
	l := &log{}
	c := Config{
		Clock: clockAt(t, 60), Seed: 1, Emit: l.emit,
		Zone: showdown.HostedZone{
			Name: "whatisthetime.com", Propagation: showdown.Minute, NegativeTTL: showdown.Minute,
			Records: []showdown.RecordSet{
				{Name: "@", TTL: showdown.Hour, Values: []string{"127.250.54.1"}},
				{Name: "www", TTL: 5 * showdown.Minute, Values: []string{"127.250.54.1", "127.250.54.2", "127.250.54.3"}},
			},
		},
		Servers: []netip.AddrPort{
			netip.MustParseAddrPort("127.250.53.1:0"), netip.MustParseAddrPort("127.250.53.2:0"),
			netip.MustParseAddrPort("127.250.53.3:0"), netip.MustParseAddrPort("127.250.53.4:0"),
		},
	}
	if change != nil {
		change(&c)
	}
	z, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return z, l
}

// told is how many values each name server gives for a name.
func told(z *Zone, name string) []int {
	var out []int
	for _, s := range z.servers {
		out = append(out, len(decide(s.now.Load(), nil, *z.ill.Load(), question(name, dns.TypeA), s.chance()).answer))
	}
	return out
}

// pass lets time of the bubble pass, and what is due in it happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// runZone runs a zone until the test ends.
func runZone(t testing.TB, z *Zone) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- z.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestArrivals spreads a change over the propagation time, and lets no server learn
// the second change before the first.
func TestArrivals(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	start := time.Unix(1000, 0)
	const longest = time.Second
	last := make([]time.Time, 4)
	early, late := 0, 0
	for i := range 500 {
		at := start.Add(time.Duration(i) * 300 * time.Millisecond)
		due := arrivals(last, at, longest, rng)
		for s, d := range due {
			if d.Before(at) || d.After(at.Add(longest)) {
				t.Fatalf("change %d reaches server %d %s after it was accepted", i, s, d.Sub(at))
			}
			if d.Before(last[s]) {
				t.Fatalf("server %d learns change %d before the one before", s, i)
			}
			if d.Sub(at) < longest/2 {
				early++
			} else {
				late++
			}
		}
		last = due
	}
	// What waits for an older change is later than half the time more often.
	if early < 500 || late < 900 {
		t.Errorf("%d early and %d late", early, late)
	}
	for s, d := range arrivals(make([]time.Time, 4), start, 0, rng) {
		if !d.Equal(start) {
			t.Errorf("without propagation, server %d learns it at %s", s, d)
		}
	}
}

// TestPropagation removes a value: the servers learn it one after the other, within
// the propagation time, and the change is INSYNC when the last one has.
func TestPropagation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, l := testZone(t, nil)
		runZone(t, z)
		begin := time.Now()
		info, err := z.RemoveValue("www", netip.MustParseAddr("127.250.54.2"))
		if err != nil || info.Status != Pending || !info.SubmittedAt.Equal(begin) {
			t.Fatalf("%+v, %v", info, err)
		}
		if r, ok := z.Record("www"); !ok || len(r.Values) != 2 || r.TTL != 5*showdown.Minute {
			t.Errorf("the zone says %+v", r)
		}
		if got := told(z, "www.whatisthetime.com"); !slices.Equal(got, []int{3, 3, 3, 3}) {
			t.Errorf("at once the servers give %v values", got)
		}
		// A server's own moment is the same again with the same seed.
		moments := slices.Clone(z.arrives)
		again, _ := testZone(t, nil)
		if _, err := again.RemoveValue("www", netip.MustParseAddr("127.250.54.2")); err != nil || !slices.Equal(again.arrives, moments) {
			t.Errorf("with the same seed %v, %v; before %v", again.arrives, err, moments)
		}
		slices.SortFunc(moments, time.Time.Compare)
		if moments[0].Equal(moments[3]) {
			t.Error("all servers learn it at the same moment")
		}
		for i, m := range moments {
			pass(time.Until(m) + 1)
			knowing := 0
			for _, n := range told(z, "www.whatisthetime.com") {
				if n == 2 {
					knowing++
				}
			}
			if knowing != i+1 {
				t.Errorf("%s after the change %d servers know it, want %d", time.Since(begin), knowing, i+1)
			}
			if info, err := z.GetChange(info.ID); err != nil || (info.Status == InSync) != (i == 3) {
				t.Errorf("with %d servers: %+v, %v", i+1, info, err)
			}
		}
		if err := z.Wait(t.Context(), info.ID); err != nil {
			t.Error(err)
		}
		if waited := time.Since(begin); waited > time.Second+time.Millisecond {
			t.Errorf("it took %s, and a minute of AWS is a second here", waited)
		}
		want := []string{
			"dns.change www.whatisthetime.com REMOVE [127.250.54.1 127.250.54.3] PENDING",
			"dns.change www.whatisthetime.com REMOVE [127.250.54.1 127.250.54.3] INSYNC",
		}
		if d := cmp.Diff(want, l.take()); d != "" {
			t.Errorf("events (-want +got):\n%s", d)
		}
	})
}

// TestWait ends with its context, and with the zone.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z, _ := testZone(t, nil)
		info, err := z.RemoveValue("www", netip.MustParseAddr("127.250.54.2"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := z.Wait(ctx, info.ID); err == nil || !strings.Contains(err.Error(), "deadline") {
			t.Errorf("nobody runs the zone: %v", err)
		}
		if err := z.Wait(t.Context(), "C42"); Code(err) != CodeNoSuchChange {
			t.Errorf("an unknown change: %v", err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := z.Wait(t.Context(), info.ID); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("a closed zone: %v", err)
		}
		if _, err := z.Upsert(Record{Name: "x", Values: addresses(1)}); Code(err) != CodeNoSuchHostedZone {
			t.Errorf("a change of a closed zone: %v", err)
		}
		if err := z.Run(t.Context()); err == nil {
			t.Error("a closed zone runs")
		}
	})
}

// TestChanges goes through changes that take no time.
func TestChanges(t *testing.T) {
	z, l := testZone(t, func(c *Config) { c.Zone.Propagation = 0 })
	value := func(n int) netip.Addr { return addresses(n)[n-1] }
	for _, tc := range []struct {
		what   string
		do     func() (ChangeInfo, error)
		code   string
		events string // what was emitted, PENDING and INSYNC in one line
		www    int    // values afterwards, -1 for NXDOMAIN
	}{
		{"remove one", func() (ChangeInfo, error) { return z.RemoveValue("www", value(2)) }, "", "REMOVE [127.250.54.1 127.250.54.3]", 2},
		{"remove it again", func() (ChangeInfo, error) { return z.RemoveValue("www", value(2)) }, CodeInvalidChangeBatch, "", 2},
		{"remove what never was", func() (ChangeInfo, error) { return z.RemoveValue("www", value(9)) }, CodeInvalidChangeBatch, "", 2},
		{"remove from no name", func() (ChangeInfo, error) { return z.RemoveValue("no", value(1)) }, CodeInvalidChangeBatch, "", 2},
		{"remove outside", func() (ChangeInfo, error) { return z.RemoveValue("www.example.org.", value(1)) }, CodeInvalidChangeBatch, "", 2},
		{"restore what is there", func() (ChangeInfo, error) { return z.RestoreValue("www", value(1)) }, CodeInvalidChangeBatch, "", 2},
		{"restore where nothing was", func() (ChangeInfo, error) { return z.RestoreValue("no", value(1)) }, CodeInvalidChangeBatch, "", 2},
		{"restore no IPv4 address", func() (ChangeInfo, error) { return z.RestoreValue("www", netip.IPv6Loopback()) }, CodeInvalidChangeBatch, "", 2},
		{"restore", func() (ChangeInfo, error) { return z.RestoreValue("WWW.whatisthetime.com.", value(2)) }, "", "RESTORE [127.250.54.1 127.250.54.3 127.250.54.2]", 3},
		{"remove the first", func() (ChangeInfo, error) { return z.RemoveValue("www", value(1)) }, "", "REMOVE [127.250.54.3 127.250.54.2]", 2},
		{"the second", func() (ChangeInfo, error) { return z.RemoveValue("www", value(2)) }, "", "REMOVE [127.250.54.3]", 1},
		{"the last", func() (ChangeInfo, error) { return z.RemoveValue("www", value(3)) }, "", "REMOVE []", -1},
		{"bring the set back", func() (ChangeInfo, error) { return z.RestoreValue("www", value(3)) }, "", "RESTORE [127.250.54.3]", 1},
		{"upsert", func() (ChangeInfo, error) {
			return z.Upsert(Record{Name: "www", TTL: showdown.Minute, Values: addresses(4)})
		}, "", "UPSERT [127.250.54.1 127.250.54.2 127.250.54.3 127.250.54.4]", 4},
		{"upsert nothing", func() (ChangeInfo, error) { return z.Upsert(Record{Name: "www", TTL: showdown.Minute}) }, CodeInvalidChangeBatch, "", 4},
		{"an alias", func() (ChangeInfo, error) {
			return z.Upsert(Record{Name: "www", Alias: func() []netip.Addr { return addresses(2) }})
		}, "", "UPSERT []", 2},
		{"remove from an alias", func() (ChangeInfo, error) { return z.RemoveValue("www", value(1)) }, CodeInvalidChangeBatch, "", 2},
	} {
		info, err := tc.do()
		if Code(err) != tc.code || (err != nil) != (tc.code != "") {
			t.Errorf("%s: %v, want the code %q", tc.what, err, tc.code)
		}
		var want []string
		if tc.events != "" {
			want = []string{
				"dns.change www.whatisthetime.com " + tc.events + " PENDING",
				"dns.change www.whatisthetime.com " + tc.events + " INSYNC",
			}
			if info.Status != InSync {
				t.Errorf("%s: %+v, and it takes no time", tc.what, info)
			}
		}
		got := l.take()
		if tc.code != "" {
			if len(got) != 1 || !strings.HasPrefix(got[0], "api.refused ") || !strings.HasSuffix(got[0], tc.code) {
				t.Errorf("%s: a refusal says %q", tc.what, got)
			}
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: events (-want +got):\n%s", tc.what, d)
		}
		s := z.servers[2]
		r := decide(s.now.Load(), nil, nil, question("www.whatisthetime.com", dns.TypeA), s.chance())
		if tc.www == -1 && r.rcode != dns.RcodeNameError || tc.www >= 0 && len(r.answer) != tc.www {
			t.Errorf("%s: %s with %d values, want %d", tc.what, dns.RcodeToString[r.rcode], len(r.answer), tc.www)
		}
	}
	// A set that came back has its old TTL.
	if r, ok := z.Record("www"); !ok || r.Alias == nil || r.TTL != 0 {
		t.Errorf("%+v", r)
	}
}

// TestEmitMayCall lets the receiver of an event call the zone, which must not wait for
// itself, and keeps the order of the events.
func TestEmitMayCall(t *testing.T) {
	var z *Zone
	var got []string
	z, _ = testZone(t, func(c *Config) {
		c.Zone.Propagation = 0
		c.Emit = func(e showdown.Event) {
			got = append(got, fmt.Sprint(e.Data["change"], " ", e.Data["status"]))
			if len(got) == 1 {
				if _, err := z.RestoreValue("www", addresses(1)[0]); err != nil {
					t.Error(err)
				}
			}
		}
	})
	if _, err := z.RemoveValue("www", addresses(1)[0]); err != nil {
		t.Fatal(err)
	}
	if want := []string{"REMOVE PENDING", "REMOVE INSYNC", "RESTORE PENDING", "RESTORE INSYNC"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestGoneSet keeps the way of a set whose last value was removed.
func TestGoneSet(t *testing.T) {
	z, _ := testZone(t, func(c *Config) {
		c.Zone.Propagation = 0
		c.Zone.Records[0].Multivalue, c.Zone.Records[0].HealthCheck = true, &showdown.DNSHealthCheck{Interval: FastInterval}
	})
	one := addresses(1)[0]
	before, _ := z.Record("@")
	if _, err := z.RemoveValue("@", one); err != nil {
		t.Fatal(err)
	}
	if r, ok := z.Record("@"); ok {
		t.Errorf("still there: %+v", r)
	}
	// The apex has the zone's own records whatever happens: no NXDOMAIN.
	if r := decide(z.newest, nil, nil, question("whatisthetime.com", dns.TypeA), chance(1)); r.rcode != dns.RcodeSuccess || len(r.answer) != 0 {
		t.Errorf("an empty apex: %s", dns.RcodeToString[r.rcode])
	}
	if _, err := z.RestoreValue("@", one); err != nil {
		t.Fatal(err)
	}
	after, ok := z.Record("@")
	if d := cmp.Diff(before, after, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); !ok || d != "" {
		t.Errorf("restored (-before +after):\n%s", d)
	}
}

// TestFail refuses what is no failure and says what is one.
func TestFail(t *testing.T) {
	z, l := testZone(t, nil)
	for _, tc := range []struct {
		host    string
		mode    Mode
		latency time.Duration
		want    string // the event, or the error
	}{
		{"", ServFail, 0, "dns.failing  servfail"},
		{"@", NXDomain, 0, "dns.failing whatisthetime.com nxdomain"},
		{"www", Slow, time.Second, "dns.failing www.whatisthetime.com slow"},
		{"www", None, 0, "dns.failing www.whatisthetime.com none"},
		{"", Slow, 0, "slow needs a latency"},
		{"", "upside-down", 0, "unknown mode"},
		{"example.org.", Silent, 0, "no name of the zone"},
	} {
		err := z.Fail(tc.host, tc.mode, tc.latency)
		got := strings.Join(l.take(), "\n")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, tc.want) {
			t.Errorf("%q %s: %s, want %s", tc.host, tc.mode, got, tc.want)
		}
	}
	if d := cmp.Diff(failures{"": {mode: ServFail}, "whatisthetime.com.": {mode: NXDomain}}, *z.failing.Load(), cmp.AllowUnexported(failure{})); d != "" {
		t.Errorf("what fails (-want +got):\n%s", d)
	}
}
