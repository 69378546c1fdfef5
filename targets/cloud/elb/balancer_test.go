package elb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// newStage is a load balancer in two zones with an instance in each, up and running.
func newStage(t *testing.T, emit func(showdown.Event)) *stage {
	t.Helper()
	s := &stage{world: newWorld(), zero: time.Now()}
	s.world.add("web-1", "us-east-1a")
	s.world.add("web-2", "us-east-1b")
	s.up(t, balancer(showdown.ApplicationBalancer, "us-east-1a", "us-east-1b"), 60, emit)
	return s
}

// after lets AWS time pass.
func (s *stage) after(d showdown.Duration) {
	<-time.After(s.b.cfg.Clock.Lab(d))
	synctest.Wait()
}

// TestUp: what a node is told before it runs, and what there is then.
func TestUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil)
		if took := time.Since(s.zero); took != s.world.startTakes {
			t.Errorf("two nodes took %s, want %s: side by side", took, s.world.startTakes)
		}
		c := s.world.node("web-1b").c
		if c.Zone != "us-east-1b" || c.Private != "10.0.1.2" || c.Public[0] != "198.51.100.2" || c.Port != cloud.Port ||
			c.Lab != "base" || c.Mark != "test" || c.Speed != 60 || c.Inbound == nil || c.Seed == s.world.node("web-1a").c.Seed {
			t.Errorf("configuration %+v", c)
		}
		b := c.Balancer
		if b.Name != "web" || b.Classic || b.Idle != time.Second || b.Connect != 10*time.Second/60+1 {
			t.Errorf("balancer %+v", b)
		}
		if len(b.Listeners) != 1 || b.Listeners[0].Port != cloud.Port || b.Listeners[0].Forward[0] != (showdown.Forward{TargetGroup: "web", Weight: 1}) {
			t.Errorf("listeners %+v", b.Listeners)
		}
		g := b.Groups[0]
		want := cloud.BalancerCheck{Path: "/healthz", Interval: 500 * time.Millisecond, Timeout: 83333333, Healthy: 5, Unhealthy: 2, First: 1, Matcher: "200"}
		if g.Check != want || g.Algorithm != showdown.RoundRobin || !g.CrossZone || len(g.Targets) != 2 {
			t.Errorf("group %+v", g)
		}
		if x := g.Targets[1]; x.Name != "web-2" || x.Address != "10.0.0.2:8080" || x.Zone != "us-east-1b" || !x.Known || x.Unused || x.Registered.IsZero() {
			t.Errorf("target %+v", x)
		}
		nodes := s.b.Nodes()
		if len(nodes) != 2 || nodes[0].Name != "web-1a" || !nodes[0].InDNS || !nodes[0].Alive || nodes[0].Dead {
			t.Errorf("nodes %+v", nodes)
		}
		if m, ok := s.b.Machine("web-1a"); !ok || m.Name() != "web-1a" {
			t.Error("no machine of web-1a")
		}
		if _, ok := s.b.Machine("web-1c"); ok {
			t.Error("a machine of nobody")
		}
		if text := strings.Join(s.world.attached, "; "); strings.Count(text, "attach {web-1") != 2 || strings.Count(text, "attached web-1") != 2 {
			t.Errorf("security groups: %s", text)
		}
		if s.b.Run(t.Context()) == nil {
			t.Error("it runs twice")
		}
		if s.b.Up(t.Context()) == nil {
			t.Error("it is up twice")
		}
	})
}

// TestUpFails: a node that cannot start leaves none behind.
func TestUpFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{world: newWorld()}
		s.world.add("web-1", "us-east-1a")
		s.make(t, balancer(showdown.ApplicationBalancer, "us-east-1a", "us-east-1b"), 60, nil)
		if err := s.b.Up(t.Context()); err == nil || !strings.Contains(err.Error(), `no instance "web-2"`) {
			t.Errorf("a target that is not there: %v", err)
		}
		if s.b.Run(t.Context()) == nil {
			t.Error("it runs before it is up")
		}
		s.world.add("web-2", "us-east-1b")
		s.world.refuse["web-1b"] = errors.New("no room")
		if err := s.b.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "no room") {
			t.Errorf("a node that cannot start: %v", err)
		}
		if alive(s.world.node("web-1a")) || len(s.b.Addresses()) != 0 {
			t.Error("the other node was left behind")
		}
		if err := s.b.RestartNode(t.Context(), "web-1b"); err == nil {
			t.Error("a node was started after the end")
		}
	})
}

