package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"showdown"
	"showdown/play"
)

// status is one self-refreshing line on a terminal, or a line every few seconds
// elsewhere: stage, phase, rate, share of good answers, p99, active faults and the
// time that is left. It shows the base cell.
type status struct {
	w       io.Writer
	refresh bool
	columns int
	stage   string
	cell    string
	clock   showdown.Clock
	length  time.Duration
	now     func() time.Time

	mu     sync.Mutex
	step   play.Step
	zero   time.Time
	phase  string
	faults []activeFault
	recent []showdown.Hit
	last   string
}

// wide is the number of columns from which the line says what can be left out.
const wide = 100

type activeFault struct{ letter, text string }

// newStatus is the status line of one cell of a stage; nothing is shown before
// Run.
func newStatus(w io.Writer, stage *showdown.Stage, cell *showdown.Cell, clock showdown.Clock) *status {
	columns, name := width(w), stage.ID()
	if columns < wide {
		name = stage.Name
	}
	return &status{
		w: w, refresh: isTerminal(w), columns: columns, stage: name, cell: cell.Name,
		clock: clock, length: cell.Traffic.Length(clock), now: time.Now,
	}
}

// Step takes what the run does from now on.
func (s *status) Step(step play.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step = step
}

// Hits takes a batch of finished requests.
func (s *status) Hits(cell string, hits []showdown.Hit) {
	if cell != s.cell {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recent = append(s.recent, hits...)
}

// Event takes an event of the run.
func (s *status) Event(e showdown.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.zero.IsZero() {
		s.zero = e.At.Add(-s.clock.Lab(showdown.Duration(e.T * float64(showdown.Second))))
	}
	if e.Cell != s.cell {
		return
	}
	switch e.Kind {
	case showdown.PhaseStarted:
		s.phase = e.Target
	case showdown.FaultInjecting:
		s.faults = append(s.faults, activeFault{e.Target, describeFault(e)})
	case showdown.FaultUndone, showdown.FaultNotUndone, showdown.FaultFailed:
		s.faults = slices.DeleteFunc(s.faults, func(f activeFault) bool { return f.letter == e.Target })
	}
}

func describeFault(e showdown.Event) string {
	text := e.Target + " " + fmt.Sprint(e.Data["action"])
	switch targets := e.Data["targets"].(type) {
	case []string:
		text += " " + strings.Join(targets, ", ")
	case string:
		text += " " + targets
	}
	return text
}

// Where the line cannot be refreshed it is written after a second in a step, and
// then every few.
const (
	firstLine = time.Second
	nextLine  = 5 * time.Second
)

// Run shows the line until ctx ends, and then clears it.
func (s *status) Run(ctx context.Context) error {
	every := firstLine / 2
	if s.refresh {
		every = 200 * time.Millisecond
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var step play.Step
	due := s.now().Add(firstLine)
	for {
		select {
		case <-ctx.Done():
			if s.refresh && s.last != "" {
				fmt.Fprint(s.w, "\r\x1b[K")
			}
			return nil
		case <-ticker.C:
		}
		line, now := s.line(), s.now()
		if s.refresh {
			if line != "" {
				s.last = line
				fmt.Fprint(s.w, "\r\x1b[K"+clip(line, s.columns-1))
			}
			continue
		}
		if is := s.current(); is != step {
			step, due = is, now.Add(firstLine)
		}
		if line != "" && !now.Before(due) {
			due = now.Add(nextLine)
			fmt.Fprintln(s.w, line)
		}
	}
}

func (s *status) current() play.Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.step
}

// window is how far back the line looks, and batch how late requests are handed to
// it: what is younger than that is not complete.
const (
	window = time.Second
	batch  = 150 * time.Millisecond
)

// line is the status now; empty when there is nothing to say yet.
func (s *status) line() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.step != "" && s.step != play.Playing {
		return s.stage + "  " + string(s.step)
	}
	if s.zero.IsZero() {
		return ""
	}
	at := s.now().Sub(s.zero)
	if at < 0 {
		return ""
	}
	s.recent = slices.DeleteFunc(s.recent, func(h showdown.Hit) bool { return h.Intended < at-batch-window })
	good, all, latencies := 0, 0, []time.Duration(nil)
	for _, h := range s.recent {
		if h.Intended >= at-batch {
			continue
		}
		all++
		if !h.Failed() {
			good++
			latencies = append(latencies, h.Latency)
		}
	}
	parts := []string{s.stage, s.phase, fmt.Sprintf("%4d/s", all)}
	if all > 0 {
		parts = append(parts, fmt.Sprintf("ok %5.1f %%", 100*float64(good)/float64(all)))
	} else {
		parts = append(parts, "ok    ? %")
	}
	if len(latencies) > 0 {
		slices.Sort(latencies)
		p99 := latencies[min(len(latencies)-1, len(latencies)*99/100)]
		parts = append(parts, fmt.Sprintf("p99 %5.1f ms", float64(p99)/1e6))
	} else {
		parts = append(parts, "p99     - ms")
	}
	for _, f := range s.faults {
		parts = append(parts, "! "+f.text)
	}
	if left := s.length - at; left > 0 {
		text := fmt.Sprintf("%s left", showdown.Duration(s.clock.AWS(left)/showdown.Second*showdown.Second))
		if s.columns >= wide {
			text += fmt.Sprintf(" (%.0f s here)", left.Seconds())
		}
		parts = append(parts, text)
	} else {
		parts = append(parts, "traffic over")
	}
	if s.columns < wide {
		return strings.Join(parts, " ")
	}
	return strings.Join(parts, "  ")
}

func clip(line string, columns int) string {
	if r := []rune(line); len(r) > columns {
		return string(r[:columns-1]) + "…"
	}
	return line
}
