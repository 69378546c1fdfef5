package figure

import (
	"math"
	"strings"
	"testing"
	"time"

	"showdown"
)

// eventSet is two stages in which fault S takes half of the requests of the first for 60
// AWS seconds and all of the second for 30, at other times in each.
func eventSet(t *testing.T) *Set {
	t.Helper()
	const ms = time.Millisecond
	one, two := outage("one", showdown.BaseCell), outage("two", showdown.BaseCell)
	n := 0
	one.play = func(cell string, at time.Duration) (showdown.Outcome, time.Duration) {
		if at >= 4000*ms && at < 5000*ms {
			if n++; n%2 == 0 {
				return showdown.Reset, time.Millisecond
			}
		}
		return fine(cell, at)
	}
	two.play = deadBetween(3500*ms, 4000*ms)
	one.events = append(one.events, life(showdown.BaseCell, "S", "hang", 240, 300)...)
	two.events = append(two.events, life(showdown.BaseCell, "S", "hang", 210, 270)...)
	s, err := Load(one.run(t), two.run(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is said of an event is drawn of that event, which begins at one place in all rows.
func TestFiguresAroundAnEvent(t *testing.T) {
	s := eventSet(t)
	event := map[string]string{}
	for _, c := range s.Sources {
		event[c.Summary.Run] = "S"
	}
	around := s.Around(event)
	tracks, without := around.tracks()
	if len(tracks) != 2 || len(without) != 0 {
		t.Fatalf("%d tracks, without %q", len(tracks), without)
	}
	for _, tr := range tracks {
		for _, b := range tr.bands() {
			if b.letter == "S" && math.Abs(b.from-60) > 1e-6 {
				t.Errorf("in %s the event begins at %g s of its row, want 60", tr.name, b.from)
			}
		}
		if math.Abs(tr.length()-180) > 1 {
			t.Errorf("the row of %s is %g s long, want 60 before, 60 of the fault and 60 after", tr.name, tr.length())
		}
	}
	f := build(t, "F1", around)
	for name, want := range map[string][2]float64{"one": {30, 0}, "two": {30, 30}} {
		r := row(t, f, "track", name, "state", "all")
		if lost, longest := number(t, r["lost_s"]), number(t, r["longest_outage_s"]); math.Abs(lost-want[0]) > 0.5 || math.Abs(longest-want[1]) > 0.5 {
			t.Errorf("F1: %s loses %g s, of which %g in an outage, want %v", name, lost, longest, want)
		}
	}
	if !strings.Contains(f.Caption, "laid on the beginning of hang.") {
		t.Errorf("F1: the caption is %q", f.Caption)
	}
	f = build(t, "F2", around)
	for _, r := range rowsOf(t, f) {
		if r["letter"] != "S" || r["action"] != "hang" {
			t.Errorf("F2 draws fault %s, %s", r["letter"], r["action"])
		}
	}
	if f := build(t, "F2", s); !strings.Contains(f.Empty, "no fault took a request") {
		t.Errorf("F2 of the reference fault, from which nobody suffers, says %q", f.Title)
	}
	// A run that has not played it is named.
	delete(event, s.Sources[1].Summary.Run)
	if f := build(t, "F1", s.Around(event)); !strings.Contains(f.Caption, "Without this event, and so not compared: two.") {
		t.Errorf("the caption is %q", f.Caption)
	}
}
