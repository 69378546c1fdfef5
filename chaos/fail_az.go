package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// failAZ lets an Availability Zone fail as AWS's own scenario for it does: everything in
// it is lost at once, and nothing can be launched there (AWS FIS User Guide, AZ
// Availability: Power Interruption). How the machines die, which parts fail and how it
// all comes back can be chosen.
func failAZ() deed {
	return deed{
		needsFor: func(v values) string {
			return map[string]string{"crash": "kill", "hang": "pause", "blackhole": string(cloud.Blackhole)}[v.choices["mode"]]
		},
		evidence: "every instance and node of the zone that answered before refuses, is silent or gives no connection, and EC2 refuses a launch there with InsufficientInstanceCapacity",
		bounds: map[string]string{
			"symptoms": "AWS time above 0, at most " + maxRecovery.String(), "spacing": "AWS time above 0, at most " + maxRecovery.String(),
		},
		check: func(v values) error {
			if v.choices["instances"] == "no" && v.choices["balancer"] == "no" && v.choices["launches"] == "no" {
				return errors.New("fail-az does nothing: leave one of instances, balancer and launches at yes")
			}
			for _, name := range []string{"symptoms", "spacing"} {
				if d := v.durations[name]; d > maxRecovery {
					return fmt.Errorf("%s of fail-az is %s: at most %s", name, d, maxRecovery)
				}
			}
			return nil
		},
		fits: func(c showdown.Cell, _ showdown.Step, v values) error { return needZone(c, v.names["zone"]) },
		effect: func(t *target, v values) effect {
			return &outage{
				target: t, zone: v.names["zone"], mode: v.choices["mode"], recovery: v.choices["recovery"],
				instances: v.choices["instances"] == "yes", balancer: v.choices["balancer"] == "yes", launches: v.choices["launches"] == "yes",
				symptoms: t.clock.Lab(v.durations["symptoms"]), spacing: t.clock.Lab(v.durations["spacing"]), latency: v.latency,
			}
		},
	}
}

// maxRecovery bounds the parts of a recovery, whose end must come.
const maxRecovery = 10 * showdown.Minute

type outage struct {
	*target
	zone, mode, recovery          string
	instances, balancer, launches bool
	symptoms, spacing, latency    time.Duration

	// mu is for hit, which others ask for while it lasts.
	mu  sync.Mutex
	hit []*victim
	// booting are instances that had no machine yet when it fired.
	booting []string
	// closed says that the launch gate was closed by us, sick since when the recovery's
	// symptoms show.
	closed bool
	sick   time.Time
}

// victims are the machines that it hits.
func (o *outage) victims() map[string]cloud.Identity {
	o.mu.Lock()
	defer o.mu.Unlock()
	return identities(o.hit)
}

// find is every machine of the zone now, as far as the parts go, and the instances that
// have none yet.
func (o *outage) find() (hit []*victim, booting []string) {
	nodes, instances, booting := o.machinesIn(o.zone)
	if o.balancer {
		hit = nodes
	}
	if !o.instances {
		return hit, nil
	}
	return append(hit, instances...), booting
}

func (o *outage) moved() bool {
	now, _ := o.find()
	o.mu.Lock()
	defer o.mu.Unlock()
	return !same(o.hit, now)
}

func (o *outage) ready(ctx context.Context) error {
	z, err := o.zones()
	if err != nil {
		return err
	}
	hit, _ := o.find()
	o.mu.Lock()
	o.hit = hit
	o.mu.Unlock()
	o.note()
	var looks sync.WaitGroup
	for _, v := range hit {
		looks.Go(func() { v.answered = o.see(ctx, v).answered() })
	}
	var full error
	if o.launches {
		looks.Go(func() { full = z.TryLaunch(ctx, o.zone) })
	}
	looks.Wait()
	answered := 0
	for _, v := range hit {
		if v.answered {
			answered++
		}
	}
	switch {
	case full != nil:
		return fmt.Errorf("no launch was possible in %s before: %w", o.zone, full)
	case len(hit) > 0 && answered == 0:
		return fmt.Errorf("nothing in %s gave an answer before", o.zone)
	case len(hit) == 0 && !o.launches:
		return fmt.Errorf("no machine runs in %s", o.zone)
	}
	return nil
}

// note writes down whom it hits.
func (o *outage) note() {
	var instances, parts []string
	nodes := 0
	for _, v := range o.hit {
		if v.node != "" {
			nodes++
		} else {
			instances = append(instances, v.name)
		}
	}
	for _, p := range []struct {
		name string
		on   bool
	}{{"instances", o.instances}, {"balancer", o.balancer}, {"launches", o.launches}} {
		if p.on {
			parts = append(parts, p.name)
		}
	}
	o.facts["zone"], o.facts["mode"], o.facts["parts"] = o.zone, o.mode, strings.Join(parts, ", ")
	o.facts["machines"], o.facts["instances"], o.facts["nodes"] = len(instances), strings.Join(instances, ", "), nodes
}

