package figure

import (
	"bytes"
	"encoding/csv"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"showdown"
	"showdown/results/draw"
)

// The goldens are a run with an outage in English, and a journey of three stages in
// French: look at them before they are written anew.
func TestGoldens(t *testing.T) {
	one, several := outage("one", showdown.BaseCell).set(t), journeySet(t)
	for _, c := range []struct {
		name string
		set  *Set
		lang Lang
		ids  []string
	}{
		{"run", one, English, []string{"F1", "F2", "F6"}},
		{"journey", several, French, []string{"F1", "F13"}},
	} {
		for _, id := range c.ids {
			k, err := KindNamed(id)
			if err != nil {
				t.Fatal(err)
			}
			f := Build(k, c.set, Page{Lang: c.lang})
			if f.Picture == nil {
				t.Errorf("%s of the %s is empty: %s", id, c.name, f.Empty)
				continue
			}
			var got bytes.Buffer
			if err := f.Picture.SVG(&got, draw.Light(), PrintCM, "cm"); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", c.name+"-"+f.File()+".svg")
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s differs from the golden: look at it and run go test -update", path)
			}
		}
	}
}

// everything is a figure in all its forms.
func everything(t *testing.T, k Kind, s *Set, theme draw.Theme) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, shape := range []Shape{Print, Slide} {
		for _, lang := range Langs() {
			f := Build(k, s, Page{Shape: shape, Lang: lang})
			out.WriteString(f.Title + f.Empty + f.Caption + f.Footer)
			if f.Picture == nil {
				continue
			}
			if err := f.Picture.SVG(&out, theme, PrintCM, "cm"); err != nil {
				t.Fatal(err)
			}
			if err := f.Table.CSV(&out); err != nil {
				t.Fatal(err)
			}
			if lang == English && shape == Print { // the PNG is the slow part
				if err := f.Picture.PNG(&out, theme, 240); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return out.Bytes()
}

// The same record gives the same bytes, also when it is read again.
func TestSameRecordSameBytes(t *testing.T) {
	dir := outage("one", showdown.BaseCell, "other").run(t)
	first, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	several := journeySet(t)
	for _, k := range Kinds() {
		if !bytes.Equal(everything(t, k, first, draw.Light()), everything(t, k, second, draw.Light())) {
			t.Errorf("%s of the same run differs", k.ID)
		}
		if !bytes.Equal(everything(t, k, several, draw.Dark()), everything(t, k, several, draw.Dark())) {
			t.Errorf("%s of the same journey differs", k.ID)
		}
	}
}

// rows are the rows of a figure's CSV by the names of its columns.
func rowsOf(t *testing.T, f *Figure) []map[string]string {
	t.Helper()
	var b bytes.Buffer
	if err := f.Table.CSV(&b); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, head := range lines[0] {
			row[head] = line[i]
		}
		out = append(out, row)
	}
	return out
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func build(t *testing.T, id string, s *Set) *Figure {
	t.Helper()
	k, err := KindNamed(id)
	if err != nil {
		t.Fatal(err)
	}
	return Build(k, s, Page{Lang: English})
}

// row is the first row that has these values.
func row(t *testing.T, f *Figure, pairs ...string) map[string]string {
	t.Helper()
	rows := rowsOf(t, f)
	i := slices.IndexFunc(rows, func(r map[string]string) bool {
		for k := 0; k < len(pairs); k += 2 {
			if r[pairs[k]] != pairs[k+1] {
				return false
			}
		}
		return true
	})
	if i < 0 {
		t.Fatalf("%s has no row with %q", f.ID, pairs)
	}
	return rows[i]
}

// The numbers in the titles are those of the tables, and those that the fixture was made
// to have.
func TestTitlesSayWhatTheTablesHold(t *testing.T) {
	one, several := outage("one", showdown.BaseCell).set(t), journeySet(t)
	l := English
	check := func(f *Figure, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(f.Title, w) {
				t.Errorf("%s: the title %q does not say %q", f.ID, f.Title, w)
			}
		}
	}

	f := build(t, "F1", one)
	r := row(t, f, "state", "all")
	if got := number(t, r["longest_outage_s"]); got != 75 {
		t.Errorf("F1: the longest outage is %g s, want 75", got)
	}
	check(f, l.seconds(number(t, r["longest_outage_s"])), l.share(number(t, r["availability"])))

	f = build(t, "F1", several)
	r = row(t, f, "track", "one", "state", "all")
	check(f, "Stage one", l.seconds(number(t, r["longest_outage_s"])), "three nothing")

	f = build(t, "F2", one)
	r = row(t, f, "letter", "R")
	sum := 0.0
	for _, part := range []string{"undetected_s", "detecting_s", "repairing_s", "residual_s"} {
		sum += number(t, r[part])
	}
	if total := number(t, r["total_s"]); total != sum || total != 75.15 || number(t, r["detecting_s"]) != 25 || number(t, r["repairing_s"]) != 35 || number(t, r["residual_s"]) != 15.15 {
		t.Errorf("F2: the row is %v, want 75.15 s of which 25, 35 and 15.15", r)
	}
	check(f, l.seconds(75.2), l.seconds(25), l.seconds(35))

	f = build(t, "F6", one)
	r = row(t, f, "phase", "ladder")
	if knee := number(t, r["knee_per_s"]); knee != 200 {
		t.Errorf("F6: the knee is at %g/s, want 200", knee)
	}
	check(f, l.rate(200))

	f = build(t, "F7", one)
	for part, want := range map[string]string{"before": "1", "during": "0"} {
		if got := row(t, f, "part", part)["availability"]; got != want {
			t.Errorf("F7: %s the fault %s is answered well, want %s", part, got, want)
		}
	}
	check(f, l.share(0), l.share(number(t, row(t, f, "part", "after")["availability"])))

	f = build(t, "F11", one)
	r = row(t, f, "at_s", "0")
	check(f, (&maker{lang: l}).times(number(t, r["times_spent"])))
	if got, want := number(t, r["times_spent"]), 450.0/(0.01*1700); got < want-0.001 || got > want+0.001 {
		t.Errorf("F11: the budget is spent %g times, want %g", got, want)
	}

	f = build(t, "F13", one)
	check(f, l.seconds(25), l.seconds(75.2))
	if r := row(t, f, "group", "truth", "state", "down"); r["lane"] != "web-1" || r["from_s"] != "120" || r["to_s"] != "180" {
		t.Errorf("F13: in truth %v", r)
	}
	if r := row(t, f, "group", "what EC2’s status checks say", "state", "down"); r["from_s"] != "145" || r["to_s"] != "190" {
		t.Errorf("F13: in belief %v", r)
	}
	if r := row(t, f, "group", "users", "state", "down"); r["from_s"] != "120" || r["to_s"] != "192" { // the cell after it is answered in part
		t.Errorf("F13: users %v", r)
	}
}

// Every request of a record is in the tables that count requests.
func TestTablesCountEveryRequest(t *testing.T) {
	s := outage("one", showdown.BaseCell).set(t)
	want := s.Sources[0].Summary.Requests
	var scheduled, ok uint64
	for _, r := range rowsOf(t, build(t, "F1", s)) {
		if r["state"] != "all" {
			scheduled += uint64(number(t, r["scheduled"]))
			ok += uint64(number(t, r["ok"]))
		}
	}
	if scheduled != want.Scheduled || ok != want.OK {
		t.Errorf("F1 holds %d requests and %d good answers, the summary %d and %d", scheduled, ok, want.Scheduled, want.OK)
	}
	var answers, failed uint64
	for _, r := range rowsOf(t, build(t, "F3", s)) {
		if r["latency_to_ms"] == "failed" {
			failed += uint64(number(t, r["answers"]))
		} else {
			answers += uint64(number(t, r["answers"]))
		}
	}
	if answers != want.OK || failed != want.Failed+want.Dropped {
		t.Errorf("F3 holds %d answers and %d failures, the summary %d and %d", answers, failed, want.OK, want.Failed)
	}
}

// A curve of percentiles ends where fewer than ten answers lie beyond, and says so.
func TestCurvesAreHonest(t *testing.T) {
	f := build(t, "F4", outage("one", showdown.BaseCell).set(t))
	rows := rowsOf(t, f)
	last := rows[len(rows)-1]
	if beyond := number(t, last["answers"]) * (1 - number(t, last["percentile"])/100); beyond < 9.99 || beyond > 11.3 {
		t.Errorf("%g answers lie beyond the last percentile", beyond)
	}
	if !strings.Contains(f.Title, percentName(English, number(t, last["percentile"]))) || !strings.Contains(f.Caption, "ten answers") {
		t.Errorf("the title is %q, the caption %q", f.Title, f.Caption)
	}
}

// Among stages the windows are of one length, and faults that lie outside are not drawn.
func TestOnlyReferenceWindowsAreCompared(t *testing.T) {
	s := journeySet(t)
	s.Sources[1].Summary.Reference = nil
	f := build(t, "F1", s)
	for _, r := range rowsOf(t, f) {
		if r["track"] == "two" {
			t.Fatalf("a stage without a window is drawn: %v", r)
		}
		if r["state"] == "all" && r["to_s"] != "240" {
			t.Errorf("the window of %s is %s s long, want 240", r["track"], r["to_s"])
		}
	}
	if !strings.Contains(f.Caption, "not compared: two") {
		t.Errorf("the caption does not name it: %q", f.Caption)
	}
}

func TestPNGsAreOfTheirSize(t *testing.T) {
	dir := t.TempDir()
	k, err := KindNamed("availability")
	if err != nil {
		t.Fatal(err)
	}
	_, paths, err := Files{Dir: dir, Formats: Formats(), Lang: French, Theme: draw.Dark()}.Write(k, outage("one", showdown.BaseCell).set(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"F1-availability.svg", "F1-availability.png", "F1-availability-slide.png", "F1-availability.csv"}
	for i, path := range paths {
		if filepath.Base(path) != want[i] {
			t.Errorf("file %d is %s, want %s", i, path, want[i])
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if !strings.HasSuffix(path, ".png") {
			continue
		}
		c, err := png.DecodeConfig(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(path, "slide") && (c.Width != 1920 || c.Height != 1080) || c.Width != PrintPixels && c.Width != SlidePixels {
			t.Errorf("%s is %d x %d", path, c.Width, c.Height)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(paths) != 4 || len(left) != 0 {
		t.Errorf("%d files, and %v was left", len(paths), left)
	}
}

// Many stages find room on a slide: none of their rows is thinner than can be seen.
func TestManyStagesOnASlide(t *testing.T) {
	one := outage("one", showdown.BaseCell).set(t)
	s := &Set{Name: "many", Journey: journeySet(t).Journey}
	for i := range 15 {
		c := one.Sources[0]
		c.Name = "stage-" + strconv.Itoa(i)
		s.Sources = append(s.Sources, c)
	}
	for _, id := range []string{"F1", "F2", "F11", "F13"} {
		k, err := KindNamed(id)
		if err != nil {
			t.Fatal(err)
		}
		f := Build(k, s, Page{Shape: Slide, Lang: English})
		if id != "F2" && !strings.Contains(f.Caption, "Not drawn: stage-12, stage-13, stage-14.") {
			t.Errorf("%s does not say what it leaves out: %q", id, f.Caption)
		}
		var b bytes.Buffer
		if err := f.Picture.SVG(&b, draw.Light(), 1920, "px"); err != nil {
			t.Fatal(err)
		}
		tallest := 0.0
		for _, m := range regexp.MustCompile(`height="([0-9.]+)" fill="#C1440E"`).FindAllStringSubmatch(b.String(), -1) {
			tallest = max(tallest, number(t, m[1]))
		}
		if id != "F11" && id != "F2" && tallest < 6 {
			t.Errorf("%s: what is down is %g pixels high", id, tallest)
		}
	}
}
