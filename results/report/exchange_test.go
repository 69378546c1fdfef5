package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"showdown"
	"showdown/results"
)

// withGates is vertical with a gate of each verdict.
func withGates() *results.Summary {
	s := vertical()
	s.Voids = 1
	s.Gates = []results.GateResult{
		{Name: `recovered("A") < 60s`, Expect: `recovered("A") < 60s`, Measured: "88.4 s", Verdict: showdown.Deviated},
		{Name: "the small one holds", Expect: `availability(whole()) > 50%`, Cell: "no-eip", Measured: "61 %", Verdict: showdown.Held},
		{Name: `p99(after("B", 1s)) < 250ms`, Expect: `p99(after("B", 1s)) < 250ms`, Measured: "nothing", Verdict: showdown.Unknown, Note: "unknown: 62 good answers in the window, fewer than the 100 that a p99 needs", Reason: "62 good answers in the window, fewer than the 100 that a p99 needs"},
		{Name: "abort_if: availability(last(30s)) < 5%", Expect: "availability(last(30s)) < 5%", Abort: true, Measured: "it did not become true", Verdict: showdown.Unknown, Reason: "the traffic did not last until its end"},
	}
	return s
}

// one is a set of one run.
func one(s *results.Summary) Set {
	return Set{Name: s.Run, Runs: []Run{{Summary: s, Manifest: &results.Manifest{
		Machine: results.Machine{Tool: "v1.2.3", Go: "go1.26", Vegeta: "v12.13.0", OS: "linux", Arch: "amd64", Host: "lab"},
	}}}}
}

// many is the set of a journey whose third stage was not played.
func many() Set {
	j := journey()
	j.Verdict = showdown.Deviated
	j.Claims = []results.ClaimResult{{ID: "5", Text: "Less is lost", Expect: `lost(reference("vertical")) < lost(reference("single"))`, Measured: "9 s; 9 s", Verdict: showdown.Unknown, Reason: "the run was interrupted"}}
	set := Set{Name: j.Run, Journey: j, Missing: []string{"elb", "asg"}}
	for i := range j.Stages {
		set.Runs = append(set.Runs, Run{Summary: &j.Stages[i]})
	}
	return set
}

func TestExchangeGoldens(t *testing.T) {
	killed := &results.Summary{Version: 1, Run: "r", Stage: "attack", Cell: "base", Speed: 1, Verdict: showdown.Unknown, Reasons: []string{"the record is incomplete: its end is missing"}}
	for name, write := range map[string]func(io.Writer) error{
		"gates.txt":    func(w io.Writer) error { return Terminal(w, withGates(), false) },
		"gates.md":     func(w io.Writer) error { return Markdown(w, withGates()) },
		"gates.xml":    func(w io.Writer) error { return JUnit(w, one(withGates())) },
		"journey.xml":  func(w io.Writer) error { return JUnit(w, many()) },
		"killed.xml":   func(w io.Writer) error { return JUnit(w, one(killed)) },
		"gates.prom":   func(w io.Writer) error { return OpenMetrics(w, one(withGates())) },
		"killed.prom":  func(w io.Writer) error { return OpenMetrics(w, one(killed)) },
		"gatetable.md": func(w io.Writer) error { return JourneyMarkdown(w, gatedJourney()) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s differs; look at the difference, then run with -update\n%s", path, b.String())
		}
	}
}

// gatedJourney is a journey of which one stage has gates.
func gatedJourney() *results.JourneySummary {
	j := journey()
	j.Stages[1].Gates = withGates().Gates
	return j
}

// read is a JUnit document as a reader gets it.
func read(t *testing.T, text []byte) junitSuites {
	t.Helper()
	var out junitSuites
	if err := xml.Unmarshal(text, &out); err != nil {
		t.Fatalf("not well-formed: %v", err)
	}
	return out
}

