package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"showdown"
	"showdown/results"
	"showdown/results/draw"
)

// played is a stage of the journey that these tests draw: so many requests of its
// reference window were answered well, for so much a month.
type played struct {
	name      string
	n, ok     uint32
	usd       float64
	topology  showdown.Topology
	timeline  []showdown.Step
	pillars   []results.Pillar
	repeats   []results.Repeat
	latencies []float64 // at the 50th, 95th and 99th percentile
}

func indicator(name string, v float64, unit string, than results.Comparison) results.Indicator {
	return results.Indicator{Name: name, Value: &v, Unit: unit, Better: "less", Than: than}
}

// journeyOf is a set of stages in their order, as [Load] makes it of a journey.
func journeyOf(stages ...played) *Set {
	s := &Set{Name: "j", Journey: &results.JourneySummary{Run: "j"}}
	for i, p := range stages {
		share := float64(p.ok) / float64(p.n)
		sum := &results.Summary{Run: "j/" + p.name, Stage: p.name, Cell: "base", Speed: 60, Repeats: p.repeats}
		sum.Requests = results.Requests{Scheduled: uint64(p.n), Sent: uint64(p.n), OK: uint64(p.ok), Failed: uint64(p.n - p.ok)}
		sum.Reference = &results.Reference{FromS: 0, ToS: 300, Availability: &share}
		sum.Cost = &results.Cost{MonthUSD: p.usd}
		bucket := results.Bucket{Scheduled: p.n}
		bucket.Outcomes[showdown.OK] = p.ok
		series := &results.Series{Cell: "base", BucketS: 300, BucketLabS: 5, Buckets: []results.Bucket{bucket}}
		curve := results.Curve{N: uint64(p.ok)}
		for k, ms := range p.latencies {
			curve.Points = append(curve.Points, results.CurvePoint{Percentile: dotted()[k], ServiceMS: ms})
		}
		series.Reference = &curve
		s.Sources = append(s.Sources, Source{
			Name: p.name, Summary: sum, Series: map[string]*results.Series{"base": series},
			Manifest: &results.Manifest{Spec: &showdown.Stage{
				Name: p.name, Promise: "The promise of " + p.name,
				Cells: []showdown.Cell{{Name: "base", Topology: p.topology, Timeline: p.timeline}},
			}},
		})
		card := results.Scorecard{Stage: p.name, Pillars: p.pillars}
		if i > 0 {
			card.Against = stages[i-1].name
		}
		s.Journey.Scorecards = append(s.Journey.Scorecards, card)
	}
	return s
}

func instances(n int, kind string) showdown.Topology {
	var t showdown.Topology
	for i := range n {
		t.Instances = append(t.Instances, showdown.Instance{Name: fmt.Sprintf("web-%d", i+1), Role: "web", Type: kind, Zone: fmt.Sprintf("us-east-1%c", 'a'+i%2)})
	}
	return t
}

// course is four stages: a dear one that gives nothing, a cheap one that gives a nine, and
// one that gives more for less.
func course() *Set {
	return journeyOf(
		played{"one", 1000, 900, 10, instances(1, "t2.micro"), nil, []results.Pillar{
			{Name: results.Reliability, Indicators: []results.Indicator{indicator("lost", 9, "s", "")}},
			{Name: results.CostPillar, Indicators: []results.Indicator{indicator("a month", 10, "USD", "")}},
		}, nil, []float64{5, 6, 8}},
		played{"large", 1000, 905, 70, instances(1, "t2.micro"), []showdown.Step{{Letter: "A", Do: "resize-instance", Target: "web-1", With: map[string]string{"type": "m5.large"}}}, []results.Pillar{
			{Name: results.Reliability, Than: results.Same, Indicators: []results.Indicator{indicator("lost", 9, "s", results.Same)}},
			{Name: results.CostPillar, Than: results.Worse, By: "a month", Indicators: []results.Indicator{indicator("a month", 70, "USD", results.Worse)}},
		}, nil, []float64{5, 6, 7}},
		played{"three", 1000, 990, 200, instances(3, "m5.large"), nil, []results.Pillar{
			{Name: results.Reliability, Than: results.Better, By: "lost", Indicators: []results.Indicator{indicator("lost", 3, "s", results.Better)}},
			{Name: results.CostPillar, Than: results.Worse, By: "a month", Indicators: []results.Indicator{indicator("a month", 200, "USD", results.Worse)}},
		}, nil, []float64{5, 6, 9}},
		played{"spread", 2000, 1999, 150, instances(4, "m5.large"), nil, []results.Pillar{
			{Name: results.Reliability, Than: results.Better, By: "lost", Indicators: []results.Indicator{indicator("lost", 1, "s", results.Better)}},
			{Name: results.CostPillar, Than: results.Better, By: "idle", Indicators: []results.Indicator{indicator("a month", 150, "USD", results.Same), indicator("idle", .2, "share", results.Better)}},
		}, nil, []float64{5, 6, 20}},
	)
}

