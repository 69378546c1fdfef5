package chaos

import (
	"slices"
	"strings"
	"testing"

	"showdown"
)

// scaledTopology is a load balancer in two zones and an Auto Scaling group behind it, with
// short delays.
func scaledTopology() showdown.Topology {
	zones := []string{"us-east-1a", "us-east-1b"}
	template := web("")
	template.Private, template.AppBoot, template.SecurityGroups = true, 2*showdown.Second, []string{"back"}
	return showdown.Topology{
		Region: "us-east-1",
		SecurityGroups: []showdown.SecurityGroup{
			{Name: "front", Inbound: []showdown.SecurityRule{{From: showdown.FromInternet}}},
			{Name: "back", Inbound: []showdown.SecurityRule{{From: "front"}}},
		},
		LoadBalancers: []showdown.LoadBalancer{{
			Name: "lb", Type: showdown.ApplicationBalancer, Zones: zones, SecurityGroups: []string{"front"}, IdleTimeout: minute,
			Listeners: []showdown.Listener{{Forward: []showdown.Forward{{TargetGroup: "web", Weight: 1}}}},
			TargetGroups: []showdown.TargetGroup{{
				Name: "web", Algorithm: showdown.RoundRobin, CrossZone: true, DeregistrationDelay: 20 * showdown.Second,
				HealthCheck: showdown.TargetHealthCheck{
					Path: "/healthz", Interval: 10 * showdown.Second, Timeout: 5 * showdown.Second,
					HealthyThreshold: 2, UnhealthyThreshold: 2, Matcher: "200",
				},
			}},
		}},
		AutoScalingGroups: []showdown.AutoScalingGroup{{
			Name: "fleet", Template: template, Min: 1, Max: 4, Desired: 2, Zones: zones, TargetGroups: []string{"web"},
			HealthCheck: showdown.EC2HealthCheck, GracePeriod: 20 * showdown.Second, Cooldown: 5 * minute,
			WarmPool: &showdown.WarmPool{Size: 1, State: "Stopped"},
		}},
		HostedZone: &showdown.HostedZone{
			Name: "mine.com", NegativeTTL: 10 * showdown.Second, Records: []showdown.RecordSet{{Name: "@", Alias: "lb"}},
		},
	}
}

// TestActionsOnAScaledLab plays what needs a load balancer or an Auto Scaling group on
// real ones: what the fakes answer must be what they answer.
func TestActionsOnAScaledLab(t *testing.T) {
	const soon, while = showdown.Second, 30 * showdown.Second
	atOnce := []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.undone"}
	s := newStandOf(t, scaledTopology())
	for _, c := range []struct {
		step     showdown.Step
		kinds    []string
		evidence string
	}{
		{act("A", soon, "scale", "", 2*minute, "scaling_group", "fleet", "desired", "3"), lasting(), "desired 3, 3 in service of fleet"},
		{act("A", soon, "instance-refresh", "", 8*minute, "scaling_group", "fleet"), atOnce, "says Successful, 100 % of fleet"},
		{
			act("A", soon, "instance-refresh", "", 0, "scaling_group", "fleet", "type", "m5.large", "min-healthy", "50"),
			append(slices.Clone(atOnce), "change.undoing", "change.undone"), "says Successful, 100 % of fleet",
		},
		{act("A", soon, "wrong-health-check", "", minute, "target_group", "web"), lasting(), "unhealthy"},
		{act("A", soon, "remove-component", "", while, "component", "asg", "scaling_group", "fleet"), lasting(), "every process is suspended"},
		{act("A", soon, "remove-component", "", while, "component", "route53", "host", "@"), lasting(), ""},
		{act("A", soon, "fail-az", "", while, "zone", "us-east-1a"), lasting(), noCapacity},
		{act("A", soon, "az-slow", "", while, "zone", "us-east-1b", "latency", "20ms"), lasting(), ""},
		{act("A", soon, "cut-between-zones", "", while, "a", "us-east-1a", "b", "us-east-1b"), lasting(), "silent"},
	} {
		t.Run(c.step.Do+" "+c.step.With["component"]+c.step.With["type"], func(t *testing.T) {
			s := s.again(t, c.step)
			e := s.experiment()
			if err := e.Run(t.Context(), zero()); err != nil {
				t.Fatal(err)
			}
			if err := e.Rollback(t.Context()); err != nil {
				t.Error(err)
			}
			events, kinds := s.of("A")
			if !slices.Equal(kinds, c.kinds) {
				t.Errorf("events %v, want %v", kinds, c.kinds)
			}
			for _, ev := range events {
				said, _ := ev.Data["evidence"].(string)
				if (ev.Kind == showdown.FaultConfirmed || ev.Kind == showdown.FaultUnconfirmed) && !strings.Contains(said, c.evidence) {
					t.Errorf("evidence %q, want %q in it", said, c.evidence)
				}
				if problem := ev.Data["error"]; problem != nil {
					t.Errorf("%s: %v, %s", ev.Kind, problem, said)
				}
			}
			if held, err := e.Steady(t.Context(), "after"); !held || err != nil {
				t.Errorf("after the roll back: steady %t, %v", held, err)
			}
		})
	}
}
