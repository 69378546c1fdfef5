package live

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"reflect"
	"sync"
	"time"

	"showdown"
	"showdown/results/diagram"
)

const (
	// tickEvery is the time between two ticks while something changes, idleEvery while
	// nothing does, so that a page knows that it is still told.
	tickEvery = 200 * time.Millisecond
	idleEvery = time.Second
	// settled is how old a bucket of a running lab is when it is shown: most of its requests
	// have ended by then. What ends later corrects it.
	settled = 200 * time.Millisecond
	// backlog is how many messages are kept for a viewer who comes back, and waiting how
	// many may wait for one who is slow.
	backlog = 256
	waiting = 64
	// tickerLines is how many lines of a cell a viewer is told of who knows nothing.
	tickerLines = 30
	// shownBuckets is how many buckets a viewer is told of who knows nothing: two minutes of a
	// lab whose buckets are the longest.
	shownBuckets = 1200
	// maxViewers bounds how many watch at once.
	maxViewers = 400
)

// Hub holds what is known of the stage that is played, and tells viewers. Its methods are
// safe for concurrent use; none of them waits for a viewer.
type Hub struct {
	server string
	now    func() time.Time

	mu sync.Mutex
	// desk takes commands; nil for a page that only looks on and for a replay. buttons are
	// those that viewers know of, heals counts how often somebody healed.
	desk    *desk
	buttons []Button
	heals   int
	ballot  ballot
	share   *Share
	// seq numbers messages; past are the newest ones, of which the last has number seq.
	seq     uint64
	past    []message
	viewers map[*viewer]bool
	// greeted is the newest hello for one viewer.
	greeted message
	mode    string
	run     string
	step    string
	spec    *showdown.Stage
	clock   showdown.Clock
	order   []string
	cells   map[string]*cell
	stages  []StageRef
	ghost   *Ghost
	// replay is where a replay is; nil for a lab that runs.
	replay   *Position
	controls bool
	ticked   time.Time
	// replanned says that viewers know of another load than is planned by now.
	replanned bool
}

// framed is a message as a stream has it. JSON has no line breaks.
func (h *Hub) framed(seq uint64, name string, data []byte) message {
	text := fmt.Appendf(make([]byte, 0, len(data)+64), "id: %s-%d\nevent: %s\ndata: ", h.server, seq, name)
	from := len(text)
	text = append(append(text, data...), "\n\n"...)
	return message{seq, name, text, text[from : from+len(data)]}
}

// NewHub is a hub to which no stage was told; now is the wall clock.
func NewHub(now func() time.Time) *Hub {
	return &Hub{
		server: rand.Text()[:10], now: now, viewers: map[*viewer]bool{}, mode: "idle",
		cells: map[string]*cell{}, ballot: ballot{seconds: askSeconds},
	}
}

// Journey says of which stages those are that are played from now on; nil for a stage alone.
func (h *Hub) Journey(stages []StageRef) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stages = stages
}

// Stage says that a stage begins, of which the named cells are played; none are all of them.
func (h *Hub) Stage(spec *showdown.Stage, clock showdown.Clock, cells []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.depart()
	h.mode = "live"
	// What another stage offered and was asked about is over; its own is offered soon.
	h.buttons, h.ballot.q = nil, nil
	h.stage(spec, clock, cells, keepBuckets)
	h.announce()
}

func (h *Hub) stage(spec *showdown.Stage, clock showdown.Clock, names []string, keep int) {
	h.spec, h.clock, h.run, h.step = spec, clock, "", ""
	h.cells, h.order = map[string]*cell{}, nil
	for i := range spec.Cells {
		c := &spec.Cells[i]
		for _, name := range names {
			if name == c.Name {
				h.order = append(h.order, name)
			}
		}
		if len(names) == 0 {
			h.order = append(h.order, c.Name)
		}
	}
	for _, name := range h.order {
		c, _ := spec.Cell(name)
		h.cells[name] = newCell(c, clock, keep)
	}
}

// Started says the run's id, and what its cells cost a month in US dollars.
func (h *Hub) Started(run string, monthUSD map[string]float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.run = run
	for name, usd := range monthUSD {
		if c := h.cells[name]; c != nil {
			c.monthUSD = &usd
		}
	}
	h.announce()
}

// Step says in words what the run does from now on.
func (h *Hub) Step(step string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.step = step
}

// Hits takes a batch of a cell's finished requests, in any order. It neither keeps nor
// changes the slice.
func (h *Hub) Hits(cell string, hits []showdown.Hit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.cells[cell]; c != nil {
		c.dirty = min(c.dirty, c.series.add(hits))
	}
}

// Event takes an event of the run's log and tells the viewers at once.
func (h *Hub) Event(e showdown.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if told, ok := h.fold(e); ok {
		h.send("event", told)
	}
}

