package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"showdown"
	"showdown/results"
)

// served is a showdown serve that runs.
type served struct {
	*program
	url string
}

// serve starts one at an address that is free.
func (p *program) serve(args ...string) *served {
	p.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	p.start(append([]string{"serve", "--quiet", "--listen", address}, args...)...)
	return &served{p, "http://" + address}
}

// state is what the page knows; the zero value while nobody answers.
func (s *served) state() (state struct {
	Step  string
	Stage struct{ ID string }
	Cells []struct {
		T       float64
		Offered float64
		Faults  []struct{ Letter, Phase string }
	}
},
) {
	answer, err := http.Get(s.url + "/api/v1/state")
	if err != nil {
		return state
	}
	defer answer.Body.Close()
	_ = json.NewDecoder(answer.Body).Decode(&state) // an answer that breaks off is none
	return state
}

// plays waits until a stage has traffic.
func (s *served) plays(stage string) {
	s.t.Helper()
	s.until(func() bool {
		now := s.state()
		return now.Stage.ID == stage && now.Step == "playing" && len(now.Cells) > 0 && now.Cells[0].T > 0
	})
	if s.over() {
		s.t.Fatalf("it ended: %s", s.stderr.String())
	}
}

// order runs a command against it, which must succeed, and returns what it printed.
func (s *served) order(args ...string) string {
	s.t.Helper()
	got := command(s.t, "", append(args, "--url", s.url)...)
	if got.code != exitHeld {
		s.t.Fatalf("%v exits %d: %s", args, got.code, got.stderr)
	}
	return strings.TrimSpace(got.stdout)
}

// in waits until the fault of that letter is in a phase.
func (s *served) in(letter, phase string) {
	s.t.Helper()
	s.until(func() bool {
		now := s.state()
		for _, c := range now.Cells {
			for _, f := range c.Faults {
				if f.Letter == letter && f.Phase == phase {
					return true
				}
			}
		}
		return false
	})
}

