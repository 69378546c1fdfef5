package ec2

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// Addresses hands out IPv4 addresses. An address that was handed out by Public is
// not handed out again in the life of a lab, so that a start never gives back the
// address of before.
type Addresses interface {
	Private(zone string) (string, error)
	Public() (string, error)
	Elastic() (string, error)
}

// Network is the security groups that instances are members of. Its methods are called
// outside of the Region's locks but that of the instance, and may ask the Region.
type Network interface {
	// Attach makes an instance whose machine is about to start a member of its groups,
	// if it is none yet, and returns who may reach the machine; nil is everybody.
	Attach(ctx context.Context, in Interface) (*cloud.Inbound, error)
	// Attached says that the machine runs: what changed while it started is to be told.
	Attached(ctx context.Context, name string)
	// Detach takes an instance that is terminated out of its groups. private tells it
	// from one that was launched under its name since.
	Detach(ctx context.Context, name, private string)
}

// Interface is the network interface of an instance. It is there from the launch to
// the termination: a stop keeps it with its private address and its groups.
type Interface struct {
	// Name is the instance's.
	Name, Zone string
	// Groups are the security groups of the launch; none is the default one.
	Groups []string
	// Private is kept for the interface's life; Public is the address of this start.
	Private, Public string
}

// Config is what a [Region] needs.
type Config struct {
	Clock   showdown.Clock
	Backend cloud.Backend
	// Emit takes the region's events; the receiver stamps time and cell. It is called
	// from one goroutine at a time, in the order of what happened, and may call the
	// Region. nil drops them.
	Emit func(showdown.Event)
	Seed uint64
	// Addresses hands out the addresses.
	Addresses Addresses
	// Reach says whether the network of the machine at a private address answers
	// within ctx. It is what the instance status check asks (EC2 User Guide, Status
	// checks for your instances): the system answers it, so an application that hangs
	// does not fail the check. Nil finds every living machine reachable.
	Reach func(ctx context.Context, private string) bool
	// Network keeps the security groups; nil lets everybody reach every instance.
	Network Network
	// Lab, Mark, App and Work go into every machine's configuration.
	Lab, Mark, App string
	Work           float64
	// Program is the application of one's own that machines run in place of App; nil is
	// none.
	Program *cloud.Program
	// Timings is how long things take; the zero value is [DefaultTimings].
	Timings Timings
}

// Region is an account's instances and addresses in one AWS Region. Its methods are
// safe for concurrent use. Operations that take time return at once, as EC2's do,
// and go on in [Region.Run]; [Region.Wait] waits for their end.
type Region struct {
	cfg Config

	mu        sync.Mutex
	names     []string
	instances map[string]*instance
	// past are the terminated instances whose name was given again.
	past []*instance
	// places are the machines that keep the addresses of terminated instances silent.
	places  []cloud.Machine
	elastic map[string]*elasticIP
	order   []string // elastic IPs in the order of their allocation
	// full are the zones in which no instance can be launched or started.
	full  map[string]bool
	tasks []func(context.Context)
	wake  chan struct{}
	// addressOps is held while an elastic IP moves.
	addressOps chan struct{}
	running    bool
	closed     bool
	// lead is the longest time that a machine took to start: boots start theirs ahead
	// of the moment at which it shall listen.
	lead time.Duration

	outbox outbox
}

// New is a Region without instances. It fails when the speed is too high for a check
// every AWS minute, and starts nothing.
func New(c Config) (*Region, error) {
	if c.Backend == nil || c.Addresses == nil {
		return nil, errors.New("ec2: a backend and addresses are needed")
	}
	if err := c.Clock.CheckPeriod("a status check", CheckEvery); err != nil {
		return nil, err
	}
	if c.Timings == (Timings{}) {
		c.Timings = DefaultTimings()
	}
	return &Region{
		cfg:       c,
		instances: map[string]*instance{},
		elastic:   map[string]*elasticIP{},
		full:      map[string]bool{},
		wake:      make(chan struct{}, 1),

		addressOps: make(chan struct{}, 1),
		outbox:     outbox{cloud.Outbox[showdown.Event]{Send: c.Emit}},
	}, nil
}

// Launch is what RunInstances is asked for.
type Launch struct {
	// Name is the instance's id: unique in its Region.
	Name, Role, Zone, Type string
	// CreditMode is "standard", "unlimited" or empty for the family's default.
	CreditMode string
	// Credits is the start value of the credit account; empty is what a launch gives.
	Credits showdown.Credits
	// Queue is how many requests may wait for a worker of the machine.
	Queue int
	// AppBoot is how long the application boots after the kernel; UserData is how
	// long the user data script runs at the first boot.
	AppBoot, UserData showdown.Duration
	// SecurityGroups are the names of the groups that protect the instance; none is the
	// default one.
	SecurityGroups []string
	// ElasticIP is an allocated address to associate from the beginning; empty leaves
	// the instance with an auto-assigned public address.
	ElasticIP string
	// App and Program are what its machine runs where that is not what the Region's run.
	App     string
	Program *cloud.Program
	// NoPublic leaves it without a public address, as in a subnet that assigns none (VPC
	// User Guide, Subnet public IP addressing attribute).
	NoPublic bool
}

