package ec2

import (
	"context"
	"errors"
	"fmt"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// maxLead bounds how much earlier than its moment a machine may be started. It refuses
// until then, so that a lead that is too long costs nothing but a process that waits.
const maxLead = 50 * time.Millisecond

// maxOwnLead is the same for an application of one's own, which takes as long as it takes.
const maxOwnLead = 2 * time.Second

// start begins the way from stopped to running. r.mu is held, as in its siblings.
func (r *Region) start(in *instance, at time.Time) error {
	credits, err := creditsAtStart(in.typeBefore, in.typ, in.CreditMode, in.balance)
	if err != nil {
		return err
	}
	// A start gives a new public address (EC2 User Guide, Stop and start your
	// instance); an elastic IP stays.
	if in.elastic == "" && !in.NoPublic {
		if err := r.assign(in, at); err != nil {
			return err
		}
	}
	in.fill(credits)
	in.plan++
	in.booting, in.bootErr = true, nil
	r.enter(in, Pending, at)
	r.sayAddress(in)
	r.later(r.boot(in, in.plan, at, bootPlan(r.cfg.Timings, false, !in.booted, in.AppBoot, in.UserData)))
	return nil
}

// stop begins the shutdown: the application is told at once.
func (r *Region) stop(in *instance, at time.Time) error {
	in.plan++
	in.booting, in.listening = false, false
	in.typeBefore = in.typ
	due := at.Add(r.cfg.Clock.Lab(r.cfg.Timings.Stop.draw(in.rng)))
	r.enter(in, Stopping, at)
	r.later(r.halt(in, in.plan, at, due, func(at time.Time) {
		r.charge(in)
		r.release(in, at)
		r.enter(in, Stopped, at)
		r.sayAddress(in)
	}))
	return nil
}

func (r *Region) terminate(in *instance, at time.Time) error {
	in.plan++
	in.booting, in.listening = false, false
	end := func(at time.Time) {
		r.charge(in)
		r.release(in, at)
		if eip := r.elastic[in.elastic]; eip != nil {
			eip.instance, in.elastic = "", ""
		}
		r.enter(in, Terminated, at)
		r.sayAddress(in)
		if network := r.cfg.Network; network != nil {
			r.later(func(ctx context.Context) { network.Detach(ctx, in.Name, in.private) })
		}
	}
	if in.state == Stopped {
		end(at)
		return nil
	}
	due := at.Add(r.cfg.Clock.Lab(r.cfg.Timings.ShutDown.draw(in.rng)))
	r.enter(in, ShuttingDown, at)
	r.later(r.halt(in, in.plan, at, due, end))
	return nil
}

// reboot takes the system down and up again; the state stays running.
func (r *Region) reboot(in *instance, at time.Time) error {
	in.plan++
	in.booting, in.listening, in.bootErr = true, false, nil
	plan, t := in.plan, r.cfg.Timings
	down := t.RebootDown.draw(in.rng)
	up := at.Add(r.cfg.Clock.Lab(down + t.StartBoot + in.AppBoot))
	in.notify()
	r.later(func(ctx context.Context) {
		r.bringDown(ctx, in, at.Add(r.cfg.Clock.Lab(down)), at.Add(r.cfg.Clock.Lab(t.ForcedStop)))
		// A system that had to be forced down comes up that much later.
		up = latest(up, time.Now().Add(r.cfg.Clock.Lab(t.StartBoot+in.AppBoot)))
		r.bringUp(ctx, in, plan, up, true)
	})
	return nil
}

// charge adds the surplus credits of an instance that stops: a balance below zero is
// charged then (EC2 User Guide, Unlimited mode for burstable performance instances).
func (r *Region) charge(in *instance) {
	if in.balance < 0 {
		in.surplus -= in.balance
		in.balance = 0
	}
}

// Restart gives a running instance whose machine has crashed a new machine, as a
// reset of the hardware would: kernel and application boot, addresses and credits
// are kept. It returns when the application listens, and has nothing to do when the
// machine lives. It fails when the instance is not running.
func (r *Region) Restart(ctx context.Context, name string) error {
	r.mu.Lock()
	in, err := r.find(opReboot, name)
	if err == nil && in.state != Running {
		err = fmt.Errorf("restart %q: the instance is %s, not running", name, in.state)
	}
	if err != nil {
		r.unlock()
		return err
	}
	if alive(in.machine) && in.listening {
		r.unlock()
		return nil
	}
	if !in.booting {
		at := time.Now()
		in.plan++
		in.booting, in.listening, in.bootErr = true, false, nil
		plan := in.plan
		up := at.Add(r.cfg.Clock.Lab(r.cfg.Timings.StartBoot + in.AppBoot))
		r.later(func(ctx context.Context) {
			r.bringDown(ctx, in, at, up) // a machine that lives and could not be opened
			r.bringUp(ctx, in, plan, up, true)
		})
	}
	plan := in.plan
	r.unlock()
	return r.await(ctx, in, plan, func() bool { return in.listening })
}

// ResizeInstance does what an operator does to change a type: stop, wait for
// stopped, modify, start (EC2 User Guide, Change the instance type). Its delays
// follow one another without adding the error of each wait. It returns when the
// application listens again; the instance must be running. When the change fails,
// the instance is left stopped.
func (r *Region) ResizeInstance(ctx context.Context, name, instanceType string) error {
	if _, ok := TypeByName(instanceType); !ok {
		return r.modify(ctx, name, instanceType, time.Now())
	}
	if err := r.StopInstances(ctx, name); err != nil {
		return err
	}
	stopped, err := r.Wait(ctx, name, func(in Instance) bool { return in.State == Stopped })
	if err != nil {
		return err
	}
	if err := r.modify(ctx, name, instanceType, stopped.Since); err != nil {
		return err
	}
	r.mu.Lock()
	in, err := r.find(opStart, name)
	if err == nil && in.state != Stopped {
		err = fmt.Errorf("resize %q: something else made it %s", name, in.state)
	}
	if err == nil {
		err = r.start(in, in.since)
	}
	if err != nil {
		r.unlock()
		return err
	}
	plan := in.plan
	r.unlock()
	return r.await(ctx, in, plan, func() bool { return in.listening })
}

// WaitListening waits until the application of an instance that starts, boots or
// runs listens. It fails when the machine could not be started or another operation
// takes over.
func (r *Region) WaitListening(ctx context.Context, name string) error {
	r.mu.Lock()
	in, err := r.find("DescribeInstances", name)
	if err != nil {
		r.unlock()
		return err
	}
	plan := in.plan
	r.unlock()
	return r.await(ctx, in, plan, func() bool { return in.listening })
}

// Wait waits until what DescribeInstances shows of an instance satisfies until, and
// returns that. until is called with every change.
func (r *Region) Wait(ctx context.Context, name string, until func(Instance) bool) (Instance, error) {
	for {
		r.mu.Lock()
		in, err := r.find("DescribeInstances", name)
		if err != nil {
			r.unlock()
			return Instance{}, err
		}
		d, changed := in.describe(), in.changed
		r.unlock()
		if until(d) {
			return d, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return d, fmt.Errorf("wait for %q, which is %s: %w", name, d.State, ctx.Err())
		}
	}
}

// errSuperseded is the end of waiting for an operation that another one overtook.
var errSuperseded = errors.New("another operation on the instance took over")

func (r *Region) await(ctx context.Context, in *instance, plan int, until func() bool) error {
	for {
		r.mu.Lock()
		done, failed, current, state, changed := until(), in.bootErr, in.plan, in.state, in.changed
		r.mu.Unlock()
		switch {
		case current != plan:
			return fmt.Errorf("wait for %q: %w", in.Name, errSuperseded)
		case failed != nil:
			return failed
		case done:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %q, which is %s: %w", in.Name, state, ctx.Err())
		}
	}
}

// boot is the task that brings an instance from pending to a listening application.
func (r *Region) boot(in *instance, plan int, at time.Time, b boot) func(context.Context) {
	return func(ctx context.Context) {
		running := at.Add(r.cfg.Clock.Lab(b.running))
		if cloud.SleepUntil(ctx, running) != nil {
			return
		}
		r.mu.Lock()
		current := in.plan == plan
		if current {
			r.enter(in, Running, running)
		}
		r.unlock()
		if current {
			r.bringUp(ctx, in, plan, at.Add(r.cfg.Clock.Lab(b.listening)), false)
		}
	}
}

// halt is the task that ends an instance's machine and, not before due, its state.
func (r *Region) halt(in *instance, plan int, at, due time.Time, end func(time.Time)) func(context.Context) {
	return func(ctx context.Context) {
		r.bringDown(ctx, in, due, at.Add(r.cfg.Clock.Lab(r.cfg.Timings.ForcedStop)))
		// A machine that took longer than planned defers the state.
		due := latest(due, time.Now())
		if cloud.SleepUntil(ctx, due) != nil {
			return
		}
		r.mu.Lock()
		defer r.unlock()
		if in.plan == plan {
			end(due)
		}
	}
}

// bringUp starts the instance's machine so that it listens at the given moment and not
// before, as long as plan is the newest. kept says that the credits are those of before.
func (r *Region) bringUp(ctx context.Context, in *instance, plan int, at time.Time, kept bool) {
	r.mu.Lock()
	// A machine may well take longer than the slowest one so far.
	lead := min(2*r.lead, maxLead)
	if in.Program != nil || in.App == "" && r.cfg.Program != nil {
		lead = min(2*r.lead, maxOwnLead)
	}
	r.mu.Unlock()
	if cloud.SleepUntil(ctx, at.Add(-lead)) != nil || in.lock(ctx) != nil {
		return
	}
	defer in.unlock()
	r.mu.Lock()
	current := in.plan == plan && !r.closed
	if current && kept {
		// The mode was checked when the instance came to be.
		in.credits, _ = creditsAtReboot(in.typ, in.CreditMode, in.launch, in.balance)
	}
	r.mu.Unlock()
	if !current {
		return
	}
	err := r.startMachine(ctx, in, true)
	if err == nil {
		if cloud.SleepUntil(ctx, at) != nil {
			return
		}
		r.mu.Lock()
		m, current := in.machine, in.plan == plan
		r.mu.Unlock()
		if current {
			err = open(ctx, m)
		}
	}
	r.mu.Lock()
	defer r.unlock()
	if in.plan != plan {
		return // the operation that took over finds the machine and ends it
	}
	in.booting = false
	if err != nil {
		in.bootErr = fmt.Errorf("start the machine of %q: %w", in.Name, err)
		r.outbox.add(showdown.MachineLost, in.Name, map[string]any{"error": err.Error()})
	} else {
		in.listening, in.booted = true, true
		r.outbox.add(showdown.InstanceListening, in.Name, map[string]any{
			"late_ms": float64(time.Since(at).Microseconds()) / 1000,
		})
	}
	in.notify()
}
