package play

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/chaos"
	"showdown/results"
	"showdown/targets/journeys"
)

// lastAnswers is how long requests in flight have when a stage is left.
const lastAnswers = 300 * time.Millisecond

var (
	// ErrNotOpen is the error of a command to a stage whose traffic has not begun or is over.
	ErrNotOpen = errors.New("the stage does not run")
	// errLeft ends the traffic of an open stage. It is no error of the run.
	errLeft = errors.New("the stage was left")
)

// Opened is a stage as it is kept open: the cells of that name, none are all of them, with one
// phase of constant load in place of their phases, and without timelines, claims and
// conditions, which are about the timeline. rate is requests a lab second of each cell; 0 is the rate
// that its own traffic begins with.
func Opened(s *showdown.Stage, clock showdown.Clock, rate float64, cells ...string) *showdown.Stage {
	out := *s
	out.Claims, out.Gates, out.AbortIf, out.Speed = nil, nil, nil, 0
	out.Cells = nil
	for _, c := range s.Cells {
		if len(cells) > 0 && !slices.Contains(cells, c.Name) {
			continue
		}
		first := rate
		if segments := c.Traffic.Segments(clock); first == 0 && len(segments) > 0 {
			first = math.Round(max(segments[0].Rate(0), segments[0].Rate(segments[0].End/2)))
		}
		c.Traffic.Phases = []showdown.Phase{openPhase(1, first, clock.AWS(showdown.OpenFor))}
		c.Timeline, c.StopIf, c.Reference = nil, nil, nil
		out.Cells = append(out.Cells, c)
	}
	return &out
}

// openPhase is the phase of that number of an open stage.
func openPhase(number int, rate float64, lasts showdown.Duration) showdown.Phase {
	return showdown.Phase{Name: fmt.Sprintf("open %d", number), Pace: showdown.Constant, Rate: rate, For: lasts}
}

// Open takes the commands of a stage that is kept open. It belongs to one run of
// [Stage], whose stage is made by [Opened]. Its methods are safe for concurrent use.
type Open struct {
	leave chan struct{}
	once  sync.Once

	mu    sync.Mutex
	stage *stage // nil while no command can be taken
	zero  time.Time
	// begun is when the present rate began, in lab time since zero.
	begun time.Duration
	phase int
	base  map[string]float64 // the rate that each cell began with
	names int                // letters given out
	// heals is how many are at work: nothing is injected into any cell meanwhile.
	heals int
}

// NewOpen is an Open whose stage has not begun.
func NewOpen() *Open { return &Open{leave: make(chan struct{}), base: map[string]float64{}} }

// Leave ends the traffic of the stage, which then heals and goes down as at its end. It
// may be called at any time and again.
func (o *Open) Leave() { o.once.Do(func() { close(o.leave) }) }

// Left is closed when somebody has left the stage.
func (o *Open) Left() <-chan struct{} { return o.leave }

// arriving is a context in which the labs come up: it ends when the stage is left.
func (o *Open) arriving(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-ctx.Done():
		case <-o.leave:
			cancel(errLeft)
		}
	}()
	return ctx, func() { cancel(nil) }
}

// open takes commands from now on until ctx ends or the stage is left, which it says by
// [errLeft].
func (o *Open) open(ctx context.Context, s *stage, zero time.Time) error {
	o.mu.Lock()
	o.stage, o.zero, o.begun, o.phase = s, zero, 0, 1
	for _, c := range s.group {
		o.base[c.spec.Name] = c.spec.Traffic.Phases[0].Rate
	}
	o.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-o.leave:
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stage = nil
	if ctx.Err() != nil {
		return nil
	}
	for _, c := range s.group {
		c.attack.Scale(0)
	}
	rest := time.NewTimer(lastAnswers)
	defer rest.Stop()
	select {
	case <-ctx.Done():
	case <-rest.C:
	}
	return errors.Join(s.rec.SetManifest(func(m *results.Manifest) { o.cut(m) }), errLeft)
}

