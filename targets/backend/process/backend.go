package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"showdown/targets/cloud"
	"showdown/targets/journal"
)

const (
	// spawnWait bounds what the spawner itself does: it forks, signals and passes
	// lines on, which takes milliseconds.
	spawnWait = 10 * time.Second
	// goneWait bounds the wait for machines whose spawner died.
	goneWait = 2 * time.Second
)

// Config is what a backend needs.
type Config struct {
	// Command is the command line of a process that calls [SpawnerMain].
	Command []string
	// Journal records every process before it exists.
	Journal *journal.Journal
	// Mark is the sign of ownership that every process carries; empty is the
	// journal's run, and [journal.Heal] looks for that one.
	Mark string
	// Stderr receives what the processes say on standard error; nil drops it.
	Stderr io.Writer
	// OnLost is called, from a goroutine of the backend, for each machine that ended
	// and nobody asked it to. It may be nil, and must not call Close.
	OnLost func(name string, id cloud.Identity)
}

// Backend runs machines as children of one spawner. Its methods are safe for
// concurrent use.
type Backend struct {
	cfg     Config
	entry   int // the spawner's, in the journal
	spawner journal.Identity
	stdin   io.WriteCloser
	ready   chan struct{}
	ended   chan struct{} // the spawner is reaped
	lost    chan struct{}
	work    sync.WaitGroup

	writeMu sync.Mutex // one request at a time on stdin

	mu       sync.Mutex // guards all below
	closing  bool
	nextID   int
	nextName int
	replies  map[int]chan report
	machines map[int]*child
	gone     bool // the spawner's reports ended: nothing is registered any more
}

// Start starts the spawner and returns when it can start machines. The spawner ends
// at Close, and with this process however that ends; ctx bounds the start alone. It
// fails with what is missing where machines cannot be processes ([Supported]).
func Start(ctx context.Context, c Config) (*Backend, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	if len(c.Command) == 0 || c.Journal == nil {
		return nil, errors.New("start spawner: it needs a command and a journal")
	}
	if c.Mark == "" {
		c.Mark = c.Journal.Run()
	}
	b := &Backend{
		cfg: c, ready: make(chan struct{}), ended: make(chan struct{}), lost: make(chan struct{}),
		replies: map[int]chan report{}, machines: map[int]*child{},
	}
	if err := b.start(ctx); err != nil {
		return nil, fmt.Errorf("start spawner: %w", err)
	}
	return b, nil
}

func (b *Backend) start(ctx context.Context) error {
	cmd := exec.Command(b.cfg.Command[0], b.cfg.Command[1:]...)
	cmd.Env = withEnv(os.Environ(), journal.MarkVariable+"="+b.cfg.Mark)
	cmd.Stderr = b.cfg.Stderr
	cmd.SysProcAttr = ownSession(true)
	cmd.WaitDelay = goneWait
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	// Not cmd.StdoutPipe: Wait would close it before the last report is read.
	stdout, writeEnd, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout = writeEnd
	b.stdin = stdin
	b.entry, err = b.cfg.Journal.Record(journal.Entry{
		Kind: journal.KindProcess, Name: "spawner", Fields: map[string]string{"mark": b.cfg.Mark},
	})
	if err != nil {
		return errors.Join(err, stdout.Close(), writeEnd.Close())
	}
	started := make(chan error, 1)
	b.work.Add(1)
	go func() {
		defer b.work.Done()
		// The spawner's parent-death signal comes when this thread ends, so the thread
		// stays until the spawner is reaped.
		runtime.LockOSThread()
		err := cmd.Start()
		_ = writeEnd.Close()
		if err == nil {
			b.spawner, err = journal.Identify(cmd.Process.Pid)
		}
		started <- err
		if cmd.Process != nil {
			_ = cmd.Wait()
		}
		close(b.ended)
	}()
	if err := <-started; err != nil {
		_ = stdin.Close()
		<-b.ended
		return errors.Join(err, stdout.Close(), b.cfg.Journal.Done(b.entry))
	}
	b.work.Add(1)
	go func() {
		defer b.work.Done()
		b.read(stdout)
		_ = stdout.Close()
		b.lose()
	}()
	if err := b.cfg.Journal.Started(b.entry, b.spawner); err != nil {
		return errors.Join(err, b.Close(context.WithoutCancel(ctx)))
	}
	select {
	case <-b.ready:
		return nil
	case <-b.lost:
		return errors.Join(errors.New("it ended before it was ready"), b.Close(context.WithoutCancel(ctx)))
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), b.Close(context.WithoutCancel(ctx)))
	}
}

// withEnv is env with variables set, each given as "NAME=value".
func withEnv(env []string, variables ...string) []string {
	out := slices.DeleteFunc(slices.Clone(env), func(have string) bool {
		name, _, _ := strings.Cut(have, "=")
		return slices.ContainsFunc(variables, func(v string) bool { return strings.HasPrefix(v, name+"=") })
	})
	return append(out, variables...)
}

// Spawner is the identity of the process that holds the machines.
func (b *Backend) Spawner() cloud.Identity { return cloud.Identity(b.spawner) }

// Lost is closed when the spawner has died and no machine of it is left; it is also
// closed by Close.
func (b *Backend) Lost() <-chan struct{} { return b.lost }

