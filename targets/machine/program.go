package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

const (
	// readyPoll is how often a program that starts is asked whether it answers.
	readyPoll = 20 * time.Millisecond
	// askWait bounds one of these questions: what is asked too early is asked again.
	askWait = 2 * time.Second
	// memoryPoll is how often the memory of a program with a bound is looked at.
	memoryPoll = 100 * time.Millisecond
	// leaveWait bounds how long a program that was asked to end may take beyond the
	// requests in flight, and lastWords the wait for the output of one that has ended.
	leaveWait = 300 * time.Millisecond
	lastWords = 200 * time.Millisecond
)

// program is an application of one's own: a child process in the machine's process
// group, so that what is done to the machine's process is done to it and to what it
// starts. It serves on a port of its own, and the machine passes requests on to it.
type program struct {
	cloud.Program
	name string
	// address is where it was found to answer.
	address string
	started time.Time
	out     *logbook
	process *os.Process
	ended   chan struct{} // closed when its process has ended
	read    chan struct{} // closed when nothing holds its output any more
	exit    string        // how it ended; written before ended is closed
	full    atomic.Int64  // the memory in MiB for which it was killed; 0 where it was not
	leaving atomic.Bool   // somebody here wants its end
	orphans sync.Mutex    // held while what it has left behind is ended
}

// startProgram starts the machine's program and returns when it answers. When it does
// not, the error has its last lines and nothing of it is left.
func startProgram(ctx context.Context, c cloud.MachineConfig) (*program, error) {
	private, err := netip.ParseAddr(c.Private)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", c.Private, err)
	}
	port, err := freePort(private)
	if err != nil {
		return nil, err
	}
	env, secrets, err := environment(os.Environ(), c, port)
	if err != nil {
		return nil, err
	}
	p := &program{
		Program: *c.Program, name: c.Name,
		ended: make(chan struct{}), read: make(chan struct{}),
	}
	if p.out, err = openLogbook(p.Log, secrets); err != nil {
		return nil, err
	}
	if err := p.start(env, port); err != nil {
		p.out.close()
		return nil, err
	}
	if err := p.await(ctx, private, port); err != nil {
		p.leave(0)
		return nil, err
	}
	return p, nil
}

// errNoCommand is the error of a program without a command.
var errNoCommand = errors.New("its program has no command")

func (p *program) start(env []string, port int) error {
	if len(p.Command) == 0 {
		return errNoCommand
	}
	cmd := exec.Command(p.Command[0], p.Command[1:]...)
	cmd.Dir, cmd.Env = p.Dir, env
	cmd.SysProcAttr = mortal()
	// A pipe of our own: what the program starts may hold it for longer than it lives, and
	// its end is not to wait for that.
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = in, in
	p.started = time.Now()
	p.out.begin(p.started, fmt.Sprintf("%s on port %d", strings.Join(p.Command, " "), port))
	begun := make(chan error, 1)
	go func() {
		// The program's parent-death signal comes when this thread ends, and the thread
		// may be confined to some processors: it serves nobody else afterwards.
		runtime.LockOSThread()
		restrict(p.CPUs)
		err := cmd.Start()
		_ = in.Close()
		begun <- err
		if err != nil {
			return
		}
		err = cmd.Wait()
		p.exit = exitOf(cmd.ProcessState, err)
		if mib := p.full.Load(); mib > 0 {
			p.exit = fmt.Sprintf("killed for %d MiB of memory in use, more than its memory_mib: %d", mib, p.MemoryMiB)
		}
		close(p.ended)
	}()
	if err := <-begun; err != nil {
		return errors.Join(fmt.Errorf("start its program %s: %w", p.Command[0], err), out.Close())
	}
	p.process = cmd.Process
	if p.MemoryMiB > 0 {
		go p.bound()
	}
	go func() {
		defer close(p.read)
		p.out.copy(out)
		_ = out.Close()
	}()
	return nil
}

// bound kills the program when it has more memory in use than it may.
func (p *program) bound() {
	again := time.NewTicker(memoryPoll)
	defer again.Stop()
	for {
		select {
		case <-p.ended:
			return
		case <-again.C:
		}
		if mib := resident(p.process.Pid) / mebibyte; mib > int64(p.MemoryMiB) {
			p.full.Store(mib)
			_ = p.process.Kill()
			return
		}
	}
}

// exitOf says how a process ended.
func exitOf(state *os.ProcessState, err error) string {
	if state != nil {
		return state.String()
	}
	return err.Error()
}

