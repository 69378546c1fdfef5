package lab

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"showdown"
	"showdown/targets/apps/clock"
	"showdown/targets/cloud"
	"showdown/targets/cloud/ec2"
)

// balanced is a load balancer in two zones before private instances in them, with what
// AWS has by default but for a quicker health check.
func balanced(instances ...string) showdown.Topology {
	t := showdown.Topology{
		Region: "us-east-1",
		SecurityGroups: []showdown.SecurityGroup{
			{Name: "front", Inbound: []showdown.SecurityRule{{From: showdown.FromInternet}}},
			{Name: "web", Inbound: []showdown.SecurityRule{{From: "front"}}},
		},
		LoadBalancers: []showdown.LoadBalancer{{
			Name: "lb", Type: showdown.ApplicationBalancer, Zones: []string{"us-east-1a", "us-east-1b"},
			SecurityGroups: []string{"front"}, IdleTimeout: showdown.Minute,
			Listeners: []showdown.Listener{{Forward: []showdown.Forward{{TargetGroup: "web-servers", Weight: 1}}}},
			TargetGroups: []showdown.TargetGroup{{
				Name: "web-servers", Instances: instances, Algorithm: showdown.RoundRobin, CrossZone: true,
				DeregistrationDelay: 5 * showdown.Minute,
				HealthCheck: showdown.TargetHealthCheck{
					Path: "/healthz", Interval: 10 * showdown.Second, Timeout: 5 * showdown.Second,
					HealthyThreshold: 2, UnhealthyThreshold: 2, Matcher: "200",
				},
			}},
		}},
		HostedZone: &showdown.HostedZone{
			Name: "whatisthetime.com", NegativeTTL: showdown.Minute, Records: []showdown.RecordSet{{Name: "@", Alias: "lb"}},
		},
	}
	for i, name := range instances {
		t.Instances = append(t.Instances, showdown.Instance{
			Name: name, Role: "web", Type: "m5.large", Private: true, SecurityGroups: []string{"web"},
			Zone: []string{"us-east-1a", "us-east-1b"}[i%2],
		})
	}
	return t
}

// through is who answered a request that a client sent to a node, with its status.
func through(t *testing.T, l *Lab, address string) (who string, status int) {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(l.ClientSource())}, Timeout: 5 * time.Second}
	client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, Timeout: 5 * time.Second}
	resp, err := client.Get("http://" + address + "/")
	if err != nil {
		return err.Error(), 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.Header.Get(clock.InstanceHeader), resp.StatusCode
}

