package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"showdown/results/analysis"
	"showdown/results/compare"
)

// Comparison writes a comparison of runs for a terminal, in lines of at most 100 columns.
// Its first line is the sentence that says what came out. Colours are used when color is
// true.
func Comparison(w io.Writer, c *compare.Comparison, color bool) error {
	return terminal{color: color}.write(w, describeComparison(c))
}

// ComparisonMarkdown writes what [Comparison] writes as Markdown.
func ComparisonMarkdown(w io.Writer, c *compare.Comparison) error {
	return writeMarkdown(w, describeComparison(c))
}

// JourneyComparison writes a comparison of journeys for a terminal, as [Comparison] does.
func JourneyComparison(w io.Writer, j *compare.JourneyComparison, color bool) error {
	return terminal{color: color}.write(w, describeJourneys(j))
}

// JourneyComparisonMarkdown writes what [JourneyComparison] writes as Markdown.
func JourneyComparisonMarkdown(w io.Writer, j *compare.JourneyComparison) error {
	return writeMarkdown(w, describeJourneys(j))
}

// compareAside says how to read the numbers of a comparison.
const compareAside = "seconds are AWS time, latencies real, rates per lab second"

func describeComparison(c *compare.Comparison) document {
	d := document{paragraph{c.Sentence, false}, paragraph{c.Certainty, true}}
	d = append(d, warningList(c.Warnings)...)
	d = append(d, heading{"What is compared", comparedAside(c)}, sidesTable(c.Sides))
	return append(d, comparedNumbers(c)...)
}

// comparedAside says of which stages the sides are, where their names do not.
func comparedAside(c *compare.Comparison) string {
	if c.Stage != "" {
		return clean("runs of " + c.Stage)
	}
	var stages []string
	for _, s := range c.Sides {
		if !strings.HasSuffix(s.Stage, s.Name) {
			stages = append(stages, s.Name+" is "+s.Stage)
		}
	}
	return clean(strings.Join(stages, ", "))
}

func warningList(warnings []string) document {
	if len(warnings) == 0 {
		return nil
	}
	var l list
	for _, w := range warnings {
		l = append(l, entry{mark: "!", text: w})
	}
	return document{heading{"What differs beside that", ""}, l}
}

func sidesTable(sides []compare.SideInfo) table {
	out := table{head: []string{"", "run", "speed", "seed", "verdict"}}
	for _, s := range sides {
		run, seeds := s.Runs[0], fmt.Sprint(s.Seeds[0])
		if n := len(s.Runs); n > 1 {
			run = fmt.Sprintf("%s and %d more", run, n-1)
			seeds = fmt.Sprintf("%d seeds", n)
		}
		out.rows = append(out.rows, []string{s.Name, run, number(s.Speed), seeds, s.Verdict})
	}
	return out
}

// comparedNumbers are the tables of numbers and those over time.
func comparedNumbers(c *compare.Comparison) document {
	var d document
	for _, t := range c.Tables {
		d = append(d, numberTables(c, t, compareAside)...)
	}
	for _, a := range c.Aligned {
		d = append(d, heading{alignedTitle(a), "share of good answers in each step of " + seconds(a.StepS)}, alignedTable(a))
	}
	return d
}

// numberTables are the tables of a cell: the numbers with their differences, and of
// repeated runs how sure they are.
func numberTables(c *compare.Comparison, t compare.Table, aside string) document {
	rows := shown(t.Rows)
	if len(rows) == 0 {
		return nil
	}
	d := document{heading{named(t.Title), aside}, numbersTable(c, rows)}
	if !repeated(c) {
		return d
	}
	if len(c.Sides) > mostBeside {
		d = append(d, heading{named("against " + c.Sides[0].Name), clean(t.Title)}, verdictTable(c, rows))
	}
	if sure := intervalTable(c, rows); len(sure.rows) > 0 {
		d = append(d, heading{"How sure that is", "intervals of medians and of the difference, where runs differ"}, sure)
	}
	return d
}

// alike says that a number is the same in all runs of all sides.
func alike(r compare.Row) bool {
	for _, a := range r.Against {
		if !a.Equal {
			return false
		}
	}
	return true
}

// shown are the rows of a short table.
func shown(rows []compare.Row) []compare.Row {
	var out []compare.Row
	for _, r := range rows {
		if !r.Detail {
			out = append(out, r)
		}
	}
	return out
}

// repeated says that some side has several runs.
func repeated(c *compare.Comparison) bool {
	for _, s := range c.Sides {
		if len(s.Runs) > 1 {
			return true
		}
	}
	return false
}

// mostBeside is how many sides have their differences beside their numbers; more have
// them in a table of their own.
const mostBeside = 2

func numbersTable(c *compare.Comparison, rows []compare.Row) table {
	out := table{head: []string{""}, numbers: true}
	for _, s := range c.Sides {
		out.head = append(out.head, s.Name)
	}
	beside := len(c.Sides) <= mostBeside
	if beside {
		out.head = append(out.head, "difference")
		if repeated(c) {
			out.head = append(out.head, "verdict")
		}
	}
	for _, r := range rows {
		row := []string{r.Label}
		for _, s := range r.Sides {
			row = append(row, medianOf(r.Unit, s))
		}
		if beside {
			a := r.Against[0]
			row = append(row, changeOf(r.Unit, a))
			if repeated(c) {
				row = append(row, string(a.Verdict))
			}
		}
		out.rows = append(out.rows, row)
	}
	return out
}

// verdictTable has the differences of several sides from the first.
func verdictTable(c *compare.Comparison, rows []compare.Row) table {
	out := table{head: []string{""}, numbers: true}
	for _, s := range c.Sides[1:] {
		out.head = append(out.head, s.Name)
	}
	for _, r := range rows {
		row := []string{r.Label}
		for _, a := range r.Against {
			row = append(row, changeOf(r.Unit, a)+", "+string(a.Verdict))
		}
		out.rows = append(out.rows, row)
	}
	return out
}

