package elb

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

var update = flag.Bool("update", false, "rewrite the stories in testdata with what happens now")

// TestStories plays the scripts in testdata against a Balancer. A line is a command; the
// indented lines below it are what it answered and what happened meanwhile, with the AWS
// time since the load balancer was up. Lines with # are said to the reader.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			synctest.Test(t, func(t *testing.T) { got = tell(t, string(script)) })
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(script), got); d != "" {
				t.Errorf("the story has changed (-told +now); -update rewrites it:\n%s", d)
			}
		})
	}
}

// teller plays one script.
type teller struct {
	t *testing.T
	*stage
	spec showdown.LoadBalancer
	mu   sync.Mutex
	out  strings.Builder
}

func (s *teller) say(format string, args ...any) { s.write(fmt.Sprintf("    "+format+"\n", args...)) }

func (s *teller) write(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.WriteString(text)
}

func tell(t *testing.T, script string) string {
	s := &teller{t: t, stage: &stage{world: newWorld(), zero: time.Now()}}
	lines := bufio.NewScanner(strings.NewReader(script))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "    ") {
			continue
		}
		s.write(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.play(strings.Fields(line)); err != nil {
			var api *APIError
			if !errors.As(err, &api) { // a refusal is told as its event
				s.say("error: %v", err)
			}
		}
		synctest.Wait()
	}
	return s.out.String()
}

func (s *teller) play(f []string) error {
	ctx, arg := context.Background(), f[1:]
	switch f[0] {
	case "balancer":
		s.spec = balancer(showdown.BalancerType(arg[0]), arg[1:]...)
		s.spec.TargetGroups[0].Instances = nil
	case "instance":
		s.world.add(arg[0], arg[1])
		if len(arg) == 2 {
			s.spec.TargetGroups[0].Instances = append(s.spec.TargetGroups[0].Instances, arg[0])
		}
	case "up":
		s.up(s.t, s.spec, 60, func(e showdown.Event) { s.say("%s %s", s.now(), eventText(e)) })
	case "register":
		return s.b.Register(ctx, "web", arg[0])
	case "deregister":
		return s.b.Deregister(ctx, "web", arg[0])
	case "fails":
		s.world.change(arg[0], func(in *fakeInstance) { in.fails = strings.Join(arg[1:], " ") })
	case "works":
		s.world.change(arg[0], func(in *fakeInstance) { in.fails = "" })
	case "stop", "start":
		s.world.change(arg[0], func(in *fakeInstance) { in.Running = f[0] == "start" })
		s.b.InstanceChanged(arg[0])
	case "kill":
		return s.world.node(arg[0]).Kill(ctx)
	case "restart":
		return s.b.RestartNode(ctx, arg[0])
	case "freeze":
		return s.world.node(arg[0]).Pause(ctx)
	case "thaw":
		return s.world.node(arg[0]).Resume(ctx)
	case "busy", "idle":
		n := s.world.node(arg[0])
		n.set(func() {
			n.busy[arg[1]] = 0
			if f[0] == "busy" {
				n.busy[arg[1]] = 2
			}
		})
	case "shift":
		var d showdown.Duration
		if err := d.UnmarshalText([]byte(arg[1])); err != nil {
			return err
		}
		return s.b.StartZonalShift(arg[0], d)
	case "unshift":
		return s.b.CancelZonalShift(arg[0])
	case "cross-zone":
		_, err := s.b.SetCrossZone(ctx, "web", arg[0] == "on")
		return err
	case "check":
		_, err := s.b.ModifyHealthCheck(ctx, "web", func(c *showdown.TargetHealthCheck) { c.Path = arg[0] })
		return err
	case "dns":
		s.say("%v", s.b.Addresses())
	case "health":
		for _, h := range s.b.Health("web") {
			var nodes []string
			for _, n := range h.Nodes {
				mark := ""
				if !n.Counts {
					mark = " (does not count)"
				}
				nodes = append(nodes, fmt.Sprintf("%s %s%s", n.Node, n.State, mark))
			}
			complete := ""
			if h.Complete {
				complete = " (complete)"
			}
			if h.Away {
				complete += " (away)"
			}
			s.say("%s %s%s %s; %s", h.Target, h.State, complete, h.Reason, strings.Join(nodes, ", "))
		}
	case "told":
		for _, t := range s.world.node(arg[0]).config().Groups[0].Targets {
			s.say("%s %s known %t draining %t unused %t away %t", t.Name, t.Address, t.Known, t.Draining, t.Unused, t.Away)
		}
	case "after":
		var d showdown.Duration
		if err := d.UnmarshalText([]byte(arg[0])); err != nil {
			return err
		}
		<-time.After(s.b.cfg.Clock.Lab(d))
	default:
		return fmt.Errorf("unknown command %q", f[0])
	}
	return nil
}

func eventText(e showdown.Event) string {
	keys := make([]string, 0, len(e.Data))
	for k := range e.Data {
		if k != "balancer" && k != "at" {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	parts := []string{e.Target, string(e.Kind)}
	for _, k := range keys {
		if text, ok := e.Data[k].(string); ok && (text == "" || strings.Contains(text, " ")) {
			parts = append(parts, fmt.Sprintf("%s=%q", k, text))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s=%v", k, e.Data[k]))
	}
	return strings.Join(parts, " ")
}

// stage is a Balancer over a world, running until the test ends. It must be made inside
// a synctest bubble.
type stage struct {
	b     *Balancer
	world *world
	zero  time.Time
}

// up makes the Balancer, brings it up and lets it run.
func (s *stage) up(t *testing.T, spec showdown.LoadBalancer, speed float64, emit func(showdown.Event)) {
	t.Helper()
	s.make(t, spec, speed, emit)
	if err := s.b.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.run(t)
}

func (s *stage) make(t *testing.T, spec showdown.LoadBalancer, speed float64, emit func(showdown.Event)) {
	t.Helper()
	clock, err := showdown.NewClock(speed)
	if err != nil {
		t.Fatal(err)
	}
	s.b, err = New(Config{
		Clock: clock, Seed: 7, Backend: s.world, Emit: emit, Spec: spec, Lab: "base", Mark: "test",
		Address: s.world.address, Network: s.world, Instance: s.world.instance, Look: s.world.look,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.b.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		for _, m := range s.world.machines {
			if alive(m) {
				t.Errorf("%s lives after close", m.Name())
			}
		}
	})
}

func (s *stage) run(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.b.Run(ctx) }()
	synctest.Wait()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// now is the AWS time since the test began.
func (s *stage) now() string {
	return fmt.Sprintf("%6.1fs", s.b.cfg.Clock.AWS(time.Since(s.zero)).Seconds())
}

// balancer is a load balancer with one target group and AWS's defaults.
func balancer(typ showdown.BalancerType, zones ...string) showdown.LoadBalancer {
	check := showdown.TargetHealthCheck{
		Path: "/healthz", Interval: 30 * showdown.Second, Timeout: 5 * showdown.Second,
		HealthyThreshold: 5, UnhealthyThreshold: 2, Matcher: "200",
	}
	if typ == showdown.ClassicBalancer {
		check.HealthyThreshold = 10
	}
	return showdown.LoadBalancer{
		Name: "web", Type: typ, Zones: zones, IdleTimeout: showdown.Minute,
		Listeners: []showdown.Listener{{Forward: []showdown.Forward{{TargetGroup: "web"}}}},
		TargetGroups: []showdown.TargetGroup{{
			Name: "web", Instances: []string{"web-1", "web-2"}, HealthCheck: check,
			DeregistrationDelay: 5 * showdown.Minute, CrossZone: true,
		}},
	}
}
