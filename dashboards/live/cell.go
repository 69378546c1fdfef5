package live

import (
	"maps"
	"slices"
	"strings"
	"time"

	"showdown"
	"showdown/results/diagram"
	"showdown/results/state"
)

// cell is what is known of one cell of the stage.
type cell struct {
	spec     showdown.Cell
	clock    showdown.Clock
	segments []showdown.Segment
	series   series
	// shown is the number of the bucket up to which viewers know the series, and dirty the
	// lowest one that has changed since.
	shown, dirty int
	// zero is the wall time of the cell's zero; unknown before its first event.
	zero     time.Time
	monthUSD *float64
	// ticker are the newest lines in words.
	ticker []Line

	phase string
	ended bool
	// endedS is when its traffic ended, in AWS seconds: its clock stands still from then on.
	endedS float64
	nodes  map[string]*node
	minds  map[string]map[string]diagram.Belief // by target and the balancer's node
	// parts are the balancers' nodes by the drawing's ids, with whether they serve, and
	// partsTold what viewers were told of them.
	parts, partsTold map[string]bool
	faults           []*Fault
	// toldFaults is what viewers were told of the faults last.
	toldFaults []Fault
	// launched are the instances that a group launched, with their zones.
	launched map[string]launched
	// types are those of the instances that were changed.
	types map[string]string
	// zonesTold are the zones that viewers were told of, replans counts changes of the load.
	zonesTold map[string]bool
	replans   int
	drawing   int
	// ways are those of the drawing that has number waysOf.
	ways   []diagram.Edge
	waysOf int
}

type launched struct{ group, zone string }

// node is what is known of an instance.
type node struct {
	state.Node
	belief diagram.Belief
	// last is what viewers were told.
	last   Node
	sinceS float64
}

func newCell(spec *showdown.Cell, clock showdown.Clock, keep int) *cell {
	c := &cell{
		spec: *spec, clock: clock, segments: spec.Traffic.Segments(clock), series: series{width: bucketOf(clock), keep: keep},
		nodes: map[string]*node{}, minds: map[string]map[string]diagram.Belief{}, parts: map[string]bool{}, partsTold: map[string]bool{},
		launched: map[string]launched{}, types: map[string]string{}, zonesTold: map[string]bool{}, drawing: 1,
	}
	c.series.dropping = c.commit
	for _, in := range spec.Topology.AllInstances() {
		c.node(in.Name)
	}
	return c
}

func (c *cell) node(name string) *node {
	n, ok := c.nodes[name]
	if !ok {
		n = &node{}
		c.nodes[name] = n
	}
	return n
}

// truth is the state of a node by all that was reported, as the drawing calls it.
func (n *node) truth() diagram.State {
	if !n.Known() {
		return diagram.Unknown
	}
	return drawn(n.Truth())
}

// drawn is a state as the drawing calls it: by the same word.
func drawn(s state.State) diagram.State { return diagram.State(s.String()) }

// lab is lab time since the run's zero of AWS seconds.
func (c *cell) lab(awsSeconds float64) time.Duration {
	return c.clock.Lab(showdown.Duration(awsSeconds * float64(showdown.Second)))
}

func (c *cell) aws(lab time.Duration) float64 { return c.clock.AWS(lab).Seconds() }

// fold takes an event, and is the nodes that look different after it.
func (c *cell) fold(e showdown.Event) map[string]Node {
	if c.zero.IsZero() && !e.At.IsZero() {
		c.zero = e.At.Add(-c.lab(e.T))
	}
	switch e.Kind {
	case showdown.PhaseStarted:
		// What comes before the zero is told by a clock that starts later.
		c.zero, c.phase = e.At.Add(-c.lab(e.T)), e.Target
		if from, rate, ok := replanned(e); ok {
			c.segments = showdown.Replan(c.segments, c.lab(from), e.Target, rate)
			c.replans++
		}
	case showdown.TrafficEnded:
		c.ended, c.endedS = true, e.T
	case showdown.InstanceState:
		n := c.node(e.Target)
		booted := n.Pending()
		if n.Turn(showdown.Text(e.Data["to"])) && !booted {
			n.Seen() // what was not seen to boot is taken at EC2's word
		}
	case showdown.InstanceModified:
		if to := showdown.Text(e.Data["type"]); to != "" && c.types[e.Target] != to {
			c.types[e.Target] = to
			c.drawing++
		}
	case showdown.InstanceListening:
		c.node(e.Target).Arrive()
	case showdown.InstanceStatus:
		c.node(e.Target).Status(e)
		if showdown.Text(e.Data["instance"]) == "impaired" || showdown.Text(e.Data["system"]) == "impaired" {
			c.noticed(e, "status check")
		}
	case showdown.MachineLost, showdown.ProgramEnded:
		c.node(e.Target).Lose()
	case showdown.LabUp:
		for _, n := range c.nodes {
			n.LabUp()
		}
	case showdown.LabDown:
		for _, n := range c.nodes {
			n.LabDown()
			n.belief = ""
		}
	case showdown.TargetHealth, showdown.TargetState, showdown.BalancerNode, showdown.DNSHealth:
		c.believe(e)
	case showdown.ScalingActivity:
		c.scaled(e)
	case showdown.ChangeUndone:
		if n, ok := c.nodes[e.Target]; ok {
			n.Seen()
		}
	}
	if strings.HasPrefix(string(e.Kind), "fault.") {
		c.fault(e)
	}
	return c.changed(e.T)
}

