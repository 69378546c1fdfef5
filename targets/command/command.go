package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// MaxOutput is how much of each of a command's outputs is kept, in bytes.
const MaxOutput = 64 << 10

// maxWritten is how much a command may write to one of its outputs before it is ended:
// output goes to a file on disk, which a runaway would fill.
const maxWritten = 64 << 20

// poll is how often the size of the outputs is looked at.
const poll = 50 * time.Millisecond

// ErrTimeout is the error of a command that did not end in time and was killed with
// its process group.
var ErrTimeout = errors.New("not over in time")

// ErrNotStarted is the error of a command that did not run at all: nothing happened.
var ErrNotStarted = errors.New("not started")

// Command is a program with its arguments, as it is run.
type Command struct {
	// Argv is the program and its arguments. A program without a slash is looked for in
	// the PATH of Env, one with a slash is found from Dir.
	Argv []string
	// Dir is the working directory.
	Dir string
	// Env is the whole environment, "NAME=value".
	Env []string
	// Secrets are texts of at least one byte that an output may not show, by the name
	// that stands in their place.
	Secrets map[string]string
	// Timeout bounds it; 0 is not allowed.
	Timeout time.Duration
	// Started is told the process, which leads the process group, while it is held back
	// from nothing: it may have ended already. An error of it kills the group. nil is not
	// called.
	Started func(pid int) error
}

// Result is what came of a command.
type Result struct {
	// Exit is the exit code; -1 where a signal ended it or it did not start.
	Exit int
	// Stdout and Stderr are the first [MaxOutput] bytes of its outputs as valid UTF-8,
	// secrets replaced.
	Stdout, Stderr string
	// Cut says that an output was longer.
	Cut  bool
	Took time.Duration
}

