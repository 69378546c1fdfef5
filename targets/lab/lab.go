// Package lab turns a topology into a running lab, and takes it down again.
//
// A [Lab] belongs to one cell. It holds a slot of addresses, an EC2 Region of its
// own with the cell's instances, and their bill. Instances are there from the
// beginning, as if they had been launched long ago; from then on what happens to
// them happens through [Lab.EC2] and takes the time that it takes on AWS.
package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/autoscaling"
	"showdown/targets/cloud/ec2"
	"showdown/targets/cloud/elb"
	"showdown/targets/cloud/route53"
	"showdown/targets/cloud/vpc"
	"showdown/targets/journal"
)

// DefaultQueue is how many requests may wait for a worker of an instance that does
// not say it.
const DefaultQueue = 20

// Config is what a lab is made from.
type Config struct {
	// Run is the run's id: the mark on everything that the lab starts.
	Run  string
	Cell showdown.Cell
	// App is the application that the instances run, and Work the CoreMark iterations
	// that one request takes.
	App  string
	Work float64
	// Program is the application of one's own that they run in place of App; nil is none.
	// Source is the file that it is written in, which its paths count from.
	Program *showdown.Program
	Source  string

	Clock showdown.Clock
	Seed  uint64
	// Backend runs the machines. It outlives the lab.
	Backend cloud.Backend
	// Journal is where what the lab holds is written down; nil in tests only.
	Journal *journal.Journal
	// Emit takes the lab's events with Kind, Target, Source and Data; the receiver
	// stamps T, At and Cell. It is called from one goroutine at a time and may call
	// the lab.
	Emit func(showdown.Event)
}

// Lab is a running topology. Its methods are safe for concurrent use.
type Lab struct {
	cfg Config

	upMu   sync.Mutex // one Up at a time
	owners owners

	mu sync.Mutex
	// specs are the instances that were asked for, those of the topology first.
	specs     []showdown.Instance
	slot      *journal.Slot
	entry     int // the slot's entry in the journal
	source    string
	plan      vpc.Plan
	addresses *addresses
	region    *ec2.Region
	zone      *route53.Zone
	vpc       *vpc.VPC
	network   *network
	balancers []*elb.Balancer
	groups    []*autoscaling.Group
	meters    []*meter
	// refreshes are the ids of the last instance refreshes, by group.
	refreshes map[string]string
	// calm ends what the Auto Scaling groups do, for who takes the lab down.
	calm   context.CancelFunc
	outbox outbox
	upAt   time.Time
	downAt time.Time
}

// New is a lab that is not up yet. It starts nothing, and fails when the cell's
// topology cannot be built.
func New(c Config) (*Lab, error) {
	if c.Backend == nil {
		return nil, errors.New("lab: a backend is needed")
	}
	if c.Emit == nil {
		c.Emit = func(showdown.Event) {}
	}
	emit := c.Emit
	l := &Lab{specs: c.Cell.Topology.AllInstances()}
	l.outbox.Send = func(e showdown.Event) {
		l.owners.note(e)
		emit(e)
		l.tellServices(e)
	}
	l.cfg = c
	elastic := 0
	for _, in := range c.Cell.Topology.AllInstances() {
		if _, ok := ec2.TypeByName(in.Type); !ok {
			return nil, fmt.Errorf("lab %q: instance %q: unknown type %q", c.Cell.Name, in.Name, in.Type)
		}
		if in.ElasticIP {
			elastic++
		}
	}
	if elastic > ec2.ElasticIPLimit {
		return nil, fmt.Errorf("lab %q: %d elastic IPs are asked for, a Region gives %d", c.Cell.Name, elastic, ec2.ElasticIPLimit)
	}
	if _, err := planNetwork(c.Cell.Topology); err != nil {
		return nil, fmt.Errorf("lab %q: %w", c.Cell.Name, err)
	}
	if err := c.Clock.CheckPeriod("a status check", ec2.CheckEvery); err != nil {
		return nil, fmt.Errorf("lab %q: %w", c.Cell.Name, err)
	}
	return l, nil
}

// Up builds the lab and returns when every instance answers. Boot times are left
// aside. When it fails, what it had built is taken down again.
func (l *Lab) Up(ctx context.Context) error {
	if err := l.up(ctx); err != nil {
		// The cause may be that ctx ended: taking down must not depend on it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return fmt.Errorf("lab %q up: %w", l.cfg.Cell.Name, errors.Join(err, l.Down(ctx)))
	}
	return nil
}

