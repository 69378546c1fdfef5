package route53

import (
	"math"
	"testing"
	"time"
)

// TestOpinion turns a checker's mind after a number of checks in a row. + is a good
// check, - a bad one; a capital H or U is what it thinks after it.
func TestOpinion(t *testing.T) {
	for _, tc := range []struct {
		threshold int
		checks    string
		want      string
	}{
		{3, "+++", "HHH"},
		{3, "---", "HHU"},
		{3, "--+---", "HHHHHU"},
		{3, "---++-+++", "HHUUUUUUH"},
		{1, "-+-", "UHU"},
		{10, "----------+", "HHHHHHHHHUU"},
	} {
		o, got := newOpinions(1)[0], ""
		for i, c := range tc.checks {
			o = o.observe(int64(i), c == '+', tc.threshold)
			if o.healthy {
				got += "H"
			} else {
				got += "U"
			}
		}
		if got != tc.want {
			t.Errorf("threshold %d, %s: %s, want %s", tc.threshold, tc.checks, got, tc.want)
		}
	}
	// A timeout that comes in after the next check's answer says nothing.
	o := newOpinions(1)[0].observe(1, true, 1).observe(0, false, 1)
	if !o.healthy || o.observe(2, false, 1).healthy {
		t.Errorf("an old check counts: %+v", o)
	}
}

// TestShare holds the aggregate against the Developer Guide: healthy when more than
// 18 % of the checkers say so.
func TestShare(t *testing.T) {
	for _, tc := range []struct {
		healthy, of int
		want        bool
	}{
		{16, 16, true},
		{3, 16, true},  // 18.75 %
		{2, 16, false}, // 12.5 %
		{0, 16, false},
		{9, 50, false}, // 18 % is not more than 18 %
		{10, 50, true},
		{1, 1, true},
		{0, 1, false},
		{1, 5, true},
		{1, 6, false},
	} {
		c := check{opinions: newOpinions(tc.of)}
		for i := tc.healthy; i < tc.of; i++ {
			c.opinions[i].healthy = false
		}
		if c.healthy() != tc.want || math.Abs(float64(shareOf(c.opinions))-float64(tc.healthy)/float64(tc.of)) > 1e-9 {
			t.Errorf("%d of %d: %v with the share %v", tc.healthy, tc.of, c.healthy(), shareOf(c.opinions))
		}
	}
}

func TestNextCheck(t *testing.T) {
	epoch := time.Unix(100, 0)
	const offset, interval = 3 * time.Second, 10 * time.Second
	for _, tc := range []struct {
		now    time.Duration
		number int64
		due    time.Duration
	}{
		{0, 0, 3 * time.Second},
		{3 * time.Second, 0, 3 * time.Second},
		{3*time.Second + 1, 1, 13 * time.Second},
		{13 * time.Second, 1, 13 * time.Second},
		{50 * time.Second, 5, 53 * time.Second}, // a late one leaves out what it missed
	} {
		number, due := nextCheck(epoch, offset, interval, epoch.Add(tc.now))
		if number != tc.number || due.Sub(epoch) != tc.due {
			t.Errorf("at %s: check %d at %s, want %d at %s", tc.now, number, due.Sub(epoch), tc.number, tc.due)
		}
	}
}

func TestCheckTimeouts(t *testing.T) {
	for _, tc := range []struct {
		speed           float64
		connect, answer time.Duration
		floored         bool
	}{
		{1, 4 * time.Second, 2 * time.Second, false},
		{100, 40 * time.Millisecond, 20 * time.Millisecond, false},
		{200, 20 * time.Millisecond, 15 * time.Millisecond, true},
		{1000, 15 * time.Millisecond, 15 * time.Millisecond, true},
	} {
		connect, answer, floored := CheckTimeouts(clockAt(t, tc.speed))
		if connect != tc.connect || answer != tc.answer || floored != tc.floored {
			t.Errorf("speed %g: %s, %s, %v", tc.speed, connect, answer, floored)
		}
	}
}