// TestJUnitCounts holds that each claim and each gate is one case with the element of its
// verdict, and that nothing unknown looks passed.
func TestJUnitCounts(t *testing.T) {
	var b bytes.Buffer
	if err := JUnit(&b, one(withGates())); err != nil {
		t.Fatal(err)
	}
	out := read(t, b.Bytes())
	if len(out.Suites) != 1 {
		t.Fatalf("%d suites", len(out.Suites))
	}
	s := out.Suites[0]
	if s.Tests != 8 || s.Failures != 2 || s.Errors != 4 || s.Skipped != 0 || out.Tests != 8 || out.Failures != 2 || out.Errors != 4 {
		t.Errorf("suite %d %d %d %d, all %d %d %d", s.Tests, s.Failures, s.Errors, s.Skipped, out.Tests, out.Failures, out.Errors)
	}
	found := map[string]string{}
	for _, c := range s.Cases {
		switch {
		case c.Failure != nil:
			found[c.Name] = "failure " + c.Failure.Type
		case c.Error != nil:
			found[c.Name] = "error " + c.Error.Type
		default:
			found[c.Name] = "passed"
		}
	}
	for name, want := range map[string]string{
		"the run can be judged": "error unknown",
		`recovered("A") < 60s`:  "failure deviated", "the small one holds": "passed", `p99(after("B", 1s)) < 250ms`: "error unknown",
		"abort_if: availability(last(30s)) < 5%":                                    "error unknown",
		"11b: Downtime was experienced when changing the instance size":             "passed",
		"10: You can scale vertically by resizing the instance to a m5.large":       "failure deviated",
		"8: Single t2.micro instance with an elastic IP address so the IP is fixed": "error unknown",
	} {
		if found[name] != want {
			t.Errorf("%s: %q, want %q", name, found[name], want)
		}
	}
	properties := map[string]string{}
	for _, p := range s.Properties {
		properties[p.Name] = p.Value
	}
	for name, want := range map[string]string{
		"run": "20261123T101500-whatsthetime-vertical-3f2a", "seed": "3", "speed": "60", "version.showdown": "v1.2.3", "version.go": "go1.26", "version.vegeta": "v12.13.0",
	} {
		if properties[name] != want {
			t.Errorf("property %s is %q, want %q", name, properties[name], want)
		}
	}
}

// TestJUnitOfTheRunItself holds that what no claim and no gate says still shows.
func TestJUnitOfTheRunItself(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(s *results.Summary)
		want   int // errors
	}{
		{"held", func(*results.Summary) {}, 0},
		{"interrupted", func(s *results.Summary) { s.Verdict = showdown.Unknown }, 1},
		{"no end", func(s *results.Summary) { s.Complete = false }, 1},
		{"interrupted, told", func(s *results.Summary) {
			s.Reasons, s.Voids, s.Verdict = []string{"the run was interrupted: SIGINT", "fault B was not undone"}, 1, showdown.Unknown
		}, 1},
		{"deviated as well", func(s *results.Summary) {
			s.Reasons, s.Voids, s.Verdict = []string{"fault C failed"}, 1, showdown.Deviated
		}, 1},
		{"a remark", func(s *results.Summary) { s.Reasons = []string{"fault B was not undone"} }, 0},
	} {
		s := vertical()
		s.Claims, s.Reasons, s.Verdict = nil, nil, showdown.Held
		tt.change(s)
		var b bytes.Buffer
		if err := JUnit(&b, one(s)); err != nil {
			t.Fatal(err)
		}
		if out := read(t, b.Bytes()); out.Errors != tt.want || out.Tests != 1 {
			t.Errorf("%s: %d errors of %d, want %d of 1", tt.name, out.Errors, out.Tests, tt.want)
		}
	}
}

