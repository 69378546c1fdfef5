package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
)

// nothing stands where nothing was measured.
const nothing = "-"

// describe is the report of one run.
func describe(s *results.Summary) document {
	t := times{s.Speed}
	name := s.Stage
	if s.Journey != "" {
		name = s.Journey + "/" + s.Stage
	}
	head := name
	if s.Title != "" {
		head += ": " + s.Title
	}
	complete := "complete"
	if !s.Complete {
		complete = "INCOMPLETE"
	}
	d := document{
		title{strings.Trim(head, "/: "), badge(s)},
		paragraph{fmt.Sprintf("run %s · speed %s · seed %d · lab %s · %s",
			s.Run, number(s.Speed), s.Seed, lab(s.LabSeconds), complete), true},
		paragraph{sentence(s, t), false},
	}
	for _, r := range s.Reasons {
		d = append(d, paragraph{"! " + r, false})
	}
	d = append(d, heading{"What users felt", t.aside()}, feltTable(s, t))
	if w := s.Downtime.Outages; len(w) > 0 {
		d = append(d, heading{"Outages", "of the cell " + s.Cell}, outageTable(w, t))
	}
	for _, c := range cellsOf(s) {
		if len(c.Faults) > 0 {
			d = append(d, heading{"What was done", "in the cell " + c.name}, faultList(c.Faults, t))
		}
	}
	if len(s.Claims) > 0 {
		d = append(d, heading{"Claims", ""}, claimList(s.Claims))
	}
	if len(s.Gates) > 0 {
		d = append(d, heading{"Gates", ""}, gateList(s.Gates))
	}
	for _, c := range cellsOf(s) {
		if len(c.Phases) > 1 {
			d = append(d, heading{"Phases", "of the cell " + c.name + "; rates are per lab second"}, phaseTable(c.Phases, t))
		}
	}
	if rows := cohortRows(s); len(rows) > 0 {
		d = append(d, heading{"Cohorts", ""}, table{
			head: []string{"cohort", "clients", "availability", "longest outage", "lost"}, rows: rows, numbers: true,
		})
	}
	for _, c := range cellsOf(s) {
		if len(c.Endpoints) > 0 {
			d = append(d, heading{"Endpoints", "of the cell " + c.name}, endpointTable(c.Endpoints))
		}
		if len(c.RequestReasons) > 0 {
			d = append(d, heading{"Why requests were wrong or not sent", "in the cell " + c.name}, reasonTable(c.RequestReasons))
		}
	}
	for _, c := range cellsOf(s) {
		if len(c.Reach) > 0 {
			d = append(d, heading{"Who reaches whom", "in the cell " + c.name + ", found by connecting"}, reachTable(c.Reach))
			for _, note := range reachNotes(c.Reach) {
				d = append(d, note)
			}
		}
	}
	if len(s.Backends) > 1 {
		d = append(d, heading{"Instances", "of the cell " + s.Cell}, backendTable(s.Backends))
	}
	if c := s.Cost; c != nil && len(c.Items) > 0 {
		d = append(d, heading{"Cost", "of the cell " + s.Cell + ", in a month"}, costTable(c))
	}
	d = append(d, reservedTables(s.Cost, s.Cell)...)
	if len(s.Fidelity) > 0 {
		d = append(d, heading{"How this differs from AWS", "beyond what each fault says of itself"})
	}
	for _, text := range s.Fidelity {
		d = append(d, paragraph{text, false})
	}
	return d
}

// namedCell is a cell's summary with its name.
type namedCell struct {
	name string
	results.CellSummary
}

// cellsOf is all cells, the one at the top first.
func cellsOf(s *results.Summary) []namedCell {
	out := []namedCell{{s.Cell, s.CellSummary}}
	var names []string
	for name := range s.Cells {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(out, namedCell{name, s.Cells[name]})
	}
	return out
}

