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
