package timings

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

// TestRamp: the length of a ramp comes back from the requests of a load balancer whose
// newcomer's share grows linearly.
func TestRamp(t *testing.T) {
	const others, length, rate = 4, 3.0, 200.0
	var hits []showdown.Hit
	share, turn := 0.0, 0
	for k := range int(rate * 5) {
		at := float64(k) / rate
		x := min(1, max(0, (at-1)/length)) // it comes after a second
		share += x / (x + others)
		backend := "old"
		if share >= 1 {
			share--
			backend = "new"
			turn++
		}
		hits = append(hits, showdown.Hit{Sent: time.Duration(at * float64(time.Second)), Backend: backend})
	}
	got := ramp(hits, "new", others, time.Second, 5*time.Second)
	if math.Abs(got.Seconds()-length) > 0.1 || turn == 0 {
		t.Errorf("a ramp of %g s is read as %s", length, got)
	}
}

// TestLookups: an answer is known by its moment, whatever its age when it is used.
func TestLookups(t *testing.T) {
	ms := time.Millisecond
	hit := func(client uint32, sent, age time.Duration) showdown.Hit {
		return showdown.Hit{Client: client, Sent: sent, DNSAge: age}
	}
	hits := []showdown.Hit{
		hit(1, 100*ms, 500*ms), // before the traffic
		hit(1, 600*ms, 1*ms),
		hit(1, 900*ms, 301*ms),
		hit(2, 700*ms, 1*ms),
		hit(1, 1700*ms, 100*ms),
		hit(1, 2800*ms, 100*ms),
		hit(1, 4000*ms, 1*ms), // too late
		hit(2, 3000*ms, 0),    // told its address
	}
	slices.Reverse(hits)
	got := lookups(hits, 3*time.Second)
	if !slices.Equal(got, []time.Duration{1001 * ms, 1100 * ms}) {
		t.Errorf("lookups after %v", got)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []showdown.Duration
		want showdown.Duration
	}{{nil, 0}, {[]showdown.Duration{3}, 3}, {[]showdown.Duration{1, 3}, 2}, {[]showdown.Duration{1, 2, 9}, 2}} {
		if got := median(c.of); got != c.want {
			t.Errorf("median of %v is %d", c.of, got)
		}
	}
}

// TestAwait: an event that was there counts as one that comes, none from before does.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		is := func(name string, n int) showdown.Event {
			return showdown.Event{Kind: showdown.ScalingCapacity, Target: name, Data: map[string]any{"desired": n}}
		}
		r.emit(is("web", 2))
		time.Sleep(time.Second)
		since := time.Now()
		r.emit(is("other", 2))
		go func() {
			time.Sleep(time.Minute)
			r.emit(is("web", 3))
			time.Sleep(time.Minute)
			r.emit(is("web", 2))
		}()
		e, err := r.await(t.Context(), since, of(showdown.ScalingCapacity, "web", "desired", 2))
		if err != nil || e.at.Sub(since) != 2*time.Minute {
			t.Errorf("came after %s: %v", e.at.Sub(since), err)
		}
		if n := len(r.every(of(showdown.ScalingCapacity, "web"))); n != 3 {
			t.Errorf("%d events of web", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.await(ctx, since, of(showdown.LabDown, "")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

// TestTogether: the first error ends the others, and is what is returned.
func TestTogether(t *testing.T) {
	wrong := errors.New("wrong")
	err := together(t.Context(),
		func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		func(context.Context) error { return wrong },
		func(context.Context) error { return nil },
	)
	if !errors.Is(err, wrong) {
		t.Errorf("error %v", err)
	}
}

// TestTakesWhatIsListed: a script cannot take what its list does not promise.
func TestTakesWhatIsListed(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{clock: clock, names: []string{kept}, out: &samples{}}
	if err := errors.Join(s.take(kept, time.Second), s.take(kept, 2*time.Second)); err != nil {
		t.Error(err)
	}
	if s.take(shiftEnds, time.Second) == nil {
		t.Error("what is not listed was taken")
	}
	if got := s.out.values(key{kept, 60}); !slices.Equal(got, []showdown.Duration{showdown.Minute, 2 * showdown.Minute}) {
		t.Errorf("values %v", got)
	}
}