// TestServe teaches a short lesson: faults, a rate, HEAL ALL, another stage, and the end with a fault
// in place.
func TestServe(t *testing.T) {
	t.Parallel()
	s := newProgram(t).serve("whatsthetime/elb", "--speed", "60", "--rate", "100", "--seed", "1")
	s.plays("whatsthetime/elb")
	if list := s.order("chaos", "list"); !strings.Contains(list, "kill web-1") || !strings.Contains(list, "us-east-1a fails") {
		t.Errorf("the actions are\n%s", list)
	}
	if letter := s.order("chaos", "start", "kill", "--for", "0s"); letter != "A" {
		t.Errorf("the kill is %s", letter)
	}
	s.in("A", "active")
	if again := command(t, "", "chaos", "start", "kill", "--url", s.url); again.code != exitError || !strings.Contains(again.stderr, "in place already") {
		t.Errorf("the same again exits %d: %s", again.code, again.stderr)
	}
	if letter := s.order("chaos", "start", "slow", "--target", "web-2", "--for", "30s", "--with", "latency=20ms"); letter != "B" {
		t.Errorf("the second is %s", letter)
	}
	s.in("B", "healed")
	s.order("rate", "150")
	s.until(func() bool { now := s.state(); return len(now.Cells) > 0 && now.Cells[0].Offered == 150 })
	s.order("chaos", "heal")
	s.in("A", "healed")

	answer, err := http.Post(s.url+"/api/v1/stage", "application/json", strings.NewReader(`{"stage":"dns","speed":30}`))
	if err != nil || answer.StatusCode != http.StatusAccepted {
		t.Fatalf("another stage: %v, %v", answer, err)
	}
	answer.Body.Close()
	s.plays("whatsthetime/dns")
	if metrics, err := http.Get(s.url + "/metrics"); err != nil || metrics.StatusCode != http.StatusOK {
		t.Errorf("the metrics: %v, %v", metrics, err)
	} else {
		metrics.Body.Close()
	}
	s.order("chaos", "start", "kill")
	s.in("A", "active")
	s.group(syscall.SIGTERM)
	if code := s.wait(); code != exitHeld {
		t.Errorf("exit code %d:\n%s", code, s.stderr.String())
	}
	s.left("the lesson", nil)
	s.nothingToUndo("the lesson")

	records, err := filepath.Glob(filepath.Join(s.runs(), "*", results.ManifestFile))
	if err != nil || len(records) != 2 {
		t.Fatalf("the records are %v, %v", records, err)
	}
	for i, want := range []struct {
		phases, faults int
		rates          []float64
		speed          float64
	}{{2, 2, []float64{100, 150}, 60}, {1, 1, []float64{300}, 30}} {
		dir := filepath.Dir(records[i])
		m, err := results.ReadManifest(dir)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := results.ReadSummary(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !sum.Complete || len(sum.Phases) != want.phases || len(sum.Faults) != want.faults || sum.Speed != want.speed {
			t.Errorf("%s: complete %v, %d phases, %d faults at speed %g", dir, sum.Complete, len(sum.Phases), len(sum.Faults), sum.Speed)
		}
		timeline := m.Spec.Cells[0].Timeline
		for j, f := range sum.Faults {
			if !f.Undone || !f.Confirmed || len(timeline) <= j || timeline[j].Do != f.Action {
				t.Errorf("%s: %+v, the timeline is %+v", dir, f, timeline)
			}
		}
		for j, p := range sum.Phases {
			if j < len(want.rates) && p.Offered != 0 && (p.Offered < 0.9*want.rates[j] || p.Offered > 1.1*want.rates[j]) {
				t.Errorf("%s: phase %d offers %g/s, want %g", dir, j, p.Offered, want.rates[j])
			}
		}
		for _, reason := range sum.Reasons {
			if strings.Contains(reason, "interrupted") || strings.Contains(reason, "the traffic ended") {
				t.Errorf("%s: %s", dir, reason)
			}
		}
		if sum.Verdict == showdown.Deviated {
			t.Errorf("%s deviates: %v", dir, sum.Reasons)
		}
	}
}

// TestServeKilled kills it with a fault in place: nothing is left, and the record says that
// its end is missing.
func TestServeKilled(t *testing.T) {
	t.Parallel()
	s := newProgram(t).serve("whatsthetime/elb", "--speed", "60", "--rate", "100")
	s.plays("whatsthetime/elb")
	s.order("chaos", "start", "fail-az", "--for", "0s")
	s.in("A", "active")
	listeners := s.listeners()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.wait()
	s.healed("killed", listeners)
	s.nothingToUndo("killed")
	got := command(t, "", "report", s.record(), "--out", s.runs())
	if got.code != exitHeld || !strings.Contains(got.stdout, "its end is missing") {
		t.Errorf("the report exits %d:\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// TestServeRefuses holds what is said of a lesson that cannot begin, before anything is started.
func TestServeRefuses(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"two targets":  {[]string{"whatsthetime", "whatsthetime/elb"}, exitUsage, "at most one"},
		"no stage":     {[]string{"whatsthetime/moon"}, exitUsage, "moon"},
		"no cell":      {[]string{"--cell", "moon"}, exitUsage, "has a cell"},
		"no speed":     {[]string{"--speed", "0"}, exitUsage, "speed"},
		"too much":     {[]string{"--rate", "1e9"}, exitUsage, "bounds"},
		"a busy port":  {[]string{"--listen", busy.Addr().String()}, exitError, "choose a free address"},
		"unknown flag": {[]string{"--sped", "1"}, exitUsage, "sped"},
	} {
		t.Run(name, func(t *testing.T) {
			runs := filepath.Join(t.TempDir(), "runs")
			got := command(t, "", append([]string{"serve", "--quiet", "--out", runs}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.stderr, c.says) {
				t.Errorf("exit code %d: %s", got.code, got.stderr)
			}
			if entries, err := os.ReadDir(runs); err == nil && len(entries) > 0 {
				t.Errorf("it left %v", entries)
			}
		})
	}
	for _, args := range [][]string{{"chaos", "list"}, {"chaos", "start", "kill"}, {"chaos", "heal"}, {"rate", "100"}} {
		got := command(t, "", append(args, "--url", "http://127.0.0.1:1")...)
		if got.code != exitError || !strings.Contains(got.stderr, "start showdown serve") {
			t.Errorf("%v exits %d: %s", args, got.code, got.stderr)
		}
	}
	for _, args := range [][]string{{"rate"}, {"rate", "fast"}, {"chaos", "start"}, {"chaos", "start", "spike", "--with", "5"}, {"chaos", "stop"}, {"chaos", "list", "--url", "nowhere"}} {
		if got := command(t, "", args...); got.code != exitUsage {
			t.Errorf("%v exits %d: %s", args, got.code, got.stderr)
		}
	}
}
