package machine_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// A target that hangs is answered for by the node: 504 for who waits, until the checks
// have found it.
func TestNodeNoticesAHangingTarget(t *testing.T) {
	s := newSite(t)
	b := newBalanced(s, 2, nil)
	load := b.users(2)
	if err := b.targets[0].Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	note := b.noted(turned("web-1", cloud.TargetUnhealthy))
	if note.Health.Reason != "2 checks failed: request timed out" {
		t.Errorf("%+v", note.Health)
	}
	got := load.stop()
	if got["lb-1a 504"] == 0 || got["lb-1a 504"] > 10 || got["none"] != 0 || got["lb-1a 502"] != 0 {
		t.Errorf("answers %v: who waits for it gets 504, and nothing else fails", got)
	}
	if err := b.targets[0].Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.noted(turned("web-1", cloud.TargetHealthy))
}

func TestNodeNoticesABlackholedTarget(t *testing.T) {
	s := newSite(t)
	b := newBalanced(s, 2, nil)
	b.targets[0].do(cloud.Command{Verb: cloud.Blackhole})
	note := b.noted(turned("web-1", cloud.TargetUnhealthy))
	if note.Health.Reason != "2 checks failed: connect timed out" {
		t.Errorf("%+v", note.Health)
	}
	// Nobody is left when the other one is gone as well: the node sends to both, and a
	// connection that is not made in time is answered 504.
	b.targets[1].do(cloud.Command{Verb: cloud.Blackhole})
	b.noted(turned("web-2", cloud.TargetUnhealthy))
	b.mustFail(504)
	b.targets[1].do(cloud.Command{Verb: cloud.Blackhole, Off: true})
	b.noted(turned("web-2", cloud.TargetHealthy))
	for range 4 {
		b.mustAnswerFrom("web-2")
	}
}

func (m *target) mustAnswerFrom(name string) {
	m.t.Helper()
	r, err := m.get("/")
	if err != nil || r.StatusCode != 200 || r.Header.Get("X-Instance") != name {
		m.t.Fatalf("answer %v, %v, want %s", r, err, name)
	}
}

// Targets come, drain and go under load, and no request fails.
func TestNodeIsReconfiguredUnderLoad(t *testing.T) {
	s := newSite(t)
	b := newBalanced(s, 3, nil)
	load := b.users(8)
	for i := range 3 {
		name := "web-" + strconv.Itoa(i+1)
		b.configure(func(n *cloud.Balancer) {
			for k := range n.Groups[0].Targets {
				if one := &n.Groups[0].Targets[k]; one.Name == name {
					one.Draining, one.Until = true, time.Now().Add(5*time.Second)
				}
			}
		})
		b.noted(func(n cloud.Note) bool { return n.Drained != nil && n.Drained.Target == name && n.Drained.Cut == 0 })
		if err := b.targets[i].Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		next := s.config("new-"+strconv.Itoa(i+1), 10+i)
		b.targets = append(b.targets, s.start(next))
		b.configure(func(n *cloud.Balancer) {
			g := &n.Groups[0]
			g.Targets = append(g.Targets[1:], cloud.BalancerTarget{
				Name: next.Name, Address: net.JoinHostPort(next.Private, strconv.Itoa(next.Port)), Zone: "us-east-1a", Registered: time.Now(),
			})
		})
		b.noted(turned(next.Name, cloud.TargetHealthy))
	}
	got := load.stop()
	for key := range got {
		if !strings.HasSuffix(key, " 200") {
			t.Errorf("answers %v", got)
		}
	}
	if c := b.do(cloud.Command{Verb: cloud.Stats}); len(c.Balancer.Errors) != 0 {
		t.Errorf("own answers %v", c.Balancer.Errors)
	}
	// The notes came in their order.
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := 1; i < len(b.notes); i++ {
		if b.notes[i].At.Before(b.notes[i-1].At) {
			t.Errorf("note %d is older than the one before", i)
		}
	}
}

