package chaos

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"showdown"
)

// operator is a human who mends by hand what nobody else mends: who must notice the fault
// first, and then needs time to act.
func operator() deed {
	return deed{
		evidence: "the instance, or the new one in its place, answers and DescribeTargetHealth says healthy; where it is deregistered, draining, unused or nothing",
		made:     "a human's two delays are drawn from the run's seed, each from half to one and a half times what is asked for; what they do is done through the same calls as any other operation",
		check: func(v values) error {
			does, given := v.choices["does"], v.names["target_group"] != ""
			if does != "restart" && !given {
				return fmt.Errorf("an operator who does %s needs a target group: add with: {target_group: ...}", does)
			}
			return nil
		},
		fits: func(c showdown.Cell, s showdown.Step, v values) error {
			var problems []error
			if v.names["target_group"] != "" {
				problems = append(problems, needTargetGroup(c, v.names["target_group"]))
			}
			outer, known := c.Step(s.During)
			switch least := handDelay(v, func(string) float64 { return 0 }); {
			case s.During == "":
				problems = append(problems, errors.New("an operator mends a fault: add during: A, its letter"))
			case known && outer.For > 0 && s.At+least >= outer.For:
				problems = append(problems, fmt.Errorf("the operator needs %s at least, and %s is over after %s: let that last longer, or notices and acts be shorter", s.At+least, s.During, outer.For))
			}
			return errors.Join(problems...)
		},
		delay: handDelay,
		effect: func(t *target, v values) effect {
			return &hand{target: t, does: v.choices["does"], group: v.names["target_group"]}
		},
	}
}

// handDelay is how long it takes until a human has noticed and acted: each of the two from
// half to one and a half times what is asked for.
func handDelay(v values, draw func(what string) float64) showdown.Duration {
	var sum showdown.Duration
	for _, what := range []string{"notices", "acts"} {
		sum += showdown.Duration(float64(v.durations[what]) * (0.5 + draw(what)))
	}
	return sum
}

type hand struct {
	*target
	does, group string
	// as is the instance that is mended: the target, or the new one in its place.
	as string
	// launched and joined say how far a replacement has come.
	launched, joined bool
	asked            bool
}

func (h *hand) ready(context.Context) error {
	h.as = h.name
	h.facts["delay_s"], h.facts["acts"] = h.delay.Seconds(), h.does
	if h.group == "" {
		return nil
	}
	b, err := h.balancers()
	if err != nil {
		return err
	}
	h.facts["health_before"] = stateWord(b.TargetHealth(h.group, h.name))
	return nil
}

func (h *hand) inject(ctx context.Context) error {
	switch h.does {
	case "replace":
		return h.replace(ctx)
	case "restart":
		return h.restart(ctx)
	}
	b, err := h.balancers()
	if err != nil {
		return err
	}
	if h.does == "register" {
		if registered(b.TargetHealth(h.group, h.name)) {
			return fmt.Errorf("%s is registered in %s already", h.name, h.group)
		}
		return b.Register(ctx, h.group, h.name)
	}
	if err := b.Deregister(ctx, h.group, h.name); err != nil {
		return err
	}
	h.asked = true
	return nil
}

// restart ends the process, where one still lives, and runs another one.
func (h *hand) restart(ctx context.Context) error {
	if m, lives := h.lab.Machine(h.name); lives {
		if err := h.finishOff(ctx, m); err != nil {
			return err
		}
	}
	return h.lab.RestartMachine(ctx, h.name)
}

// replace terminates the instance, launches one like it under a new name, and registers
// that as soon as it runs. The order is that of somebody who has given up the old one.
func (h *hand) replace(ctx context.Context) error {
	fleet, err := h.fleet()
	if err != nil {
		return err
	}
	b, err := h.balancers()
	if err != nil {
		return err
	}
	if now, _ := h.instance(h.name); !ending(now) {
		if err := fleet.TerminateInstance(ctx, h.name, true); err != nil {
			return err
		}
	}
	like := h.before.Instance
	like.Name, like.Type, like.ElasticIP = h.free(), h.before.Type, false
	// Who has given up the old one does not leave it at that.
	if err := fleet.LaunchInstance(context.WithoutCancel(ctx), like); err != nil {
		return err
	}
	h.as, h.launched = like.Name, true
	h.facts["instance"] = h.as
	return h.join(ctx, b)
}

// free is a name for the instance in the target's place: "web-1-2", or the next number
// that nobody has.
func (h *hand) free() string {
	for n := 2; ; n++ {
		name := h.name + "-" + strconv.Itoa(n)
		if _, there := h.instance(name); !there {
			return name
		}
	}
}

// join registers the new instance, which must run for that.
func (h *hand) join(ctx context.Context, b Balancers) error {
	if h.joined {
		return nil
	}
	fresh := &target{env: h.env, name: h.as}
	if _, err := fresh.state(ctx, "running"); err != nil {
		return err
	}
	if !registered(b.TargetHealth(h.group, h.as)) {
		if err := b.Register(ctx, h.group, h.as); err != nil {
			return err
		}
	}
	h.joined = true
	return nil
}

func (h *hand) confirm(ctx context.Context) (string, bool) {
	if h.does == "deregister" {
		b, err := h.balancers()
		if err != nil {
			return err.Error(), false
		}
		state, ok := h.becomes(ctx, b, h.group, h.name, h.limit.effect, targetDraining, targetUnused, "")
		h.facts["health"] = stateWord(state)
		return fmt.Sprintf("DescribeTargetHealth says %s of %s in %s", stateWord(state), h.name, h.group), ok
	}
	now, evidence, ok := h.env.launched(ctx, h.as)
	h.facts["address_after"], h.facts["state"] = now.Public, now.State
	if m, lives := h.lab.Machine(h.as); lives {
		h.facts["identity_after"] = m.Identity().String()
	}
	if h.group == "" || !ok {
		return evidence, ok
	}
	b, err := h.balancers()
	if err != nil {
		return err.Error(), false
	}
	state, healthy := h.becomes(ctx, b, h.group, h.as, h.decides(h.group), targetHealthy)
	h.facts["health"] = stateWord(state)
	return fmt.Sprintf("%s; DescribeTargetHealth says %s in %s", evidence, stateWord(state), h.group), healthy
}

// left is what a human would not leave so: a target that was deregistered for the time of
// the fault, and a replacement that was cut off in the middle.
func (h *hand) left() remains {
	switch {
	case h.does == "deregister" && h.asked:
		return leavesChange
	case h.launched && !h.joined:
		return leavesFault
	}
	return leavesNothing
}

func (h *hand) undo(ctx context.Context) error {
	b, err := h.balancers()
	if err != nil {
		return err
	}
	if h.does == "replace" {
		return h.join(ctx, b)
	}
	if in, _ := h.instance(h.name); registered(b.TargetHealth(h.group, h.name)) || ending(in) {
		return nil
	}
	return b.Register(ctx, h.group, h.name)
}

func (h *hand) gone(context.Context) (string, bool) {
	if words, yes := h.perished(); yes && h.does == "deregister" {
		return words, true
	}
	b, err := h.balancers()
	if err != nil {
		return err.Error(), false
	}
	state := b.TargetHealth(h.group, h.as)
	return fmt.Sprintf("DescribeTargetHealth says %s of %s in %s", stateWord(state), h.as, h.group), registered(state)
}
