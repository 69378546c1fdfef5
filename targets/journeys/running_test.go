package journeys

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
)

// running is a stage over a running system, whose lines the tests of bad input change.
const running = `version: 1
journey: mine
stage: shop
title: My shop
cells:
  - name: base
    targets:
      - {name: web-1, url: "http://127.0.0.1:8081/"}
      - {name: web-2, url: "http://10.0.0.2/shop"}
    traffic:
      phases:
        - {name: all, for: 60s, rate: 100}
      cohorts:
        - {name: near, share: 100%, knows: [web-1]}
    timeline:
      - letter: A
        at: 10s
        for: 20s
        do: {run: [./stop.sh, web-1, 7], timeout: 5s, env: {TOKEN: $SHOP_TOKEN}, dir: ops}
        undo: {run: [./start.sh, web-1]}
        probe: {http: "http://127.0.0.1:8081/", expect: 503}
        target: web-1
      - letter: B
        at: 40s
        do: &restart {run: [./restart.sh]}
        undo: none
        probe: {run: [./restarted.sh], within: 2s}
      - letter: C
        at: 50s
        do: *restart
        undo: *restart
        probe: {dns: db.example, expect: 10.0.0.9}
`

func editRunning(t *testing.T, old, with string) string {
	t.Helper()
	if strings.Count(running, old) != 1 {
		t.Fatalf("%q is %d times in the stage, want once", old, strings.Count(running, old))
	}
	return strings.Replace(running, old, with, 1)
}

func TestRunningSystem(t *testing.T) {
	s := mustLoad(t, running)
	c := s.Cells[0]
	if !s.Running() || !c.Running() || s.Speed != 1 || c.Topology.Region != "" || c.Traffic.Path != "" {
		t.Errorf("a running system is at speed %g, in %q, path %q", s.Speed, c.Topology.Region, c.Traffic.Path)
	}
	if c.Traffic.Timeout != 5*showdown.Second || c.SteadyState.Within != 30*showdown.Second || c.SteadyState.Requests != 10 || c.Traffic.Clients != 100 {
		t.Errorf("defaults: %+v %+v", c.Traffic, c.SteadyState)
	}
	a, b, last := c.Timeline[0], c.Timeline[1], c.Timeline[2]
	if a.Do != showdown.RunCommand || !slices.Equal(a.Run.Run, []string{"./stop.sh", "web-1", "7"}) || a.Run.Env["TOKEN"] != "$SHOP_TOKEN" || a.Run.Dir != "ops" ||
		a.Run.Timeout != showdown.LabDuration(5*time.Second) || a.UndoRun.Timeout != showdown.DefaultCommandTimeout || a.Undo != "" {
		t.Errorf("A: %+v %+v %+v", a, a.Run, a.UndoRun)
	}
	if p := a.Probe; p.Expect != "503" || p.Timeout != showdown.DefaultLookTimeout || p.Within != showdown.DefaultProbeWithin {
		t.Errorf("the probe of A: %+v", p)
	}
	if b.Undo != showdown.NoUndo || b.UndoRun != nil || b.Probe.Expect != showdown.Works || b.Probe.Timeout != showdown.DefaultProbeTimeout || b.Probe.Within != showdown.LabDuration(2*time.Second) {
		t.Errorf("B: %+v %+v", b, b.Probe)
	}
	if last.Do != showdown.RunCommand || last.Run.String() != "./restart.sh" || last.UndoRun.String() != "./restart.sh" {
		t.Errorf("C, which is written with aliases: %+v", last)
	}
	if got := c.Targets[1].Request(""); got != "http://10.0.0.2/shop" {
		t.Errorf("asks %s", got)
	}
	if err := Validate(s, mustClock(t, 1)); err != nil {
		t.Errorf("validate:\n%v", err)
	}
	if err := validateYAML(t, compileSchema(t), []byte(running)); err != nil {
		t.Errorf("the schema refuses it: %v", err)
	}
}

func TestRunningSystemHasItsOwnTime(t *testing.T) {
	err := Validate(mustLoad(t, running), mustClock(t, 60))
	if err == nil || !strings.Contains(err.Error(), "the time that it has: its speed is 1 and not 60") {
		t.Errorf("at speed 60: %v", err)
	}
}

