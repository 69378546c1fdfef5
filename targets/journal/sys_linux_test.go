package journal

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child starts a process that lives until it is killed, and reaps it.
func child(t *testing.T, env ...string) Identity {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", "read x")
	cmd.Env = append(os.Environ(), env...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = cmd.Wait() }()
	t.Cleanup(func() { _ = stdin.Close(); <-done })
	who, err := Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// die lets the journal's owner seem dead: the lock is free, the file is there.
func (j *Journal) die() { _ = j.file.Close() }

func heal(t *testing.T, dir string, except ...string) []Healed {
	t.Helper()
	healed, err := Heal(t.Context(), dir, except...)
	if err != nil {
		t.Fatal(err)
	}
	return healed
}

func TestHealKillsWhatADeadRunLeft(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir, "run-1")
	running, stopped := child(t), child(t)
	for _, who := range []Identity{running, stopped} {
		if err := j.Started(j.must(t, Entry{Kind: KindProcess, Name: "web"}), who); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Kill(stopped.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	j.must(t, Entry{Kind: KindFault, Name: "A hang web"})
	j.must(t, Entry{Kind: KindSlot, Name: "3"})
	if got := heal(t, dir); len(got) != 0 {
		t.Fatalf("healed a living run: %v", got)
	}
	j.die()
	if got := heal(t, dir, "run-1"); len(got) != 0 || !running.Alive() {
		t.Fatalf("healed what was excepted: %v", got)
	}
	got := heal(t, dir)
	if len(got) != 1 || got[0].Run != "run-1" || len(got[0].Undone) != 4 || len(got[0].Failed) != 0 {
		t.Errorf("healed %+v", got)
	}
	if running.Alive() || stopped.Alive() {
		t.Error("a process is left")
	}
	if got := heal(t, dir); len(got) != 0 {
		t.Errorf("healed again: %v", got)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestHealNeverKillsAnother(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir, "run-1")
	stranger := child(t)
	later := stranger
	later.Start++ // the number was given out again
	self, err := Identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []Identity{later, self, {PID: 1, Start: 0}, {PID: -1}, {PID: 1 << 30, Start: 1}} {
		if err := j.Started(j.must(t, Entry{Kind: KindProcess, Name: "web"}), who); err != nil {
			t.Fatal(err)
		}
	}
	j.must(t, Entry{Kind: KindProcess, Name: "planned only"})
	j.die()
	got := heal(t, dir)
	if len(got) != 1 || len(got[0].Failed) != 0 || len(got[0].Undone) != 6 {
		t.Errorf("healed %+v", got)
	}
	if !stranger.Alive() {
		t.Error("a stranger was killed")
	}
}

func TestHealFindsTheMark(t *testing.T) {
	dir := t.TempDir()
	run := "run-" + filepath.Base(dir) + t.Name()
	j := mustOpen(t, dir, run)
	// Its owner died between the plan and the identity, and another run is alive.
	planned, other := child(t, MarkVariable+"="+run), child(t, MarkVariable+"="+run+"0")
	j.must(t, Entry{Kind: KindProcess, Name: "web-1"})
	j.die()
	got := heal(t, dir)
	if len(got) != 1 || len(got[0].Failed) != 0 || planned.Alive() || !other.Alive() {
		t.Errorf("healed %+v; ours alive %t, the other %t", got, planned.Alive(), other.Alive())
	}
}

func TestHealReadsTornAndBrokenJournals(t *testing.T) {
	dir := t.TempDir()
	whole, torn := child(t), child(t)
	header := `{"journal":1,"run":"run-1","owner":{"pid":1073741824,"start":2}}` + "\n"
	entry := func(id string, who Identity) string {
		return `{"id":` + id + `,"kind":"process","name":"web","identity":{"pid":` + strings.Replace(who.String(), "@", `,"start":`, 1) + "}}\n"
	}
	for name, data := range map[string]string{
		"run-1":     header + entry("1", whole) + "gar\x00bage\n" + strings.TrimSuffix(entry("2", torn), "}}\n"),
		"empty":     "",
		"only-half": header[:20],
	} {
		if err := os.WriteFile(filepath.Join(dir, name+extension), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := heal(t, dir)
	if len(got) != 3 || whole.Alive() || !torn.Alive() {
		t.Errorf("healed %+v; alive %t %t", got, whole.Alive(), torn.Alive())
	}
	for _, h := range got {
		if len(h.Failed) != 0 {
			t.Errorf("%+v", h)
		}
		if h.Run == "run-1" && !strings.Contains(strings.Join(h.Undone, "\n"), "line 3 of the journal could not be read") {
			t.Errorf("%+v", h)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestHealDirectories(t *testing.T) {
	dir, base := t.TempDir(), t.TempDir()
	j := mustOpen(t, dir, "run-1")
	path := func(name string) string { return filepath.Join(base, name) }
	if _, err := j.MakeDir(path("ours")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path("ours"), "data"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := j.MakeDir(path("ours")); err == nil {
		t.Error("a directory that is there was made again")
	}
	for name, mark := range map[string]string{"foreign": "", "another": "run-2"} {
		if err := os.Mkdir(path(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path(name), "data"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if mark != "" {
			if err := os.WriteFile(filepath.Join(path(name), markFile), []byte(mark), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		j.must(t, Entry{Kind: KindDir, Name: path(name)})
	}
	j.must(t, Entry{Kind: KindDir, Name: path("never-made")})
	j.die()
	if got := heal(t, dir); len(got) != 1 || len(got[0].Failed) != 0 || len(got[0].Undone) != 4 {
		t.Errorf("healed %+v", got)
	}
	left, _ := os.ReadDir(base)
	if len(left) != 2 || left[0].Name() != "another" || left[1].Name() != "foreign" {
		t.Errorf("left: %v", left)
	}
}

// A run that was killed while its journal got its name left a second one.
func TestHealDropsJournalsThatWereNeverBorn(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir, "run-1")
	abandoned, living := filepath.Join(dir, "run-2"+unborn), filepath.Join(dir, "run-1"+unborn)
	if err := os.WriteFile(abandoned, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(j.Path(), living); err != nil {
		t.Fatal(err)
	}
	heal(t, dir)
	if _, err := os.Stat(abandoned); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the abandoned one: %v", err)
	}
	if _, err := os.Stat(living); err != nil {
		t.Errorf("the living one: %v", err)
	}
}

// Healers never get in the way of a journal that is being opened.
func TestOpenBesideHealers(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if _, err := Heal(context.WithoutCancel(ctx), dir); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 200 {
		j, err := Open(dir, "run-1")
		if err != nil {
			t.Error(err)
			continue
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
	stop()
	<-done
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestManyHealersAtOnce(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir, "run-1")
	who := child(t)
	if err := j.Started(j.must(t, Entry{Kind: KindProcess, Name: "web"}), who); err != nil {
		t.Fatal(err)
	}
	j.die()
	const n = 8
	results := make(chan int, n)
	for range n {
		go func() {
			healed, err := Heal(context.WithoutCancel(t.Context()), dir)
			if err != nil {
				t.Error(err)
			}
			for _, h := range healed {
				if len(h.Failed) != 0 {
					t.Errorf("%+v", h)
				}
			}
			results <- len(healed)
		}()
	}
	sum := 0
	for range n {
		sum += <-results
	}
	if sum != 1 || who.Alive() {
		t.Errorf("healed %d times, alive %t", sum, who.Alive())
	}
}

func TestHealWithoutADirectory(t *testing.T) {
	if got := heal(t, filepath.Join(t.TempDir(), "none")); got != nil {
		t.Errorf("healed %v", got)
	}
}

// A full disk must stop the run before it makes what it could not record, and leave
// a journal that can be read.
func TestARecordThatDoesNotFitIsAnError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("the system has no /dev/full: ", err)
	}
	j := mustOpen(t, t.TempDir(), "run-1")
	real := j.file
	defer real.Close()
	j.file = full
	if _, err := j.Record(Entry{Kind: KindProcess, Name: "web-1"}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("recorded on a full disk: %v", err)
	}
	if len(j.Pending()) != 0 {
		t.Errorf("pending %v", j.Pending())
	}
}

func TestSlots(t *testing.T) {
	dir := t.TempDir()
	// Others may hold slots of this computer, so only what must hold beside them is
	// asked.
	seen := map[int]*Slot{}
	for {
		s, err := AcquireSlot(dir)
		if err != nil {
			if !strings.Contains(err.Error(), "all 15 are taken") {
				t.Error(err)
			}
			break
		}
		if seen[s.Number()] != nil || s.Number() < MinSlot || s.Number() > MaxSlot {
			t.Fatalf("slot %d is given out twice", s.Number())
		}
		seen[s.Number()] = s
		// Another directory's locks do not help: the addresses are the computer's.
		if other, err := takeSlot(t.TempDir(), s.Number()); err != nil || other != nil {
			t.Fatalf("slot %d is given to another user too: %v", s.Number(), err)
		}
		if len(seen) == 3 { // leave some to tests that run beside this one
			break
		}
	}
	for number, s := range seen {
		for range 2 {
			if err := s.Release(); err != nil {
				t.Error(err)
			}
		}
		again, err := takeSlot(dir, number)
		if err != nil {
			t.Fatal(err)
		}
		if again != nil { // nil: taken by another test meanwhile
			_ = again.Release()
		}
	}
}

func TestParseStat(t *testing.T) {
	const tail = " 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 17 21 4242 23"
	for _, c := range []struct {
		name, stat string
		state      byte
		start      uint64
		bad        bool
	}{
		{"plain", "77 (sh) S" + tail, 'S', 4242, false},
		{"a command with spaces and parentheses", "77 (a) Z (b c) R" + tail, 'R', 4242, false},
		{"empty", "", 0, 0, true},
		{"short", "77 (sh) S 1 2", 0, 0, true},
		{"no command", "77 S" + tail, 0, 0, true},
	} {
		got, err := parseStat([]byte(c.stat))
		if (err != nil) != c.bad || !c.bad && got != (stat{c.state, 17, c.start}) {
			t.Errorf("%s: %+v %v", c.name, got, err)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	if data, err := os.ReadFile("/proc/self/stat"); err == nil {
		f.Add(data)
	}
	f.Add([]byte("1 (x)) ) S"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = parseStat(data) })
}

func TestZombiesAreGone(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "read x; exit 0")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	who, err := Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if !who.Alive() {
		t.Error("a living process counts as gone")
	}
	_, _ = io.WriteString(stdin, "\n")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if !WaitGone(ctx, who) { // it ended, and nobody has reaped it
		t.Error("a zombie counts as alive")
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if err := Kill(t.Context(), who); err != nil {
		t.Errorf("killing what is gone: %v", err)
	}
}