// fold takes an event, and is what viewers are told of it; ok is false where that is nothing.
func (h *Hub) fold(e showdown.Event) (told Event, ok bool) {
	c := h.cells[e.Cell]
	if c == nil {
		if e.Cell != "" || len(h.order) == 0 {
			return told, false
		}
		// What is said of the whole run stands in the first cell's ticker.
		if c = h.cells[h.order[0]]; e.Kind != showdown.Interrupted && e.Kind != showdown.StageAborted {
			return told, false
		}
	}
	drawing, replans := c.drawing, c.replans
	nodes := c.fold(e)
	h.replanned = h.replanned || replans != c.replans
	line, worded := c.line(e)
	if worded {
		c.ticker = append(c.ticker, line)
		if len(c.ticker) > 2*tickerLines {
			c.ticker = append(c.ticker[:0], c.ticker[tickerLines:]...)
		}
	}
	if !worded && nodes == nil && drawing == c.drawing {
		return told, false
	}
	if !worded {
		line = Line{T: e.T, Cell: c.spec.Name, Kind: string(e.Kind), Weight: info}
	}
	c.toldFaults = c.told(h.limit(c))
	return Event{Line: line, Nodes: nodes, Faults: c.toldFaults, Drawing: c.drawing}, true
}

// at is where a cell is in lab time; ok is false before its zero is known.
func (h *Hub) at(c *cell) (at time.Duration, ok bool) {
	switch {
	case h.replay != nil:
		return c.lab(h.replay.At), true
	case c.zero.IsZero():
		return 0, false
	}
	return h.now().Sub(c.zero), true
}

// limit is the number of the bucket up to which a cell is shown.
func (h *Hub) limit(c *cell) int {
	at, ok := h.at(c)
	if h.replay == nil {
		at -= settled
	}
	if !ok || at < 0 {
		return 0
	}
	return min(int(at/c.series.width), c.series.end()+window)
}

// Run tells the viewers of time passing until ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	var attending sync.WaitGroup
	attending.Go(func() { h.attend(ctx) })
	defer attending.Wait()
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			h.tick()
		}
	}
}

// tick tells what changed since the last one.
func (h *Hub) tick() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.replanned {
		h.replanned = false
		h.announce()
	}
	h.judge()
	h.tell(false)
	now := h.now()
	idle := true
	for _, c := range h.cells {
		if limit := h.limit(c); limit != c.shown || c.dirty < limit {
			idle = false
		}
	}
	if idle && now.Sub(h.ticked) < idleEvery {
		return
	}
	h.ticked = now
	t := Tick{Step: h.step, Cells: map[string]TickCell{}, Replay: h.position()}
	for _, name := range h.order {
		c := h.cells[name]
		limit := h.limit(c)
		now := h.tickCell(c, min(c.shown, c.dirty, limit), limit)
		if reflect.DeepEqual(now.Faults, c.toldFaults) {
			now.Faults = nil
		} else {
			c.toldFaults = now.Faults
		}
		t.Cells[name] = now
		c.shown, c.dirty = limit, math.MaxInt
	}
	h.send("tick", t)
}

func (h *Hub) position() *Position {
	if h.replay == nil {
		return nil
	}
	p := *h.replay
	return &p
}

func (h *Hub) tickCell(c *cell, from, to int) TickCell {
	at, _ := h.at(c)
	t := TickCell{
		T: c.aws(at), Phase: c.phase, Ended: c.ended, Points: c.series.points(max(from, to-shownBuckets), to),
		Now: c.series.recent(to), Totals: c.series.totals(to), Faults: c.told(to), Flows: c.flows(to),
	}
	if c == h.base() {
		m := c.measured(to)
		t.Measured = &m
	}
	if c.ended {
		t.T = min(t.T, c.endedS)
	} else {
		t.Offered = c.offered(at)
	}
	return t
}

// hello is everything that is known.
func (h *Hub) hello() Hello {
	out := Hello{
		Server: h.server, Mode: h.mode, Controls: h.controls, Run: h.run, Step: h.step, Stages: append([]StageRef{}, h.stages...),
		Cells: []HelloCell{}, Ticker: []Line{}, Replay: h.position(),
	}
	if h.spec == nil {
		return out
	}
	out.Ghost = h.ghost
	s := h.spec
	bucket := bucketOf(h.clock)
	out.Buttons, out.Prediction, out.Share = h.buttons, h.ballot.wire(h.now()), h.share
	out.Speed, out.BucketS, out.BucketLabS = h.clock.Speed(), h.clock.AWS(bucket).Seconds(), bucket.Seconds()
	out.Stage = StageInfo{
		ID: s.ID(), Title: s.Title, Promise: s.Promise, Number: s.Number, Cures: s.Teach.Cures, Before: s.Teach.Before, After: s.Teach.After,
		SLO: float64(s.SLO.Availability), SLOMS: float64(s.SLO.Latency) / 1e6,
	}
	for _, name := range h.order {
		c := h.cells[name]
		limit := h.limit(c)
		out.Ticker = append(out.Ticker, c.ticker[max(0, len(c.ticker)-tickerLines):]...)
		out.Cells = append(out.Cells, HelloCell{
			Name: name, Shows: c.spec.Shows, LengthS: c.aws(c.spec.Traffic.Ending(c.clock)), MonthUSD: c.monthUSD,
			TickCell: h.tickCell(c, 0, limit), Nodes: c.allNodes(), Drawing: c.drawing, OfferedSteps: c.offeredSteps(),
		})
	}
	return out
}

// State is everything that is known, as the first message of a stream has it.
func (h *Hub) State() Hello {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hello()
}

// drawing is the diagram of a cell, and its number.
func (h *Hub) drawing(name, lang string) (d diagram.Diagram, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.cells[name]
	if c == nil {
		return d, fmt.Errorf("no cell %q", name)
	}
	return c.diagram(lang), nil
}