func made(t *testing.T, id string, s *Set, p Page) *Figure {
	t.Helper()
	k, err := KindNamed(id)
	if err != nil {
		t.Fatal(err)
	}
	f := Build(k, s, p)
	if f.Picture == nil {
		t.Fatalf("%s is empty: %s", id, f.Empty)
	}
	return f
}

// written is the figure as it stands inside a page, whose texts are texts.
func written(t *testing.T, f *Figure) string {
	t.Helper()
	var out bytes.Buffer
	if err := f.Picture.Inline(&out, "figure"); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The stages' figures say what was measured, in both languages and both shapes, and are
// the same bytes each time.
func TestStagesFigures(t *testing.T) {
	titles := map[string]string{
		"F5":  "19 of 20 answers",
		"F8":  "An extra nine costs $133 a month in three",
		"F9":  "In 3 steps reliability gets better 2 times, cost optimization worse 2 times",
		"F12": "From one server at $10 a month to 4 servers in 2 zones at $150 a month",
	}
	for id, want := range titles {
		for _, shape := range []Shape{Print, Slide} {
			for _, lang := range Langs() {
				p := Page{Shape: shape, Lang: lang}
				a, b := made(t, id, course(), p), made(t, id, course(), p)
				if x, y := written(t, a), written(t, b); x != y {
					t.Errorf("%s differs from one time to the next", id)
				}
				if lang == English && !strings.HasPrefix(a.Title, want) {
					t.Errorf("%s is titled %q, want %q", id, a.Title, want)
				}
				if lang == French && strings.HasPrefix(a.Title, want) {
					t.Errorf("%s has no French title: %q", id, a.Title)
				}
			}
		}
	}
}

func TestNines(t *testing.T) {
	for share, want := range map[float64]float64{0: 0, 0.9: 1, 0.99: 2, 0.999: 3} {
		if got := nines(share); math.Abs(got-want) > 1e-9 {
			t.Errorf("nines(%g) = %g, want %g", share, got, want)
		}
	}
	// Wilson's interval of 5 of 10, and what no failure among 10 leaves.
	if low, high := wilson(.5, 10); math.Abs(low-.2366) > 1e-4 || math.Abs(high-.7634) > 1e-4 {
		t.Errorf("5 of 10 lie in %g to %g", low, high)
	}
	if low, high := wilson(1, 10); math.Abs(low-.7225) > 1e-4 || high != 1 {
		t.Errorf("10 of 10 lie in %g to %g", low, high)
	}
	if low, high := wilson(.5, 0); low != 0 || high != 1 {
		t.Errorf("nothing lies in %g to %g", low, high)
	}
}

// A step has a price only where it is seen to give a nine.
func TestStepsAreNamed(t *testing.T) {
	out := written(t, made(t, "F8", course(), Page{Shape: Slide, Lang: English}))
	for _, want := range []string{"+$60, no difference seen", "$133 a nine", "−$50 and more nines"} {
		if !strings.Contains(out, ">"+want+"<") {
			t.Errorf("no arrow says %q", want)
		}
	}
	// Between the cells of one run, and between runs, nothing follows.
	s := course()
	s.Journey = nil
	if out := written(t, made(t, "F8", s, Page{Shape: Slide, Lang: English})); strings.Contains(out, "a nine<") || strings.Contains(out, "no difference") {
		t.Error("runs of their own are joined by steps")
	}
}

// The spread over repeats replaces that of chance.
func TestNinesOfRepeats(t *testing.T) {
	s := course()
	repeat := func(low, high float64) []results.Repeat {
		return []results.Repeat{{Name: "reference.availability", Values: []float64{low, high}, Low: low, High: high}}
	}
	s.Sources[2].Summary.Repeats = repeat(.89, .995)
	s.Sources[1].Summary.Repeats = repeat(.85, .95)
	f := made(t, "F8", s, Page{Lang: English})
	row := f.Table.Rows[2]
	if row[3] != "0.89" || row[4] != "0.995" || row[5] != "repeats" || row[11] != "false" {
		t.Errorf("the row is %q", row)
	}
	if f.Table.Rows[0][5] != "chance" {
		t.Errorf("without repeats the interval is of %s", f.Table.Rows[0][5])
	}
}

func TestDots(t *testing.T) {
	s := course()
	s.Sources[0].Summary.Repeats = []results.Repeat{{Name: "reference.p99_ms", Values: []float64{7, 9}, Low: 7, High: 9}}
	s.Journey.Repeats = []results.Repeat{{Name: "stages.large.reference.p99_ms", Values: []float64{6, 8}, Low: 6, High: 8}}
	f := made(t, "F5", s, Page{Lang: English})
	rows := map[string][]string{}
	for _, r := range f.Table.Rows {
		rows[r[0]+" "+r[1]] = r[2:]
	}
	// Of 900 answers nine lie beyond the 99th percentile, of 990 as well.
	for key, want := range map[string]string{
		"one 50": "5,,,false", "one 95": "6,,,false", "one 99": "8,7,9,true", "large 99": "7,6,8,true", "spread 99": "20,,,false",
	} {
		if got := strings.Join(rows[key], ","); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestCurveAt(t *testing.T) {
	c := results.Curve{Points: []results.CurvePoint{{Percentile: 0, ServiceMS: 1}, {Percentile: 90, ServiceMS: 2}, {Percentile: 99, ServiceMS: 4}}}
	for p, want := range map[float64]float64{0: 1, 90: 2, 99: 4, 100 - math.Sqrt(10): 3} {
		if got, ok := curveAt(c, p); !ok || math.Abs(got-want) > 1e-6 {
			t.Errorf("at %g: %g, %v; want %g", p, got, ok, want)
		}
	}
	if _, ok := curveAt(c, 99.9); ok {
		t.Error("the curve goes on beyond its end")
	}
}

// The scorecard shows the number that most stages have, says what decided where it is
// another, and has every word in French.
func TestScorecard(t *testing.T) {
	out := written(t, made(t, "F9", course(), Page{Shape: Slide, Lang: English}))
	for _, want := range []string{">$70.00<", ">better<", ">worse<", ">same<", ">idle<"} {
		if !strings.Contains(out, want) {
			t.Errorf("the scorecard lacks %s", want)
		}
	}
	words := append(results.Pillars(), string(results.Better), string(results.Worse), string(results.Same), string(results.Incomparable), "USD", "vCPU-hours")
	source, err := os.ReadFile("../analysis/pillars.go")
	if err != nil {
		t.Fatal(err)
	}
	indicators := regexp.MustCompile(`\{results\.[A-Za-z]+, "([^"]+)"`).FindAllSubmatch(source, -1)
	if len(indicators) < 15 {
		t.Errorf("found %d indicators", len(indicators))
	}
	for _, m := range indicators {
		words = append(words, string(m[1]))
	}
	for _, word := range words {
		if French.term(word) == word {
			t.Errorf("no French for %q", word)
		}
	}
	s := course()
	s.Journey = nil
	k, _ := KindNamed("F9")
	if f := Build(k, s, Page{Lang: English}); f.Picture != nil || f.Empty == "" {
		t.Error("runs without a journey have a scorecard")
	}
}

func TestEvolution(t *testing.T) {
	f := made(t, "F12", course(), Page{Lang: English})
	out := written(t, f)
	// The instance of the second stage is the resized one, and so changed.
	for _, want := range []string{`id="d2-node-web-1" data-state="" data-belief=""`, ">m5.large<", "The promise of large", ">$150<"} {
		if !strings.Contains(out, want) {
			t.Errorf("the row lacks %s", want)
		}
	}
	if got := f.Table.Rows[1][7]; got != "1" {
		t.Errorf("%s parts changed in the second stage, want 1", got)
	}
	if got := f.Table.Rows[2][2] + " in " + f.Table.Rows[2][3]; got != "3 in 2" {
		t.Errorf("%s zones, want 3 in 2", got)
	}
	// Cells of one architecture are drawn once.
	s := course()
	s.Journey, s.Sources = nil, s.Sources[:1]
	spec := s.Sources[0].Manifest.Spec
	spec.Cells = append(spec.Cells, showdown.Cell{Name: "again", Topology: instances(1, "t2.micro")}, showdown.Cell{Name: "other", Topology: instances(2, "t2.micro")})
	s.Sources[0].Summary.Cells = map[string]results.CellSummary{"again": {}, "other": {}}
	f = made(t, "F12", s, Page{Lang: English})
	if len(f.Table.Rows) != 2 || f.Table.Rows[0][1] != "the same in again" {
		t.Errorf("the cells are %q", f.Table.Rows)
	}
}

// Whatever a stage is called, its figures are XML in which no name is an element.
func TestStagesOfAnyName(t *testing.T) {
	s := course()
	long := strings.Repeat("a-very-long-name-", 20)
	s.Sources[1].Name, s.Sources[1].Summary.Stage, s.Journey.Scorecards[1].Stage = long, long, long
	html := "</svg><script>alert(1)</script>\x00\x1b[31m\u202e"
	s.Sources[2].Name, s.Sources[2].Summary.Stage, s.Journey.Scorecards[2].Stage = html, html, html
	s.Sources[2].Manifest.Spec.Promise = html + long
	for _, id := range []string{"F5", "F8", "F9", "F12"} {
		for _, shape := range []Shape{Print, Slide} {
			out := written(t, made(t, id, s, Page{Shape: shape, Lang: English}))
			d := xml.NewDecoder(strings.NewReader(out))
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s is no XML: %v", id, err)
				}
				if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
					t.Fatalf("%s: a name became an element", id)
				}
			}
		}
	}
}

