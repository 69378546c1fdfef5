package ec2

import (
	"context"
	"fmt"
	"strings"
	"time"

	"showdown/targets/cloud"

	"showdown"
)

// RunInstances launches instances: they are pending when it returns, and
// [Region.Run] boots them, which for a launch takes longer than for a start and
// includes the user data. It fails without launching any when one cannot be.
func (r *Region) RunInstances(_ context.Context, launches ...Launch) ([]Instance, error) {
	at := time.Now()
	r.mu.Lock()
	defer r.unlock()
	var out []Instance
	for _, l := range launches {
		if err := r.room("RunInstances", l.Name, l.Type, l.Zone); err != nil {
			return nil, err
		}
	}
	for i, l := range launches {
		in, err := r.admit(l)
		if err != nil {
			for _, l := range launches[:i] {
				r.forget(l.Name)
			}
			return nil, err
		}
		in.state = ""
	}
	for _, l := range launches {
		in := r.instances[l.Name]
		in.plan++
		in.booting = true
		r.enter(in, Pending, at)
		r.sayAddress(in)
		r.later(r.boot(in, in.plan, at, bootPlan(r.cfg.Timings, true, true, in.AppBoot, in.UserData)))
		out = append(out, in.describe())
	}
	return out, nil
}

// Place puts an instance into the Region as if it had been launched long ago: its
// state is running, its checks are ok, its first boot is over and its credits are as
// Launch says. It returns when the application listens.
func (r *Region) Place(ctx context.Context, l Launch) (Instance, error) {
	r.mu.Lock()
	in, err := r.admit(l)
	r.unlock()
	if err != nil {
		return Instance{}, err
	}
	if err := in.lock(ctx); err != nil {
		return Instance{}, err
	}
	defer in.unlock()
	err = r.startMachine(ctx, in, false)

	r.mu.Lock()
	defer r.unlock()
	if err != nil {
		r.forget(l.Name)
		return Instance{}, fmt.Errorf("place instance %q: %w", l.Name, err)
	}
	now := time.Now()
	in.listening, in.booted = true, true
	in.state, in.since, in.runningSince = Running, now, now
	in.history = append(in.history, Change{now, Running, in.typ.Name})
	in.system = check{HealthOK, checksToOK}
	in.software = in.system
	r.outbox.add(showdown.InstanceState, in.Name, map[string]any{"from": "", "to": string(Running), "type": in.typ.Name})
	r.sayAddress(in)
	r.sayStatus(in)
	in.notify()
	return in.describe(), nil
}

// admit makes the record of a new instance with its addresses. r.mu is held.
func (r *Region) admit(l Launch) (*instance, error) {
	const op = "RunInstances"
	bad := func(format string, args ...any) (*instance, error) {
		return nil, r.refused(l.Name, cloud.NewAPIError(op, CodeInvalidParameterValue, fmt.Sprintf(format, args...)))
	}
	before, taken := r.instances[l.Name]
	if l.Name == "" || taken && before.state != Terminated {
		return bad("the instance name %q is taken or empty", l.Name)
	}
	t, ok := TypeByName(l.Type)
	if !ok {
		return bad("the instance type %q is unknown: it is one of %s", l.Type, strings.Join(TypeNames(), ", "))
	}
	credits, err := creditsGiven(t, l.CreditMode, l.Credits)
	if err != nil {
		return bad("%v", err)
	}
	in := &instance{
		Launch: l, typ: t, typeBefore: t, state: Pending,
		rng: r.seeded(l.Name), ops: make(chan struct{}, 1), changed: make(chan struct{}),
	}
	in.fill(credits)
	if in.private, err = r.cfg.Addresses.Private(l.Zone); err != nil {
		return nil, r.refused(l.Name, cloud.NewAPIError(op, CodeInsufficientAddresses, fmt.Sprintf("no private address for %q: %v", l.Name, err)))
	}
	if l.ElasticIP != "" {
		eip, ok := r.elastic[l.ElasticIP]
		if !ok || eip.instance != "" {
			return bad("the address %s is not allocated or not free", l.ElasticIP)
		}
		eip.instance, in.elastic = l.Name, l.ElasticIP
	} else if !l.NoPublic {
		if err := r.assign(in, time.Now()); err != nil {
			return nil, err
		}
	}
	if taken {
		r.past = append(r.past, before)
	} else {
		r.names = append(r.names, l.Name)
	}
	r.instances[l.Name] = in
	return in, nil
}

// forget removes the record of an instance that never came to be. r.mu is held.
func (r *Region) forget(name string) {
	in, ok := r.instances[name]
	if !ok {
		return
	}
	if eip := r.elastic[in.elastic]; eip != nil {
		eip.instance = ""
	}
	for i, old := range r.past {
		if old.Name == name {
			r.instances[name] = old
			r.past = append(r.past[:i], r.past[i+1:]...)
			return
		}
	}
	delete(r.instances, name)
	for i, n := range r.names {
		if n == name {
			r.names = append(r.names[:i], r.names[i+1:]...)
			break
		}
	}
}

// StartInstances starts stopped instances: they are pending when it returns. A
// running one is left as it is.
func (r *Region) StartInstances(_ context.Context, names ...string) error {
	return r.each(opStart, names, r.start)
}

