//go:build linux

package main

import (
	"math"
	"math/rand/v2"
	"time"

	"showdown"
)

// clients is how many users a synthetic record has.
const clients = 1000

// ttl is how long their answers of the name servers live: an hour at speed 60.
const ttl = time.Minute

// users makes the requests that a thousand users would have made: late now and then,
// answered by two instances, whose name they resolved, in a time that scatters, with single failures and an
// outage of both.
type users struct {
	random   *rand.Rand
	rate     float64
	from, to time.Duration // the outage, by intended times
	turns    []int
	next     uint64
	// broken says which users lost their connection in the outage.
	broken []bool
}

func newUsers(seed uint64, rate float64, from, to time.Duration) *users {
	random := rand.New(rand.NewPCG(seed, 1))
	return &users{
		random: random, rate: rate, from: from, to: to,
		turns: random.Perm(clients), broken: make([]bool, clients),
	}
}

// due is when the next request is wanted.
func (u *users) due() time.Duration {
	return time.Duration((float64(u.next) + 0.5) / u.rate * float64(time.Second))
}

// hit is the next request.
func (u *users) hit() showdown.Hit {
	at := u.due()
	client := u.turns[u.next%clients]
	h := showdown.Hit{
		Seq: u.next, Intended: at, Sent: at + u.lateness(), Status: 200,
		// The middle half of the answers come within a third of the median.
		Latency: time.Duration(700e3 * math.Exp(0.5*u.random.NormFloat64())),
		Client:  uint32(client), Backend: [2]string{"web-1", "web-2"}[client%2],
		// A time of day ends in as many digits as it needs.
		BytesIn: 42, Reused: !u.broken[client],
		Address: [2]string{"127.18.0.4", "127.18.0.5"}[client%2],
		// Each has its own place in an hour's TTL.
		DNSAge: (at + time.Duration(client)*ttl/clients) % ttl,
	}
	for u.random.IntN(10) == 0 && h.BytesIn > 36 {
		h.BytesIn--
	}
	u.next++
	u.broken[client] = false
	switch chance := u.random.IntN(2000); {
	case at >= u.from && at < u.to:
		h.Outcome, h.Latency = showdown.Refused, 80*time.Microsecond+time.Duration(u.random.IntN(100_000))
		h.Status, h.BytesIn, h.Reused = 0, 0, false
		u.broken[client] = true
	case chance == 0:
		h.Outcome, h.Latency = showdown.ResponseTimeout, 83*time.Millisecond+time.Duration(u.random.IntN(1_000_000))
		h.Status, h.BytesIn = 0, 0
		u.broken[client] = true
	case chance == 1:
		h.Outcome, h.Status, h.BytesIn = showdown.HTTP5xx, 503, 20
	case chance < 20:
		h.Latency += time.Duration(u.random.ExpFloat64() * 8e6)
	}
	return h
}

// lateness is how late a request is sent: the timer's error, and rarely a stall.
func (u *users) lateness() time.Duration {
	late := u.random.ExpFloat64() * 60e3
	if u.random.IntN(500) == 0 {
		late += u.random.ExpFloat64() * 2e6
	}
	return time.Duration(late)
}
