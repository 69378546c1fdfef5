package analysis

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"showdown"
)

// Condition is a compiled condition that stops an experiment while it runs, such as
// availability(last(30s)) < 50%. It is immutable and safe for concurrent use.
type Condition struct {
	program *Program
	// longest is the longest window that it asks for, in AWS seconds.
	longest float64
}

// String is the condition as it was written.
func (c *Condition) String() string { return c.program.source }

// maxLast bounds the window of a condition, in AWS seconds.
const maxLast = 3600

// CompileCondition checks a stop_if condition. It is in the language of claims with
// one window only: last(d), the last d of AWS time, up to an hour. The error is a
// [*SyntaxError].
func CompileCondition(text string) (*Condition, error) {
	p, serr := compile(text, func(f function) bool { return f.live })
	if serr != nil {
		return nil, serr
	}
	c := &Condition{program: p}
	for _, w := range p.windows {
		call, ok := w.Node().(*ast.CallNode)
		if !ok || len(call.Arguments) != 1 {
			continue
		}
		d, ok := call.Arguments[0].(*ast.FloatNode)
		if !ok || d.Value <= 0 || d.Value > maxLast {
			return nil, syntaxError(text, 0, "the window must be written out and be at most 1h: last(30s)")
		}
		c.longest = max(c.longest, d.Value)
	}
	if c.longest == 0 {
		return nil, syntaxError(text, 0, "a condition is about the time up to now: availability(last(30s)) < 50%%")
	}
	return c, nil
}

// maxLive bounds how many requests a [Live] keeps. At a higher rate its windows are
// shorter than asked for.
const maxLive = 1 << 18

// Live evaluates conditions over the requests of a running cell. It is safe for
// concurrent use.
type Live struct {
	clock      showdown.Clock
	conditions []*Condition
	keep       time.Duration

	mu sync.Mutex
	// hits are the finished requests of the last keep, and some older ones.
	hits   []liveHit
	newest time.Duration
	names  map[string]int
}

// liveHit is what a condition may ask about a request.
type liveHit struct {
	end, latency time.Duration
	outcome      showdown.Outcome
	backend      int32
}

// NewLive is a Live over conditions. It keeps the requests of the longest window
// that they name.
func NewLive(clock showdown.Clock, conditions []*Condition) *Live {
	l := &Live{clock: clock, conditions: conditions, names: map[string]int{}}
	for _, c := range conditions {
		l.keep = max(l.keep, labTime(c.longest, clock))
	}
	return l
}

// Add takes finished requests, in about the order in which they finish.
func (l *Live) Add(hits []showdown.Hit) {
	if len(l.conditions) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range hits {
		h := &hits[i]
		n := int32(-1)
		if h.Backend != showdown.NoBackend {
			known, ok := l.names[h.Backend]
			if !ok {
				known = len(l.names)
				l.names[h.Backend] = known
			}
			n = int32(known)
		}
		end := h.Sent + h.Latency
		l.newest = max(l.newest, end)
		l.hits = append(l.hits, liveHit{end, h.Latency, h.Outcome, n})
	}
	l.prune()
}

// prune drops what no window holds any more, once that is half of all.
func (l *Live) prune() {
	old := 0
	for old < len(l.hits) && (l.hits[old].end < l.newest-l.keep || len(l.hits)-old > maxLive) {
		old++
	}
	if old > len(l.hits)/2 {
		l.hits = append(l.hits[:0], l.hits[old:]...)
	}
}

// Eval is the first condition that holds at lab time now since the run's zero. A
// window ends with the newest request that finished, so that what is still on its
// way is not missed. A condition over a window that reaches back before the run's
// zero, or that holds fewer than ten requests, does not hold.
func (l *Live) Eval(now time.Duration) (condition string, hit bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conditions {
		if now < labTime(c.longest, l.clock) || l.newest < labTime(c.longest, l.clock) {
			continue
		}
		v, err := expr.Run(c.program.program, l.env())
		if held, ok := v.(bool); err == nil && ok && held {
			return c.String(), true
		}
	}
	return "", false
}

var errTooFew = errors.New("too few requests")

// env binds the functions that conditions have.
func (l *Live) env() env {
	of := func(value func(*stretchOf) (float64, error)) func(Window) (float64, error) {
		return func(w Window) (float64, error) {
			s := l.window(w)
			if s.scheduled() < minRequests {
				return 0, errTooFew
			}
			return value(s)
		}
	}
	plainly := func(value func(*stretchOf) float64) func(Window) (float64, error) {
		return of(func(s *stretchOf) (float64, error) { return value(s), nil })
	}
	percentile := func(q float64) func(Window) (float64, error) {
		return of(func(s *stretchOf) (float64, error) {
			if s.ok() < minFor(q) {
				return 0, errTooFew
			}
			return s.latency().quantile(q).Seconds(), nil
		})
	}
	e := env{
		Last: func(d float64) (Window, error) {
			return Window{From: l.newest - labTime(d, l.clock), To: l.newest}, nil
		},
		Availability: plainly(func(s *stretchOf) float64 { return *s.availability() }),
		Requests:     plainly(func(s *stretchOf) float64 { return float64(s.scheduled()) }),
		Failed:       plainly(failedRequests),
		Goodput:      plainly(goodput), Offered: plainly(offered),
		Lost: plainly(func(s *stretchOf) float64 {
			return failedRequests(s) / float64(s.scheduled()) * s.length.Seconds() * l.clock.Speed()
		}),
		P50: percentile(50), P95: percentile(95), P99: percentile(99),
		Count: func(w Window, outcome string) (float64, error) {
			return plainly(func(s *stretchOf) float64 { return countOutcome(s, outcome) })(w)
		},
		Share: func(w Window, backend string) (float64, error) {
			return of(func(s *stretchOf) (float64, error) {
				if s.ok() < minRequests {
					return 0, errTooFew
				}
				n, known := l.names[backend]
				if !known || n >= len(s.backends) {
					return 0, nil
				}
				return float64(s.backends[n].ok) / float64(s.ok()), nil
			})(w)
		},
		Between: between, Abs: math.Abs,
	}
	return e
}

// window is what the requests that finished in w show.
func (l *Live) window(w Window) *stretchOf {
	t := &tally{}
	for i := range l.hits {
		h := &l.hits[i]
		if h.end <= w.From || h.end > w.To {
			continue
		}
		t.add(&showdown.Hit{Latency: h.latency, Outcome: h.outcome}, int(h.backend))
	}
	return &stretchOf{tally: *t, parts: []*tally{t}, length: w.To - w.From}
}

// String is w for messages.
func (w Window) String() string { return fmt.Sprintf("%s [%s, %s)", w.Cell, w.From, w.To) }
