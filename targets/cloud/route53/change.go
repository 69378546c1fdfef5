package route53

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"showdown/targets/cloud"

	"showdown"
)

// ChangeStatus is how far a change has come (Amazon Route 53 API Reference,
// ChangeInfo).
type ChangeStatus string

// The statuses of a change.
const (
	Pending ChangeStatus = "PENDING"
	// InSync is a change that all name servers answer by.
	InSync ChangeStatus = "INSYNC"
)

// ChangeInfo is a change that was accepted.
type ChangeInfo struct {
	// ID is what GetChange is asked with.
	ID     string
	Status ChangeStatus
	// SubmittedAt is when it was accepted.
	SubmittedAt time.Time
}

// change is a change as the Zone keeps it; Zone.mu guards it.
type change struct {
	ChangeInfo
	name   string
	action string
	values []string
	// left is how many name servers do not know it yet.
	left   int
	inSync chan struct{}
}

// step is one name server learning one change.
type step struct {
	due    time.Time
	server int
	zone   *snapshot
	change *change
}

// arrivals are the moments at which the name servers learn a change that was accepted
// at a moment: each its own, within longest. A server learns changes in their order,
// so none comes before the one it is to learn last.
func arrivals(last []time.Time, at time.Time, longest time.Duration, rng *rand.Rand) []time.Time {
	due := make([]time.Time, len(last))
	for i := range due {
		due[i] = at
		if longest > 0 {
			due[i] = at.Add(time.Duration(rng.Int64N(int64(longest) + 1)))
		}
		if due[i].Before(last[i]) {
			due[i] = last[i]
		}
	}
	return due
}

// Upsert makes a record set, or puts it in the place of the one with its name (Amazon
// Route 53 API Reference, ChangeResourceRecordSets, UPSERT).
func (z *Zone) Upsert(r Record) (ChangeInfo, error) {
	return z.change("UPSERT", r.Name, func(*snapshot, string) (*set, error) {
		return newSet(z.cfg.Clock, z.apex, z.hosts, r)
	})
}

// RemoveValue takes one value from the record set of a name. The last value takes the
// record set with it. It is refused when the value is not there (Amazon Route 53 API
// Reference, ChangeResourceRecordSets: a DELETE must match what exists).
func (z *Zone) RemoveValue(name string, value netip.Addr) (ChangeInfo, error) {
	return z.change("REMOVE", name, func(now *snapshot, full string) (*set, error) {
		s := now.sets[full]
		if s == nil || s.alias != nil || !slices.Contains(s.values, value) {
			return nil, invalidBatch("tried to delete the value %s of %s, but it was not found", value, bare(full))
		}
		return s.with(slices.DeleteFunc(slices.Clone(s.values), func(v netip.Addr) bool { return v == value })), nil
	})
}

// RestoreValue puts a value into the record set of a name. Where RemoveValue took the
// whole set, it is made again with the TTL and the health check that it had. It is
// refused when the value is there, or when the name never had a record set.
func (z *Zone) RestoreValue(name string, value netip.Addr) (ChangeInfo, error) {
	return z.change("RESTORE", name, func(now *snapshot, full string) (*set, error) {
		s := now.sets[full]
		if s == nil {
			if s = z.gone[full]; s == nil {
				return nil, invalidBatch("the name %s has no record set to put %s into: upsert one", bare(full), value)
			}
		}
		if s.alias != nil || slices.Contains(s.values, value) {
			return nil, invalidBatch("tried to create the value %s of %s, but it already exists", value, bare(full))
		}
		s = s.with(append(slices.Clone(s.values), value))
		return s, checkValues(s)
	})
}

// Delete takes the whole record set of a name, an alias too (Amazon Route 53 API
// Reference, ChangeResourceRecordSets, DELETE). Upsert with what [Zone.Record] said
// before puts it back.
func (z *Zone) Delete(name string) (ChangeInfo, error) {
	return z.change("DELETE", name, func(now *snapshot, full string) (*set, error) {
		s := now.sets[full]
		if s == nil {
			return nil, invalidBatch("tried to delete the record set %s, but it was not found", bare(full))
		}
		none := s.with(nil)
		none.alias = nil
		return none, nil
	})
}

