package live

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"showdown"
	"showdown/results"
)

// Slowest and Fastest bound the speed of a replay, in AWS seconds a second.
const (
	Slowest = 0.1
	Fastest = 10_000
)

// replayEvery is the time between two steps of a replay.
const replayEvery = 50 * time.Millisecond

// Replay plays the records of stages to a hub: the same messages as when they were made,
// at another speed, with pauses and jumps. Make one with [NewReplay].
//
// A request is shown in its bucket as soon as its time has come, also one whose answer took
// longer: what a running lab corrects a moment later is right at once.
type Replay struct {
	hub  *Hub
	runs []results.Run

	// What follows is guarded by the hub's lock.
	number int
	events []showdown.Event
	next   int
	// asked is the letter of the fault that the room was asked about last.
	asked string
}

// NewReplay reads the first of runs, which are stages, and shows its start. Speed is how
// many AWS seconds pass in a second.
func NewReplay(h *Hub, runs []results.Run, speed float64, paused bool) (*Replay, error) {
	if len(runs) == 0 {
		return nil, errors.New("replay: there is no stage to show")
	}
	r := &Replay{hub: h, runs: runs}
	refs := make([]StageRef, 0, len(runs))
	for _, run := range runs {
		ref := StageRef{Name: filepath.Base(run.Dir)}
		if m, err := results.ReadManifest(run.Dir); err == nil && m.Spec != nil {
			ref = StageRef{m.Spec.Name, m.Spec.Title}
		}
		refs = append(refs, ref)
	}
	h.mu.Lock()
	h.stages, h.controls = refs, true
	h.replay = &Position{Speed: speed, Paused: paused}
	h.mu.Unlock()
	return r, r.open(0)
}

// open shows the start of a stage's record.
func (r *Replay) open(number int) error {
	rec, err := readRecord(r.runs[number].Dir)
	if err != nil {
		return err
	}
	m := rec.manifest
	var ghost *Ghost
	if number > 0 {
		ghost = ghostOf(r.runs[number-1])
	}
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	names := slices.DeleteFunc(cellNames(m.Spec), func(name string) bool { return rec.series[name] == nil })
	h.mode = "replay"
	h.stage(m.Spec, rec.clock, names, 0)
	h.run, h.ghost, r.number, r.events = m.Run, ghost, number, rec.events
	for name, s := range rec.series {
		if c := h.cells[name]; c != nil {
			c.series = *s
			if cost, ok := m.Cost[name]; ok {
				c.monthUSD = &cost.MonthUSD
			}
		}
	}
	h.replay.Length = rec.clock.AWS(rec.length).Seconds()
	r.jump(0)
	return nil
}

// record is what is read of a stage's record. Its events are in the order of time.
type record struct {
	manifest *results.Manifest
	clock    showdown.Clock
	events   []showdown.Event
	series   map[string]*series
	// length is how long the longest cell is.
	length time.Duration
}

func readRecord(dir string) (*record, error) {
	m, err := results.ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	if m.Spec == nil {
		return nil, fmt.Errorf("replay %s: the record does not say what was played", m.Run)
	}
	r := &record{manifest: m}
	if r.clock, err = showdown.NewClock(m.Speed); err != nil {
		return nil, fmt.Errorf("replay %s: %w", m.Run, err)
	}
	if r.events, _, err = results.ReadEvents(filepath.Join(dir, results.EventsFile)); err != nil {
		return nil, fmt.Errorf("replay %s: %w", m.Run, err)
	}
	slices.SortStableFunc(r.events, func(a, b showdown.Event) int { return cmp.Compare(a.T, b.T) })
	if r.series, r.length, err = seriesOf(dir, bucketOf(r.clock)); err != nil {
		return nil, fmt.Errorf("replay %s: %w", m.Run, err)
	}
	return r, nil
}

func cellNames(s *showdown.Stage) []string {
	var names []string
	for i := range s.Cells {
		names = append(names, s.Cells[i].Name)
	}
	return names
}

// seriesOf reads the requests of a record into buckets, and is how long the longest cell is.
func seriesOf(dir string, width time.Duration) (map[string]*series, time.Duration, error) {
	files, err := results.HitFiles(dir)
	if err != nil {
		return nil, 0, err
	}
	out := map[string]*series{}
	longest := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		s := &series{width: width}
		if err := readHits(files[name], s); err != nil {
			return nil, 0, err
		}
		out[name], longest = s, max(longest, s.end())
	}
	return out, time.Duration(longest) * width, nil
}

