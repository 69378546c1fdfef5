package main

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"showdown"
	"showdown/results"
)

// faultStage is nextStage with a fault that ends its service for half of the traffic.
const faultStage = nextStage + `    timeline:
      - {letter: A, at: 30s, do: kill, target: web-1, for: 60s}
`

// quiet runs the program until the machine let it measure, and returns the exit code: other
// work on the machine may make unknown what deviates.
func (p *program) quiet(args ...string) int {
	p.t.Helper()
	code := -1
	for range 5 {
		p.start(args...)
		code = p.wait()
		if code != exitUnknown || !p.disturbed() {
			break
		}
		p.t.Log("the machine was disturbed; once more")
	}
	return code
}

// disturbed says whether the machine was, in any of the records.
func (p *program) disturbed() bool {
	for _, pattern := range []string{"*", "*/*"} {
		found, _ := filepath.Glob(filepath.Join(p.runs(), pattern, results.ManifestFile))
		for _, path := range found {
			if s, err := results.ReadSummary(filepath.Dir(path)); err == nil && disturbed(s) {
				return true
			}
		}
	}
	return false
}

// TestGateExitCodes runs a stage with gates of the command line and of its file, and asks
// the record again.
func TestGateExitCodes(t *testing.T) {
	t.Parallel()
	const held, deviates, unknown = `availability(whole()) > 10%`, `availability(during("A")) > 99%`, `p99(during("A")) < 1s`
	tests := []struct {
		name, stage string
		gates       []string
		env         []string
		want        int
	}{
		{name: "a gate held", stage: faultStage, gates: []string{held, `count(whole(), "refused") > 3 and confirmed("A")`}, want: exitHeld},
		{name: "a gate deviated", stage: faultStage, gates: []string{held, deviates}, want: exitDeviated},
		{name: "a gate is unknown", stage: faultStage, gates: []string{held, unknown}, want: exitUnknown},
		{name: "deviated goes before unknown", stage: faultStage, gates: []string{unknown, deviates}, want: exitDeviated},
		{name: "a gate of the file", stage: faultStage + "gates:\n  - " + deviates + "\n", want: exitDeviated},
		{name: "gates of the environment", stage: faultStage, env: []string{"SHOWDOWN_GATE=" + held + "\n" + deviates + "\n"}, want: exitDeviated},
		{name: "a condition that does not come true", stage: nextStage + "abort_if: ['failed(last(20s)) > 1000']\n", want: exitHeld},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newProgram(t)
			p.env = test.env
			args := []string{"run", p.file("stage.yaml", test.stage), "--speed", "60", "--seed", "1", "--json"}
			for _, g := range test.gates {
				args = append(args, "--gate", g)
			}
			if code := p.quiet(args...); code != test.want {
				t.Fatalf("exit code %d, want %d; it said:\n%s%s", code, test.want, p.stderr.String(), p.stdout.String())
			}
			s, err := results.ReadSummary(p.record())
			if err != nil {
				t.Fatal(err)
			}
			worst := showdown.Held
			for _, g := range s.Gates {
				worst = worst.Worse(g.Verdict)
			}
			if len(s.Gates) == 0 || verdictCode(worst) != test.want || s.Verdict != worst {
				t.Errorf("verdict %s, gates %+v", s.Verdict, s.Gates)
			}

			m, err := results.ReadManifest(p.record())
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range test.gates {
				if !slices.Contains(m.Command, "--gate="+g) {
					t.Errorf("the command line %q lacks %s", m.Command, g)
				}
			}

			// The record knows all gates of the run, so a report of it shows them; nobody asked
			// it for one, so it ends well.
			p.env = nil
			p.start("report", "latest")
			if code := p.wait(); code != exitHeld || !strings.Contains(p.stdout.String(), "Gates\n") {
				t.Errorf("exit code %d of a report:\n%s", code, p.stdout.String())
			}
			for _, g := range s.Gates {
				if !strings.Contains(p.stdout.String(), g.Name) {
					t.Errorf("%s is not in the report:\n%s", g.Name, p.stdout.String())
				}
			}
			p.left(test.name, nil)
		})
	}
}

// TestGatesOfAReport asks gates of a record, which stays as it was.
func TestGatesOfAReport(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	stage := p.file("stage.yaml", faultStage+"claims:\n  - {id: x-1, text: a claim, expect: 'availability(whole()) > 99%'}\n")
	if code := p.quiet("run", stage, "--speed", "60", "--quiet"); code != exitDeviated {
		t.Fatalf("exit code %d; it said:\n%s", code, p.stderr.String())
	}
	before, err := os.ReadFile(filepath.Join(p.record(), results.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		want int
		said string
	}{
		{"none", nil, exitHeld, "a claim"},
		{"held, though the claim deviated", []string{"--gate", `recovered("A") < 2m`}, exitHeld, `recovered("A") < 2m`},
		{"deviated", []string{"--gate", `recovered("A") < 2m`, "--gate", `failed(whole()) < 3`}, exitDeviated, "1 of 2 gates held"},
		{"unknown", []string{"--gate", `p99(during("A")) < 1s`}, exitUnknown, "fewer than the 100 that a p99 needs"},
		{"as JSON", []string{"--gate", `failed(whole()) < 3`, "--json"}, exitDeviated, `"gates": [`},
		{"as Markdown", []string{"--gate", `failed(whole()) < 3`, "--format", "md"}, exitDeviated, "- **deviated** failed(whole())"},
		{"as JUnit", []string{"--gate", `failed(whole()) < 3`, "--format", "junit"}, exitDeviated, `<failure type="deviated" message="expected failed(whole()) &lt; 3`},
		{"as metrics", []string{"--gate", `failed(whole()) < 3`, "--format", "openmetrics"}, exitDeviated, `kind="gate",verdict="deviated"} 1`},
		{"a letter that is not there", []string{"--gate", `recovered("Z") < 2m`}, exitUsage, ""},
		{"no expression", []string{"--gate", `recovered(`}, exitUsage, ""},
	} {
		p.start(append([]string{"report", "latest"}, test.args...)...)
		if code := p.wait(); code != test.want || !strings.Contains(p.stdout.String(), test.said) {
			t.Errorf("%s: exit code %d, want %d:\n%s%s", test.name, code, test.want, p.stderr.String(), p.stdout.String())
		}
	}
	after, err := os.ReadFile(filepath.Join(p.record(), results.SummaryFile))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the summary that is kept has changed: %v", err)
	}
}

