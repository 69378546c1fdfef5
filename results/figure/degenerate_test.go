package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/results"
	"showdown/results/draw"
)

// drawn builds every figure of a set for both shapes and languages and fails where one is
// neither a picture nor a sentence, is no XML, or holds a number that is none. It returns
// the sentences by id.
func drawn(t *testing.T, s *Set) map[string]string {
	t.Helper()
	empty := map[string]string{}
	for _, k := range Kinds() {
		for _, page := range []Page{{}, {Shape: Slide, Lang: French}, {Bare: true, Lang: English}} {
			f := Build(k, s, page)
			if f.Title == "" || f.Footer == "" || strings.Contains(f.Title+f.Caption+f.Footer+f.Empty, "%!") || strings.Contains(f.Title+f.Caption, "NaN") {
				t.Errorf("%s: title %q, caption %q, footer %q", k.ID, f.Title, f.Caption, f.Footer)
			}
			if f.Picture == nil {
				empty[k.ID] = f.Empty
				if !strings.HasSuffix(f.Empty, ".") {
					t.Errorf("%s has neither a picture nor a sentence: %q", k.ID, f.Empty)
				}
				continue
			}
			if f.Picture.H > 20*f.Picture.W || !(f.Picture.H > 0) {
				t.Errorf("%s is %g x %g", k.ID, f.Picture.W, f.Picture.H)
			}
			var b bytes.Buffer
			if err := f.Picture.SVG(&b, draw.Light(), PrintCM, "cm"); err != nil {
				t.Fatal(err)
			}
			if b.Len() > 600_000 {
				t.Errorf("the SVG of %s takes %d bytes", k.ID, b.Len())
			}
			for _, bad := range []string{"NaN", "Inf"} {
				if bytes.Contains(b.Bytes(), []byte(bad)) {
					t.Errorf("%s holds %s", k.ID, bad)
				}
			}
			d := xml.NewDecoder(&b)
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%s is no XML: %v", k.ID, err)
				}
			}
			for _, row := range f.Table.Rows {
				if len(row) != len(f.Table.Header) {
					t.Fatalf("%s: a row of %d cells under %d heads: %q", k.ID, len(row), len(f.Table.Header), row)
				}
			}
		}
	}
	return empty
}

// only says that exactly these figures have nothing to show. What F5, F8, F9 and F12 show
// depends on bills and topologies, which their own tests have.
func only(t *testing.T, empty map[string]string, want ...string) {
	t.Helper()
	for _, id := range want {
		if empty[id] == "" {
			t.Errorf("%s is drawn, and there is nothing to draw", id)
		}
		delete(empty, id)
	}
	for _, id := range []string{"F5", "F8", "F9", "F12"} {
		delete(empty, id)
	}
	for id, sentence := range empty {
		t.Errorf("%s is empty: %s", id, sentence)
	}
}

// without is a record of one phase of a constant rate, without what else there may be.
func without(play func(string, time.Duration) (showdown.Outcome, time.Duration)) fixture {
	f := outage("bare", showdown.BaseCell)
	c := &f.stage.Cells[0]
	c.Traffic.Phases = []showdown.Phase{{Name: "all", Lab: showdown.LabDuration(4 * time.Second), Rate: 100}}
	c.Timeline, c.Reference, f.events = nil, nil, nil
	f.play = play
	return f
}

func TestNoFault(t *testing.T) {
	empty := drawn(t, without(fine).set(t))
	only(t, empty, "F2", "F6", "F7", "F10", "F13")
}

func TestNoSuccess(t *testing.T) {
	empty := drawn(t, without(func(string, time.Duration) (showdown.Outcome, time.Duration) {
		return showdown.Refused, time.Millisecond
	}).set(t))
	only(t, empty, "F2", "F3", "F4", "F6", "F7", "F10", "F13")
}

func TestNoFailure(t *testing.T) {
	f := outage("well", showdown.BaseCell)
	f.play = fine
	only(t, drawn(t, f.set(t)), "F2")
}

func TestNothingWasSent(t *testing.T) {
	empty := drawn(t, without(func(string, time.Duration) (showdown.Outcome, time.Duration) {
		return showdown.Dropped, 0
	}).set(t))
	only(t, empty, "F2", "F3", "F4", "F6", "F7", "F10", "F13")
}