// readHits counts the requests of a file; what is damaged is left out.
func readHits(path string, s *series) (err error) {
	in, err := results.OpenHits(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	err = in.EachInOrder(func(hits []showdown.Hit) error {
		s.add(hits)
		return nil
	})
	var damaged *results.CorruptError
	if errors.As(err, &damaged) {
		return nil
	}
	return err
}

// jump shows the record at a moment, in AWS seconds. The hub's lock is held.
func (r *Replay) jump(at float64) {
	h := r.hub
	for name, c := range h.cells {
		fresh := newCell(&c.spec, c.clock, 0)
		fresh.series, fresh.monthUSD = c.series, c.monthUSD
		h.cells[name] = fresh
	}
	r.next, r.asked, h.ballot.q = 0, "", nil
	h.replay.At = min(max(at, 0), h.replay.Length)
	r.reach(false)
	h.announce()
}

// reach folds the events up to where the replay is.
func (r *Replay) reach(tell bool) {
	for r.next < len(r.events) && r.events[r.next].T <= r.hub.replay.At {
		if tell && r.ask(r.events[r.next]) {
			return
		}
		told, ok := r.hub.fold(r.events[r.next])
		if r.next++; ok && tell {
			r.hub.send("event", told)
		}
	}
}

// Run moves the replay on until ctx ends.
func (r *Replay) Run(ctx context.Context) error {
	ticker := time.NewTicker(replayEvery)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			now := time.Now()
			// A laptop that slept has not watched.
			r.advance(min(now.Sub(last), time.Second))
			last = now
		}
	}
}

func (r *Replay) advance(d time.Duration) {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.replay
	if p.Paused || p.At >= p.Length {
		return
	}
	p.At = min(p.At+d.Seconds()*p.Speed, p.Length)
	r.reach(true)
}

// command takes a change of pause, speed or position.
func (r *Replay) command(w http.ResponseWriter, req *http.Request) {
	var c struct {
		Paused *bool    `json:"paused"`
		Speed  *float64 `json:"speed"`
		At     *float64 `json:"at_s"`
		// By moves it on from where it is, so that a key pressed thrice counts thrice.
		By *float64 `json:"by_s"`
	}
	if !decode(w, req, &c) {
		return
	}
	if c.Speed != nil && !(*c.Speed >= Slowest && *c.Speed <= Fastest) {
		refuse(w, http.StatusBadRequest, "the speed is out of bounds", fmt.Sprintf("between %g and %d AWS seconds a second", Slowest, Fastest))
		return
	}
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.Paused != nil {
		if h.replay.Paused = *c.Paused; !h.replay.Paused {
			r.goOn()
		}
	}
	if c.Speed != nil {
		h.replay.Speed = *c.Speed
	}
	switch {
	case c.At != nil:
		r.jump(*c.At)
	case c.By != nil:
		r.jump(h.replay.At + *c.By)
	case c.Paused != nil && !*c.Paused && h.replay.At >= h.replay.Length:
		r.jump(0) // to play on from the end is to see it again
	default:
		h.ticked = time.Time{} // the next tick says it
	}
	answer(w, http.StatusAccepted, map[string]string{"event": h.server + "-" + strconv.FormatUint(h.seq, 10)})
}

// choose shows another stage of the journey.
func (r *Replay) choose(w http.ResponseWriter, req *http.Request) {
	var c struct {
		Stage string `json:"stage"`
	}
	if !decode(w, req, &c) {
		return
	}
	r.hub.mu.Lock()
	number := slices.IndexFunc(r.hub.stages, func(s StageRef) bool { return s.Name == c.Stage })
	r.hub.mu.Unlock()
	if number < 0 {
		refuse(w, http.StatusBadRequest, "no stage "+quoted(c.Stage), "GET /api/v1/state lists the stages")
		return
	}
	if err := r.open(number); err != nil {
		refuse(w, http.StatusConflict, err.Error(), "choose another stage")
		return
	}
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	answer(w, http.StatusAccepted, map[string]string{"event": r.hub.server + "-" + strconv.FormatUint(r.hub.seq, 10)})
}

// decode reads a command strictly; otherwise it has answered.
func decode(w http.ResponseWriter, req *http.Request, v any) bool {
	in := json.NewDecoder(req.Body)
	in.DisallowUnknownFields()
	err := in.Decode(v)
	if err == nil {
		if _, more := in.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more than one value")
		}
	}
	var long *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &long):
		refuse(w, http.StatusBadRequest, "the command is too long", fmt.Sprintf("at most %d bytes", maxCommand))
	default:
		refuse(w, http.StatusBadRequest, "not a command: "+err.Error(), "one JSON object with the fields of the interface")
	}
	return false
}
