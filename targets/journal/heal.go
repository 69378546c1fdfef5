package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// markFile is the file in a directory of ours that holds the run's mark.
const markFile = ".showdown-mark"

const (
	// healPoll is how often a process that was killed, or a lock that a dead owner
	// still holds, is looked at again.
	healPoll = 2 * time.Millisecond
	// healWait bounds the wait for one of them.
	healWait = 2 * time.Second
)

// Healed is what was undone of one dead run.
type Healed struct {
	Run string
	// Undone are sentences on what is gone now, Failed on what is still there.
	Undone, Failed []string
}

// Heal undoes what dead runs left behind: for every journal in dir whose owner no
// longer lives it runs the commands that take back what commands did, each in its own
// time whatever ctx says, kills the processes that are still the ones that were started,
// removes directories that carry the run's mark, and drops the journal. It is
// idempotent, may run in several processes at once, tolerates a line that was cut
// off, and leaves a living run's journal and the runs in except alone. What fails
// stays in its journal for the next time. The error is of dir itself.
func Heal(ctx context.Context, dir string, except ...string) ([]Healed, error) {
	return healAll(ctx, dir, false, except)
}

// Forget is [Heal], and gives up the commands whose undo fails: nobody runs it again.
func Forget(ctx context.Context, dir string) ([]Healed, error) { return healAll(ctx, dir, true, nil) }

func healAll(ctx context.Context, dir string, forget bool, except []string) ([]Healed, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("heal: %w", err)
	}
	var all []Healed
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasSuffix(e.Name(), unborn) {
			dropUnborn(path)
			continue
		}
		run, ok := strings.CutSuffix(e.Name(), extension)
		if !ok || slices.Contains(except, run) {
			continue
		}
		if h, dead := healOne(ctx, path, run, forget); dead {
			all = append(all, h)
		}
	}
	return all, nil
}

// dropUnborn removes a journal that never got its name, or whose owner died before
// it took the first one away. One that is just being made is locked, or made again.
func dropUnborn(path string) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer file.Close()
	if free, err := tryLock(file); err == nil && free && sameFile(file, path) {
		_ = os.Remove(path)
	}
}

// healOne heals the journal at path; dead is false when its owner lives.
func healOne(ctx context.Context, path, run string, forget bool) (h Healed, dead bool) {
	h.Run = run
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return h, false // healed by somebody else meanwhile
	}
	if err != nil {
		h.Failed = append(h.Failed, err.Error())
		return h, true
	}
	defer file.Close()
	locked, err := lockOfDead(ctx, file)
	if err != nil {
		h.Failed = append(h.Failed, err.Error())
		return h, true
	}
	if !locked || !sameFile(file, path) {
		return h, false
	}
	data, err := os.ReadFile(path)
	if err != nil {
		h.Failed = append(h.Failed, err.Error())
		return h, true
	}
	c := parse(data)
	for _, n := range c.unreadable {
		h.Undone = append(h.Undone, fmt.Sprintf("line %d of the journal could not be read: searched for the run's mark instead", n))
	}
	h.undo(ctx, c)
	h.runUndos(ctx, file, c, forget)
	if len(h.Failed) == 0 {
		if err := os.Remove(path); err != nil {
			h.Failed = append(h.Failed, err.Error())
		}
	}
	return h, true
}

// lockOfDead takes the lock of a journal whose owner is dead. When the owner is
// dead and the lock is not free, either the kernel is still taking the owner down
// or another healer is at work: both end soon, so it waits.
func lockOfDead(ctx context.Context, file *os.File) (bool, error) {
	began, limit := time.Now(), healWait
	for {
		free, err := tryLock(file)
		if free || err != nil {
			return free, err
		}
		data, err := os.ReadFile(file.Name())
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		c := parse(data)
		if c.owner == (Identity{}) || c.owner.Alive() {
			return false, nil
		}
		// Another healer may run the undo commands, which take their time, and strikes them
		// out one by one.
		limit = max(limit, healWait+c.undoTime())
		if !pause(ctx, healPoll) || time.Since(began) > limit {
			return false, errors.New("its owner is dead, but its lock is still held")
		}
	}
}