func TestNoRequestAtAll(t *testing.T) {
	f := without(fine)
	f.stage.Cells[0].Traffic.Phases = nil
	s, err := Load(f.run(t))
	if err != nil {
		t.Fatal(err)
	}
	only(t, drawn(t, s), "F1", "F2", "F3", "F4", "F6", "F7", "F10", "F11", "F13")
}

func TestOneSecond(t *testing.T) {
	f := without(fine)
	f.speed = 1
	f.stage.Cells[0].Traffic.Phases = []showdown.Phase{{Name: "all", Lab: showdown.LabDuration(time.Second), Rate: 50}}
	s := f.set(t)
	only(t, drawn(t, s), "F2", "F6", "F7", "F10", "F13")
	for _, id := range []string{"F1", "F3"} {
		if got := build(t, id, s); strings.Contains(got.Footer, "AWS") || !strings.Contains(got.Footer, "1\u00a0s") {
			t.Errorf("%s: %q", id, got.Footer)
		}
	}
}

func TestOneRequest(t *testing.T) {
	f := without(fine)
	f.stage.Cells[0].Traffic.Phases = []showdown.Phase{{Name: "all", Lab: showdown.LabDuration(time.Second), Rate: 1}}
	only(t, drawn(t, f.set(t)), "F2", "F4", "F6", "F7", "F10", "F13")
}

// A record that was cut, and one whose stage is not known, are drawn as far as they go.
func TestRecordWithoutItsEnd(t *testing.T) {
	f := outage("cut", showdown.BaseCell)
	f.cut = true
	only(t, drawn(t, f.set(t)))
	run := outage("cut", showdown.BaseCell).run(t)
	path := filepath.Join(run.Dir, results.HitsFile)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	s, err := Load(run)
	if err != nil {
		t.Fatal(err)
	}
	drawn(t, s)
}

func TestNoSpec(t *testing.T) {
	s := outage("one", showdown.BaseCell).set(t)
	s.Sources[0].Manifest.Spec = nil
	only(t, drawn(t, s), "F10", "F11")
	s.Sources[0].Manifest = nil
	only(t, drawn(t, s), "F10", "F11")
}

// Texts of a record are not trusted: they may be long, in markup, or move a cursor.
func TestHostileTexts(t *testing.T) {
	bad := strings.Repeat("<script>alert(1)</script>&\"'\x1b[31m\u202e%s%d ", 200)
	f := outage("one", showdown.BaseCell, "other")
	s := f.set(t)
	src := &s.Sources[0]
	src.Name, src.Summary.Stage, src.Summary.Run, src.Summary.Title = bad, bad, bad, bad
	src.Manifest.Machine.Host, src.Manifest.Machine.Tool = bad, bad
	src.Summary.Faults[0].Letter, src.Summary.Faults[0].Target, src.Summary.Faults[0].Action = bad, bad, bad
	for i := range src.Events {
		src.Events[i].Target = bad
	}
	src.Summary.Cells = map[string]results.CellSummary{bad: src.Summary.Cells["other"]}
	src.Series[bad] = src.Series["other"]
	for i := range src.Summary.Phases {
		src.Summary.Phases[i].Name = bad + "/" + src.Summary.Phases[i].Name
	}
	for _, k := range Kinds() {
		f := Build(k, s, Page{Lang: French})
		if f.Picture == nil {
			continue
		}
		var b bytes.Buffer
		if err := f.Picture.SVG(&b, draw.Light(), PrintCM, "cm"); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b.Bytes(), []byte("<script")) || bytes.Contains(b.Bytes(), []byte("\x1b")) {
			t.Errorf("%s holds markup or control characters of a record", k.ID)
		}
		if f.Picture.H > 3*f.Picture.W {
			t.Errorf("%s is %g x %g", k.ID, f.Picture.W, f.Picture.H)
		}
	}
}