// StopInstances shuts instances down: they are stopping when it returns, and their
// applications are told to stop at that moment.
func (r *Region) StopInstances(_ context.Context, names ...string) error {
	return r.each(opStop, names, r.stop)
}

// RebootInstances restarts the systems of running instances. They keep their state,
// host, addresses and credits (EC2 User Guide, Reboot your instance).
func (r *Region) RebootInstances(_ context.Context, names ...string) error {
	return r.each(opReboot, names, r.reboot)
}

// TerminateInstances ends instances for good: they are shutting down when it
// returns. Their elastic IPs stay allocated.
func (r *Region) TerminateInstances(_ context.Context, names ...string) error {
	return r.each(opTerminate, names, r.terminate)
}

// TerminateSilently is TerminateInstances, after which nothing answers at the
// addresses that the instances had, as on AWS. After TerminateInstances the host is
// still there, and refuses.
func (r *Region) TerminateSilently(_ context.Context, names ...string) error {
	return r.each(opTerminate, names, func(in *instance, at time.Time) error {
		in.silent = true
		return r.terminate(in, at)
	})
}

// each carries an operation out on all the named instances, or on none when one of
// them does not exist or refuses.
func (r *Region) each(op operation, names []string, do func(*instance, time.Time) error) error {
	at := time.Now()
	r.mu.Lock()
	defer r.unlock()
	var willing []*instance
	for _, name := range names {
		in, err := r.find(op, name)
		if err != nil {
			return err
		}
		a := answerOf(op, in.state)
		if a.code != "" {
			return r.refused(name, refuse(op, name, in.state, a.code))
		}
		if !a.noop && op == opStart {
			if err := r.room(string(op), name, in.typ.Name, in.Zone); err != nil {
				return err
			}
		}
		if !a.noop {
			willing = append(willing, in)
		}
	}
	for _, in := range willing {
		if err := do(in, at); err != nil {
			return err
		}
	}
	return nil
}

// ModifyInstanceAttribute gives a stopped instance another type. It is refused with
// IncorrectInstanceState in every other state (EC2 User Guide, Change the instance
// type), at once; granted, it takes a moment.
func (r *Region) ModifyInstanceAttribute(ctx context.Context, name, instanceType string) error {
	return r.modify(ctx, name, instanceType, time.Now())
}

func (r *Region) modify(ctx context.Context, name, instanceType string, at time.Time) error {
	r.mu.Lock()
	in, _, err := r.modifiable(name, instanceType)
	if err != nil {
		r.unlock()
		return err
	}
	due := at.Add(r.cfg.Clock.Lab(r.cfg.Timings.Modify.draw(in.rng)))
	r.unlock()
	if err := cloud.SleepUntil(ctx, due); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.unlock()
	// The state may have changed in that moment.
	in, t, err := r.modifiable(name, instanceType)
	if err != nil {
		return err
	}
	from := in.typ.Name
	in.typ = t
	in.since = due
	in.history = append(in.history, Change{due, in.state, t.Name})
	r.outbox.add(showdown.InstanceModified, name, map[string]any{"from": from, "type": t.Name})
	in.notify()
	return nil
}

func (r *Region) modifiable(name, instanceType string) (*instance, InstanceType, error) {
	in, err := r.find(opModify, name)
	if err != nil {
		return nil, InstanceType{}, err
	}
	t, ok := TypeByName(instanceType)
	if !ok {
		return nil, t, r.refused(name, cloud.NewAPIError(
			string(opModify), CodeInvalidParameterValue,
			fmt.Sprintf("the instance type %q is unknown: it is one of %s", instanceType, strings.Join(TypeNames(), ", ")),
		))
	}
	if _, err := unlimited(t, in.CreditMode); err != nil {
		return nil, t, err
	}
	if a := answerOf(opModify, in.state); a.code != "" {
		return nil, t, r.refused(name, refuse(opModify, name, in.state, a.code))
	}
	return in, t, nil
}

// DescribeInstances is the named instances, or all in the order of their launch.
func (r *Region) DescribeInstances(_ context.Context, names ...string) ([]Instance, error) {
	r.mu.Lock()
	defer r.unlock()
	if len(names) == 0 {
		names = r.names
	}
	var out []Instance
	for _, name := range names {
		in, err := r.find("DescribeInstances", name)
		if err != nil {
			return nil, err
		}
		out = append(out, in.describe())
	}
	return out, nil
}

// Instance is the instance of that name as it is now; ok is false when there is none.
// Asking for one that does not exist is no refused operation here.
func (r *Region) Instance(name string) (d Instance, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in, ok := r.instances[name]
	if !ok {
		return Instance{}, false
	}
	return in.describe(), true
}

// InstanceStatus is an instance's status checks as DescribeInstanceStatus shows them.
type InstanceStatus struct {
	Name  string
	State State
	Status
}

// DescribeInstanceStatus is the status checks of the named instances, or of all that
// are running (Amazon EC2 API Reference, DescribeInstanceStatus).
func (r *Region) DescribeInstanceStatus(ctx context.Context, names ...string) ([]InstanceStatus, error) {
	all, err := r.DescribeInstances(ctx, names...)
	if err != nil {
		return nil, err
	}
	var out []InstanceStatus
	for _, in := range all {
		if in.State == Running || len(names) > 0 {
			out = append(out, InstanceStatus{in.Name, in.State, in.Status})
		}
	}
	return out, nil
}