// environment is what the program finds in its environment, given the machine's own, and
// the values in it that are taken from there because no file may hold them.
func environment(own []string, c cloud.MachineConfig, port int) (env, secrets []string, err error) {
	// The machine's runtime is set for a small server; the program's is its own affair.
	// What showdown itself is told in confidence is not for it.
	env = slices.DeleteFunc(slices.Clone(own), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "SHOWDOWN_GRAFANA_TOKEN":
			return true
		case journal.MarkVariable:
			return false
		}
		_, given := c.Program.Env[name]
		return given
	})
	var missing []string
	lookup := func(name string) string {
		value, ok := os.LookupEnv(name)
		if !ok {
			missing = append(missing, name)
		} else if len(value) >= leastSecret {
			secrets = append(secrets, value)
		}
		return value
	}
	for name, value := range c.Program.Env {
		env = append(env, name+"="+showdown.ExpandEnv(value, lookup))
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, nil, fmt.Errorf("its program needs %s from the environment, where it is not set", strings.Join(slices.Compact(missing), ", "))
	}
	return append(env,
		showdown.ProgramPort+"="+strconv.Itoa(port), showdown.ProgramHost+"="+c.Private,
		showdown.ProgramInstance+"="+c.Name, showdown.ProgramZone+"="+c.Zone,
	), secrets, nil
}

// The ports of programs. They lie below those that the system gives to connections by
// itself, and those of different labs apart, so that a program seldom meets another one.
const (
	firstPort = 16384
	slotPorts = 1024
	slotsOf   = 16 // the second octet of an address is 16 x slot + role
)

// freePort is a port for the program of the machine at that address which nothing
// listens on at any address.
func freePort(private netip.Addr) (int, error) {
	a := private.As4()
	first := firstPort + (int(a[1])/slotsOf-1+slotsOf)%slotsOf*slotPorts
	offset := (int(a[2])*256 + int(a[3])) % slotPorts
	for i := range slotPorts {
		port := first + (offset+i)%slotPorts
		l, err := net.Listen("tcp4", net.JoinHostPort("0.0.0.0", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return 0, err
		}
		return port, nil
	}
	return 0, fmt.Errorf("no port from %d to %d is free for its program", first, first+slotPorts-1)
}

// await returns when the program answers on its health path. It may have bound its
// instance's address, every address, or that of this computer alone.
func (p *program) await(ctx context.Context, private netip.Addr, port int) error {
	limit, cancel := context.WithTimeout(ctx, p.Ready)
	defer cancel()
	again := time.NewTicker(readyPoll)
	defer again.Stop()
	var last string
	for {
		for _, host := range []string{private.String(), "127.0.0.1", "::1"} {
			address := net.JoinHostPort(host, strconv.Itoa(port))
			status, connected, err := askHealth(limit, address, p.Health)
			switch {
			case err == nil && status < 400:
				p.address = address
				return nil
			case err == nil:
				last = fmt.Sprintf("it answers %d on %s", status, p.Health)
			case !connected:
				continue // at another address, or not yet
			case errors.Is(err, context.DeadlineExceeded):
				if last == "" {
					last = fmt.Sprintf("it accepts connections on port %d and does not answer GET %s", port, p.Health)
				}
			default:
				last = fmt.Sprintf("what it says on port %d is no HTTP answer", port)
			}
			break
		}
		select {
		case <-again.C:
			continue
		case <-p.ended:
			return p.failed(fmt.Sprintf("ended after %s and before it answered on %s: %s", p.age(), p.Health, p.exit))
		case <-limit.Done():
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if last == "" {
			last = fmt.Sprintf("nothing listens on port %d, which PORT told it", port)
		}
		return p.failed(fmt.Sprintf("was not ready within %s: %s", p.Ready, last))
	}
}

func (p *program) age() time.Duration { return time.Since(p.started).Round(10 * time.Millisecond) }

// failed is the error of a program that did not start as it should, with its last lines.
func (p *program) failed(what string) error {
	text := "its program " + what
	if output := p.lastLines(); output != "" {
		text += "; its last output:\n" + indent(output)
	} else {
		text += "; it wrote nothing"
	}
	return errors.New(text)
}

func indent(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") }

// lastLines is the end of the program's output. What it wrote last is on its way when it
// has just ended.
func (p *program) lastLines() string {
	if p.over() {
		within(p.read, lastWords)
	}
	return p.out.tail()
}

// askHealth asks for path over a connection of its own; connected says that there was
// one.
func askHealth(ctx context.Context, address, path string) (status int, connected bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return 0, false, err
	}
	var made atomic.Bool // by a goroutine that may outlive the question
	t := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, network, address)
		made.Store(err == nil)
		return c, err
	}}
	answer, err := t.RoundTrip(r)
	if err != nil {
		return 0, made.Load(), err
	}
	return answer.StatusCode, true, answer.Body.Close()
}

// over says whether the program has ended.
func (p *program) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// ask asks the program to end.
func (p *program) ask() {
	if p != nil {
		p.leaving.Store(true)
		_ = p.process.Signal(syscall.SIGTERM)
	}
}

// leave gives the program, which was asked to end, d for that, and then ends it and what
// it has started.
func (p *program) leave(d time.Duration) {
	if p == nil {
		return
	}
	p.leaving.Store(true)
	within(p.ended, d)
	_ = p.process.Kill()
	<-p.ended
	p.endOrphans()
	within(p.read, lastWords)
	p.out.close()
}

// endOrphans ends what the program has started and left behind.
func (p *program) endOrphans() {
	p.orphans.Lock()
	defer p.orphans.Unlock()
	endOrphans()
}

// within waits for done, at most for d.
func within(done <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
}
