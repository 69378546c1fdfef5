package chaos

import (
	"context"
	"fmt"
	"slices"

	"showdown"
	"showdown/targets/cloud"
)

// zonal is what the fake knows of zones, load balancers and Auto Scaling groups: the
// balancer "lb" with a node in each of two zones and the target group "web", in which all
// instances are, and the Auto Scaling group "fleet", of which there are only numbers.
type zonal struct {
	closed map[string]bool
	cut    [][2]string
	nodes  []*fakeNode
	// health is what the target group says, by instance.
	health    map[string]string
	path      string
	wrong     bool
	desired   int
	inService int
	suspended bool
	aside     string // who is in the warm pool
	dead      string // whose checks fail whatever they ask for
	refresh   string
	percent   int
	refreshes []string
}

type fakeNode struct {
	Node
	machine *fakeMachine
}

// AWS times of the fake.
const (
	turnTime    = showdown.Minute // until health checks have made up their mind
	drainTime   = showdown.Minute
	refreshTime = 90 * showdown.Second
)

// balance gives the world its balancer and its group.
func (w *world) balance() {
	w.az = zonal{closed: map[string]bool{}, health: map[string]string{}, path: healthPath, desired: 2, inService: 2}
	for i, zone := range []string{"us-east-1a", "us-east-1b"} {
		name := showdown.LoadBalancer{Name: "lb"}.NodeName(zone)
		w.az.nodes = append(w.az.nodes, &fakeNode{
			Node{Name: name, Zone: zone, Address: fmt.Sprintf("6.0.0.%d:8080", i+1), InDNS: true}, w.newMachine(name),
		})
	}
	for _, b := range w.instances {
		w.az.health[b.Name] = targetHealthy
	}
}

// close keeps the internet out of an instance, but not the balancer's nodes.
func (w *world) close(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules.let[w.groupOf(name)] = []string{"nodes"}
	b := w.box(name)
	b.Closed, b.Instance.Instance.Private, b.Public = true, true, ""
}

// topology is what a stage file would say of it.
func (w *world) topology() showdown.Topology {
	return showdown.Topology{
		LoadBalancers: []showdown.LoadBalancer{{
			Name: "lb", Type: showdown.ApplicationBalancer, Zones: []string{"us-east-1a", "us-east-1b"},
			TargetGroups: []showdown.TargetGroup{{Name: "web", HealthCheck: showdown.TargetHealthCheck{
				Path: healthPath, Interval: 15 * showdown.Second, Timeout: 5 * showdown.Second, HealthyThreshold: 3, UnhealthyThreshold: 3,
			}}},
		}},
		AutoScalingGroups: []showdown.AutoScalingGroup{{Name: "fleet", Max: 10, Zones: []string{"us-east-1a"}, Template: showdown.Instance{Type: "t2.micro"}}},
		HostedZone:        &showdown.HostedZone{Name: "mine.com", Records: []showdown.RecordSet{{Name: "@"}, {Name: "one"}, {Name: "www", Alias: "lb"}}},
	}
}

func (w *world) node(name string) *fakeNode {
	for _, n := range w.az.nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

func (w *world) nodeAddresses() (out []string) {
	for i := range w.az.nodes {
		out = append(out, fmt.Sprintf("6.0.0.%d", i+1))
	}
	return out
}

// balanced fails unless zones, balancer and groups are as at the beginning. mu is held.
func (w *world) balanced() {
	w.t.Helper()
	for _, n := range w.az.nodes {
		if !n.machine.alive() || n.machine.paused || len(n.machine.on) > 0 {
			w.t.Errorf("node %s: alive %t, paused %t, under %v", n.Name, n.machine.alive(), n.machine.paused, n.machine.on)
		}
	}
	for zone, closed := range w.az.closed {
		if closed {
			w.t.Errorf("no launch is possible in %s", zone)
		}
	}
	for name, state := range w.az.health {
		if b := w.box(name); b.State == "running" && state != targetHealthy && state != targetInitial {
			w.t.Errorf("%s is %s", name, stateWord(state))
		}
	}
	if len(w.az.cut) > 0 || w.az.wrong || w.az.suspended || w.az.desired != 2 {
		w.t.Errorf("still cut %v, wrong check %t, suspended %t, desired %d", w.az.cut, w.az.wrong, w.az.suspended, w.az.desired)
	}
	if got := w.places.records["www"]; !slices.Equal(got, w.nodeAddresses()) {
		w.t.Errorf("www is at %v", got)
	}
}

func full(operation string) error {
	return &Refusal{Operation: operation, Code: noCapacity, Message: "no room"}
}

// Zones.

func (w *world) ZoneNames() []string { return []string{"us-east-1a", "us-east-1b"} }

func (w *world) CloseZone(zone string) error { return w.gate(zone, true) }
func (w *world) OpenZone(zone string) error  { return w.gate(zone, false) }

func (w *world) gate(zone string, closed bool) error {
	w.tell("closed %s %t", zone, closed)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.deaf["gate"] {
		w.az.closed[zone] = closed
	}
	return w.broken["gate"]
}

func (w *world) TryLaunch(_ context.Context, zone string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.az.closed[zone] {
		return full("RunInstances")
	}
	return nil
}

func (w *world) Nodes() (out []Node) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.az.nodes {
		out = append(out, n.Node)
	}
	return out
}

