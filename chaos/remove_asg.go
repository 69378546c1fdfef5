package chaos

import (
	"context"
	"fmt"
	"sync"

	"showdown"
)

// unscaled is an Auto Scaling group whose processes are all suspended: its instances stay
// and nobody looks after them.
type unscaled struct {
	*target
	group string
	asked bool

	// mu is for what guard counts.
	mu sync.Mutex
	// desired and least are the capacity that is wanted and the smallest that was in
	// service; rose is by how much it has risen since from one look to the next.
	desired, least, last, rose int
}

func (u *unscaled) ready(context.Context) error {
	s, err := u.scaling()
	if err != nil {
		return err
	}
	desired, inService := s.Capacity(u.group)
	u.facts["desired_before"], u.facts["in_service_before"] = desired, inService
	return nil
}

func (u *unscaled) inject(context.Context) error {
	s, err := u.scaling()
	if err != nil {
		return err
	}
	u.asked = true
	if err := s.Suspend(u.group, showdown.Processes()...); err != nil {
		return err
	}
	u.desired, u.last = s.Capacity(u.group)
	u.least = u.last
	return nil
}

// count looks at the capacity once.
func (u *unscaled) count(s Scaling) {
	u.mu.Lock()
	defer u.mu.Unlock()
	var now int
	u.desired, now = s.Capacity(u.group)
	u.rose += max(0, now-u.last)
	u.least, u.last = min(u.least, now), now
}

// confirm looks for a moment whether an instance comes into service. Where none is missing
// none could, so what is seen at the end counts more: facts of the undo have it.
func (u *unscaled) confirm(ctx context.Context) (string, bool) {
	s, err := u.scaling()
	if err != nil {
		return err.Error(), false
	}
	u.until(ctx, u.limit.glance, func() bool {
		u.count(s)
		return u.rose > 0
	})
	return "every process is suspended; " + u.words(), u.rose == 0
}

func (u *unscaled) words() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.facts["desired"], u.facts["in_service"] = u.desired, u.last
	u.facts["in_service_least"], u.facts["came_into_service"] = u.least, u.rose
	return fmt.Sprintf("%s, %d at the least, %d came into service meanwhile", capacityWords(u.group, u.desired, u.last), u.least, u.rose)
}

// guard watches whether what is lost comes back.
func (u *unscaled) guard(ctx context.Context) (killed string) {
	s, err := u.scaling()
	for err == nil && ctx.Err() == nil {
		u.count(s)
		u.pause(ctx, u.limit.guard)
	}
	return ""
}

func (u *unscaled) left() remains {
	if u.asked {
		return leavesFault
	}
	return leavesNothing
}

func (u *unscaled) undo(context.Context) error {
	s, err := u.scaling()
	if err != nil {
		return err
	}
	u.count(s)
	return s.Resume(u.group, showdown.Processes()...)
}

// gone waits until the group has what it wants, but in a roll back, after which nobody
// needs it.
func (u *unscaled) gone(ctx context.Context) (string, bool) {
	s, err := u.scaling()
	if err != nil {
		return err.Error(), false
	}
	while := u.words()
	var desired, inService int
	ok := u.until(ctx, u.limit.operation, func() bool {
		desired, inService = s.Capacity(u.group)
		return inService >= desired || u.hurry()
	})
	return fmt.Sprintf("while suspended: %s; now %s", while, capacityWords(u.group, desired, inService)), ok
}
