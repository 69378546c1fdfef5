package live

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

const (
	// askSeconds is how long the room is asked unless another time is given, in real
	// seconds, and mostAskSeconds the longest.
	askSeconds     = 15
	mostAskSeconds = 300
	// maxVoters bounds how many vote on a question.
	maxVoters = 1000
	// minVoter and maxVoter bound the length of the random id of a voter.
	minVoter, maxVoter = 8, 64
)

// Choice is what users will see of a fault, as the room predicts it.
type Choice int

// The choices. A fault has exactly one of them in the end.
const (
	// Nothing: no request fails.
	Nothing Choice = iota
	// ForAWhile: requests fail, and it is good again before anybody repairs.
	ForAWhile
	// UntilRepair: requests fail until the repair.
	UntilRepair
	choices
)

// Poll is where a question is.
type Poll string

// The states of a question. Firing is closed and the action ordered; Refused is one that could not be done.
const (
	Open      Poll = "open"
	Firing    Poll = "firing"
	Fired     Poll = "fired"
	Refused   Poll = "refused"
	Withdrawn Poll = "withdrawn"
)

// Prediction is the question what users will see, and what came of it.
type Prediction struct {
	// On says that a button asks before it fires. Seconds is for how long, in real time.
	On      bool    `json:"on"`
	Seconds float64 `json:"seconds"`
	// ID names the newest question; without one nothing below is said.
	ID     string            `json:"id,omitempty"`
	State  Poll              `json:"state,omitempty"`
	Action string            `json:"action,omitempty"`
	Target string            `json:"target,omitempty"`
	Label  map[string]string `json:"label,omitempty"`
	Blast  map[string]string `json:"blast,omitempty"`
	// LeftS is the real time until it fires.
	LeftS float64 `json:"left_s"`
	// Counts are the votes for each [Choice].
	Counts [choices]int `json:"counts"`
	// Letter is the fault that it fired; Error and Hint say why it could not.
	Letter string `json:"letter,omitempty"`
	Error  string `json:"error,omitempty"`
	Hint   string `json:"hint,omitempty"`
	// Measured is what users saw, when that is known.
	Measured *Measured `json:"measured,omitempty"`
}

// Measured is what users saw of a fault.
type Measured struct {
	Choice Choice `json:"choice"`
	Failed uint64 `json:"failed"`
	// FailedForS is the AWS time from the fault's beginning to its last failed request,
	// OutageS the longest without a good answer.
	FailedForS float64 `json:"failed_for_s"`
	OutageS    float64 `json:"outage_s"`
}

// cameTrue is the choice that a fault came to; ok is false of one that is not over, and of
// one that never was. It is the same that the verdict says.
func cameTrue(f *Fault) (c Choice, ok bool) {
	switch {
	case f.Phase != Healed || !f.began():
		return 0, false
	case f.Failed == 0 || f.LastFailedS == nil:
		return Nothing, true
	case f.SelfHealed:
		return ForAWhile, true
	}
	return UntilRepair, true
}

// judge notes what users saw of the fault that the room was asked about, as soon as service
// is good after its end, or another fault makes that unknowable. The hub's lock is held.
func (h *Hub) judge() {
	q := h.ballot.q
	if q == nil || q.state != Fired || q.measured != nil {
		return
	}
	for _, name := range h.order {
		c := h.cells[name]
		end := h.limit(c)
		for _, f := range c.told(end) {
			if f.Letter != q.letter || f.ToS == nil || !c.quiet(&f, end) {
				continue
			}
			if choice, ok := cameTrue(&f); ok {
				q.measured = &Measured{Choice: choice, Failed: f.Failed, OutageS: f.OutageS}
				if f.LastFailedS != nil {
					q.measured.FailedForS = *f.LastFailedS - *f.FromS
				}
				h.ballot.changed = true
			}
			return
		}
	}
}

// quiet says that no more failures will count for a fault that is over: the newest moment is
// long enough after its end, and after the last failure.
func (c *cell) quiet(f *Fault, end int) bool {
	last := *f.ToS
	if f.LastFailedS != nil {
		last = math.Max(last, *f.LastFailedS)
	}
	return end > int(c.lab(last)/c.series.width)+moment || c.ended
}

