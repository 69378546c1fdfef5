package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
)

// section is a run on a page.
type section struct {
	ID, Name, Title, Kicker, Promise string
	Verdict                          showdown.Verdict
	Sentence                         string
	Reasons                          []string
	Before, After, Cures             string
	// Than is what the stage has changed beside the one before it.
	Than          string
	Figures       []figureOfMerit
	Strip         *Plate
	Plates        []Plate
	Claims, Gates document
	Faults        document
	Cells, More   document
	Generator     document
	Cost          document
	Spec          string
	Reproduce     []string
	Made          document
}

// figureOfMerit is a number of the first screen with what it means.
type figureOfMerit struct{ Label, Value, Lab, Means string }

// section is the page's run; before is the summary of the stage before it, nil for none.
func (p RunPage) section(before *results.Summary) section {
	s := p.Summary
	t := times{s.Speed}
	out := section{
		ID: anchor(s.Stage), Name: nameOf(s), Title: s.Title, Verdict: badge(s), Sentence: sentence(s, t), Reasons: s.Reasons,
		Strip: p.Strip, Plates: p.Plates, Figures: merits(s, t),
		Than: than(before, s),
	}
	if out.Title == "" {
		out.Title = out.Name
	}
	out.Kicker = kicker(s)
	for _, c := range cellsOf(s) {
		if len(c.Faults) > 0 {
			if len(s.Cells) > 0 {
				out.Faults = append(out.Faults, heading{"Cell " + c.name, ""})
			}
			out.Faults = append(out.Faults, faultList(c.Faults, t))
		}
	}
	if len(s.Claims) > 0 {
		out.Claims = document{claimList(s.Claims)}
	}
	if len(s.Gates) > 0 {
		out.Gates = document{gateList(s.Gates)}
	}
	if aside := t.aside(); aside != "" {
		out.Cells = append(out.Cells, paragraph{strings.ToUpper(aside[:1]) + aside[1:] + ".", true})
	}
	out.Cells = append(out.Cells, feltTable(s, t))
	out.More = moreBlocks(s, t)
	out.Generator = generatorBlocks(s)
	if c := s.Cost; c != nil && len(c.Items) > 0 {
		out.Cost = append(document{costTable(c)}, reservedTables(c, s.Cell)...)
	}
	if p.Manifest != nil {
		out.describe(p.Manifest)
	}
	return out
}

