package attack

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

// sending is one request that a pacer let go or dropped.
type sending struct {
	at, intended time.Duration
	seq          uint64
	dropped      bool
}

// drive does with a pacer what vegeta's dispatcher does. each is called after every
// request, with its number, and may stop the machine by sleeping.
func drive(ctx context.Context, p *pacer, each func(n uint64)) []sending {
	var out []sending
	zero := time.Now()
	p.drop = func(seq uint64, intended time.Duration) {
		out = append(out, sending{at: time.Since(zero), intended: intended, seq: seq, dropped: true})
	}
	p.start(ctx, zero)
	p.given <- nil
	for n := uint64(0); ; n++ {
		wait, stop := p.Pace(time.Since(zero), n)
		if stop {
			return out
		}
		time.Sleep(wait)
		s := p.slots.at(n)
		out = append(out, sending{at: time.Since(zero), intended: s.intended, seq: s.seq})
		if each != nil {
			each(n)
		}
	}
}

func pacerOf(t *testing.T, p ...showdown.Phase) *pacer {
	pacer := newPacer(newPlan(newSchedule(phases(t, 60, p...))), new(slots))
	pacer.limit = 1 << 20
	return pacer
}

func gapless(t *testing.T, out []sending) {
	t.Helper()
	for i, s := range out {
		if s.seq != uint64(i) {
			t.Fatalf("request %d has number %d", i, s.seq)
		}
		if s.at < s.intended {
			t.Errorf("request %d is sent at %v, before it is due at %v", i, s.at, s.intended)
		}
	}
}

func TestPaceSendsOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pacerOf(t, showdown.Phase{For: showdown.Minute, Rate: 100}, showdown.Phase{For: showdown.Minute}, showdown.Phase{For: showdown.Minute, Rate: 3})
		began := time.Now()
		out := drive(t.Context(), p, nil)
		gapless(t, out)
		if len(out) != 103 {
			t.Fatalf("%d requests, want 103", len(out))
		}
		for _, s := range out {
			if s.at != s.intended {
				t.Errorf("request %d is %v late", s.seq, s.at-s.intended)
			}
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("the pacer stopped after %v, want the schedule's end", took)
		}
	})
}

func TestPaceGathers(t *testing.T) {
	for _, test := range []struct {
		rate  float64
		wakes int
	}{
		{1000, 1000}, // far enough apart to have a wake-up each
		{2000, 667},  // three within a millisecond
		{10000, 910}, // eleven
	} {
		synctest.Test(t, func(t *testing.T) {
			out := drive(t.Context(), pacerOf(t, showdown.Phase{For: showdown.Minute, Rate: test.rate}), nil)
			gapless(t, out)
			wakes := map[time.Duration]int{}
			for _, s := range out {
				wakes[s.at]++
				if late := s.at - s.intended; late > Batch {
					t.Errorf("%g/s: request %d is %v late, more than %v", test.rate, s.seq, late, Batch)
				}
			}
			if len(out) != int(test.rate) || len(wakes) != test.wakes {
				t.Errorf("%g/s: %d requests in %d wake-ups, want %d", test.rate, len(out), len(wakes), test.wakes)
			}
		})
	}
}

// A stall makes requests late, and their number, order and intended times stay those
// of the schedule: what is sent after it is what was due, no more.
func TestPaceAfterStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := drive(t.Context(), pacerOf(t, showdown.Phase{For: showdown.Minute, Rate: 100}), func(n uint64) {
			if n == 19 { // sent at 195 ms
				time.Sleep(300 * time.Millisecond)
			}
		})
		gapless(t, out)
		late := 0
		for _, s := range out {
			if want := time.Duration(s.seq)*10*time.Millisecond + 5*time.Millisecond; s.intended != want {
				t.Fatalf("request %d is intended at %v, want %v", s.seq, s.intended, want)
			}
			if s.at > s.intended {
				late++
				if s.at != 495*time.Millisecond {
					t.Errorf("request %d is sent at %v, want right after the stall", s.seq, s.at)
				}
			}
		}
		if len(out) != 100 || late != 29 {
			t.Errorf("%d requests, %d of them late; want 100 and the 29 that were due in the stall", len(out), late)
		}
	})
}

func TestPaceDropsWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pacerOf(t, showdown.Phase{For: showdown.Minute, Rate: 100})
		p.limit, p.fixed = 5, true
		// No answer in the first half, then all at once, and at once.
		out := drive(t.Context(), p, func(n uint64) {
			if time.Since(p.zero) > 500*time.Millisecond {
				p.collected.Store(n + 1)
			}
		})
		gapless(t, out)
		dropped := 0
		for _, s := range out {
			if s.dropped {
				dropped++
				if s.at != s.intended {
					t.Errorf("request %d is dropped at %v, due at %v", s.seq, s.at, s.intended)
				}
			}
		}
		// Nobody collects until a request is sent, which none is while all are dropped.
		if len(out) != 100 || dropped != 95 || p.dropped.Load() != 95 {
			t.Errorf("%d requests, %d dropped, counted %d; want 100, 95, 95", len(out), dropped, p.dropped.Load())
		}
	})
}

func TestPaceFreesPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pacerOf(t, showdown.Phase{For: showdown.Minute, Rate: 100})
		p.limit, p.fixed = 5, true
		go func() {
			time.Sleep(505 * time.Millisecond)
			p.collected.Store(5)
		}()
		out := drive(t.Context(), p, func(n uint64) {
			if n >= 5 {
				p.collected.Store(n + 1)
			}
		})
		gapless(t, out)
		if got := p.dropped.Load(); got < 44 || got > 46 {
			t.Errorf("%d dropped, want the 45 between the fifth and the first answer", got)
		}
	})
}

func TestSpike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pacerOf(t, showdown.Phase{For: 4 * showdown.Minute, Rate: 10})
		go func() {
			time.Sleep(time.Second)
			one := p.spike(3)
			two := p.spike(2)
			time.Sleep(time.Second)
			if got := p.now(); got != 60 {
				t.Errorf("rate %g under both spikes, want 60", got)
			}
			one()
			one() // a second time does nothing
			time.Sleep(time.Second)
			two()
		}()
		out := drive(t.Context(), p, nil)
		gapless(t, out)
		var got [4]int
		for _, s := range out {
			got[s.intended/time.Second]++
		}
		for i, want := range [4]int{10, 60, 20, 10} {
			if got[i] < want-1 || got[i] > want+1 {
				t.Errorf("second %d has %d requests, want %d", i, got[i], want)
			}
		}
	})
}

// A spike of 0 is silence, and its end is noticed though no request is due.
func TestSpikeOfZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pacerOf(t, showdown.Phase{For: 3 * showdown.Minute, Rate: 10})
		go func() {
			time.Sleep(time.Second)
			restore := p.spike(0)
			time.Sleep(time.Second)
			restore()
		}()
		out := drive(t.Context(), p, nil)
		gapless(t, out)
		if len(out) < 19 || len(out) > 21 {
			t.Errorf("%d requests, want those of two of the three seconds", len(out))
		}
	})
}

func TestPaceEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		began := time.Now()
		// One request a minute of lab time: the wait for the next is long.
		drive(ctx, pacerOf(t, showdown.Phase{For: showdown.Hour, Rate: 1.0 / 60}), nil)
		if took := time.Since(began); took != 1500*time.Millisecond {
			t.Errorf("the pacer stopped after %v, want at the context's end", took)
		}
	})
}

func TestSlots(t *testing.T) {
	var s slots
	const n = 3 * chunkSize
	for i := range uint64(n) {
		s.open(i).seq = i
	}
	// One stays open, in the middle of the second chunk.
	const held = chunkSize + 7
	for i := range uint64(n) {
		if i != held {
			s.close(i)
		}
	}
	if got := s.at(held).seq; got != held {
		t.Errorf("slot %d has number %d", held, got)
	}
	if len(s.free) != 2 {
		t.Errorf("%d chunks are free, want 2", len(s.free))
	}
	// Numbers come round to the chunk that is still in use.
	for i := uint64(n); i < directory*chunkSize; i += chunkSize {
		for j := range uint64(chunkSize) {
			s.open(i + j)
			s.close(i + j)
		}
	}
	if s.open(directory*chunkSize) == nil {
		t.Error("the first place is not free")
	}
	for j := range uint64(chunkSize - 1) {
		s.open(directory*chunkSize + 1 + j)
	}
	if s.open(directory*chunkSize+chunkSize) != nil {
		t.Error("the place of a slot in use was given away")
	}
}