// sentence says the result in one or two sentences.
func sentence(s *results.Summary, t times) string {
	counts := map[showdown.Verdict]int{}
	for _, c := range s.Claims {
		counts[c.Verdict]++
	}
	var out string
	switch n := len(s.Claims); {
	case n == 0:
		out = ""
	case counts[showdown.Held] == n:
		out = fmt.Sprintf("All %s held.", plural(n, "claim"))
	default:
		out = fmt.Sprintf("%d of %s held, %d deviated, %d unknown.", counts[showdown.Held], plural(n, "claim"), counts[showdown.Deviated], counts[showdown.Unknown])
	}
	out = strings.TrimSpace(out + " " + gateSentence(s.Gates))
	if s.Verdict == showdown.Unknown && slices.ContainsFunc(cellsOf(s), func(c namedCell) bool { return c.Generator.Saturated || c.Generator.Disturbed }) {
		out += " The machine was disturbed or too slow while it ran: what follows may be its fault and not the architecture's."
	}
	switch d := s.Downtime; {
	case s.Requests.Scheduled == 0:
		out += " No request was recorded."
	case s.Requests.OK == 0:
		out += " No request was answered well."
	case d.LongestOutageS > 0:
		cause := ""
		for _, o := range d.Outages {
			switch {
			case o.Seconds != d.LongestOutageS || o.Cause == "":
			case o.Cause == results.CauseDisturbed:
				cause = ", while " + o.Cause
			default:
				cause = ", after " + o.Cause
			}
		}
		out += fmt.Sprintf(" At worst nobody got an answer for %s%s; %s of the requests were answered well.", t.both(d.LongestOutageS), cause, shareOf(s.Availability))
	case s.Requests.Failed+s.Requests.Dropped > 0:
		out += fmt.Sprintf(" There was no outage, but %s of requests were not answered well.", analysis.FormatShare(1-*s.Availability))
	default:
		out += " Every request was answered well."
	}
	return strings.TrimSpace(out)
}

// maxOutages is how many outages a report lists.
const maxOutages = 20

func outageTable(outages []results.Outage, t times) table {
	out := table{head: []string{"from", "to", "length", "cause"}, numbers: true}
	for i, o := range outages {
		if i == maxOutages {
			out.rows = append(out.rows, []string{fmt.Sprintf("and %d more", len(outages)-maxOutages), "", "", ""})
			break
		}
		to := seconds(o.ToS)
		if o.Open {
			to = "the end"
		}
		cause := o.Cause
		if cause == "" {
			cause = nothing
		}
		out.rows = append(out.rows, []string{seconds(o.FromS), to, t.both(o.Seconds), cause})
	}
	return out
}

func faultList(faults []results.Fault, t times) list {
	var out list
	for _, f := range faults {
		e := entry{mark: f.Letter, text: f.Called()}
		if f.Target != "" && !f.NamesTarget() {
			e.text += " " + f.Target
		}
		switch {
		case f.StartS == nil:
			e.text += fmt.Sprintf(", planned at %s: it never began", seconds(f.PlannedS))
		case f.EndS == nil:
			e.text += fmt.Sprintf(", at %s, and not taken back before the record ends", t.both(*f.StartS))
		default:
			e.text += fmt.Sprintf(", from %s to %s", seconds(*f.StartS), seconds(*f.EndS))
		}
		add := func(label, format string, args ...any) {
			e.details = append(e.details, detail{label, fmt.Sprintf(format, args...)})
		}
		if f.Error != "" {
			add("failed", "%s", f.Error)
		}
		switch {
		case f.StartS == nil:
		case f.Confirmed && f.Evidence != "":
			add("confirmed", "%s", f.Evidence)
		case f.Confirmed:
			add("confirmed", "by a probe of its own")
		case f.Evidence != "":
			add("unconfirmed", "%s", f.Evidence)
		default:
			add("unconfirmed", "its probe did not see it")
		}
		if f.EndS != nil && !f.Undone {
			add("not undone", "the probe did not see that it was gone")
		}
		if f.StartS != nil {
			add("effect", "%s", effect(f, t))
		}
		if f.Fidelity != "" {
			add("made here", "%s", f.Fidelity)
		}
		out = append(out, e)
	}
	return out
}

