package ec2

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

func TestCheckDelay(t *testing.T) {
	for _, r := range []struct {
		i, n         int
		period, want time.Duration
	}{
		{0, 1, time.Second, 0},
		{0, 100, time.Second, 0},
		{1, 2, time.Second, 2 * time.Millisecond},
		{99, 100, time.Second, 198 * time.Millisecond},
		// They would not fit into a quarter of the period with the full gap between them.
		{99, 100, 200 * time.Millisecond, 49500 * time.Microsecond},
		{750, 753, time.Second, 249003984 * time.Nanosecond},
	} {
		if got := checkDelay(r.i, r.n, r.period); got != r.want {
			t.Errorf("checkDelay(%d, %d, %s) = %s, want %s", r.i, r.n, r.period, got, r.want)
		}
	}
}

// TestChecksOfMany: a hundred instances are checked one after the other, and the credits
// of all are known afterwards, those of a machine that is slow to answer included.
func TestChecksOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many, slow = 100, 100 * time.Millisecond
		at := map[string]time.Duration{}
		zero := time.Now()
		s := newTestRegion(t, func(e showdown.Event) {
			if e.Kind == showdown.InstanceCredits {
				at[e.Target] = time.Since(zero)
			}
		})
		s.backend.startTakes = time.Millisecond
		for i := range many {
			place(t, s, Launch{Name: fmt.Sprintf("web-%d", i+1), Type: "t2.micro"})
		}
		if err := s.backend.machine("web-1").Pause(s.ctx); err != nil {
			t.Fatal(err)
		}
		first := s.region.cfg.Clock.Lab(CheckEvery)
		<-time.After(time.Until(zero.Add(first + slow)))
		if err := s.backend.machine("web-1").Resume(s.ctx); err != nil {
			t.Fatal(err)
		}
		<-time.After(first / 2)
		synctest.Wait()
		if len(at) != many {
			t.Errorf("the credits of %d instances are known, want %d", len(at), many)
		}
		for i := range many {
			name, want := fmt.Sprintf("web-%d", i+1), first+checkDelay(i, many, first)
			if i == 0 {
				want = first + slow
			}
			if at[name] != want {
				t.Errorf("%s was asked at %s, want %s", name, at[name], want)
			}
		}
	})
}
