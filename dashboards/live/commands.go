package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"sync"
	"time"

	"showdown"
)

const (
	// longestFault bounds the AWS time after which a chaos action may heal by itself.
	longestFault = 7 * 24 * time.Hour
	// highestRate bounds the load that may be asked for, in requests a lab second.
	highestRate = 100_000
	// longestName bounds the names of a command, in bytes.
	longestName = 200
)

// The paths of two commands that the guard treats apart.
const (
	healPath = "/api/v1/heal"
	votePath = "/api/v1/vote"
)

// desk takes the commands of a lab that keeps running, and asks the room before a chaos action where
// that is wanted. Of a replay it only asks, before a fault of the record strikes.
type desk struct {
	hub     *Hub
	control Control // nil for a replay
	replay  *Replay
	heals   rounds
}

// routes are the commands. Who may give them is the guard's business.
func (d *desk) routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /api/v1/prediction", d.predict)
	mux.HandleFunc("POST "+votePath, d.vote)
	if d.control == nil {
		return
	}
	mux.HandleFunc("GET /api/v1/chaos", d.list)
	mux.HandleFunc("POST /api/v1/chaos/{action}", d.chaos)
	mux.HandleFunc("POST "+healPath, d.heal)
	mux.HandleFunc("POST /api/v1/stage", d.stage)
	mux.HandleFunc("POST /api/v1/rate", d.rate)
}

// list says which chaos actions there are, and which are in place.
func (d *desk) list(w http.ResponseWriter, _ *http.Request) {
	out := struct {
		Stage   string   `json:"stage"`
		Buttons []Button `json:"buttons"`
		Faults  []Fault  `json:"faults"`
	}{Buttons: append([]Button{}, d.control.Buttons()...), Faults: []Fault{}}
	state := d.hub.State()
	out.Stage = state.Stage.ID
	if len(state.Cells) > 0 {
		for _, f := range state.Cells[0].Faults {
			if f.began() && !f.Over() {
				out.Faults = append(out.Faults, f)
			}
		}
	}
	answer(w, http.StatusOK, out)
}

// chaos injects an action. In prediction mode one that has a button is asked about first.
func (d *desk) chaos(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Target string         `json:"target"`
		For    *string        `json:"for"`
		With   map[string]any `json:"with"`
	}
	if !decode(w, r, &c) {
		return
	}
	o := Order{Action: r.PathValue("action"), Target: c.Target, For: -1, With: c.With}
	if len(o.Action) > longestName || len(o.Target) > longestName {
		refuse(w, http.StatusBadRequest, "the name is too long", "GET /api/v1/chaos lists the actions")
		return
	}
	if c.For != nil {
		took, err := time.ParseDuration(*c.For)
		if err != nil || took < 0 || took > longestFault {
			refuse(w, http.StatusBadRequest, "for "+quoted(*c.For)+" is no length of a fault",
				fmt.Sprintf(`AWS time such as "60s" or "5m", at most %v; "0s" lasts until it is healed`, longestFault))
			return
		}
		o.For = took
	}
	if asked, err := d.ask(o); asked || err != nil {
		accepted(w, d.hub.question(), err)
		return
	}
	id, err := d.control.Chaos(context.WithoutCancel(r.Context()), o)
	accepted(w, id, err)
}

// heal undoes everything. It is never refused for its pace: who presses HEAL ALL for the
// tenth time is in need of it. Callers at the same time share a call.
func (d *desk) heal(w http.ResponseWriter, r *http.Request) {
	if !decodeNothing(w, r) {
		return
	}
	// What was about to strike does not any more.
	d.hub.healed()
	id, err := d.heals.do(r.Context(), func() (string, error) { return d.control.Heal(context.WithoutCancel(r.Context())) })
	accepted(w, id, err)
}

