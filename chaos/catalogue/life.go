package catalogue

import (
	"maps"
	"time"

	"showdown"
)

// life is when a step of a timeline was what, in lab time since the run's zero; nil
// where it was not.
type life struct {
	injecting, injected, killed, healing, undone *time.Duration
	// confirmed says that the probe saw it.
	confirmed bool
	evidence  string
	failure   string
	// facts are those that the probe found when it looked for the fault, later those
	// that it found when it looked for its end.
	facts, later map[string]any
}

// lives are the lives of a cell's steps by letter.
func lives(events []showdown.Event, cell string, clock showdown.Clock) map[string]*life {
	out := map[string]*life{}
	for _, e := range events {
		if e.Cell != cell || e.Target == "" {
			continue
		}
		switch e.Kind {
		case showdown.FaultInjecting, showdown.FaultInjected, showdown.FaultKilled, showdown.FaultConfirmed,
			showdown.FaultUnconfirmed, showdown.FaultHealing, showdown.FaultUndone, showdown.FaultFailed:
		default:
			continue
		}
		l := out[e.Target]
		if l == nil {
			l = &life{}
			out[e.Target] = l
		}
		l.apply(e, time.Duration(e.T/clock.Speed()*float64(time.Second)))
	}
	return out
}

func (l *life) apply(e showdown.Event, at time.Duration) {
	first := func(t **time.Duration) {
		if *t == nil {
			*t = &at
		}
	}
	switch e.Kind {
	case showdown.FaultInjecting:
		first(&l.injecting)
	case showdown.FaultInjected:
		first(&l.injected)
	case showdown.FaultKilled:
		first(&l.killed)
	case showdown.FaultHealing:
		first(&l.healing)
	case showdown.FaultUndone:
		if l.undone == nil {
			l.later, _ = e.Data["facts"].(map[string]any)
		}
		first(&l.undone)
	case showdown.FaultConfirmed, showdown.FaultUnconfirmed:
		l.confirmed = e.Kind == showdown.FaultConfirmed
		l.evidence, _ = e.Data["evidence"].(string)
		l.facts, _ = e.Data["facts"].(map[string]any)
	case showdown.FaultFailed:
		l.failure, _ = e.Data["error"].(string)
	}
}

// window is a stretch of a run whose requests are counted together. A request belongs
// to the window in which it ended, so that what was on its way when a fault began
// counts as the fault's.
type window struct {
	name string
	// after and until bound the end of a request; until 0 is no bound.
	after, until time.Duration
	// due and before bound the moment at which it was to be sent; before 0 is no bound.
	due, before time.Duration
}

func (w window) has(h *showdown.Hit) bool {
	end := h.Sent + h.Latency
	return h.Intended >= w.due && (w.before == 0 || h.Intended < w.before) &&
		end > w.after && (w.until == 0 || end <= w.until)
}

// The names of windows.
const (
	calm        = "calm"
	before      = "before"
	during      = "during"
	untilKilled = "until killed"
	onceKilled  = "once killed"
	after       = "after"
)

// windows are the stretches in which clients are looked at for the step of that letter.
// timeout is how long a request may take and length that of the traffic. What is sent
// within a timeout of a window's end is left out, since what becomes of it depends on
// what comes then.
func windows(all map[string]*life, letter string, repairs bool, timeout, length time.Duration) []window {
	l := all[letter]
	if l == nil || l.injecting == nil || l.injected == nil {
		return nil
	}
	out := []window{{name: before, after: -1, until: *l.injecting, due: since(all, letter, timeout)}}
	end := length
	switch {
	case l.healing != nil:
		end = *l.healing
	case l.undone != nil:
		end = *l.undone
	}
	last := min(end, length) - timeout
	switch {
	case end-*l.injected <= timeout:
		// It was over at once: what it has changed comes after it.
		return append(out, window{name: after, due: end, after: end, before: length - timeout})
	case l.killed != nil:
		return append(out,
			window{name: untilKilled, after: *l.injecting, until: *l.killed},
			window{name: onceKilled, after: *l.killed, before: last})
	case repairs:
		return append(out, window{name: during, due: *l.injected, after: *l.injected, before: last})
	}
	return append(out, window{name: during, after: *l.injecting, before: last})
}

// since is when what other steps did before the one of that letter was in place, or
// over, and everything that was on its way then had come to its end.
func since(all map[string]*life, letter string, timeout time.Duration) time.Duration {
	var out time.Duration
	for other, l := range all {
		if other == letter {
			continue
		}
		for _, t := range []*time.Duration{l.injected, l.killed, l.undone} {
			if t != nil && *t < *all[letter].injecting {
				out = max(out, *t+timeout)
			}
		}
	}
	return out
}

// news are the facts of the end that the beginning did not have. The address, the type
// and the state are those of every instance that is whole again.
func (l *life) news() map[string]any {
	out := maps.Clone(l.later)
	for k := range l.facts {
		delete(out, k)
	}
	for _, k := range []string{"address_after", "type_after", "state", "identity_after"} {
		delete(out, k)
	}
	return out
}
