package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
)

// TestInterrupted sends the signals of a terminal, which go to the whole process
// group, in every part of a run.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	said := func(kind showdown.EventKind) func(*program) bool {
		return func(p *program) bool { return p.said(string(kind)) }
	}
	// The roll back has to last until the test has seen that it began.
	slowHealing := strings.Replace(killStage, "type: t2.micro, app_boot: 1s", "type: t2.micro, app_boot: 6m", 1)
	tests := []struct {
		name   string
		moment func(*program) bool
		after  time.Duration
		signal syscall.Signal
		// played says that the traffic was over: then the run is whole.
		played bool
	}{
		{"while the lab comes up", func(p *program) bool { return len(p.processes("__spawner")) > 0 }, 0, syscall.SIGINT, false},
		{"in the steady state check", func(p *program) bool { return len(p.processes("__machine")) > 1 }, 50 * time.Millisecond, syscall.SIGINT, false},
		{"in the traffic", said(showdown.TrafficStarted), 100 * time.Millisecond, syscall.SIGINT, false},
		{"while a fault is injected", said(showdown.FaultInjecting), 0, syscall.SIGINT, false},
		{"during a fault", said(showdown.FaultConfirmed), 0, syscall.SIGTERM, false},
		{"while a fault is undone", said(showdown.FaultHealing), 0, syscall.SIGINT, false},
		{"when the terminal is closed", said(showdown.FaultUndone), 0, syscall.SIGHUP, false},
		{"in the roll back", said(showdown.TrafficEnded), 0, syscall.SIGINT, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newProgram(t)
			// A second target must not be begun.
			p.start("run", p.file("kill.yaml", slowHealing), p.file("next.yaml", nextStage), "--speed", "120")
			p.until(func() bool { return test.moment(p) })
			select {
			case <-p.ended:
			case <-time.After(test.after):
			}
			listeners := p.listeners()
			p.group(test.signal)
			code := p.wait()
			p.left(test.name, listeners)
			checkInterrupted(t, p, code)
			if dir := p.record(); dir != "" {
				checkWhole(t, dir, !test.played)
			}
			if found, _ := filepath.Glob(filepath.Join(p.runs(), "*-next-*")); len(found) > 0 {
				t.Errorf("the next target was begun: %v", found)
			}
		})
	}
}

// checkInterrupted fails unless the program says in one line that it was interrupted
// and healed.
func checkInterrupted(t *testing.T, p *program, code int) {
	t.Helper()
	if code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	text := p.stderr.String()
	if strings.Count(text, "showdown: ") != 1 || !strings.Contains(text, "showdown: interrupted (SIG") {
		t.Errorf("want one line on the interrupt:\n%s", text)
	}
	if p.record() != "" && !strings.Contains(text, "the record is complete") {
		t.Errorf("nothing is said of the record:\n%s", text)
	}
	if strings.Contains(text, "WARNING: DATA RACE") || strings.Contains(text, "goroutine ") {
		t.Errorf("it crashed:\n%s", text)
	}
}

// checkWhole fails unless the record is complete and its last event is the run's end.
func checkWhole(t *testing.T, dir string, interrupted bool) {
	t.Helper()
	events, complete, err := results.ReadEvents(filepath.Join(dir, results.EventsFile))
	if err != nil || !complete {
		t.Errorf("events complete=%v, %v", complete, err)
	}
	s, err := analysis.Analyse(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Complete {
		t.Error("the record is not complete")
	}
	kinds := map[showdown.EventKind]int{}
	for _, e := range events {
		kinds[e.Kind]++
	}
	if interrupted && (kinds[showdown.Interrupted] != 1 || s.Verdict != showdown.Unknown) {
		t.Errorf("%d interrupts in the record, verdict %s", kinds[showdown.Interrupted], s.Verdict)
	}
	// One that was cut off while it began is undone too.
	if kinds[showdown.FaultUndone] < kinds[showdown.FaultInjected] {
		t.Errorf("%d faults injected, %d undone", kinds[showdown.FaultInjected], kinds[showdown.FaultUndone])
	}
	if summary, err := results.ReadSummary(dir); err != nil || !summary.Complete {
		t.Errorf("the summary that was kept: %+v, %v", summary, err)
	}
}

// TestInterruptedTwice ends the program at once; the reverter heals in its place.
func TestInterruptedTwice(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("run", p.file("kill.yaml", killStage), "--speed", "120")
	p.until(func() bool { return p.said(string(showdown.FaultInjecting)) })
	listeners := p.listeners()
	p.group(syscall.SIGINT)
	p.group(syscall.SIGTERM)
	p.group(syscall.SIGINT)
	if code := p.wait(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	p.left("interrupted twice", listeners)
	if _, err := analysis.Analyse(p.record()); err != nil {
		t.Errorf("the record cannot be analysed: %v", err)
	}
}

// TestInterruptedDemo keeps what the journey had by then.
func TestInterruptedDemo(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("demo", "--speed", "120")
	p.until(func() bool { return p.said(string(showdown.PhaseStarted)) })
	listeners := p.listeners()
	p.group(syscall.SIGINT)
	code := p.wait()
	p.left("the demo", listeners)
	checkInterrupted(t, p, code)
	checkWhole(t, p.record(), true)
	j, err := results.ReadJourneySummary(filepath.Dir(p.record()))
	if err != nil {
		t.Fatal(err)
	}
	if len(j.Stages) != 1 || j.Verdict != showdown.Unknown {
		t.Errorf("the journey has %d stages, verdict %s", len(j.Stages), j.Verdict)
	}
}

// TestInterruptedAttack keeps what was sent by then.
func TestInterruptedAttack(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	defer server.Close()
	p := newProgram(t)
	p.start("attack", "--url", server.URL, "--rate", "100", "--duration", "1m")
	p.until(func() bool { return p.said(string(showdown.TrafficStarted)) })
	p.group(syscall.SIGINT)
	code := p.wait()
	checkInterrupted(t, p, code)
	checkWhole(t, p.record(), true)
	if strings.Contains(p.stderr.String(), "healed") {
		t.Errorf("an attack has nothing to heal:\n%s", p.stderr.String())
	}
}
