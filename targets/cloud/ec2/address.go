package ec2

import (
	"context"
	"fmt"
	"slices"
	"time"

	"showdown/targets/cloud"
)

// ElasticIPLimit is how many elastic IPs a Region gives an account by default (EC2
// User Guide, Elastic IP addresses).
const ElasticIPLimit = 5

// elasticIP is an allocated address; Region.mu guards it.
type elasticIP struct {
	address  string
	instance string
	hold     Hold
}

// Address is an elastic IP as DescribeAddresses shows it.
type Address struct {
	PublicIP string
	// Instance is whom it is associated with; empty when it is idle.
	Instance string
}

// assign gives an instance a public address from the pool. r.mu is held.
func (r *Region) assign(in *instance, at time.Time) error {
	address, err := r.cfg.Addresses.Public()
	if err != nil {
		return r.refused(in.Name, cloud.NewAPIError("StartInstances", CodeInsufficientAddresses, err.Error()))
	}
	in.auto = address
	in.holds = append(in.holds, Hold{From: at})
	return nil
}

// release takes the auto-assigned public address away: it goes back to AWS's pool
// and is not given again (EC2 User Guide, Public IPv4 addresses). r.mu is held.
func (r *Region) release(in *instance, at time.Time) {
	if in.auto == "" {
		return
	}
	in.auto = ""
	in.holds[len(in.holds)-1].Until = at
}

// AllocateAddress allocates an elastic IP. The sixth is refused with
// AddressLimitExceeded (EC2 User Guide, Elastic IP addresses, limit).
func (r *Region) AllocateAddress(context.Context) (string, error) {
	const op = "AllocateAddress"
	r.mu.Lock()
	defer r.unlock()
	n := 0
	for _, e := range r.elastic {
		if e.hold.Until.IsZero() {
			n++
		}
	}
	if n >= ElasticIPLimit {
		return "", r.refused("", cloud.NewAPIError(
			op, CodeAddressLimitExceeded,
			fmt.Sprintf("%d elastic IP addresses are allocated, the limit of the Region; more are given on request", ElasticIPLimit),
		))
	}
	address, err := r.cfg.Addresses.Elastic()
	if err != nil {
		return "", fmt.Errorf("allocate an elastic IP: %w", err)
	}
	r.elastic[address] = &elasticIP{address: address, hold: Hold{From: time.Now()}}
	r.order = append(r.order, address)
	return address, nil
}

// allocated is the elastic IP of that address. r.mu is held.
func (r *Region) allocated(op, address string) (*elasticIP, error) {
	e, ok := r.elastic[address]
	if !ok || !e.hold.Until.IsZero() {
		return nil, r.refused(address, cloud.NewAPIError(op, CodeAddressNotFound, fmt.Sprintf("the address %q is not allocated", address)))
	}
	return e, nil
}

// ReleaseAddress gives an elastic IP back. It is refused while the address is
// associated (Amazon EC2 API Reference, ReleaseAddress).
func (r *Region) ReleaseAddress(_ context.Context, address string) error {
	const op = "ReleaseAddress"
	r.mu.Lock()
	defer r.unlock()
	e, err := r.allocated(op, address)
	if err != nil {
		return err
	}
	if e.instance != "" {
		return r.refused(address, cloud.NewAPIError(op, CodeAddressInUse, fmt.Sprintf("the address %s is associated with %q", address, e.instance)))
	}
	e.hold.Until = time.Now()
	return nil
}

// AssociateAddress points an elastic IP at an instance that is running or stopped.
// The instance's auto-assigned address is released. An address that is associated
// with another instance moves only with reassociate, and the connections that it
// carries break (EC2 User Guide, Elastic IP addresses).
func (r *Region) AssociateAddress(ctx context.Context, address, name string, reassociate bool) error {
	if err := r.lockAddresses(ctx); err != nil {
		return err
	}
	defer r.unlockAddresses()

	r.mu.Lock()
	in, from, err := r.associable(address, name, reassociate)
	var due time.Time
	if err == nil {
		due = time.Now().Add(r.cfg.Clock.Lab(r.cfg.Timings.Associate.draw(in.rng)))
	}
	r.unlock()
	if err != nil || from == name {
		return err
	}
	if err := cloud.SleepUntil(ctx, due); err != nil {
		return err
	}
	if from != "" {
		if err := r.detach(ctx, address); err != nil {
			return err
		}
	}
	return r.attach(ctx, address, in)
}

