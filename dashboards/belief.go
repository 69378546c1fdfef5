package dashboards

import "showdown"

// sourceBalancer is the value of the source label for what the load balancers believe
// of a node, beside [sourceTruth].
const sourceBalancer = "balancer"

// beliefs is what a cell's load balancers think of their targets, from the words of
// their nodes. Each node has checks of its own, so they may differ.
type beliefs struct {
	// nodes are the names of the nodes, by balancer.
	nodes map[string]map[string]bool
	// targets are the registrations, by target.
	targets map[string]map[membership]*registration
}

// membership is a target's place in a group.
type membership struct{ balancer, group string }

// registration is a target that is in a group's rotation.
type registration struct {
	// said is the last word of each node; unsaid is what a node that said nothing yet
	// begins with.
	said   map[string]string
	unsaid string
}

// Words of a node for a target: the states of [showdown.TargetHealth].
const (
	wordHealthy = "healthy"
	wordInitial = "initial"
)

func newBeliefs() *beliefs {
	return &beliefs{nodes: map[string]map[string]bool{}, targets: map[string]map[membership]*registration{}}
}

// node takes note of a balancer's node.
func (b *beliefs) node(balancer, name string) {
	if b.nodes[balancer] == nil {
		b.nodes[balancer] = map[string]bool{}
	}
	b.nodes[balancer][name] = true
}

// register takes a target's state in a group's register: only a registered target is
// checked. A known one was healthy before, and its nodes go on believing so.
func (b *beliefs) register(target string, in membership, to string, known bool) {
	if to != "registered" {
		delete(b.targets[target], in)
		return
	}
	if b.targets[target] == nil {
		b.targets[target] = map[membership]*registration{}
	}
	r := &registration{said: map[string]string{}, unsaid: wordInitial}
	if known {
		r.unsaid = wordHealthy
	}
	b.targets[target][in] = r
}

// say takes a node's word for a target.
func (b *beliefs) say(target string, in membership, node, word string) {
	if b.targets[target] == nil {
		b.targets[target] = map[membership]*registration{}
	}
	r, ok := b.targets[target][in]
	if !ok {
		r = &registration{said: map[string]string{}, unsaid: wordInitial}
		b.targets[target][in] = r
	}
	b.node(in.balancer, node)
	r.said[node] = word
}

// of is what the balancers believe of a target: up where every node does, down where
// none does, degraded where they differ, recovering before the first word, and off
// where it is in no group.
func (b *beliefs) of(target string) NodeState {
	var all, healthy, initial int
	count := func(word string) {
		all++
		switch word {
		case wordHealthy:
			healthy++
		case wordInitial:
			initial++
		}
	}
	for in, r := range b.targets[target] {
		nodes := b.nodes[in.balancer]
		for node := range nodes {
			if word, ok := r.said[node]; ok {
				count(word)
			} else {
				count(r.unsaid)
			}
		}
		if len(nodes) == 0 {
			count(r.unsaid)
		}
	}
	switch {
	case all == 0:
		return NodeOff
	case healthy == all:
		return NodeUp
	case initial > 0 && healthy+initial == all:
		return NodeRecovering
	case healthy == 0:
		return NodeDown
	}
	return NodeDegraded
}

// balanced takes an event about a load balancer; any other is ignored.
func (c *cell) balanced(ev showdown.Event) {
	in := membership{showdown.Text(ev.Data["balancer"]), showdown.Text(ev.Data["group"])}
	switch ev.Kind {
	case showdown.BalancerNode:
		c.beliefs.node(in.balancer, ev.Target)
		c.reached(ev.Target, showdown.Text(ev.Data["private"]))
		for target := range c.beliefs.targets {
			c.believe(target)
		}
	case showdown.TargetState:
		known, _ := ev.Data["known"].(bool) // absent is not known
		c.beliefs.register(ev.Target, in, showdown.Text(ev.Data["to"]), known)
		c.believe(ev.Target)
	case showdown.TargetHealth:
		c.beliefs.say(ev.Target, in, showdown.Text(ev.Data["node"]), showdown.Text(ev.Data["to"]))
		c.believe(ev.Target)
	}
}

// believe exports what the load balancers believe of a node.
func (c *cell) believe(name string) {
	c.metrics.node.WithLabelValues(c.run, c.stage, c.name, name, sourceBalancer).Set(float64(c.beliefs.of(name)))
}