// A stage that answered nobody, or everybody, is drawn too.
func TestStagesAtTheEnds(t *testing.T) {
	s := journeyOf(
		played{"nobody", 100, 0, 10, instances(1, "t2.micro"), nil, nil, nil, nil},
		played{"everybody", 100, 100, 20, instances(0, ""), nil, nil, nil, []float64{5}},
	)
	out := written(t, made(t, "F8", s, Page{Shape: Slide, Lang: English}))
	if !strings.Contains(out, ">everybody: no failure<") || strings.Contains(out, "a nine<") {
		t.Error("a stage without a failure has so many nines")
	}
	if f := made(t, "F5", s, Page{Lang: English}); len(f.Table.Rows) != 1 {
		t.Errorf("the dots are %q", f.Table.Rows)
	}
	made(t, "F12", s, Page{Lang: English})
	for _, id := range []string{"F9"} {
		k, _ := KindNamed(id)
		if f := Build(k, s, Page{Lang: English}); f.Empty == "" {
			t.Errorf("%s shows pillars that nobody measured", id)
		}
	}
}

// No two texts lie over each other, whatever is asked for.
func TestPlacer(t *testing.T) {
	p := &placer{within: rect{0, 0, 1000, 600}}
	var placed []rect
	for i := range 40 {
		a := draw.Point{X: float64(i*97%1000) + 1, Y: float64(i*61%600) + 1}
		b := draw.Point{X: float64(i*31%1000) + 1, Y: float64(i*83%600) + 1}
		if r, ok := p.around(a, 90, 25, 8); ok {
			placed = append(placed, r)
		}
		if r, _, ok := p.along(a, b, 120, 20, 6); ok {
			placed = append(placed, r)
		}
	}
	if len(placed) < 20 {
		t.Errorf("only %d texts found a place", len(placed))
	}
	for i, r := range placed {
		for _, o := range placed[i+1:] {
			if r.x < o.right() && o.x < r.right() && r.y < o.bottom() && o.y < r.bottom() {
				t.Fatalf("%v and %v overlap", r, o)
			}
		}
	}
}
