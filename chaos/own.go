package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"showdown"
	"showdown/targets/command"
	"showdown/targets/journal"
)

// ownAction is what the table of actions would say of a command of a user's.
func ownAction(s showdown.Step) showdown.Action {
	a := showdown.Action{Name: showdown.RunCommand, Kind: showdown.Fault, Does: "runs " + s.Run.String()}
	switch {
	case s.UndoRun != nil:
		a.Undo = "run " + s.UndoRun.String()
	case s.For > 0:
		a.Undo = "wait for it to be over by itself"
	default:
		a.Undo = nothingToUndo
	}
	return a
}

// ownWords are the parts of a command of a user's, for the event of its plan.
func ownWords(s showdown.Step) map[string]string {
	words := map[string]string{"run": s.Run.String(), "undo": showdown.NoUndo, "probe": s.Probe.String()}
	if s.UndoRun != nil {
		words["undo"] = s.UndoRun.String()
	}
	return words
}

// prepared is a command of a user's that can be run: found, and with its variables.
type prepared struct {
	command.Command
	// own are the variables that the stage file gives it.
	own map[string]string
}

// prepareCommand resolves a command; folder is that of the stage file. It fails when a
// variable is not set or the program is not there, so that this is said before anything
// has happened.
func prepareCommand(c *showdown.Command, folder string) (*prepared, error) {
	if c == nil {
		return nil, nil
	}
	own, secrets, err := c.Environment(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return nil, err
	}
	dir := c.Dir
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(folder, dir)
	}
	p := &prepared{own: own, Command: command.Command{
		Argv: append([]string{}, c.Run...), Dir: dir, Env: journal.Environment(own), Secrets: secrets, Timeout: time.Duration(c.Timeout),
	}}
	if p.Timeout == 0 {
		p.Timeout = time.Duration(showdown.DefaultCommandTimeout)
	}
	if len(p.Argv) == 0 {
		return nil, errors.New("the command has no words")
	}
	// What is written with a slash is found from the stage file's folder, and stays the
	// same program when somebody else runs the undo.
	if strings.ContainsRune(p.Argv[0], '/') && !filepath.IsAbs(p.Argv[0]) {
		p.Argv[0] = filepath.Join(folder, p.Argv[0])
	}
	program, err := command.Find(p.Argv[0], dir, p.Env)
	if err == nil {
		_, err = os.Stat(program)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	p.Argv[0] = program
	return p, nil
}

// own is the effect of a command of a user's.
type own struct {
	*target
	step     step
	do, back *prepared
	looker   looker
	journal  Journal
	record   int
	// begun says that the command was started.
	begun bool
	// outputs is what the last events have to say of the two commands.
	did, undid map[string]any
}

// starter is a journal that keeps which process an entry is.
type starter interface {
	Started(id int, who journal.Identity) error
}

func (o *own) ready(ctx context.Context) error {
	words, seen, known := o.looker.look(ctx)
	switch {
	case !known:
		return fmt.Errorf("the probe could not look before: %s", words)
	case seen:
		return fmt.Errorf("the probe saw the fault before it was there: %s", words)
	}
	return nil
}

func (o *own) inject(ctx context.Context) error {
	r, err := o.execute(ctx, o.do)
	o.begun = !errors.Is(err, command.ErrNotStarted)
	o.did = output(o.do, r, err)
	o.facts["exit"], o.facts["took_ms"] = r.Exit, milliseconds(r.Took)
	return err
}

// execute runs a command whose process the journal knows while it runs, so that a healer
// can end it.
func (o *own) execute(ctx context.Context, p *prepared) (command.Result, error) {
	c := p.Command
	s, keeps := o.journal.(starter)
	if keeps {
		c.Started = func(pid int) error {
			who, err := journal.Identify(pid)
			if err != nil {
				return fmt.Errorf("note the command's process: %w", err)
			}
			return s.Started(o.record, who)
		}
	}
	r, err := command.Run(ctx, c)
	if keeps && !errors.Is(err, command.ErrNotStarted) {
		err = errors.Join(err, s.Started(o.record, journal.Identity{}))
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(p.Argv, " "), err)
		if lines := strings.Split(strings.TrimSpace(r.Stderr), "\n"); lines[0] != "" {
			err = fmt.Errorf("%w: %s", err, lines[len(lines)-1])
		}
	}
	return r, err
}

// output is what an event says of a command that has run.
func output(p *prepared, r command.Result, err error) map[string]any {
	out := map[string]any{
		"argv": p.Argv, "dir": p.Dir, "exit": r.Exit, "took_ms": milliseconds(r.Took), "stdout": r.Stdout, "stderr": r.Stderr,
	}
	if r.Cut {
		out["cut"] = true
	}
	if errors.Is(err, command.ErrTimeout) {
		out["timed_out"] = true
	}
	return out
}

func milliseconds(d time.Duration) float64 { return tenth(float64(d) / 1e6) }

func (o *own) confirm(ctx context.Context) (string, bool) {
	began := time.Now()
	words, ok := o.watch(ctx, 1, func(seen bool) bool { return seen })
	if ok {
		o.facts["seen_ms"] = milliseconds(time.Since(began))
	}
	return words, ok
}

func (o *own) left() remains {
	if !o.begun || o.back == nil && o.step.For == 0 {
		return leavesNothing
	}
	return leavesFault
}

// undo runs to its own end: one that is cut off would leave nobody knows what.
func (o *own) undo(ctx context.Context) error {
	if o.back == nil {
		return nil
	}
	r, err := o.execute(context.WithoutCancel(ctx), o.back)
	o.undid = output(o.back, r, err)
	o.facts["undo_exit"], o.facts["undo_took_ms"] = r.Exit, milliseconds(r.Took)
	return err
}

// enough is how many looks in a row must miss the fault for it to be gone: of what
// stands before several servers one look sees one of them.
const enough = 3

func (o *own) gone(ctx context.Context) (string, bool) {
	return o.watch(ctx, enough, func(seen bool) bool { return !seen })
}

// watch looks until row looks one after the other were as wanted, as long as the probe
// may.
func (o *own) watch(ctx context.Context, row int, wanted func(seen bool) bool) (words string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, o.step.Probe.LookWithin())
	defer cancel()
	last := "not looked at yet"
	for n := 0; ; {
		words, seen, known := o.looker.look(ctx)
		switch {
		case known && wanted(seen):
			last = words
			if n++; n >= row {
				return last, true
			}
		case known:
			last, n = words, 0
		default:
			n = 0
			if ctx.Err() == nil {
				last = words
			}
		}
		if ctx.Err() != nil {
			return last, false
		}
		o.pause(ctx, o.limit.poll)
	}
}

// report is what an event has to say of the commands.
func (o *own) report(kind showdown.EventKind) map[string]any {
	switch {
	case o.did != nil && (kind == showdown.FaultInjected || kind == showdown.FaultFailed):
		return map[string]any{"command": o.did}
	case o.undid != nil && (kind == showdown.FaultUndone || kind == showdown.FaultNotUndone):
		return map[string]any{"undo_command": o.undid}
	}
	return nil
}

// entry is the undo record of a command of a user's.
func (o *own) entry(name string, fields map[string]string) (journal.Entry, error) {
	if o.back == nil {
		return journal.NewCommand(name, fields, command.Command{}, nil)
	}
	return journal.NewCommand(name, fields, o.back.Command, o.back.own)
}

func (p *prepared) words() string { return strings.Join(p.Argv, " ") }
