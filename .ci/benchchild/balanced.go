//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"showdown"
	"showdown/play"
	"showdown/results"
	"showdown/targets/cloud"
	"showdown/targets/lab"
)

// domain is the name that the balanced cells are known by.
const domain = "bench.example"

// balancedCell is a name, a load balancer in two zones, and behind it an Auto Scaling group
// of so many instances.
func balancedCell(instances int) showdown.Cell {
	zones := []string{"us-east-1a", "us-east-1b"}
	return showdown.Cell{Name: showdown.BaseCell, Topology: showdown.Topology{
		Region: "us-east-1",
		SecurityGroups: []showdown.SecurityGroup{
			{Name: "front", Inbound: []showdown.SecurityRule{{From: showdown.FromInternet}}},
			{Name: "back", Inbound: []showdown.SecurityRule{{From: "front"}}},
		},
		LoadBalancers: []showdown.LoadBalancer{{
			Name: "lb", Type: showdown.ApplicationBalancer, Zones: zones, SecurityGroups: []string{"front"},
			IdleTimeout: showdown.Minute,
			Listeners:   []showdown.Listener{{Forward: []showdown.Forward{{TargetGroup: "web", Weight: 1}}}},
			TargetGroups: []showdown.TargetGroup{{
				Name: "web", Algorithm: showdown.RoundRobin, CrossZone: true, DeregistrationDelay: 5 * showdown.Minute,
				HealthCheck: showdown.TargetHealthCheck{
					Path: "/healthz", Interval: 30 * showdown.Second, Timeout: 5 * showdown.Second,
					HealthyThreshold: 5, UnhealthyThreshold: 2, Matcher: "200",
				},
			}},
		}},
		AutoScalingGroups: []showdown.AutoScalingGroup{{
			Name: "web", Min: instances, Max: instances, Desired: instances, Zones: zones, TargetGroups: []string{"web"},
			HealthCheck: showdown.EC2HealthCheck, GracePeriod: 5 * showdown.Minute, Cooldown: 5 * showdown.Minute,
			Template: showdown.Instance{Role: "web", Type: "t2.micro", Private: true, SecurityGroups: []string{"back"}},
		}},
		HostedZone: &showdown.HostedZone{
			Name: domain, NegativeTTL: showdown.Minute, Records: []showdown.RecordSet{{Name: "@", Alias: "lb"}},
		},
	}}
}

// balanced starts a balanced cell as showdown's commands do, says when somebody who knows
// only its name has a whole answer, and takes it down again.
func balanced(ctx context.Context, args []string) error {
	named := func(ctx context.Context, l *lab.Lab, _ int) error {
		_, err := asked(ctx, l, domain)
		return err
	}
	return timed(ctx, args, balancedCell, named, everyOne)
}

// asked resolves a name with the lab's own name servers, asks at the first address that it
// gets, and returns which instance gave the whole answer.
func asked(ctx context.Context, l *lab.Lab, name string) (instance string, err error) {
	servers := l.NameServers()
	if len(servers) == 0 {
		return "", errors.New("the lab has no name servers")
	}
	source := net.ParseIP(l.ClientSource())
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{LocalAddr: &net.UDPAddr{IP: source}}).DialContext(ctx, "udp", servers[0])
	}}
	addresses, err := resolver.LookupNetIP(ctx, "ip4", name+".")
	if err != nil {
		return "", err
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: source}}
	client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, Timeout: 5 * time.Second}
	url := "http://" + net.JoinHostPort(addresses[0].String(), strconv.Itoa(cloud.Port)) + "/"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: status %d", url, resp.StatusCode)
	}
	return resp.Header.Get("X-Instance"), nil
}

// everyOne asks until each instance has answered once: all of them are behind the name.
func everyOne(ctx context.Context, l *lab.Lab, instances int) error {
	seen := map[string]bool{}
	for range 4 * instances {
		name, err := asked(ctx, l, domain)
		if err != nil {
			return err
		}
		if seen[name] = true; len(seen) == instances {
			return nil
		}
	}
	return fmt.Errorf("%d of %d instances have answered", len(seen), instances)
}

// crowded plays a stage on many instances behind a load balancer, as showdown run does,
// and says what it took.
func crowded(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("crowded", flag.ExitOnError)
	instances := flags.Int("instances", 100, "how many")
	rate := flags.Float64("rate", 800, "requests per second over all of them")
	long := flags.Duration("for", 3*time.Second, "the length of the calm phase")
	binary := flags.String("showdown", "", "the program whose hidden commands are the spawner and the machines")
	dir := flags.String("dir", "", "folder of the store")
	flags.Parse(args)
	clock, err := showdown.NewClock(speed)
	if err != nil {
		return err
	}
	store, err := results.OpenStore(*dir)
	if err != nil {
		return err
	}
	h, err := startHarness(ctx, *binary)
	if err != nil {
		return err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		err = errors.Join(err, h.Close(ending))
	}()
	c := crowdedCell(*instances)
	c.Traffic = load{showdown.Browser, *rate, *long}.traffic(clock, faulty)
	c.Traffic.Host = "@"
	c.Timeline = []showdown.Step{{
		Letter: "A", Phase: phaseAfter, At: clock.AWS(killAt), Do: "kill", Target: "33% role:web", For: clock.AWS(killFor),
	}}
	w := newWatch(true)
	_, err = play.Stage(ctx, play.Config{
		Stage: &showdown.Stage{
			Version: showdown.FormatVersion, Journey: "bench", Name: "crowded", App: "clock", Work: work,
			SLO: showdown.SLO{Availability: 0.9}, Cells: []showdown.Cell{c},
		},
		Clock: clock, Seed: 1,
		Record:  func(m *results.Manifest) (*results.Recorder, error) { return store.Create("crowded", m) },
		Backend: h.backend, Lost: h.backend.Lost(), Journal: h.journal, Observers: []play.Observer{w},
	})
	w.looks.Wait()
	if err := errors.Join(err, w.err); err != nil {
		return err
	}
	return w.say(clock, *instances+len(c.Topology.LoadBalancers[0].Zones))
}

// crowdedCell is a balanced cell whose instances are nobody's but its own: a group has at
// most fifty.
func crowdedCell(instances int) showdown.Cell {
	c := balancedCell(0)
	t := &c.Topology
	template := t.AutoScalingGroups[0].Template
	t.AutoScalingGroups = nil
	group := &t.LoadBalancers[0].TargetGroups[0]
	for i := range instances {
		in := template
		in.Name, in.Zone = "web-"+strconv.Itoa(i+1), t.LoadBalancers[0].Zones[i%2]
		t.Instances = append(t.Instances, in)
		group.Instances = append(group.Instances, in.Name)
	}
	return c
}