// describe adds what the manifest knows.
func (s *section) describe(m *results.Manifest) {
	if m.Spec != nil {
		s.Promise, s.Before, s.After, s.Cures = m.Spec.Promise, m.Spec.Teach.Before, m.Spec.Teach.After, m.Spec.Teach.Cures
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if e.Encode(m.Spec) == nil {
			s.Spec = b.String()
		}
	}
	s.Reproduce = []string{again(m)}
	made := table{head: []string{"", ""}}
	add := func(label, value string) {
		if value != "" {
			made.rows = append(made.rows, []string{label, value})
		}
	}
	add("run", m.Run)
	add("started", m.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	add("command", strings.Join(m.Command, " "))
	add("seed", fmt.Sprint(m.Seed))
	add("speed", fmt.Sprintf("%g AWS seconds in a second", m.Speed))
	add("showdown", m.Machine.Tool)
	add("vegeta", m.Machine.Vegeta)
	add("Go", m.Machine.Go)
	add("machine", strings.TrimSpace(fmt.Sprintf("%s, %s/%s %s, %d CPUs", m.Machine.Host, m.Machine.OS, m.Machine.Arch, m.Machine.Kernel, m.Machine.CPUs)))
	s.Made = document{made}
}

// again is the command that plays a run once more.
func again(m *results.Manifest) string {
	if len(m.Command) > 1 && (m.Command[1] == "attack" || m.Spec == nil) {
		return strings.Join(m.Command, " ")
	}
	target := m.Journey + "/" + m.Stage
	if m.Spec != nil && m.Spec.Source != "" && !strings.HasPrefix(m.Spec.Source, "builtin:") {
		target = m.Spec.Source
	}
	return fmt.Sprintf("showdown run %s --speed %g --seed %d", target, m.Speed, m.Seed)
}

func nameOf(s *results.Summary) string {
	name := s.Stage
	if s.Journey != "" {
		name = s.Journey + "/" + s.Stage
	}
	return strings.Trim(name, "/")
}

func kicker(s *results.Summary) string {
	parts := []string{nameOf(s), "run " + s.Run, s.Started.UTC().Format("2006-01-02 15:04 UTC")}
	if !s.Complete {
		parts = append(parts, "the end of the record is missing")
	}
	return strings.Join(parts, " · ")
}

// anchor is a name as an id of an element.
func anchor(name string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	return "s-" + strings.Trim(out, "-")
}

// merits are the numbers of the first screen, each with its definition.
func merits(s *results.Summary, t times) []figureOfMerit {
	lab := func(v float64) string {
		if v == 0 || s.Speed <= 1 {
			return ""
		}
		return labTimeOf(v / s.Speed)
	}
	out := []figureOfMerit{
		{"available", shareOf(s.Availability), "", "The share of the scheduled requests that were answered well: with a status below 400, the right content, in time. Requests that the generator could not send count as not answered."},
		{"longest outage", seconds(s.Downtime.LongestOutageS), lab(s.Downtime.LongestOutageS), "From the intended time of the first failed request to that of the next good one, where at least ten requests in a row failed and none in between succeeded. It is known to " + seconds(s.Downtime.ResolutionS) + ", the interval between requests."},
		{"lost", seconds(s.Downtime.LostS), lab(s.Downtime.LostS), "The failed share integrated over time: so many seconds of a total outage would have failed as many requests. Partial failure counts in part."},
		{"failed requests", fmt.Sprint(s.Requests.Failed + s.Requests.Dropped), "", fmt.Sprintf("Of %d requests on the schedule. They are not among the latencies.", s.Requests.Scheduled)},
		{"p99", ms(s.LatencyMS.Service.P99), "", "99 of 100 good answers were there within this time, from the send to the end of the answer. Latency is real time and is not scaled by the speed; from the intended send it was " + ms(s.LatencyMS.Response.P99) + "."},
	}
	if s.Cost != nil {
		out = append(out, figureOfMerit{"a month", dollars(s.Cost.MonthUSD), "", "What the base cell costs in a month of 730 hours at the published prices of AWS, with the traffic of this run."})
	}
	return out
}

func labTimeOf(v float64) string { return lab(v) + " here" }

// than says in a sentence how a stage compares with the one before: the reference windows,
// in which both play the same event, and the bill.
func than(before, s *results.Summary) string {
	if before == nil {
		return ""
	}
	var parts []string
	if a, b := before.Reference, s.Reference; a != nil && b != nil {
		switch {
		case a.LostS == 0 && b.LostS == 0:
			parts = append(parts, fmt.Sprintf("the event that both play cost neither of them anything, as in %s", before.Stage))
		default:
			parts = append(parts, fmt.Sprintf("the event that both play cost %s of service, and %s in %s", seconds(b.LostS), seconds(a.LostS), before.Stage))
		}
	}
	if a, b := before.Cost, s.Cost; a != nil && b != nil {
		switch d := b.MonthUSD - a.MonthUSD; {
		case d >= 0.005:
			parts = append(parts, fmt.Sprintf("it costs %s more a month", dollars(d)))
		case d <= -0.005:
			parts = append(parts, fmt.Sprintf("it costs %s less a month", dollars(-d)))
		default:
			parts = append(parts, "it costs the same")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, "; ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// moreBlocks are the tables below the cells.
func moreBlocks(s *results.Summary, t times) document {
	var d document
	if w := s.Downtime.Outages; len(w) > 0 {
		d = append(d, heading{"Outages", "of the cell " + s.Cell}, outageTable(w, t))
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
	return d
}

// generatorBlocks say how far the load generator can be trusted.
func generatorBlocks(s *results.Summary) document {
	out := table{head: []string{"cell", "late, p99", "late, at most", "schedule", "dropped"}, numbers: true}
	good := true
	for _, c := range cellsOf(s) {
		g := c.Generator
		kept := "kept"
		switch {
		case g.Saturated:
			kept = "saturated"
		case g.Disturbed:
			kept = "disturbed"
		}
		good = good && kept == "kept"
		out.rows = append(out.rows, []string{c.name, number(g.LateP99MS) + " ms", number(g.LateMaxMS) + " ms", kept, fmt.Sprint(c.Requests.Dropped)})
	}
	say := "The generator kept its schedule: what is said about users above is about the architecture and not about this machine."
	if !good {
		say = "The generator did not keep its schedule everywhere: a claim that deviates there is unknown, because the machine and not the architecture may be the reason."
	}
	return document{
		paragraph{say, false},
		out,
		paragraph{"Generator, name server, balancers and instances share one machine and its loopback interface. All zones share one kernel; distances between them are added where a stage says so.", true},
	}
}

// stageRow is a stage in the table of a journey.
type chapter struct {
	Title, Kicker, Opening string
	Verdict                showdown.Verdict
	Sentence               string
	Table                  document
	Strip                  *Plate
	Plates                 []Plate
	Stages                 []section
	Claims, Pillars        document
	Reproduce              []string
}

func (p JourneyPage) chapter() chapter {
	j := p.Summary
	out := chapter{Title: j.Journey, Verdict: j.Verdict, Strip: p.Strip, Plates: p.Plates}
	parts := []string{j.Journey, "run " + j.Run}
	if m := p.Manifest; m != nil {
		if m.Title != "" {
			out.Title = m.Title
		}
		out.Opening = m.Opening
		parts = append(parts, m.Started.UTC().Format("2006-01-02 15:04 UTC"))
		out.Reproduce = []string{fmt.Sprintf("showdown run %s --speed %g --seed %d", m.Journey, m.Speed, m.Seed)}
	}
	out.Kicker = strings.Join(parts, " · ")
	held, all := 0, 0
	count := func(claims []results.ClaimResult) {
		for _, c := range claims {
			all++
			if c.Verdict == showdown.Held {
				held++
			}
		}
	}
	var before *results.Summary
	for _, s := range p.Stages {
		out.Stages = append(out.Stages, s.section(before))
		count(s.Summary.Claims)
		before = s.Summary
	}
	count(j.Claims)
	out.Sentence = journeySentence(j, held, all)
	d := describeJourney(&results.JourneySummary{Journey: j.Journey, Stages: j.Stages}, false)
	out.Table = d[1:]
	if len(j.Claims) > 0 {
		out.Claims = document{claimList(j.Claims)}
	}
	out.Pillars = pillarTables(j.Scorecards, true)
	return out
}

// journeySentence says what the journey shows: how many claims held, and what the event
// that all stages play cost in the worst and in the best of them.
func journeySentence(j *results.JourneySummary, held, all int) string {
	out := fmt.Sprintf("%d of %s held.", held, plural(all, "claim"))
	if held == all && all > 0 {
		out = fmt.Sprintf("All %s held.", plural(all, "claim"))
	}
	var worst, best *results.Summary
	for i := range j.Stages {
		s := &j.Stages[i]
		if s.Reference == nil {
			continue
		}
		if worst == nil || s.Reference.LostS > worst.Reference.LostS {
			worst = s
		}
		if best == nil || s.Reference.LostS <= best.Reference.LostS {
			best = s
		}
	}
	if worst != nil && worst != best {
		out += fmt.Sprintf(" The event that the stages share costs %s of service in %s and %s in %s.",
			analysis.FormatSeconds(worst.Reference.LostS), worst.Stage, analysis.FormatSeconds(best.Reference.LostS), best.Stage)
	}
	return out
}