// effect says what a fault did to users.
func effect(f results.Fault, t times) string {
	if f.Failed == 0 && f.LostS == 0 {
		return "no request failed"
	}
	parts := []string{plural(int(f.Failed), "request") + " failed", "lost " + t.both(f.LostS)}
	if f.DetectedS != nil {
		parts = append(parts, "detected after "+t.both(*f.DetectedS-*f.StartS))
	}
	if f.RecoveredS != nil {
		parts = append(parts, "good again after "+t.both(max(*f.RecoveredS-*f.StartS, 0)))
	} else {
		parts = append(parts, "not good again before the end")
	}
	return strings.Join(parts, ", ")
}

func claimList(claims []results.ClaimResult) list {
	var out list
	for _, c := range claims {
		e := entry{verdict: c.Verdict, text: c.ID + ": " + c.Text}
		expect := c.Expect
		if c.Cell != "" {
			expect += "  (cell " + c.Cell + ")"
		}
		measured := c.Measured
		if measured == "" {
			measured = nothing
		}
		e.details = append(e.details, expected("expected", c.Expect, c.Cell, expect)...)
		e.details = append(e.details, detail{"measured", measured})
		if c.Note != "" {
			e.details = append(e.details, detail{"note", c.Note})
		}
		out = append(out, e)
	}
	return out
}

// expected is what an expectation says in plain words, where there are some, and as it is
// written.
func expected(label, expression, cell, written string) []detail {
	plain, ok := analysis.Plain(expression)
	if !ok {
		return []detail{{label, written}}
	}
	if cell != "" {
		plain = "in cell " + cell + ": " + plain
	}
	return []detail{{label, plain}, {writtenLabel, written}}
}

// writtenLabel is before an expression whose meaning stands above it.
const writtenLabel = "as written"

func phaseTable(phases []results.Phase, t times) table {
	out := table{head: []string{"phase", "from", "length", "offered", "goodput", "p99", "availability"}, numbers: true}
	for _, p := range phases {
		out.rows = append(out.rows, []string{
			p.Name, seconds(p.FromS), t.both(p.ToS - p.FromS), number(p.Offered) + "/s", number(p.Goodput) + "/s", ms(p.P99MS), shareOf(p.Availability),
		})
	}
	return out
}

func cohortRows(s *results.Summary) (rows [][]string) {
	t := times{s.Speed}
	for _, c := range cellsOf(s) {
		for _, k := range c.Cohorts {
			name := k.Name
			if c.name != s.Cell {
				name = c.name + "/" + name
			}
			rows = append(rows, []string{name, strconv.Itoa(k.Clients), shareOf(k.Availability), t.both(k.LongestOutageS), t.both(k.LostS)})
		}
	}
	return rows
}

func backendTable(backends []results.Backend) table {
	out := table{head: []string{"instance", "good", "failed", "share of the good"}, numbers: true}
	var sum uint64
	for _, b := range backends {
		sum += b.OK
	}
	for _, b := range backends {
		share := nothing
		if sum > 0 {
			share = analysis.FormatShare(float64(b.OK) / float64(sum))
		}
		out.rows = append(out.rows, []string{b.Name, strconv.FormatUint(b.OK, 10), strconv.FormatUint(b.Failed, 10), share})
	}
	return out
}

func costTable(c *results.Cost) table {
	out := table{head: []string{"item", "$ a month"}, numbers: true}
	for _, i := range c.Items {
		name := i.Name
		if !strings.Contains(i.Name, i.What) {
			name += ", " + i.What
		}
		out.rows = append(out.rows, []string{name, dollars(i.MonthUSD)})
	}
	out.rows = append(out.rows, []string{"together", dollars(c.MonthUSD)})
	return out
}
