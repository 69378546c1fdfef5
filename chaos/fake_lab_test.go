package chaos

import (
	"context"
	"fmt"
	"time"

	"showdown/targets/cloud"
)

// The lab.

func (w *world) Instances() []Instance {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Instance
	for _, b := range w.instances {
		out = append(out, b.Instance)
	}
	return out
}

func (w *world) Instance(name string) (Instance, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.box(name)
	if b == nil {
		return Instance{}, false
	}
	return b.Instance, true
}

func (w *world) Machine(name string) (cloud.Machine, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.box(name)
	if b == nil || b.machine == nil || !b.machine.alive() {
		return nil, false
	}
	return b.machine, true
}

func (w *world) RestartMachine(ctx context.Context, name string) error {
	w.tell("restart %s", name)
	if err := w.broken["restart"]; err != nil {
		return err
	}
	if !wait(ctx, w.clock.Lab(bootTime)) {
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if b := w.box(name); b.machine == nil || !b.machine.alive() {
		b.machine = w.newMachine(name)
	}
	return nil
}

func (w *world) refuse(operation, state string) error {
	return &Refusal{Operation: operation, Code: "IncorrectInstanceState", Message: "it is " + state}
}

func (w *world) StopInstance(_ context.Context, name string) error {
	w.tell("stop %s", name)
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.box(name)
	if err := w.broken["stop"]; err != nil {
		return err
	}
	switch b.State {
	case "stopped", "stopping":
		return nil
	case "pending":
		return w.refuse("StopInstances", b.State)
	}
	b.State = "stopping"
	if b.machine != nil {
		b.machine.end()
		b.machine = nil
	}
	w.later(stopTime, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		b.State = "stopped"
		if !b.Elastic {
			b.Public = ""
		}
	})
	return nil
}

func (w *world) StartInstance(_ context.Context, name string) error {
	w.tell("start %s", name)
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.box(name)
	switch {
	case w.broken["start"] != nil:
		return w.broken["start"]
	case w.az.closed[b.Zone]:
		return full("StartInstances")
	case b.State == "running" || b.State == "pending":
		return nil
	case b.State != "stopped":
		return w.refuse("StartInstances", b.State)
	}
	b.State = "pending"
	if !b.Elastic {
		b.addresses++
		b.Public = fmt.Sprintf("2.0.0.%d", b.addresses)
	}
	w.later(startTime, func() {
		w.mu.Lock()
		b.State = "running"
		w.mu.Unlock()
		w.later(bootTime, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			if b.State == "running" && b.machine == nil {
				b.machine = w.newMachine(name)
			}
		})
	})
	return nil
}

func (w *world) ModifyInstanceType(ctx context.Context, name, instanceType string) error {
	w.tell("modify %s %s", name, instanceType)
	state := func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if b := w.box(name); b.State != "stopped" {
			return w.refuse("ModifyInstanceAttribute", b.State)
		}
		return w.broken["modify"]
	}
	if err := state(); err != nil {
		return err
	}
	if !wait(ctx, w.clock.Lab(modifyTime)) {
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.box(name).Type = instanceType
	return nil
}

func (w *world) ResizeInstance(ctx context.Context, name, instanceType string) error {
	if err := w.StopInstance(ctx, name); err != nil {
		return err
	}
	if !wait(ctx, w.clock.Lab(stopTime)+time.Millisecond) {
		return ctx.Err()
	}
	if err := w.ModifyInstanceType(ctx, name, instanceType); err != nil {
		return err
	}
	return w.StartInstance(ctx, name)
}
