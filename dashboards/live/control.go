package live

import (
	"context"
	"fmt"
	"time"
)

// Control is a lab that keeps running and takes commands: what the page's buttons do. Its methods
// return once the command is accepted, with the id of what it began; whether it came to
// pass is told by the run's own events, the id among them. A command that cannot be
// done is a [*Refusal]. They are safe for concurrent use, and may tell the hub something meanwhile.
// The context does not end with the request: who leaves does not take back what was asked for.
type Control interface {
	// Buttons are the chaos actions that the stage which runs now offers, in the order of
	// its lesson, at most nine. It answers at once: it is asked several times a second, and
	// viewers are told where the answer is another one.
	Buttons() []Button
	// Chaos injects an action; the id is the fault's letter.
	Chaos(context.Context, Order) (id string, err error)
	// Heal undoes everything that is in place. It does nothing where nothing is.
	Heal(context.Context) (id string, err error)
	// Stage ends the stage that runs and starts another, or the same one anew.
	Stage(context.Context, Start) (id string, err error)
	// Rate changes the load, in requests a lab second.
	Rate(ctx context.Context, rate float64) (id string, err error)
}

// Order is a chaos action as it is asked for. Target selects as in a stage file; empty takes what the
// stage's own step has. For is AWS time after which it is undone; 0 waits for [Control.Heal], and
// a negative one takes what the stage's own step has.
type Order struct {
	Action, Target string
	For            time.Duration
	With           map[string]any
}

// Start is a stage as it is asked for. Speed is AWS seconds a lab second and Rate requests a lab
// second; 0 takes what there is now, or the stage's own.
type Start struct {
	Stage string  `json:"stage"`
	Speed float64 `json:"speed,omitempty"`
	Rate  float64 `json:"rate,omitempty"`
}

// Button is a chaos action that the page offers.
type Button struct {
	Action string `json:"action"`
	Target string `json:"target,omitempty"`
	// ForS is the AWS time after which it heals by itself; 0 is until HEAL ALL.
	ForS float64        `json:"for_s"`
	With map[string]any `json:"with,omitempty"`
	// Label is what stands on it, Blast whom it hits, Expect what the lesson says that
	// users will see: each in every language of the page, "en" and "fr".
	Label  map[string]string `json:"label"`
	Blast  map[string]string `json:"blast"`
	Expect map[string]string `json:"expect,omitempty"`
	// Hits are the nodes that it hits, as far as that is known before.
	Hits []string `json:"hits,omitempty"`
}

// means says whether an order is the button's: what it leaves open is the button's own.
func (b *Button) means(o Order) bool {
	if b.Action != o.Action || o.Target != "" && b.Target != o.Target {
		return false
	}
	for name, v := range o.With {
		if fmt.Sprint(b.With[name]) != fmt.Sprint(v) {
			return false
		}
	}
	return true
}

// Refusal is a command that cannot be done. Code is an HTTP status: 400 for one that is
// never possible, 409 for one that is not possible now.
type Refusal struct {
	Code       int
	Text, Hint string
}

func (r *Refusal) Error() string { return r.Text + ": " + r.Hint }