// instance is an instance as the Region keeps it; Region.mu guards it.
type instance struct {
	Launch
	typ     InstanceType
	state   State
	since   time.Time // planned moment at which state began
	private string
	auto    string // auto-assigned public address
	elastic string
	holds   []Hold
	history []Change

	machine   cloud.Machine
	listening bool
	booting   bool // on the way to listening
	checking  bool // a status check is under way
	booted    bool // the first boot, with its user data, is over
	bootErr   error
	silent    bool // its addresses fall silent when it is terminated
	plan      int  // number of the newest operation: an older one's steps are void

	system, software check
	runningSince     time.Time
	impairedSince    time.Time      // zero while no check is impaired
	credits          *cloud.Credits // for the next start of the machine
	typeBefore       InstanceType   // at the last stop
	balance, surplus float64
	launch           float64 // how much of the balance are launch credits

	rng *rand.Rand
	// ops is held while the machine or its addresses are being changed.
	ops     chan struct{}
	changed chan struct{} // closed and replaced at each change
}

func (in *instance) public() string {
	if in.elastic != "" {
		return in.elastic
	}
	return in.auto
}

func (in *instance) lock(ctx context.Context) error {
	select {
	case in.ops <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (in *instance) unlock() { <-in.ops }

func (in *instance) notify() {
	close(in.changed)
	in.changed = make(chan struct{})
}

// Instance is an instance as DescribeInstances shows it.
type Instance struct {
	Name, Role, Zone, Type string
	State                  State
	// Since is when the state began.
	Since time.Time
	// Private is kept for the instance's life; Public is the elastic IP if one is
	// associated, else the auto-assigned address, and empty while there is none.
	Private, Public string
	// Elastic says that Public is an elastic IP.
	Elastic bool
	Status  Status
	// Launched is when RunInstances was accepted, and ImpairedSince when a status check
	// found it impaired; zero while none does.
	Launched, ImpairedSince time.Time
	// Listening says that the application answers, as far as the Region knows.
	Listening bool
	// Credits is the balance when it was last looked at, once an AWS minute.
	Credits float64
}

func (in *instance) describe() Instance {
	d := Instance{
		Name: in.Name, Role: in.Role, Zone: in.Zone, Type: in.typ.Name,
		State: in.state, Since: in.since, Private: in.private, Public: in.public(), Elastic: in.elastic != "",
		Status:    Status{NotApplicable, NotApplicable},
		Listening: in.listening && alive(in.machine), Credits: in.balance,
	}
	if in.state == Running {
		d.Status, d.ImpairedSince = Status{in.system.Health, in.software.Health}, in.impairedSince
	}
	if len(in.history) > 0 {
		d.Launched = in.history[0].At
	}
	return d
}

func alive(m cloud.Machine) bool {
	if m == nil {
		return false
	}
	select {
	case <-m.Done():
		return false
	default:
		return true
	}
}

// unlock releases the Region and sends the events that were queued under the lock.
func (r *Region) unlock() {
	r.mu.Unlock()
	r.outbox.Flush()
}

// enter moves an instance to a state, at a planned moment. r.mu is held.
func (r *Region) enter(in *instance, s State, at time.Time) {
	from := in.state
	in.state, in.since = s, at
	in.history = append(in.history, Change{at, s, in.typ.Name})
	if s == Running {
		in.runningSince, in.impairedSince = at, time.Time{}
		in.system, in.software = check{Health: Initializing}, check{Health: Initializing}
	}
	r.outbox.add(showdown.InstanceState, in.Name, map[string]any{"from": string(from), "to": string(s), "type": in.typ.Name})
	if s == Running {
		r.sayStatus(in)
	}
	in.notify()
}

func (r *Region) sayStatus(in *instance) {
	r.outbox.add(showdown.InstanceStatus, in.Name, map[string]any{
		"system": string(in.system.Health), "instance": string(in.software.Health),
	})
}

func (r *Region) sayAddress(in *instance) {
	r.outbox.add(showdown.InstanceAddress, in.Name, map[string]any{
		"public": in.public(), "private": in.private, "elastic": in.elastic != "",
	})
}

// refused notes that an operation was refused and returns the refusal.
func (r *Region) refused(target string, e *APIError) error {
	r.outbox.add(showdown.APIRefused, target, map[string]any{
		"operation": e.Operation, "code": e.Code, "message": e.Message,
	})
	return e
}

// find is the instance of that name. r.mu is held.
func (r *Region) find(op operation, name string) (*instance, error) {
	if in, ok := r.instances[name]; ok {
		return in, nil
	}
	return nil, r.refused(name, cloud.NewAPIError(string(op), CodeInstanceNotFound, fmt.Sprintf("the instance %q does not exist", name)))
}

// seeded is the source of one instance's chances: its own, so that they do not
// depend on what other instances do in the meantime.
func (r *Region) seeded(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(r.cfg.Seed, h.Sum64()))
}

// outbox sends the Region's events.
type outbox struct{ cloud.Outbox[showdown.Event] }

func (o *outbox) add(kind showdown.EventKind, target string, data map[string]any) {
	o.Put(showdown.Event{Kind: kind, Source: "ec2", Target: target, Data: data})
}
