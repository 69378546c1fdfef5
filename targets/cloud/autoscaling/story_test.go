package autoscaling

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
	"showdown/targets/cloud"
)

var update = flag.Bool("update", false, "rewrite the stories in testdata with what happens now")

// TestStories plays the scripts in testdata against a group. A line is a command; the
// indented lines below it are what the group did, with the AWS time since the beginning.
// Lines with # are said to the reader.
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
			got := tell(string(script))
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
	*world
	spec     showdown.AutoScalingGroup
	balanced bool
	out      strings.Builder
}

func tell(script string) string {
	s := &teller{}
	lines := bufio.NewScanner(strings.NewReader(script))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "    ") {
			continue
		}
		s.out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.play(strings.Fields(line)); err != nil {
			s.print("refused: %v", err)
		}
	}
	return s.out.String()
}

func (s *teller) print(format string, args ...any) {
	at := time.Duration(0)
	if s.world != nil {
		at = time.Duration(s.now).Round(time.Second)
	}
	fmt.Fprintf(&s.out, "    %d:%02d:%02d  %s\n", int(at.Hours()), int(at.Minutes())%60, int(at.Seconds())%60, fmt.Sprintf(format, args...))
}

// event says what happened in a line or, with its cause, two.
func (s *teller) event(e showdown.Event) {
	d := e.Data
	switch e.Kind {
	case showdown.ScalingActivity:
		s.print("[%v] %v: %v", d["activity"], d["status"], d["description"])
		if d["status"] == string(InProgress) || d["status"] == string(Failed) && d["instance"] == "" {
			fmt.Fprintf(&s.out, "                 %v\n", d["cause"])
		}
	case showdown.ScalingLifecycle:
		s.print("%s %v -> %v", e.Target, orNew(d["from"]), d["to"])
	case showdown.ScalingCapacity:
		zones, _ := d["zones"].(map[string]int)
		text := fmt.Sprintf("%v..%v, desired %v: %v in service (%s)", d["min"], d["max"], d["desired"], d["in_service"], zonesText(zones))
		for _, k := range []string{"pending", "terminating", "standby", "warm"} {
			if n, _ := d[k].(int); n > 0 {
				text += fmt.Sprintf(", %d %s", n, k)
			}
		}
		s.print("%s", text)
	case showdown.ScalingAlarm:
		s.print("alarm %v of %s: %v at %v", d["alarm"], e.Target, d["to"], d["value"])
	case showdown.APIRefused:
		s.print("refused: %v: %v", d["code"], d["message"])
	}
}

func orNew(from any) any {
	if from == "" {
		return "(new)"
	}
	return from
}

func (s *teller) play(f []string) error {
	switch arg := f[1:]; f[0] {
	case "group":
		return s.group(arg)
	case "policy":
		return s.policy(arg)
	case "scheduled":
		return s.scheduledAction(arg)
	case "begin":
		s.world = newWorld(s.spec, s.balanced, 7, s.event)
		return nil
	default:
		return s.command(f[0], arg)
	}
}

// pairs are the key=value words of a line.
func pairs(words []string) map[string]string {
	out := map[string]string{}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		out[k] = v
	}
	return out
}

func duration(text string) showdown.Duration {
	var d showdown.Duration
	if text != "" {
		if err := d.UnmarshalText([]byte(text)); err != nil {
			panic(err)
		}
	}
	return d
}

func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return v
}

func whole(text string) *int {
	if text == "" {
		return nil
	}
	n := int(number(text))
	return &n
}

func (s *teller) group(arg []string) error {
	p := pairs(arg)
	size := strings.Split(p["size"], "/")
	s.spec = showdown.AutoScalingGroup{
		Name: "web", Template: showdown.Instance{Type: "m5.large"},
		Min: *whole(size[0]), Desired: *whole(size[1]), Max: *whole(size[2]),
		HealthCheck: showdown.EC2HealthCheck,
		GracePeriod: duration(p["grace"]), Warmup: duration(p["warmup"]), Cooldown: duration(p["cooldown"]),
	}
	for _, z := range strings.Split(p["zones"], ",") {
		s.spec.Zones = append(s.spec.Zones, "us-east-1"+z)
	}
	if p["health"] == "ELB" {
		s.spec.HealthCheck = showdown.ELBHealthCheck
	}
	_, alone := p["alone"]
	s.balanced = !alone
	if state := p["pool"]; state != "" {
		s.spec.WarmPool = &showdown.WarmPool{State: state}
	}
	return check(s.spec)
}

func (s *teller) policy(arg []string) error {
	p := pairs(arg[2:])
	out := showdown.ScalingPolicy{
		Name: arg[0], Type: showdown.PolicyType(arg[1]), Metric: showdown.RequestCountPerTarget,
		Warmup: duration(p["warmup"]), Cooldown: duration(p["cooldown"]),
	}
	if p["metric"] == "cpu" {
		out.Metric = showdown.AverageCPU
	}
	if v := p["target"]; v != "" {
		out.Target = number(v)
	}
	if v := p["above"]; v != "" {
		out.Threshold = number(v)
	}
	if v := p["below"]; v != "" {
		out.Threshold, out.Below = number(v), true
	}
	if v := whole(p["periods"]); v != nil {
		out.Periods = *v
	}
	if v := whole(p["add"]); v != nil {
		out.Adjustment = *v
	}
	for _, step := range strings.Split(p["steps"], ",") {
		if from, add, ok := strings.Cut(step, ":"); ok {
			out.Steps = append(out.Steps, showdown.ScalingStep{From: number(from), Adjustment: *whole(add)})
		}
	}
	s.spec.Policies = append(s.spec.Policies, out)
	return check(s.spec)
}

