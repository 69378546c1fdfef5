package chaos

import (
	"context"
	"fmt"
	"maps"

	"showdown/targets/cloud"
)

// victim is a machine that a failing zone takes down.
type victim struct {
	name string
	// node is where clients reach it where it is a load balancer's node; empty for an
	// instance.
	node    string
	machine cloud.Machine
	id      cloud.Identity
	// answered says that it did before.
	answered bool
	// down says that the fault took it down, and back that it was brought back, or that
	// somebody else has put an end to it, which spared says.
	down, back bool
	spared     string
	// slowed is the machine that answers slowly for a time after it came back.
	slowed cloud.Machine
}

// machinesIn are the machines of the nodes and of the instances in a zone now, and the
// instances that have none yet.
func (e *env) machinesIn(zone string) (nodes, instances []*victim, booting []string) {
	for _, n := range e.nodesIn(zone) {
		if m, ok := e.machineOf(n.Name); ok {
			nodes = append(nodes, &victim{name: n.Name, node: n.Address, machine: m, id: m.Identity()})
		}
	}
	for _, in := range e.instancesIn(zone) {
		if m, ok := e.lab.Machine(in.Name); ok {
			instances = append(instances, &victim{name: in.Name, machine: m, id: m.Identity()})
		} else if in.State == "pending" {
			booting = append(booting, in.Name)
		}
	}
	return nodes, instances, booting
}

// same says that two sets of victims are the same processes.
func same(a, b []*victim) bool {
	return maps.Equal(identities(a), identities(b))
}

func identities(all []*victim) map[string]cloud.Identity {
	out := map[string]cloud.Identity{}
	for _, v := range all {
		out[v.name] = v.id
	}
	return out
}

// seeVictim looks once at a victim.
func (e *env) seeVictim(ctx context.Context, v *victim, p patience) Sight {
	if v.node != "" {
		return e.probe.look(ctx, v.node, healthPath, p)
	}
	return e.lookAt(ctx, v.name, healthPath, p)
}

func (o *outage) see(ctx context.Context, v *victim) Sight {
	return o.seeVictim(ctx, v, o.patience())
}

// askOf asks something of a machine in bounded time.
func (e *env) askOf(ctx context.Context, m cloud.Machine, what func(context.Context, cloud.Machine) error) error {
	ctx, cancel := context.WithTimeout(ctx, e.limit.command)
	defer cancel()
	return what(ctx, m)
}

// order is a command as something to ask.
func order(c cloud.Command) func(context.Context, cloud.Machine) error {
	return func(ctx context.Context, m cloud.Machine) error {
		_, err := m.Do(ctx, c)
		return err
	}
}

// strikeDown takes a machine down in the way of the mode.
func (o *outage) strikeDown(ctx context.Context, v *victim) error {
	do := order(cloud.Command{Verb: cloud.Blackhole})
	switch o.mode {
	case "crash":
		do = func(ctx context.Context, m cloud.Machine) error { return m.Kill(ctx) }
	case "hang":
		do = func(ctx context.Context, m cloud.Machine) error { return m.Pause(ctx) }
	}
	// Whatever comes of it, something may have happened to the machine.
	v.down = true
	if v.node != "" {
		o.strike(v.name, true)
	}
	if err := o.askOf(ctx, v.machine, do); err != nil && !dead(v.machine) {
		return fmt.Errorf("take down %s: %w", v.name, err)
	}
	return nil
}

// wanted is what a look at a victim must meet.
func (o *outage) wanted() Sighting {
	switch o.mode {
	case "crash":
		return Refused
	case "hang":
		return Silent
	}
	return Unreachable
}

// lost waits until a victim is seen as the mode says. Of one that gave no answer before,
// nothing is to be seen.
func (o *outage) lost(ctx context.Context, v *victim) (words string, ok bool) {
	if !v.answered {
		return v.name + " gave no answer before", true
	}
	var last Sight
	ok = o.until(ctx, o.limit.effect, func() bool {
		last = o.see(ctx, v)
		return last.Saw == o.wanted() || last.Saw == Unseen
	})
	if last.Saw == Unseen {
		return o.lostInside(ctx, v)
	}
	return v.name + " " + last.String(), ok
}