// TestBalancedLab: clients reach private instances through the nodes and not otherwise;
// a dead instance costs errors until its checks have failed, and none afterwards.
func TestBalancedLab(t *testing.T) {
	b := newBench(t, 60)
	l := b.labOf(balanced("web-1", "web-2"))
	nodes := l.Nodes()
	if len(nodes) != 2 || nodes[0].Name != "lb-1a" || nodes[1].Name != "lb-1b" {
		t.Fatalf("the nodes are %+v", nodes)
	}
	for _, n := range nodes {
		seen := map[string]bool{}
		for range 4 {
			who, status := through(t, l, n.Address)
			if status != http.StatusOK {
				t.Fatalf("%s answered %d %s", n.Name, status, who)
			}
			seen[who] = true
		}
		if !seen["web-1"] || !seen["web-2"] {
			t.Errorf("%s sent requests to %v", n.Name, seen)
		}
	}
	if got := l.Endpoints(); len(got) != 2 || got[0].Name != "lb-1a" {
		t.Errorf("clients are told %v", got)
	}
	if z := l.Zone(); z == nil || len(l.aliasOf("lb")) != 2 {
		t.Errorf("the alias answers %v", l.aliasOf("lb"))
	}
	matrix, err := l.Reach(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]string{}
	for _, r := range matrix {
		met[r.From+" "+r.To] = r.Met
	}
	for way, want := range map[string]string{
		"internet lb-1a": cloud.Answered, "internet web-1": cloud.Silent, "internet web-2": cloud.Silent, "front web-1": cloud.Answered,
	} {
		if met[way] != want {
			t.Errorf("from %s: %q, want %q", way, met[way], want)
		}
	}

	m, ok := l.Machine("web-1")
	if !ok {
		t.Fatal("no machine behind web-1")
	}
	if err := m.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	failed := 0
	eventually(t, "both nodes to find web-1 unhealthy", func() bool {
		if _, status := through(t, l, nodes[0].Address); status == http.StatusBadGateway {
			failed++
		}
		return l.TargetHealth("web-servers", "web-1") == "unhealthy" && b.count(showdown.TargetHealth, "web-1") >= 2
	})
	for range 10 {
		if who, status := through(t, l, nodes[0].Address); status != http.StatusOK || who != "web-2" {
			t.Errorf("afterwards %s answered %d", who, status)
		}
	}
	if failed == 0 {
		t.Error("no request met the dead instance before")
	}
	if err := l.RestartMachine(t.Context(), "web-1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "web-1 to be healthy again", func() bool { return l.TargetHealth("web-servers", "web-1") == "healthy" })
}

func (b *bench) count(kind showdown.EventKind, target string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, e := range b.events {
		if e.Kind == kind && e.Target == target {
			n++
		}
	}
	return n
}

// scaled is the balanced lab with an Auto Scaling group in the place of its instances.
func scaled(desired int, zones ...string) showdown.Topology {
	t := balanced()
	t.AutoScalingGroups = []showdown.AutoScalingGroup{{
		Name: "web", Min: 1, Max: desired + 2, Desired: desired, Zones: zones, TargetGroups: []string{"web-servers"},
		HealthCheck: showdown.ELBHealthCheck, GracePeriod: 30 * showdown.Second, Cooldown: 5 * showdown.Minute,
		Template: showdown.Instance{
			Role: "web", Type: "m5.large", Private: true, SecurityGroups: []string{"web"}, AppBoot: 10 * showdown.Second,
		},
	}}
	return t
}

// TestScaledLab: an Auto Scaling group replaces an instance that died, in the zones that
// take instances, and the replacement serves.
func TestScaledLab(t *testing.T) {
	b := newBench(t, 60)
	l := b.labOf(scaled(2, "us-east-1a", "us-east-1b"))
	group, err := l.ScalingGroup("web")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, in := range group.Describe().Instances {
		names = append(names, in.Name+" "+in.Zone)
	}
	if fmt.Sprint(names) != "[web-1 us-east-1a web-2 us-east-1b]" {
		t.Fatalf("the group has %v", names)
	}
	l.EC2().CloseZone("us-east-1a")
	m, ok := l.Machine("web-1")
	if !ok {
		t.Fatal("no machine behind web-1")
	}
	if err := m.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a replacement that serves", func() bool { return l.TargetHealth("web-servers", "web-3") == "healthy" })
	in, ok := l.Instance("web-3")
	if !ok || in.Zone != "us-east-1b" || in.State != ec2.Running || in.Public != "" {
		t.Errorf("the replacement is %+v", in)
	}
	if old, _ := l.Instance("web-1"); old.State == ec2.Running {
		t.Errorf("the dead instance is %s", old.State)
	}
	if got := l.Zones(); !slices.Equal(got, []string{"us-east-1a", "us-east-1b"}) {
		t.Errorf("the zones are %v", got)
	}
	for _, n := range l.Nodes() {
		if who, status := through(t, l, n.Address); status != http.StatusOK {
			t.Errorf("%s answered %d %s", n.Name, status, who)
		}
	}
	if n := b.count(showdown.ScalingActivity, "web"); n < 4 {
		t.Errorf("%d lines of activity history; a termination and a launch have two each", n)
	}
}
