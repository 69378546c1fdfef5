package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
	"showdown/play"
)

func aStatus(t *testing.T, w *bytes.Buffer) (*status, showdown.Clock) {
	t.Helper()
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	cell := showdown.Cell{Name: showdown.BaseCell, Traffic: showdown.Traffic{
		Phases: []showdown.Phase{{Name: "calm", For: 10 * showdown.Minute, Pace: showdown.Constant, Rate: 100}},
	}}
	longer := cell
	longer.Name = "removal"
	longer.Traffic.Phases = []showdown.Phase{{Name: "hour", For: showdown.Hour, Pace: showdown.Constant, Rate: 100}}
	stage := &showdown.Stage{Journey: "whatsthetime", Name: "vertical", Cells: []showdown.Cell{cell, longer}}
	return newStatus(w, stage, []*showdown.Cell{&stage.Cells[0], &stage.Cells[1]}, clock), clock
}

// TestStatusTellsEachLongStep writes a line for every step that takes a second, and
// further ones every five.
func TestStatusTellsEachLongStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s, _ := aStatus(t, &out)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		s.Step(play.ComingUp)
		time.Sleep(1900 * time.Millisecond)
		s.Step(play.Settling) // too short to be told
		time.Sleep(600 * time.Millisecond)
		s.Step(play.Healing)
		time.Sleep(7 * time.Second)
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		want := "whatsthetime/vertical  labs coming up\n" + strings.Repeat("whatsthetime/vertical  healing\n", 2)
		if out.String() != want {
			t.Errorf("got\n%s\nwant\n%s", out.String(), want)
		}
	})
}

func TestStatusLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := aStatus(t, new(bytes.Buffer))
		if line := s.line(); line != "" {
			t.Errorf("before anything is known: %q", line)
		}
		s.Step(play.Playing)
		now := time.Now()
		s.Event(showdown.Event{T: 0, At: now, Cell: showdown.BaseCell, Kind: showdown.PhaseStarted, Target: "calm"})
		s.Event(showdown.Event{T: 0, At: now, Cell: "other", Kind: showdown.PhaseStarted, Target: "another cell's"})
		s.Event(showdown.Event{T: 0, At: now, Cell: showdown.BaseCell, Kind: showdown.FaultInjecting, Target: "A", Data: map[string]any{"action": "kill", "targets": []string{"web-1"}}})
		hits := make([]showdown.Hit, 100)
		for i := range hits {
			hits[i] = showdown.Hit{Intended: time.Duration(i) * 10 * time.Millisecond, Latency: 2 * time.Millisecond}
			if i < 25 {
				hits[i].Outcome = showdown.Refused
			}
		}
		s.Hits(showdown.BaseCell, hits)
		time.Sleep(1100 * time.Millisecond)
		wide := "whatsthetime/vertical  calm    95/s  ok  73.7 %  p99   2.0 ms  ! A kill web-1  8m54s left (9 s here)"
		if line := s.line(); line != wide {
			t.Errorf("got\n%s\nwant\n%s", line, wide)
		}
		s.Event(showdown.Event{T: 60, At: time.Now(), Cell: showdown.BaseCell, Kind: showdown.FaultUndone, Target: "A"})
		time.Sleep(10 * time.Second)
		if line := s.line(); !strings.HasSuffix(line, "traffic over") || strings.Contains(line, "kill") {
			t.Errorf("after the traffic: %q", line)
		}
		// Another cell that goes on is shown instead.
		s.Event(showdown.Event{T: 0, At: now, Cell: "removal", Kind: showdown.PhaseStarted, Target: "hour"})
		if line := s.line(); !strings.Contains(line, "  removal/hour  ") || !strings.HasSuffix(line, "48m54s left (49 s here)") {
			t.Errorf("after the base cell's traffic: %q", line)
		}
		s.Step(play.Healing)
		if line := s.line(); line != "whatsthetime/vertical  healing" {
			t.Errorf("in the roll back: %q", line)
		}
	})
}

// TestStatusTellsOfNameServers once, above the line.
func TestStatusTellsOfNameServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s, _ := aStatus(t, &out)
		s.Event(showdown.Event{T: -3, At: time.Now(), Cell: showdown.BaseCell, Kind: showdown.LabUp, Data: map[string]any{
			"domain": "whatisthetime.com", "hosts": []string{"hour.whatisthetime.com"}, "name_servers": []string{"127.21.0.4:10053", "127.21.0.5:10053"},
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
		defer cancel()
		if err := s.Run(ctx); err != nil {
			t.Fatal(err)
		}
		want := "the names of cell base: whatisthetime.com; dig @127.21.0.4 -p 10053 hour.whatisthetime.com\n"
		if got := out.String(); !strings.HasPrefix(got, want) || strings.Count(got, "dig") != 1 {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}
