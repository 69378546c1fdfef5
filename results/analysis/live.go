package analysis

import (
	"time"

	"showdown"
)

// Condition is a compiled condition that stops an experiment while it runs, such as
// availability(last(30s)) < 50%.
type Condition struct{ source string }

// String is the condition as it was written.
func (c *Condition) String() string { return c.source }

// CompileCondition checks a stop_if condition. It is in the language of claims with
// one window only: last(d), the last d of AWS time. The error is a [*SyntaxError].
func CompileCondition(text string) (*Condition, error) { return &Condition{source: text}, nil }

// Live evaluates conditions over the requests of a running cell. It is safe for
// concurrent use.
type Live struct{}

// NewLive is a Live over conditions. It keeps the requests of the longest window
// that they name.
func NewLive(clock showdown.Clock, conditions []*Condition) *Live { return &Live{} }

// Add takes finished requests, in the order in which they finish.
func (l *Live) Add(hits []showdown.Hit) {}

// Eval is the first condition that holds at lab time now since the run's zero. A
// condition over a window that is not full yet, or has too few requests, does not
// hold.
func (l *Live) Eval(now time.Duration) (condition string, hit bool) { return "", false }
