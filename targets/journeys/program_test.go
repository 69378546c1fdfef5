package journeys

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
)

const ownStage = `version: 1
journey: mine
stage: own
title: Programs of one's own
app:
  command: [./server, --port, 80]
  env: {LEVEL: 3, TOKEN: $TOKEN}
  dir: run
  health: /up
  boot: 40s
  cpus: 1
cells:
  - name: base
    topology:
      instances:
        - {name: web-1, type: t2.micro}
        - {name: web-2, type: t2.micro, app_boot: 5s}
      load_balancers:
        - {name: lb, zones: [us-east-1a, us-east-1b], target_groups: [{name: web, instances: [web-1, web-2]}]}
      hosted_zone:
        name: own.example
        records:
          - {name: "@", alias: lb}
    traffic:
      host: "@"
      phases: [{name: calm, for: 10m, rate: 100}]
  - name: mixed
    topology:
      instances:
        - {name: api-1, type: t2.micro, app: {command: [other]}}
        - {name: api-2, type: t2.micro, app: clock}
      load_balancers:
        - {name: lb, zones: [us-east-1a, us-east-1b], target_groups: [{name: api, instances: [api-1, api-2]}]}
      hosted_zone: {name: own.example, records: [{name: "@", alias: lb}]}
    traffic:
      host: "@"
      phases: [{name: calm, for: 10m, rate: 100}]
`

func TestProgramsOfAStage(t *testing.T) {
	s := mustLoad(t, ownStage)
	p := s.Program
	if p == nil || s.App != "" {
		t.Fatalf("the application is %q, the program %+v", s.App, p)
	}
	if !slices.Equal(p.Command, []string{"./server", "--port", "80"}) || p.Env["LEVEL"] != "3" || p.Env["TOKEN"] != "$TOKEN" ||
		p.Dir != "run" || p.Health != "/up" || p.Boot != 40*showdown.Second || time.Duration(p.Ready) != 10*time.Second || p.CPUs != 1 {
		t.Errorf("the program is %+v", p)
	}
	base, mixed := s.Cells[0].Topology, s.Cells[1].Topology
	if a, b := base.Instances[0].AppBoot, base.Instances[1].AppBoot; a != 40*showdown.Second || b != 5*showdown.Second {
		t.Errorf("they boot in %s and %s", a, b)
	}
	if got := base.LoadBalancers[0].TargetGroups[0].HealthCheck.Path; got != "/up" {
		t.Errorf("health checks ask for %s", got)
	}
	// Where instances differ in that, nothing is guessed.
	if got := mixed.LoadBalancers[0].TargetGroups[0].HealthCheck.Path; got != DefaultTargetPath {
		t.Errorf("health checks of different applications ask for %s", got)
	}
	if own := mixed.Instances[0].Program; own == nil || own.Health != DefaultHealth || mixed.Instances[0].AppBoot != 0 {
		t.Errorf("the instance's own program is %+v", own)
	}
	if in := mixed.Instances[1]; in.Program != nil || in.App != "clock" {
		t.Errorf("an instance with a built-in application has %q and %+v", in.App, in.Program)
	}
}

