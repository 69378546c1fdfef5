package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Scaling is what an experiment needs of a lab's Auto Scaling groups. A [Lab] that has
// some has these methods too. A refusal of EC2 Auto Scaling's is a [Refusal].
type Scaling interface {
	ScalingGroups() []string
	// Capacity is a group's desired capacity and how many of its instances are InService.
	Capacity(group string) (desired, inService int)
	SetDesired(ctx context.Context, group string, n int) error
	// Aside says that an instance is kept in a group's warm pool, where it serves nobody.
	Aside(instance string) bool
	// StartRefresh replaces all instances of a group; an empty type leaves the launch
	// template's. minHealthy is a percentage. RefreshStatus is that of the group's last
	// instance refresh: "Pending", "InProgress", "Successful", "Failed", "Cancelled".
	StartRefresh(ctx context.Context, group, instanceType string, minHealthy int) (id string, err error)
	RefreshStatus(group string) (status string, percent int)
	// CancelRefresh ends the instance refresh that is in progress; what was replaced stays.
	CancelRefresh(ctx context.Context, group string) error
	// Suspend and Resume are of [showdown.Processes]; none are all of them.
	Suspend(group string, processes ...string) error
	Resume(group string, processes ...string) error
}

// scaling is the lab as [Scaling].
func (e *env) scaling() (Scaling, error) {
	s, ok := e.lab.(Scaling)
	if !ok {
		return nil, errors.New("this lab has no Auto Scaling groups")
	}
	return s, nil
}

// aside says that an instance is kept in a warm pool.
func (e *env) aside(name string) bool {
	s, err := e.scaling()
	return err == nil && s.Aside(name)
}

// follows waits until a group wants n instances and has n in service, at most limit of
// lab time.
func (e *env) follows(ctx context.Context, s Scaling, group string, n int, limit time.Duration) (evidence string, ok bool) {
	var desired, inService int
	ok = e.until(ctx, limit, func() bool {
		desired, inService = s.Capacity(group)
		return desired == n && inService == n
	})
	return capacityWords(group, desired, inService), ok
}

func capacityWords(group string, desired, inService int) string {
	return fmt.Sprintf("DescribeAutoScalingGroups says desired %d, %d in service of %s", desired, inService, group)
}
