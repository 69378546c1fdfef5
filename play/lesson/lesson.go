package lesson

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"

	"showdown"
	"showdown/chaos"
	"showdown/dashboards/live"
	"showdown/play"
	"showdown/targets/journeys"
)

// Config is what a lesson is made of.
type Config struct {
	// Stages are those that can be chosen, in the order of the journey.
	Stages []*showdown.Stage
	// Cells are the names of the cells that are played where a stage has them; a stage
	// without any of them plays its base cell.
	Cells []string
	// Play plays a stage that is kept open, once, with everything else that a run needs.
	Play func(ctx context.Context, opened *showdown.Stage, clock showdown.Clock, open *play.Open) error
	// Say tells whoever looks on what the lesson does in words, where no event does.
	Say func(text string)
}

// Lesson is a lab that keeps running. Its methods are safe for concurrent use.
type Lesson struct {
	cfg  Config
	next chan live.Start // the newest wish

	mu      sync.Mutex
	want    live.Start // what runs, is about to, or is wished for
	open    *play.Open // of the stage that runs; nil while none does
	opened  *showdown.Stage
	buttons []live.Button
	heal    *healing // the one at work; nil while none is
	number  int      // commands that were given an id
	heals   sync.WaitGroup
	ending  bool
}

// healing is a HEAL ALL at work on the stage of open. again says that somebody has asked for
// it since: what was injected meanwhile is healed too.
type healing struct {
	open  *play.Open
	id    string
	again bool
}

var _ live.Control = (*Lesson)(nil)

// New is a lesson that begins with start. It fails where that cannot be played.
func New(c Config, start live.Start) (*Lesson, error) {
	if len(c.Stages) == 0 || c.Play == nil || c.Say == nil {
		return nil, errors.New("make lesson: stages, somebody who plays them and somebody to tell are needed")
	}
	l := &Lesson{cfg: c, next: make(chan live.Start, 1)}
	start, err := l.whole(start)
	if err != nil {
		return nil, err
	}
	if _, _, _, err := l.plan(start); err != nil {
		return nil, err
	}
	l.want = start
	l.next <- start
	return l, nil
}

// Run plays stage after stage until ctx ends, and then ends and heals the one that
// runs. A stage that cannot be played is told, and the lesson waits for another wish. The error is of what
// could not be undone, or of machines that are gone.
func (l *Lesson) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, l.end)
	defer stop()
	defer l.heals.Wait()
	defer l.end()
	var problems error
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case start := <-l.next:
			err := l.play(ctx, start)
			if errors.Is(err, play.ErrNotUndone) || ctx.Err() != nil {
				problems = errors.Join(problems, err)
			}
			switch {
			case errors.Is(err, play.ErrLost):
				return errors.Join(problems, err)
			case err != nil && ctx.Err() == nil:
				l.cfg.Say(fmt.Sprintf("%s: %v", start.Stage, err))
			case err == nil && ctx.Err() == nil:
				l.again(start)
			}
		}
	}
	return problems
}

// again wishes for the same stage where nobody has wished for another: a stage that
// is kept open ends by itself after a day.
func (l *Lesson) again(start live.Start) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.next <- start:
	default:
	}
}

// end takes no more commands.
func (l *Lesson) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ending = true
}

// play plays one stage until it is left or ctx ends.
func (l *Lesson) play(ctx context.Context, start live.Start) error {
	file, opened, clock, err := l.plan(start)
	if err != nil {
		return err
	}
	open, buttons := play.NewOpen(), Buttons(file, opened)
	l.mu.Lock()
	l.want, l.open, l.opened, l.buttons = start, open, opened, buttons
	if len(l.next) > 0 {
		open.Leave() // somebody has wished for another one meanwhile
	}
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.open = nil
		l.mu.Unlock()
	}()
	// The end of the lesson is a stage that is left, not one that is broken off.
	stop := context.AfterFunc(ctx, open.Leave)
	defer stop()
	return l.cfg.Play(context.WithoutCancel(ctx), opened, clock, open)
}

// whole fills in what a wish leaves open.
func (l *Lesson) whole(s live.Start) (live.Start, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.Stage == "" {
		s.Stage = l.want.Stage
	}
	if s.Speed == 0 {
		s.Speed = l.want.Speed
	}
	known := slices.ContainsFunc(l.cfg.Stages, func(k *showdown.Stage) bool { return k.Name == s.Stage })
	if !known {
		var names []string
		for _, k := range l.cfg.Stages {
			names = append(names, k.Name)
		}
		return s, &live.Refusal{Code: http.StatusBadRequest, Text: fmt.Sprintf("no stage %q", s.Stage), Hint: "there are " + strings.Join(names, ", ")}
	}
	return s, nil
}

