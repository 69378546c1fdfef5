package results

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestGroup(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	started := time.Date(2026, 11, 26, 13, 15, 0, 0, time.UTC)
	g := &Group{Target: "mine/java", Repeat: 3, Seed: 7, Started: started}
	if err := store.CreateGroup("mine-java", g); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(g.Group, "20261126T131500-mine-java-x3-") {
		t.Errorf("the id is %s", g.Group)
	}
	for _, seed := range []uint64{7, 8} {
		m := &Manifest{Journey: "mine", Stage: "java", Seed: seed}
		rec, err := store.Create("mine-java", m)
		if err != nil {
			t.Fatal(err)
		}
		if err := rec.Close(); err != nil {
			t.Fatal(err)
		}
		g.Runs = append(g.Runs, GroupRun{m.Run, seed})
		if err := store.WriteGroup(g); err != nil {
			t.Fatal(err)
		}
	}
	// A group is no run: neither in the list nor the latest.
	runs, err := store.Runs()
	if err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
	for _, ref := range []string{g.Group, "20261126T131500", store.GroupPath(g.Group)} {
		got, path, err := store.ResolveGroup(ref)
		if err != nil || got.Group != g.Group || len(got.Runs) != 2 || got.Runs[1].Seed != 8 {
			t.Errorf("%s is %+v, %v", ref, got, err)
			continue
		}
		if found, gone := GroupRuns(got, path); len(found) != 2 || len(gone) != 0 || found[0].ID != g.Runs[0].Run {
			t.Errorf("%s has %v, and %v are gone", ref, found, gone)
		}
	}
	if err := os.RemoveAll(filepath.Join(store.Dir(), g.Runs[0].Run)); err != nil {
		t.Fatal(err)
	}
	got, path, _ := store.ResolveGroup(g.Group)
	got.Runs = append(got.Runs, GroupRun{Run: "../elsewhere"}, GroupRun{Run: ""})
	if found, gone := GroupRuns(got, path); len(found) != 1 || !slices.Equal(gone, []string{g.Runs[0].Run, "../elsewhere", ""}) {
		t.Errorf("%d found, gone %q", len(found), gone)
	}
	second := &Group{Target: "mine/go", Repeat: 3, Started: started}
	if err := store.CreateGroup("mine-go", second); err != nil {
		t.Fatal(err)
	}
	if all, err := store.Groups(); err != nil || len(all) != 2 || !slices.Contains(all, g.Group) {
		t.Errorf("the groups are %v, %v", all, err)
	}
	for ref, want := range map[string]error{"20261126T131500": ErrAmbiguous, "nothing": ErrNoRun, "": ErrNoRun} {
		if _, _, err := store.ResolveGroup(ref); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", ref, err, want)
		}
	}
	if err := os.WriteFile(store.GroupPath(second.Group), []byte(`{"version":9}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.ResolveGroup(second.Group); err == nil || !strings.Contains(err.Error(), "version 9 is not known here") {
		t.Errorf("a group of a later version: %v", err)
	}
}
