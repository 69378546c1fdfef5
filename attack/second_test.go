package attack_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showdown"
	"showdown/attack"
)

// plainUser is a user written without anything of this package: Go's resolver, Go's
// HTTP client without keep-alive, and one address that is used until it is stale.
type plainUser struct {
	sync.Mutex
	ip    string
	stale time.Time
}

// address is the user's address at now.
func (u *plainUser) address(ctx context.Context, r *net.Resolver, ttl time.Duration) (string, error) {
	u.Lock()
	defer u.Unlock()
	if time.Now().After(u.stale) {
		ips, err := r.LookupNetIP(ctx, "ip4", "www.shop.example.")
		if err != nil {
			return "", err
		}
		u.ip, u.stale = ips[0].String(), time.Now().Add(ttl)
	}
	return u.ip, nil
}

// A record is removed while one of its three instances is dead. A cohort of pinned
// clients without keep-alive and a program of the same kind that shares no code with
// it, both on the same name server and instances at the same time, see the same share
// of failures.
func TestSecondProgramSeesTheSame(t *testing.T) {
	const (
		users    = 600
		requests = 1200
		rate     = 400.0
		// Slow enough that neither's timeouts count on a busy machine.
		speed = 10
		ttl   = 2 * time.Second
		alive = 600 * time.Millisecond
	)
	port, _ := serveWeb(t, "127.0.0.3", "127.0.0.5")
	random := rand.New(rand.NewPCG(3, 4))
	var removed atomic.Bool
	server := attack.ServeDNS(t, "127.0.0.53", func(q *attack.DNSQuery) {
		ips := []string{"127.0.0.3", "127.0.0.5"}
		if !removed.Load() {
			ips = append(ips, dead)
		}
		random.Shuffle(len(ips), func(i, j int) { ips[i], ips[j] = ips[j], ips[i] })
		q.Reply(q.Answer(speed*2, ips...))
	})

	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server)
	}}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 6 * time.Second}
	plain := make([]plainUser, users)
	ages := rand.New(rand.NewPCG(5, 6))
	zero := time.Now().Add(time.Second)
	for i := range plain {
		// Each has an answer of before zero, of an age within the TTL.
		if _, err := plain[i].address(t.Context(), resolver, ttl); err != nil {
			t.Fatal(err)
		}
		plain[i].stale = zero.Add(time.Duration(ages.Int64N(int64(ttl))))
	}

	traffic := lab(users, rate, 0)
	traffic.Profile, traffic.Connections = showdown.Pinned, showdown.Ageing{Requests: 1}
	traffic.Phases = []showdown.Phase{
		{Name: "before", Rate: rate, For: showdown.Duration(speed * alive)},
		{Name: "after", Rate: rate, For: showdown.Duration(speed * (requests*time.Second/rate - alive))},
	}
	c := named(t, server, port, traffic)
	c.Clock = clock(t, speed)
	c.OnPhase = func(s showdown.Segment) { removed.Store(s.Phase == "after") }
	var s sink
	c.Sink = s.add
	a, err := attack.New(c)
	if err != nil {
		t.Fatal(err)
	}

	if left := time.Until(zero); left < 0 {
		zero = time.Now()
		t.Logf("the caches took %v longer than planned", -left)
	}
	var failed atomic.Int32
	var group sync.WaitGroup
	group.Go(func() {
		order := ages.Perm(users)
		for k := range requests {
			<-time.After(time.Until(zero.Add(time.Duration((float64(k) + 0.5) / rate * 1e9))))
			group.Go(func() {
				ip, err := plain[order[k%users]].address(t.Context(), resolver, ttl)
				if err != nil {
					t.Error(err)
					return
				}
				answer, err := client.Get(fmt.Sprintf("http://%s:%d/", ip, port))
				if err != nil {
					failed.Add(1)
					return
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			})
		}
	})
	if err := a.Run(t.Context(), zero); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	hits := s.all(t)
	got := counts(hits)
	if got[showdown.OK]+got[showdown.Refused] != requests {
		t.Errorf("%v, want ok and refused alone", got)
	}
	mine, theirs := float64(got[showdown.Refused])/requests, float64(failed.Load())/requests
	// A user's requests fall together with its cache, so users are what is independent.
	bound := 4 * math.Sqrt((mine*(1-mine)+theirs*(1-theirs))/users)
	t.Logf("%.3f of the cohort's requests failed, %.3f of the program's; they may differ by %.3f", mine, theirs, bound)
	if math.Abs(mine-theirs) > bound || mine < 0.06 {
		t.Errorf("%.3f of the cohort's requests failed, %.3f of the program's: more than %.3f apart", mine, theirs, bound)
	}
}