// A node is a machine: it is broken, and healed, in the ways of one.
func TestNodeIsBrokenLikeAMachine(t *testing.T) {
	s := newSite(t)
	b := newBalanced(s, 1, nil)
	b.mustAnswerFrom("web-1")
	for _, verb := range []cloud.Verb{cloud.Refuse, cloud.Reset, cloud.Blackhole} {
		b.do(cloud.Command{Verb: verb})
		met := cloud.Meet(within(t, 100*time.Millisecond), b.config.Private, b.address)
		want := map[cloud.Verb]string{cloud.Refuse: cloud.Refused, cloud.Reset: cloud.Refused, cloud.Blackhole: cloud.Silent}[verb]
		if met != want {
			t.Errorf("%s: met %s", verb, met)
		}
		b.do(cloud.Command{Verb: verb, Off: true})
		b.mustAnswerFrom("web-1")
	}
	b.do(cloud.Command{Verb: cloud.Lag, Delay: 40 * time.Millisecond})
	at := time.Now()
	b.mustAnswerFrom("web-1")
	// In and out at both of its sides.
	if took := time.Since(at); took < 160*time.Millisecond {
		t.Errorf("with a lag of 40 ms the answer took %s", took)
	}
	b.do(cloud.Command{Verb: cloud.Lag, Off: true})
	b.do(cloud.Command{Verb: cloud.Protect, Inbound: &cloud.Inbound{}})
	if met := cloud.Meet(within(t, 100*time.Millisecond), b.targets[0].config.Private, b.address); met != cloud.Silent {
		t.Errorf("one who may not connect met %s", met)
	}
	b.do(cloud.Command{Verb: cloud.Protect, Inbound: &cloud.Inbound{Allow: []cloud.Allowed{{From: netip.MustParsePrefix("127.0.0.0/8"), Port: cloud.Port}}}})
	b.mustAnswerFrom("web-1")
	for _, verb := range []cloud.Verb{cloud.Delay, cloud.Errors, cloud.Steal, cloud.Fill, cloud.Leak, cloud.Skew} {
		if _, err := b.Do(t.Context(), cloud.Command{Verb: verb}); err == nil {
			t.Errorf("%s: a node has no application", verb)
		}
	}
	if _, err := b.targets[0].Do(t.Context(), cloud.Command{Verb: cloud.Balance, Balancer: b.target.config.Balancer}); err == nil {
		t.Error("an instance was configured as a node")
	}
}

// While its own packets are lost, a node's checks fail: it believes that everybody is gone.
func TestBlackholedNodeSeesNobody(t *testing.T) {
	s := newSite(t)
	b := newBalanced(s, 1, nil)
	b.do(cloud.Command{Verb: cloud.Blackhole})
	b.noted(turned("web-1", cloud.TargetUnhealthy))
	b.do(cloud.Command{Verb: cloud.Blackhole, Off: true})
	b.noted(turned("web-1", cloud.TargetHealthy))
	b.mustAnswerFrom("web-1")
}

// A node that is vacated answers nobody and checks nobody.
func TestVacatedNodeChecksNobody(t *testing.T) {
	s := newSite(t)
	b := newBalanced(s, 1, nil)
	b.mustAnswerFrom("web-1")
	b.do(cloud.Command{Verb: cloud.Vacate})
	before := b.do(cloud.Command{Verb: cloud.Stats}).Balancer.Checks
	if met := cloud.Meet(within(t, 300*time.Millisecond), b.config.Private, b.address); met != cloud.Silent {
		t.Errorf("met %s", met)
	}
	if after := b.do(cloud.Command{Verb: cloud.Stats}).Balancer.Checks; after != before {
		t.Errorf("%d checks since it was vacated", after-before)
	}
	b.do(cloud.Command{Verb: cloud.Vacate, Off: true})
	b.mustAnswerFrom("web-1")
}

// A node that is stopped answers what is in flight, and its process ends.
func TestNodeStopsGracefully(t *testing.T) {
	s := newSite(t)
	b := newBalanced(s, 1, nil)
	b.targets[0].do(cloud.Command{Verb: cloud.Delay, Delay: 200 * time.Millisecond})
	l := b.mustDial()
	status := make(chan int)
	go func() {
		got, _ := l.ask(patience)
		status <- got
	}()
	eventuallyTrue(t, func() bool {
		return b.do(cloud.Command{Verb: cloud.Stats}).Balancer.Targets[0].Outstanding == 1
	})
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-status; got != 200 {
		t.Errorf("the request in flight: %d", got)
	}
}

