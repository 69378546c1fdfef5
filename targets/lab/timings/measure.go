package timings

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"showdown"
	"showdown/results"
	"showdown/targets/cloud"
	"showdown/targets/journal"
	"showdown/targets/lab"
)

// Config is what the timings are measured with.
type Config struct {
	Stage   *showdown.Stage
	Seed    uint64
	Backend cloud.Backend
	Journal *journal.Journal
	// Cells are the names of the only cells that are played; empty is all.
	Cells []string
	// Again is how often an act is played once more because the machine was late, several
	// times where it is short; that in which it was least late counts.
	Again int
	// Say takes a line about what is done; nil drops it.
	Say func(string)
}

// Measured is what was measured.
type Measured struct {
	Rows []Row
	// Began is when, Machine with what.
	Began   time.Time
	Machine results.Machine
	Seed    uint64
	// Stalls are the longest times by which the harness came late, in lab time, by scene.
	Stalls []Stall
}

// Stall is how late a heartbeat of the harness came at the worst.
type Stall struct {
	Scene string
	Late  time.Duration
}

// Row is what was measured of a timing at a speed.
type Row struct {
	Timing
	Speed float64
	// Values are in order.
	Values []showdown.Duration
	// Late is how late the harness was at the worst, in lab time, while they were measured.
	Late time.Duration
}

// Measure plays the labs of the stage and returns what was measured of every timing that
// is documented. It fails where something did not happen for which a script waited, and
// leaves nothing running.
func Measure(ctx context.Context, c Config) (*Measured, error) {
	documented, err := Documented(c.Stage)
	if err != nil {
		return nil, err
	}
	m := &Measured{Began: time.Now(), Machine: results.ThisMachine(), Seed: c.Seed}
	if c.Say == nil {
		c.Say = func(string) {}
	}
	out := &samples{}
	for n, act := range acts() {
		best, err := c.performWell(ctx, n+1, act)
		if err != nil {
			return nil, fmt.Errorf("measure timings: %w", err)
		}
		out.join(best.samples)
		m.Stalls = append(m.Stalls, best.stalls...)
	}
	speeds := expected()
	for _, t := range documented {
		for _, speed := range speeds[t.Name] {
			k := key{t.Name, speed}
			m.Rows = append(m.Rows, Row{t, speed, out.values(k), m.late(k)})
		}
	}
	return m, nil
}

// againFor is how long an act may be played again; what has begun is played to its end.
const againFor = 15 * time.Second

// take is one performance of an act.
type take struct {
	samples *samples
	stalls  []Stall
}

func (t take) late() (worst time.Duration) {
	for _, s := range t.stalls {
		worst = max(worst, s.Late)
	}
	return worst
}

// quiet is how late the harness may be in an act without its being played again: a third
// of the timeout of a health check, beyond which a check may fail that should have passed,
// but not less than two timer ticks of a busy machine.
func quiet(speed float64) time.Duration {
	return max(resolution, time.Duration(float64(5*time.Second)/speed/3))
}

// performWell plays an act until the harness was not late in it, or its time is over: a
// long act once more, a short one several times. What was least late counts. On a machine
// that is late a script may also wait in vain.
func (c Config) performWell(ctx context.Context, number int, act []scene) (take, error) {
	best, err := c.perform(ctx, act)
	until := time.Now().Add(time.Duration(c.Again) * againFor)
	for ctx.Err() == nil && (err != nil || best.late() > quiet(act[0].speed)) && time.Now().Before(until) {
		c.Say(fmt.Sprintf("act %d was late by %s (error: %v); playing it again", number, best.late().Round(time.Millisecond), err))
		other, otherErr := c.perform(ctx, act)
		if otherErr == nil && (err != nil || other.late() < best.late()) {
			best, err = other, nil
		}
	}
	return best, err
}