// scaled notes what a group launches: it has a place in the drawing from then on.
func (c *cell) scaled(e showdown.Event) {
	name, zone := showdown.Text(e.Data["instance"]), showdown.Text(e.Data["zone"])
	if name == "" || !strings.HasPrefix(showdown.Text(e.Data["description"]), "Launching") {
		return
	}
	if _, known := c.launched[name]; known {
		return
	}
	for _, in := range c.spec.Topology.AllInstances() {
		if in.Name == name {
			return
		}
	}
	c.launched[name] = launched{e.Target, zone}
	c.drawing++
}

// others stands for the nodes of a balancer that have said nothing of a target since it was
// registered: they believe what was said then.
const others = ""

// changed are the nodes whose state or belief differs from what viewers were told, which
// they are from now on.
func (c *cell) changed(at float64) map[string]Node {
	var out map[string]Node
	tell := func(id string, n Node) {
		if out == nil {
			out = map[string]Node{}
		}
		out[id] = n
	}
	for name, n := range c.nodes {
		now := n.truth()
		if now != n.last.State {
			n.sinceS = at
		}
		if told := (Node{now, n.belief, n.sinceS}); told != n.last {
			n.last = told
			tell(diagram.InstanceID(name), told)
		}
	}
	for zone, down := range c.zones() {
		if was, known := c.zonesTold[zone]; !known || was != down {
			c.zonesTold[zone] = down
			tell(diagram.ZoneID(zone), zoned(down))
		}
	}
	for id, serves := range c.parts {
		if was, known := c.partsTold[id]; !known || was != serves {
			c.partsTold[id] = serves
			tell(id, part(serves))
		}
	}
	return out
}

// part is what a balancer's node looks like that serves or not.
func part(serves bool) Node {
	if serves {
		return Node{State: diagram.Up}
	}
	return Node{State: diagram.Off}
}

// allNodes is everything that viewers are told of the nodes, by the ids of the drawing.
func (c *cell) allNodes() map[string]Node {
	out := map[string]Node{}
	for name, n := range c.nodes {
		out[diagram.InstanceID(name)] = Node{n.truth(), n.belief, n.sinceS}
	}
	for id, serves := range c.parts {
		out[id] = part(serves)
	}
	for zone, down := range c.zones() {
		out[diagram.ZoneID(zone)] = zoned(down)
	}
	return out
}

// zones are the zones that a fault has hit, with whether they are down, whatever a group has
// launched elsewhere since.
func (c *cell) zones() map[string]bool {
	var out map[string]bool
	for _, f := range c.faults {
		zone := f.with["zone"]
		if f.Action != "fail-az" || zone == "" {
			continue
		}
		if out == nil {
			out = map[string]bool{}
		}
		out[zone] = out[zone] || f.began() && !f.Over()
	}
	return out
}

// zoned is what a zone looks like that is down or not.
func zoned(down bool) Node {
	if down {
		return Node{State: diagram.Down}
	}
	return Node{State: diagram.Up}
}

// replanned is the rate, in requests a lab second, that somebody has set from AWS second from on.
func replanned(e showdown.Event) (from, rate float64, ok bool) {
	from, _ = e.Data["from_s"].(float64)
	rate, ok = e.Data["offered"].(float64)
	is, _ := e.Data["replanned"].(bool)
	return from, rate, ok && is
}

// offered is the planned rate at lab time t.
func (c *cell) offered(t time.Duration) float64 {
	for _, s := range c.segments {
		if t >= s.Start && t < s.End {
			return s.Rate(t)
		}
	}
	return 0
}

// offeredSteps is the plan of the load as a line.
func (c *cell) offeredSteps() [][2]float64 {
	out := [][2]float64{}
	for _, s := range c.segments {
		n := 1
		if s.From != s.To || s.Amplitude != 0 {
			n = 24
		}
		for i := range n + 1 {
			t := s.Start + (s.End-s.Start)*time.Duration(i)/time.Duration(n)
			out = append(out, [2]float64{c.aws(t), s.Rate(t)})
		}
	}
	return out
}

// topology is the cell's, with the types that its instances have now.
func (c *cell) topology() showdown.Topology {
	t := c.spec.Topology
	t.Instances = slices.Clone(t.Instances)
	for i := range t.Instances {
		if now := c.types[t.Instances[i].Name]; now != "" {
			t.Instances[i].Type = now
		}
	}
	return t
}

// diagram is the architecture as it stands: what a group launched is in it, what it
// terminated is not.
func (c *cell) diagram(lang string) diagram.Diagram {
	d := diagram.Of(c.topology(), diagram.Options{Lang: lang})
	if len(c.launched) == 0 {
		return d
	}
	gone := func(id string) bool {
		for name, n := range c.nodes {
			if diagram.InstanceID(name) == id {
				return n.Gone()
			}
		}
		return false
	}
	d.Nodes = slices.DeleteFunc(d.Nodes, func(n diagram.Node) bool { return gone(n.ID) })
	d.Edges = slices.DeleteFunc(d.Edges, func(e diagram.Edge) bool { return gone(e.To) })
	for _, name := range slices.Sorted(maps.Keys(c.launched)) {
		l := c.launched[name]
		id := diagram.InstanceID(name)
		if gone(id) {
			continue
		}
		for _, g := range c.spec.Topology.AutoScalingGroups {
			if g.Name != l.group {
				continue
			}
			d.Nodes = append(d.Nodes, diagram.Node{
				ID: id, Kind: diagram.Instance, Name: name, About: []string{g.Template.Type},
				Tier: g.Template.Role + "\x00" + g.Name, Zone: l.zone,
			})
			for _, b := range c.spec.Topology.LoadBalancers {
				for _, tg := range b.TargetGroups {
					if slices.Contains(g.TargetGroups, tg.Name) {
						d.Edges = append(d.Edges, diagram.Edge{From: diagram.BalancerID(b.Name), To: id})
					}
				}
			}
		}
	}
	return d
}
