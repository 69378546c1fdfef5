package showdown

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestDurationText(t *testing.T) {
	for _, tt := range []struct {
		in, out, err string
	}{
		{in: "90s", out: "1m30s"},
		{in: "2m", out: "2m"},
		{in: "1h", out: "1h"},
		{in: "1h30m", out: "1h30m"},
		{in: "10m30s", out: "10m30s"},
		{in: "0s", out: "0s"},
		{in: "30", err: `has no unit: write 30s or 30m`},
		{in: "-5s", err: "negative"},
		{in: "soon", err: "not a duration"},
	} {
		var d Duration
		err := d.UnmarshalText([]byte(tt.in))
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: error %v, want %q", tt.in, err, tt.err)
			}
			continue
		}
		if err != nil || d.String() != tt.out {
			t.Errorf("%q = %v, %v, want %s", tt.in, d, err, tt.out)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{"90s", "2m", "1h30m", "30", "-1s", "1e9h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var d, again Duration
		if d.UnmarshalText([]byte(s)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("%q is read as %s, and that as %s, %v", s, d, again, err)
		}
	})
}

func TestClock(t *testing.T) {
	c, err := NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Lab(Minute); got != time.Second {
		t.Errorf("a minute of AWS takes %v at speed 60, want 1s", got)
	}
	if got := c.AWS(500 * time.Millisecond); got != 30*Second {
		t.Errorf("half a lab second is %v, want 30s", got)
	}
	if got, floored := c.Timeout(60*Second, FloorClient); got != time.Second || floored {
		t.Errorf("a timeout of 60s is %v (floored %v), want 1s", got, floored)
	}
	if got, floored := c.Timeout(Second, FloorClient); got != FloorClient || !floored {
		t.Errorf("a timeout of 1s is %v (floored %v), want the floor", got, floored)
	}
	for _, speed := range []float64{0, 0.5, 3601, -1} {
		if _, err := NewClock(speed); err == nil {
			t.Errorf("speed %g was accepted", speed)
		}
	}
}

func TestTooFast(t *testing.T) {
	c, _ := NewClock(300)
	if err := c.CheckRate(100, 1); err != nil {
		t.Errorf("100/s at speed 300: %v", err)
	}
	err := c.CheckRate(99, 1)
	if !errors.Is(err, ErrTooFast) || !strings.Contains(err.Error(), "highest speed that works is 297") {
		t.Errorf("99/s at speed 300: %v", err)
	}
	if err := c.CheckRate(100, 3); !errors.Is(err, ErrTooFast) {
		t.Errorf("three targets share 100/s at speed 300: %v", err)
	}
	if err := c.CheckPeriod("a health check", 3*Second); err != nil {
		t.Errorf("every 3 s at speed 300: %v", err)
	}
	err = c.CheckPeriod("a health check", 2*Second)
	if !errors.Is(err, ErrTooFast) || !strings.Contains(err.Error(), "highest speed that works is 200") {
		t.Errorf("every 2 s at speed 300: %v", err)
	}
}
