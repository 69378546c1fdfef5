package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"showdown"
	"showdown/results"
)

// Bounds of a text in JUnit, in characters: what a line of a test report can show, and what
// somebody may read behind it.
const (
	junitLine = 300
	junitText = 4000
)

// The elements of JUnit XML, in the order that the schema of Jenkins asks for.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr,omitempty"`
		Hostname   string          `xml:"hostname,attr,omitempty"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		seconds    float64
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitProblem `xml:"failure,omitempty"`
		Error   *junitProblem `xml:"error,omitempty"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes runs as JUnit XML: a suite for each stage, with a case for each claim and
// each gate, and one for the run itself. What deviated is a failure. What is unknown is an
// error, since most readers take a skipped case for a good one; so is the run itself where
// something beside claims and gates makes it unknown. Any text gives a well-formed
// document; a long one is cut.
func JUnit(w io.Writer, set Set) error {
	out := junitSuites{Name: line(set.Name)}
	for _, r := range set.Runs {
		out.add(suiteOf(r))
	}
	if j := set.Journey; j != nil {
		out.add(comparisonsOf(j, set.Missing))
	}
	seconds := 0.0
	for _, s := range out.Suites {
		seconds += s.seconds
	}
	out.Time = junitSeconds(seconds)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add counts the cases of a suite and adds it.
func (all *junitSuites) add(s junitSuite) {
	for _, c := range s.Cases {
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		}
	}
	s.Time = junitSeconds(s.seconds)
	all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
	all.Suites = append(all.Suites, s)
}

// suiteOf is the suite of one run.
func suiteOf(r Run) junitSuite {
	s := r.Summary
	id := stageID(s)
	out := junitSuite{Name: line(id), seconds: s.LabSeconds}
	if !s.Started.IsZero() {
		// The schema knows no time zone here.
		out.Timestamp = s.Started.UTC().Format("2006-01-02T15:04:05")
	}
	m := r.machine()
	out.Hostname = line(m.Host)
	for _, p := range []junitProperty{
		{"run", s.Run},
		{"seed", strconv.FormatUint(s.Seed, 10)},
		{"speed", number(s.Speed)},
		{"verdict", string(s.Verdict)},
		{"complete", strconv.FormatBool(s.Complete)},
		{"version.showdown", m.Tool},
		{"version.go", m.Go},
		{"version.vegeta", m.Vegeta},
		{"os", strings.Trim(m.OS+"/"+m.Arch, "/")},
	} {
		if p.Value != "" {
			p.Value = line(p.Value)
			out.Properties = append(out.Properties, p)
		}
	}
	class := className(id)
	out.Cases = append(out.Cases, runCase(s, class))
	out.Cases = append(out.Cases, claimCases(s.Claims, class)...)
	for _, g := range s.Gates {
		out.Cases = append(out.Cases, caseOf(class+".gates", g.Name, g.Expect, g.Cell, g.Measured, g.Note, g.Reason, g.Verdict))
	}
	return out
}

// runCase is the case of the run itself: whether nothing beside claims and gates makes it
// unknown. Without it a run without either, or one that was killed, would look passed.
func runCase(s *results.Summary, class string) junitCase {
	c := junitCase{Class: class, Name: "the run can be judged", Time: junitSeconds(s.LabSeconds)}
	reasons := strings.Join(s.Reasons, "\n")
	switch {
	case !s.Complete:
		c.Error = problemOf("incomplete", "the end of the record is missing", reasons)
	case s.Voids > 0 && s.Voids <= len(s.Reasons):
		c.Error = problemOf("unknown", strings.Join(s.Reasons[:s.Voids], "; "), reasons)
	case s.Verdict != worstOf(s.Claims, s.Gates):
		c.Error = problemOf("unknown", "the run's verdict is "+string(s.Verdict), reasons)
	default:
		c.Out = body(reasons)
	}
	return c
}

// comparisonsOf is the suite of a journey: whether its stages were played, and its claims
// that compare them.
func comparisonsOf(j *results.JourneySummary, missing []string) junitSuite {
	out := junitSuite{Name: line(j.Journey), Properties: []junitProperty{{"run", line(j.Run)}, {"verdict", line(string(j.Verdict))}}}
	class := className(j.Journey)
	c := junitCase{Class: class, Name: "every stage was played", Time: junitSeconds(0)}
	if len(missing) > 0 {
		c.Error = problemOf("unknown", "not played: "+strings.Join(missing, ", "), strings.Join(missing, "\n"))
	}
	out.Cases = append([]junitCase{c}, claimCases(j.Claims, class)...)
	return out
}

func claimCases(claims []results.ClaimResult, class string) []junitCase {
	var out []junitCase
	for _, c := range claims {
		out = append(out, caseOf(class+".claims", c.ID+": "+c.Text, c.Expect, c.Cell, c.Measured, c.Note, c.Reason, c.Verdict))
	}
	return out
}

// caseOf is the case of a claim or a gate.
func caseOf(class, name, expect, cell, measured, note, reason string, v showdown.Verdict) junitCase {
	c := junitCase{Class: class, Name: line(name), Time: junitSeconds(0)}
	if measured == "" {
		measured = nothing
	}
	said := "expected: " + expect + "\nmeasured: " + measured
	if cell != "" {
		said += "\ncell: " + cell
	}
	if note != "" {
		said += "\nnote: " + note
	}
	switch v {
	case showdown.Held:
		c.Out = body(said)
	case showdown.Deviated:
		c.Failure = problemOf(string(v), "expected "+expect+", measured "+measured, said)
	default:
		message := "unknown"
		if reason != "" {
			message += ": " + reason
		}
		c.Error = problemOf("unknown", message, said)
	}
	return c
}

func problemOf(kind, message, text string) *junitProblem {
	return &junitProblem{Type: line(kind), Message: line(message), Text: body(text)}
}

// line is text for an attribute: one line of bounded length.
func line(text string) string { return capped(clean(capped(text, 4*junitLine)), junitLine) }

// body is text for an element, whose lines stay.
func body(text string) string {
	var lines []string
	for l := range strings.Lines(capped(text, junitText)) {
		lines = append(lines, clean(l))
	}
	return strings.Join(lines, "\n")
}

// className is a stage's id as a class: readers build a tree at the dots.
func className(id string) string {
	return line(strings.ReplaceAll(strings.ReplaceAll(id, ".", "_"), "/", "."))
}

func junitSeconds(s float64) string {
	return strconv.FormatFloat(time.Duration(s*1e9).Seconds(), 'f', 3, 64)
}
