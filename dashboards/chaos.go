package dashboards

import (
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showdown"
	"showdown/results/state"
)

const (
	// noTarget is the target label of an action that hits no instance.
	noTarget = "traffic"
	// causeSlack is how far an outage may start before the action that causes it: a
	// request that is under way when the action strikes was meant to be sent before.
	causeSlack = 100 * time.Millisecond
	// causeGrace is how long after its undo an action may still cause an outage.
	causeGrace = 2 * showdown.Minute
)

// fault is a chaos action of the timeline that has begun.
type fault struct {
	letter, action string
	targets        []string
	from           time.Duration
	begun, undone  bool
	until          time.Duration
	// factor multiplies the offered rate while a spike is on; 0 for other actions.
	factor float64
}

// faultPhases are the values of the phase label: the kinds of a fault's events.
func faultPhases() []string {
	return []string{
		"planned", "injecting", "injected", "confirmed", "unconfirmed", "killed", "healing",
		"undone", "not_undone", "failed",
	}
}

// passing says that an action is over when it is done, instead of holding its
// target until it is undone.
func passing(action string) bool {
	switch action {
	case "resize-instance", "modify-instance-type", "start-instance", "tell-clients":
		return true
	}
	return false
}

// event takes one of the cell's events.
func (c *cell) event(ev showdown.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.clock.Lab(showdown.Duration(ev.T * float64(showdown.Second)))
	switch ev.Kind {
	case showdown.PhaseStarted:
		c.zero = ev.At.Add(-at)
		if rate, ok := ev.Data["offered"].(float64); ok && ev.Data["replanned"] == true {
			c.segments = showdown.Replan(c.segments, at, ev.Target, rate)
		}
	case showdown.TrafficEnded:
		c.ended = true
	case showdown.LabUp:
		for name, n := range c.nodes {
			if n.LabUp(); n.Running() {
				c.arrived(name)
			}
		}
	case showdown.LabDown:
		for name, n := range c.nodes {
			n.LabDown()
			c.show(name)
		}
		for name := range c.beliefs.targets {
			delete(c.beliefs.targets, name)
			c.believe(name)
		}
		clear(c.machines)
	case showdown.InstanceState:
		c.instanceState(ev.Target, showdown.Text(ev.Data["to"]), at)
	case showdown.InstanceListening:
		c.arrived(ev.Target)
	case showdown.InstanceAddress:
		c.reached(ev.Target, showdown.Text(ev.Data["private"]))
	case showdown.TargetHealth, showdown.TargetState, showdown.BalancerNode:
		c.balanced(ev)
	case showdown.InstanceStatus:
		if c.node(ev.Target).Status(ev) {
			c.arrived(ev.Target)
		}
	case showdown.MachineLost, showdown.ProgramEnded:
		c.node(ev.Target).Lose()
		c.awaited[ev.Target] = at
		c.show(ev.Target)
	default:
		if phase, ok := strings.CutPrefix(string(ev.Kind), "fault."); ok {
			c.faultEvent(phase, ev, at)
		}
	}
}

// instanceState takes EC2's word for a node. Who runs is waited for.
func (c *cell) instanceState(name, to string, at time.Duration) {
	if !c.node(name).Turn(to) {
		return
	}
	switch to {
	case "pending":
	case "running":
		c.awaited[name] = at
	default:
		delete(c.awaited, name)
	}
	c.show(name)
}

// arrived says that a node answers.
func (c *cell) arrived(name string) {
	c.node(name).Arrive()
	delete(c.awaited, name)
	c.show(name)
}

// node is the node of that name, made and exported as off when it is new.
func (c *cell) node(name string) *state.Node {
	n, ok := c.nodes[name]
	if !ok {
		n = &state.Node{}
		c.nodes[name] = n
		c.show(name)
	}
	return n
}

// show exports what the node is now.
func (c *cell) show(name string) {
	c.metrics.node.WithLabelValues(c.run, c.stage, c.name, name, sourceTruth).Set(float64(c.nodes[name].Truth()))
}

func (c *cell) chaos(letter, action, target string) prometheus.Gauge {
	return c.metrics.chaos.WithLabelValues(c.run, c.stage, c.name, letter, action, target)
}

