package machine

import (
	"math"
	"testing"
	"time"
)

func TestMemoryLeaks(t *testing.T) {
	m := &memory{total: 1000}
	for _, c := range []struct {
		name string
		do   func(at time.Time) error
		at   time.Duration
		want float64 // MiB, when it was done
	}{
		{"healthy", nil, 0, 100},
		{"healthy for long", nil, time.Hour, 100},
		{"a leak begins", func(at time.Time) error { return m.leak(at, 0.1) }, time.Hour, 100},
		{"a tenth a second", nil, time.Hour + 2*time.Second, 300},
		{"the same again keeps what leaked", func(at time.Time) error { return m.leak(at, 0.1) }, time.Hour + 3*time.Second, 400},
		{"slower", func(at time.Time) error { return m.leak(at, 0.01) }, time.Hour + 4*time.Second, 500},
		{"a hundredth a second", nil, time.Hour + 14*time.Second, 600},
		{"full, and no more", nil, 2 * time.Hour, 1000},
		{"it ends", func(time.Time) error { m.release(); return nil }, 2 * time.Hour, 100},
		{"it has ended", nil, 3 * time.Hour, 100},
		{"another starts from the beginning", func(at time.Time) error { return m.leak(at, 0.2) }, 3 * time.Hour, 100},
		{"more than all in a second", func(at time.Time) error { return m.leak(at, 5) }, 3*time.Hour + time.Second, 300},
		{"full soon", nil, 3*time.Hour + 1100*time.Millisecond, 800},
	} {
		if c.do != nil {
			if err := c.do(after(c.at)); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if got := m.used(after(c.at)); !near(got, c.want, 1e-6) {
			t.Errorf("%s: %g MiB in use, want %g", c.name, got, c.want)
		}
	}
}

func TestMemoryRefusesWhatIsNoLeak(t *testing.T) {
	for name, c := range map[string]struct{ total, share float64 }{
		"nothing":          {1000, 0},
		"less and less":    {1000, -0.1},
		"no number":        {1000, math.NaN()},
		"all at once":      {1000, math.Inf(1)},
		"memory not known": {0, 0.1},
	} {
		m := &memory{total: c.total}
		if err := m.leak(epoch, c.share); err == nil {
			t.Errorf("%s: no error", name)
		}
		if got, want := m.used(after(time.Hour)), c.total*memoryInUse; got != want {
			t.Errorf("%s: %g MiB in use, want %g", name, got, want)
		}
	}
}