// intervalTable has the intervals, and the p-values that the verdicts come from.
func intervalTable(c *compare.Comparison, rows []compare.Row) table {
	out := table{head: []string{""}, numbers: true}
	for _, s := range c.Sides {
		out.head = append(out.head, s.Name)
	}
	for _, s := range c.Sides[1:] {
		of := ""
		if len(c.Sides) > mostBeside {
			of = " " + s.Name
		}
		out.head = append(out.head, "difference"+of, "p"+of)
	}
	for _, r := range rows {
		if alike(r) {
			continue
		}
		row := []string{r.Label}
		for _, s := range r.Sides {
			row = append(row, between(r.Unit.Format, s.Low, s.High, s.N))
		}
		for _, a := range r.Against {
			p := nothing
			switch {
			case !math.IsNaN(a.HolmP):
				p = chance(a.P)
			case a.Verdict == compare.CannotKnow:
				p = a.Why
			}
			row = append(row, between(r.Unit.FormatChange, a.Low, a.High, min(a.N1, a.N2)), p)
		}
		out.rows = append(out.rows, row)
	}
	return out
}

// between is an interval of n values.
func between(format func(float64) string, low, high float64, n int) string {
	if n == 0 {
		return nothing
	}
	a, b := format(low), format(high)
	if a == b {
		return a
	}
	// The unit is said once.
	if i := strings.LastIndexByte(a, ' '); i > 0 && strings.HasSuffix(b, a[i:]) {
		a = a[:i]
	}
	return a + " to " + b
}

// chance is a p-value with four places.
func chance(p float64) string {
	if p < 0.0001 {
		return "under 0.0001"
	}
	return number(math.Round(p*1e4) / 1e4)
}

func medianOf(u compare.Unit, s compare.Spread) string {
	if s.N == 0 {
		return nothing
	}
	return u.Format(s.Value)
}

// spreadOf is a side's median with its interval, where it has one.
func spreadOf(u compare.Unit, s compare.Spread) string {
	text := medianOf(u, s)
	if interval := between(u.Format, s.Low, s.High, s.N); s.N > 1 && interval != text {
		text += " [" + interval + "]"
	}
	return text
}

// changeOf is a difference, and what part of the first number that is.
func changeOf(u compare.Unit, a compare.Against) string {
	if math.IsNaN(a.Shift) {
		return nothing
	}
	text := u.FormatChange(a.Shift)
	if r := a.Relative; u != compare.Share && a.Shift != 0 && !math.IsNaN(r) && !math.IsInf(r, 0) {
		text += fmt.Sprintf(" (%+.*f %%)", decimals(r), r*100)
	}
	return text
}

// decimals is how many places a percentage is written with.
func decimals(share float64) int {
	if math.Abs(share) < 0.1 {
		return 1
	}
	return 0
}

func intervalOf(r compare.Row, a compare.Against) string {
	if a.Confidence == 0 || r.Computed || math.IsNaN(a.Low) || math.IsNaN(a.High) {
		return nothing
	}
	return between(r.Unit.FormatChange, a.Low, a.High, 1) + " at " + confidence(a.Confidence)
}

func verdictOf(a compare.Against) string {
	switch {
	case a.Verdict == compare.CannotKnow:
		return string(a.Verdict) + ": " + a.Why
	case math.IsNaN(a.HolmP):
		return string(a.Verdict)
	}
	return fmt.Sprintf("%s, p = %s", a.Verdict, chance(a.P))
}

// confidence is a level of confidence, rounded down: it is never said to be more than it is.
func confidence(level float64) string {
	return analysis.FormatShare(math.Floor(level*1000) / 1000)
}

func alignedTitle(a compare.Aligned) string {
	if a.On == "clock" {
		return "From the beginning of the traffic"
	}
	return named("From the beginning of " + a.Fault)
}

func alignedTable(a compare.Aligned) table {
	out := table{head: []string{"from"}, numbers: true}
	for _, s := range a.Sides {
		out.head = append(out.head, s.Name)
	}
	for i, from := range a.FromS {
		row := []string{seconds(from)}
		for _, s := range a.Sides {
			row = append(row, shareOf(s.Availability[i]))
		}
		out.rows = append(out.rows, row)
	}
	return out
}

func describeJourneys(j *compare.JourneyComparison) document {
	d := document{paragraph{j.Sentence, false}, paragraph{j.Certainty, true}}
	d = append(d, warningList(j.Warnings)...)
	sides := table{head: []string{"", "journey", "stages"}}
	for _, s := range j.Sides {
		run := s.Runs[0]
		if n := len(s.Runs); n > 1 {
			run = fmt.Sprintf("%s and %d more", run, n-1)
		}
		sides.rows = append(sides.rows, []string{s.Name, run, strings.Join(s.Stages, ", ")})
	}
	d = append(d, heading{"What is compared", ""}, sides)
	for _, c := range j.Stages {
		d = append(d, heading{named("stage " + c.Stage), ""}, paragraph{c.Sentence, false})
		for _, w := range c.Warnings {
			d = append(d, paragraph{"! " + w, true})
		}
		// A journey has many cells; those that the stages are named for are enough here.
		d = append(d, numberTables(c, c.Tables[0], "")...)
		if n := len(c.Tables) - 1; n > 0 {
			d = append(d, paragraph{fmt.Sprintf("%s more: compare the runs of this stage alone to see them.", plural(n, "cell")), true})
		}
	}
	return d
}

// named is a heading with a name of a record in it: it may hold anything, and be long.
func named(text string) string {
	text = clip(clean(text), width/2)
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
