package dashboards

import "showdown/results/state"

// NodeState is what a node is, as showdown_node_state encodes it.
type NodeState = state.State

// The states of a node.
const (
	NodeOff        = state.Off
	NodeUp         = state.Up
	NodeDegraded   = state.Degraded
	NodeDown       = state.Down
	NodeRecovering = state.Recovering
)