// What is wrong is said with its line, and what to write instead.
func TestRunningSystemProblems(t *testing.T) {
	for _, c := range []struct {
		name, old, with string
		line            int
		want            string
	}{
		{"a speed", "title: My shop", "title: My shop\nspeed: 60", 5, "speed 60: a running system has the time that it has, and its speed is 1"},
		{"a topology", "    targets:\n", "    topology: {instances: [{name: a, type: t2.micro}]}\n    targets:\n", 8, "drop one of the two"},
		{"no target", "      - {name: web-1, url: \"http://127.0.0.1:8081/\"}\n      - {name: web-2, url: \"http://10.0.0.2/shop\"}\n", "      []\n", 8, "the list of targets is empty"},
		{"a target twice", "name: web-2", "name: web-1", 9, "exists already"},
		{"no URL", `, url: "http://10.0.0.2/shop"`, "", 9, "the URL is missing"},
		{"another scheme", "http://10.0.0.2/shop", "ftp://10.0.0.2/shop", 9, "not a URL that can be asked for"},
		{"no host", "http://10.0.0.2/shop", "http:///shop", 9, "not a URL that can be asked for"},
		{"a password", "http://10.0.0.2/shop", "http://me:secret@10.0.0.2/shop", 9, "would enter the record"},
		{"two paths", "    traffic:\n", "    traffic:\n      path: /time\n", 9, `the traffic has the path "/time" and the URL has "/shop"`},
		{"a host", "    traffic:\n", "    traffic:\n      host: www\n", 11, "put the name into their URLs"},
		{"a cohort of nobody", "knows: [web-1]", "knows: [web-3]", 14, `unknown target "web-3"`},
		{"a lab's fault", "do: {run: [./stop.sh, web-1, 7], timeout: 5s, env: {TOKEN: $SHOP_TOKEN}, dir: ops}", "do: kill", 19, `kill is an action of a lab, and this cell is a running system of yours, which showdown does not hold: write a command of yours that does it, do: {run: ["./kill.sh", "web-1"]}`},
		{"a zone", "do: {run: [./stop.sh, web-1, 7], timeout: 5s, env: {TOKEN: $SHOP_TOKEN}, dir: ops}", "do: fail-az", 19, "fail-az is an action of a lab"},
		{"a spike", "do: {run: [./stop.sh, web-1, 7], timeout: 5s, env: {TOKEN: $SHOP_TOKEN}, dir: ops}", "do: spike", 19, "write it as a phase of the traffic"},
		{"a word", "do: {run: [./stop.sh, web-1, 7], timeout: 5s, env: {TOKEN: $SHOP_TOKEN}, dir: ops}", "do: ./stop.sh", 19, `"./stop.sh" is no command`},
		{"a shell line", "[./stop.sh, web-1, 7]", `["./stop.sh web-1; true"]`, 19, "no shell reads it"},
		{"a line of text", "[./stop.sh, web-1, 7]", "./stop.sh", 19, "run must be a list"},
		{"no words", "[./stop.sh, web-1, 7]", "[]", 19, "program and its arguments"},
		{"an unknown field", "dir: ops", "folder: ops", 19, `unknown field "folder" in do`},
		{"a long timeout", "timeout: 5s", "timeout: 1h", 19, "between 10ms and 10m"},
		{"no timeout", "timeout: 5s", "timeout: 0s", 19, "between 10ms and 10m"},
		{"a variable of ours", "env: {TOKEN:", "env: {SHOWDOWN_MARK:", 19, "showdown's own"},
		{"no variable", "env: {TOKEN:", `env: {"A B":`, 19, "is not a variable"},
		{"no undo", "        undo: none\n", "", 23, "or undo: none where nothing is to be taken back"},
		{"a wrong undo", "undo: none", "undo: nothing", 26, `undo "nothing" is no command`},
		{"no probe", "        probe: {http: \"http://127.0.0.1:8081/\", expect: 503}\n", "", 16, "how the fault shows itself"},
		{"a probe of nothing", `http: "http://127.0.0.1:8081/", expect: 503`, "expect: fails", 21, "the probe looks at nothing"},
		{"a probe of two", `{http: "http`, `{tcp: "a:1", http: "http`, 21, "the probe has http, tcp: keep one"},
		{"a wrong status", "expect: 503", "expect: 999", 21, `does not expect "999": write fails, works, or a status like 503`},
		{"a status of a program", "within: 2s", "expect: 503", 27, `does not expect "503"`},
		{"no port", `http: "http://127.0.0.1:8081/", expect: 503`, "tcp: localhost", 21, "is no host:port"},
		{"no name", "dns: db.example", `dns: "http://db"`, 32, "is no name"},
		{"a folder of an HTTP probe", "expect: 503", "dir: ops", 21, "belongs to a probe that runs a program"},
		{"a target of nobody", "target: web-1", "target: web-9", 22, `unknown target "web-9"`},
		{"parameters", "target: web-1", "with: {share: 80%}", 22, "a command has no parameters"},
		{"beyond the traffic", "at: 50s", "at: 70s", 29, "after the traffic's end"},
	} {
		text := editRunning(t, c.old, c.with)
		_, err := Load([]byte(text), "mine.yaml", testKnown())
		var found Problems
		if !errors.As(err, &found) {
			t.Errorf("%s: accepted (%v)", c.name, err)
			continue
		}
		if !slices.ContainsFunc(found, func(p *Problem) bool { return p.Line == c.line && strings.Contains(p.Err.Error(), c.want) }) {
			t.Errorf("%s: want %q in line %d, got\n%v", c.name, c.want, c.line, err)
		}
	}
}