func TestNewRefuses(t *testing.T) {
	clock, _ := showdown.NewClock(3600)
	w := newWorld()
	c := Config{Clock: clock, Spec: balancer(showdown.ApplicationBalancer, "us-east-1a", "us-east-1b")}
	if _, err := New(c); err == nil {
		t.Error("no backend")
	}
	c.Backend, c.Address, c.Instance = w, w.address, w.instance
	if _, err := New(c); err == nil {
		t.Error("no way to look")
	}
	c.Source = "127.0.0.1"
	if _, err := New(c); !errors.Is(err, showdown.ErrTooFast) || !strings.Contains(err.Error(), "speed that works is 1875") {
		t.Errorf("30 s at speed 3600: %v", err)
	}
	c.Clock, _ = showdown.NewClock(1875)
	b, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := New(c)
	if name := b.DNSName(); name != again.DNSName() || !strings.HasPrefix(name, "web-") || !strings.HasSuffix(name, ".us-east-1.elb.amazonaws.com") || len(name) != len("web-1234567890.us-east-1.elb.amazonaws.com") {
		t.Errorf("the DNS name is %q, then %q", name, again.DNSName())
	}
	if len(b.Addresses()) != 0 || len(b.Nodes()) != 0 || b.Health("shop") != nil || b.Usage(time.Now()).For != 0 {
		t.Error("something is there before Up")
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestNodesAreToldAtOnce: every node that lives has a change before any time passes, and
// one change is told once.
func TestNodesAreToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil)
		ctx := t.Context()
		s.world.add("web-3", "us-east-1a")
		if err := s.b.Register(ctx, "web", "web-3"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		before, err := s.b.ModifyHealthCheck(ctx, "web", func(c *showdown.TargetHealthCheck) { c.Path, c.Interval = "/deep", 10*showdown.Second })
		if err != nil || before.Path != "/healthz" {
			t.Fatalf("before %+v; %v", before, err)
		}
		synctest.Wait()
		for _, name := range []string{"web-1a", "web-1b"} {
			n := s.world.node(name)
			if g := n.config().Groups[0]; len(g.Targets) != 3 || g.Targets[2].Known || g.Check.Path != "/deep" || g.Check.Interval != s.b.cfg.Clock.Lab(10*showdown.Second) {
				t.Errorf("%s has %+v", name, g)
			}
			if n.told() != 3 {
				t.Errorf("%s was told %d times, want 3", name, n.told())
			}
		}
		if err := s.b.Register(ctx, "web", "web-3"); err != nil {
			t.Error(err)
		}
		if _, err := s.b.ModifyHealthCheck(ctx, "web", func(*showdown.TargetHealthCheck) {}); err != nil {
			t.Error(err)
		}
		s.after(5 * showdown.Minute)
		if n := s.world.node("web-1a").told(); n != 3 {
			t.Errorf("nothing changed, and it was told %d times", n)
		}
	})
}