func (s *teller) scheduledAction(arg []string) error {
	p := pairs(arg[1:])
	s.spec.Scheduled = append(s.spec.Scheduled, showdown.ScheduledAction{
		Name: arg[0], At: duration(p["at"]), Min: whole(p["min"]), Max: whole(p["max"]), Desired: whole(p["desired"]),
	})
	return check(s.spec)
}

// group is the real [Group] over the world's core, for its operations.
func (w *world) group() *Group {
	return &Group{core: w.core, last: w.now, wake: make(chan struct{}, 1), cfg: Config{Spec: w.core.spec}}
}

// operate carries out an operation of the group's API, and lets the group look.
func (w *world) operate(operation func(g *Group) error) error {
	g := w.group()
	var queued []showdown.Event
	g.outbox = cloud.Outbox[showdown.Event]{Send: func(e showdown.Event) { queued = append(queued, e) }}
	err := operation(g)
	for _, e := range queued {
		if w.say != nil && e.Kind != showdown.APIRefused {
			w.say(e)
		}
	}
	w.settle()
	return err
}

// command is something that happens in the world, or an operation of the group.
func (s *teller) command(verb string, arg []string) error {
	if err, ok := s.happen(verb, arg); ok {
		return err
	}
	return s.operate(func(g *Group) error {
		switch verb {
		case "desire":
			return g.SetDesiredCapacity(*whole(arg[0]), slices.Contains(arg, "honor"))
		case "sizes":
			p := pairs(arg)
			return g.UpdateSizes(whole(p["min"]), whole(p["max"]), whole(p["desired"]))
		case "suspend":
			return g.SuspendProcesses(arg...)
		case "resume":
			return g.ResumeProcesses(arg...)
		case "template":
			in := g.core.spec.Template
			in.Type = arg[0]
			g.SetTemplate(in)
			return nil
		case "refresh":
			o := DefaultRefresh()
			if v := whole(pairs(arg)["min"]); v != nil {
				o.MinHealthyPercentage = *v
			}
			_, err := g.StartInstanceRefresh(o)
			return err
		case "cancel-refresh":
			return g.CancelInstanceRefresh()
		case "set-health":
			return g.SetInstanceHealth(arg[0], arg[1])
		case "terminate":
			return g.TerminateInstance(arg[0], slices.Contains(arg, "decrement"))
		case "detach":
			return g.Detach(arg[0], slices.Contains(arg, "decrement"))
		case "standby":
			return g.EnterStandby(arg[0], slices.Contains(arg, "decrement"))
		case "back":
			return g.ExitStandby(arg[0])
		case "describe":
			s.describe(g.Describe())
			for _, r := range g.core.refreshes {
				d := g.core.describeRefresh(r)
				s.print("%s %s, %d %% complete, %d to update", d.ID, d.Status, d.PercentageComplete, d.InstancesToUpdate)
			}
			return nil
		}
		return fmt.Errorf("unknown command %q", verb)
	})
}

func (s *teller) describe(d Description) {
	for _, in := range append(d.Instances, d.WarmPool...) {
		text := fmt.Sprintf("%s %s %s %s %s, template %d", in.Name, in.Zone, in.Type, in.Lifecycle, in.Health, in.Version)
		if in.WarmingUp {
			text += ", warming up"
		}
		s.print("%s", text)
	}
	if len(d.Suspended) > 0 {
		s.print("suspended: %s", strings.Join(d.Suspended, ", "))
	}
}

// happen is something that happens in the world; ok says whether word is such a thing.
func (s *teller) happen(word string, arg []string) (err error, ok bool) {
	switch word {
	case "advance":
		s.to(s.now + duration(arg[0]))
	case "load":
		s.load = number(arg[0])
	case "cpu":
		s.cpu = number(arg[0])
	case "drain":
		s.drain = duration(arg[0])
	case "boot":
		s.boot = duration(arg[0])
	case "refuse", "accept":
		verbs := map[string]verb{"register": doRegister, "deregister": doDeregister, "terminate": doTerminate, "stop": doStop}
		s.refuse[verbs[arg[0]]] = word == "refuse"
	case "close", "open":
		for _, z := range arg {
			s.closed["us-east-1"+z] = word == "close"
		}
	case "fail-zone":
		z := "us-east-1" + arg[0]
		s.closed[z] = true
		for _, b := range s.instances {
			if b.in.Zone == z && b.state != terminated && b.state != stopped {
				b.down(shuttingDown, terminated, s.now)
			}
		}
	case "wrong-check", "right-check":
		s.sickApp = word == "wrong-check"
		for _, b := range s.instances {
			b.sick, b.sickAt = s.sickApp, s.now
		}
	default:
		return s.happenTo(word, arg)
	}
	if word != "advance" {
		s.settle()
	}
	return nil, true
}

func (s *teller) happenTo(verb string, arg []string) (err error, ok bool) {
	if !slices.Contains([]string{"kill", "stop", "sicken", "cure", "impair", "repair"}, verb) {
		return nil, false
	}
	for _, name := range arg {
		b := s.instances[name]
		if b == nil {
			return errors.New("no such instance"), true
		}
		switch verb {
		case "kill":
			b.down(shuttingDown, terminated, s.now)
		case "stop":
			b.down(stopping, stopped, s.now+stopTakes)
		case "sicken", "cure":
			b.sick, b.sickAt = verb == "sicken", s.now
		case "impair", "repair":
			b.impaired, b.impairedAt = verb == "impair", s.now
		}
	}
	s.settle()
	return nil, true
}
