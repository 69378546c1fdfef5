package route53

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"showdown"
)

// serve is a listening, running zone whose changes take no time.
func serve(t testing.TB, change func(*Config)) (*Zone, *log) {
	t.Helper()
	z, l := testZone(t, func(c *Config) {
		c.Zone.Propagation = 0
		big := showdown.RecordSet{Name: "big", TTL: showdown.Minute}
		for _, a := range addresses(100) {
			big.Values = append(big.Values, a.String())
		}
		c.Zone.Records = append(c.Zone.Records, big)
		if change != nil {
			change(c)
		}
	})
	if err := z.Listen(); err != nil {
		t.Fatal(err)
	}
	runZone(t, z)
	return z, l
}

// patience is the longest that anything here may take; it is no measure.
const patience = 20 * time.Second

// exchange asks one name server once, for as long as the test has patience.
func exchange(t testing.TB, at netip.AddrPort, m *dns.Msg, via Transport) *dns.Msg {
	t.Helper()
	c := dns.Client{Net: string(via), Timeout: patience}
	got, _, err := c.Exchange(m, at.String())
	if err != nil {
		t.Fatalf("ask %s over %s: %v", at, via, err)
	}
	return got
}

// TestServers asks all four name servers over both transports.
func TestServers(t *testing.T) {
	z, _ := serve(t, nil)
	servers := z.Servers()
	if len(servers) != 4 {
		t.Fatalf("%v", servers)
	}
	for i, at := range servers {
		if at.Port() == 0 || at.Addr() != z.cfg.Servers[i].Addr() {
			t.Errorf("server %d is at %s", i, at)
		}
		for _, via := range []Transport{UDP, TCP} {
			got := exchange(t, at, query("www.whatisthetime.com.", dns.TypeA), via)
			if d := cmp.Diff(addresses(3), values(got.Answer), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" || got.Answer[0].Header().Ttl != 300 {
				t.Errorf("%s over %s: %v", at, via, got)
			}
		}
	}
	exchange(t, servers[0], query("no.whatisthetime.com.", dns.TypeA), UDP)
	exchange(t, servers[0], query("nope.whatisthetime.com.", dns.TypeA), UDP)
	exchange(t, servers[0], query("www.whatisthetime.com.", dns.TypeHINFO), UDP)
	exchange(t, servers[0], query("example.org.", dns.TypeA), UDP)
	got := z.Usage(time.Now())
	want := []Queries{
		{"", "A", "REFUSED", UDP, false, 1},
		{"*.whatisthetime.com", "A", "NXDOMAIN", UDP, false, 2},
		{"www.whatisthetime.com", "A", "NOERROR", TCP, false, 4},
		{"www.whatisthetime.com", "A", "NOERROR", UDP, false, 4},
		{"www.whatisthetime.com", "other", "NOERROR", UDP, false, 1},
	}
	if d := cmp.Diff(want, got.Queries); d != "" || got.Billed() != 11 {
		t.Errorf("%d are billed; counted (-want +got):\n%s", got.Billed(), d)
	}
}

// TestAliasIsFree counts what an alias answers apart.
func TestAliasIsFree(t *testing.T) {
	z, _ := serve(t, nil)
	if _, err := z.Upsert(Record{Name: "elb", Alias: func() []netip.Addr { return addresses(2) }}); err != nil {
		t.Fatal(err)
	}
	got := exchange(t, z.Servers()[1], query("elb.whatisthetime.com.", dns.TypeA), UDP)
	if len(got.Answer) != 2 || got.Answer[0].Header().Ttl != 60 {
		t.Errorf("%v", got)
	}
	if u := z.Usage(time.Now()); len(u.Queries) != 1 || !u.Queries[0].Alias || u.Billed() != 0 {
		t.Errorf("%+v", u)
	}
}

// TestTCPConversation sends several questions over one connection, in pieces, and
// nonsense between them (RFC 7766).
func TestTCPConversation(t *testing.T) {
	z, _ := serve(t, nil)
	conn, err := net.Dial("tcp4", z.Servers()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		packet, err := query("big.whatisthetime.com.", dns.TypeA).Pack()
		if err != nil {
			t.Fatal(err)
		}
		nonsense := []byte{0, 3, 1, 2, 3}
		framed := append(nonsense, append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...)...)
		for _, part := range [][]byte{framed[:6], framed[6:9], framed[9:]} {
			if _, err := conn.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			t.Fatal(err)
		}
		out := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, out); err != nil {
			t.Fatal(err)
		}
		var m dns.Msg
		if err := m.Unpack(out); err != nil || len(m.Answer) != 100 || m.Truncated {
			t.Errorf("question %d: %v, %v", i, err, &m)
		}
	}
}

