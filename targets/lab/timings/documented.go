package timings

import (
	"fmt"

	"showdown"
	"showdown/targets/cloud/autoscaling"
	"showdown/targets/cloud/ec2"
	"showdown/targets/cloud/elb"
)

// The services whose timings there are, in the order of the page.
const (
	Balancers = "Elastic Load Balancing"
	Groups    = "EC2 Auto Scaling"
	Together  = "Both, and EC2, together"
)

// Timing is how long something takes that is documented.
type Timing struct {
	// Service is one of [Balancers], [Groups] and [Together].
	Service string
	// Name says what takes the time. It is used once.
	Name string
	// Min and Max are the documented range in AWS time; equal where it is one value.
	Min, Max showdown.Duration
	// Set is what the measured lab has set where the range is that of a setting; 0 where
	// it is none.
	Set showdown.Duration
	// Grain is how exactly it can be measured at all, where that is coarser than what the
	// page allows anyway.
	Grain showdown.Duration
	// Source is the page that says so, or says that it is unverified.
	Source string
}

// Documented is every timing of the load balancers and of the groups of a stage: what
// the services say of themselves, with the settings of the stage's groups, and what
// several of them do together.
func Documented(s *showdown.Stage) ([]Timing, error) {
	var out []Timing
	for _, t := range elb.Timings() {
		out = append(out, Timing{Service: Balancers, Name: t.Name, Min: t.Min, Max: t.Max, Source: t.Source})
	}
	g, ok := groupOf(s, "reds")
	if !ok {
		return nil, fmt.Errorf("timings: the stage has no group %q", "reds")
	}
	for _, t := range autoscaling.Timings(g) {
		out = append(out, Timing{Service: Groups, Name: t.Name, Min: t.Min, Max: t.Max, Source: t.Source})
	}
	out = append(out, jointly(out, g)...)
	for i := range out {
		out[i].settle(s)
	}
	return out, nil
}

func groupOf(s *showdown.Stage, name string) (showdown.AutoScalingGroup, bool) {
	for _, c := range s.Cells {
		for _, g := range c.Topology.AutoScalingGroups {
			if g.Name == name {
				return g, true
			}
		}
	}
	return showdown.AutoScalingGroup{}, false
}

// settle fills in what the stage sets of a timing that is a setting with a range, and how
// exactly it can be measured.
func (t *Timing) settle(s *showdown.Stage) {
	switch t.Name {
	case shiftEnds:
		t.Set = shiftLength
	case slowStarted:
		for _, c := range s.Cells {
			if g := slowStart(c); g.SlowStart > 0 {
				// Two requests more or less.
				t.Set = g.SlowStart
				lab := 2 / (c.Traffic.Phases[0].Rate * missedOf(len(g.Instances)))
				t.Grain = showdown.Duration(lab * s.Speed * float64(showdown.Second))
			}
		}
	case metricKnown:
		t.Grain = 2 * showdown.Minute / (highRate - calmRate)
	}
}

// span is a range.
type span struct{ min, max showdown.Duration }

func (a span) plus(more ...span) span {
	for _, b := range more {
		a.min, a.max = a.min+b.min, a.max+b.max
	}
	return a
}

// jointly is what takes several services: sums of documented parts.
func jointly(parts []Timing, g showdown.AutoScalingGroup) []Timing {
	of := func(name string) span {
		for _, t := range parts {
			if t.Name == name {
				return span{t.Min, t.Max}
			}
		}
		return span{}
	}
	exactly := func(d showdown.Duration) span { return span{d, d} }
	boot := ec2.DefaultTimings()
	var (
		running  = exactly(boot.LaunchAPI + boot.LaunchPending)
		started  = exactly(boot.StartAPI + boot.StartPending)
		listens  = running.plus(exactly(boot.LaunchBoot + g.Template.AppBoot))
		serves   = listens.plus(of(newTarget))
		warm     = exactly(g.Warmup)
		ttl      = of(kept)
		measured = "launch 22.6 s, start 18.2 s, boot 3.2 s measured on AWS (ec2-coldboot-research, 2026-01-31), the application's 10 s set"
	)
	add := func(name string, s span, source string) Timing {
		return Timing{Service: Together, Name: name, Min: s.min, Max: s.max, Source: "sum of the parts: " + source}
	}
	return []Timing{
		add(stoppedServes, of(notRunning).plus(of(replaced), serves), "at once, launch, boot, first check; "+measured),
		add(refusedServes, of(refusedTarget).plus(of(targetBad), of(replaced), serves), "checks, the group's period, launch, boot, first check"),
		add(hungServes, of(silentTarget).plus(of(targetBad), of(replaced), serves), "checks that time out, the group's period, launch, boot, first check"),
		add(outServes, of(alarmHigh).plus(of(raised), of(launched), serves), "AlarmHigh, launch, boot, first check"),
		add(inLeaves, of(alarmLow).plus(of(lowered)), "AlarmLow, deregistration begins at once"),
		add(coldInService, of(launched).plus(running), "launch"),
		add(warmInService, of(warmStarted).plus(started), "start from stopped"),
		add(refreshed, running.plus(running, running, warm, warm, warm), "three times launch and warm-up, which is longer than the first check takes"),
		add(drainedEnds, of(cutLeaves).plus(of(drainOver)), "deregistration delay"),
		add(balanced, of(rebalancing).plus(running, warm), "the next attempt, launch, warm-up; then the surplus leaves"),
		add(lastClient, span{of(silentNode).min, of(silentNode).max + ttl.max}, "until the answer changes, and at most its TTL"),
	}
}