// TestNodesAreToldLate: a node that hangs longer than it is waited for is told when a look
// finds it alive, and one that starts meanwhile has the change when it runs.
func TestNodesAreToldLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil)
		ctx := t.Context()
		n := s.world.node("web-1b")
		if err := n.Pause(ctx); err != nil {
			t.Fatal(err)
		}
		s.world.add("web-3", "us-east-1a")
		if err := s.b.Register(ctx, "web", "web-3"); err != nil {
			t.Fatal(err)
		}
		s.after(5 * showdown.Minute)
		if err := n.Resume(ctx); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := len(n.config().Groups[0].Targets); got != 2 {
			t.Errorf("it has %d targets before anybody looked", got)
		}
		s.after(lookEvery)
		if got := len(n.config().Groups[0].Targets); got != 3 {
			t.Errorf("it has %d targets, want 3", got)
		}
		if err := n.Kill(ctx); err != nil {
			t.Fatal(err)
		}
		started := make(chan error)
		go func() { started <- s.b.RestartNode(ctx, "web-1b") }()
		<-time.After(s.world.startTakes / 2)
		s.world.add("web-4", "us-east-1a")
		if err := s.b.Register(ctx, "web", "web-4"); err != nil {
			t.Fatal(err)
		}
		if err := <-started; err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := len(s.world.node("web-1b").config().Groups[0].Targets); got != 4 {
			t.Errorf("it has %d targets, want 4", got)
		}
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused []string
		s := &stage{world: newWorld()}
		s.world.add("web-1", "us-east-1a")
		s.world.add("web-2", "us-east-1a")
		spec := balancer(showdown.ApplicationBalancer, "us-east-1a", "us-east-1b")
		spec.TargetGroups[0].Stickiness = &showdown.Stickiness{Type: showdown.DurationCookie, Duration: showdown.Hour}
		s.up(t, spec, 60, func(e showdown.Event) {
			if e.Kind == showdown.APIRefused {
				refused = append(refused, fmt.Sprint(e.Data["operation"], " ", e.Data["code"]))
			}
		})
		ctx := t.Context()
		check := func(want string, err error) {
			t.Helper()
			if Code(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		check(CodeTargetGroupNotFound, s.b.Register(ctx, "shop", "web-1"))
		check(CodeTargetGroupNotFound, s.b.Deregister(ctx, "shop", "web-1"))
		check(CodeInvalidTarget, s.b.Register(ctx, "web", "web-9"))
		_, err := s.b.ModifyHealthCheck(ctx, "web", func(c *showdown.TargetHealthCheck) { c.Path = "healthz"; c.Matcher = "500" })
		check(CodeValidationError, err)
		_, err = s.b.ModifyHealthCheck(ctx, "shop", func(*showdown.TargetHealthCheck) {})
		check(CodeTargetGroupNotFound, err)
		_, err = s.b.SetCrossZone(ctx, "web", false)
		check(CodeInvalidConfiguration, err)
		if was, err := s.b.SetCrossZone(ctx, "web", true); err != nil || !was {
			t.Errorf("cross-zone was %t; %v", was, err)
		}
		synctest.Wait()
		want := "RegisterTargets TargetGroupNotFound, DeregisterTargets TargetGroupNotFound, RegisterTargets InvalidTarget, " +
			"ModifyTargetGroup ValidationError, ModifyTargetGroup TargetGroupNotFound, ModifyTargetGroupAttributes InvalidConfigurationRequest"
		if got := strings.Join(refused, ", "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if !errors.Is(s.b.Register(ended, "web", "web-1"), context.Canceled) || !errors.Is(s.b.Deregister(ended, "web", "web-1"), context.Canceled) {
			t.Error("an ended context is not heard")
		}
		if h := s.b.Health("web"); h[0].State != Healthy {
			t.Errorf("%+v", h[0])
		}
		if err := s.b.RestartNode(ctx, "web-1a"); err == nil {
			t.Error("a node that runs was started again")
		}
		if err := s.b.RestartNode(ctx, "web-1c"); err == nil {
			t.Error("a node that is not there was started")
		}
	})
}

// TestVoidNotes: what an earlier machine said, or what is about an earlier registration,
// says nothing.
func TestVoidNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, nil)
		health := func(target string) cloud.Note {
			return cloud.Note{At: time.Now(), Health: &cloud.HealthNote{Group: "web", Target: target, From: "healthy", To: "unhealthy"}}
		}
		old := s.world.node("web-1a")
		early := health("web-1")
		s.after(showdown.Second)
		if err := old.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.b.RestartNode(t.Context(), "web-1a"); err != nil {
			t.Fatal(err)
		}
		old.c.Notify(health("web-1"))
		s.world.node("web-1b").c.Notify(health("web-9"))
		synctest.Wait()
		if h := s.b.Health("web")[0]; h.Nodes[0].State != Initial || h.State != Healthy {
			t.Errorf("an earlier machine was heard: %+v", h)
		}
		s.world.change("web-1", func(in *fakeInstance) { in.Running = false })
		s.b.InstanceChanged("web-1")
		s.b.InstanceChanged("web-9")
		synctest.Wait()
		s.world.change("web-1", func(in *fakeInstance) { in.Running = true })
		s.b.InstanceChanged("web-1")
		synctest.Wait()
		s.world.node("web-1b").c.Notify(early) // from before its registration
		early.Health, early.Drained = nil, &cloud.DrainedNote{Group: "web", Target: "web-2"}
		n := s.world.node("web-1b")
		n.set(func() { n.busy["web-2"] = 1 })
		if err := s.b.Deregister(t.Context(), "web", "web-2"); err != nil {
			t.Fatal(err)
		}
		s.world.node("web-1b").c.Notify(early) // from before its deregistration
		synctest.Wait()
		h := s.b.Health("web")
		if h[0].State != Initial || h[1].State != Draining || h[1].Complete {
			t.Errorf("%+v", h)
		}
	})
}

// TestDefaultLook: any answer is life, and it is the node's own: what it forwards may hang.
func TestDefaultLook(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was forwarded") }))
	at := server.Listener.Addr().String()
	c := Config{Source: "127.0.0.1"}
	if !c.look(t.Context(), at) {
		t.Error("a 400 is no life")
	}
	server.Close()
	if c.look(t.Context(), at) {
		t.Error("who refuses lives")
	}
	// The kernel accepts for a process that hangs.
	frozen, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if c.look(ctx, frozen.Addr().String()) || ctx.Err() == nil {
		t.Error("who hangs lives")
	}
}
