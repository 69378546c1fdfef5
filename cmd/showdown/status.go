package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"showdown"
	"showdown/play"
)

// status is one self-refreshing line on a terminal, or a line every few seconds
// elsewhere: stage, phase, rate, share of good answers, p99, active faults and the
// time that is left. It shows the base cell as long as that has traffic, then the one
// that goes on longest.
type status struct {
	w       io.Writer
	refresh bool
	columns int
	stage   string
	clock   showdown.Clock
	now     func() time.Time

	mu    sync.Mutex
	step  play.Step
	cells []*cellStatus
	notes []string // to be written once, above the line
	last  string
}

// cellStatus is what is known of one cell.
type cellStatus struct {
	name string
	// length is that of its traffic; 0 is without end.
	length time.Duration
	zero   time.Time
	phase  string
	faults []activeFault
	recent []showdown.Hit
}

// wide is the number of columns from which the line says what can be left out.
const wide = 100

type activeFault struct{ letter, text string }

// newStatus is the status line of the cells of a stage that are played; nothing is
// shown before Run.
func newStatus(w io.Writer, stage *showdown.Stage, cells []*showdown.Cell, clock showdown.Clock) *status {
	columns, name := width(w), stage.ID()
	if columns < wide {
		name = stage.Name
	}
	s := &status{w: w, refresh: isTerminal(w), columns: columns, stage: name, clock: clock, now: time.Now}
	for _, c := range cells {
		s.cells = append(s.cells, &cellStatus{name: c.Name, length: c.Traffic.Ending(clock)})
	}
	return s
}

// Step takes what the run does from now on.
func (s *status) Step(step play.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step = step
}

// cell is the cell of that name, nil where it is not shown.
func (s *status) cell(name string) *cellStatus {
	for _, c := range s.cells {
		if c.name == name {
			return c
		}
	}
	return nil
}

// Hits takes a batch of finished requests.
func (s *status) Hits(cell string, hits []showdown.Hit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cell(cell); c != nil {
		c.recent = append(c.recent, hits...)
		c.forget(s.now())
	}
}

// forget drops the requests that the line does not look back to any more.
func (c *cellStatus) forget(now time.Time) {
	if !c.zero.IsZero() {
		at := now.Sub(c.zero)
		c.recent = slices.DeleteFunc(c.recent, func(h showdown.Hit) bool { return h.Intended < at-batch-window })
	}
}

// Event takes an event of the run.
func (s *status) Event(e showdown.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cell(e.Cell)
	if c == nil {
		return
	}
	if c.zero.IsZero() {
		c.zero = e.At.Add(-s.clock.Lab(showdown.Duration(e.T * float64(showdown.Second))))
	}
	switch e.Kind {
	case showdown.LabUp:
		if domain, _ := e.Data["domain"].(string); domain != "" {
			s.notes = append(s.notes, nameServers(c.name, domain, e.Data["name_servers"], e.Data["hosts"]))
		}
	case showdown.StageAborted:
		s.notes = append(s.notes, fmt.Sprintf("the stage is aborted, cell %s: %v", c.name, e.Data["condition"]))
	case showdown.PhaseStarted:
		c.phase = e.Target
	case showdown.FaultInjecting:
		c.faults = append(c.faults, activeFault{e.Target, describeFault(e)})
	case showdown.FaultUndone, showdown.FaultNotUndone, showdown.FaultFailed:
		c.faults = slices.DeleteFunc(c.faults, func(f activeFault) bool { return f.letter == e.Target })
	}
}

// nameServers says how the names of a cell can be asked for while it is played.
func nameServers(cell, domain string, servers, hosts any) string {
	text := fmt.Sprintf("the names of cell %s: %s", cell, domain)
	host := domain
	if names, _ := hosts.([]string); len(names) > 0 {
		host = names[0] // the apex need not have a record
	}
	if list, _ := servers.([]string); len(list) > 0 {
		if at, port, err := net.SplitHostPort(list[0]); err == nil {
			text += fmt.Sprintf("; dig @%s -p %s %s", at, port, host)
		}
	}
	return text
}

// shown is the cell that the line is about now; nil when none has begun.
func (s *status) shown(now time.Time) *cellStatus {
	var best *cellStatus
	for _, c := range s.cells {
		switch at := now.Sub(c.zero); {
		case c.zero.IsZero() || at < 0:
		case c.name == showdown.BaseCell && (at < c.length || c.length == 0):
			return c
		case best == nil || c.left(now) > best.left(now):
			best = c
		}
	}
	return best
}

// left is how much of the cell's traffic is to come.
func (c *cellStatus) left(now time.Time) time.Duration { return c.length - now.Sub(c.zero) }

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
			s.writeNotes()
			return nil
		case <-ticker.C:
		}
		s.writeNotes()
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

// writeNotes writes what is to be said once, above the line.
func (s *status) writeNotes() {
	s.mu.Lock()
	notes := s.notes
	s.notes = nil
	s.mu.Unlock()
	for _, note := range notes {
		if s.refresh {
			note = "\r\x1b[K" + note
		}
		fmt.Fprintln(s.w, note)
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
	c := s.shown(s.now())
	if c == nil {
		return ""
	}
	at := s.now().Sub(c.zero)
	c.forget(s.now())
	good, all, latencies := 0, 0, []time.Duration(nil)
	for _, h := range c.recent {
		if h.Intended >= at-batch {
			continue
		}
		all++
		if !h.Failed() {
			good++
			latencies = append(latencies, h.Latency)
		}
	}
	parts := []string{s.stage, c.label(), fmt.Sprintf("%4d/s", all)}
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
	for _, f := range c.faults {
		parts = append(parts, "! "+f.text)
	}
	if left := c.left(s.now()); left > 0 {
		text := fmt.Sprintf("%s left", showdown.Duration(s.clock.AWS(left)/showdown.Second*showdown.Second))
		if s.columns >= wide {
			text += fmt.Sprintf(" (%.0f s here)", left.Seconds())
		}
		parts = append(parts, text)
	} else if c.length > 0 {
		parts = append(parts, "traffic over")
	}
	if s.columns < wide {
		return strings.Join(parts, " ")
	}
	return strings.Join(parts, "  ")
}

// label is the phase, with the cell where that is not the base cell.
func (c *cellStatus) label() string {
	if c.name == showdown.BaseCell {
		return c.phase
	}
	return c.name + "/" + c.phase
}

func clip(line string, columns int) string {
	if r := []rune(line); len(r) > columns {
		return string(r[:columns-1]) + "…"
	}
	return line
}