// faultEvent takes a step in the life of the action whose letter is the target.
func (c *cell) faultEvent(phase string, ev showdown.Event, at time.Duration) {
	f := c.fault(ev)
	c.metrics.chaosEvents.WithLabelValues(c.run, c.stage, c.name, f.action, phase).Inc()
	if ev.Kind == showdown.FaultPlanned {
		// A lab that keeps running has steps that no file has.
		step := c.steps[f.letter]
		step.Do, step.With = f.action, state.With(ev)
		c.steps[f.letter] = step
	}
	held, hits := state.Effect(f.action, c.steps[f.letter].With)
	switch phase {
	case "injecting":
		f.from, f.begun, f.undone = at, true, false
		c.active(f, true)
	case "injected":
		if f.action == "spike" {
			f.factor = c.factor(f.letter)
		}
		if hits {
			c.affect(f, held)
		}
	case "confirmed", "unconfirmed":
		if passing(f.action) {
			c.active(f, false)
		}
	case "killed":
		name := showdown.Text(ev.Data["instance"])
		c.node(name).Affect(f.letter, NodeDown)
		c.show(name)
	case "healing":
		f.factor = 0
		if passing(f.action) {
			c.active(f, true)
		}
		if hits {
			c.affect(f, NodeRecovering)
		}
	case "undone", "failed":
		if !f.begun {
			return // its targets are not known: it still names what selects them
		}
		f.undone, f.until, f.factor = true, at, 0
		c.active(f, false)
		c.release(f, phase == "undone")
	case "not_undone":
		if hits {
			c.affect(f, held)
		}
	}
}

// fault is the action that the event is about, with the targets it names.
func (c *cell) fault(ev showdown.Event) *fault {
	f, ok := c.faults[ev.Target]
	if !ok {
		f = &fault{letter: ev.Target, action: c.steps[ev.Target].Do}
		c.faults[ev.Target] = f
	}
	if action := showdown.Text(ev.Data["action"]); action != "" {
		f.action = action
	}
	if targets := showdown.Texts(ev.Data["targets"]); len(targets) > 0 {
		f.targets = targets
	}
	return f
}

// active exports whether the action holds its targets.
func (c *cell) active(f *fault, on bool) {
	targets, value := f.targets, 0.0
	if len(targets) == 0 {
		targets = []string{noTarget}
	}
	if on {
		value = 1
	}
	for _, t := range targets {
		c.chaos(f.letter, f.action, t).Set(value)
	}
}

// affect puts the action's targets in a state. Those of a zone that fails are nodes of load
// balancers too, which have no state of their own.
func (c *cell) affect(f *fault, held NodeState) {
	for _, t := range f.targets {
		if n, ok := c.nodes[t]; ok {
			n.Affect(f.letter, held)
			c.show(t)
		}
	}
}

// release takes the action's hand off its targets; healed says that the probe saw
// them well again.
func (c *cell) release(f *fault, healed bool) {
	for _, t := range f.targets {
		n, ok := c.nodes[t]
		if !ok {
			continue
		}
		n.Release(f.letter)
		if healed && n.Running() {
			c.arrived(t)
		}
		c.show(t)
	}
}

// factor is how much a spike multiplies the rate by.
func (c *cell) factor(letter string) float64 {
	v := c.steps[letter].With["factor"]
	if v == "" {
		for _, p := range showdown.Actions()["spike"].Params {
			if p.Name == "factor" {
				v = p.Default
			}
		}
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || f <= 0 {
		return 1
	}
	return f
}

// spike is the product of the spikes that are on.
func (c *cell) spike() float64 {
	product := 1.0
	for _, f := range c.faults {
		if f.factor > 0 {
			product *= f.factor
		}
	}
	return product
}

// recovered exports how long an outage's cause took to get over: from the latest
// action that was at work when the outage began. An outage without one has none.
func (c *cell) recovered(o outage) {
	var cause *fault
	for _, f := range c.faults {
		if !f.begun || f.from > o.from+causeSlack || f.undone && f.until+c.clock.Lab(causeGrace) < o.from {
			continue
		}
		if cause == nil || f.from > cause.from {
			cause = f
		}
	}
	if cause == nil || o.to < cause.from {
		return
	}
	c.metrics.recovery.WithLabelValues(c.run, c.stage, c.name, cause.action).
		Observe(c.clock.AWS(o.to - cause.from).Seconds())
}