// TestFailingServers lets the running servers fail, over both transports.
func TestFailingServers(t *testing.T) {
	z, _ := serve(t, nil)
	at := z.Servers()[0]
	fail := func(host string, m Mode, latency time.Duration) {
		t.Helper()
		if err := z.Fail(host, m, latency); err != nil {
			t.Fatal(err)
		}
	}
	for _, via := range []Transport{UDP, TCP} {
		for _, tc := range []struct {
			mode Mode
			want int
		}{{ServFail, dns.RcodeServerFailure}, {NXDomain, dns.RcodeNameError}, {None, dns.RcodeSuccess}} {
			fail("www", tc.mode, 0)
			if got := exchange(t, at, query("www.whatisthetime.com.", dns.TypeA), via); got.Rcode != tc.want {
				t.Errorf("%s over %s: %s", tc.mode, via, dns.RcodeToString[got.Rcode])
			}
			if got := exchange(t, at, query("whatisthetime.com.", dns.TypeA), via); got.Rcode != dns.RcodeSuccess {
				t.Errorf("%s of another name over %s: %s", tc.mode, via, dns.RcodeToString[got.Rcode])
			}
		}
		const latency = 300 * time.Millisecond
		fail("", Slow, latency)
		begin := time.Now()
		if got := exchange(t, at, query("www.whatisthetime.com.", dns.TypeA), via); len(got.Answer) != 3 || time.Since(begin) < latency {
			t.Errorf("slow over %s: after %s %v", via, time.Since(begin), got)
		}
		// Silence is only silence when an answer that came after it would have been heard.
		fail("", None, 0)
		fail("www", Silent, 0)
		c := dns.Client{Net: string(via), Timeout: patience}
		conn, err := c.Dial(at.String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		if err := errors.Join(
			conn.WriteMsg(query("www.whatisthetime.com.", dns.TypeA)),
			conn.WriteMsg(query("whatisthetime.com.", dns.TypeA)),
		); err != nil {
			t.Fatal(err)
		}
		got, err := conn.ReadMsg()
		if err != nil || got.Question[0].Name != "whatisthetime.com." {
			t.Errorf("silent over %s: %v, %v", via, got, err)
		}
		conn.Close()
		fail("www", None, 0)
	}
	if n := z.Usage(time.Now()).Queries; !slices.ContainsFunc(n, func(q Queries) bool { return q.Rcode == "none" && q.Transport == TCP && q.Count == 1 }) {
		t.Errorf("silence is not counted: %+v", n)
	}
}

// TestLife binds, frees and refuses in the right order, and leaves no address behind.
func TestLife(t *testing.T) {
	z, _ := testZone(t, nil)
	if err := z.Listen(); err != nil {
		t.Fatal(err)
	}
	if err := z.Listen(); err == nil {
		t.Error("it listens twice")
	}
	servers := z.Servers()
	taken, _ := testZone(t, func(c *Config) { c.Servers = []netip.AddrPort{netip.MustParseAddrPort("127.250.53.9:0"), servers[3]} })
	if err := taken.Listen(); err == nil || !strings.Contains(err.Error(), "name server 2") {
		t.Errorf("an address that is taken: %v", err)
	}
	if taken.servers[0].udp != nil {
		t.Error("half of the name servers listen")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- z.Run(ctx) }()
	exchange(t, servers[0], query("www.whatisthetime.com.", dns.TypeA), UDP) // so it runs
	if err := z.Run(ctx); err == nil {
		t.Error("it runs twice")
	}
	idle, err := net.Dial("tcp4", servers[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := errors.Join(z.Close(), z.Close()); err != nil {
		t.Error(err)
	}
	next, _ := testZone(t, func(c *Config) { c.Servers = servers })
	if err := next.Listen(); err != nil {
		t.Errorf("the addresses are not free: %v", err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

// TestClose ends a running zone, with a slow answer on its way.
func TestClose(t *testing.T) {
	z, _ := testZone(t, nil)
	if err := z.Listen(); err != nil {
		t.Fatal(err)
	}
	if err := z.Fail("", Slow, time.Hour); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("udp4", z.Servers()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ended := make(chan error, 1)
	go func() { ended <- z.Run(t.Context()) }()
	packet, err := query("www.whatisthetime.com.", dns.TypeA).Pack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(packet); err != nil {
		t.Fatal(err)
	}
	for len(z.Usage(time.Now()).Queries) == 0 { // until it was heard
		runtime.Gosched()
	}
	if err := z.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestManyAtOnce asks from many sides while everything changes, for the race detector,
// and never sees a set that there never was.
func TestManyAtOnce(t *testing.T) {
	z, _ := serve(t, nil)
	var asking sync.WaitGroup
	for i := range 4 {
		asking.Go(func() {
			for n := range 50 {
				via := UDP
				if n%5 == 0 {
					via = TCP
				}
				c := dns.Client{Net: string(via), Timeout: patience}
				got, _, err := c.Exchange(query("www.whatisthetime.com.", dns.TypeA), z.Servers()[i].String())
				switch {
				case err != nil:
					t.Error(err)
				case got.Rcode == dns.RcodeServerFailure && len(got.Answer) == 0:
				case got.Rcode == dns.RcodeSuccess && (len(got.Answer) == 2 || len(got.Answer) == 3):
				default:
					t.Errorf("%v", got)
				}
			}
		})
	}
	stop := make(chan struct{})
	var changing sync.WaitGroup
	changing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			_, err := z.RemoveValue("www", addresses(3)[i%3])
			_, back := z.RestoreValue("www", addresses(3)[i%3])
			mode := []Mode{ServFail, None}[i%2]
			if err := errors.Join(err, back, z.Fail("www", mode, 0)); err != nil {
				t.Error(err)
			}
			z.Usage(time.Now())
		}
	})
	asking.Wait()
	close(stop)
	changing.Wait()
}

// BenchmarkServer asks one running name server over UDP, one question after the other
// on each of the benchmark's goroutines.
func BenchmarkServer(b *testing.B) {
	z, _ := serve(b, nil)
	at := z.Servers()[0]
	packet, err := query("www.whatisthetime.com.", dns.TypeA).Pack()
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("udp4", at.String())
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		answer := make([]byte, 512)
		for pb.Next() {
			_ = conn.SetDeadline(time.Now().Add(patience))
			if _, err := conn.Write(packet); err != nil {
				b.Error(err)
				return
			}
			if _, err := conn.Read(answer); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "queries/s")
}
