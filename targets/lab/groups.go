package lab

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/autoscaling"
	"showdown/targets/cloud/ec2"
	"showdown/targets/cloud/elb"
)

// newScalingGroups makes the Auto Scaling groups of the topology. It starts nothing.
func (l *Lab) newScalingGroups() ([]*autoscaling.Group, []*meter, error) {
	var (
		groups []*autoscaling.Group
		meters []*meter
	)
	for _, spec := range l.cfg.Cell.Topology.AutoScalingGroups {
		m := &meter{lab: l, spec: spec}
		c := autoscaling.Config{
			Clock: l.cfg.Clock, Seed: l.cfg.Seed, Emit: l.outbox.add, Spec: spec,
			Fleet: fleet{l}, Metrics: m,
		}
		if len(spec.TargetGroups) > 0 {
			c.Targets = targets{l, spec.TargetGroups}
		}
		g, err := autoscaling.New(c)
		if err != nil {
			return nil, nil, err
		}
		m.group = g
		groups, meters = append(groups, g), append(meters, m)
	}
	return groups, meters, nil
}

// ScalingGroups are the lab's Auto Scaling groups in the order of the topology; empty
// before Up.
func (l *Lab) ScalingGroups() []*autoscaling.Group {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.groups)
}

// ScalingGroup is the Auto Scaling group of that name.
func (l *Lab) ScalingGroup(name string) (*autoscaling.Group, error) {
	for i, spec := range l.cfg.Cell.Topology.AutoScalingGroups {
		if all := l.ScalingGroups(); spec.Name == name && i < len(all) {
			return all[i], nil
		}
	}
	return nil, fmt.Errorf("the lab has no Auto Scaling group %q", name)
}

// LaunchTemplate is what an Auto Scaling group launches according to the topology.
func (l *Lab) LaunchTemplate(group string) showdown.Instance {
	for _, spec := range l.cfg.Cell.Topology.AutoScalingGroups {
		if spec.Name == group {
			return spec.Template
		}
	}
	return showdown.Instance{}
}

// StartRefresh replaces the instances of a group, with instances of another type where
// one is given, and keeps so many per cent of the desired capacity in service.
func (l *Lab) StartRefresh(group, instanceType string, minHealthy int) (id string, err error) {
	g, err := l.ScalingGroup(group)
	if err != nil {
		return "", err
	}
	if instanceType != "" {
		template := l.LaunchTemplate(group)
		template.Type = instanceType
		g.SetTemplate(template)
	}
	if id, err = g.StartInstanceRefresh(autoscaling.RefreshOptions{MinHealthyPercentage: minHealthy}); err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refreshes == nil {
		l.refreshes = map[string]string{}
	}
	l.refreshes[group] = id
	return id, nil
}

// Refresh is the last instance refresh of a group; ok is false when there was none.
func (l *Lab) Refresh(group string) (r autoscaling.RefreshDescription, ok bool) {
	g, err := l.ScalingGroup(group)
	if err != nil {
		return r, false
	}
	l.mu.Lock()
	id := l.refreshes[group]
	l.mu.Unlock()
	return g.DescribeRefresh(id)
}

// adopt gives the groups the instances that the lab came up with.
func (l *Lab) adopt() {
	for i, g := range l.ScalingGroups() {
		var names []string
		for _, in := range l.cfg.Cell.Topology.AutoScalingGroups[i].Initial() {
			names = append(names, in.Name)
		}
		g.Adopt(names...)
	}
}

// runGroups lets the groups and their meters work until ctx ends or the lab goes down.
func (l *Lab) runGroups(ctx context.Context, g *errgroup.Group) {
	ctx, calm := context.WithCancel(ctx)
	l.mu.Lock()
	l.calm = calm
	l.mu.Unlock()
	for i, group := range l.ScalingGroups() {
		g.Go(func() error { return group.Run(ctx) })
		g.Go(func() error {
			l.meters[i].run(ctx)
			return nil
		})
	}
}

// StartSchedule says when the traffic began: scheduled actions are counted from it.
func (l *Lab) StartSchedule(zero time.Time) {
	for _, g := range l.ScalingGroups() {
		g.StartSchedule(zero)
	}
}

// fleet is EC2 as an Auto Scaling group uses it.
type fleet struct{ lab *Lab }

func (f fleet) Launch(ctx context.Context, in showdown.Instance) error { return f.lab.Launch(ctx, in) }

// Terminate ends an instance whose addresses are silent afterwards, as on AWS.
func (f fleet) Terminate(ctx context.Context, name string) error {
	return f.lab.Terminate(ctx, name, true)
}

func (f fleet) Stop(ctx context.Context, name string) error {
	return f.lab.do("stop", func(r *ec2.Region) error { return r.StopInstances(ctx, name) })
}

func (f fleet) Start(ctx context.Context, name string) error {
	return f.lab.do("start", func(r *ec2.Region) error { return r.StartInstances(ctx, name) })
}

func (f fleet) Instance(name string) (autoscaling.Member, bool) {
	region := f.lab.EC2()
	if region == nil {
		return autoscaling.Member{}, false
	}
	in, ok := region.Instance(name)
	if !ok {
		return autoscaling.Member{}, false
	}
	return autoscaling.Member{
		State: string(in.State), Zone: in.Zone, Type: in.Type, Listening: in.Listening, LaunchedAt: in.Launched,
		Impaired: !in.ImpairedSince.IsZero(), ImpairedSince: in.ImpairedSince,
	}, true
}