// plan is the stage that a wish means, as its file has it and as it is played.
func (l *Lesson) plan(s live.Start) (file, opened *showdown.Stage, clock showdown.Clock, err error) {
	for _, k := range l.cfg.Stages {
		if k.Name == s.Stage {
			file = k
		}
	}
	bad := func(err error, hint string) error {
		return &live.Refusal{Code: http.StatusBadRequest, Text: err.Error(), Hint: hint}
	}
	if clock, err = showdown.NewClock(s.Speed); err != nil {
		return nil, nil, clock, bad(err, "10 is the speed of a class: a detection of 45 s takes 4.5 s")
	}
	var cells []string
	for _, c := range file.Cells {
		if slices.Contains(l.cfg.Cells, c.Name) {
			cells = append(cells, c.Name)
		}
	}
	if len(cells) == 0 {
		cells = []string{file.Cells[0].Name}
		if _, ok := file.Cell(showdown.BaseCell); ok {
			cells = []string{showdown.BaseCell}
		}
	}
	if most := play.MostRate(len(cells)); s.Rate != 0 && !(s.Rate > 0 && s.Rate <= most) {
		return nil, nil, clock, bad(fmt.Errorf("the rate %g is out of bounds", s.Rate), fmt.Sprintf("above 0 and at most %g requests a lab second", most))
	}
	opened = play.Opened(file, clock, s.Rate, cells...)
	if groups := journeys.Groups(opened, clock); len(groups) > 1 {
		return nil, nil, clock, bad(fmt.Errorf("%d cells are too much load for this machine side by side", len(cells)),
			fmt.Sprintf("at most %g requests a lab second of each, as a rate; or fewer cells", math.Floor(play.MostRate(len(cells)))))
	}
	slow := *opened // its phases are of this package's making
	slow.Cells = slices.Clone(opened.Cells)
	for i := range slow.Cells {
		if slow.Cells[i].Running() {
			return nil, nil, clock, bad(fmt.Errorf("%s is a running system", file.ID()), "showdown run plays it; a lesson needs a lab")
		}
		slow.Cells[i].Traffic.Phases = slices.Clone(slow.Cells[i].Traffic.Phases)
		slow.Cells[i].Traffic.Phases[0].For = showdown.Hour
	}
	if err := journeys.Validate(&slow, clock); err != nil {
		return nil, nil, clock, bad(err, "choose a lower speed")
	}
	return file, opened, clock, nil
}

// Buttons are the chaos actions that the stage which runs now offers.
func (l *Lesson) Buttons() []live.Button {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buttons
}

// running is what takes commands now.
func (l *Lesson) running() (*play.Open, *showdown.Stage, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil || l.ending {
		return nil, nil, notNow("no stage runs", "choose a stage, or wait until it has come up")
	}
	return l.open, l.opened, nil
}

func notNow(text, hint string) error {
	return &live.Refusal{Code: http.StatusConflict, Text: text, Hint: hint}
}

// refused is the answer to a command that failed.
func refused(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, play.ErrNotOpen):
		return notNow(err.Error(), "wait until the stage has come up")
	case errors.Is(err, chaos.ErrHealing):
		return notNow("everything is being healed", "wait until it is over: to start an instance again takes its time")
	case play.Refused(err):
		return notNow(strings.TrimPrefix(err.Error(), chaos.ErrNotNow.Error()+": "), "HEAL ALL undoes what is in place")
	}
	return &live.Refusal{Code: http.StatusBadRequest, Text: err.Error(), Hint: "the buttons and showdown chaos list are the actions of this stage, showdown show names its instances"}
}

// id is the name of a command in the events of the run.
func (l *Lesson) id(what string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.number++
	return fmt.Sprintf("%s-%d", what, l.number)
}

// Chaos injects an action; the id is the fault's letter.
func (l *Lesson) Chaos(_ context.Context, o live.Order) (string, error) {
	open, opened, err := l.running()
	if err != nil {
		return "", err
	}
	if _, known := showdown.Actions()[o.Action]; !known {
		return "", refused(fmt.Errorf("unknown action %q", o.Action))
	}
	letter, err := open.Inject(l.step(o, opened))
	if letter == "" && err != nil {
		return "", refused(err)
	}
	if err != nil {
		l.cfg.Say(fmt.Sprintf("%s is not in the record: %v", letter, err))
	}
	return letter, nil
}