// lostInside asks the control channel of a victim at which nobody is left to look: the
// nodes that could are down with it.
func (o *outage) lostInside(ctx context.Context, v *victim) (words string, ok bool) {
	switch o.mode {
	case "crash":
		if dead(v.machine) {
			return v.name + " process " + v.id.String() + " has ended", true
		}
	case "hang":
		ctx, cancel := context.WithTimeout(ctx, o.limit.answer)
		defer cancel()
		if _, err := v.machine.Do(ctx, cloud.Command{Verb: cloud.Stats}); err != nil && ctx.Err() != nil && !dead(v.machine) {
			return fmt.Sprintf("%s process %s answers no command in %s", v.name, v.id, o.limit.answer), true
		}
	}
	return v.name + " " + Sight{Saw: Unseen}.String(), false
}

// bringBack takes back what was done to a victim, unless it was terminated or replaced
// meanwhile: then there is nothing of this fault left. A slow one answers late at first.
func (o *outage) bringBack(ctx context.Context, v *victim, slow bool) error {
	if !v.down || v.back {
		return nil
	}
	err := o.revive(ctx, v, slow && v.node == "")
	if err != nil && o.outlived(v) == "" {
		return fmt.Errorf("bring back %s: %w", v.name, err)
	}
	v.spared = o.outlived(v)
	v.back = true
	if v.node != "" {
		o.strike(v.name, false)
	}
	return nil
}

// outlived says in words that a victim is beyond this fault; empty is that it is not.
func (o *outage) outlived(v *victim) string {
	if v.node == "" {
		in, ok := o.instance(v.name)
		switch {
		case !ok:
			return "is gone"
		case in.State != "running" && in.State != "pending":
			return "is " + in.State
		}
	}
	m, lives := o.machineOf(v.name)
	switch {
	case o.mode == "crash" && !lives, lives && m.Identity() == v.id:
		return ""
	case !lives:
		return "lost its process " + v.id.String() + ", and the fault with it"
	case o.mode == "crash":
		return "" // it is what came in its place, by whomever
	}
	return fmt.Sprintf("runs as process %s in the place of %s", m.Identity(), v.id)
}

// revive undoes the mode on one victim.
func (o *outage) revive(ctx context.Context, v *victim, slow bool) error {
	if o.outlived(v) != "" {
		return nil
	}
	late := order(cloud.Command{Verb: cloud.Delay, Delay: o.latency})
	if o.mode == "crash" {
		if err := o.restart(ctx, v); err != nil {
			return err
		}
		m, lives := o.machineOf(v.name)
		if !slow || !lives {
			return nil
		}
		v.slowed = m
		return o.askOf(ctx, m, late)
	}
	// What is frozen obeys no command, so that it is let on first.
	if o.mode == "hang" {
		if err := o.askOf(ctx, v.machine, func(ctx context.Context, m cloud.Machine) error { return m.Resume(ctx) }); err != nil {
			return err
		}
	}
	if slow {
		v.slowed = v.machine
		if err := o.askOf(ctx, v.machine, late); err != nil {
			return err
		}
	}
	if o.mode == "blackhole" {
		return o.askOf(ctx, v.machine, order(cloud.Command{Verb: cloud.Blackhole, Off: true}))
	}
	return nil
}

// restart runs a victim's process again, where nobody else has.
func (o *outage) restart(ctx context.Context, v *victim) error {
	if m, lives := o.machineOf(v.name); lives {
		if m.Identity() != v.id {
			return nil
		}
		if err := o.finishOff(ctx, m); err != nil {
			return err
		}
	}
	if v.node == "" {
		return o.lab.RestartMachine(ctx, v.name)
	}
	z, err := o.zones()
	if err != nil {
		return err
	}
	return z.RestartNode(ctx, v.name)
}

// cure ends the symptoms of a victim that came back slow.
func (o *outage) cure(ctx context.Context, v *victim) error {
	if v.slowed == nil {
		return nil
	}
	if err := o.askOf(ctx, v.slowed, order(cloud.Command{Verb: cloud.Delay, Off: true})); err != nil && !dead(v.slowed) {
		return fmt.Errorf("let %s answer at once: %w", v.name, err)
	}
	v.slowed = nil
	return nil
}

// recovered waits until a victim that came back answers as it did before.
func (o *outage) recovered(ctx context.Context, v *victim) (words string, ok bool) {
	switch {
	case v.spared != "":
		return v.name + " " + v.spared, true
	case !v.down || !v.answered:
		return v.name + " gave no answer before", true
	}
	var last Sight
	var beyond string
	ok = o.until(ctx, o.limit.effect, func() bool {
		last = o.see(ctx, v)
		beyond = o.outlived(v)
		return last.answered() || beyond != ""
	})
	if beyond != "" {
		return v.name + " " + beyond, true
	}
	return v.name + " " + last.String(), ok
}