// targets is the load balancer as an Auto Scaling group uses it.
type targets struct {
	lab    *Lab
	groups []string
}

func (t targets) Register(ctx context.Context, name string) error {
	return t.each(func(b *elb.Balancer, group string) error { return b.Register(ctx, group, name) })
}

func (t targets) Deregister(ctx context.Context, name string) error {
	return t.each(func(b *elb.Balancer, group string) error { return b.Deregister(ctx, group, name) })
}

func (t targets) each(do func(*elb.Balancer, string) error) error {
	for _, group := range t.groups {
		b, err := t.lab.balancerOf(group)
		if err != nil {
			return err
		}
		if err := do(b, group); err != nil {
			return err
		}
	}
	return nil
}

// Health is the worst that one of the target groups says of an instance.
func (t targets) Health(name string) (state, reason string) {
	worst := -1
	order := []elb.State{elb.Healthy, elb.Initial, elb.Unused, elb.Draining, elb.Unhealthy}
	for _, group := range t.groups {
		b, err := t.lab.balancerOf(group)
		if err != nil {
			continue
		}
		for _, h := range b.Health(group) {
			// A target without requests in flight is shown as draining until its delay is
			// over, and nothing waits for that (User Guide for Application Load Balancers,
			// Target groups, deregistration delay).
			if h.Target != name || h.Complete {
				continue
			}
			if rank := slices.Index(order, h.State); rank > worst {
				worst, state, reason = rank, string(h.State), h.Reason
			}
		}
	}
	return state, reason
}

// samples is how many AWS minutes a meter keeps: as many as the longest alarm looks at,
// and some more.
const samples = 30

// meter measures what the policies of an Auto Scaling group look at, for each AWS minute.
type meter struct {
	lab   *Lab
	spec  showdown.AutoScalingGroup
	group *autoscaling.Group

	mu     sync.Mutex
	values []sample
}

// sample is the metrics of the AWS minute that ended at a moment.
type sample struct {
	end time.Time
	of  map[showdown.Metric]float64
}

// Value is a metric in the AWS minute that ended at a moment; ok is false where nothing
// was measured.
func (m *meter) Value(metric showdown.Metric, end time.Time) (v float64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	half := m.lab.cfg.Clock.Lab(showdown.Minute) / 2
	for _, s := range m.values {
		if d := s.end.Sub(end); d.Abs() < half {
			v, ok = s.of[metric]
		}
	}
	return v, ok
}

// count is what a meter has seen when it looked last.
type count struct {
	requests uint64
	busy     map[cloud.Identity]float64
}

// run measures at each AWS minute until ctx ends.
func (m *meter) run(ctx context.Context) {
	epoch, period := time.Now(), m.lab.cfg.Clock.Lab(showdown.Minute)
	last := m.look(ctx)
	for k := time.Duration(1); ; k++ {
		end := epoch.Add(k * period)
		if cloud.SleepUntil(ctx, end) != nil {
			return
		}
		now := m.look(ctx)
		m.keep(end, last, now, period)
		last = now
	}
}

// look reads the counters of the load balancers and of the group's machines.
func (m *meter) look(ctx context.Context) count {
	c := count{busy: map[cloud.Identity]float64{}}
	for _, group := range m.spec.TargetGroups {
		if b, err := m.lab.balancerOf(group); err == nil {
			c.requests += b.Requests(group)
		}
	}
	if !m.measures(showdown.AverageCPU) {
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, m.lab.cfg.Clock.Lab(showdown.Minute)/4)
	defer cancel()
	var (
		all sync.WaitGroup
		mu  sync.Mutex
	)
	for _, in := range m.group.Describe().Instances {
		machine, ok := m.lab.Machine(in.Name)
		if !ok || in.Lifecycle != autoscaling.InService || in.WarmingUp {
			continue
		}
		all.Go(func() {
			if s, err := machine.Do(ctx, cloud.Command{Verb: cloud.Stats}); err == nil {
				mu.Lock()
				c.busy[machine.Identity()] = s.Busy
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return c
}

func (m *meter) measures(metric showdown.Metric) bool {
	return slices.ContainsFunc(m.spec.Policies, func(p showdown.ScalingPolicy) bool { return p.Metric == metric })
}

// keep works the metrics out from two looks.
func (m *meter) keep(end time.Time, last, now count, period time.Duration) {
	of := map[showdown.Metric]float64{}
	if n := m.targets(); n > 0 {
		// An AWS minute is shorter here by the speed, and the rate of requests is not: in a
		// minute of AWS there would be so many more.
		requests := float64(now.requests-min(last.requests, now.requests)) * m.lab.cfg.Clock.Speed()
		of[showdown.RequestCountPerTarget] = requests / float64(n)
	}
	busy, machines := 0.0, 0
	for id, now := range now.busy {
		if before, ok := last.busy[id]; ok {
			busy += max(0, now-before)
			machines++
		}
	}
	if t, ok := ec2.TypeByName(m.spec.Template.Type); ok && machines > 0 {
		of[showdown.AverageCPU] = min(100, 100*busy/(float64(machines*t.VCPUs)*period.Seconds()))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values = append(m.values, sample{end, of})
	if len(m.values) > samples {
		m.values = m.values[1:]
	}
}

// targets is how many healthy targets the group has.
func (m *meter) targets() int {
	n := 0
	for _, group := range m.spec.TargetGroups {
		if b, err := m.lab.balancerOf(group); err == nil {
			for _, h := range b.Health(group) {
				if h.State == elb.Healthy {
					n++
				}
			}
		}
	}
	return n
}
