package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"

	"showdown/results/compare"
)

//go:embed compare.tmpl
var compareTemplate string

// ComparisonHTML writes a comparison as one HTML file without outside references or
// scripts, with the figures after the numbers. version is that of the program, for the
// page's foot.
func ComparisonHTML(w io.Writer, c *compare.Comparison, plates []Plate, version string) error {
	return writeCompareHTML(w, comparePage{
		Title: sidesTitle(c.Sides), Sentence: c.Sentence, Certainty: c.Certainty, Warnings: cleaned(c.Warnings), Sides: sidesRows(c.Sides),
		Parts: []comparePart{partOf(c, false)}, Figures: figuresOf(plates), Version: version, Alpha: alpha(c),
	})
}

// JourneyComparisonHTML writes a comparison of journeys as [ComparisonHTML] does.
func JourneyComparisonHTML(w io.Writer, j *compare.JourneyComparison, plates []Plate, version string) error {
	page := comparePage{
		Sentence: j.Sentence, Certainty: j.Certainty, Warnings: cleaned(j.Warnings),
		Figures: figuresOf(plates), Version: version, Alpha: alpha(j.Stages[0]),
	}
	var names []string
	for _, s := range j.Sides {
		names = append(names, s.Name)
		page.Sides = append(page.Sides, pageSide{Name: clean(s.Name), Runs: cleaned(s.Runs), Detail: plural(len(s.Stages), "stage")})
	}
	page.Title = joined(names)
	for _, c := range j.Stages {
		page.Parts = append(page.Parts, partOf(c, true))
	}
	return writeCompareHTML(w, page)
}

// comparePage is the page as its template wants it: every text is clean, and the template
// escapes it.
type comparePage struct {
	// Theme is the inks of the figures.
	Theme                                      template.CSS
	Title, Sentence, Certainty, Version, Alpha string
	Warnings                                   []string
	Sides                                      []pageSide
	Parts                                      []comparePart
	Figures                                    []template.HTML
}

type pageSide struct {
	Name, Stage, Detail string
	Runs                []string
}

// comparePart is what is said of one stage.
type comparePart struct {
	Title, Sentence string
	Warnings        []string
	Tables          []pageTable
	Strips          []pageStrips
}

type pageTable struct {
	Title string
	// Changes says that the differences from the first side are shown.
	Changes bool
	Head    []string
	Rows    []pageRow
	Detail  []pageRow
}

type pageRow struct {
	Label string
	Sides []string
	// Changes are what each further side shows against the first.
	Changes []pageChange
}

type pageChange struct{ Difference, Interval, Verdict, Class string }

// pageStrips is what users got over time: a row of steps for each side.
type pageStrips struct {
	Title, Step string
	From        []string
	Rows        []pageStrip
}

type pageStrip struct {
	Name  string
	Steps []pageStep
}

type pageStep struct {
	Text, Title, Class string
}

func partOf(c *compare.Comparison, stage bool) comparePart {
	out := comparePart{}
	if stage {
		out.Title, out.Sentence, out.Warnings = clean(c.Stage), clean(c.Sentence), cleaned(c.Warnings)
	}
	for _, t := range c.Tables {
		// One run of each of many stages: their differences would hide the numbers.
		p := pageTable{Title: named(t.Title), Changes: repeated(c) || len(c.Sides) <= mostBeside+1}
		for _, s := range c.Sides {
			p.Head = append(p.Head, clean(s.Name))
		}
		for _, r := range t.Rows {
			row := pageRow{Label: clean(r.Label)}
			for _, s := range r.Sides {
				row.Sides = append(row.Sides, spreadOf(r.Unit, s))
			}
			for _, a := range r.Against {
				if !p.Changes {
					break
				}
				change := changeOn(r, a)
				if !repeated(c) && a.Verdict == compare.CannotKnow {
					change.Verdict = "" // said once, above
				}
				row.Changes = append(row.Changes, change)
			}
			if r.Detail {
				p.Detail = append(p.Detail, row)
			} else {
				p.Rows = append(p.Rows, row)
			}
		}
		out.Tables = append(out.Tables, p)
	}
	for _, a := range c.Aligned {
		out.Strips = append(out.Strips, stripsOf(a))
	}
	return out
}

func changeOn(r compare.Row, a compare.Against) pageChange {
	out := pageChange{Difference: changeOf(r.Unit, a), Interval: intervalOf(r, a), Verdict: verdictOf(a), Class: "unknown"}
	switch a.Verdict {
	case compare.BetterThan:
		out.Class = "better"
	case compare.WorseThan:
		out.Class = "worse"
	case compare.NoDifference:
		out.Class = "same"
	}
	return out
}

// bands are the shares below which a step is drawn as worse than good.
const (
	downBelow     = 0.5
	degradedBelow = 0.99
)

func stripsOf(a compare.Aligned) pageStrips {
	out := pageStrips{Title: alignedTitle(a), Step: seconds(a.StepS)}
	for _, f := range a.FromS {
		out.From = append(out.From, seconds(f))
	}
	for _, s := range a.Sides {
		row := pageStrip{Name: clean(s.Name)}
		for i, v := range s.Availability {
			step := pageStep{Text: nothing, Class: "none", Title: "from " + out.From[i] + ": no request was due"}
			if v != nil {
				step = pageStep{Text: fmt.Sprintf("%.0f", math.Floor(*v*100)), Class: "up", Title: "from " + out.From[i] + ": " + shareOf(v)}
				switch {
				case *v < downBelow:
					step.Class = "down"
				case *v < degradedBelow:
					step.Class = "degraded"
				}
			}
			row.Steps = append(row.Steps, step)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func sidesRows(sides []compare.SideInfo) []pageSide {
	var out []pageSide
	for _, s := range sides {
		detail := fmt.Sprintf("speed %s · seed %d", number(s.Speed), s.Seeds[0])
		if len(s.Seeds) > 1 {
			detail = fmt.Sprintf("speed %s · %d runs", number(s.Speed), len(s.Seeds))
		}
		out = append(out, pageSide{Name: clean(s.Name), Stage: clean(s.Title), Detail: clean(detail + " · " + s.Verdict), Runs: cleaned(s.Runs)})
	}
	return out
}

func sidesTitle(sides []compare.SideInfo) string {
	var names []string
	for _, s := range sides {
		names = append(names, s.Name)
	}
	return joined(names)
}

// joined is "asg, dns and multi-az".
func joined(names []string) string {
	out := ""
	for i, n := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			out += " and "
		default:
			out += ", "
		}
		out += clean(n)
	}
	return out
}

func figuresOf(plates []Plate) []template.HTML {
	var out []template.HTML
	for i := range plates {
		out = append(out, plateHTML(&plates[i]))
	}
	return out
}

func alpha(c *compare.Comparison) string {
	return number(c.Alpha*100) + " %"
}

func cleaned(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = clean(t)
	}
	return out
}

func writeCompareHTML(w io.Writer, p comparePage) error {
	p.Theme = template.CSS(themeCSS())
	t, err := template.New("compare").Parse(compareTemplate)
	if err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	p.Sentence, p.Certainty, p.Version = unbroken(p.Sentence), clean(p.Certainty), clean(p.Version)
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}
