package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/targets/journal"
)

// system is a running system with one target, which answers 503 while the file "broken"
// lies in its folder, and the experiment on it.
type system struct {
	t       *testing.T
	dir     string
	server  *httptest.Server
	journal *journal.Journal
	cell    showdown.Cell

	mu     sync.Mutex
	events []showdown.Event
}

func newSystem(t *testing.T, timeline ...showdown.Step) *system {
	t.Helper()
	s := &system{t: t, dir: t.TempDir()}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := os.Stat(s.path("broken")); err == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.server.Close)
	var err error
	if s.journal, err = journal.Open(t.TempDir(), "run-1"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.journal.Close() })
	s.cell = showdown.Cell{
		Name: "base", Targets: []showdown.Target{{Name: "web-1", URL: s.server.URL}},
		Traffic:     showdown.Traffic{Clients: 1, Phases: []showdown.Phase{{Name: "all", For: 2 * showdown.Second, Rate: 10}}},
		SteadyState: showdown.SteadyState{Requests: 3, Within: showdown.Second / 3},
	}
	for _, step := range timeline {
		if step.Probe != nil && step.Probe.HTTP == "" && len(step.Probe.Run) == 0 {
			step.Probe.HTTP = s.server.URL
		}
		s.cell.Timeline = append(s.cell.Timeline, step)
	}
	return s
}

func (s *system) path(name string) string { return filepath.Join(s.dir, name) }

