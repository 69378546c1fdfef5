package attack

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The client that has been free for the longest time takes the next step, one that thinks
// takes none, and of those free since the same time the first in the order of turns.
func TestFreeSessions(t *testing.T) {
	var f freeSessions
	at := func(s float64) time.Time { return time.Unix(0, 0).Add(time.Duration(s * 1e9)) }
	from := func(s float64) func() time.Time { return func() time.Time { return at(s) } }
	if f.take(from(1)) != nil {
		t.Error("there is a session where nobody is")
	}
	a, b, c, d := &session{place: 0}, &session{place: 1}, &session{place: 2}, &session{place: 3}
	f.give(d, at(0))
	f.give(b, at(0))
	f.give(a, at(5))
	f.give(c, at(2))
	for _, step := range []struct {
		at   float64
		want *session
	}{{1, b}, {1, d}, {1, nil}, {2, c}, {4.9, nil}, {5, a}, {9, nil}} {
		if got := f.take(from(step.at)); got != step.want {
			t.Errorf("at %g s: %+v, want %+v", step.at, got, step.want)
		}
	}
	f.give(a, at(11))
	f.give(b, at(10))
	if got := f.take(from(12)); got != b {
		t.Errorf("%+v, want the one that is free for longer", got)
	}
}

// As many workers as sessions, none of which thinks: nobody finds none free.
func TestFreeSessionsOfWorkers(t *testing.T) {
	const workers, rounds = 4, 20_000
	var f freeSessions
	for i := range workers {
		f.give(&session{place: i}, time.Time{})
	}
	var none atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for range rounds {
				s := f.take(time.Now)
				if s == nil {
					none.Add(1)
					continue
				}
				f.give(s, time.Now())
			}
		})
	}
	wait.Wait()
	if n := none.Load(); n > 0 {
		t.Errorf("%d of %d times no session was free", n, workers*rounds)
	}
}