// Numbers that no summary should hold draw no nonsense and end.
func TestWildNumbers(t *testing.T) {
	s := outage("one", showdown.BaseCell).set(t)
	sum, series := s.Sources[0].Summary, s.Sources[0].Series[showdown.BaseCell]
	wild := []float64{math.Inf(1), math.Inf(-1), math.NaN(), -1, 1e300}
	for i := range sum.Phases {
		sum.Phases[i].Offered, sum.Phases[i].Goodput = wild[i%len(wild)], wild[(i+1)%len(wild)]
		sum.Phases[i].ToS = wild[(i+2)%len(wild)]
	}
	sum.Faults[0].RecoveredS = &wild[2]
	sum.Downtime.LostS = wild[0]
	series.Latency.Points[0].ServiceMS = wild[2]
	for _, k := range Kinds() {
		for _, shape := range []Shape{Print, Slide} {
			f := Build(k, s, Page{Shape: shape})
			if f.Picture != nil {
				if err := f.Picture.PNG(io.Discard, draw.Light(), 200); err != nil {
					t.Errorf("%s: %v", k.ID, err)
				}
			}
		}
	}
}

func TestManyCellsAndFaults(t *testing.T) {
	cells := []string{showdown.BaseCell}
	for _, letter := range "abcdefghijklmnopqrst" {
		cells = append(cells, "cell-"+string(letter))
	}
	f := outage("many", cells...)
	for i := range f.stage.Cells {
		f.stage.Cells[i].Traffic.Phases = []showdown.Phase{{Name: "all", Lab: showdown.LabDuration(4 * time.Second), Rate: 50}}
	}
	f.events = nil
	for i, cell := range cells {
		for k := range 10 {
			f.events = append(f.events, life(cell, string(rune('A'+k))+string(rune('0'+i%10)), "kill", float64(20*k+10), float64(20*k+40))...)
		}
	}
	empty := drawn(t, f.set(t))
	delete(empty, "F2")
	only(t, empty, "F6", "F10")
}

func TestLoadSaysWhatCannotBeRead(t *testing.T) {
	if _, err := Load(results.Run{ID: "nothing", Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "run.json") {
		t.Errorf("an empty folder: %v", err)
	}
	run := journey(t, outage("one", showdown.BaseCell), outage("two", showdown.BaseCell))
	broken := filepath.Join(run.Dir, "two", results.ManifestFile)
	if err := os.WriteFile(broken, []byte(`{"version": 99}`), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(run)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Sources) != 1 || len(s.Missing) == 0 || !strings.Contains(strings.Join(s.Missing, " "), "version") {
		t.Errorf("%d stages, missing %q", len(s.Sources), s.Missing)
	}
	drawn(t, s)
}

// Two runs of one stage are told apart and compared whole; a journey and a run may stand
// beside each other.
func TestSeveralRuns(t *testing.T) {
	one, two := outage("one", showdown.BaseCell).run(t), outage("one", showdown.BaseCell).run(t)
	s, err := Load(one, two)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := s.Sources[0].Name, s.Sources[1].Name; a == b || !strings.HasPrefix(a, "one (") {
		t.Errorf("the runs are called %q and %q", a, b)
	}
	if tracks, _ := s.tracks(); len(tracks) != 2 || tracks[0].window || tracks[0].length() != 480 {
		t.Errorf("%d tracks, the first of %g s", len(tracks), tracks[0].length())
	}
	only(t, drawn(t, s), "F8", "F9") // no bill, no journey
	both, err := Load(journey(t, outage("one", showdown.BaseCell), outage("two", showdown.BaseCell)), one)
	if err != nil {
		t.Fatal(err)
	}
	if tracks, _ := both.tracks(); len(tracks) != 3 || !tracks[0].window {
		t.Errorf("%d tracks", len(tracks))
	}
	only(t, drawn(t, both), "F8", "F9", "F10")
}

// What fails while it is written leaves nothing, and what was there before stays.
func TestFilesAreWholeOrNotThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "F1-availability.svg")
	if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := replace(path, func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return broken
	})
	if got, _ := os.ReadFile(path); !errors.Is(err, broken) || string(got) != "before" {
		t.Errorf("%v, and the file holds %q", err, got)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files are there", len(files))
	}
	k, err := KindNamed("F1")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Files{Dir: filepath.Join(path, "below"), Formats: []string{"csv"}, Lang: English, Theme: draw.Light()}.Write(k, outage("one", showdown.BaseCell).set(t))
	if err == nil || !strings.Contains(err.Error(), "--to") {
		t.Errorf("a file in the way: %v", err)
	}
}
