package main

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"showdown"
	"showdown/play"
	"showdown/results"
)

// TestExitCodes provokes each exit code by a real run, but that of an undo that fails:
// here everything ends with its process.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	with := func(text string) string { return nextStage + text }
	const (
		claim    = "claims:\n  - {id: x-1, text: a claim, expect: "
		timeline = "    timeline:\n      - {letter: A, at: 30s, do: kill, target: web-1, for: 60s}\n"
		stop     = "    stop_if: ['availability(last(20s)) < 50%']\n"
	)
	tests := []struct {
		name, stage string
		args        []string
		want        int
		reason      string
	}{
		{"every claim held", with(claim + "'availability(whole()) > 90%'}\n"), nil, exitHeld, ""},
		{"a claim deviated", with(claim + "'availability(whole()) < 50%'}\n"), nil, exitDeviated, ""},
		{"too few requests", with(timeline + claim + "'p99(during(\"A\")) < 1s'}\n"), nil, exitUnknown, "good answers in the window, fewer than"},
		{"stopped by its condition", with(timeline + stop), nil, exitUnknown, "the experiment was stopped"},
		{"a speed that the clock does not have", nextStage, []string{"--speed", "0.1"}, exitUsage, ""},
		{"a file that is no stage", "version: 7\n", nil, exitUsage, ""},
		{"a store that is a file", nextStage, []string{"--out", os.Args[0]}, exitError, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newProgram(t)
			args := append([]string{"run", p.file("stage.yaml", test.stage), "--speed", "60", "--json"}, test.args...)
			p.start(args...)
			if code := p.wait(); code != test.want {
				t.Errorf("exit code %d, want %d; it said:\n%s", code, test.want, p.stderr.String())
			}
			if !strings.Contains(p.stdout.String(), test.reason) {
				t.Errorf("%q is not in the result:\n%s", test.reason, p.stdout.String())
			}
			p.left(test.name, nil)
		})
	}
}

// TestLostMachine says of a machine that ended by itself that it was lost, plays on,
// and holds no claim by its silence.
func TestLostMachine(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("run", p.file("lost.yaml", nextStage+"claims:\n  - {id: x-1, text: it goes down, expect: 'availability(whole()) < 99%'}\n"), "--json")
	p.until(func() bool { return p.said(string(showdown.PhaseStarted)) })
	machines := p.processes("__machine")
	if len(machines) != 1 {
		t.Fatalf("%d machines, want 1", len(machines))
	}
	if err := syscall.Kill(machines[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(); code != exitUnknown {
		t.Errorf("exit code %d, want %d; it said:\n%s", code, exitUnknown, p.stderr.String())
	}
	p.left("without its machine", nil)
	if !p.said(string(showdown.MachineLost)) {
		t.Error("the record has no event of it")
	}
	s, err := results.ReadSummary(p.record())
	if err != nil {
		t.Fatal(err)
	}
	if !s.Complete || len(s.Reasons) == 0 || !strings.Contains(strings.Join(s.Reasons, "\n"), "the machine of web-1 was lost at") {
		t.Errorf("complete=%v, reasons %q", s.Complete, s.Reasons)
	}
	if played := s.LabSeconds; played < 1.9 {
		t.Errorf("the traffic ended after %.2f s, want 2: the run goes on", played)
	}
}

// TestLostSpawner ends a run whose machines are all gone, in the middle of a fault,
// with the reason and nothing to undo.
func TestLostSpawner(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("run", p.file("kill.yaml", killStage), "--speed", "120", "--json")
	p.until(func() bool { return p.said(string(showdown.FaultConfirmed)) })
	for _, pid := range p.processes("__spawner") {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	if code := p.wait(); code != exitError {
		t.Errorf("exit code %d, want %d", code, exitError)
	}
	p.left("without its spawner", nil)
	if text := p.stderr.String(); strings.Count(text, "showdown: ") != 1 || !strings.Contains(text, play.ErrLost.Error()) {
		t.Errorf("it said:\n%s", text)
	}
	s, err := results.ReadSummary(p.record())
	if err != nil {
		t.Fatal(err)
	}
	if !s.Complete || s.Verdict != showdown.Unknown {
		t.Errorf("complete=%v, verdict %s", s.Complete, s.Verdict)
	}
}
