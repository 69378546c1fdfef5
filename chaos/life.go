package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// source is who says what an experiment does; what it saw is said by the probe.
const (
	source      = "chaos"
	probeSource = "probe"
)

// life is a step from its plan to its end, in the order that the root package's
// kinds of events tell.
type life struct {
	*env
	step     step
	pick     func(n int) int
	journal  Journal
	sync     func() error
	fidelity string
	// own are the commands of a step of a running system, ready to be run.
	own own

	// at and end are when it fires and when it is undone, in lab time since the run's
	// zero; 0 is at the roll back. They are the player's: of a step that waits for another
	// one they are right once that has come so far.
	at, end time.Duration
	// outer is the life that this one lies in and former the one that it comes after, nil
	// where there is none; holds says that others lie in this one.
	outer, former *life
	holds         bool
	// inPlace and ended are what others wait for.
	inPlace, ended *moment
	// stop ends the playing before its time, and played is closed when that is over.
	stop   context.CancelCauseFunc
	played chan struct{}
	// taker takes the letter of the action that has ended a life that others lie in.
	taker chan string

	// mu is held during each act of the life, and not while it waits for its time.
	mu sync.Mutex
	// hits are the targets, resolved.
	hits []*hit
	// healing says that FaultHealing was said, over that the fault's end was, and
	// owing that an undo began whose end has not been said.
	healing, over, owing bool
	// number is its place among the faults that were injected, from 1.
	number int
}

func newLife(e *env, s step, c Config, fidelity string) *life {
	return &life{
		env: e, step: s, at: s.at, end: s.end, pick: picker(c.Seed, c.Cell.Name, s.Letter),
		journal: c.Journal, sync: c.Sync, fidelity: fidelity,
		inPlace: newMoment(), ended: newMoment(), played: make(chan struct{}), taker: make(chan string, 1),
	}
}

// hit is one target of a life.
type hit struct {
	*target
	effect effect
	// record is the number of the undo record.
	record int
	// unready is why the target was not fit to be compared with.
	unready error
	// touched says that the injection began: from then on there may be something to
	// undo.
	touched bool
	left    remains
	// undone says that the undo has been carried out or that there is nothing to
	// undo; verified that the probe saw the fault gone.
	undone, verified bool
	evidence         string
}

// wide are the names of whom an effect hits that has no target of its own.
func (h *hit) wide() []string {
	if w, ok := h.effect.(wide); ok {
		return slices.Sorted(maps.Keys(w.victims()))
	}
	return nil
}

// say emits an event of the life; more pairs are keys and values of its data.
func (l *life) say(kind showdown.EventKind, who string, data map[string]any) {
	if data == nil {
		data = map[string]any{}
	}
	data["action"] = l.step.Do
	data["targets"] = l.names()
	for _, h := range l.hits {
		if o, ok := h.effect.(*own); ok {
			maps.Copy(data, o.report(kind))
		}
	}
	l.emit(showdown.Event{Kind: kind, Source: who, Target: l.step.Letter, Data: data})
}

// names are the targets, or what selects them as long as they are not resolved.
func (l *life) names() []string {
	names := []string{}
	for _, h := range l.hits {
		if h.name != "" {
			names = append(names, h.name)
		}
		names = append(names, h.wide()...)
	}
	if len(l.hits) == 0 && l.step.Target != "" {
		names = append(names, string(l.step.Target))
	}
	return names
}

func (l *life) plan() {
	data := map[string]any{
		"planned_s": planned(l.clock, l.step.at).Seconds(),
		"for_s":     l.step.For.Seconds(),
		"selector":  string(l.step.Target),
		"with":      l.step.values.text,
		"undo":      l.step.action.Undo,
	}
	for key, letter := range map[string]string{"during": l.step.During, "after": l.step.After} {
		if letter != "" {
			data[key] = letter
		}
	}
	l.say(showdown.FaultPlanned, source, data)
}

// prepare resolves the targets, looks at them, and puts on disk how they are undone.
// Nothing has happened to them when it returns.
func (l *life) prepare(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.forget(); err != nil {
		return err
	}
	hits, err := l.resolve()
	if err != nil {
		return err
	}
	var looks sync.WaitGroup
	for _, h := range hits {
		looks.Go(func() { h.unready = h.effect.ready(ctx) })
	}
	looks.Wait()
	for _, h := range hits {
		entry, err := l.entry(h)
		if err == nil {
			h.record, err = l.journal.Record(entry)
		}
		if err != nil {
			return fmt.Errorf("record the undo of %s: %w", l.step.Letter, err)
		}
		if o, ok := h.effect.(*own); ok {
			o.record = h.record
		}
		l.hits = append(l.hits, h)
	}
	if err := l.sync(); err != nil {
		return fmt.Errorf("put the events before %s on disk: %w", l.step.Letter, err)
	}
	return nil
}

// resolve chooses the targets among the instances that are there now.
func (l *life) resolve() ([]*hit, error) {
	if l.step.Own() {
		return []*hit{l.aimOwn()}, nil
	}
	names := []string{""}
	if !l.step.action.NoTarget {
		var err error
		if names, err = l.choose(); err != nil {
			return nil, err
		}
	}
	var hits []*hit
	for _, name := range names {
		t, err := l.aim(name)
		if err != nil {
			return nil, err
		}
		t.lasts, t.delay = l.step.length, l.step.delay
		hits = append(hits, &hit{target: t, effect: l.step.deed.effect(t, l.step.values)})
	}
	return hits, nil
}