// A lab takes no commands, and its actions know their undo.
func TestLabsTakeNoCommands(t *testing.T) {
	for with, want := range map[string]string{
		"do: {run: [./kill.sh]}":              "this cell is a lab",
		"do: kill\n        undo: none":        "kill knows its undo itself",
		"do: kill\n        probe: {tcp: a:1}": "kill knows its probe itself",
	} {
		_, err := Load([]byte(edit(t, "do: kill", with)), "mine.yaml", testKnown())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", with, err, want)
		}
	}
}

func TestSchemaOfRunningSystems(t *testing.T) {
	s := compileSchema(t)
	for name, text := range map[string]string{
		"both":               editRunning(t, "    targets:\n", "    topology: {instances: [{name: a, type: t2.micro}]}\n    targets:\n"),
		"no URL":             editRunning(t, `, url: "http://10.0.0.2/shop"`, ""),
		"no words":           editRunning(t, "[./stop.sh, web-1, 7]", "[]"),
		"a line":             editRunning(t, "[./stop.sh, web-1, 7]", "./stop.sh"),
		"an unknown field":   editRunning(t, "dir: ops", "folder: ops"),
		"a wrong undo":       editRunning(t, "undo: none", "undo: nothing"),
		"an unknown action":  editRunning(t, "        do: *restart", "        do: restart"),
		"a probe of nothing": editRunning(t, `http: "http://127.0.0.1:8081/", expect: 503`, "expect: fails"),
	} {
		if err := validateYAML(t, s, []byte(text)); err == nil {
			t.Errorf("%s: the schema accepts it", name)
		}
	}
}

// Each cell of a running system is played alone, and as fast as it is asked to be.
func TestGroupsOfRunningSystems(t *testing.T) {
	text := editRunning(t, "rate: 100", "rate: 5000")
	text += strings.Replace(text[strings.Index(text, "  - name: base\n"):], "name: base", "name: again", 1)
	s := mustLoad(t, text)
	if got := Groups(s, mustClock(t, 1)); len(got) != 2 || len(got[0]) != 1 || len(got[1]) != 1 {
		t.Errorf("groups %v", got)
	}
	if err := Validate(s, mustClock(t, 1)); err != nil {
		t.Errorf("validate: %v", err)
	}
}

func TestRunningExamples(t *testing.T) {
	for _, file := range []string{"../../examples/processes/stage.yaml", "../../examples/containers/stage.yaml"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Load(data, file, testKnown())
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := Validate(s, mustClock(t, 1)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if err := validateYAML(t, compileSchema(t), data); err != nil {
			t.Errorf("%s: the schema refuses it: %v", file, err)
		}
	}
}

const runningDocumentation = "../../docs/running-system.md"

// The example of the documentation can be loaded, and every field is explained.
func TestRunningDocumentation(t *testing.T) {
	data, err := os.ReadFile(runningDocumentation)
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(data), "```yaml\n")
	block, _, ok := strings.Cut(block, "```")
	if !ok {
		t.Fatal("the documentation has no stage")
	}
	mustLoad(t, block)
	for _, f := range []string{"name", "url", "run", "timeout", "env", "dir", "http", "tcp", "dns", "expect", "within"} {
		if !strings.Contains(string(data), "`"+f+"`") && !strings.Contains(string(data), "`"+f+":") {
			t.Errorf("field `%s` is not in docs/running-system.md", f)
		}
	}
}