func (l *Lab) up(ctx context.Context) error {
	region, err := l.prepare(ctx)
	if err != nil {
		return err
	}
	instances := l.cfg.Cell.Topology.AllInstances()
	elastic := make([]string, len(instances))
	for i, in := range instances {
		if in.ElasticIP {
			if elastic[i], err = region.AllocateAddress(ctx); err != nil {
				return err
			}
		}
	}
	g, placing := errgroup.WithContext(ctx)
	for i, in := range instances {
		g.Go(func() error {
			_, err := region.Place(placing, l.launchOf(in, elastic[i]))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := l.openBalancers(ctx); err != nil {
		return err
	}
	l.adopt()
	return l.openZone()
}

// prepare takes a slot and makes the Region on its addresses.
func (l *Lab) prepare(ctx context.Context) (*ec2.Region, error) {
	l.upMu.Lock()
	defer l.upMu.Unlock()
	l.mu.Lock()
	up := l.slot != nil
	l.mu.Unlock()
	if up {
		return nil, errors.New("it is up already")
	}
	slot, entry, err := takeSlot(ctx, l.cfg.Journal, l.cfg.Cell.Name)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slot, l.entry = slot, entry
	source, err := journal.Address(slot.Number(), journal.RoleClients, 0, 0)
	if err != nil {
		return nil, err
	}
	l.source = source.String()
	l.plan = vpc.Plan{Slot: slot.Number()}
	groups, err := newNetwork(l, l.plan)
	if err != nil {
		return nil, err
	}
	l.vpc, l.network = groups.VPC, groups
	l.addresses = &addresses{slot: slot.Number(), private: map[int]int{}, nodes: map[int]int{}}
	l.region, err = ec2.New(ec2.Config{
		Clock: l.cfg.Clock, Backend: l.cfg.Backend, Emit: l.outbox.add, Seed: l.cfg.Seed,
		Addresses: l.addresses,
		Reach:     systemAnswers,
		Network:   groups,
		Lab:       l.cfg.Cell.Name, Mark: l.cfg.Run, App: l.cfg.App, Work: l.cfg.Work,
		Program: ownProgram(l.cfg.Program, l.cfg.Source),
	})
	if err != nil {
		return nil, err
	}
	l.upAt, l.downAt = time.Now(), time.Time{}
	if l.balancers, err = l.newBalancers(); err != nil {
		return nil, err
	}
	l.groups, l.meters, err = l.newScalingGroups()
	return l.region, err
}

// A lab that finds all slots taken waits for one: the run before it may be on its way
// down. A run that goes on is not waited for.
const (
	slotWait = 5 * time.Second
	slotPoll = 50 * time.Millisecond
)

func takeSlot(ctx context.Context, j *journal.Journal, cell string) (*journal.Slot, int, error) {
	dir, err := journal.Dir()
	if j != nil {
		dir, err = filepath.Dir(j.Path()), nil
	}
	if err != nil {
		return nil, 0, err
	}
	slot, err := journal.AcquireSlot(dir)
	for until := time.Now().Add(slotWait); errors.Is(err, journal.ErrNoSlot) && time.Now().Before(until); {
		select {
		case <-ctx.Done():
			return nil, 0, context.Cause(ctx)
		case <-time.After(slotPoll):
		}
		slot, err = journal.AcquireSlot(dir)
	}
	if err != nil || j == nil {
		return slot, 0, err
	}
	entry, err := j.Record(journal.Entry{
		Kind: journal.KindSlot, Name: cell, Fields: map[string]string{"slot": strconv.Itoa(slot.Number())},
	})
	if err != nil {
		return nil, 0, errors.Join(err, slot.Release())
	}
	return slot, entry, nil
}

// launchOf is an instance of a stage file in EC2's words.
func (l *Lab) launchOf(in showdown.Instance, elasticIP string) ec2.Launch {
	queue := in.Queue
	if queue == 0 {
		queue = DefaultQueue
	}
	return ec2.Launch{
		Name: in.Name, Role: in.Role, Zone: in.Zone, Type: in.Type,
		CreditMode: in.CreditMode, Credits: in.Credits, Queue: queue,
		AppBoot: in.AppBoot, UserData: in.UserData, ElasticIP: elasticIP, SecurityGroups: in.SecurityGroups,
		NoPublic: in.Private, App: in.App, Program: ownProgram(in.Program, l.cfg.Source),
	}
}

// Run lets the lab's services work until ctx ends: what their operations began goes
// on in it, status checks and name servers included. It returns nil when everything it
// started has ended. The lab must be up.
func (l *Lab) Run(ctx context.Context) error {
	region := l.EC2()
	if region == nil {
		return fmt.Errorf("lab %q run: it is not up", l.cfg.Cell.Name)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return region.Run(ctx) })
	g.Go(func() error { l.tellLate(ctx); return nil })
	if zone := l.Zone(); zone != nil {
		g.Go(func() error { return zone.Run(ctx) })
	}
	for _, b := range l.Balancers() {
		g.Go(func() error { return b.Run(ctx) })
	}
	l.runGroups(ctx, g)
	return g.Wait()
}

// Down takes the lab down in the reverse order of Up: machines, then the slot with
// its addresses. It can be called at any time and more than once; after a failure it
// tries what is left again. The bill stays readable.
func (l *Lab) Down(ctx context.Context) error {
	l.mu.Lock()
	region, zone, slot, entry := l.region, l.zone, l.slot, l.entry
	if l.downAt.IsZero() {
		l.downAt = time.Now()
	}
	calm := l.calm
	l.mu.Unlock()
	if calm != nil {
		calm() // a group would replace what ends
	}
	for _, b := range l.Balancers() {
		if err := b.Close(ctx); err != nil {
			return fmt.Errorf("lab %q down: %w", l.cfg.Cell.Name, err)
		}
	}
	if region != nil {
		if err := region.Close(ctx); err != nil {
			return fmt.Errorf("lab %q down: %w", l.cfg.Cell.Name, err)
		}
	}
	if zone != nil {
		if err := zone.Close(); err != nil {
			return fmt.Errorf("lab %q down: %w", l.cfg.Cell.Name, err)
		}
	}
	if slot == nil {
		return nil
	}
	err := slot.Release()
	if l.cfg.Journal != nil && err == nil {
		err = l.cfg.Journal.Done(entry)
	}
	if err != nil {
		return fmt.Errorf("lab %q down: %w", l.cfg.Cell.Name, err)
	}
	l.mu.Lock()
	l.slot = nil
	l.mu.Unlock()
	return nil
}

// EC2 is the lab's Region; nil before Up.
func (l *Lab) EC2() *ec2.Region {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.region
}

// VPC is the lab's security groups; nil before Up.
func (l *Lab) VPC() *vpc.VPC {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.vpc
}

// ClientSource is the address that the lab's clients bind to, so that machines see
// who calls; empty before Up.
func (l *Lab) ClientSource() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.source
}
