package lab

import (
	"context"
	"fmt"
	"slices"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/ec2"
)

// Instance is an instance as it is now, beside how the stage file asked for it.
type Instance struct {
	showdown.Instance
	State ec2.State
	// Type is the instance type now; the stage file's is Instance.Type.
	Type string
	// Private and Public are its addresses; Public is empty while it has none.
	Private, Public string
	// Elastic says that Public is an elastic IP.
	Elastic bool
	Status  ec2.Status
	// Listening says that the application answers, as far as EC2 knows.
	Listening bool
	// Credits is the CPU credit balance when it was last looked at.
	Credits float64
}

// asked is the instances that were asked for, in the order in which they were.
func (l *Lab) asked() []showdown.Instance {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.specs)
}

// Instances is the lab's instances as they are now, in the order of the topology; those
// that were launched since follow, and those that were terminated are among them.
func (l *Lab) Instances() []Instance {
	region := l.EC2()
	if region == nil {
		return nil
	}
	var out []Instance
	for _, in := range l.asked() {
		if now, ok := region.Instance(in.Name); ok {
			out = append(out, joined(in, now))
		}
	}
	return out
}

// Instance is the instance of that name as it is now; ok is false when the lab has
// none.
func (l *Lab) Instance(name string) (in Instance, ok bool) {
	region := l.EC2()
	if region == nil {
		return Instance{}, false
	}
	l.mu.Lock()
	i := slices.IndexFunc(l.specs, func(in showdown.Instance) bool { return in.Name == name })
	var asked showdown.Instance
	if i >= 0 {
		asked = l.specs[i]
	}
	l.mu.Unlock()
	now, known := region.Instance(name)
	if i < 0 || !known {
		return Instance{}, false
	}
	return joined(asked, now), true
}

// joined is what was asked for beside what EC2 says of it.
func joined(asked showdown.Instance, now ec2.Instance) Instance {
	return Instance{
		Instance: asked, State: now.State, Type: now.Type, Private: now.Private, Public: now.Public,
		Elastic: now.Elastic, Status: now.Status, Listening: now.Listening, Credits: now.Credits,
	}
}

// Machine is the living process behind an instance; ok is false when there is none.
func (l *Lab) Machine(name string) (m cloud.Machine, ok bool) {
	region := l.EC2()
	if region == nil {
		return nil, false
	}
	return region.Machine(name)
}

// anyMachine is the living process behind an instance or a load balancer's node.
func (l *Lab) anyMachine(name string) (cloud.Machine, bool) {
	if m, ok := l.Machine(name); ok {
		return m, true
	}
	return l.NodeMachine(name)
}

// RestartMachine boots the machine of a running instance again whose process has
// ended: kernel and application take their time, addresses and credits are kept. It
// returns when the application listens, needs [Lab.Run] and has nothing to do when
// the machine lives.
func (l *Lab) RestartMachine(ctx context.Context, name string) error {
	return l.do("restart machine", func(r *ec2.Region) error { return r.Restart(ctx, name) })
}

// Stop stops an instance and returns when it is stopped. It needs [Lab.Run].
func (l *Lab) Stop(ctx context.Context, name string) error {
	return l.do("stop", func(r *ec2.Region) error {
		if err := r.StopInstances(ctx, name); err != nil {
			return err
		}
		_, err := r.Wait(ctx, name, func(in ec2.Instance) bool { return in.State == ec2.Stopped })
		return err
	})
}

// Start starts a stopped instance and returns when its application listens. It needs
// [Lab.Run].
func (l *Lab) Start(ctx context.Context, name string) error {
	return l.do("start", func(r *ec2.Region) error {
		if err := r.StartInstances(ctx, name); err != nil {
			return err
		}
		return r.WaitListening(ctx, name)
	})
}

// Resize gives a running instance another type by stop, modify and start, and
// returns when its application listens. It needs [Lab.Run].
func (l *Lab) Resize(ctx context.Context, name, instanceType string) error {
	return l.do("resize", func(r *ec2.Region) error { return r.ResizeInstance(ctx, name, instanceType) })
}

func (l *Lab) do(what string, f func(*ec2.Region) error) error {
	region := l.EC2()
	if region == nil {
		return fmt.Errorf("lab %q: %s: it is not up", l.cfg.Cell.Name, what)
	}
	return f(region)
}
