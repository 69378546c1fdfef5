package figure

import (
	"strings"
	"testing"
	"time"

	"showdown"
)

// A curve that would end before its tail is left out beside others, and drawn alone.
func TestShortCurvesAreNotCompared(t *testing.T) {
	scarce := func(name string) fixture { // 40 good answers in the window of 800 requests
		f := outage(name, showdown.BaseCell)
		n := 0
		f.play = func(cell string, at time.Duration) (showdown.Outcome, time.Duration) {
			if n++; n%20 != 0 {
				return showdown.Refused, 200 * time.Microsecond
			}
			return fine(cell, at)
		}
		return f
	}
	s, err := Load(journey(t, outage("one", showdown.BaseCell), scarce("two"), outage("three", showdown.BaseCell)))
	if err != nil {
		t.Fatal(err)
	}
	f := build(t, "F4", s)
	for _, r := range rowsOf(t, f) {
		if r["track"] == "two" {
			t.Fatalf("a curve of 40 answers is compared: %v", r)
		}
	}
	if !strings.Contains(f.Caption, "Too few good answers for a curve: two.") {
		t.Errorf("the caption does not name it: %q", f.Caption)
	}
	s, err = Load(journey(t, scarce("one"), scarce("two")))
	if err != nil {
		t.Fatal(err)
	}
	if f := build(t, "F4", s); !strings.Contains(f.Empty, "fewer than 100 requests") {
		t.Errorf("two short curves: %q, %q", f.Title, f.Empty)
	}
	if f := build(t, "F4", scarce("one").set(t)); f.Picture == nil {
		t.Errorf("a short curve alone is not drawn: %s", f.Empty)
	}
}