func TestProgramsThatAreWrong(t *testing.T) {
	known := testKnown()
	known.Program = func(_ *showdown.Stage, p *showdown.Program) error {
		if p.Command[0] == "./missing" {
			return errors.New("./missing is not there")
		}
		return nil
	}
	for _, test := range []struct{ old, with, want string }{
		{"command: [./server, --port, 80]", "command: []", "mine.yaml:6:12: the program and its arguments, like [python3, server.py] is empty"},
		{"command: [./server, --port, 80]", "command: ./server", "mine.yaml:6:12: command must be a list"},
		{"command: [./server, --port, 80]", "command: [./missing]", "mine.yaml:6:12: ./missing is not there"},
		{"  command: [./server, --port, 80]\n", "", "mine.yaml:5:1: the program and its arguments, like [python3, server.py] is missing"},
		{"LEVEL: 3", "PORT: 3", "mine.yaml:7:9: PORT is set by the instance"},
		{"LEVEL: 3", "1A: 3", `mine.yaml:7:9: "1A" is no name of a variable`},
		{"LEVEL: 3", "SHOWDOWN_MARK: x", "mine.yaml:7:9: SHOWDOWN_MARK is a name of showdown's own"},
		{"health: /up", "health: up", `mine.yaml:9:11: health "up" is not a path`},
		{"boot: 40s", "boot: 40", "mine.yaml:10:9: boot"},
		{"boot: 40s", "ready: 0s", "mine.yaml:10:10: ready must lie above 0s"},
		{"cpus: 1", "cpus: -1", "mine.yaml:11:9: cpus must lie between 0"},
		{"cpus: 1", "memory_mib: -1", "mine.yaml:11:15: memory_mib must lie between 0"},
		{"cpus: 1", "cpu: 1", `mine.yaml:11:3: unknown field "cpu" in app: did you mean "cpus"?`},
		{"app: clock", "app: clok", `mine.yaml:31:46: unknown application "clok": did you mean "clock"?`},
		{"app: {command: [other]}", "app: {command: [other], health: x}", `health "x" is not a path`},
	} {
		text := strings.Replace(ownStage, test.old, test.with, 1)
		_, err := Load([]byte(text), "mine.yaml", known)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.with, err, test.want)
		}
	}
}

func TestWhatCannotBeDoneToPrograms(t *testing.T) {
	step := func(do, target string) string {
		return strings.Replace(ownStage, "  - name: mixed", "    timeline: [{letter: A, at: 1m, do: "+do+", target: "+target+", for: 1m}]\n  - name: mixed", 1)
	}
	for text, want := range map[string]string{
		step("cpu-steal", "web-1"):    "cpu-steal slows the modelled CPU down, and web-1 runs a program",
		step("clock-skew", "all"):     "clock-skew is for the built-in application, and web-1 runs",
		step("deep-failure", "web-1"): "",
		step("kill", "web-1"):         "",
		strings.Replace(step("deep-failure", "web-1"), "health: /up", "health: /", 1):                                       "deep-failure leaves the health path fine",
		strings.Replace(ownStage, "title:", "work: 50\ntitle:", 1):                                                          "", // api-2 has a use for it
		strings.Replace(strings.Replace(ownStage, "title:", "work: 50\ntitle:", 1), "app: clock", "app: {command: [x]}", 1): "work is what a request costs",
		strings.Replace(ownStage, "      hosted_zone:\n        name", `      auto_scaling_groups:
        - {name: fleet, template: {type: t2.micro}, min: 1, max: 2, zones: [us-east-1a, us-east-1b], policies: [{name: calm, type: target_tracking, metric: ASGAverageCPUUtilization, target: 50}]}
      hosted_zone:
        name`, 1): "the CPU of a program of your own is the computer's and not measured: use ALBRequestCountPerTarget",
	} {
		_, err := Load([]byte(text), "mine.yaml", testKnown())
		switch {
		case want == "" && err != nil:
			t.Errorf("%v\n%s", err, text)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestSchemaKnowsPrograms(t *testing.T) {
	s := compileSchema(t)
	if err := validateYAML(t, s, []byte(strings.Replace(ownStage, "--port, 80", "--port", 1))); err != nil {
		t.Error(err)
	}
	for _, change := range [][2]string{
		{"command: [./server, --port, 80]", "comand: [x]"},
		{"  command: [./server, --port, 80]\n", ""},
		{"app: clock", "app: clok"},
		{"health: /up", "health: up"},
		{"command: [other]", "command: []"},
	} {
		if err := validateYAML(t, s, []byte(strings.Replace(ownStage, change[0], change[1], 1))); err == nil {
			t.Errorf("%s: accepted", change[1])
		}
	}
}
