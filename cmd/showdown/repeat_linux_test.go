package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"showdown/results"
	"showdown/results/compare"
)

// repeatStage is two seconds at repeatSpeed, down for a third of them; the larger one has a
// second instance. The timeout is long, so that little of what a busy machine does counts as
// a disturbance.
const repeatStage = `version: 1
journey: mine
stage: small
number: 1
title: One instance that is killed
promise: it is down while it is
app: clock
work: 100
slo: {availability: 90%, latency: 100ms}
cells:
  - name: base
    topology:
      instances:
        - {name: web-1, role: web, type: m5.large, elastic_ip: true, app_boot: 1s}
    traffic:
      clients: 10
      profile: address-list
      timeout: 60s
      phases: [{name: all, for: 1m, rate: 50}]
    timeline:
      - {letter: R, at: 15s, do: kill, target: web-1, for: 20s}
    reference: {fault: R, before: 10s, length: 45s}
`

const repeatSpeed = "30"

var secondInstance = strings.NewReplacer(
	"stage: small", "stage: large", "number: 1", "number: 2",
	"    traffic:", "        - {name: web-2, role: web, type: m5.large, elastic_ip: true, app_boot: 1s}\n    traffic:",
)

// groups are the groups of the program's store by their targets.
func (p *program) groups() map[string]*results.Group {
	p.t.Helper()
	paths, err := filepath.Glob(filepath.Join(p.runs(), "repeats", "*.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	out := map[string]*results.Group{}
	for _, path := range paths {
		g, err := results.ReadGroup(path)
		if err != nil {
			p.t.Fatal(err)
		}
		out[g.Target] = g
	}
	return out
}

// ran starts the program, waits for its end and fails unless it ends with one of codes.
func (p *program) ran(codes []int, args ...string) {
	p.t.Helper()
	p.start(args...)
	if code := p.wait(); !slices.Contains(codes, code) {
		p.t.Fatalf("%v: exit code %d, want one of %v; it said:\n%s%s", args, code, codes, p.stdout.String(), p.stderr.String())
	}
}

// anyVerdict are the exit codes of a run that was played: what a busy machine makes of the
// verdict is another test's matter.
var anyVerdict = []int{exitHeld, exitUnknown}

// TestRepeat plays two stages in turn, compares them, and holds further runs to them.
func TestRepeat(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	small, large := p.file("small.yaml", repeatStage), p.file("large.yaml", secondInstance.Replace(repeatStage))
	p.ran(anyVerdict, "run", small, large, "--repeat", "2", "--seed", "5", "--speed", repeatSpeed, "--json")
	var printed struct{ Runs []results.Summary }
	if err := json.Unmarshal(p.stdout.Bytes(), &printed); err != nil || len(printed.Runs) != 2 {
		t.Fatalf("%d summaries, %v", len(printed.Runs), err)
	}
	for _, s := range printed.Runs {
		names := map[string]results.Repeat{}
		for _, r := range s.Repeats {
			names[r.Name] = r
		}
		r, there := names["downtime.lost_s"]
		if !there || len(r.Values) != 2 || r.Median != (r.Values[0]+r.Values[1])/2 || r.Low > r.High || r.Confidence != 0.5 {
			t.Errorf("%s: lost is %+v of %d numbers", s.Stage, r, len(names))
		}
		if s.Seed != 6 || s.Group == "" {
			t.Errorf("%s: the last seed is %d, the group %q", s.Stage, s.Seed, s.Group)
		}
	}
	groups := p.groups()
	a, b := groups["mine/small"], groups["mine/large"]
	if a == nil || b == nil || len(a.Runs) != 2 || len(b.Runs) != 2 || a.Repeat != 2 || a.Seed != 5 {
		t.Fatalf("the groups are %+v and %+v", a, b)
	}
	if a.Runs[0].Seed != 5 || a.Runs[1].Seed != 6 || b.Runs[1].Seed != 6 {
		t.Errorf("the seeds are %v and %v", a.Runs, b.Runs)
	}
	store, err := results.OpenStore(p.runs())
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, id := range []string{a.Runs[0].Run, b.Runs[0].Run, a.Runs[1].Run, b.Runs[1].Run} {
		run, err := store.Resolve(id)
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, run.Started().Format("150405.000"))
	}
	if !slices.IsSorted(order) {
		t.Errorf("they were not played in turn: %v", order)
	}
	p.compareThem(a, b)
	p.holdThem(small, a, b)
	p.left("repeats", nil)
}

// compareThem compares the two groups in every form.
func (p *program) compareThem(a, b *results.Group) {
	t := p.t
	t.Helper()
	p.ran([]int{exitHeld}, "compare", a.Group, b.Group, "--json")
	var c compare.Comparison
	if err := json.Unmarshal(p.stdout.Bytes(), &struct {
		*compare.Comparison
		Tables any `json:"tables"`
	}{Comparison: &c}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(c.Sentence, "A killed instance costs ") || !strings.Contains(c.Sentence, " in small and ") || c.Scope != compare.Shared {
		t.Errorf("%s: %s", c.Scope, c.Sentence)
	}
	if len(c.Aligned) != 1 || c.Aligned[0].Fault != "kill" || len(c.Aligned[0].Sides) != 2 || len(c.Aligned[0].Sides[0].ZeroS) != 2 {
		t.Errorf("aligned: %+v", c.Aligned)
	}
	p.ran([]int{exitHeld}, "compare", a.Group, b.Group)
	if first, _, _ := strings.Cut(p.stdout.String(), "\n"); !strings.HasPrefix(c.Sentence, first) {
		t.Errorf("the first line is %q", first)
	}
	page := filepath.Join(p.dir, "page.html")
	p.ran([]int{exitHeld}, "compare", a.Runs[0].Run, a.Runs[1].Run, "--format", "html", "--to", page)
	if data, err := os.ReadFile(page); err != nil || !strings.HasPrefix(string(data), "<!doctype html>") || p.stdout.Len() > 0 {
		t.Errorf("%d bytes of a page, %v", len(data), err)
	}
	if left, _ := filepath.Glob(filepath.Join(p.dir, ".showdown-*")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	p.ran([]int{exitUsage}, "compare", a.Group)
	p.ran([]int{exitUsage}, "compare", a.Group, "nothing")
}

// holdThem holds runs of the small stage to earlier ones.
func (p *program) holdThem(small string, a, b *results.Group) {
	t := p.t
	t.Helper()
	run := []string{"run", small, "--speed", repeatSpeed, "--against", a.Group}
	with := func(more ...string) []string { return append(slices.Clone(run), more...) }

	// A gain of nine tenths is not to be had. A machine that is too busy to say so is asked
	// again.
	var s results.Summary
	for range 3 {
		p.start(with("--fail-if", "longest_outage > +100s", "--fail-if", "lost > -90%", "--json")...)
		code := p.wait()
		s = results.Summary{}
		if err := json.Unmarshal(p.stdout.Bytes(), &s); err != nil {
			t.Fatalf("exit code %d, %v:\n%s", code, err, p.stderr.String())
		}
		if code == exitDeviated {
			break
		}
	}
	if s.Against == nil || s.Against.Run != a.Group || len(s.Against.Bounds) != 2 || s.Verdict != "deviated" {
		t.Fatalf("%+v, %s", s.Against, s.Verdict)
	}
	if held, not := s.Against.Bounds[0], s.Against.Bounds[1]; held.Verdict != "held" || not.Verdict != "deviated" || not.Number != "downtime.lost_s" {
		t.Errorf("%+v and %+v", held, not)
	}
	kept, err := results.ReadSummary(filepath.Join(p.runs(), s.Run))
	if err != nil || kept.Against != nil {
		t.Errorf("the record itself says %+v, %v", kept.Against, err)
	}

	p.ran(anyVerdict, with("--fail-if", "longest_outage > +100s")...)
	if text := p.stdout.String(); !strings.Contains(text, "Against "+a.Group) || !strings.Contains(text, "held  longest_outage > +100s") {
		t.Errorf("it said:\n%s", text)
	}

	// Of an earlier run without its end nothing can be said.
	hits := filepath.Join(p.runs(), b.Runs[0].Run, results.HitsFile)
	info, err := os.Stat(hits)
	if err == nil {
		err = os.Truncate(hits, info.Size()-20)
	}
	if err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(p.dir, "large.yaml")
	p.ran([]int{exitUnknown}, "run", large, "--speed", repeatSpeed, "--against", b.Runs[0].Run, "--fail-if", "lost > +1000s")
	if text := p.stdout.String(); !strings.Contains(text, "the end of the record is missing") {
		t.Errorf("it said:\n%s", text)
	}
	p.ran([]int{exitUsage}, "run", large, "--against", a.Group, "--fail-if", "lost > +1s")
	if text := p.stderr.String(); !strings.Contains(text, "is of mine/small, and not of mine/large") {
		t.Errorf("it said:\n%s", text)
	}
}

// TestRepeatInterrupted keeps what was finished, and sums it up.
func TestRepeatInterrupted(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("run", p.file("small.yaml", repeatStage), "--repeat", "40", "--speed", repeatSpeed)
	p.until(func() bool { g := p.groups()["mine/small"]; return g != nil && len(g.Runs) >= 2 })
	listeners := p.listeners()
	p.group(syscall.SIGINT)
	code := p.wait()
	p.left("an interrupt", listeners)
	if code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	g := p.groups()["mine/small"]
	if g == nil || len(g.Runs) < 2 || len(g.Runs) > 3 || g.Repeat != 40 {
		t.Fatalf("the group is %+v", g)
	}
	if text := p.stdout.String(); !strings.Contains(text, "runs · speed "+repeatSpeed) || !strings.Contains(text, "longest outage") {
		t.Errorf("it said:\n%s", text)
	}
	if text := p.stderr.String(); !strings.Contains(text, "of 40 runs of mine/small were finished") {
		t.Errorf("it said:\n%s", text)
	}
}