// inject closes the launch gate before the machines go, so that nothing slips in.
func (o *outage) inject(ctx context.Context) error {
	if o.launches {
		z, err := o.zones()
		if err != nil {
			return err
		}
		if err := z.CloseZone(o.zone); err != nil {
			return err
		}
		o.closed = true
	}
	// What was launched since it was prepared has no machine yet, and gets one soon.
	_, o.booting = o.find()
	return o.each(func(v *victim) error { return o.strikeDown(ctx, v) })
}

// each does something with all victims side by side.
func (o *outage) each(do func(*victim) error) error {
	problems := make([]error, len(o.hit))
	var all sync.WaitGroup
	for i, v := range o.hit {
		all.Go(func() { problems[i] = do(v) })
	}
	all.Wait()
	return errors.Join(problems...)
}

func (o *outage) confirm(ctx context.Context) (string, bool) {
	words := make([]string, len(o.hit))
	seen := make([]bool, len(o.hit))
	var looks sync.WaitGroup
	for i, v := range o.hit {
		looks.Go(func() { words[i], seen[i] = o.lost(ctx, v) })
	}
	looks.Wait()
	ok := true
	for _, yes := range seen {
		ok = ok && yes
	}
	if o.launches {
		said, refused := o.refuses(ctx)
		words, ok = append(words, said), ok && refused
	}
	return strings.Join(words, "; "), ok
}

// refuses says what EC2 answers to a launch in the zone.
func (o *outage) refuses(ctx context.Context) (words string, ok bool) {
	z, err := o.zones()
	if err != nil {
		return err.Error(), false
	}
	err = z.TryLaunch(ctx, o.zone)
	var refused *Refusal
	switch {
	case err == nil:
		return "a launch in " + o.zone + " is possible", false
	case errors.As(err, &refused):
		o.facts["code"] = refused.Code
		return "a launch in " + o.zone + " is refused: " + refused.Code, refused.Code == noCapacity
	}
	return err.Error(), false
}

// guard takes what was booting when the zone failed, as soon as its machine runs.
func (o *outage) guard(ctx context.Context) (killed string) {
	for len(o.booting) > 0 && ctx.Err() == nil {
		o.pause(ctx, o.limit.guard)
		var rest []string
		for _, name := range o.booting {
			in, ok := o.instance(name)
			m, runs := o.lab.Machine(name)
			switch {
			case !ok || ending(in):
			case !runs:
				rest = append(rest, name)
			default:
				v := &victim{name: name, machine: m, id: m.Identity()}
				// One that cannot be struck is like one that came up a moment too late.
				if o.strikeDown(ctx, v) == nil {
					o.mu.Lock()
					o.hit = append(o.hit, v)
					o.mu.Unlock()
				}
			}
		}
		o.booting = rest
	}
	return ""
}

func (o *outage) left() remains {
	if o.closed {
		return leavesFault
	}
	for _, v := range o.hit {
		if v.down {
			return leavesFault
		}
	}
	return leavesNothing
}

// undo brings the zone back in the way that the recovery says. A roll back lets no time
// pass for that.
func (o *outage) undo(ctx context.Context) error {
	recovery := o.recovery
	if o.hurry() {
		recovery = "clean"
	}
	if recovery == "staggered" {
		return o.oneByOne(ctx)
	}
	err := errors.Join(o.open(), o.each(func(v *victim) error { return o.bringBack(ctx, v, recovery == "dirty") }))
	if err != nil {
		return err
	}
	if recovery == "dirty" {
		if o.sick.IsZero() {
			o.sick = time.Now()
		}
		if o.pause(ctx, time.Until(o.sick.Add(o.symptoms))); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return o.each(func(v *victim) error { return o.cure(ctx, v) })
}

// oneByOne brings the victims back one after the other, the node first, and lets launches
// happen when all are there. It goes on where it was cut off.
func (o *outage) oneByOne(ctx context.Context) error {
	first := true
	for _, v := range o.hit {
		if !v.back {
			if !first {
				o.pause(ctx, o.spacing)
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := o.bringBack(ctx, v, false); err != nil {
				return err
			}
		}
		first = false
	}
	return o.open()
}

// open lets launches happen again.
func (o *outage) open() error {
	if !o.closed {
		return nil
	}
	z, err := o.zones()
	if err != nil {
		return err
	}
	if err := z.OpenZone(o.zone); err != nil {
		return err
	}
	o.closed = false
	return nil
}

func (o *outage) gone(ctx context.Context) (string, bool) {
	words := make([]string, len(o.hit))
	seen := make([]bool, len(o.hit))
	var looks sync.WaitGroup
	for i, v := range o.hit {
		looks.Go(func() { words[i], seen[i] = o.recovered(ctx, v) })
	}
	looks.Wait()
	ok := true
	for _, yes := range seen {
		ok = ok && yes
	}
	if z, err := o.zones(); o.launches && err == nil {
		if err := z.TryLaunch(ctx, o.zone); err != nil {
			words, ok = append(words, err.Error()), false
		} else {
			words = append(words, "a launch in "+o.zone+" is possible")
		}
	}
	return strings.Join(words, "; "), ok
}
