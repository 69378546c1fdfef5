package timings

import (
	"context"
	"fmt"
	"sync"
	"time"

	"showdown"
)

// seen is an event with the wall clock of its coming in.
type seen struct {
	showdown.Event
	at time.Time
}

// record is what a lab said, in order.
type record struct {
	mu   sync.Mutex
	all  []seen
	news chan struct{} // closed with the next event
}

func newRecord() *record { return &record{news: make(chan struct{})} }

// emit takes an event.
func (r *record) emit(e showdown.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, seen{e, time.Now()})
	close(r.news)
	r.news = make(chan struct{})
}

// from is what came in from number n on, and what is closed when there is more.
func (r *record) from(n int) ([]seen, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[n:len(r.all):len(r.all)], r.news
}

// pick says which events are meant.
type pick struct {
	kind showdown.EventKind
	// target is whom it is about; empty is anybody.
	target string
	// with are keys and values of the data, in turns.
	with []any
}

// of is the events of a kind about a target, of which the data has these values.
func of(kind showdown.EventKind, target string, with ...any) pick { return pick{kind, target, with} }

func (p pick) String() string { return fmt.Sprintf("%s of %q with %v", p.kind, p.target, p.with) }

func (p pick) means(e showdown.Event) bool {
	if e.Kind != p.kind || p.target != "" && e.Target != p.target {
		return false
	}
	for i := 0; i+1 < len(p.with); i += 2 {
		if e.Data[p.with[i].(string)] != p.with[i+1] {
			return false
		}
	}
	return true
}

// await is the first event that is meant and did not come in before since. It waits for
// it until ctx ends.
func (r *record) await(ctx context.Context, since time.Time, p pick) (seen, error) {
	for n := 0; ; {
		events, more := r.from(n)
		for _, e := range events {
			if !e.at.Before(since) && p.means(e.Event) {
				return e, nil
			}
		}
		n += len(events)
		select {
		case <-more:
		case <-ctx.Done():
			return seen{}, fmt.Errorf("waited in vain for %s: %w", p, context.Cause(ctx))
		}
	}
}

// all are the events that are meant, so far.
func (r *record) every(p pick) []seen {
	events, _ := r.from(0)
	var out []seen
	for _, e := range events {
		if p.means(e.Event) {
			out = append(out, e)
		}
	}
	return out
}
