package machine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// own is a machine that runs a program of one's own in the given way.
func (s *site) own(name string, n int, way string) cloud.MachineConfig {
	c := s.config(name, n)
	c.App, c.Zone = "", "us-east-1b"
	c.Program = &cloud.Program{
		Command: []string{"/proc/self/exe", "program", way}, Health: "/healthz", Ready: patience,
		Log: filepath.Join(s.t.TempDir(), name+".log"),
	}
	return c
}

// said is the body of an answer.
func (m *target) said(path string) (string, *http.Response) {
	m.t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	r, err := c.Get("http://" + m.address + path)
	if err != nil {
		m.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text), r
}

func TestProgramAnswersInPlaceOfTheMachine(t *testing.T) {
	t.Setenv("SECRET_OF_THE_TEST", "hush-hush")
	t.Setenv("GOMAXPROCS", "1")
	for _, way := range []string{"serve", "local", "everywhere"} {
		t.Run(way, func(t *testing.T) {
			s := newSite(t)
			c := s.own("web-1", 0, way)
			c.Program.Env = map[string]string{"GREETING": "good $$ day", "TOKEN": "${SECRET_OF_THE_TEST}!"}
			web := s.start(c)
			text, r := web.said("/")
			if want := "GET " + web.address + " "; text != want || r.StatusCode != 200 {
				t.Errorf("it says %d %q, want %q", r.StatusCode, text, want)
			}
			if got := r.Header.Values("X-Instance"); len(got) != 1 || got[0] != "web-1" {
				t.Errorf("X-Instance is %q", got)
			}
			text, _ = web.said("/env")
			want := "INSTANCE=web-1\nZONE=us-east-1b\nHOST=" + c.Private + "\nGREETING=good $ day\nTOKEN=hush-hush!\nGOMAXPROCS=\n" +
				journal.MarkVariable + "=" + s.journal.Run() + "\n"
			if text != want {
				t.Errorf("its environment is\n%s, want\n%s", text, want)
			}
			if _, r = web.said("/close"); !r.Close {
				t.Error("the end of a connection is not passed on")
			}
			if got := web.do(cloud.Command{Verb: cloud.Stats}).Requests; got != 3 {
				t.Errorf("%d requests are counted, want 3", got)
			}
			if text, _ = web.said("/healthz"); text != "" {
				t.Errorf("the machine itself answers for its program: %q", text)
			}
			if got := web.do(cloud.Command{Verb: cloud.Stats}).Requests; got != 3 {
				t.Errorf("a health check counts: %d", got)
			}
			log, err := os.ReadFile(c.Program.Log)
			if err != nil || !strings.Contains(string(log), "the program begins\n") || !strings.HasPrefix(string(log), "--- 20") {
				t.Errorf("its output is kept as %q, %v", log, err)
			}
		})
	}
}

func TestProgramThatDoesNotStart(t *testing.T) {
	s := newSite(t)
	for name, test := range map[string]struct {
		change func(*cloud.Program)
		want   []string
	}{
		"exit":   {nil, []string{"ended after", "before it answered on /healthz: exit status 3", "    the program begins\n    no database at [31mdb-1[0m"}},
		"deaf":   {nil, []string{"was not ready within 300ms", "nothing listens on port", "the program begins"}},
		"mute":   {nil, []string{"was not ready within 300ms", "does not answer GET /healthz"}},
		"broken": {nil, []string{"was not ready within 300ms", "it answers 500 on /healthz"}},
		"no page": {
			func(p *cloud.Program) { p.Command[2], p.Health = "broken", "/healthz?deep=1" },
			[]string{"it answers 500 on /healthz?deep=1"},
		},
		"no program": {
			func(p *cloud.Program) { p.Command = []string{"/nonexistent/server"} },
			[]string{"start its program /nonexistent/server", "no such file or directory"},
		},
		"no command": {func(p *cloud.Program) { p.Command = nil }, []string{"its program has no command"}},
		"no variable": {
			func(p *cloud.Program) { p.Env = map[string]string{"A": "$NOWHERE_SET_2", "B": "$NOWHERE_SET_1"} },
			[]string{"needs NOWHERE_SET_1, NOWHERE_SET_2 from the environment"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.own("web-1", 0, name)
			if name == "exit" {
				c.Program.Ready = patience
			} else {
				c.Program.Ready = 300 * time.Millisecond
			}
			if test.change != nil {
				test.change(c.Program)
			}
			_, err := s.backend.Start(t.Context(), c)
			if err == nil {
				t.Fatal("it started")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, want %q in it", err, want)
				}
			}
			s.nothingRuns()
		})
	}
}

