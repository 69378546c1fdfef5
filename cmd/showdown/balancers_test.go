package main

import (
	"strings"
	"testing"

	"showdown"
)

func TestShowsBalancersAndGroups(t *testing.T) {
	var b strings.Builder
	two, four := 2, 4
	health := showdown.TargetHealthCheck{Path: "/healthz", Interval: 30 * showdown.Second, Timeout: 5 * showdown.Second, HealthyThreshold: 5, UnhealthyThreshold: 2, Matcher: "200"}
	zones := []string{"us-east-1a", "us-east-1b"}
	top := showdown.Topology{
		LoadBalancers: []showdown.LoadBalancer{
			{
				Name: "web", Type: showdown.ApplicationBalancer, Zones: zones, SecurityGroups: []string{"front"}, IdleTimeout: showdown.Minute,
				Listeners: []showdown.Listener{
					{Forward: []showdown.Forward{{TargetGroup: "blue", Weight: 2}, {TargetGroup: "green", Weight: 1}}},
					{Port: 9090, Forward: []showdown.Forward{{TargetGroup: "green", Weight: 1}}},
				},
				TargetGroups: []showdown.TargetGroup{
					{
						Name: "blue", Instances: []string{"web-1", "web-2"}, Algorithm: showdown.RoundRobin, HealthCheck: health, CrossZone: true,
						DeregistrationDelay: 5 * showdown.Minute, SlowStart: showdown.Minute,
						Stickiness: &showdown.Stickiness{Type: showdown.DurationCookie, Duration: 24 * showdown.Hour},
					},
					{
						Name: "green", Algorithm: showdown.LeastOutstanding, HealthCheck: health,
						Stickiness: &showdown.Stickiness{Type: showdown.ApplicationCookie, Cookie: "basket"},
					},
				},
			},
			{
				Name: "old", Type: showdown.ClassicBalancer, Zones: zones[:1], IdleTimeout: 30 * showdown.Second,
				TargetGroups: []showdown.TargetGroup{{Name: "old", Algorithm: showdown.LeastOutstanding, HealthCheck: health, CrossZone: true}},
			},
		},
		AutoScalingGroups: []showdown.AutoScalingGroup{
			{
				Name: "fleet", Template: showdown.Instance{Type: "m5.large", Private: true, SecurityGroups: []string{"back"}}, Min: 1, Max: 6, Desired: 2,
				Zones: zones, TargetGroups: []string{"green"}, HealthCheck: showdown.ELBHealthCheck, GracePeriod: 2 * showdown.Minute,
				Cooldown: 5 * showdown.Minute, Warmup: showdown.Minute,
				Policies: []showdown.ScalingPolicy{
					{Name: "track", Type: showdown.TargetTracking, Metric: showdown.RequestCountPerTarget, Target: 1000, DisableScaleIn: true},
					{
						Name: "stairs", Type: showdown.StepScaling, Metric: showdown.AverageCPU, Threshold: 70, Periods: 3, Warmup: 3 * showdown.Minute,
						Steps: []showdown.ScalingStep{{Adjustment: 1}, {From: 20, Adjustment: 2}},
					},
					{Name: "less", Type: showdown.SimpleScaling, Metric: showdown.AverageCPU, Threshold: 30, Below: true, Periods: 5, Adjustment: -1},
				},
				Scheduled: []showdown.ScheduledAction{{Name: "evening", At: 20 * showdown.Minute, Min: &two, Desired: &four}},
				WarmPool:  &showdown.WarmPool{State: "Stopped"}, Suspended: []string{"AZRebalance"},
			},
			{Name: "spare", Template: showdown.Instance{Type: "t2.micro"}, Max: 1, Zones: zones[:1], HealthCheck: showdown.EC2HealthCheck},
		},
	}
	writeBalancers(&b, top)
	writeScaling(&b, top)
	want := `
  load balancer web: application, idle for 1m at most
    node web-1a  us-east-1a  security group front
    node web-1b  us-east-1b  security group front
    port 8080  to blue 66.7%, green 33.3%
    port 9090  to green
    target group blue: web-1, web-2
      health check  /healthz every 30s within 5s, 200 is good
                    unhealthy after 2, healthy after 5 (a new target: 1)
      requests      round_robin, across zones
                    a new target's share grows for 1m
      deregistered  up to 5m for requests in flight
      sticky        lb_cookie for 24h
    target group green: what fleet launches
      health check  /healthz every 30s within 5s, 200 is good
                    unhealthy after 2, healthy after 5 (a new target: 1)
      requests      least_outstanding_requests, each node in its own zone
      deregistered  no time for requests in flight
      sticky        app_cookie, with the application's cookie "basket"
  load balancer old: classic, idle for 30s at most
    node old-1a  us-east-1a  security group default
    target group old: no target
      health check  /healthz every 30s within 5s, 200 is good
                    unhealthy after 2, healthy after 5
      requests      least_outstanding_requests, across zones
      deregistered  no time for requests in flight
  Auto Scaling group fleet: 2 instances, 1 to 6, in us-east-1a, us-east-1b
    launches       m5.large, private address alone, credits launch, security group back
    registers      in target group green
    health check   EC2 and ELB, the latter 2m after a launch
    policy track   keeps ALBRequestCountPerTarget at 1000, and never scales in; warm-up 1m
    policy stairs  when ASGAverageCPUUtilization is above 70 for 3m: +1 from 0 past it, +2 from 20 past it; warm-up 3m
    policy less    -1 when ASGAverageCPUUtilization is below 30 for 5m; cooldown 5m
    at 20m         evening: min 2, desired 4
    warm pool      4 instances, stopped
    suspended      AZRebalance
  Auto Scaling group spare: 0 instances, 0 to 1, in us-east-1a
    launches      t2.micro, public address by chance, credits launch, security group default
    health check  EC2
`
	if got := "\n" + b.String(); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
	b.Reset()
	writeBalancers(&b, showdown.Topology{})
	writeScaling(&b, showdown.Topology{})
	if b.Len() > 0 {
		t.Errorf("without load balancers and groups: %q", b.String())
	}
}