// perform plays the scenes of an act side by side.
func (c Config) perform(ctx context.Context, act []scene) (take, error) {
	t := take{samples: &samples{}}
	stalls := make(chan Stall, len(act))
	var all []func(context.Context) error
	for _, s := range act {
		if !c.plays(s.cell) {
			continue
		}
		all = append(all, func(ctx context.Context) error {
			late, err := c.play(ctx, s, t.samples)
			stalls <- Stall{s.String(), late}
			if err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
			return nil
		})
	}
	err := together(ctx, all...)
	close(stalls)
	for s := range stalls {
		t.stalls = append(t.stalls, s)
	}
	slices.SortFunc(t.stalls, func(a, b Stall) int { return strings.Compare(a.Scene, b.Scene) })
	return t, err
}

// late is how late the harness was in the scenes that measure a row.
func (m *Measured) late(k key) (worst time.Duration) {
	for _, act := range acts() {
		for _, s := range act {
			for _, stall := range m.Stalls {
				if stall.Scene == s.String() && s.measures(k) {
					worst = max(worst, stall.Late)
				}
			}
		}
	}
	return worst
}

func (s scene) measures(k key) bool {
	for _, p := range s.parts {
		if s.speed == k.speed && slices.Contains(p.names, k.name) {
			return true
		}
	}
	return false
}

func (s scene) String() string { return fmt.Sprintf("%s at speed %g", s.cell, s.speed) }

func (c Config) plays(cell string) bool {
	for _, name := range c.Cells {
		if name == cell {
			return true
		}
	}
	return len(c.Cells) == 0
}

// downWithin bounds the time in which a lab is taken down.
const downWithin = 20 * time.Second

// play brings the lab of a scene up, plays its scripts side by side, and takes it down.
// It returns how late the harness was meanwhile.
func (c Config) play(ctx context.Context, s scene, out *samples) (late time.Duration, err error) {
	spec, ok := c.Stage.Cell(s.cell)
	if !ok {
		return 0, errors.New("the stage has no such cell")
	}
	clock, err := showdown.NewClock(s.speed)
	if err != nil {
		return 0, err
	}
	said := newRecord()
	l, err := lab.New(lab.Config{
		Run: c.Journal.Run(), Cell: *spec, App: c.Stage.App, Work: c.Stage.WorkOf(spec), Clock: clock,
		Seed: c.Seed, Backend: c.Backend, Journal: c.Journal, Emit: said.emit,
	})
	if err != nil {
		return 0, err
	}
	if err := l.Up(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- l.Run(running) }()
	var all []func(context.Context) error
	for i, p := range s.parts {
		h := fnv.New64a()
		_, _ = fmt.Fprint(h, s, i)
		st := &stand{
			Lab: l, cell: *spec, clock: clock, seed: c.Seed, record: said, names: p.names, out: out,
			dice: &dice{rng: rand.New(rand.NewPCG(c.Seed, h.Sum64()))},
		}
		all = append(all, func(ctx context.Context) error { return p.script(ctx, st) })
	}
	watched := make(chan struct{})
	var worst atomic.Int64
	go func() {
		defer close(watched)
		beat(running, &worst)
	}()
	err = together(ctx, all...)
	after, end := context.WithTimeout(context.WithoutCancel(ctx), downWithin)
	defer end()
	err = errors.Join(err, l.Down(after))
	cancel()
	err = errors.Join(err, <-served)
	<-watched
	c.Say(fmt.Sprintf("%s: %.1f s", s, time.Since(began).Seconds()))
	return time.Duration(worst.Load()), err
}

// beat notes by how much a heartbeat every 5 ms is late at the worst, until ctx ends.
func beat(ctx context.Context, worst *atomic.Int64) {
	const every = 5 * time.Millisecond
	for next := time.Now().Add(every); cloud.SleepUntil(ctx, next) == nil; next = time.Now().Add(every) {
		if late := int64(time.Since(next)); late > worst.Load() {
			worst.Store(late)
		}
	}
}
