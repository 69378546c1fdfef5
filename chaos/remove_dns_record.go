package chaos

import (
	"context"
	"errors"
	"fmt"
)

// removeDNSRecord takes the instance's address out of a name's A records. Whoever asks
// from then on is not given it; who asked before keeps it for the record's TTL.
func removeDNSRecord() deed {
	return deed{
		inside:   true,
		evidence: "every name server answers without the address",
		made:     "the lab's own name servers change their answers when the zone's propagation is over; clients ask them over real UDP",
		effect:   func(t *target, v values) effect { return &record{target: t, host: v.names["host"], in: false} },
	}
}

// record is a change of a name's A records; in says that the address is to be there.
type record struct {
	*target
	host  string
	in    bool
	asked bool
}

// address is the one that the instance has, or had when it still was there.
func (r *record) address() string { return r.before.Public }

func (r *record) ready(ctx context.Context) error {
	names, err := r.names()
	if err != nil {
		return err
	}
	if r.address() == "" {
		return errors.New(r.name + " has no public address")
	}
	now := r.listen(ctx, names, r.host, r.limit.answer)
	r.facts["address"], r.facts["records_before"] = r.address(), now.most()
	if !now.all(func(a reply) bool { return a.has(r.address()) != r.in }) {
		return fmt.Errorf("it was so before: %s", now)
	}
	return nil
}

func (r *record) inject(ctx context.Context) error {
	names, err := r.names()
	if err != nil {
		return err
	}
	if err := r.turn(ctx, names, r.in); err != nil {
		return err
	}
	r.asked = true
	return nil
}

// turn puts the address in, or takes it out.
func (r *record) turn(ctx context.Context, names Names, in bool) error {
	if in {
		return names.RestoreRecord(ctx, r.host, r.address())
	}
	return names.RemoveRecord(ctx, r.host, r.address())
}

// followed waits until all name servers say that the address is there, or is not.
func (r *record) followed(ctx context.Context, in bool) (evidence string, ok bool) {
	names, err := r.names()
	if err != nil {
		return err.Error(), false
	}
	var now heard
	ok = r.until(ctx, r.limit.operation, func() bool {
		now = r.listen(ctx, names, r.host, r.limit.answer)
		return now.all(func(a reply) bool {
			return a.has(r.address()) == in && (a.said == SaidAddresses || a.said == SaidNothing)
		})
	})
	r.facts["records"] = now.most()
	return now.String(), ok
}

func (r *record) confirm(ctx context.Context) (string, bool) { return r.followed(ctx, r.in) }

func (r *record) left() remains {
	if r.asked {
		return leavesChange
	}
	return leavesNothing
}

func (r *record) undo(ctx context.Context) error {
	names, err := r.names()
	if err != nil {
		return err
	}
	err = r.turn(ctx, names, !r.in)
	// Another action has done it already.
	if now := r.listen(ctx, names, r.host, r.limit.answer); err != nil && now.all(func(a reply) bool { return a.has(r.address()) == !r.in }) {
		return nil
	}
	return err
}

func (r *record) gone(ctx context.Context) (string, bool) { return r.followed(ctx, !r.in) }

// most is the largest number of addresses that a name server gave.
func (h heard) most() int {
	n := 0
	for _, r := range h {
		n = max(n, len(r.addresses))
	}
	return n
}
