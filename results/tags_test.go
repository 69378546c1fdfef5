package results

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestTags(t *testing.T) {
	s := openStore(t)
	dir := played(t, s.Create, "single", &Manifest{Started: started}).Dir()
	if tags, err := ReadTags(dir); err != nil || len(tags) != 0 {
		t.Errorf("tags %v, %v", tags, err)
	}
	for _, c := range []struct {
		add, remove []string
		want        []string
	}{
		{[]string{"slides", "2026"}, nil, []string{"2026", "slides"}},
		{[]string{"slides"}, nil, []string{"2026", "slides"}},
		{[]string{"a.b-c_D"}, []string{"2026", "never"}, []string{"a.b-c_D", "slides"}},
	} {
		got, err := ChangeTags(dir, c.add, c.remove)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("+%v -%v gives %v, %v", c.add, c.remove, got, err)
		}
		if got, err = ReadTags(dir); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("read %v, %v", got, err)
		}
	}
	for _, bad := range []string{"", "a b", "-x", "../x", "é", "\x1b[31m", strings.Repeat("x", 65)} {
		if _, err := ChangeTags(dir, []string{bad}, nil); err == nil {
			t.Errorf("tag %q was taken", bad)
		}
	}
	list, err := s.List()
	if err != nil || !slices.Equal(list[0].Tags, []string{"a.b-c_D", "slides"}) {
		t.Errorf("listed %+v, %v", list, err)
	}
	if err := os.WriteFile(filepath.Join(dir, TagsFile), []byte("{\n  \"version\": 1,\n  \"tags\": 7\n}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTags(dir); err == nil || !strings.Contains(err.Error(), "tags.json: line 3, column 1") {
		t.Errorf("error %v", err)
	}
}

func TestRemove(t *testing.T) {
	s, oldest, _, _, journey := filled4(t)
	resolve := func(ref string) Run {
		t.Helper()
		run, err := s.Resolve(ref)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	stage := resolve(journey.ID() + "/single")
	if err := s.Remove(stage); err == nil || !strings.Contains(err.Error(), "it is a stage of a journey: remove the journey") {
		t.Errorf("error %v", err)
	}
	elsewhere := openStore(t)
	other := played(t, elsewhere.Create, "other", &Manifest{Started: started})
	if err := s.Remove(resolve(other.Dir())); err == nil || !strings.Contains(err.Error(), "not in the store") {
		t.Errorf("error %v", err)
	}
	if err := s.Remove(resolve(oldest)); err != nil {
		t.Error(err)
	}
	if _, err := s.Resolve(oldest); err == nil {
		t.Error("it is still there")
	}
	entries, err := os.ReadDir(s.Dir())
	if err != nil || len(entries) != 3 {
		t.Errorf("the store has %v, %v", entries, err)
	}
}

// A run that is being recorded is in use, and so is its journey, until it is closed.
func TestInUse(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the system has no such locks")
	}
	s := openStore(t)
	j, err := s.CreateJourney("whatsthetime", &JourneyManifest{Journey: "whatsthetime", Started: started})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := j.Create("single", &Manifest{Started: started})
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.Resolve(j.ID())
	if err != nil {
		t.Fatal(err)
	}
	stage := run.Stages()[0]
	if !run.InUse() || !stage.InUse() {
		t.Errorf("in use: journey %v, stage %v", run.InUse(), stage.InUse())
	}
	if err := s.Remove(run); err == nil || !strings.Contains(err.Error(), "it is in use") {
		t.Errorf("error %v", err)
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	if stage.InUse() || !run.InUse() {
		t.Errorf("between two stages: journey %v, stage %v", run.InUse(), stage.InUse())
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if run.InUse() {
		t.Error("still in use")
	}
	if err := s.Remove(run); err != nil {
		t.Error(err)
	}
}

// What a person may have changed by hand is an error with its place.
func TestHandEdited(t *testing.T) {
	s := openStore(t)
	dir := played(t, s.Create, "single", &Manifest{Started: started}).Dir()
	path := filepath.Join(dir, ManifestFile)
	for content, want := range map[string]string{
		"{\n  \"version\": 1,\n  \"speed\": fast\n}":                     "run.json: line 3, column 14: invalid character",
		"{\n  \"version\": 1,\n  \"speed\": \"fast\"\n}":                 "run.json: line 3, column 1",
		"{\n  \"version\": 1,\n  \"spec\": {\"cells\": [1]}\n}":          "run.json: line 3",
		"{\n  \"version\": 2,\n  \"speed\": {\"from\": 1, \"to\": 2}\n}": "run.json: version 2 is not known here; this build reads version 1",
		"[1,2]": "run.json: line 1, column 1",
		"{":     "run.json: unexpected end of JSON",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadManifest(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", content, err, want)
		}
	}
}