// tell tells viewers of the ballot where they do not know all: at once of another state, and
// once a second while it is open, so that all count down alike. The hub's lock is held.
func (h *Hub) tell(always bool) {
	b, now := &h.ballot, h.now()
	if !b.changed && !always && (!b.open() || now.Sub(b.toldAt) < time.Second) {
		return
	}
	p := b.wire(now)
	if p == nil {
		p = &Prediction{Seconds: b.seconds}
	}
	b.changed, b.toldAt = false, now
	h.send("prediction", p)
}

// question is the id of the newest one.
func (h *Hub) question() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ballot.q == nil {
		return ""
	}
	return h.ballot.q.id
}

// withdraw closes an open question without an action.
func (h *Hub) withdraw() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	ok := h.ballot.withdraw()
	if ok {
		h.tell(true)
	}
	return ok
}

// healed withdraws an open question, and remembers that somebody healed.
func (h *Hub) healed() {
	h.withdraw()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heals++
}

// ask opens a question in prediction mode about an order that has a button; asked is false
// where the order is to be carried out at once.
func (d *desk) ask(o Order) (asked bool, err error) {
	h := d.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ballot.on {
		return false, nil
	}
	for _, b := range h.buttons {
		if !b.means(o) {
			continue
		}
		if err := h.ballot.ask(o, b, h.now()); err != nil {
			return false, err
		}
		h.tell(true)
		return true, nil
	}
	return false, nil
}

// fire carries out what the room was asked about, when its time has come or early.
func (d *desk) fire(ctx context.Context, early bool) (id string, err error) {
	h := d.hub
	h.mu.Lock()
	o, ok := h.ballot.take(h.now(), early)
	heals := h.heals
	if ok {
		h.tell(true)
	}
	h.mu.Unlock()
	if !ok {
		return "", &Refusal{http.StatusConflict, "no question is open", "press a chaos button first"}
	}
	if d.replay != nil {
		return d.replay.strike(), nil
	}
	ctx = context.WithoutCancel(ctx)
	id, err = d.control.Chaos(ctx, o)
	h.mu.Lock()
	h.ballot.fired(id, err)
	h.tell(true)
	heals = h.heals - heals
	h.mu.Unlock()
	if heals > 0 {
		// Somebody healed while it was being ordered: it may have come after that.
		_, err := d.heals.do(ctx, func() (string, error) { return d.control.Heal(ctx) })
		return id, err
	}
	return id, err
}

// predict turns prediction mode on and off, and closes or withdraws the question.
func (d *desk) predict(w http.ResponseWriter, r *http.Request) {
	var c struct {
		On      *bool    `json:"on"`
		Seconds *float64 `json:"seconds"`
		// Close fires now, Withdraw not at all.
		Close    bool `json:"close"`
		Withdraw bool `json:"withdraw"`
	}
	if !decode(w, r, &c) {
		return
	}
	switch {
	case c.Seconds != nil && !(*c.Seconds >= 1 && *c.Seconds <= mostAskSeconds):
		refuse(w, http.StatusBadRequest, "the time to vote is out of bounds", fmt.Sprintf("1 to %d seconds", mostAskSeconds))
		return
	case c.Close:
		id, err := d.fire(r.Context(), true)
		accepted(w, id, err)
		return
	case c.Withdraw && !d.hub.withdraw():
		refuse(w, http.StatusConflict, "no question is open", "there is nothing to withdraw")
		return
	}
	h := d.hub
	h.mu.Lock()
	if c.On != nil {
		if h.ballot.on = *c.On; !h.ballot.on {
			h.ballot.withdraw()
		}
	}
	if c.Seconds != nil {
		h.ballot.seconds = *c.Seconds
	}
	h.tell(true)
	id := h.server + "-" + strconv.FormatUint(h.seq, 10)
	h.mu.Unlock()
	accepted(w, id, nil)
}

// vote takes a voter's choice. Whoever looks on may vote.
func (d *desk) vote(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Question string  `json:"question"`
		Voter    string  `json:"voter"`
		Choice   *Choice `json:"choice"`
	}
	if !decode(w, r, &c) {
		return
	}
	choice := Choice(-1)
	if c.Choice != nil {
		choice = *c.Choice
	}
	h := d.hub
	h.mu.Lock()
	err := h.ballot.vote(c.Question, c.Voter, choice, h.now())
	h.mu.Unlock()
	// Counts are told with the next tick: a room that votes at once is one message.
	accepted(w, c.Question, err)
}