func (r *Region) associable(address, name string, reassociate bool) (in *instance, from string, err error) {
	e, err := r.allocated(string(opAssociate), address)
	if err != nil {
		return nil, "", err
	}
	if in, err = r.find(opAssociate, name); err != nil {
		return nil, "", err
	}
	if a := answerOf(opAssociate, in.state); a.code != "" {
		return nil, "", r.refused(name, refuse(opAssociate, name, in.state, a.code))
	}
	if e.instance != "" && e.instance != name && !reassociate {
		return nil, "", r.refused(name, cloud.NewAPIError(
			string(opAssociate), CodeAlreadyAssociated,
			fmt.Sprintf("the address %s is already associated with %q", address, e.instance),
		))
	}
	return in, e.instance, nil
}

// DisassociateAddress takes an elastic IP from its instance, which is given an
// auto-assigned address instead (EC2 User Guide, Elastic IP addresses: "within a few
// minutes" there, at once here). Doing it twice is no error.
func (r *Region) DisassociateAddress(ctx context.Context, address string) error {
	if err := r.lockAddresses(ctx); err != nil {
		return err
	}
	defer r.unlockAddresses()
	r.mu.Lock()
	e, err := r.allocated("DisassociateAddress", address)
	idle := err == nil && e.instance == ""
	r.unlock()
	if err != nil || idle {
		return err
	}
	return r.detach(ctx, address)
}

// detach takes address from its instance and gives that an auto-assigned one.
func (r *Region) detach(ctx context.Context, address string) error {
	r.mu.Lock()
	e := r.elastic[address]
	in := r.instances[e.instance]
	r.mu.Unlock()
	if in == nil {
		return nil
	}
	if err := in.lock(ctx); err != nil {
		return err
	}
	defer in.unlock()
	r.mu.Lock()
	e.instance, in.elastic = "", ""
	var err error
	if (in.state == Running || in.state == Pending) && !in.NoPublic {
		err = r.assign(in, time.Now())
	}
	m, auto := in.machine, in.auto
	r.sayAddress(in)
	in.notify()
	r.unlock()
	if err != nil {
		return err
	}
	return rebind(ctx, m, address, auto)
}

// attach gives address to an instance and releases its auto-assigned one. An elastic
// IP that it had before is idle afterwards.
func (r *Region) attach(ctx context.Context, address string, in *instance) error {
	if err := in.lock(ctx); err != nil {
		return err
	}
	defer in.unlock()
	r.mu.Lock()
	before := in.public()
	if e := r.elastic[in.elastic]; e != nil {
		e.instance = ""
	}
	r.release(in, time.Now())
	r.elastic[address].instance, in.elastic = in.Name, address
	m, places := in.machine, slices.Clone(r.places)
	r.sayAddress(in)
	in.notify()
	r.unlock()
	for _, place := range places {
		// An address that a terminated instance left silent belongs to somebody again.
		if alive(place) {
			if _, err := place.Do(ctx, cloud.Command{Verb: cloud.Unlisten, Address: address}); err != nil {
				return fmt.Errorf("take %s from the place of %q: %w", address, place.Name(), err)
			}
		}
	}
	return rebind(ctx, m, before, address)
}

// rebind moves a living machine from one public address to another; either may be
// empty.
func rebind(ctx context.Context, m cloud.Machine, from, to string) error {
	if !alive(m) {
		return nil
	}
	if from != "" {
		if _, err := m.Do(ctx, cloud.Command{Verb: cloud.Unlisten, Address: from}); err != nil {
			return fmt.Errorf("take %s from %q: %w", from, m.Name(), err)
		}
	}
	if to != "" {
		if _, err := m.Do(ctx, cloud.Command{Verb: cloud.Listen, Address: to}); err != nil {
			return fmt.Errorf("give %s to %q: %w", to, m.Name(), err)
		}
	}
	return nil
}

// DescribeAddresses is the allocated elastic IPs in the order of their allocation.
func (r *Region) DescribeAddresses(context.Context) []Address {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Address
	for _, a := range r.order {
		if e := r.elastic[a]; e.hold.Until.IsZero() {
			out = append(out, Address{a, e.instance})
		}
	}
	return out
}

func (r *Region) lockAddresses(ctx context.Context) error {
	select {
	case r.addressOps <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Region) unlockAddresses() { <-r.addressOps }
