package live

import (
	"strings"

	"showdown"
)

// ask stops a replay in prediction mode before a fault of the record strikes, and asks the
// room; it is true where it did. The hub's lock is held.
func (r *Replay) ask(e showdown.Event) bool {
	h := r.hub
	if !h.ballot.on || e.Kind != showdown.FaultInjecting || e.Cell != h.order[0] || e.Target == r.asked {
		return false
	}
	action, targets := showdown.Text(e.Data["action"]), strings.Join(showdown.Texts(e.Data["targets"]), ", ")
	label := strings.TrimSpace(e.Target + ": " + action + " " + targets)
	if h.ballot.ask(Order{Action: action, Target: targets}, Button{Label: map[string]string{english: label, french: label}}, h.now()) != nil {
		return false
	}
	r.asked, h.replay.At, h.replay.Paused = e.Target, e.T, true
	h.tell(true)
	return true
}

// strike plays on to the fault that the room was asked about, whose letter it is.
func (r *Replay) strike() string {
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ballot.fired(r.asked, nil)
	h.replay.Paused = false
	h.tell(true)
	return r.asked
}

// goOn closes an open question: somebody plays on. The hub's lock is held.
func (r *Replay) goOn() {
	if _, ok := r.hub.ballot.take(r.hub.now(), true); ok {
		r.hub.ballot.fired(r.asked, nil)
		r.hub.tell(true)
	}
}
