package report

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"showdown"
	"showdown/results"
	"showdown/results/compare"
)

// runOf is a run of a stage whose numbers lie that far beside those of the others, with the
// course of its traffic.
func runOf(stage string, by float64) compare.Run {
	s := vertical()
	s.Stage, s.Run, s.Seed = stage, "20261126T101500-"+stage, uint64(7+by*10)
	s.LatencyMS.Service.P99 = ptr(4.1 + by)
	s.Faults[0].LostS, s.Faults[0].Action = 88.2-8*by, "fail-az"
	s.Downtime.LostS = 88.2 - 8*by
	s.Reference.LostS, s.Cost.MonthUSD = 9-by, 12.07+10*float64(len(stage))
	series := &results.Series{BucketS: 10, BucketLabS: 10.0 / 60}
	for at := 0; at < 720; at += 10 {
		b := results.Bucket{Scheduled: 40}
		b.Outcomes[showdown.OK] = 40
		if at >= 120 && float64(at) < 208-8*by {
			b.Outcomes[showdown.OK], b.Outcomes[showdown.Refused] = 0, 40
		}
		series.Buckets = append(series.Buckets, b)
	}
	return compare.Run{ID: s.Run, Summary: s, Series: series}
}

func sidesOf(t *testing.T, sides ...compare.Side) *compare.Comparison {
	t.Helper()
	c, err := compare.Compare(sides)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func side(name, stage string, by ...float64) compare.Side {
	out := compare.Side{Name: name}
	for _, v := range by {
		out.Runs = append(out.Runs, runOf(stage, v))
	}
	return out
}

// comparisons are one of each kind.
func comparisons(t *testing.T) (single, groups, three *compare.Comparison, journeys *compare.JourneyComparison) {
	single = sidesOf(t, side("asg", "asg", 0), side("multi-az", "multi-az", 4))
	groups = sidesOf(t, side("A", "vertical", 0, 0.1, 0.2, 0.3, 0.4), side("B", "vertical", 3, 3.1, 3.2, 3.3, 3.4))
	three = sidesOf(t, side("asg", "asg", 0, 0.1, 0.2, 0.3), side("elb", "elb", 0.05, 0.15, 0.25, 0.35), side("dns", "dns", 5, 6, 7, 8))
	journey := func(name string, by float64) compare.JourneySide {
		return compare.JourneySide{Name: name, Runs: []string{"20261126T101500-whatsthetime-" + name}, Stages: []compare.Side{
			side("single", "single", by), side("dns", "dns", by*2),
		}}
	}
	journeys, err := compare.CompareJourneys([]compare.JourneySide{journey("A", 0), journey("B", 2)})
	if err != nil {
		t.Fatal(err)
	}
	return single, groups, three, journeys
}

func summaries(s compare.Side) (out []*results.Summary) {
	for _, r := range s.Runs {
		out = append(out, r.Summary)
	}
	return out
}

func TestCompareGoldens(t *testing.T) {
	single, groups, three, journeys := comparisons(t)
	repeated := side("", "vertical", 0, 0.1, 0.2)
	repeated.Runs[1].Summary.Faults[0].RecoveredS = nil
	repeated.Runs[1].Summary.Claims[0].Verdict = showdown.Unknown
	picture := []Plate{{Title: "Both at once", Picture: picture("Both")}}
	against := &results.Against{
		Run: "20261125T101500-mine-small-x4-3f2a", Warnings: []string{"not the same speed: 60 in before, 300 in now"},
		Bounds: []results.BoundResult{
			{Bound: "p99 > +10%", Verdict: showdown.Held, Measured: "4.1 ms, then 4.2 ms: +0.1 ms (+2.4 %)"},
			{Bound: "lost > +2s", Stage: "dns", Verdict: showdown.Deviated, Measured: "9 s, then 12 s: +3 s (+33.3 %)"},
			{Bound: "recovered > +5s", Verdict: showdown.Unknown, Reason: "the earlier run did not measure it"},
		},
	}
	for name, write := range map[string]func(io.Writer) error{
		"compare.txt":         func(w io.Writer) error { return Comparison(w, single, false) },
		"compare.md":          func(w io.Writer) error { return ComparisonMarkdown(w, single) },
		"compare.html":        func(w io.Writer) error { return ComparisonHTML(w, groups, picture, "v1") },
		"compare-groups.txt":  func(w io.Writer) error { return Comparison(w, groups, false) },
		"compare-three.txt":   func(w io.Writer) error { return Comparison(w, three, false) },
		"compare-journey.txt": func(w io.Writer) error { return JourneyComparison(w, journeys, false) },
		"compare-journey.md":  func(w io.Writer) error { return JourneyComparisonMarkdown(w, journeys) },
		"repeats.txt":         func(w io.Writer) error { return Repeats(w, summaries(repeated), false) },
		"repeats-journey.txt": func(w io.Writer) error {
			return JourneyRepeats(w, []*results.JourneySummary{
				{Journey: "whatsthetime", Stages: []results.Summary{*repeated.Runs[0].Summary}, Verdict: showdown.Held},
				{Journey: "whatsthetime", Stages: []results.Summary{*repeated.Runs[1].Summary}, Verdict: showdown.Deviated},
			}, false)
		},
		"against.txt": func(w io.Writer) error { return AgainstResult(w, against, false) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".txt") {
			for _, line := range strings.Split(b.String(), "\n") {
				if n := utf8.RuneCountInString(line); n > width {
					t.Errorf("%s: %d columns: %s", name, n, line)
				}
			}
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

// TestComparePage holds that the page needs nothing but itself.
func TestComparePage(t *testing.T) {
	single, _, _, journeys := comparisons(t)
	for name, write := range map[string]func(io.Writer) error{
		"runs":     func(w io.Writer) error { return ComparisonHTML(w, single, nil, "v1") },
		"journeys": func(w io.Writer) error { return JourneyComparisonHTML(w, journeys, nil, "v1") },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		for _, no := range []string{"http:", "https:", "<script", "src=", "href=", "@import", "url(", "ZgotmplZ"} {
			if strings.Contains(page, no) {
				t.Errorf("%s: the page has %q", name, no)
			}
		}
		for _, want := range []string{"<!doctype html>", "prefers-color-scheme:dark", "@media print", `lang="en"`, "viewport"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %q", name, want)
			}
		}
		if n := len(page); n > 200_000 {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

// TestForeignComparison holds that a text from a record can neither move the cursor nor
// become markup.
func TestForeignComparison(t *testing.T) {
	evil := "a\x1b[2Jb\r\n| c | <script>alert(1)</script> \u202e`e` {{.}}" + strings.Repeat("x", 300)
	a, b := side(evil, "asg", 0), side("B"+evil, "multi-az", 1)
	for _, s := range []compare.Side{a, b} {
		s.Runs[0].ID = evil
		s.Runs[0].Summary.Faults[0].Action = evil
		s.Runs[0].Summary.Title = evil
		s.Runs[0].Summary.Cells[evil] = s.Runs[0].Summary.Cells["no-eip"]
		s.Runs[0].Summary.Journey = evil
		s.Runs[0].Summary.Claims[0].Text = evil
	}
	for _, c := range []*compare.Comparison{sidesOf(t, a, b), sidesOf(t, a, func() compare.Side { s := a; s.Name = "again"; return s }())} {
		var text, markdown, page bytes.Buffer
		if err := Comparison(&text, c, false); err != nil {
			t.Fatal(err)
		}
		if err := ComparisonMarkdown(&markdown, c); err != nil {
			t.Fatal(err)
		}
		if err := ComparisonHTML(&page, c, []Plate{{Title: evil, Caption: evil, Picture: picture(evil)}}, evil); err != nil {
			t.Fatal(err)
		}
		if err := Repeats(&text, summaries(a), false); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(text.String(), "\x1b\r\u202e") {
			t.Error("control characters on the terminal")
		}
		for _, line := range strings.Split(text.String(), "\n") {
			if n := utf8.RuneCountInString(line); n > width {
				t.Errorf("%d columns: %s", n, line)
			}
		}
		for _, bad := range []string{"<script>", "\n| c |", "\x1b"} {
			if strings.Contains(markdown.String(), bad) {
				t.Errorf("%q in the Markdown", bad)
			}
			if strings.Contains(page.String(), bad) {
				t.Errorf("%q in the page", bad)
			}
		}
		if strings.ContainsAny(page.String(), "\x1b\u202e") {
			t.Error("control characters in the page")
		}
	}
}

// TestPageContrast computes the contrasts of the page's colours from its style: 4.5 for
// text, 3 for what is drawn.
func TestPageContrast(t *testing.T) {
	for _, theme := range regexp.MustCompile(`:root\{([^}]*)\}`).FindAllStringSubmatch(compareTemplate, -1) {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+):(#\w+)`).FindAllStringSubmatch(theme[1], -1) {
			colours[m[1]] = m[2]
		}
		for _, pair := range [][2]string{
			{"text", "page"},
			{"text", "panel"},
			{"faint", "page"},
			{"faint", "panel"},
			{"up", "page"},
			{"down", "page"},
			{"on", "up"},
			{"on", "degraded"},
			{"on", "down"},
		} {
			if c := contrast(t, colours[pair[0]], colours[pair[1]]); c < 4.5 {
				t.Errorf("%s on %s: %.2f", pair[0], pair[1], c)
			}
		}
	}
}

// contrast is that of the WCAG between two colours.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) == 4 {
		colour = "#" + strings.Repeat(colour[1:2], 2) + strings.Repeat(colour[2:3], 2) + strings.Repeat(colour[3:4], 2)
	}
	v, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 {
		t.Fatalf("%q is no colour", colour)
	}
	part := func(shift int) float64 {
		c := float64(v>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}
