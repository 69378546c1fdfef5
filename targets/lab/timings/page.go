package timings

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"showdown"
)

// resolution is how late in lab time something may be seen and still count as inside its
// range: twice what a busy machine needs to run a process that is due.
const resolution = 10 * time.Millisecond

// Complete fails where a documented timing was not measured. Its error names every one.
func (m *Measured) Complete() error {
	var errs []error
	for _, r := range m.Rows {
		if len(r.Values) == 0 {
			errs = append(errs, fmt.Errorf("%q at speed %g has no value", r.Name, r.Speed))
		}
	}
	return errors.Join(errs...)
}

// middle is what the median is held against.
func (t Timing) middle() showdown.Duration {
	if t.Set > 0 {
		return t.Set
	}
	return (t.Min + t.Max) / 2
}

// bounds are what the values must lie within, as they are documented.
func (t Timing) bounds() span {
	if t.Set > 0 {
		return span{t.Set, t.Set}
	}
	return span{t.Min, t.Max}
}

// inside is how many values lie within the range: not more beyond it than a hundredth of
// its bound, the resolution or the timing's grain, whichever is most.
func (r Row) inside() int { return r.within(resolution) }

// within is inside with another resolution.
func (r Row) within(resolution time.Duration) int {
	n, b := 0, r.bounds()
	slack := func(d showdown.Duration) showdown.Duration {
		return max(d/100, showdown.Duration(float64(resolution)*r.Speed), r.Grain)
	}
	for _, v := range r.Values {
		if v >= b.min-slack(b.min) && v <= b.max+slack(b.max) {
			n++
		}
	}
	return n
}

// ratio is the median to the middle of what is documented; empty where that is nothing.
func (r Row) ratio() string {
	if r.middle() == 0 || len(r.Values) == 0 {
		return "-"
	}
	return strconv.FormatFloat(float64(median(r.Values))/float64(r.middle()), 'f', 3, 64)
}

// verdict says whether the values are inside, and whether those that are not may be the
// machine's fault: they are beyond the range by less than the harness was late.
func (r Row) verdict() string {
	n := r.inside()
	if n == len(r.Values) {
		return "yes"
	}
	text := fmt.Sprintf("%d of %d", n, len(r.Values))
	if r.within(r.Late) == len(r.Values) {
		return text + ", late"
	}
	return "**" + text + "**"
}

// said is a duration as the page has it: seconds, and beyond ten minutes minutes or hours.
func said(d showdown.Duration) string {
	f := func(v float64, digits int, unit string) string {
		s := strconv.FormatFloat(v, 'f', digits, 64)
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		if s == "-0" {
			s = "0"
		}
		return s + " " + unit
	}
	switch s := d.Seconds(); {
	case s > 9*3600:
		return f(s/3600, 2, "h")
	case s > 900:
		return f(s/60, 2, "min")
	default:
		return f(s, 1, "s")
	}
}

// documented is the range as the page has it.
func (t Timing) documented() string {
	text := said(t.Min)
	switch {
	case t.Min == 0 && t.Max == 0:
		text = "at once"
	case t.Min != t.Max:
		text += " to " + said(t.Max)
	}
	if t.Set > 0 {
		text += ", set to " + said(t.Set)
	}
	return text
}

// left and right are the cells of a row that are no measurement.
func (r Row) left() string {
	return fmt.Sprintf("| %s | %s | %g |", r.Name, r.documented(), r.Speed)
}

func (r Row) right() string { return fmt.Sprintf(" %s |\n", r.Source) }

// text is the row.
func (r Row) text() string {
	if len(r.Values) == 0 {
		return r.left() + " not measured | | 0 | - | - |" + r.right()
	}
	low, high := r.Values[0], r.Values[len(r.Values)-1]
	return r.left() + fmt.Sprintf(" %s | %s to %s | %d | %s | %s |", said(median(r.Values)), said(low), said(high), len(r.Values), r.ratio(), r.verdict()) + r.right()
}

const tableHead = "| what | documented | speed | median | from, to | n | ratio | inside | where it is documented |\n|---|---|---:|---:|---|---:|---:|---|---|\n"

// Write writes the page.
func Write(w io.Writer, m *Measured) error {
	var b strings.Builder
	b.WriteString(introduction)
	b.WriteString("| measured with | |\n|---|---|\n")
	fmt.Fprintf(&b, "| showdown | %s, %s |\n", m.Machine.Tool, m.Machine.Go)
	fmt.Fprintf(&b, "| machine | %s/%s, kernel %s, %d CPUs |\n", m.Machine.OS, m.Machine.Arch, m.Machine.Kernel, m.Machine.CPUs)
	fmt.Fprintf(&b, "| when | %s |\n| seed | %d |\n", m.Began.UTC().Format("2006-01-02 15:04 UTC"), m.Seed)
	var late []string
	for _, s := range m.Stalls {
		late = append(late, fmt.Sprintf("%s %d ms", s.Scene, s.Late.Milliseconds()))
	}
	fmt.Fprintf(&b, "| the harness was late by at most | %s |\n", strings.Join(late, ", "))
	all, in := 0, 0
	for _, r := range m.Rows {
		all += len(r.Values)
		in += r.inside()
	}
	fmt.Fprintf(&b, "| inside | %d of %d values |\n", in, all)
	for _, service := range []string{Balancers, Groups, Together} {
		b.WriteString("\n## " + service + "\n\n" + tableHead)
		for _, r := range m.Rows {
			if r.Service == service {
				b.WriteString(r.text())
			}
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write timings: %w", err)
	}
	return nil
}

// introduction is what does not depend on anything.
const introduction = `# The timings, documented and measured

Generated by ` + "`make timings`" + `: do not edit. Every timing of the load balancers and the Auto Scaling groups, as it is documented
and as real labs took it: processes, connections and requests, one minute of AWS in a second (speed 60), health checks at speed
300 as well. The lists are ` + "`elb.Timings`, `autoscaling.Timings`" + ` and, for what several services do together, sums of their parts; a test
holds them and this page together. What breaks and registers is in ` + "`targets/lab/timings`" + `, and each value is the time between two
events of a lab, or between a request and its answer.

All times are AWS time. *documented* is the range with the defaults of the services, or what the lab has set. *ratio* is that of the
median to the middle of the range. *inside* says whether all values lie within it, give or take a hundredth or ten milliseconds of
lab time (0.6 s at speed 60, 3 s at 300, 36 s at 3600), which is what seeing something takes on a busy machine. *late* says that the
rest is beyond it by less than this machine was once late itself: run it again on a quiet one. Bold is what is not explained so.
Ranges of what is unverified are our own; the page then shows that the lab keeps to them, and nothing about AWS. The minute in which
a metric changes is known from its value, and the length of a slow start from how many requests the newcomer got: both to within
two requests (2.4 s and 4.3 s).

`