// nothingRuns fails unless all of the site's programs are gone.
func (s *site) nothingRuns() {
	s.t.Helper()
	s.eventually("no program is left", func() bool { return len(s.programs()) == 0 })
}

func (s *site) eventually(what string, happened func() bool) {
	s.t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	limit := time.After(patience)
	for !happened() {
		select {
		case <-again.C:
		case <-limit:
			s.t.Fatalf("it did not come to pass that %s: %v", what, s.programs())
		}
	}
}

// programs are the living processes of programs that carry the site's mark, with the
// state of each: "S" sleeps, "T" is stopped.
func (s *site) programs() map[int]string {
	out := map[int]string{}
	found, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range found {
		environ, _ := os.ReadFile(filepath.Join(dir, "environ"))
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if !strings.Contains("\x00"+string(environ), "\x00"+journal.MarkVariable+"="+s.journal.Run()+"\x00") ||
			!strings.Contains(string(command), "\x00program\x00") {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if err == nil {
			out[pid] = strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))[0]
		}
	}
	return out
}

func TestWhatIsDoneToAMachineIsDoneToItsProgram(t *testing.T) {
	s := newSite(t)
	web := s.start(s.own("web-1", 0, "family"))
	s.eventually("the family is there", func() bool { return len(s.programs()) == 3 })
	if err := web.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := func(state string) func() bool {
		return func() bool {
			n := 0
			for _, is := range s.programs() {
				if is == state {
					n++
				}
			}
			return n == 3
		}
	}
	s.eventually("all are stopped", all("T"))
	if err := web.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.eventually("all go on", all("S"))
	web.mustAnswer()
	if err := web.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.nothingRuns()
	// The same name and address again, and what a stop does.
	web = s.start(s.own("web-1", 0, "family"))
	s.eventually("the family is there", func() bool { return len(s.programs()) == 3 })
	if err := web.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.nothingRuns()
	select {
	case name := <-s.lost:
		t.Errorf("%s counts as lost, but we ended it", name)
	default:
	}
}

