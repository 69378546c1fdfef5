package ec2

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"showdown/targets/cloud"
)

// openPatience bounds how long a machine that runs may take to open its addresses.
const openPatience = 5 * time.Second

// open lets a machine that was started refusing answer. One that has died meanwhile is
// what the status checks and the backend tell of.
func open(ctx context.Context, m cloud.Machine) error {
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	_, err := m.Do(ctx, cloud.Command{Verb: cloud.Refuse, Off: true})
	if err != nil && alive(m) {
		return fmt.Errorf("open its addresses: %w", err)
	}
	return nil
}

// startMachine starts the machine with the addresses and credits of the instance;
// refuse is whether it refuses until it is opened. in.ops is held.
func (r *Region) startMachine(ctx context.Context, in *instance, refuse bool) error {
	r.mu.Lock()
	c := cloud.MachineConfig{
		Name: in.Name, Lab: r.cfg.Lab, Zone: in.Zone, Mark: r.cfg.Mark, App: r.cfg.App,
		Private: in.private, Port: cloud.Port, Refuse: refuse, Speed: r.cfg.Clock.Speed(), Seed: in.rng.Uint64(),
		Capacity: cloud.Capacity{
			Type: in.typ.Name, VCPUs: in.typ.VCPUs, Iterations: in.typ.CoreMark, Work: r.cfg.Work,
			MemoryMiB: int(in.typ.MemoryGiB * 1024), Queue: in.Queue, Credits: in.credits,
		},
	}
	switch {
	case in.Program != nil:
		c.App, c.Program = "", in.Program
	case in.App != "":
		c.App = in.App
	case r.cfg.Program != nil:
		c.App, c.Program = "", r.cfg.Program
	}
	if public := in.public(); public != "" {
		c.Public = []string{public}
	}
	closed := r.closed
	r.mu.Unlock()
	if closed {
		return errors.New("the region is closed")
	}
	if network := r.cfg.Network; network != nil {
		nic := Interface{Name: in.Name, Zone: in.Zone, Groups: in.SecurityGroups, Private: c.Private}
		if len(c.Public) > 0 {
			nic.Public = c.Public[0]
		}
		var err error
		if c.Inbound, err = network.Attach(ctx, nic); err != nil {
			return err
		}
	}
	begin := time.Now()
	m, err := r.cfg.Backend.Start(ctx, c)
	if err != nil {
		return err
	}
	took := time.Since(begin)
	r.mu.Lock()
	in.machine = m
	r.lead = max(r.lead, took)
	r.mu.Unlock()
	if r.cfg.Network != nil {
		r.cfg.Network.Attached(ctx, in.Name)
	}
	return nil
}

// bringDown ends the instance's machine: it is asked to, and has until due to finish
// what it is at; requests that still wait for its CPU then are reset. One that does
// not react is powered off at force. The credit balance is read before, where it
// outlives the machine.
func (r *Region) bringDown(ctx context.Context, in *instance, due, force time.Time) {
	if in.lock(ctx) != nil {
		return
	}
	defer in.unlock()
	r.mu.Lock()
	m := in.machine
	look := in.typ.Burst != nil
	r.mu.Unlock()
	if !alive(m) {
		return
	}
	if look {
		r.lookAtCredits(ctx, in, m)
	}
	ctx, cancel := context.WithDeadline(ctx, force)
	defer cancel()
	var cutting sync.WaitGroup
	defer cutting.Wait()
	cutting.Go(func() { cut(ctx, m, due) })
	place := r.leaves(in) && vacate(ctx, m, due)
	if !place {
		if err := m.Stop(ctx); err != nil && alive(m) {
			_ = m.Kill(context.WithoutCancel(ctx)) // Stop has already tried; nothing is left to say
		}
	}
	r.mu.Lock()
	if place {
		r.places = append(r.places, m)
	}
	in.machine = nil
	r.mu.Unlock()
}

// leaves says that the instance's addresses shall be silent when its machine has ended.
func (r *Region) leaves(in *instance) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return in.silent && !r.closed
}

// vacate ends the application of a machine, whose requests in flight have until due,
// and keeps its addresses silent. A machine that cannot do it is ended like any other.
func vacate(ctx context.Context, m cloud.Machine, due time.Time) bool {
	_, err := m.Do(ctx, cloud.Command{Verb: cloud.Vacate, Delay: max(time.Until(due), time.Millisecond)})
	return err == nil && alive(m)
}

// goingDown is how much lab time a machine with a full queue may take to end once that
// is reset.
const goingDown = 20 * time.Millisecond

// cut resets what a machine that is stopping is still at, so that it has ended at due.
// A system that shuts down does not wait for its applications' queues. It returns when
// that is done or the machine has ended.
func cut(ctx context.Context, m cloud.Machine, due time.Time) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-m.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	if cloud.SleepUntil(ctx, due.Add(-min(goingDown, time.Until(due)/2))) == nil {
		_, _ = m.Do(ctx, cloud.Command{Verb: cloud.Reset}) // who does not react is powered off
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
