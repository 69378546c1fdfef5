// Package cloud holds the interfaces between the services of the emulated cloud and
// the backends that really run their machines.
//
// A service (ec2, later elb and others) decides in AWS's words what should exist; a
// [Backend] makes it exist. The process backend runs each machine as a child
// process; what passes between it and the child is the [MachineConfig] and the
// [Command]s of this package, as JSON.
package cloud

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// Port is where every application listens, on each of its machine's addresses.
const Port = 8080

// DNSPort is where every name server listens: port 53 needs privilege.
const DNSPort = 10053

// MachineConfig is what a machine is told before it runs.
type MachineConfig struct {
	// Name is unique in its lab; Lab is the cell's name.
	Name string `json:"name"`
	Lab  string `json:"lab"`
	Zone string `json:"zone"`
	// Mark is the id of the run: the sign of ownership on everything it starts.
	Mark string `json:"mark"`
	// App names the application: "clock".
	App string `json:"app"`
	// Program is the application of one's own that it runs in place of that.
	Program *Program `json:"program,omitempty"`
	// Private is the machine's own address. It listens there, and what it sends
	// comes from there.
	Private string `json:"private"`
	// Public are further addresses that reach the machine: what a network
	// translates on AWS, the machine binds here.
	Public   []string `json:"public,omitempty"`
	Port     int      `json:"port"`
	Capacity Capacity `json:"capacity"`
	// Inbound is who may reach the machine; nil lets everybody in.
	Inbound *Inbound `json:"inbound,omitempty"`
	// Refuse starts the machine with [Refuse] in effect: it runs, and its addresses
	// refuse until the verb is taken off.
	Refuse bool `json:"refuse,omitempty"`
	// Speed is the clock's.
	Speed float64 `json:"speed"`
	Seed  uint64  `json:"seed"`
	// Balancer makes the machine a node of a load balancer in place of an instance with
	// an application: App and Capacity do not count then.
	Balancer *Balancer `json:"balancer,omitempty"`
	// Notify takes what the machine says on its own, in order, from one goroutine; nil
	// drops it. It must be quick.
	Notify func(Note) `json:"-"`
}

// Inbound is the union of the rules of a machine's security groups, as addresses: the
// control plane resolves groups to their members and sends a new one with each
// change. What no rule allows is dropped without an answer.
type Inbound struct {
	Allow []Allowed `json:"allow"`
	// Cut are sources whose packets are dropped, those of open connections included,
	// whatever the rules say.
	Cut []netip.Prefix `json:"cut,omitempty"`
}

// Allowed is one source that may connect to one port.
type Allowed struct {
	From netip.Prefix `json:"from"`
	Port int          `json:"port"`
}

// Capacity is how much work a machine can do. The work is waited out on a virtual
// clock and not burned, so that a lab's result does not depend on its host.
type Capacity struct {
	Type string `json:"type"`
	// VCPUs is the number of workers.
	VCPUs int `json:"vcpus"`
	// Iterations is the CoreMark iterations/s of all vCPUs together at full speed.
	Iterations float64 `json:"iterations"`
	// Work is the CoreMark iterations that one request takes.
	Work float64 `json:"work"`
	// MemoryMiB is the type's memory.
	MemoryMiB int `json:"memory_mib"`
	// Queue is how many requests may wait for a worker; one more is answered 503.
	Queue int `json:"queue"`
	// Credits is nil for types that are not burstable.
	Credits *Credits `json:"credits,omitempty"`
}

// Credits is the CPU credit account of a burstable type. One credit is one vCPU at
// full speed for one AWS minute.
type Credits struct {
	// Baseline is the share of each vCPU that is earned, 0 to 1.
	Baseline float64 `json:"baseline"`
	// PerHour is the credits earned in an AWS hour; Max is the most that is kept.
	PerHour float64 `json:"per_hour"`
	Max     float64 `json:"max"`
	// Launch are the launch credits of a T2 and Earned the others, at the start.
	// Launch credits are spent first and do not count towards Max.
	Launch float64 `json:"launch"`
	Earned float64 `json:"earned"`
	// Unlimited lets the balance go below zero, at a price, instead of throttling.
	Unlimited bool `json:"unlimited"`
}

// Identity is what tells a process from another one that was given its number
// later.
type Identity struct {
	PID int `json:"pid"`
	// Start is the process's start time in the kernel's clock ticks since boot.
	Start uint64 `json:"start"`
}

// String is the identity as "pid@start".
func (id Identity) String() string { return fmt.Sprintf("%d@%d", id.PID, id.Start) }

// Verb is what can be done to a running machine through its control channel.
type Verb string

