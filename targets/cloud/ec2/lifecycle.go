package ec2

import (
	"fmt"
	"math/rand/v2"

	"showdown"
)

// State is a state in an instance's life (EC2 User Guide, Instance lifecycle).
type State string

// The states.
const (
	Pending      State = "pending"
	Running      State = "running"
	Stopping     State = "stopping"
	Stopped      State = "stopped"
	ShuttingDown State = "shutting-down"
	Terminated   State = "terminated"
)

// Timings is how long the parts of an instance's life take, in AWS time. A range is
// drawn from uniformly with the Region's seed.
type Timings struct {
	// StartAPI, StartPending and StartBoot follow one another when a stopped instance
	// is started: the call, pending to running, and the kernel's boot until a
	// listener answers. Then the application boots.
	StartAPI, StartPending, StartBoot showdown.Duration
	// LaunchAPI, LaunchPending and LaunchBoot are the same for a new instance.
	LaunchAPI, LaunchPending, LaunchBoot showdown.Duration
	// Stop is stopping to stopped of a system that shuts down cleanly.
	Stop Range
	// ForcedStop is how long a system that does not react is given before it is
	// powered off.
	ForcedStop showdown.Duration
	// Modify is how long ModifyInstanceAttribute takes.
	Modify Range
	// Associate is how long AssociateAddress takes.
	Associate Range
	// RebootDown is how long a system takes to go down for a reboot.
	RebootDown Range
	// ShutDown is shutting-down to terminated.
	ShutDown Range
}

// Range is a duration between two bounds, in AWS time.
type Range struct{ Min, Max showdown.Duration }

func (r Range) draw(rng *rand.Rand) showdown.Duration {
	if r.Max <= r.Min {
		return r.Min
	}
	return r.Min + showdown.Duration(rng.Int64N(int64(r.Max-r.Min)+1))
}

// DefaultTimings is how long things take on AWS.
//
// Start and launch are measured (brevdev, ec2-coldboot-research, 2026-01-31,
// m7i.large, Amazon Linux 2023: from stopped 1.8 + 16.4 + 3.0 s, one run; cold 4.8 +
// 17.8 + 3.2 s, three runs). The type hardly matters to them. ForcedStop is the "few
// minutes" of the EC2 User Guide (Stop and start your instance). Stop, Modify,
// Associate, RebootDown and ShutDown are unverified.
func DefaultTimings() Timings {
	tenths := func(n int64) showdown.Duration { return showdown.Duration(n) * showdown.Second / 10 }
	return Timings{
		StartAPI: tenths(18), StartPending: tenths(164), StartBoot: tenths(30),
		LaunchAPI: tenths(48), LaunchPending: tenths(178), LaunchBoot: tenths(32),
		Stop:       Range{20 * showdown.Second, 60 * showdown.Second},
		ForcedStop: 3 * showdown.Minute,
		Modify:     Range{showdown.Second, 2 * showdown.Second},
		Associate:  Range{showdown.Second, 2 * showdown.Second},
		RebootDown: Range{5 * showdown.Second, 10 * showdown.Second},
		ShutDown:   Range{20 * showdown.Second, 60 * showdown.Second},
	}
}

// boot is the way from a call to a listening application, as offsets from the call.
type boot struct {
	// running is when the state becomes running, listening when the application
	// answers: the consecutive delays are summed, so that waiting adds no error.
	running, listening showdown.Duration
}

// bootPlan is the boot of an instance. A launch is slower than a start, and runs
// the user data: by default only the first boot does (EC2 User Guide, Run commands
// on your Linux instance at launch).
func bootPlan(t Timings, launch bool, firstBoot bool, appBoot, userData showdown.Duration) boot {
	api, pending, kernel := t.StartAPI, t.StartPending, t.StartBoot
	if launch {
		api, pending, kernel = t.LaunchAPI, t.LaunchPending, t.LaunchBoot
	}
	b := boot{running: api + pending}
	b.listening = b.running + kernel + appBoot
	if firstBoot {
		b.listening += userData
	}
	return b
}

// operation is a request that changes an instance's state or needs a certain one.
type operation string

const (
	opStart     operation = "StartInstances"
	opStop      operation = "StopInstances"
	opReboot    operation = "RebootInstances"
	opTerminate operation = "TerminateInstances"
	opModify    operation = "ModifyInstanceAttribute"
	opAssociate operation = "AssociateAddress"
)

// answer is what a state says to an operation: the state that follows, whether the
// operation has anything to do there, and the code of a refusal.
type answer struct {
	next State
	noop bool
	code string
}

// answerOf is the table of the life cycle: what each operation does in each state.
//
//	                 pending   running        stopping  stopped  shutting-down  terminated
//	StartInstances   -         -              refused   pending  refused        refused
//	StopInstances    refused   stopping       -         -        refused        refused
//	RebootInstances  refused   running        refused   refused  refused        refused
//	Terminate...     shutting  shutting-down  shutting  termin.  -              -
//	Modify type      refused   refused        refused   stopped  refused        refused
//	AssociateAddress invalid   running        invalid   stopped  invalid        invalid
//
// "-" is success without an effect: asking for what is already so or on its way is
// not an error (Amazon EC2 API Reference, StartInstances and StopInstances).
// A refusal is IncorrectInstanceState (EC2 User Guide, Change the instance type: an
// instance must be stopped first).
func answerOf(op operation, s State) answer {
	refused := answer{next: s, code: CodeIncorrectInstanceState}
	noop := answer{next: s, noop: true}
	switch op {
	case opStart:
		switch s {
		case Stopped:
			return answer{next: Pending}
		case Pending, Running:
			return noop
		}
	case opStop:
		switch s {
		case Running:
			return answer{next: Stopping}
		case Stopping, Stopped:
			return noop
		}
	case opReboot:
		if s == Running {
			return answer{next: Running}
		}
	case opTerminate:
		switch s {
		case Pending, Running, Stopping:
			return answer{next: ShuttingDown}
		case Stopped:
			return answer{next: Terminated}
		}
		return noop
	case opModify:
		if s == Stopped {
			return answer{next: Stopped}
		}
	case opAssociate:
		if s == Running || s == Stopped {
			return answer{next: s}
		}
		return answer{next: s, code: CodeInvalidInstanceID}
	}
	return refused
}

// refuse is the error of an operation that a state does not allow.
func refuse(op operation, name string, s State, code string) *APIError {
	var why string
	switch {
	case code == CodeInvalidInstanceID:
		why = fmt.Sprintf("the %s instance %q is not in a valid state for this operation", s, name)
	case op == opModify:
		why = fmt.Sprintf("the instance %q is %s: its type can be changed only while it is stopped", name, s)
	case op == opStart:
		why = fmt.Sprintf("the instance %q is %s, a state from which it cannot be started", name, s)
	case op == opStop:
		why = fmt.Sprintf("the instance %q is %s, a state from which it cannot be stopped", name, s)
	default:
		why = fmt.Sprintf("the instance %q is %s", name, s)
	}
	return &APIError{Operation: string(op), Code: code, Message: why}
}
