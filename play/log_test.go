package play

import (
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

func TestLogCountsBackFromZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, err := showdown.NewClock(60)
		if err != nil {
			t.Fatal(err)
		}
		var got []showdown.Event
		l := &eventLog{clock: clock, out: []func(showdown.Event){func(e showdown.Event) { got = append(got, e) }}}
		l.emit("base", showdown.Event{Kind: showdown.LabUp})
		time.Sleep(500 * time.Millisecond)
		if len(got) != 0 {
			t.Fatalf("%d events before zero is known", len(got))
		}
		l.start(time.Now().Add(500*time.Millisecond), []string{"base", "no-eip"})
		l.start(time.Now().Add(time.Hour), []string{"base", "no-eip"})
		time.Sleep(1500 * time.Millisecond)
		l.in("no-eip")(showdown.Event{Kind: showdown.TrafficStarted})
		if len(got) != 2 {
			t.Fatalf("%d events, want 2", len(got))
		}
		if got[0].T != -60 || got[0].Cell != "base" {
			t.Errorf("first event at %g in %q, want -60 in base", got[0].T, got[0].Cell)
		}
		if got[1].T != 60 || got[1].Cell != "no-eip" {
			t.Errorf("second event at %g in %q, want 60 in no-eip", got[1].T, got[1].Cell)
		}
	})
}

func TestLogKeepsTheZeroOfEachGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, err := showdown.NewClock(60)
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]float64{}
		l := &eventLog{clock: clock, out: []func(showdown.Event){func(e showdown.Event) { at[e.Cell] = e.T }}}
		l.start(time.Now(), []string{"base"})
		time.Sleep(10 * time.Second)
		l.emit("second", showdown.Event{Kind: showdown.LabUp})
		if _, early := at["second"]; early {
			t.Fatal("an event of the second group was stamped before its zero was known")
		}
		time.Sleep(time.Second)
		l.start(time.Now(), []string{"second"})
		l.emit("base", showdown.Event{Kind: showdown.LabDown})
		l.emit("", showdown.Event{Kind: showdown.RunEnded})
		want := map[string]float64{"second": -60, "base": 660, "": 660}
		for cell, t0 := range want {
			if at[cell] != t0 {
				t.Errorf("event of %q at %g, want %g", cell, at[cell], t0)
			}
		}
	})
}
