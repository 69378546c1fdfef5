package vpc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"showdown"
	"showdown/targets/cloud"
)

// The operations, by the names of the Amazon EC2 API Reference.
const (
	opCreate    = "CreateSecurityGroup"
	opAuthorize = "AuthorizeSecurityGroupIngress"
	opRevoke    = "RevokeSecurityGroupIngress"
	opAttach    = "RunInstances"
)

// of is a refusal with its operation.
func of(operation string, err error) error {
	var api *APIError
	if errors.As(err, &api) && api.Operation == "" {
		return cloud.NewAPIError(operation, api.Code, api.Message)
	}
	return err
}

// Config is what a [VPC] needs.
type Config struct {
	Groups []showdown.SecurityGroup
	// Internet is the range of the lab's clients: what [showdown.FromInternet] means.
	Internet netip.Prefix
	// Limits are the account's quotas; the zero value is what AWS gives at first.
	Limits Limits
	// Push gives a member that runs what it shall let in from now on, and returns when
	// that is in effect. It is called for one member at a time, in the order of the
	// changes. A member that does not run is no error: it is told when it starts.
	Push func(ctx context.Context, member string, in cloud.Inbound) error
	// Emit takes the VPC's events; the receiver stamps time and cell. nil drops them.
	Emit func(showdown.Event)
}

// VPC is the control plane of a lab's security groups. Its methods are safe for
// concurrent use. A change is in effect when its operation returns; an error that is
// no [APIError] names the members that could not be told, which are told again with the
// next change or by [VPC.Sync].
type VPC struct {
	push func(context.Context, string, cloud.Inbound) error
	emit func(showdown.Event)

	// ops is held during an operation, pushes included, so that members hear of changes
	// in their order.
	ops chan struct{}
	// told is what each member was told last; ops is held to use it.
	told map[string]cloud.Inbound

	mu      sync.Mutex // guards network
	network *Network
}

// New is a VPC with the groups and without members. It starts nothing, and fails with
// an [APIError] for groups that AWS would refuse.
func New(c Config) (*VPC, error) {
	n, err := NewNetwork(c.Groups, c.Internet, c.Limits)
	if err != nil {
		return nil, fmt.Errorf("vpc: %w", err)
	}
	v := &VPC{push: c.Push, emit: c.Emit, ops: make(chan struct{}, 1), network: n, told: map[string]cloud.Inbound{}}
	if v.push == nil {
		v.push = func(context.Context, string, cloud.Inbound) error { return nil }
	}
	if v.emit == nil {
		v.emit = func(showdown.Event) {}
	}
	return v, nil
}

// Join makes an instance that is launched, or started again, a member of its groups
// and returns what it lets in, which it must be started with. Members that let one of
// its groups in are told of it. Only an [APIError] keeps it from joining.
func (v *VPC) Join(ctx context.Context, m Member) (cloud.Inbound, error) {
	var in cloud.Inbound
	err := v.change(ctx, m.Name, func(n *Network) error {
		if err := n.Join(m); err != nil {
			return err
		}
		in, _ = n.Inbound(m.Name)
		v.told[m.Name] = in
		return nil
	})
	return in, err
}

// Leave takes an instance that is terminated out of its groups: its address opens
// nothing any more. One that was launched under its name since, with another private
// address, stays.
func (v *VPC) Leave(ctx context.Context, member string, private netip.Addr) error {
	return v.change(ctx, member, func(n *Network) error {
		if n.members[member].Private == private {
			delete(n.members, member)
			delete(v.told, member)
		}
		return nil
	})
}

// Sync tells members again what they let in, whatever they were told before: a machine
// that was being started missed what changed meanwhile. Without names it tells those
// that could not be told.
func (v *VPC) Sync(ctx context.Context, members ...string) error {
	return v.change(ctx, "", func(*Network) error {
		for _, m := range members {
			delete(v.told, m)
		}
		return nil
	})
}

// AuthorizeIngress adds inbound rules to a group, all of them or none (Amazon EC2 API
// Reference, AuthorizeSecurityGroupIngress).
func (v *VPC) AuthorizeIngress(ctx context.Context, group string, rules ...showdown.SecurityRule) error {
	return v.changeGroup(ctx, group, func(n *Network) error { return n.authorize(group, rules) })
}