// The verbs. Each but Stats is undone by the same verb with Off.
const (
	// Listen binds one more address (a public one is associated), and Unlisten
	// closes one and its connections.
	Listen   Verb = "listen"
	Unlisten Verb = "unlisten"
	// Refuse closes the listeners: new connections are refused, open ones go on.
	Refuse Verb = "refuse"
	// Reset resets each connection that comes, and the open ones.
	Reset Verb = "reset"
	// Blackhole answers no packet: new connections time out in the kernel, open ones
	// fall silent.
	Blackhole Verb = "blackhole"
	// Delay adds Command.Delay to each answer.
	Delay Verb = "delay"
	// Steal takes Command.Share of the CPU away.
	Steal Verb = "steal"
	// Errors answers Command.Share of the requests with Command.Status; with
	// Command.Deep the health path stays fine.
	Errors Verb = "errors"
	// Vacate ends the application as a stop does, and leaves the process as a place that
	// answers no packet: the address of a machine that is gone. Requests in flight have
	// Command.Delay, ten seconds without one.
	Vacate Verb = "vacate"
	// Protect replaces who may reach the machine by Command.Inbound; Off lets everybody
	// in.
	Protect Verb = "protect"
	// Fill keeps every worker and every place of the queue busy.
	Fill Verb = "fill"
	// Lag delays what comes in and what goes out by Command.Delay each.
	Lag Verb = "lag"
	// Skew puts the machine's clock ahead by Command.Delay, which is AWS time here.
	Skew Verb = "skew"
	// Leak lets the memory grow by Command.Share of the type's memory per lab second.
	Leak Verb = "leak"
	// Connect opens a connection from the machine's private address to
	// Command.Address ("ip:port"), asks for Command.Path, and says in [Counters.Met] and
	// [Counters.Look] what it met within Command.Delay.
	Connect Verb = "connect"
	// Balance replaces the configuration of a load balancer's node by Command.Balancer.
	// Requests in flight go on.
	Balance Verb = "balance"
	// Stats asks for the machine's counters.
	Stats Verb = "stats"
)

// Command is one order to a machine.
type Command struct {
	Verb    Verb          `json:"verb"`
	Off     bool          `json:"off,omitempty"`
	Address string        `json:"address,omitempty"`
	Delay   time.Duration `json:"delay,omitempty"`
	Share   float64       `json:"share,omitempty"`
	Status  int           `json:"status,omitempty"`
	Deep    bool          `json:"deep,omitempty"`
	Inbound *Inbound      `json:"inbound,omitempty"`
	// Path is what Connect asks for; empty is the health path.
	Path string `json:"path,omitempty"`
	// Balancer is the new configuration of Balance.
	Balancer *Balancer `json:"balancer,omitempty"`
}

// Counters are a machine's counters since it started.
type Counters struct {
	Requests uint64 `json:"requests"`
	// Rejected were answered 503 because the queue was full; Errors by the verb.
	Rejected uint64 `json:"rejected"`
	Errors   uint64 `json:"errors"`
	// Queue is how many requests wait for a vCPU.
	Queue int `json:"queue"`
	// Balance is the credit balance, of which Launch are launch credits; Speed is the
	// share of full speed now, 0 to 1.
	Balance float64 `json:"balance"`
	Launch  float64 `json:"launch"`
	Speed   float64 `json:"speed"`
	// Busy is the CPU time consumed, in vCPU seconds of lab time.
	Busy float64 `json:"busy"`
	// MemoryMiB is the memory in use, of the type's [Capacity.MemoryMiB]. It is counted
	// and not taken.
	MemoryMiB float64 `json:"memory_mib"`
	// Denied counts the connections that the security groups did not let in, as far as
	// the machine sees them.
	Denied uint64 `json:"denied"`
	// Guard says how the machine keeps out who is not let in: "filter" drops the SYN in
	// the kernel, "silence" accepts the connection and never answers it; empty while
	// everybody is let in.
	Guard string `json:"guard,omitempty"`
	// Met is what Connect met: [Answered], [Refused], [Silent] or [Unreachable].
	Met string `json:"met,omitempty"`
	// Look is what Connect saw beside that.
	Look *Look `json:"look,omitempty"`
	// Balancer are the counters of a load balancer's node.
	Balancer *BalancerCounters `json:"balancer,omitempty"`
}

// Machine is a started machine. Its methods are safe for concurrent use, and each
// returns when its effect is in place.
type Machine interface {
	Name() string
	Identity() Identity
	// Stop asks the machine to shut down: listeners close, requests in flight
	// finish, the process ends. It is killed when ctx ends first.
	Stop(ctx context.Context) error
	// Kill ends the process at once, and returns when it is gone.
	Kill(ctx context.Context) error
	// Pause freezes the process; Resume lets it run on.
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	// Do carries out a command. Only Stats and Connect return counters.
	Do(ctx context.Context, c Command) (Counters, error)
	// Done is closed when the process has ended, for whatever reason.
	Done() <-chan struct{}
}

// Backend runs machines.
type Backend interface {
	// Start runs a machine and returns when it listens on all its addresses, or could at
	// once where it is to refuse.
	Start(ctx context.Context, c MachineConfig) (Machine, error)
	// Fidelity says in one sentence how a fault is made here and how it differs from
	// the real one; ok is false when the backend cannot make it. what is a [Verb], or
	// "stop", "kill", "pause", "cut".
	Fidelity(what string) (sentence string, ok bool)
}
