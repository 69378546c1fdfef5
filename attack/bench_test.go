package attack

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showdown"
)

// benchClients is how many clients the bounds are for: with caches they cost under
// 100 MB and at most 10 % of the generator's rate.
const benchClients = 10_000

// benchServer answers every request with the same few bytes, and as cheaply as it can.
func benchServer(b *testing.B, ip string) (port int) {
	l, err := net.Listen("tcp", ip+":0")
	if err != nil {
		b.Fatal(err)
	}
	answer := []byte("HTTP/1.1 200 OK\r\nX-Instance: web-1\r\nContent-Length: 3\r\n\r\nok\n")
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer c.Close()
				buf := make([]byte, 1024)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					c.Write(answer)
					if bytes.Contains(buf[:n], []byte("Connection: close")) {
						return
					}
				}
			})
		}
	})
	b.Cleanup(func() {
		l.Close()
		group.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port
}

// benchAttack is an attack of many clients that is not run: its clients ask one by one
// or side by side. ttl is AWS seconds; without one they are told the address.
func benchAttack(b *testing.B, p showdown.Profile, clients, port int, ttl uint32) *Attack {
	b.Helper()
	clock, err := showdown.NewClock(60)
	if err != nil {
		b.Fatal(err)
	}
	c := Config{
		Cell: "bench", Clock: clock, Seed: 1, Source: source, Sink: func([]showdown.Hit) {},
		Traffic: showdown.Traffic{
			Clients: clients, Profile: p, Timeout: 2 * showdown.Minute,
			Phases: []showdown.Phase{{Name: "all", Rate: 1, For: showdown.Hour}},
		},
		Endpoints: []Endpoint{{Name: "web-1", Address: fmt.Sprintf("127.0.0.3:%d", port)}},
	}
	if ttl > 0 {
		c.Servers = []string{ServeDNS(b, "127.0.0.53", func(q *DNSQuery) { q.Reply(q.Answer(ttl, "127.0.0.3")) })}
		c.Domain, c.Traffic.Host = "shop.example", "www"
	}
	a, err := New(c)
	if err != nil {
		b.Fatal(err)
	}
	a.ctx = b.Context()
	b.Cleanup(a.lines.closeAll)
	if a.names != nil {
		ctx, cancel := context.WithCancel(b.Context())
		a.names.ctx = ctx
		b.Cleanup(func() {
			cancel()
			a.names.group.Wait()
		})
		a.names.fill(ctx, a.order, time.Now())
	}
	return a
}

// burst lets the clients take turns, 64 requests at once, and says how long n take.
func (a *Attack) burst(b *testing.B, n int64) time.Duration {
	var next atomic.Int64
	var failed atomic.Int64
	var group sync.WaitGroup
	began := time.Now()
	for range 64 {
		group.Go(func() {
			var s slot
			for k := next.Add(1); k <= n; k = next.Add(1) {
				a.ask(&s, a.order[k%int64(len(a.order))])
				if s.outcome != showdown.OK {
					failed.Add(1)
				}
			}
		})
	}
	group.Wait()
	if failed.Load() > 0 {
		b.Errorf("%d of %d requests failed", failed.Load(), n)
	}
	return time.Since(began)
}

// BenchmarkNames is the rate of 10,000 clients that resolve a name, with the same
// clients told the address as their rival: burst by burst in turn, and the median of
// their ratios. What vegeta costs on top of both is left out, which makes the ratio
// larger than it is in an attack. Run it with -benchtime 7x.
func BenchmarkNames(b *testing.B) {
	const burst = 2 * benchClients
	for _, test := range []struct {
		profile showdown.Profile
		// clients that keep a connection are fewer, since both its ends are in this process.
		clients int
		ttl     uint32
	}{{showdown.Pinned, 2000, 60}, {showdown.Fresh, benchClients, 3600}, {showdown.Fresh, benchClients, 300}} {
		b.Run(fmt.Sprintf("%s-ttl-%d", test.profile, test.ttl), func(b *testing.B) {
			port := benchServer(b, "127.0.0.3")
			rivals := []*Attack{benchAttack(b, test.profile, test.clients, port, 0), benchAttack(b, test.profile, test.clients, port, test.ttl)}
			for _, a := range rivals {
				a.burst(b, int64(test.clients)) // connections are made
			}
			var ratios, rates []float64
			for round := 0; b.Loop(); round++ {
				var took [2]time.Duration
				for i := range rivals {
					i = (i + round) % 2
					took[i] = rivals[i].burst(b, burst)
				}
				ratios = append(ratios, took[0].Seconds()/took[1].Seconds())
				rates = append(rates, burst/took[1].Seconds())
			}
			slices.Sort(ratios)
			slices.Sort(rates)
			b.ReportMetric(rates[len(rates)/2], "requests/s")
			b.ReportMetric(ratios[len(ratios)/2], "of-the-told-rate")
		})
	}
}

// BenchmarkNamesMemory is what 10,000 clients weigh with caches that each hold an
// answer of their own, and without.
func BenchmarkNamesMemory(b *testing.B) {
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapInuse+m.StackInuse) / 1e6
	}
	for b.Loop() {
		start := heap()
		told := benchAttack(b, showdown.Fresh, benchClients, 8080, 0)
		between := heap()
		named := benchAttack(b, showdown.Fresh, benchClients, 8080, 3600)
		addresses := addresses("127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8")
		for _, c := range named.order {
			c.renew(named.names.entry(c.host, c.profile, reply{resolved, addresses, 3600}, time.Now()))
		}
		end := heap()
		b.ReportMetric(between-start, "MB-told")
		b.ReportMetric(end-between, "MB-named")
		runtime.KeepAlive(told)
	}
}

// BenchmarkCount is the look at what 10,000 clients hold.
func BenchmarkCount(b *testing.B) {
	a := benchAttack(b, showdown.Fresh, benchClients, 8080, 3600)
	now := time.Now()
	for b.Loop() {
		if h := a.names.count(a.order, now); h.clients < benchClients-10 {
			b.Fatalf("%d clients", h.clients)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchClients, "ns/client")
}
