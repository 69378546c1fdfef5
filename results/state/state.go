// Package state folds a run's events into what its nodes are. It is what the metrics and
// the live page share: one rule for what a state may claim, in whatever form it is shown.
package state

import "showdown"

// State is what a node is, as the metric showdown_node_state encodes it.
type State int

// The states of a node.
const (
	// Off is a node that does not run, or is not known yet.
	Off State = iota
	// Up is one that serves.
	Up
	// Degraded is one that serves worse than it should, by a fault.
	Degraded
	// Down is one that should serve and does not.
	Down
	// Recovering is one that comes back, or comes up.
	Recovering
)

// String is the state's name.
func (s State) String() string {
	switch s {
	case Off:
		return "off"
	case Up:
		return "up"
	case Degraded:
		return "degraded"
	case Down:
		return "down"
	case Recovering:
		return "recovering"
	}
	return "unknown"
}

// severity orders the states that several actions may put one node in.
func (s State) severity() int {
	switch s {
	case Down:
		return 3
	case Recovering:
		return 2
	case Degraded:
		return 1
	}
	return 0
}

// With are the parameters of an action, which the event of its plan carries.
func With(e showdown.Event) map[string]string {
	switch with := e.Data["with"].(type) {
	case map[string]string:
		return with
	case map[string]any: // read from a record
		out := map[string]string{}
		for name, v := range with {
			out[name] = showdown.Text(v)
		}
		return out
	}
	return nil
}

// Effect is the state that an action puts its targets in; ok is false for one that acts
// through EC2, whose own events tell the state, or on no node. With are the parameters of
// its step.
func Effect(action string, with map[string]string) (s State, ok bool) {
	switch action {
	case "kill", "hang", "blackhole", "fail-az", "fill-queue":
		return Down, true
	case "error-500", "deep-failure":
		if share := with["share"]; share == "" || share == "100%" || share == "1" {
			return Down, true
		}
		return Degraded, true
	case "slow", "cpu-steal", "packet-delay", "clock-skew", "leak":
		return Degraded, true
	}
	return Off, false
}