// Run runs the command and returns when its first process has ended. What that left
// running goes on, and keeps its outputs. The error is nil when it exited 0, and tells
// one that did not start ([ErrNotStarted]), was too slow ([ErrTimeout]), was cut off
// because ctx ended, or exited otherwise; the result is filled in all cases. On a timeout
// and when ctx ends the whole process group is killed.
func Run(ctx context.Context, c Command) (Result, error) {
	start := time.Now()
	r := Result{Exit: -1}
	outputs, err := newOutputs()
	if err != nil {
		return r, fmt.Errorf("%w: %w", ErrNotStarted, err)
	}
	defer outputs.close()
	if len(c.Argv) == 0 || c.Timeout <= 0 {
		return r, fmt.Errorf("%w: a program and a timeout are needed", ErrNotStarted)
	}
	program, err := Find(c.Argv[0], c.Dir, c.Env)
	if err != nil {
		return r, fmt.Errorf("%w: %w", ErrNotStarted, err)
	}
	cmd := &exec.Cmd{Path: program, Args: c.Argv, Dir: c.Dir, Env: c.Env, Stdout: outputs.out, Stderr: outputs.err}
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	// The kernel ends the process with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	group(cmd)
	if ctx.Err() != nil {
		return r, fmt.Errorf("%w: %w", ErrNotStarted, context.Cause(ctx))
	}
	if err := cmd.Start(); err != nil {
		return r, fmt.Errorf("%w: %w", ErrNotStarted, err)
	}
	pid := cmd.Process.Pid
	var why error
	if c.Started != nil {
		if why = c.Started(pid); why != nil {
			KillGroup(pid)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	timer := time.NewTimer(c.Timeout)
	defer timer.Stop()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	done, timeout, size := ctx.Done(), timer.C, tick.C
	var waited error
	for over := false; !over; {
		select {
		case waited = <-ended:
			over = true
			continue
		case <-timeout:
			why = errors.Join(why, fmt.Errorf("%w: killed after %s with all that it had started", ErrTimeout, c.Timeout))
		case <-done:
			why = errors.Join(why, fmt.Errorf("cut off: %w", context.Cause(ctx)))
		case <-size:
			if outputs.written() <= maxWritten {
				continue
			}
			why = errors.Join(why, fmt.Errorf("killed: it had written more than %d MiB", maxWritten>>20))
		}
		KillGroup(pid)
		done, timeout, size = nil, nil, nil
	}
	r.Took = time.Since(start)
	r.Exit = cmd.ProcessState.ExitCode()
	r.Stdout, r.Stderr, r.Cut = outputs.texts(c.Secrets)
	switch {
	case why != nil:
		return r, why
	case waited != nil:
		return r, waited
	}
	return r, nil
}

// Find is the path of a program as [Run] finds it: in the PATH of env where it has no
// slash, else from dir.
func Find(program, dir string, env []string) (string, error) {
	if strings.ContainsRune(program, '/') {
		return program, nil // exec resolves it from the command's directory
	}
	path := ""
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, "PATH="); ok {
			path = value
		}
	}
	for _, folder := range strings.Split(path, string(os.PathListSeparator)) {
		if folder == "" || !strings.HasPrefix(folder, "/") {
			continue // a program of the working directory is named with a slash
		}
		file := folder + "/" + program
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", fmt.Errorf("no program %q in the PATH; one of a folder is written with a slash, like ./%[1]s", program)
}

// outputs are the files that a command's outputs go to. Files and not pipes: what a
// command leaves running may go on to write, and must neither be waited for nor be
// killed by the end of a pipe.
type outputs struct{ out, err *os.File }

func newOutputs() (o outputs, err error) {
	if o.out, err = nameless(); err != nil {
		return o, err
	}
	if o.err, err = nameless(); err != nil {
		_ = o.out.Close()
		return o, err
	}
	return o, nil
}

// nameless is a file that is gone when the last process has closed it. All writers add
// to its end, also one that opens /dev/stderr anew, as shell scripts do.
func nameless() (*os.File, error) {
	named, err := os.CreateTemp("", "showdown-output-*")
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(named.Name(), os.O_RDWR|os.O_APPEND, 0)
	return f, errors.Join(err, named.Close(), os.Remove(named.Name()))
}

func (o outputs) close() {
	_ = o.out.Close()
	_ = o.err.Close()
}

// written is the size of the larger output.
func (o outputs) written() int64 {
	most := int64(0)
	for _, f := range []*os.File{o.out, o.err} {
		if info, err := f.Stat(); err == nil {
			most = max(most, info.Size())
		}
	}
	return most
}

func (o outputs) texts(secrets map[string]string) (stdout, stderr string, cut bool) {
	stdout, first := kept(o.out, secrets)
	stderr, second := kept(o.err, secrets)
	return stdout, stderr, first || second
}

// kept is the beginning of a file. What is read is longer than what is kept by the
// longest secret, so that none is cut in two before it is found.
func kept(f *os.File, secrets map[string]string) (text string, cut bool) {
	longest := 0
	for _, s := range secrets {
		longest = max(longest, len(s))
	}
	data, err := io.ReadAll(io.NewSectionReader(f, 0, int64(MaxOutput+longest)))
	if err != nil {
		return "", false
	}
	if info, err := f.Stat(); err == nil {
		cut = info.Size() > MaxOutput
	}
	text = Redact(strings.ToValidUTF8(string(data), "\uFFFD"), secrets)
	if len(text) > MaxOutput {
		text, cut = strings.ToValidUTF8(text[:MaxOutput], ""), true
	}
	return text, cut
}

// Redact is text with the names of secrets in place of their values.
func Redact(text string, secrets map[string]string) string {
	for len(secrets) > 0 {
		// The longest first: one may be part of another.
		longest := ""
		for name, value := range secrets {
			if value != "" && (longest == "" || len(value) > len(secrets[longest]) || len(value) == len(secrets[longest]) && name < longest) {
				longest = name
			}
		}
		if longest == "" {
			return text
		}
		text = strings.ReplaceAll(text, secrets[longest], "$"+longest)
		rest := make(map[string]string, len(secrets))
		for name, value := range secrets {
			if name != longest && value != "" {
				rest[name] = value
			}
		}
		secrets = rest
	}
	return text
}