// step is what an order means: what it leaves open is that of the button which it names most
// nearly, the one that does the same or else the first with this action, and this target where
// one is named.
func (l *Lesson) step(o live.Order, opened *showdown.Stage) showdown.Step {
	with := map[string]string{}
	for k, v := range o.With {
		with[k] = fmt.Sprint(v)
	}
	s := showdown.Step{Letter: "A", Do: o.Action, Target: showdown.Selector(o.Target), For: max(showdown.Duration(o.For), 0), With: with}
	buttons := slices.DeleteFunc(slices.Clone(l.Buttons()), func(b live.Button) bool {
		return b.Action != o.Action || o.Target != "" && b.Target != o.Target
	})
	if len(buttons) == 0 {
		return s
	}
	b := buttons[0]
	for _, other := range buttons {
		if same(other, showdown.Step{Do: s.Do, Target: showdown.Selector(other.Target), With: with}) {
			b = other
		}
	}
	s.Target = showdown.Selector(b.Target)
	if o.For < 0 {
		s.For = showdown.Duration(b.ForS * float64(showdown.Second))
	}
	s.With = map[string]string{}
	for k, v := range b.With {
		s.With[k] = fmt.Sprint(v)
	}
	maps.Copy(s.With, with)
	// Parameters of one kind of the action may make no sense beside those of another.
	if len(opened.Cells) > 0 && !fits(opened, 0, s) {
		s.With = with
	}
	return s
}

// Heal undoes everything that is in place. It returns at once; a call while another one
// is at work has it look again when it is done.
func (l *Lesson) Heal(ctx context.Context) (string, error) {
	if _, _, err := l.running(); err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ending || l.open == nil {
		return "", notNow("no stage runs", "choose a stage, or wait until it has come up")
	}
	if l.heal != nil && l.heal.open == l.open {
		l.heal.again = true
		return l.heal.id, nil
	}
	l.number++
	h := &healing{open: l.open, id: fmt.Sprintf("heal-%d", l.number)}
	l.heal = h
	l.heals.Go(func() { l.work(context.WithoutCancel(ctx), h) })
	return h.id, nil
}

// work heals until nobody has asked for it since it began.
func (l *Lesson) work(ctx context.Context, h *healing) {
	for more := true; more; {
		err := h.open.Heal(ctx, h.id)
		if err != nil && !play.Refused(err) {
			l.cfg.Say(fmt.Sprintf("HEAL ALL: %v", err))
		}
		l.mu.Lock()
		more, h.again = h.again, false
		if !more && l.heal == h {
			l.heal = nil
		}
		l.mu.Unlock()
	}
}

// Stage ends the stage that runs and starts another, or the same one anew.
func (l *Lesson) Stage(_ context.Context, s live.Start) (string, error) {
	s, err := l.whole(s)
	if err != nil {
		return "", err
	}
	if _, _, _, err := l.plan(s); err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ending {
		return "", notNow("the lesson is over", "start showdown serve again")
	}
	select {
	case <-l.next: // an older wish that nobody has taken
	default:
	}
	l.next <- s
	l.want = s
	l.number++
	if l.open != nil {
		l.open.Leave()
	}
	return fmt.Sprintf("stage-%d", l.number), nil
}

// Rate changes the load, in requests a lab second.
func (l *Lesson) Rate(_ context.Context, rate float64) (string, error) {
	open, opened, err := l.running()
	if err != nil {
		return "", err
	}
	if most := play.MostRate(len(opened.Cells)); math.IsNaN(rate) || rate <= 0 || rate > most {
		return "", &live.Refusal{
			Code: http.StatusBadRequest, Text: fmt.Sprintf("the rate %g is out of bounds", rate),
			Hint: fmt.Sprintf("above 0 and at most %g requests a lab second: what this machine carries", most),
		}
	}
	id := l.id("rate")
	if err := open.Rate(rate, id); errors.Is(err, play.ErrNotOpen) {
		return "", refused(err)
	} else if err != nil {
		l.cfg.Say(fmt.Sprintf("the rate of %g is not in the record: %v", rate, err))
	}
	return id, nil
}