// Inject plays a chaos action now in every cell where it can be played, and returns the letter
// that it goes by. An error that is [chaos.ErrNotNow] or [ErrNotOpen] is of one that may be
// possible later.
func (o *Open) Inject(step showdown.Step) (letter string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stage == nil {
		return "", ErrNotOpen
	}
	if o.heals > 0 {
		return "", chaos.ErrHealing
	}
	step.Letter = letterOf(o.names)
	var problems []error
	played := map[string]showdown.Step{}
	for _, c := range o.stage.group {
		done, err := c.experiment.Inject(step)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		played[c.spec.Name] = done
	}
	if len(played) == 0 {
		return "", errors.Join(problems...)
	}
	o.names++
	return step.Letter, o.stage.rec.SetManifest(func(m *results.Manifest) {
		m.Spec = copied(m.Spec)
		for i := range m.Spec.Cells {
			if done, ok := played[m.Spec.Cells[i].Name]; ok {
				m.Spec.Cells[i].Timeline = append(slices.Clone(m.Spec.Cells[i].Timeline), done)
			}
		}
	})
}

// letterOf is the letter of action number n: A to Z, then AA, AB and so on.
func letterOf(n int) string {
	text := ""
	for n++; n > 0; n = (n - 1) / 26 {
		text = string(rune('A'+(n-1)%26)) + text
	}
	return text
}

// Heal undoes everything that is in place, in all cells at once, and returns when the
// probes have looked. id is what the events say that it was asked for by.
func (o *Open) Heal(ctx context.Context, id string) error {
	o.mu.Lock()
	s := o.stage
	if s != nil {
		o.heals++
	}
	o.mu.Unlock()
	if s == nil {
		return ErrNotOpen
	}
	defer func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.heals--
	}()
	s.command(map[string]any{"command": "heal", "id": id})
	errs := make([]error, len(s.group))
	var all errgroup.Group
	for i, c := range s.group {
		all.Go(func() error { errs[i] = c.experiment.Heal(ctx); return nil })
	}
	_ = all.Wait()
	return errors.Join(errs...)
}

// command tells all cells of a command.
func (s *stage) command(data map[string]any) {
	for _, c := range s.group {
		c.emit(showdown.Event{Kind: showdown.CommandTaken, Source: "play", Data: data})
	}
}

// MostRate is the highest rate of each of so many cells.
func MostRate(cells int) float64 { return float64(journeys.MaxTotalRate) / float64(max(cells, 1)) }

// Rate changes the load of every cell to rate requests a lab second, above 0 and at most
// [MostRate].
func (o *Open) Rate(rate float64, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.stage
	if s == nil {
		return ErrNotOpen
	}
	s.command(map[string]any{"command": "rate", "id": id, "rate": rate})
	now := max(time.Since(o.zero), 0)
	err := s.rec.SetManifest(func(m *results.Manifest) {
		o.cut(m)
		for i := range m.Spec.Cells {
			t := &m.Spec.Cells[i].Traffic
			t.Phases = append(t.Phases, openPhase(o.phase+1, rate, s.Clock.AWS(max(showdown.OpenFor-now, time.Second))))
		}
	})
	o.begun, o.phase = now, o.phase+1
	for _, c := range s.group {
		c.attack.Scale(rate / o.base[c.spec.Name])
		c.experiment.Replan(rate)
		c.emit(showdown.Event{
			Kind: showdown.PhaseStarted, Source: "attack", Target: fmt.Sprintf("open %d", o.phase),
			Data: map[string]any{
				"offered": rate, "from_s": s.Clock.AWS(now).Seconds(), "to_s": s.Clock.AWS(max(showdown.OpenFor, now+time.Second)).Seconds(),
				"phase": fmt.Sprintf("open %d", o.phase), "step": 0, "replanned": true,
			},
		})
	}
	return err
}

// cut lets the present phase of a manifest end now: what is recorded then is the load as
// it was. mu is held.
func (o *Open) cut(m *results.Manifest) {
	m.Spec = copied(m.Spec)
	clock, err := showdown.NewClock(m.Speed)
	if err != nil {
		return // it has played the stage
	}
	lasted := clock.AWS(max(time.Since(o.zero)-o.begun, time.Millisecond))
	for i := range m.Spec.Cells {
		t := &m.Spec.Cells[i].Traffic
		t.Phases = slices.Clone(t.Phases)
		if n := len(t.Phases); n > 0 {
			t.Phases[n-1].For = lasted
		}
	}
}

// copied is a stage whose cells can be changed without changing those of s.
func copied(s *showdown.Stage) *showdown.Stage {
	out := *s
	out.Cells = slices.Clone(s.Cells)
	return &out
}

// Refused says whether an error of a command is of one that may be possible later.
func Refused(err error) bool { return errors.Is(err, ErrNotOpen) || errors.Is(err, chaos.ErrNotNow) }