// Start runs a machine and returns when it listens on all its addresses. It fails
// with the machine's own words when it cannot, and leaves nothing behind then, nor
// when ctx ends first.
func (b *Backend) Start(ctx context.Context, c cloud.MachineConfig) (cloud.Machine, error) {
	m, err := b.launch(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("start machine %s: %w", c.Name, err)
	}
	return m, nil
}

func (b *Backend) launch(ctx context.Context, c cloud.MachineConfig) (*child, error) {
	if c.Mark == "" {
		c.Mark = b.cfg.Mark
	}
	config, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	entry, err := b.cfg.Journal.Record(journal.Entry{
		Kind: journal.KindProcess, Name: c.Name, Fields: map[string]string{"mark": b.cfg.Mark, "lab": c.Lab},
	})
	if err != nil {
		return nil, err
	}
	m, err := b.register(c, entry)
	if err != nil {
		return nil, errors.Join(err, b.cfg.Journal.Done(entry))
	}
	// Not bounded by ctx: the machine runs or it does not, and this must know.
	r, err := b.call(context.WithoutCancel(ctx), request{Op: opStart, Machine: m.number, Name: c.Name, Line: config, Family: c.Program != nil})
	if err == nil && r.Identity == nil {
		err = errors.New("the spawner told no identity")
	}
	if err != nil {
		m.asked.Store(true)
		b.remove(m, "never started")
		return nil, err
	}
	m.setIdentity(*r.Identity)
	if err := b.cfg.Journal.Started(entry, *r.Identity); err != nil {
		return nil, errors.Join(err, m.discard(ctx))
	}
	select {
	case a := <-m.first:
		if a.Error == "" && a.Ready {
			return m, nil
		}
		err = errors.New(a.Error)
	case <-m.done:
		select {
		case a := <-m.first: // its last words
			err = errors.New(a.Error)
		default:
			err = b.lostOr(fmt.Errorf("%w before it was ready: %s", ErrEnded, m.exit))
		}
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return nil, errors.Join(err, m.discard(ctx))
}

// register makes a machine known before its process exists, and watches its end.
func (b *Backend) register(c cloud.MachineConfig, entry int) (*child, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closing {
		return nil, errClosed
	}
	if b.gone {
		return nil, ErrLost
	}
	b.nextName++
	m := &child{
		b: b, number: b.nextName, name: c.Name, entry: entry, notes: newNotes(c.Notify),
		first: make(chan cloud.Answer, 1), done: make(chan struct{}), over: make(chan struct{}),
		answers: map[int]chan cloud.Answer{},
	}
	b.machines[m.number] = m
	b.work.Add(1)
	go func() {
		defer b.work.Done()
		m.watch()
	}()
	if m.notes != nil {
		b.work.Add(1)
		go func() {
			defer b.work.Done()
			m.notes.run()
		}()
	}
	return m, nil
}

// remove says that a machine has ended.
func (b *Backend) remove(m *child, exit string) {
	b.mu.Lock()
	_, known := b.machines[m.number]
	delete(b.machines, m.number)
	b.mu.Unlock()
	if known {
		m.exit = exit
		m.wanted = m.asked.Load() // before done: who waits for that may ask for anything
		m.notes.end()
		close(m.done)
	}
}

// lose ends what the spawner held, after its reports have ended: on Close, or
// because it died. Its machines die by the kernel's signal; the few that a kernel
// without it would leave are killed by identity.
func (b *Backend) lose() {
	<-b.ended
	b.mu.Lock()
	b.gone = true
	left := make([]*child, 0, len(b.machines))
	for _, m := range b.machines {
		left = append(left, m)
	}
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), goneWait)
	defer cancel()
	for _, m := range left {
		if who := m.Identity(); !journal.WaitGone(ctx, journal.Identity(who)) {
			_ = journal.Kill(context.Background(), journal.Identity(who))
		}
		b.remove(m, ErrLost.Error())
	}
	// What programs have started and let go of died with nobody.
	b.mu.Lock()
	closing := b.closing
	b.mu.Unlock()
	if !closing {
		_ = journal.EndMarked(ctx, b.cfg.Mark) // whoever closes the journal tries again
	}
	close(b.lost)
}

// Close ends all machines and the spawner, and returns when they are reaped and the
// journal says so. When ctx ends first the spawner is killed, and its machines by
// the kernel. It is idempotent.
func (b *Backend) Close(ctx context.Context) error {
	b.mu.Lock()
	b.closing = true
	for _, m := range b.machines {
		m.asked.Store(true)
	}
	b.mu.Unlock()
	// End of file is the spawner's order to end everything.
	b.writeMu.Lock()
	_ = b.stdin.Close()
	b.writeMu.Unlock()
	var err error
	select {
	case <-b.lost:
	case <-ctx.Done():
		err = fmt.Errorf("close backend: the spawner was killed, it did not end in time: %w", context.Cause(ctx))
		if e := journal.Kill(context.WithoutCancel(ctx), b.spawner); e != nil {
			return errors.Join(err, e)
		}
	}
	b.work.Wait()
	return errors.Join(err, b.cfg.Journal.Done(b.entry))
}
