package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"showdown/results"
)

// runs lists what repeats each other under the runs, and says of each run what it is part of.
func TestRunsListsRepeats(t *testing.T) {
	store, single, journey := filledStore(t)
	out := "--out=" + store.Dir()
	if got := command(t, "", "runs", out); strings.Contains(got.stdout, "repeats") {
		t.Errorf("a store without repeats lists\n%s", got.stdout)
	}
	group := func(target string, runs ...string) string {
		t.Helper()
		g := &results.Group{Target: target, Repeat: 3}
		if err := store.CreateGroup("whatsthetime", g); err != nil {
			t.Fatal(err)
		}
		for i, r := range runs {
			g.Runs = append(g.Runs, results.GroupRun{Run: r, Seed: uint64(i)})
		}
		if err := store.WriteGroup(g); err != nil {
			t.Fatal(err)
		}
		return g.Group
	}
	mine := group("whatsthetime/single", single, "20260101T000000-gone-0000")
	other := group("whatsthetime", journey)

	got := command(t, "", "runs", out)
	for _, want := range []string{
		mine + "  1 of 3  whatsthetime/single (2 were finished) (1 not in the store any more)\n",
		other + "  1 of 3  whatsthetime (1 were finished)\n",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in\n%s", want, got.stdout)
		}
	}
	if !strings.Contains(got.stderr, "showdown compare takes the id of repeats") {
		t.Errorf("it says %q", got.stderr)
	}
	// A filter that takes a group's runs away takes the group.
	if got := command(t, "", "runs", "--since", "10m", out); !strings.Contains(got.stdout, mine) || strings.Contains(got.stdout, other) {
		t.Errorf("the runs of today are\n%s", got.stdout)
	}
	var rows []runRow
	if err := json.Unmarshal([]byte(command(t, "", "runs", "--json", out).stdout), &rows); err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for _, r := range rows {
		of[r.Run] = r.Repeats
	}
	if len(of) != 3 || of[single] != mine || of[journey] != other {
		t.Errorf("the runs are of %v", of)
	}
	// A file that cannot be read is listed and stops nothing.
	if err := os.WriteFile(store.GroupPath(other), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := command(t, "", "runs", out); got.code != exitHeld || !strings.Contains(got.stdout, other+"  -       cannot be read: ") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

func TestFileNamesCanBeCopied(t *testing.T) {
	for path, want := range map[string]string{
		"mine.yaml": "mine.yaml", "/tmp/a b/mine.yaml": "'/tmp/a b/mine.yaml'", "it's.yaml": `'it'\''s.yaml'`, "$x.yaml": "'$x.yaml'",
	} {
		if got := quoted(path); got != want {
			t.Errorf("%s is written %s, want %s", path, got, want)
		}
	}
	path := filepath.Join(t.TempDir(), "my shop.yaml")
	got := command(t, "", "init", path)
	if got.code != exitHeld || strings.Count(got.stderr, "'"+path+"'") != 3 {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
}

// Answers that come through a pipe are not taken for some of the stage: init says that it
// does not read them.
func TestInitSaysThatItReadsNoPipe(t *testing.T) {
	in, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer to.Close() // it stays open: nobody waits for its end
	if _, err := to.WriteString("shop\nclock\n"); err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, c := range []struct {
		name  string
		stdin *os.File
		args  []string
		says  bool
	}{
		{"a pipe", in, nil, true},
		{"a pipe and --no-input", in, []string{"--no-input"}, false},
		{"nothing", null, nil, false},
	} {
		var stdout, stderr strings.Builder
		args := append([]string{"showdown", "init"}, append(c.args, "-")...)
		if code := Main(args, c.stdin, &stdout, &stderr); code != exitHeld || !strings.Contains(stdout.String(), "stage: mine") {
			t.Errorf("%s: exit code %d, %s", c.name, code, stderr.String())
		}
		if says := strings.Contains(stderr.String(), "is not read"); says != c.says {
			t.Errorf("%s: it says %q", c.name, stderr.String())
		}
	}
}
