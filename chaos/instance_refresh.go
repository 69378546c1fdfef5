package chaos

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"showdown"
)

// instanceRefresh replaces the instances of an Auto Scaling group, a few at a time, as
// who rolls out a new launch template does (Amazon EC2 Auto Scaling User Guide, Instance
// refresh).
func instanceRefresh() deed {
	return deed{
		evidence: "DescribeInstanceRefreshes says Successful within the step's for",
		made:     "the lab's own Auto Scaling group launches and terminates processes, each in the time that EC2 takes",
		bounds:   map[string]string{"min-healthy": "1 to 100, in percent"},
		check: func(v values) error {
			if v.count > 100 {
				return fmt.Errorf("min-healthy of instance-refresh is %d: at most 100, in percent", v.count)
			}
			return nil
		},
		fits: func(c showdown.Cell, _ showdown.Step, v values) error {
			return needScalingGroup(c, v.names["scaling_group"])
		},
		effect: func(t *target, v values) effect {
			return &refreshed{target: t, group: v.names["scaling_group"], instanceType: v.instanceType, healthy: v.count}
		},
	}
}

type refreshed struct {
	*target
	group, instanceType string
	healthy             int
	// before is the type that the group's instances had.
	before string
	status string
	asked  bool
}

func (r *refreshed) ready(context.Context) error {
	s, err := r.scaling()
	if err != nil {
		return err
	}
	r.before = r.typeNow()
	r.facts["type_before"] = r.before
	if status, _ := s.RefreshStatus(r.group); underWay(status) {
		return fmt.Errorf("an instance refresh of %s was under way before: %s", r.group, status)
	}
	return nil
}

// underWay says that a refresh has not come to its end.
func underWay(status string) bool {
	return status == "Pending" || status == "InProgress" || status == "Cancelling"
}

// typeNow is the instance type of the group's instances, or of its launch template where
// none runs.
func (r *refreshed) typeNow() string {
	for _, in := range r.instances() {
		if number, ok := strings.CutPrefix(in.Name, r.group+"-"); ok && in.State == "running" {
			if _, err := strconv.Atoi(number); err == nil {
				return in.Type
			}
		}
	}
	g, _ := scalingGroupOf(r.cell.Topology, r.group)
	return g.Template.Type
}

func (r *refreshed) inject(ctx context.Context) error { return r.start(ctx, r.instanceType) }

func (r *refreshed) start(ctx context.Context, instanceType string) error {
	s, err := r.scaling()
	if err != nil {
		return err
	}
	id, err := s.StartRefresh(ctx, r.group, instanceType, r.healthy)
	if err != nil {
		return err
	}
	r.asked = true
	r.facts["refresh"] = id
	return nil
}

// longest is how long a refresh may take: the step's length, else as long as every
// instance that the group may have takes one after the other, but not much beyond the end
// of the traffic, when nobody needs them any more.
func (r *refreshed) longest() time.Duration {
	if r.lasts > 0 {
		return r.lasts
	}
	g, _ := scalingGroupOf(r.cell.Topology, r.group)
	left := time.Until(r.zero.Add(r.cell.Traffic.Length(r.clock)))
	return min(time.Duration(max(g.Max, 1))*r.limit.operation, max(left, r.limit.operation))
}

// follow waits until the refresh has come to its end.
func (r *refreshed) follow(ctx context.Context, longest time.Duration) (evidence string, ok bool) {
	s, err := r.scaling()
	if err != nil {
		return err.Error(), false
	}
	percent := 0
	r.until(ctx, longest, func() bool {
		r.status, percent = s.RefreshStatus(r.group)
		return r.status != "" && !underWay(r.status)
	})
	return fmt.Sprintf("DescribeInstanceRefreshes says %s, %d %% of %s", r.status, percent, r.group), r.status == "Successful"
}

func (r *refreshed) confirm(ctx context.Context) (string, bool) {
	started := time.Now()
	evidence, ok := r.follow(ctx, r.longest())
	r.facts["status"], r.facts["type_after"] = r.status, r.typeNow()
	r.facts["took_s"] = r.clock.AWS(time.Since(started)).Seconds()
	return evidence, ok
}

// left is the launch template's type where that was changed. Instances that were replaced
// by others of their kind are nothing to take back.
func (r *refreshed) left() remains {
	if r.changed() {
		return leavesChange
	}
	return leavesNothing
}

func (r *refreshed) changed() bool {
	return r.asked && r.instanceType != "" && r.instanceType != r.before
}

// undo refreshes back to the type that there was, after the end of what is under way. A
// roll back ends that itself.
func (r *refreshed) undo(ctx context.Context) error {
	if !r.changed() {
		return nil
	}
	s, err := r.scaling()
	if err != nil {
		return err
	}
	r.status, _ = s.RefreshStatus(r.group)
	switch {
	case !underWay(r.status):
	case r.hurry():
		if err := s.CancelRefresh(ctx, r.group); err != nil {
			return err
		}
	default:
		if evidence, _ := r.follow(ctx, r.limit.undo); underWay(r.status) {
			return fmt.Errorf("the refresh has not ended: %s", evidence)
		}
	}
	return r.start(ctx, r.before)
}

// gone waits for the refresh back. In a roll back it is enough that it is under way:
// nobody needs its instances afterwards.
func (r *refreshed) gone(ctx context.Context) (string, bool) {
	if !r.changed() {
		evidence, _ := r.follow(ctx, 0)
		return evidence + ", and there is no other instance type to take back", true
	}
	if r.hurry() {
		evidence, ok := r.follow(ctx, 0)
		return evidence, ok || underWay(r.status)
	}
	evidence, ok := r.follow(ctx, r.longest())
	r.facts["type_after"] = r.typeNow()
	return evidence, ok
}