func (s *system) read(name string) string {
	data, err := os.ReadFile(s.path(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Error(err)
	}
	return string(data)
}

func (s *system) config() Config {
	clock, err := showdown.NewClock(1)
	if err != nil {
		s.t.Fatal(err)
	}
	return Config{Cell: s.cell, Clock: clock, Seed: 1, Journal: s.journal, Folder: s.dir, Emit: func(e showdown.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	}}
}

func (s *system) experiment() *Experiment {
	s.t.Helper()
	e, err := New(s.config())
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// play plays the timeline to its end and rolls back.
func (s *system) play() error {
	s.t.Helper()
	e := s.experiment()
	if err := e.Run(s.t.Context(), time.Now()); err != nil {
		s.t.Error(err)
	}
	return e.Rollback(s.t.Context())
}

// life is the kinds of the events of a letter, without their common beginning.
func (s *system) life(letter string) []string {
	var out []string
	for _, e := range s.events {
		if e.Target == letter {
			out = append(out, strings.TrimPrefix(string(e.Kind), "fault."))
		}
	}
	return out
}

// event is the first of a kind.
func (s *system) event(letter string, kind showdown.EventKind) showdown.Event {
	s.t.Helper()
	for _, e := range s.events {
		if e.Target == letter && e.Kind == kind {
			return e
		}
	}
	s.t.Errorf("%s has no event %s: it has %v", letter, kind, s.life(letter))
	return showdown.Event{}
}

func sh(script string) *showdown.Command {
	return &showdown.Command{Run: []string{"sh", "-c", script}, Timeout: showdown.LabDuration(20 * time.Second)}
}

// breaking is a step that breaks the system with one script and mends it with another.
func breaking(letter, do, undo string) showdown.Step {
	s := showdown.Step{
		Letter: letter, Do: showdown.RunCommand, Run: sh(do), For: showdown.Second / 5, Undo: showdown.NoUndo, Target: "web-1",
		Probe: &showdown.Probe{Expect: "503", Within: showdown.LabDuration(400 * time.Millisecond)},
	}
	if undo != "" {
		s.Undo, s.UndoRun = "", sh(undo)
	}
	return s
}

// The whole life of a command: recorded, done, seen, undone, gone.
func TestCommand(t *testing.T) {
	s := newSystem(t)
	t.Setenv("SHOP_TOKEN", "s3cret-value")
	step := breaking("A", `grep -c '"kind":"command"' `+s.journal.Path()+`; pwd; echo "token $TOKEN" >&2; touch broken`, "rm broken; echo mended $TOKEN")
	step.Run.Env = map[string]string{"TOKEN": "Bearer $SHOP_TOKEN"}
	step.UndoRun.Env = step.Run.Env
	step.Probe.HTTP = s.server.URL
	s.cell.Timeline = []showdown.Step{step}
	if err := s.play(); err != nil {
		t.Error(err)
	}
	if want := []string{"planned", "injecting", "injected", "confirmed", "healing", "undone"}; !slices.Equal(s.life("A"), want) {
		t.Errorf("A was %v, want %v", s.life("A"), want)
	}
	did, _ := s.event("A", showdown.FaultInjected).Data["command"].(map[string]any)
	if did["stdout"] != "1\n"+s.dir+"\n" || did["stderr"] != "token Bearer $SHOP_TOKEN\n" || did["exit"] != 0 || did["dir"] != s.dir {
		t.Errorf("the command said %v", did)
	}
	undone := s.event("A", showdown.FaultUndone)
	undid, _ := undone.Data["undo_command"].(map[string]any)
	facts, _ := undone.Data["facts"].(map[string]any)
	if undid["stdout"] != "mended Bearer $SHOP_TOKEN\n" || undid["exit"] != 0 || facts["exit"] != 0 || facts["undo_exit"] != 0 {
		t.Errorf("the undo said %v, facts %v", undid, facts)
	}
	if evidence, _ := s.event("A", showdown.FaultConfirmed).Data["evidence"].(string); !strings.Contains(evidence, "answered 503") {
		t.Errorf("evidence %q", evidence)
	}
	data, err := json.Marshal(s.events)
	if err != nil || strings.Contains(string(data), "s3cret") {
		t.Errorf("the record holds a secret (%v):\n%s", err, data)
	}
	if left := s.journal.Pending(); len(left) != 0 {
		t.Errorf("pending %v", left)
	}
}

func TestCommandsThatGoWrong(t *testing.T) {
	slow := breaking("A", "touch broken; sleep 60", "rm -f broken; echo undone >>undone")
	slow.Run.Timeout = showdown.LabDuration(300 * time.Millisecond)
	slowUndo := breaking("A", "touch broken", "sleep 60")
	slowUndo.UndoRun.Timeout = showdown.LabDuration(100 * time.Millisecond)
	lasting := breaking("A", "touch broken", "")
	lasting.For = 0
	for _, c := range []struct {
		name   string
		step   showdown.Step
		before string // a file that is there
		life   []string
		undone string
		bad    string // what the roll back's error says
	}{
		{"it fails", breaking("A", "touch broken; echo no luck >&2; exit 3", "rm -f broken; echo undone >>undone"), "", []string{"failed", "healing", "undone"}, "undone\n", ""},
		{"it is too slow", slow, "", []string{"failed", "healing", "undone"}, "undone\n", ""},
		{"it does nothing", breaking("A", "true", "echo undone >>undone"), "", []string{"injected", "unconfirmed", "healing", "undone"}, "undone\n", ""},
		{"the fault is there before", breaking("A", "true", "rm broken; echo undone >>undone"), "broken", []string{"injected", "unconfirmed", "healing", "undone"}, "undone\n", ""},
		{"its undo lies", breaking("A", "touch broken", "echo undone >>undone"), "", []string{"injected", "confirmed", "healing", "not_undone", "not_undone"}, "undone\n", "run of web-1 is still there: GET"},
		{"its undo fails", breaking("A", "touch broken", "echo undone >>undone; echo denied >&2; exit 4"), "", []string{"injected", "confirmed", "healing", "not_undone", "not_undone"}, "undone\nundone\nundone\n", "exit status 4: denied"},
		{"its undo is too slow", slowUndo, "", []string{"injected", "confirmed", "healing", "not_undone", "not_undone"}, "", "not over in time"},
		{"it has no undo and stays", lasting, "", []string{"injected", "confirmed", "undone"}, "", ""},
		{"it has no undo and is over by itself", breaking("A", "touch broken; (sleep 0.6; rm broken) >/dev/null 2>&1 &", ""), "", []string{"injected", "confirmed", "healing", "undone"}, "", ""},
		{"it has no undo and is not over", breaking("A", "touch broken", ""), "", []string{"injected", "confirmed", "healing", "not_undone", "not_undone"}, "", "is still there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSystem(t, c.step)
			s.cell.Timeline[0].Probe = &showdown.Probe{HTTP: s.server.URL, Expect: "503", Within: c.step.Probe.Within + showdown.LabDuration(600*time.Millisecond)}
			if c.before != "" {
				if err := os.WriteFile(s.path(c.before), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := s.play()
			if (err != nil) != (c.bad != "") || err != nil && !strings.Contains(err.Error(), c.bad) {
				t.Errorf("rolled back with %v, want %q", err, c.bad)
			}
			if want := append([]string{"planned", "injecting"}, c.life...); !slices.Equal(s.life("A"), want) {
				t.Errorf("A was %v, want %v", s.life("A"), want)
			}
			if s.read("undone") != c.undone {
				t.Errorf("undone %q, want %q", s.read("undone"), c.undone)
			}
			if pending := len(s.journal.Pending()); pending != 0 && c.bad == "" || pending != 1 && c.bad != "" {
				t.Errorf("%d entries are pending", pending)
			}
		})
	}
}

func TestFailedCommandSaysWhy(t *testing.T) {
	s := newSystem(t, breaking("A", "echo out; echo no luck >&2; exit 3", "true"))
	if err := s.play(); err != nil {
		t.Error(err)
	}
	e := s.event("A", showdown.FaultFailed)
	did, _ := e.Data["command"].(map[string]any)
	if text, _ := e.Data["error"].(string); !strings.HasSuffix(text, "exit status 3: no luck") || did["exit"] != 3 || did["stdout"] != "out\n" {
		t.Errorf("%v", e.Data)
	}
}

// An interrupt ends the command with all that it has started, and its undo is run.
func TestInterruptedCommand(t *testing.T) {
	s := newSystem(t, breaking("A", "touch broken; sleep 60 & echo $! >child; wait", "rm broken; echo undone >>undone"))
	e := s.experiment()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx, time.Now()) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for strings.TrimSpace(s.read("child")) == "" {
		<-tick.C
	}
	var child int
	if _, err := fmt.Sscan(s.read("child"), &child); err != nil {
		t.Fatal(err)
	}
	who, err := journal.Identify(child)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("run: %v", err)
	}
	if err := e.Rollback(ctx); err != nil {
		t.Error(err)
	}
	within, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	if s.read("undone") != "undone\n" || !journal.WaitGone(within, who) || len(s.journal.Pending()) != 0 {
		t.Errorf("undone %q, the child lives %t, pending %v", s.read("undone"), who.Alive(), s.journal.Pending())
	}
}

// What is in place at the end is taken back one after the other, the last first.
func TestRollbackOfCommands(t *testing.T) {
	undo := func(letter string) string {
		return "echo " + letter + " begins >>undone; sleep 0.1; echo " + letter + " ends >>undone; rm broken-" + letter
	}
	var timeline []showdown.Step
	for i, letter := range []string{"A", "B", "C"} {
		step := breaking(letter, "touch broken-"+letter, undo(letter))
		step.For, step.At, step.Target = 0, showdown.Duration(i)*showdown.Second/3, ""
		step.Probe = &showdown.Probe{Run: []string{"test", "-e", "broken-" + letter}}
		timeline = append(timeline, step)
	}
	s := newSystem(t, timeline...)
	if err := s.play(); err != nil {
		t.Error(err)
	}
	if want := "C begins\nC ends\nB begins\nB ends\nA begins\nA ends\n"; s.read("undone") != want {
		t.Errorf("undone %q, want %q", s.read("undone"), want)
	}
	for _, letter := range []string{"A", "B", "C"} {
		if want := []string{"planned", "injecting", "injected", "confirmed", "healing", "undone"}; !slices.Equal(s.life(letter), want) {
			t.Errorf("%s was %v", letter, s.life(letter))
		}
	}
}

// What cannot be run is said before anything has happened.
func TestCommandsThatCannotBeRun(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*showdown.Step)
		want   string
	}{
		"no program":       {func(s *showdown.Step) { s.Run.Run = []string{"no-such-program"} }, "no program \"no-such-program\" in the PATH"},
		"no file":          {func(s *showdown.Step) { s.Run.Run = []string{"./no-such-file"} }, "no such file"},
		"no undo program":  {func(s *showdown.Step) { s.UndoRun.Run = []string{"no-such-program"} }, "undo: no-such-program"},
		"no probe program": {func(s *showdown.Step) { s.Probe = &showdown.Probe{Run: []string{"no-such-program"}} }, "probe: no-such-program"},
		"no variable":      {func(s *showdown.Step) { s.UndoRun.Env = map[string]string{"A": "$NO_SUCH_VARIABLE"} }, "A takes $NO_SUCH_VARIABLE from the environment, where it is not set"},
		"nothing":          {func(s *showdown.Step) { s.Run.Run = nil }, "the command has no words"},
		"no undo":          {func(s *showdown.Step) { s.UndoRun = nil }, "nothing says how it is taken back"},
		"no probe":         {func(s *showdown.Step) { s.Probe = nil }, "nobody would see it"},
		"a lab's action":   {func(s *showdown.Step) { s.Do, s.Run = "kill", nil }, "kill is done to a lab"},
		"another target":   {func(s *showdown.Step) { s.Target = "web-7" }, `no target "web-7"`},
	} {
		step := breaking("A", "true", "true")
		c.change(&step)
		s := newSystem(t, step)
		if _, err := New(s.config()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	lab := showdown.Stage{Cells: []showdown.Cell{{Name: "base", Timeline: []showdown.Step{breaking("A", "true", "true")}}}}
	if err := Check(&lab); err == nil || !strings.Contains(err.Error(), "this cell is a lab") {
		t.Errorf("a command in a lab: %v", err)
	}
}

func TestSteadyStateOfARunningSystem(t *testing.T) {
	s := newSystem(t)
	s.cell.Targets = append(s.cell.Targets, showdown.Target{Name: "web-2", URL: s.server.URL + "/other"})
	e := s.experiment()
	if held, err := e.Steady(t.Context(), "before"); !held || err != nil {
		t.Errorf("held %t, %v", held, err)
	}
	if err := os.WriteFile(s.path("broken"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if held, err := e.Steady(t.Context(), "after"); held || err != nil {
		t.Errorf("broken: held %t, %v", held, err)
	}
	if len(s.events) != 2 {
		t.Fatalf("events %v", s.events)
	}
	first, _ := s.events[0].Data["measured"].(string)
	second, _ := s.events[1].Data["measured"].(string)
	if !strings.Contains(first, "web-1: 3 good answers in a row") || !strings.Contains(first, "web-2: 3 good") || !strings.Contains(second, "web-1: 0 of 3 good answers in a row, then answered 503") {
		t.Errorf("measured %q, then %q", first, second)
	}
}
