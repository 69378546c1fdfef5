package showdown

import (
	"slices"
	"testing"
	"time"
)

func TestReplan(t *testing.T) {
	s := time.Second
	ladder := []Segment{{Phase: "a", Start: 0, End: 10 * s, From: 10, To: 20}, {Phase: "b", Start: 10 * s, End: 20 * s, From: 5, To: 5}}
	for _, c := range []struct {
		name string
		of   []Segment
		at   time.Duration
		want []Segment
	}{
		{"in the middle of a ramp", ladder, 5 * s, []Segment{{Phase: "a", End: 5 * s, From: 10, To: 15}, {Phase: "n", Start: 5 * s, End: 20 * s, From: 7, To: 7}}},
		{"in the last segment", ladder, 15 * s, []Segment{ladder[0], {Phase: "b", Start: 10 * s, End: 15 * s, From: 5, To: 5}, {Phase: "n", Start: 15 * s, End: 20 * s, From: 7, To: 7}}},
		{"between two", ladder, 10 * s, []Segment{ladder[0], {Phase: "n", Start: 10 * s, End: 20 * s, From: 7, To: 7}}},
		{"at the start", ladder, 0, []Segment{{Phase: "n", End: 20 * s, From: 7, To: 7}}},
		{"of nothing", nil, s, []Segment{{Phase: "n", Start: s, End: s, From: 7, To: 7}}},
	} {
		if got := Replan(c.of, c.at, "n", 7); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		again := Replan(Replan(c.of, c.at, "n", 7), c.at, "n", 7)
		if !slices.Equal(again, Replan(c.of, c.at, "n", 7)) {
			t.Errorf("%s: told twice it is %+v", c.name, again)
		}
	}
}

func TestScale(t *testing.T) {
	s := time.Second
	plan := []Segment{{Phase: "a", Start: 0, End: 10 * s, From: 10, To: 20}, {Phase: "b", Start: 10 * s, End: 20 * s, From: 4, To: 4, Amplitude: 2, Period: 5 * s}}
	for _, at := range []time.Duration{0, 5 * s, 10 * s, 15 * s, 20 * s} {
		got := Scale(plan, at, 3)
		for _, now := range []time.Duration{s, 4 * s, 6 * s, 9 * s, 12 * s, 19 * s} {
			want := 0.0
			for _, seg := range plan {
				if now >= seg.Start && now < seg.End && seg.Amplitude == 0 {
					want = seg.Rate(now)
				} else if now >= seg.Start && now < seg.End {
					want = seg.From
				}
			}
			if now >= at {
				want *= 3
			}
			rate := 0.0
			for _, seg := range got {
				if now >= seg.Start && now < seg.End {
					rate = seg.From
					if seg.Amplitude == 0 {
						rate = seg.Rate(now)
					}
				}
			}
			if rate < want-1e-9 || rate > want+1e-9 {
				t.Errorf("scaled from %s on, at %s it is %g, want %g", at, now, rate, want)
			}
		}
		if back := Scale(got, at, 1.0/3); len(back) < len(plan) || back[len(back)-1].End != plan[1].End {
			t.Errorf("back from %s on it is %+v", at, back)
		}
	}
}