func (w *world) NodeMachine(name string) (cloud.Machine, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := w.node(name); n != nil && n.machine.alive() {
		return n.machine, true
	}
	return nil, false
}

func (w *world) RestartNode(_ context.Context, name string) error {
	w.tell("restart %s", name)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.node(name).machine = w.newMachine(name)
	return w.broken["restart"]
}

func (w *world) CutZones(_ context.Context, a, b string) error {
	w.tell("cut zones %s %s", a, b)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.deaf["cut"] {
		w.az.cut = append(w.az.cut, [2]string{a, b})
	}
	return nil
}

func (w *world) UncutZones(_ context.Context, a, b string) error {
	w.tell("uncut zones %s %s", a, b)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.az.cut = slices.DeleteFunc(w.az.cut, func(c [2]string) bool { return c == [2]string{a, b} })
	return nil
}

// apart says that a link between two zones is cut. mu is held.
func (w *world) apart(from, to string) bool {
	zone := func(name string) string {
		if b := w.box(name); b != nil {
			return b.Zone
		}
		if n := w.node(name); n != nil {
			return n.Zone
		}
		return ""
	}
	a, b := zone(from), zone(to)
	return slices.Contains(w.az.cut, [2]string{a, b}) || slices.Contains(w.az.cut, [2]string{b, a})
}

// Balancers.

func (w *world) TargetGroups() []string { return []string{"web"} }

func (w *world) HealthCheckPath(_ string) string { w.mu.Lock(); defer w.mu.Unlock(); return w.az.path }

func (w *world) TargetHealth(_, instance string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b := w.box(instance); b == nil || ending(b.Instance) {
		return ""
	}
	if instance == w.az.dead && w.az.health[instance] != "" {
		return targetUnhealthy
	}
	return w.az.health[instance]
}

func (w *world) Register(_ context.Context, group, instance string) error {
	w.tell("register %s %s", group, instance)
	w.turnTo(instance, targetInitial, targetHealthy, turnTime)
	return w.broken["register"]
}

func (w *world) Deregister(_ context.Context, group, instance string) error {
	w.tell("deregister %s %s", group, instance)
	if err := w.broken["deregister"]; err != nil {
		return err
	}
	if !w.deaf["deregister"] {
		w.turnTo(instance, targetDraining, "", drainTime)
	}
	return nil
}

// turnTo puts a target into a state, which after a time becomes another one.
func (w *world) turnTo(instance, now, then string, after showdown.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.az.health[instance] = now
	w.later(after, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.az.health[instance] == now {
			w.az.health[instance] = then
		}
	})
}

func (w *world) SetHealthCheck(_ context.Context, group, path, matcher string) (func(context.Context) error, error) {
	w.tell("check %s %s%s", group, path, matcher)
	if err := w.broken["check"]; err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.deaf["check"] {
		w.az.wrong = true
	}
	if path != "" {
		w.az.path = path
	}
	turn := func(wrong bool, from, to string) {
		w.later(turnTime, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			for name, state := range w.az.health {
				if w.az.wrong == wrong && state == from {
					w.az.health[name] = to
				}
			}
		})
	}
	turn(true, targetHealthy, targetUnhealthy)
	return func(context.Context) error {
		w.tell("check %s restored", group)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.az.wrong, w.az.path = false, healthPath
		turn(false, targetUnhealthy, targetHealthy)
		return nil
	}, nil
}

func (w *world) RemoveBalancer(_ context.Context, balancer string) (func(context.Context) error, error) {
	w.tell("remove balancer %s", balancer)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deaf["balancer"] {
		return func(context.Context) error { return nil }, nil
	}
	var at []string
	for _, b := range w.instances {
		at = append(at, b.Public)
	}
	for _, n := range w.az.nodes {
		n.machine.end()
	}
	w.place("www", at)
	return func(context.Context) error {
		w.tell("balancer %s restored", balancer)
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, n := range w.az.nodes {
			n.machine = w.newMachine(n.Name)
		}
		w.place("www", w.nodeAddresses())
		return nil
	}, nil
}

func (w *world) RemoveName(_ context.Context, host string) ([]string, func(context.Context) error, error) {
	w.tell("remove name %s", host)
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.places.records[host]
	if !w.deaf["name"] {
		w.place(host, nil)
	}
	return at, func(context.Context) error {
		w.tell("name %s restored", host)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.place(host, at)
		return nil
	}, nil
}

// place lets the name server give these addresses. mu is held.
func (w *world) place(host string, at []string) {
	w.places.records[host], w.places.known[host] = at, slices.Clone(at)
}
