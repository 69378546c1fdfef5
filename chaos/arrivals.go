package chaos

import (
	"context"
	"sync"
	"time"

	"showdown/targets/cloud"
)

// enoughArrivals is how many requests make a rate: their number is right to a third
// even where they come by chance.
const enoughArrivals = 30

// arrivals are the requests that really reached the cell's machines in a stretch of
// time, as the machines themselves count them: not what somebody says that he sent.
type arrivals struct {
	// known is false where no machine could be asked, and few says that so few requests
	// came that their rate is chance.
	known, few bool
	// rate is in requests per second of lab time.
	rate float64
	// at is the middle of the stretch.
	at time.Time
}

// arriving counts until there are enough requests, at most for window of lab time and
// not beyond the deadline of ctx.
func (e *env) arriving(ctx context.Context, window time.Duration) arrivals {
	if end, bounded := ctx.Deadline(); bounded {
		window = min(window, time.Until(end)-e.limit.count)
	}
	first := e.count(ctx)
	tick := time.NewTicker(e.limit.count)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return arrivals{}
		}
		last := e.count(ctx)
		n, known := last.since(first)
		took := last.at.Sub(first.at)
		if !known || n >= enoughArrivals || took >= window {
			return arrivals{known, n < enoughArrivals/3, float64(n) / took.Seconds(), first.at.Add(took / 2)}
		}
	}
}

// census is what each living machine has received until a moment, by its process.
type census struct {
	at       time.Time
	requests map[cloud.Identity]uint64
}

// count asks all living machines. One that does not answer is left out.
func (e *env) count(ctx context.Context) census {
	ctx, cancel := context.WithTimeout(ctx, e.limit.answer)
	defer cancel()
	var (
		mu  sync.Mutex
		all sync.WaitGroup
	)
	c := census{at: time.Now(), requests: map[cloud.Identity]uint64{}}
	for _, in := range e.lab.Instances() {
		m, lives := e.lab.Machine(in.Name)
		if !lives {
			continue
		}
		all.Go(func() {
			counters, err := m.Do(ctx, cloud.Command{Verb: cloud.Stats})
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			c.requests[m.Identity()] = counters.Requests
		})
	}
	all.Wait()
	return c
}

// since is how many requests came after an earlier census to the machines that both
// asked; known is false where there is none.
func (c census) since(before census) (n uint64, known bool) {
	for id, requests := range c.requests {
		if earlier, both := before.requests[id]; both {
			n, known = n+requests-earlier, true
		}
	}
	return n, known
}

// offered is the rate at a moment by the plan of the cell's traffic, as it stands; 0 where that
// names none.
func (e *env) offered(at time.Time) float64 {
	t := at.Sub(e.zero)
	e.mu.Lock()
	segments := e.segments
	e.mu.Unlock()
	if segments == nil {
		segments = e.cell.Traffic.Segments(e.clock)
	}
	for _, s := range segments {
		if t >= s.Start && t < s.End {
			return s.Rate(t)
		}
	}
	return 0
}