func (l *life) choose() ([]string, error) {
	var asked []showdown.Instance
	for _, in := range l.instances() {
		// One that is gone for good or on its way there, and one that is kept aside, is hit
		// only by who names it.
		if !ending(in) && !l.aside(in.Name) || string(l.step.Target) == in.Name {
			asked = append(asked, in.Instance)
		}
	}
	return l.step.Target.Select(asked, l.pick)
}

func (l *life) entry(h *hit) (journal.Entry, error) {
	fields := map[string]string{
		"cell": l.cell.Name, "letter": l.step.Letter, "action": l.step.Do, "target": h.name,
		"undo": l.step.action.Undo,
	}
	maps.Copy(fields, l.step.values.text)
	if also := h.wide(); len(also) > 0 {
		fields["hits"] = strings.Join(also, " ")
	}
	if h.before.Type != "" {
		fields["type_before"], fields["state_before"] = h.before.Type, h.before.State
	}
	name := strings.TrimSpace(l.step.Letter + " " + l.step.Do + " " + h.name)
	if o, ok := h.effect.(*own); ok {
		return o.entry(name, fields)
	}
	return journal.Entry{
		Kind: journal.KindFault, Name: name, Fields: fields,
		Identity: journal.Identity{PID: h.identity.PID, Start: h.identity.Start},
	}, nil
}

// forget drops what was prepared and not used.
func (l *life) forget() error {
	var problems []error
	for _, h := range l.hits {
		problems = append(problems, l.journal.Done(h.record))
	}
	l.hits = nil
	return errors.Join(problems...)
}

// stale says that a target is not any more what it was when it was prepared.
func (l *life) stale() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.hits) == 0 {
		return true
	}
	for _, h := range l.hits {
		if w, ok := h.effect.(wide); ok && w.moved() {
			return true
		}
		if h.name == "" || l.step.Own() {
			continue
		}
		now, ok := l.instance(h.name)
		var id cloud.Identity
		if m, running := l.lab.Machine(h.name); running {
			id = m.Identity()
		}
		if !ok || now.State != h.before.State || id != h.identity {
			return true
		}
	}
	return false
}

// inject does it. An error says that not all of it is in place; what is must be
// healed.
func (l *life) inject(ctx context.Context, number int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.number = number
	identities := map[string]string{}
	for _, h := range l.hits {
		if h.machine != nil {
			identities[h.name] = h.identity.String()
		}
		if w, ok := h.effect.(wide); ok {
			for name, id := range w.victims() {
				identities[name] = id.String()
			}
		}
		h.touched = true
	}
	l.say(showdown.FaultInjecting, source, map[string]any{"identities": identities, "planned_s": planned(l.clock, l.step.at).Seconds()})
	// Not the group's own context: an operation lives on after this returned, and one
	// target's error does not take back what happens to the others.
	var group errgroup.Group
	for _, h := range l.hits {
		group.Go(func() error { return h.effect.inject(ctx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	l.say(showdown.FaultInjected, source, map[string]any{"fidelity": l.fidelity})
	l.inPlace.happens()
	return nil
}

// fail says that the action could not be carried out. What it did not even begin
// needs no undo.
func (l *life) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.hits {
		if h.touched && h.effect.left() == leavesNothing {
			l.settled(h)
		}
	}
	l.say(showdown.FaultFailed, source, map[string]any{"error": err.Error()})
	l.inPlace.never(err)
	l.ended.never(err)
}

// confirm lets the probe look, and says what it saw.
func (l *life) confirm(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := make([]bool, len(l.hits))
	var looks sync.WaitGroup
	for i, h := range l.hits {
		looks.Go(func() {
			h.evidence, seen[i] = h.effect.confirm(ctx)
			if h.unready != nil {
				h.evidence, seen[i] = h.evidence+"; but "+h.unready.Error(), false
			}
			h.left = h.effect.left()
		})
	}
	looks.Wait()
	kind := showdown.FaultConfirmed
	remains := leavesNothing
	for i, h := range l.hits {
		remains = max(remains, h.left)
		if !seen[i] {
			kind = showdown.FaultUnconfirmed
		}
	}
	data := map[string]any{"evidence": l.evidence(), "facts": l.facts()}
	if ctx.Err() != nil && kind == showdown.FaultUnconfirmed {
		data["interrupted"] = true
	}
	l.say(kind, probeSource, data)
	if kind == showdown.FaultUnconfirmed {
		// What was not seen may be there all the same, so that its end is looked for.
		if remains == leavesNothing && l.end == 0 {
			l.ended.happens()
		}
		return
	}
	switch {
	case remains == leavesNothing:
		l.conclude("nothing to undo")
	case remains == leavesChange && l.end == 0:
		l.finish(l.evidence())
	}
}

// finish says that the fault is over, while what it changed may remain.
func (l *life) finish(evidence string) {
	l.over = true
	l.say(showdown.FaultUndone, probeSource, map[string]any{"evidence": evidence, "facts": l.facts()})
	l.ended.happens()
}

// conclude is finish where nothing remains to be undone.
func (l *life) conclude(evidence string) {
	for _, h := range l.hits {
		l.settled(h)
	}
	l.finish(evidence)
}

// settled notes that nothing of a hit remains to be undone.
func (l *life) settled(h *hit) {
	h.undone, h.verified = true, true
	// A record that cannot be struck out is undone once more by the next start, which
	// then finds nothing.
	_ = l.journal.Done(h.record)
}