// TestGatesOfAJourney puts one gate to each stage of a folder.
func TestGatesOfAJourney(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	folder := filepath.Join(p.dir, "stages")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	second := strings.NewReplacer("stage: next", "stage: later", "number: 1", "number: 2").Replace(nextStage)
	for name, text := range map[string]string{"1.yaml": faultStage, "2.yaml": second} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.start("run", folder, "--speed", "60", "--gate", `recovered("A") < 2m`)
	if code := p.wait(); code != exitUsage || !strings.Contains(p.stderr.String(), "--gate: stage mine/later: column 11: unknown fault") ||
		!strings.Contains(p.stderr.String(), "\n    recovered(\"A\") < 2m\n              ^\n") {
		t.Errorf("exit code %d; it said:\n%s", code, p.stderr.String())
	}
	if p.record() != "" {
		t.Error("a run was recorded")
	}
	if code := p.quiet("run", folder, "--speed", "60", "--gate", "availability(whole()) > 99%"); code != exitDeviated || !strings.Contains(p.stdout.String(), "gates held") {
		t.Errorf("exit code %d; it said:\n%s%s", code, p.stderr.String(), p.stdout.String())
	}
	p.start("report", "latest", "--format", "junit", "--gate", "requests(whole()) > 10")
	if code := p.wait(); code != exitHeld {
		t.Errorf("exit code %d; it said:\n%s", code, p.stderr.String())
	}
	var suites struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(p.stdout.Bytes(), &suites); err != nil {
		t.Fatal(err)
	}
	// Each stage has the run itself, the gate of its record and the one that was asked for.
	if s := suites.Suites; len(s) != 3 || s[0].Name != "mine/next" || s[0].Tests != 3 || s[0].Failures != 1 || s[1].Tests != 3 || s[1].Failures != 0 || s[2].Name != "mine" {
		t.Errorf("suites %+v", s)
	}
	p.start("report", "latest", "--format", "openmetrics")
	if code := p.wait(); code != exitHeld || !strings.HasSuffix(p.stdout.String(), "\n# EOF\n") || strings.Count(p.stdout.String(), "# TYPE showdown_run_lost_seconds ") != 1 {
		t.Errorf("exit code %d:\n%s", code, p.stdout.String())
	}
}

// TestAbortEndsTheRun ends all cells when a condition comes true in one, heals, and says so.
func TestAbortEndsTheRun(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	cells := strings.SplitAfter(faultStage, "cells:\n")[1]
	other := strings.Replace(cells, "name: base", "name: other", 1)
	other, _, _ = strings.Cut(other, "    timeline:")
	stage := p.file("stage.yaml", faultStage+other+`gates: ['availability(before("A", 20s)) > 50%']
abort_if:
  - availability(last(20s)) < 50%
  - {name: the other, if: 'availability(last(20s)) < 50%', cell: other}
`)
	if code := p.quiet("run", stage, "--speed", "60", "--seed", "1"); code != exitDeviated {
		t.Fatalf("exit code %d; it said:\n%s%s", code, p.stderr.String(), p.stdout.String())
	}
	p.left("aborted", nil)
	if !strings.Contains(p.stderr.String(), "the stage is aborted, cell base: availability(last(20s)) < 50%\n") {
		t.Errorf("it said:\n%s", p.stderr.String())
	}
	s, err := results.ReadSummary(p.record())
	if err != nil {
		t.Fatal(err)
	}
	// Of 120 AWS seconds, in both cells; the other one's traffic has ended with it.
	for name, c := range map[string]results.CellSummary{"base": s.CellSummary, "other": s.Cells["other"]} {
		if n := c.Requests.Scheduled; n < 50 || n > 190 {
			t.Errorf("cell %s: %d requests of 200", name, n)
		}
	}
	if !s.Complete || s.Verdict != showdown.Deviated || len(s.Gates) != 3 {
		t.Fatalf("complete %v, %s, gates %+v", s.Complete, s.Verdict, s.Gates)
	}
	held, met, not := s.Gates[0], s.Gates[1], s.Gates[2]
	if held.Verdict != showdown.Held || held.Abort {
		t.Errorf("%+v", held)
	}
	if met.Verdict != showdown.Deviated || !met.Abort || !strings.Contains(met.Measured, "in the phase all") || !strings.HasSuffix(met.Measured, "after A began") {
		t.Errorf("%+v", met)
	}
	if not.Verdict != showdown.Unknown || not.Name != "abort_if: the other" {
		t.Errorf("%+v", not)
	}
	if f := s.Faults[0]; !f.Confirmed || !f.Undone {
		t.Errorf("fault %+v", f)
	}
	for _, want := range []string{"the stage was aborted at ", "aborts if", "it became true at "} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("%q is not in the report:\n%s", want, p.stdout.String())
		}
	}
	p.nothingToUndo("aborted")
}