// hostile are texts that break documents.
func hostile() map[string]string {
	return map[string]string{
		"controls":    "a\x00b\x01\x1b[2J\x7f\u0085\u202e\r\n\tz",
		"not UTF-8":   "\xff\xfe\x80",
		"markup":      `</failure><x a="b">&nbsp;<![CDATA[ ]]> -->`,
		"noncharacer": "\ufffe\uffff\U0010ffff",
		"long":        strings.Repeat("ä<", 30_000),
		"quotes":      `"\` + "\n# EOF\n" + `showdown_run_info{} 2 \n`,
	}
}

// hurt puts a text wherever a record holds one.
func hurt(text string) Set {
	s := withGates()
	s.Run, s.Journey, s.Stage, s.Title = text, text, text, text
	for i := range s.Claims {
		c := &s.Claims[i]
		c.ID, c.Text, c.Expect, c.Cell, c.Measured, c.Note, c.Reason = text, text, text, text, text, text, text
	}
	for i := range s.Gates {
		g := &s.Gates[i]
		g.Name, g.Expect, g.Cell, g.Measured, g.Note, g.Reason = text, text, text, text, text, text
	}
	for i := range s.Faults {
		s.Faults[i].Letter, s.Faults[i].Action, s.Faults[i].Target = text, text, text
	}
	s.Reasons, s.Verdict = []string{text}, showdown.Verdict(text)
	s.Requests.Outcomes = map[string]uint64{text: 1}
	set := one(s)
	set.Name, set.Missing, set.Journey = text, []string{text}, journey()
	set.Journey.Run, set.Journey.Journey, set.Journey.Verdict = text, text, showdown.Verdict(text)
	m := set.Runs[0].Manifest
	m.Machine = results.Machine{Tool: text, Go: text, Vegeta: text, OS: text, Arch: text, Host: text}
	return set
}

func TestExchangeOfForeignText(t *testing.T) {
	for name, text := range hostile() {
		var b bytes.Buffer
		if err := JUnit(&b, hurt(text)); err != nil {
			t.Fatal(err)
		}
		out := read(t, b.Bytes())
		if len(out.Suites) != 2 || out.Suites[0].Tests != 8 {
			t.Errorf("%s: %d suites", name, len(out.Suites))
		}
		if b.Len() > 250_000 {
			t.Errorf("%s: %d bytes", name, b.Len())
		}
		for _, c := range out.Suites[0].Cases {
			if n := utf8.RuneCountInString(c.Name); n > junitLine {
				t.Errorf("%s: a name has %d characters", name, n)
			}
		}
		b.Reset()
		if err := OpenMetrics(&b, hurt(text)); err != nil {
			t.Fatal(err)
		}
		metrics := b.String()
		if !utf8.ValidString(metrics) || strings.Count(metrics, "\n# EOF\n") != 1 || !strings.HasSuffix(metrics, "\n# EOF\n") {
			t.Errorf("%s: no OpenMetrics text", name)
		}
		for l := range strings.Lines(metrics) {
			if !strings.HasPrefix(l, "# ") && !strings.HasPrefix(l, "showdown_run_") || len(l) > 12*4*maxLabel {
				t.Errorf("%s: line %.200q", name, l)
			}
		}
		promtool(t, b.Bytes(), false)
	}
}

func FuzzExchange(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text[:min(len(text), 300)])
	}
	f.Fuzz(func(t *testing.T, text string) {
		var b bytes.Buffer
		if err := JUnit(&b, hurt(text)); err != nil {
			t.Fatal(err)
		}
		read(t, b.Bytes())
		b.Reset()
		if err := OpenMetrics(&b, hurt(text)); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), "\n# EOF\n") != 1 {
			t.Error("another end")
		}
	})
}

// promtool checks metrics as Prometheus reads them. Lint also fails on bad names.
func promtool(t *testing.T, metrics []byte, lint bool) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Logf("promtool is not installed: the form of the metrics was not looked at by it (Debian: apt-get install prometheus)")
		return
	}
	cmd := exec.Command(path, "check", "metrics")
	cmd.Stdin = bytes.NewReader(metrics)
	out, err := cmd.CombinedOutput()
	if err != nil && (lint || cmd.ProcessState.ExitCode() != 3) {
		t.Errorf("promtool: %v\n%.2000s", err, out)
	}
}

// TestOpenMetrics holds that promtool finds nothing to complain about, that each family
// stands together under its type, and that the numbers are the summary's.
func TestOpenMetrics(t *testing.T) {
	for _, set := range []Set{one(withGates()), many()} {
		var b bytes.Buffer
		if err := OpenMetrics(&b, set); err != nil {
			t.Fatal(err)
		}
		promtool(t, b.Bytes(), true)
		seen := map[string]bool{}
		now := ""
		for l := range strings.Lines(b.String()) {
			if name, ok := strings.CutPrefix(l, "# HELP "); ok {
				now, _, _ = strings.Cut(name, " ")
				if seen[now] {
					t.Errorf("%s stands twice", now)
				}
				seen[now] = true
				continue
			}
			if sample := l; !strings.HasPrefix(l, "#") && !strings.HasPrefix(sample, now) {
				t.Errorf("%q stands under %s", l, now)
			}
		}
	}
	var b bytes.Buffer
	if err := OpenMetrics(&b, one(withGates())); err != nil {
		t.Fatal(err)
	}
	const own = `{run_id="20261123T101500-whatsthetime-vertical-3f2a",stage="whatsthetime/vertical"`
	for _, want := range []string{
		`showdown_run_availability_ratio` + own + `,cell="base"} 0.925`,
		`showdown_run_availability_ratio` + own + `,cell="no-eip"} 0.61`,
		`showdown_run_requests` + own + `,cell="base",outcome="refused"} 880`,
		`showdown_run_service_time_seconds` + own + `,cell="base",quantile="0.99"} 0.0041`,
		`showdown_run_service_time_seconds_count` + own + `,cell="base"} 11100`,
		`showdown_run_longest_outage_seconds` + own + `,cell="base"} 88.1`,
		`showdown_run_lost_seconds` + own + `,cell="base"} 88.2`,
		`showdown_run_fault_recovery_seconds` + own + `,cell="base",letter="A",action="resize-instance",target="web-1"} 88.4`,
		`showdown_run_fault_failed_requests` + own + `,cell="base",letter="A",action="resize-instance",target="web-1"} 900`,
		`showdown_run_verdict` + own + `,verdict="deviated"} 1`,
		`showdown_run_verdict` + own + `,verdict="held"} 0`,
		`showdown_run_expectations` + own + `,kind="gate",verdict="unknown"} 2`,
		`showdown_run_expectations` + own + `,kind="claim",verdict="deviated"} 1`,
	} {
		if !strings.Contains(b.String(), want+"\n") {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(b.String(), `letter="C",action="hang",target="web-1"} NaN`) || strings.Contains(b.String(), `fault_start_seconds`+own+`,cell="base",letter="C"`) {
		t.Error("a fault that never began has a beginning")
	}
}
