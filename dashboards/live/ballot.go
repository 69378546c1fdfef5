package live

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// ballot is the room's question. Its methods take the time.
type ballot struct {
	on      bool
	seconds float64
	asked   int
	q       *question
	// told is when viewers were last told, changed that they do not know all.
	toldAt  time.Time
	changed bool
}

type question struct {
	id       string
	order    Order
	button   Button
	until    time.Time
	state    Poll
	votes    map[string]Choice
	counts   [choices]int
	letter   string
	err      error
	measured *Measured
}

// open says that the room is being asked.
func (b *ballot) open() bool { return b.q != nil && b.q.state == Open }

// ask opens a question.
func (b *ballot) ask(o Order, button Button, now time.Time) error {
	if b.q != nil && (b.q.state == Open || b.q.state == Firing) {
		return &Refusal{http.StatusConflict, "the room is being asked about another one", "close the question or withdraw it first"}
	}
	b.asked++
	b.q = &question{
		id: "question-" + strconv.Itoa(b.asked), order: o, button: button, state: Open, votes: map[string]Choice{},
		until: now.Add(time.Duration(b.seconds * float64(time.Second))),
	}
	b.changed = true
	return nil
}

// vote takes a voter's choice, instead of the one that it made before.
func (b *ballot) vote(id, voter string, c Choice, now time.Time) error {
	switch {
	case c < 0 || c >= choices:
		return &Refusal{http.StatusBadRequest, fmt.Sprintf("there is no choice %d", c), fmt.Sprintf("0 to %d", choices-1)}
	case len(voter) < minVoter || len(voter) > maxVoter:
		return &Refusal{http.StatusBadRequest, "the voter is missing or too long", fmt.Sprintf("a random id of %d to %d characters", minVoter, maxVoter)}
	case !b.open() || b.q.id != id || !now.Before(b.q.until):
		return &Refusal{http.StatusConflict, "the question is closed", "wait for the next one"}
	}
	before, again := b.q.votes[voter]
	switch {
	case again:
		b.q.counts[before]--
	case len(b.q.votes) >= maxVoters:
		return &Refusal{http.StatusTooManyRequests, fmt.Sprintf("%d have voted already", maxVoters), "raise your hand"}
	}
	b.q.votes[voter] = c
	b.q.counts[c]++
	b.changed = true
	return nil
}

// take closes the question whose time has come, or any where early is true; ok is false
// for none.
func (b *ballot) take(now time.Time, early bool) (o Order, ok bool) {
	if !b.open() || !early && now.Before(b.q.until) {
		return o, false
	}
	b.close(Firing)
	return b.q.order, true
}

// fired says what came of the order.
func (b *ballot) fired(letter string, err error) {
	if b.q == nil || b.q.state != Firing {
		return
	}
	b.q.letter, b.q.err, b.q.state = letter, err, Fired
	if err != nil {
		b.q.state = Refused
	}
	b.changed = true
}

// withdraw closes the question without an action; ok is false where none is open.
func (b *ballot) withdraw() (ok bool) {
	if !b.open() {
		return false
	}
	b.close(Withdrawn)
	return true
}

// close ends the votes. Who voted what is forgotten.
func (b *ballot) close(s Poll) {
	b.q.state, b.q.votes, b.changed = s, nil, true
}

// wire is the ballot as viewers are told of it; nil where there is nothing to tell.
func (b *ballot) wire(now time.Time) *Prediction {
	if !b.on && b.q == nil {
		return nil
	}
	p := &Prediction{On: b.on, Seconds: b.seconds}
	q := b.q
	if q == nil {
		return p
	}
	p.ID, p.State, p.Action, p.Target, p.Label, p.Blast = q.id, q.state, q.order.Action, q.order.Target, q.button.Label, q.button.Blast
	p.Counts, p.Letter, p.Measured = q.counts, q.letter, q.measured
	if q.state == Open {
		p.LeftS = max(0, q.until.Sub(now).Seconds())
	}
	var no *Refusal
	switch {
	case errors.As(q.err, &no):
		p.Error, p.Hint = no.Text, no.Hint
	case q.err != nil:
		p.Error = q.err.Error()
	}
	return p
}