func sameFile(file *os.File, path string) bool {
	a, err := file.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

// undo takes back what c has pending, last made first. All processes are signalled
// before any is waited for, so that a hundred take no longer than one.
func (h *Healed) undo(ctx context.Context, c content) {
	type victim struct {
		name string
		who  Identity
	}
	var victims []victim
	kill := func(name string, who Identity) {
		switch killed, err := killIdentity(who); {
		case err != nil:
			h.Failed = append(h.Failed, fmt.Sprintf("process %s (%s): %v", name, who, err))
		case killed:
			victims = append(victims, victim{name, who})
		default:
			h.Undone = append(h.Undone, fmt.Sprintf("process %s (%s): was gone already", name, who))
		}
	}
	pending := inOrder(c.pending)
	slices.Reverse(pending)
	for _, e := range pending {
		switch e.Kind {
		case KindProcess:
			if e.Identity != (Identity{}) {
				kill(e.Name, e.Identity)
			} else {
				h.Undone = append(h.Undone, fmt.Sprintf("process %s: was planned only", e.Name))
			}
		case KindDir:
			h.removeDir(e.Name, h.Run)
		case KindCommand: // runUndos has done it
		case KindFault:
			h.Undone = append(h.Undone, fmt.Sprintf("fault %s: ended with its process", e.Name))
		default:
			h.Undone = append(h.Undone, fmt.Sprintf("%s %s: freed with its owner", e.Kind, e.Name))
		}
	}
	// A process that was planned may run without its identity on record: when the
	// owner died between the two lines. It carries the mark.
	eachMarked(ctx, h.Run, func(who Identity) {
		if !slices.ContainsFunc(victims, func(v victim) bool { return v.who == who }) {
			kill("with the run's mark", who)
		}
	})
	deadline, cancel := context.WithTimeout(ctx, healWait)
	defer cancel()
	for _, v := range victims {
		if WaitGone(deadline, v.who) {
			h.Undone = append(h.Undone, fmt.Sprintf("process %s (%s): killed", v.name, v.who))
		} else {
			h.Failed = append(h.Failed, fmt.Sprintf("process %s (%s): killed, but it is still there", v.name, v.who))
		}
	}
}

// A look at all processes misses one whose number was passed before it was forked, and
// one that is just becoming another program, which has no environment for a moment. So what
// is looked for is gone after so many looks in a row that found nothing, with a pause between them.
const (
	quietLooks = 2
	mostLooks  = 20
	lookPause  = 5 * time.Millisecond
)

// eachMarked calls do for every process that carries the run's mark, once, until there are no more.
func eachMarked(ctx context.Context, run string, do func(Identity)) {
	done := map[Identity]bool{}
	for quiet, looks := 0, 0; quiet < quietLooks && looks < mostLooks; looks++ {
		quiet++
		for _, who := range findMarked(run) {
			if !done[who] {
				done[who], quiet = true, 0
				do(who)
			}
		}
		if !pause(ctx, lookPause) {
			return
		}
	}
}

// EndMarked kills every process that carries the run's mark and returns when they are gone, or ctx
// ends: what got away from a process that held it.
func EndMarked(ctx context.Context, run string) error {
	var problems []error
	var killed []Identity
	eachMarked(ctx, run, func(who Identity) {
		switch ok, err := killIdentity(who); {
		case err != nil:
			problems = append(problems, fmt.Errorf("end process %s: %w", who, err))
		case ok:
			killed = append(killed, who)
		}
	})
	for _, who := range killed {
		if !WaitGone(ctx, who) {
			problems = append(problems, fmt.Errorf("end process %s: it is still there", who))
		}
	}
	return errors.Join(problems...)
}

// removeDir removes a directory when it carries the run's mark.
func (h *Healed) removeDir(path, run string) {
	mark, err := os.ReadFile(filepath.Join(path, markFile))
	if errors.Is(err, fs.ErrNotExist) {
		// Either it was never made, or the run died before it marked it: an empty
		// directory is no loss, a full one is not ours.
		if err := os.Remove(path); err == nil || errors.Is(err, fs.ErrNotExist) {
			h.Undone = append(h.Undone, fmt.Sprintf("directory %s: was gone or empty", path))
			return
		}
		h.Undone = append(h.Undone, fmt.Sprintf("directory %s: left alone, it does not carry the run's mark", path))
		return
	}
	if err == nil && string(mark) != run {
		h.Undone = append(h.Undone, fmt.Sprintf("directory %s: left alone, it carries another run's mark", path))
		return
	}
	if err == nil {
		err = os.RemoveAll(path)
	}
	if err != nil {
		h.Failed = append(h.Failed, fmt.Sprintf("directory %s: %v", path, err))
		return
	}
	h.Undone = append(h.Undone, fmt.Sprintf("directory %s: removed", path))
}

// WaitGone waits until the process is gone, or a zombie that only waits to be
// reaped. It reports false when ctx ended first.
func WaitGone(ctx context.Context, who Identity) bool {
	for who.Alive() {
		if !pause(ctx, healPoll) {
			return !who.Alive()
		}
	}
	return true
}

// pause waits for d; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Kill ends the process if it is still the one of that identity, and returns when it
// is gone, or at the latest after two seconds. One that is gone already is no error.
func Kill(ctx context.Context, who Identity) error {
	killed, err := killIdentity(who)
	if err != nil {
		return fmt.Errorf("kill process %s: %w", who, err)
	}
	ctx, cancel := context.WithTimeout(ctx, healWait)
	defer cancel()
	if killed && !WaitGone(ctx, who) {
		return fmt.Errorf("kill process %s: it is still there", who)
	}
	return nil
}