// A program dies with its machine, its machine with the spawner, and the spawner with
// its owner; what has left the process group goes too.
func TestProgramsEndWithTheBackend(t *testing.T) {
	s := newSite(t)
	web := s.start(s.own("web-1", 0, "family"))
	s.eventually("the family is there", func() bool { return len(s.programs()) == 3 })
	if err := syscall.Kill(web.Identity().PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.nothingRuns()
	<-s.lost
	s.start(s.own("web-2", 1, "family"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.backend.Close(ctx); err != nil {
		t.Error(err)
	}
	s.nothingRuns()
}

func TestProgramThatEndsByItself(t *testing.T) {
	t.Setenv("SECRET_OF_THE_TEST", "hush-hush")
	s := newSite(t)
	notes := make(chan cloud.Note, 10)
	c := s.own("web-1", 0, "serve")
	c.Program.Env = map[string]string{"TOKEN": "$SECRET_OF_THE_TEST"}
	c.Notify = func(n cloud.Note) { notes <- n }
	web := s.start(c)
	if _, err := web.get("/crash"); err == nil {
		t.Error("a request that the program did not answer was answered")
	}
	note := <-notes
	if p := note.Program; p == nil || p.Exit != "exit status 7" || !strings.HasSuffix(p.Output, "the token is [secret]") {
		t.Errorf("it says %+v", note.Program)
	}
	if _, err := web.get("/"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the next request: %v, want it refused", err)
	}
	// The system lives: it is asked, and told to refuse and not to.
	web.do(cloud.Command{Verb: cloud.Refuse})
	web.do(cloud.Command{Verb: cloud.Refuse, Off: true})
	if _, err := web.get("/"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after that: %v, want it refused", err)
	}
	if log, err := os.ReadFile(c.Program.Log); err != nil || strings.Contains(string(log), "hush") {
		t.Errorf("the log holds the secret: %q %v", log, err)
	}
	if err := web.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	select {
	case n := <-notes:
		t.Errorf("it says more: %+v", n.Program)
	default:
	}
}

func TestFaultsOfAMachineWithAProgram(t *testing.T) {
	s := newSite(t)
	web := s.start(s.own("web-1", 0, "serve"))
	status := func(path string) int {
		r, err := web.get(path)
		if err != nil {
			return 0
		}
		return r.StatusCode
	}
	for _, test := range []struct {
		command      cloud.Command
		page, health int
	}{
		{cloud.Command{Verb: cloud.Errors, Share: 1}, 500, 500},
		{cloud.Command{Verb: cloud.Errors, Share: 1, Status: 503, Deep: true}, 503, 200},
		{cloud.Command{Verb: cloud.Fill}, 503, 200},
		{cloud.Command{Verb: cloud.Refuse}, 0, 0},
		{cloud.Command{Verb: cloud.Reset}, 0, 0},
		{cloud.Command{Verb: cloud.Delay, Delay: time.Millisecond}, 200, 200},
		{cloud.Command{Verb: cloud.Lag, Delay: time.Millisecond}, 200, 200},
	} {
		web.do(test.command)
		if page, health := status("/"), status("/healthz"); page != test.page || health != test.health {
			t.Errorf("%s: %d and %d on the health path, want %d and %d", test.command.Verb, page, health, test.page, test.health)
		}
		test.command.Off = true
		web.do(test.command)
		web.mustAnswer()
	}
	for _, verb := range []cloud.Verb{cloud.Steal, cloud.Skew} {
		if _, err := web.Do(t.Context(), cloud.Command{Verb: verb, Share: 0.5, Delay: time.Second}); err == nil || !strings.Contains(err.Error(), "its program") {
			t.Errorf("%s: %v", verb, err)
		}
	}
	// The lab's own looks go to the program's health path, wherever that is.
	if met, look := cloud.LookAt(t.Context(), "127.0.0.1", web.address, ""); met != cloud.Answered || look.Status != 200 {
		t.Errorf("a look meets %s %+v", met, look)
	}
	web.do(cloud.Command{Verb: cloud.Vacate})
	s.nothingRuns()
	if _, err := web.Do(t.Context(), cloud.Command{Verb: cloud.Vacate, Off: true}); err == nil {
		t.Error("a program that has ended came back")
	}
}

func TestProgramKeepsToItsProcessors(t *testing.T) {
	s := newSite(t)
	c := s.own("web-1", 0, "serve")
	c.Program.CPUs = 1
	if text, _ := s.start(c).said("/cpus"); text != "1" {
		t.Errorf("it sees %s processors, want 1", text)
	}
}

func TestProgramThatTakesTooMuchMemory(t *testing.T) {
	s := newSite(t)
	notes := make(chan cloud.Note, 10)
	c := s.own("web-1", 0, "serve")
	c.Program.MemoryMiB = 300 // a program with the race detector takes some
	c.Notify = func(n cloud.Note) { notes <- n }
	web := s.start(c)
	if _, err := web.get("/eat"); err == nil {
		t.Error("it ate and answered")
	}
	note := <-notes
	var mib int
	if _, err := fmt.Sscanf(note.Program.Exit, "killed for %d MiB of memory in use, more than its memory_mib: 300", &mib); err != nil || mib <= 300 {
		t.Errorf("it says %q: %v", note.Program.Exit, err)
	}
}
