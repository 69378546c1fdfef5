package chaos

import (
	"context"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// Instance is an instance of a lab as it is now.
type Instance struct {
	// Instance is what the stage file asked for; its Type is that of the start.
	showdown.Instance
	// State is EC2's: "pending", "running", "stopping", "stopped", "shutting-down",
	// "terminated".
	State string
	// Type is the instance type that DescribeInstances says now.
	Type string
	// Private and Public are its addresses; Public is empty where it has none now.
	Private, Public string
	// Elastic says that the public address is an elastic IP.
	Elastic bool
	// Closed says that the security groups keep the internet out now.
	Closed bool
}

// Lab is what an experiment needs of a running lab. Its methods are safe for
// concurrent use.
type Lab interface {
	// Instances are the instances in the order of the topology, as they are now.
	Instances() []Instance
	// Instance is the one of that name as it is now, if there is any: probes ask for it
	// often, and for many instances side by side.
	Instance(name string) (Instance, bool)
	// Machine is the process that runs behind an instance now, if any.
	Machine(name string) (cloud.Machine, bool)
	// RestartMachine runs the process of an instance that crashed again. It returns
	// when the process runs.
	RestartMachine(ctx context.Context, name string) error
	// StopInstance, StartInstance and ModifyInstanceType are EC2's operations on the
	// instance of that name. A stop or a start may return as soon as it was accepted.
	// A refusal is a [Refusal].
	StopInstance(ctx context.Context, name string) error
	StartInstance(ctx context.Context, name string) error
	ModifyInstanceType(ctx context.Context, name, instanceType string) error
	// ResizeInstance stops a running instance, changes its type and starts it again,
	// and returns when that is done.
	ResizeInstance(ctx context.Context, name, instanceType string) error
}

// Refusal is an error in which AWS said no.
type Refusal struct {
	Operation, Code, Message string
}

// Error is the refusal as AWS's command line words it.
func (r *Refusal) Error() string {
	return r.Operation + " refused: " + r.Code + ": " + r.Message
}

// Endpoint is where clients reach an instance: its name and "ip:port".
type Endpoint struct{ Name, Address string }

// Load is what an experiment needs of the traffic of its cell.
type Load interface {
	// Spike multiplies the offered rate until restore is called.
	Spike(factor float64) (restore func())
	// SetAddresses tells the clients the present addresses, by name.
	SetAddresses(endpoints []Endpoint)
}

// Journal keeps on disk what must be undone; *[journal.Journal] is one.
type Journal interface {
	// Record returns when the entry is on disk.
	Record(e journal.Entry) (id int, err error)
	// Done says that nothing is left to undo of an entry.
	Done(id int) error
}
