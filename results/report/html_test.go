package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/results"
	"showdown/results/draw"
)

func picture(text string) *draw.Picture {
	p := draw.New(300, 60)
	p.Title = text
	p.Rect(10, 10, 200, 30, draw.Style{Fill: draw.Up})
	p.Text(20, 30, text, draw.Type{Size: 12, Ink: draw.Text})
	return p
}

func verticalPage() RunPage {
	s := vertical()
	plate := Plate{ID: "F1", Title: "the strip", Caption: "A: resize-instance", Picture: picture("the strip")}
	return RunPage{
		Summary: s, Strip: &plate, Plates: []Plate{plate},
		Manifest: &results.Manifest{
			Run: s.Run, Journey: s.Journey, Stage: s.Stage, Speed: 60, Seed: 3, Started: s.Started,
			Command: []string{"showdown", "run", "whatsthetime/vertical"},
			Spec: &showdown.Stage{
				Journey: s.Journey, Name: s.Stage, Promise: "More of the same machine",
				Teach: showdown.Teach{Before: "Everyone waits.", After: "It was down.", Cures: "too little capacity"},
			},
			Machine: results.Machine{Tool: "v1", Go: "go1.26", OS: "linux", Arch: "amd64", Host: "box", CPUs: 2},
		},
	}
}

func htmlOf(t testing.TB, p RunPage) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from the golden: look at it and run go test -update", name)
	}
}

func TestHTML(t *testing.T) { golden(t, "vertical.html", htmlOf(t, verticalPage())) }

func TestJourneyHTML(t *testing.T) {
	one, two := verticalPage(), verticalPage()
	second := *two.Summary
	second.Stage, second.Title = "elastic-ips", "Several machines"
	second.Reference = &results.Reference{FromS: 400, ToS: 700, Availability: ptr(1), LostS: 0}
	second.Cost = &results.Cost{MonthUSD: 36.21}
	two.Summary = &second
	j := &results.JourneySummary{Version: 1, Run: "j", Journey: "whatsthetime", Stages: []results.Summary{*one.Summary, second}, Verdict: showdown.Unknown}
	var b bytes.Buffer
	err := JourneyHTML(&b, JourneyPage{
		Summary: j, Stages: []RunPage{one, two},
		Manifest: &results.JourneyManifest{Journey: "whatsthetime", Title: "WhatIsTheTime.com", Opening: "What time is it?", Speed: 60, Seed: 3, Started: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)},
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "journey.html", b.String())
	for _, want := range []string{
		"The event that both play cost 0 s of service, and 9 s in vertical; it costs $24.14 more a month.",
		"The event that the stages share costs 9 s of service in vertical and 0 s in elastic-ips.",
		"What time is it?", "It was down.",
	} {
		if !strings.Contains(strings.ReplaceAll(b.String(), "\u00a0", " "), want) {
			t.Errorf("the chapter does not say %q", want)
		}
	}
}

func TestChapter(t *testing.T) {
	one := verticalPage()
	one.Strip = &Plate{ID: "F1", Title: "the strip [x]", Caption: "A: resize-instance", Picture: picture("x")}
	var b bytes.Buffer
	err := Chapter(&b, JourneyPage{
		Summary: &results.JourneySummary{Journey: "whatsthetime", Stages: []results.Summary{*one.Summary}, Verdict: showdown.Deviated},
		Stages:  []RunPage{one},
		Manifest: &results.JourneyManifest{
			Title: "WhatIsTheTime.com", Opening: "What time is it?", Speed: 60, Seed: 3, Started: one.Summary.Started,
			Machine: results.Machine{OS: "linux", Go: "go1.26", CPUs: 2},
		},
	}, func(stage string, p Plate) string { return stage + "-" + p.ID + ".svg" })
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "chapter.md", b.String())
}

// A page asks nobody for anything: it is whole without a network.
func TestHTMLIsSelfContained(t *testing.T) {
	got := htmlOf(t, verticalPage())
	for _, bad := range []string{"<link", "<img", "@import", "url(", "src=", "http://", "https://"} {
		if strings.Contains(got, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if scripts := regexp.MustCompile(`<script[^>]*>`).FindAllString(got, -1); len(scripts) != 1 || !strings.Contains(scripts[0], "application/json") {
		t.Errorf("scripts: %q, want the data alone", scripts)
	}
}

// The data in the page is the summary.
func TestHTMLHoldsTheSummary(t *testing.T) {
	got := htmlOf(t, verticalPage())
	_, rest, _ := strings.Cut(got, `id="summary">`)
	data, _, _ := strings.Cut(rest, "</script>")
	var s results.Summary
	if err := json.Unmarshal([]byte(data), &s); err != nil {
		t.Fatal(err)
	}
	if s.Requests.Failed != 900 || s.Downtime.LongestOutageS != 88.1 {
		t.Errorf("the page's summary is %+v", s.Requests)
	}
}

// An empty record has a page too.
func TestHTMLOfNothing(t *testing.T) {
	got := htmlOf(t, RunPage{Summary: &results.Summary{Run: "r", Cell: "base", Verdict: showdown.Unknown}})
	for _, want := range []string{"No request was recorded", "unknown", "The record has no bill"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// Nothing that a record holds becomes markup.
func FuzzHTML(f *testing.F) {
	f.Add(`</script><script>alert(1)</script>`)
	f.Add("\"><img src=x onerror=alert(1)>\x00\x1b]0;x\a")
	f.Add(strings.Repeat("long", 10_000))
	f.Add("turned \u202e around \u2066 and\u200b hidden")
	f.Fuzz(func(t *testing.T, text string) {
		p := verticalPage()
		s := *p.Summary
		m := *p.Manifest
		spec := *m.Spec
		s.Title, s.Stage, s.Journey, s.Run, s.Reasons = text, text, text, text, []string{text}
		s.Claims = []results.ClaimResult{{ID: text, Text: text, Expect: text, Measured: text, Note: text}}
		s.Faults = []results.Fault{{Letter: text, Action: text, Target: text, StartS: ptr(1), Evidence: text, Error: text}}
		s.Cells = map[string]results.CellSummary{text: s.CellSummary}
		spec.Name, spec.Promise, spec.Teach.Before, spec.App = text, text, text, text
		m.Spec, m.Command, m.Machine.Host = &spec, []string{text}, text
		p.Summary, p.Manifest = &s, &m
		got := htmlOf(t, p)
		if n := strings.Count(got, "<script"); n != 1 {
			t.Fatalf("%d scripts", n)
		}
		page, _, _ := strings.Cut(got, `<script`)
		if strings.ContainsAny(page, "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200b") {
			t.Fatal("a text can turn around or hide what stands beside it")
		}
		if strings.Contains(got, "<img") || strings.Contains(got, "<b onerror") {
			t.Fatal("a text became an element")
		}
	})
}

// Nobody unfolds paper: what is folded on the screen is printed.
func TestFoldedDetailsArePrinted(t *testing.T) {
	single, _, _, _ := comparisons(t)
	var compared bytes.Buffer
	if err := ComparisonHTML(&compared, single, nil, "v1"); err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]string{"report": htmlOf(t, verticalPage()), "comparison": compared.String()} {
		_, print, there := strings.Cut(page, "@media print{")
		print, _, _ = strings.Cut(print, "</style>")
		if !there || !strings.Contains(print, "details::details-content{content-visibility:visible;block-size:auto}") {
			t.Errorf("the %s does not print what is folded:\n%s", name, print)
		}
	}
}
