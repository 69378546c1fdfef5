package results

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

// TestMain lets the test binary be run again: as another user, or as a process that
// is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("RESULTS_TEST_CREATE_IN"); dir != "" {
		fmt.Println(createIn(dir))
		return
	}
	if dir := os.Getenv("RESULTS_TEST_RECORD_IN"); dir != "" {
		if err := recordUntilKilled(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// createIn is the error of creating a run in the store dir.
func createIn(dir string) error {
	s, err := OpenStore(dir)
	if err != nil {
		return err
	}
	writable := s.Writable()
	_, err = s.Create("run", &Manifest{})
	if (err == nil) != (writable == nil) {
		return fmt.Errorf("Create says %w and Writable says %w", err, writable)
	}
	return err
}

var started = time.Date(2026, 11, 23, 10, 15, 0, 0, time.UTC)

func openStore(t *testing.T) *Store {
	t.Helper()
	s, err := OpenStore(filepath.Join(t.TempDir(), "results", "runs"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// played makes a run that ended and was analysed.
func played(t *testing.T, create func(string, *Manifest) (*Recorder, error), name string, m *Manifest) *Recorder {
	t.Helper()
	if m.Spec == nil {
		m.Spec = &showdown.Stage{Journey: "whatsthetime", Name: name, Title: "Title of " + name, Cells: []showdown.Cell{{Name: "base"}}}
	}
	r, err := create(name, m)
	if err != nil {
		t.Fatal(err)
	}
	r.Hits("base").Append([]showdown.Hit{{Seq: 0}})
	r.Event(showdown.Event{
		At: m.Started.Add(40 * time.Second), Kind: showdown.RunEnded,
		Data: map[string]any{"reason": "finished"},
	})
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := WriteSummary(r.Dir(), &Summary{LabSeconds: 40, Verdict: showdown.Held}); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRunsAtOnceGetFoldersOfTheirOwn(t *testing.T) {
	s := openStore(t)
	var (
		all sync.WaitGroup
		mu  sync.Mutex
		ids = map[string]bool{}
	)
	for range 50 {
		all.Go(func() {
			r, err := s.Create("whatsthetime-vertical", &Manifest{Started: started})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			ids[r.ID()] = true
			mu.Unlock()
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(ids) != 50 {
		t.Errorf("%d ids for 50 runs", len(ids))
	}
	for id := range ids {
		if !strings.HasPrefix(id, "20261123T101500-whatsthetime-vertical-") || !idForm.MatchString(id) {
			t.Errorf("id %q", id)
		}
	}
}

func TestIDsAreInUTC(t *testing.T) {
	s := openStore(t)
	zone := time.FixedZone("far east", 9*3600)
	r := played(t, s.Create, "Mine, überall!", &Manifest{Started: started.In(zone)})
	if !strings.HasPrefix(r.ID(), "20261123T101500-mine---berall-") {
		t.Errorf("id %q", r.ID())
	}
}

// The store of the tests below: two runs of one second, an older one, and a journey
// of two stages.
func filled4(t *testing.T) (s *Store, oldest, first, second string, journey *Journey) {
	s = openStore(t)
	oldest = played(t, s.Create, "whatsthetime-single", &Manifest{Started: started.Add(-time.Hour)}).ID()
	second = played(t, s.Create, "whatsthetime-vertical", &Manifest{Started: started.Add(700 * time.Millisecond)}).ID()
	first = played(t, s.Create, "whatsthetime-vertical", &Manifest{Started: started.Add(100 * time.Millisecond)}).ID()
	journey, err := s.CreateJourney("whatsthetime", &JourneyManifest{Journey: "whatsthetime", Started: started.Add(-time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"vertical", "single"} {
		played(t, journey.Create, stage, &Manifest{Started: started.Add(-time.Minute)})
	}
	return s, oldest, first, second, journey
}

func TestResolve(t *testing.T) {
	s, oldest, first, second, journey := filled4(t)
	j := journey.ID()
	for _, c := range []struct{ ref, want string }{
		{"latest", second},
		{oldest, oldest},
		{oldest[:12], oldest},
		{"20261123T09", oldest},
		{first, first},
		{j, j},
		{j + "/single", j + "/single"},
		{j + "/vertical", j + "/vertical"},
		{j[:15] + "-whatsthetime/s", j + "/single"},
		{j + "/", j},
		{filepath.Join(s.Dir(), oldest), oldest},
		{filepath.Join(s.Dir(), j, "single"), j + "/single"},
		{filepath.Join(s.Dir(), j) + "/", j},
	} {
		got, err := s.Resolve(c.ref)
		if err != nil || got.ID != c.want {
			t.Errorf("%q is %q, error %v, want %q", c.ref, got.ID, err, c.want)
		}
		if err == nil && got.Journey != (c.want == j) {
			t.Errorf("%q: journey %v", c.ref, got.Journey)
		}
	}
	// Stages come in the order in which they were played, not of their names.
	got, err := s.Resolve(j)
	if err != nil {
		t.Fatal(err)
	}
	if st := got.Stages(); len(st) != 2 || st[0].ID != j+"/vertical" || st[1].ID != j+"/single" {
		t.Errorf("stages %v", st)
	}
}

func TestResolveErrorsListCandidates(t *testing.T) {
	s, oldest, first, second, journey := filled4(t)
	j := journey.ID()
	for _, c := range []struct {
		ref  string
		kind error
		want []string
	}{
		{"2026", ErrAmbiguous, []string{oldest, first, second, j}},
		{"20261123T101500", ErrAmbiguous, []string{first, second}},
		{"yesterday", ErrNoRun, []string{"yesterday", s.Dir(), oldest, first, second, j}},
		{"single", ErrNoRun, []string{oldest}},
		{"", ErrNoRun, nil},
		{j + "/dns", ErrNoRun, []string{"single", "vertical"}},
		{oldest + "/x", ErrNoRun, []string{"not a journey"}},
		{t.TempDir(), ErrNoRun, []string{"neither run.json nor journey.json"}},
	} {
		_, err := s.Resolve(c.ref)
		if !errors.Is(err, c.kind) {
			t.Errorf("%q: error %v, want %v", c.ref, err, c.kind)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: error %q lacks %q", c.ref, err, want)
			}
		}
	}
	if _, err := s.Resolve("single"); err == nil || strings.Contains(err.Error(), first) {
		t.Errorf("the error of %q lists what is far from it: %v", "single", err)
	}
	if _, err := openStore(t).Resolve("latest"); !errors.Is(err, ErrNoRun) || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("empty store: %v", err)
	}
}

func TestJourneyStagesPlayedTwice(t *testing.T) {
	s := openStore(t)
	j, err := s.CreateJourney("whatsthetime", &JourneyManifest{Stages: []string{"single", "vertical"}, Started: started})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"single", "single-2", "single-3"} {
		m := &Manifest{Started: started.Add(time.Duration(i) * time.Minute)}
		played(t, j.Create, "single", m)
		if m.Run != j.ID()+"/"+want || m.Parent != j.ID() {
			t.Errorf("run %q of %q, want %s", m.Run, m.Parent, want)
		}
	}
	m, err := ReadJourney(j.Dir())
	if want := []string{"single", "vertical", "single-2", "single-3"}; err != nil || !slices.Equal(m.Stages, want) {
		t.Errorf("stages %v, error %v", m.Stages, err)
	}
	// One that was planned and never started is no run, and the journey not complete.
	r, err := s.Resolve("latest")
	if err != nil || len(r.Stages()) != 3 {
		t.Fatalf("stages %v, error %v", r.Stages(), err)
	}
	if r.Entry().Complete {
		t.Error("a journey with a stage missing is complete")
	}
}

func TestList(t *testing.T) {
	s, oldest, first, second, journey := filled4(t)
	if err := WriteSummary(filepath.Join(s.Dir(), oldest), &Summary{LabSeconds: 12.5, Verdict: showdown.Deviated}); err != nil {
		t.Fatal(err)
	}
	// A run that was killed before its analysis has a length and no verdict.
	if err := os.Remove(filepath.Join(s.Dir(), first, SummaryFile)); err != nil {
		t.Fatal(err)
	}
	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 4 || list[0].ID != oldest || list[1].ID != journey.ID() {
		t.Fatalf("list %+v", list)
	}
	want := Entry{
		Run: Run{ID: oldest, Dir: filepath.Join(s.Dir(), oldest)}, Title: "Title of whatsthetime-single",
		Started: started.Add(-time.Hour), Verdict: showdown.Deviated, Duration: 12500 * time.Millisecond, Complete: true,
	}
	if want.Size = list[0].Run.Bytes(); want.Size < 500 {
		t.Errorf("%d bytes", want.Size)
	}
	if diff := cmp.Diff(want, list[0]); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	e := list[1]
	if !e.Journey || e.Title != "whatsthetime" || len(e.Stages) != 2 || e.Verdict != showdown.Held || !e.Complete || e.Duration != 80*time.Second {
		t.Errorf("journey %+v", e)
	}
	for _, e := range list[2:] {
		want := map[string]showdown.Verdict{first: "", second: showdown.Held}
		if verdict, ok := want[e.ID]; !ok || e.Duration != 40*time.Second || e.Verdict != verdict {
			t.Errorf("entry %+v", e)
		}
	}
}

// A list says what is broken and goes on.
func TestListOfBrokenFolders(t *testing.T) {
	for name, c := range map[string]struct {
		spoil    func(dir string) error
		complete bool
		broken   string
	}{
		"no manifest":   {func(dir string) error { return os.Remove(filepath.Join(dir, ManifestFile)) }, true, "run.json: no such file"},
		"torn manifest": {func(dir string) error { return os.Truncate(filepath.Join(dir, ManifestFile), 20) }, true, "run.json: unexpected end of JSON"},
		"newer manifest": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, ManifestFile), []byte(`{"version":9}`), 0o600)
		}, true, "version 9 is not known here"},
		"no events":         {func(dir string) error { return os.Remove(filepath.Join(dir, EventsFile)) }, false, "events.ndjson: no such file"},
		"torn events":       {func(dir string) error { return os.Truncate(filepath.Join(dir, EventsFile), 30) }, false, ""},
		"no hits":           {func(dir string) error { return os.Remove(filepath.Join(dir, HitsFile)) }, false, "no hits.bin in"},
		"torn hits":         {func(dir string) error { return os.Truncate(filepath.Join(dir, HitsFile), 77) }, false, ""},
		"torn summary":      {func(dir string) error { return os.WriteFile(filepath.Join(dir, SummaryFile), []byte(`{"ver`), 0o600) }, true, "summary.json: unexpected end of JSON"},
		"everything gone":   {func(dir string) error { return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)) }, false, "run.json: no such file"},
		"nothing is broken": {func(string) error { return nil }, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t)
			r := played(t, s.Create, "whatsthetime-vertical", &Manifest{Started: started})
			other := played(t, s.Create, "other", &Manifest{Started: started.Add(time.Hour)})
			if err := c.spoil(r.Dir()); err != nil {
				t.Fatal(err)
			}
			list, err := s.List()
			if err != nil || len(list) != 2 {
				t.Fatalf("list %+v, error %v", list, err)
			}
			e := list[0]
			if e.Complete != c.complete || !strings.Contains(e.Broken, c.broken) || (c.broken == "") != (e.Broken == "") {
				t.Errorf("complete %v, broken %q", e.Complete, e.Broken)
			}
			if !e.Started.Equal(started) {
				t.Errorf("started %v", e.Started)
			}
			if list[1].ID != other.ID() || list[1].Broken != "" {
				t.Errorf("the other run %+v", list[1])
			}
		})
	}
}

func TestStoreIsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := "open store " + file + ": it is a file, not a folder: choose another store with --out"
	if _, err := OpenStore(file); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if err := createIn(filepath.Join(file, "below")); err == nil ||
		!strings.Contains(err.Error(), "a file is in the way; choose another store with --out") {
		t.Errorf("error %v", err)
	}
}

// A store that the user may not write, as root's is to an ordinary user.
func TestReadOnlyStore(t *testing.T) {
	dir, err := os.MkdirTemp("", "showdown-readonly-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(os.Chmod(dir, 0o700), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, store := range []string{dir, filepath.Join(dir, "results", "runs")} {
		cmd := selfAsOrdinaryUser(t)
		cmd.Env = []string{"RESULTS_TEST_CREATE_IN=" + store}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("the test as another user: %v: %s", err, out)
		}
		for _, want := range []string{store, "permission denied: choose a store that can be written with --out"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("error %q lacks %q", out, want)
			}
		}
	}
}

// A run that cannot start leaves no folder.
func TestFailedCreateLeavesNothing(t *testing.T) {
	s := openStore(t)
	spec := &showdown.Stage{Cells: []showdown.Cell{{Name: "base"}, {Name: "../../escape"}}}
	if _, err := s.Create("run", &Manifest{Spec: spec}); err == nil || !strings.Contains(err.Error(), `record cell "../../escape"`) {
		t.Errorf("error %v", err)
	}
	if runs, err := s.Runs(); err != nil || len(runs) != 0 {
		t.Errorf("runs %v, error %v", runs, err)
	}
}