// RevokeIngress takes inbound rules from a group, all of them or none (Amazon EC2 API
// Reference, RevokeSecurityGroupIngress). Connections that a rule let in go on: they
// are tracked (EC2 User Guide, Security group connection tracking).
func (v *VPC) RevokeIngress(ctx context.Context, group string, rules ...showdown.SecurityRule) error {
	return v.changeGroup(ctx, group, func(n *Network) error { return n.revoke(group, rules) })
}

// changeGroup is change for an operation on a group's rules, which is told as an event
// once it is in effect.
func (v *VPC) changeGroup(ctx context.Context, group string, operation func(*Network) error) error {
	rules := ""
	err := v.change(ctx, group, func(n *Network) error {
		if err := operation(n); err != nil {
			return err
		}
		rules = n.describe(group)
		return nil
	})
	if rules != "" {
		v.emit(showdown.Event{
			Kind: showdown.GroupChanged, Source: "vpc", Target: group, Data: map[string]any{"inbound": rules},
		})
	}
	return err
}

// Cut drops every packet between two sides, in both directions and those of open
// connections included, whatever the rules say. A side is an instance, a group,
// [showdown.FromInternet] or a CIDR block; each that is a member drops what comes from
// the other. Cutting twice is no error. It is no operation of AWS: it is a fault.
func (v *VPC) Cut(ctx context.Context, a, b string) error {
	return v.change(ctx, "", func(n *Network) error { return n.cut(a, b) })
}

// Uncut lets packets between two sides through again. What was not cut is no error.
func (v *VPC) Uncut(ctx context.Context, a, b string) error {
	return v.change(ctx, "", func(n *Network) error {
		delete(n.cuts, cutOf(a, b))
		return nil
	})
}

// change carries out an operation and tells the members whose rules it changed. A
// refusal is told as an event about target.
func (v *VPC) change(ctx context.Context, target string, operation func(*Network) error) error {
	select {
	case v.ops <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	err := v.apply(ctx, operation)
	<-v.ops
	// Behind the lock: who hears of it may well ask for more.
	var refused *APIError
	if errors.As(err, &refused) {
		v.emit(showdown.Event{Kind: showdown.APIRefused, Source: "vpc", Target: target, Data: map[string]any{
			"operation": refused.Operation, "code": refused.Code, "message": refused.Message,
		}})
	}
	return err
}

func (v *VPC) apply(ctx context.Context, operation func(*Network) error) error {
	v.mu.Lock()
	err := operation(v.network)
	news := v.news()
	v.mu.Unlock()
	if err != nil {
		return err
	}
	var errs []error
	for _, member := range slices.Sorted(maps.Keys(news)) {
		if err := v.push(ctx, member, news[member]); err != nil {
			errs = append(errs, fmt.Errorf("tell %s what it lets in: %w", member, err))
			continue
		}
		v.told[member] = news[member]
	}
	return errors.Join(errs...)
}

// news is what members let in now and were not told yet. v.mu is held.
func (v *VPC) news() map[string]cloud.Inbound {
	out := map[string]cloud.Inbound{}
	for name, in := range v.network.inbounds() {
		if before, told := v.told[name]; !told || !equal(before, in) {
			out[name] = in
		}
	}
	return out
}

func equal(a, b cloud.Inbound) bool {
	return slices.Equal(a.Allow, b.Allow) && slices.Equal(a.Cut, b.Cut)
}

// Inbound is what a member lets in now; ok is false when there is no such member.
func (v *VPC) Inbound(member string) (in cloud.Inbound, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.network.Inbound(member)
}

// Allows is [Network.Allows] of the rules as they are now.
func (v *VPC) Allows(from, to string, port int) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.network.Allows(from, to, port)
}

// Members are the names of a group's members now, sorted.
func (v *VPC) Members(group string) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.network.Members(group)
}

// Groups are the names of the groups that exist, sorted.
func (v *VPC) Groups() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Sorted(maps.Keys(v.network.groups))
}
