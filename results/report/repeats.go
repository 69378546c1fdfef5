package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"showdown"
	"showdown/results"
	"showdown/results/compare"
	"showdown/results/statistics"
)

// Repeats writes for a terminal what runs of one stage show together: the median of each
// number with its interval, and how often each claim held.
func Repeats(w io.Writer, runs []*results.Summary, color bool) error {
	r := compare.Repeated(runs)
	return terminal{color: color}.write(w, append(document{repeatTitle(r)}, describeRepeats(r)...))
}

// JourneyRepeats is [Repeats] of the runs of a journey, stage by stage, with the claims
// that compare stages.
func JourneyRepeats(w io.Writer, runs []*results.JourneySummary, color bool) error {
	var names []string
	stages := map[string][]*results.Summary{}
	own := &results.Summary{}
	claims := []*results.Summary{}
	for _, j := range runs {
		for i := range j.Stages {
			s := &j.Stages[i]
			if !slices.Contains(names, s.Stage) {
				names = append(names, s.Stage)
			}
			stages[s.Stage] = append(stages[s.Stage], s)
		}
		own.Verdict = own.Verdict.Worse(j.Verdict)
		claims = append(claims, &results.Summary{Claims: j.Claims})
	}
	d := document{title{fmt.Sprintf("%s: %s", runs[0].Journey, plural(len(runs), "run")), own.Verdict}}
	for _, name := range names {
		r := compare.Repeated(stages[name])
		d = append(d, heading{named("stage " + r.Stage), ""})
		d = append(d, describeRepeats(r)...)
	}
	if list, ok := repeatedClaims(compare.Repeated(claims).Claims, len(claims)); ok {
		d = append(append(d, heading{"Claims", "that compare stages"}), list...)
	}
	return terminal{color: color}.write(w, d)
}

func repeatTitle(r *compare.Repetition) title {
	text := r.Stage
	if r.Title != "" {
		text += ": " + r.Title
	}
	return title{text, r.Verdict}
}

func describeRepeats(r *compare.Repetition) document {
	n := len(r.Seeds)
	seeds := make([]string, n)
	for i, s := range r.Seeds {
		seeds[i] = fmt.Sprint(s)
	}
	d := document{
		paragraph{fmt.Sprintf("%s · speed %s · seeds %s", plural(n, "run"), number(r.Speed), strings.Join(seeds, ", ")), true},
		paragraph{intervalSentence(n), true},
	}
	for _, t := range r.Tables {
		out := table{head: []string{"", "median", "low", "high"}, numbers: true}
		for _, row := range shown(t.Rows) {
			s := row.Sides[0]
			out.rows = append(out.rows, []string{row.Label + partly(s, n), row.Unit.Format(s.Value), row.Unit.Format(s.Low), row.Unit.Format(s.High)})
		}
		if len(out.rows) > 0 {
			d = append(d, heading{named(t.Title), compareAside}, out)
		}
	}
	if list, ok := repeatedClaims(r.Claims, n); ok {
		d = append(append(d, heading{"Claims", ""}), list...)
	}
	return d
}

// intervalSentence says what the interval of a median of n runs is worth.
func intervalSentence(n int) string {
	ranks := make([]float64, n)
	for i := range ranks {
		ranks[i] = float64(i)
	}
	m := statistics.MedianOf(ranks)
	switch {
	case n < 2:
		return "One run: there is no interval."
	case m.Confidence < statistics.Level:
		return fmt.Sprintf("Low and high are the least and the largest value: with %d runs such an interval holds the true median in %s of cases.", n, confidence(m.Confidence))
	}
	return fmt.Sprintf("Low and high are the interval of the median at %s confidence.", confidence(m.Confidence))
}

// partly says in how many runs a number was not measured.
func partly(s compare.Spread, runs int) string {
	if s.N == runs {
		return ""
	}
	return fmt.Sprintf(" (of %d runs)", s.N)
}

// repeatedClaims is how often claims held in n runs: in one line when all always did.
func repeatedClaims(claims []compare.RepeatedClaim, n int) (document, bool) {
	if len(claims) == 0 {
		return nil, false
	}
	var l list
	for _, c := range claims {
		if c.Held == n {
			continue
		}
		worst := showdown.Unknown
		if c.Deviated > 0 {
			worst = showdown.Deviated
		}
		l = append(l, entry{verdict: worst, text: fmt.Sprintf("%s: held in %d of %s, deviated in %d, unknown in %d. %s", c.ID, c.Held, plural(n, "run"), c.Deviated, c.Unknown, c.Text)})
	}
	always := paragraph{fmt.Sprintf("%d of %s held in every run.", len(claims)-len(l), plural(len(claims), "claim")), false}
	if len(l) == 0 {
		return document{always}, true
	}
	return document{always, l}, true
}

// AgainstResult writes for a terminal how a run stands against the earlier one that it was
// held to.
func AgainstResult(w io.Writer, a *results.Against, color bool) error {
	d := document{heading{named("against " + a.Run), ""}}
	for _, warning := range a.Warnings {
		d = append(d, paragraph{"! " + warning, true})
	}
	var l list
	for _, b := range a.Bounds {
		text := b.Bound
		if b.Stage != "" {
			text = b.Stage + ": " + text
		}
		e := entry{verdict: b.Verdict, text: text}
		if b.Measured != "" {
			e.details = append(e.details, detail{"measured", b.Measured})
		}
		if b.Reason != "" {
			e.details = append(e.details, detail{"because", b.Reason})
		}
		l = append(l, e)
	}
	if len(l) > 0 {
		d = append(d, l)
	}
	return terminal{color: color}.write(w, d)
}