// change accepts a change of the record set of a name, or refuses it. decide is the
// set after it, given the zone before; one without values is removed.
func (z *Zone) change(action, name string, decide func(now *snapshot, full string) (*set, error)) (ChangeInfo, error) {
	at := time.Now()
	z.mu.Lock()
	defer z.unlock()
	if z.closed {
		return ChangeInfo{}, z.refused(name, cloud.NewAPIError(opChange, CodeNoSuchHostedZone, fmt.Sprintf("no hosted zone %s: it is closed", bare(z.apex))))
	}
	full, err := absolute(name, z.apex)
	if err != nil {
		return ChangeInfo{}, z.refused(name, err)
	}
	s, err := decide(z.newest, full)
	if err != nil {
		return ChangeInfo{}, z.refused(bare(full), err)
	}
	if s.alias == nil && len(s.values) == 0 {
		z.gone[full] = s
		z.newest = z.newest.without(full)
	} else {
		delete(z.gone, full)
		z.newest = z.newest.with(s)
	}
	c := &change{
		ChangeInfo: ChangeInfo{fmt.Sprintf("C%013d", len(z.changes)+1), Pending, at},
		name:       bare(full), action: action, left: len(z.servers), inSync: make(chan struct{}),
	}
	c.values = []string{}
	for _, v := range s.values {
		c.values = append(c.values, v.String())
	}
	z.changes[c.ID] = c
	z.sayChange(c)
	z.arrives = arrivals(z.arrives, at, z.cfg.Clock.Lab(z.cfg.Zone.Propagation), z.rng)
	for i, due := range z.arrives {
		z.steps = append(z.steps, step{due, i, z.newest, c})
	}
	// What takes no time has happened when this returns, also before Run.
	z.arrive(at)
	z.rouse()
	return c.ChangeInfo, nil
}

// arrive lets the name servers learn what they are due to know at a moment, and is
// when the next of them is due, zero for never. z.mu is held.
func (z *Zone) arrive(now time.Time) time.Time {
	slices.SortStableFunc(z.steps, func(a, b step) int { return a.due.Compare(b.due) })
	n := 0
	for ; n < len(z.steps) && !z.steps[n].due.After(now); n++ {
		s := z.steps[n]
		z.servers[s.server].now.Store(s.zone)
		if s.change.left--; s.change.left == 0 {
			s.change.Status = InSync
			close(s.change.inSync)
			z.sayChange(s.change)
		}
	}
	z.steps = slices.Delete(z.steps, 0, n)
	if len(z.steps) == 0 {
		return time.Time{}
	}
	return z.steps[0].due
}

func (z *Zone) sayChange(c *change) {
	z.outbox.add(showdown.DNSChange, c.name, map[string]any{
		"change": c.action, "values": c.values, "status": string(c.Status),
	})
}

// GetChange is a change as it is now (Amazon Route 53 API Reference, GetChange).
func (z *Zone) GetChange(id string) (ChangeInfo, error) {
	z.mu.Lock()
	defer z.unlock()
	c, err := z.find(id)
	if err != nil {
		return ChangeInfo{}, err
	}
	return c.ChangeInfo, nil
}

// Wait returns when all name servers answer by a change. It fails when ctx ends first.
// Something must be in [Zone.Run] meanwhile.
func (z *Zone) Wait(ctx context.Context, id string) error {
	z.mu.Lock()
	c, err := z.find(id)
	z.unlock()
	if err != nil {
		return err
	}
	select {
	case <-c.inSync:
		return nil
	default:
	}
	select {
	case <-c.inSync:
		return nil
	case <-z.done:
		return fmt.Errorf("wait for the change %s: the hosted zone is closed", id)
	case <-ctx.Done():
		return fmt.Errorf("wait for the change %s: %w", id, ctx.Err())
	}
}

// find is the change of that id. z.mu is held.
func (z *Zone) find(id string) (*change, error) {
	if c, ok := z.changes[id]; ok {
		return c, nil
	}
	return nil, z.refused(id, cloud.NewAPIError(opGetChange, CodeNoSuchChange, fmt.Sprintf("could not find the change %q", id)))
}