func TestNodeConfigurationsThatAreRefused(t *testing.T) {
	s := newSite(t)
	b := newBalanced(s, 0, nil)
	next := *b.config.Balancer
	next.Listeners = []cloud.BalancerListener{{Port: 9090, Forward: []showdown.Forward{{TargetGroup: "web", Weight: 1}}}}
	if _, err := b.Do(t.Context(), cloud.Command{Verb: cloud.Balance, Balancer: &next}); err == nil {
		t.Error("a listener at a port that is not open")
	}
	if _, err := b.Do(t.Context(), cloud.Command{Verb: cloud.Balance}); err == nil {
		t.Error("no configuration")
	}
	c := b.config
	c.Name, c.Private, c.Public, c.Balancer = "lb-1b", s.address(journal.RoleBalancer, 1), nil, &next
	if _, err := s.backend.Start(t.Context(), c); err == nil || !strings.Contains(err.Error(), "9090") {
		t.Errorf("a node that listens nowhere: %v", err)
	}
	b.mustFail(503)
}

// within is a context that ends soon.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func eventuallyTrue(t *testing.T, ask func() bool) {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	end := time.After(patience)
	for !ask() {
		select {
		case <-again.C:
		case <-end:
			t.Fatal("it does not happen")
		}
	}
}

// tool is a program that the test needs.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s: apt-get install %s, or run make test-deps as root", name, name)
	}
	return path
}

func TestCurlThroughTheNode(t *testing.T) {
	curl := tool(t, "curl")
	s := newSite(t)
	b := newBalanced(s, 1, nil)
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), curl, append([]string{"-sS", "-i", "--max-time", "10"}, args...)...).Output()
		if err != nil {
			t.Fatalf("curl %v: %v", args, err)
		}
		return string(out)
	}
	url := "http://" + b.address + "/"
	big := t.TempDir() + "/big"
	if err := os.WriteFile(big, []byte(strings.Repeat("x", 3<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{url},
		{"-I", url},
		{"-0", url},
		{"-X", "POST", "-d", "a=b", url},
		{"-H", "Transfer-Encoding: chunked", "-d", "a=b", url},
		{"-X", "PUT", "-H", "Expect:", "--data-binary", "@" + big, url},
		{"-H", "Expect: 100-continue", "--data-binary", "@" + big, url},
		{url, url},
		{"-H", "Connection: close", url},
	} {
		got := run(args...)
		if !regexp.MustCompile(`(?s)HTTP/1.1 200 OK\r\n.*X-Instance: web-1\r\n`).MatchString(got) {
			t.Errorf("curl %v:\n%.500s", args, got)
		}
	}
	if got := run("-X", "TRACE", url); !strings.Contains(got, "405 Method Not Allowed") || !strings.Contains(got, "Server: awselb/2.0") {
		t.Errorf("TRACE:\n%s", got)
	}
}

func TestWrkThroughTheNode(t *testing.T) {
	wrk := tool(t, "wrk")
	s := newSite(t)
	b := newBalanced(s, 2, nil)
	out, err := exec.CommandContext(t.Context(), wrk, "-t1", "-c16", "-d1s", "http://"+b.address+"/").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := regexp.MustCompile(`(\d+) requests in`).FindSubmatch(out)
	if m == nil || strings.Contains(string(out), "Socket errors") || strings.Contains(string(out), "Non-2xx") {
		t.Fatalf("wrk:\n%s", out)
	}
	n, _ := strconv.Atoi(string(m[1]))
	c := b.do(cloud.Command{Verb: cloud.Stats})
	// Those that were under way at the end are not in wrk's number.
	if c.Requests < uint64(n) || c.Requests > uint64(n+16) || n < 100 {
		t.Errorf("wrk counts %d requests, the node %d", n, c.Requests)
	}
}
