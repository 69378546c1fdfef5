package dashboards

// NodeState is what a node is, as showdown_node_state encodes it.
type NodeState int

// The states of a node.
const (
	NodeOff NodeState = iota
	NodeUp
	NodeDegraded
	NodeDown
	NodeRecovering
)

// String is the state's name on a dashboard.
func (s NodeState) String() string {
	switch s {
	case NodeOff:
		return "off"
	case NodeUp:
		return "up"
	case NodeDegraded:
		return "degraded"
	case NodeDown:
		return "down"
	case NodeRecovering:
		return "recovering"
	}
	return "unknown"
}

// node is what is known about an instance from the run's events and requests.
type node struct {
	// state is EC2's word for it; empty before the lab is up.
	state string
	// faults are the states that the active actions put it in, by letter.
	faults map[string]NodeState
	// lost says that its process ended unasked.
	lost bool
	// unseen says that it came up and no good answer of it was seen yet: EC2 calls
	// an instance running long before its application listens.
	unseen bool
}

// truth is the state that n is in, from all that is known. EC2's word comes first:
// a stopped machine has no other trouble.
func (n *node) truth() NodeState {
	switch n.state {
	case "", "stopping", "stopped", "shutting-down", "terminated":
		return NodeOff
	}
	if n.lost {
		return NodeDown
	}
	worst := NodeUp
	for _, s := range n.faults {
		if severity(s) > severity(worst) {
			worst = s
		}
	}
	switch {
	case worst == NodeDown, worst == NodeRecovering:
		return worst
	case n.state == "pending", n.unseen:
		return NodeRecovering
	}
	return worst
}

// severity orders the states that several actions may put one node in.
func severity(s NodeState) int {
	switch s {
	case NodeDown:
		return 3
	case NodeRecovering:
		return 2
	case NodeDegraded:
		return 1
	}
	return 0
}

// effect is the state that an action puts its target in, and false for actions that
// act through EC2, whose own events tell the state, or on no node.
func effect(action string, with map[string]string) (NodeState, bool) {
	switch action {
	case "kill", "hang", "blackhole", "fill-queue":
		return NodeDown, true
	case "error-500", "deep-failure":
		if share := with["share"]; share == "" || share == "100%" || share == "1" {
			return NodeDown, true
		}
		return NodeDegraded, true
	case "slow", "cpu-steal", "packet-delay", "clock-skew", "leak":
		return NodeDegraded, true
	}
	return NodeOff, false
}