// stage starts a stage.
func (d *desk) stage(w http.ResponseWriter, r *http.Request) {
	var s Start
	if !decode(w, r, &s) {
		return
	}
	switch {
	case s.Stage == "" || len(s.Stage) > longestName:
		refuse(w, http.StatusBadRequest, "no stage "+quoted(s.Stage), "GET /api/v1/state lists the stages")
		return
	case s.Rate != 0 && !sensible(s.Rate):
		refuseRate(w)
		return
	}
	if s.Speed != 0 {
		if _, err := showdown.NewClock(s.Speed); err != nil {
			refuse(w, http.StatusBadRequest, err.Error(), "AWS seconds a lab second, such as 10")
			return
		}
	}
	id, err := d.control.Stage(context.WithoutCancel(r.Context()), s)
	if err == nil {
		d.hub.withdraw() // it was about the stage that ends
	}
	accepted(w, id, err)
}

// rate changes the load.
func (d *desk) rate(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Rate float64 `json:"rate"`
	}
	if !decode(w, r, &c) {
		return
	}
	if !sensible(c.Rate) {
		refuseRate(w)
		return
	}
	id, err := d.control.Rate(context.WithoutCancel(r.Context()), c.Rate)
	accepted(w, id, err)
}

// sensible says whether a load can be asked for at all.
func sensible(rate float64) bool { return rate > 0 && rate <= highestRate && !math.IsNaN(rate) }

func refuseRate(w http.ResponseWriter) {
	refuse(w, http.StatusBadRequest, "the rate is out of bounds", fmt.Sprintf("requests a second, above 0 and at most %d", highestRate))
}

// accepted answers a command with the id of what it began, or with why it did not.
//
// Commands are given to [Control] without the request's end: who leaves does not take back what
// was asked for.
func accepted(w http.ResponseWriter, id string, err error) {
	var no *Refusal
	switch {
	case err == nil:
		answer(w, http.StatusAccepted, map[string]string{"event": id})
	case errors.As(err, &no):
		code := no.Code
		if code < 400 || code > 599 {
			code = http.StatusConflict
		}
		refuse(w, code, no.Text, no.Hint)
	default:
		refuse(w, http.StatusInternalServerError, err.Error(), "the terminal of showdown says more")
	}
}

// decodeNothing reads a command that says nothing: an empty body, or {}.
func decodeNothing(w http.ResponseWriter, r *http.Request) bool {
	data, err := io.ReadAll(r.Body)
	if err == nil && len(data) > 0 {
		var c struct{}
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "not a command: "+err.Error(), "an empty body, or {}")
		return false
	}
	return true
}

// attend does what is due: it tells of other buttons, and fires what the room was asked about.
func (d *desk) attend(ctx context.Context) {
	// Not under the hub's lock: a lab may tell the hub something while it answers.
	if d.control != nil {
		d.hub.offer(d.control.Buttons())
	}
	_, _ = d.fire(ctx, false) // viewers are told of its error
}

// offer says which buttons there are from now on.
func (h *Hub) offer(buttons []Button) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(buttons) == len(h.buttons) && (len(buttons) == 0 || reflect.DeepEqual(buttons, h.buttons)) {
		return
	}
	h.buttons = append([]Button{}, buttons...)
	h.announce()
}

// attend lets the hub's desk do what is due until ctx ends.
func (h *Hub) attend(ctx context.Context) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h.mu.Lock()
			d := h.desk
			h.mu.Unlock()
			if d != nil {
				d.attend(ctx)
			}
		}
	}
}

// round is a call that several callers share.
type round struct {
	done chan struct{}
	id   string
	err  error
}

// rounds lets callers share a call. One who comes while a call runs shares the next one: the
// running one may have begun before what the caller knows of. So any number at once
// make two calls.
type rounds struct {
	mu            sync.Mutex
	running, next *round
}

func (r *rounds) do(ctx context.Context, call func() (string, error)) (string, error) {
	r.mu.Lock()
	if shared := r.next; shared != nil {
		r.mu.Unlock()
		select {
		case <-shared.done:
			return shared.id, shared.err
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
	mine, before := &round{done: make(chan struct{})}, r.running
	r.next = mine
	r.mu.Unlock()
	defer close(mine.done)
	if before != nil {
		<-before.done
	}
	r.mu.Lock()
	r.next, r.running = nil, mine
	r.mu.Unlock()
	mine.id, mine.err = call()
	return mine.id, mine.err
}
