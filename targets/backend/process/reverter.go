package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"showdown/targets/journal"
)

// reverterWait bounds what the reverter does after its owner's death.
const reverterWait = 450 * time.Millisecond

// released is the reverter's order to end without healing.
const released = "released\n"

// reverter is the handle on a reverter's process.
type reverter struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

// StartReverter starts the process that heals dir when this one dies. argv is the
// command line of a process that calls [ReverterMain]. Closing the handle ends the
// reverter, which heals nothing then; it does not depend on ctx once it runs.
func StartReverter(ctx context.Context, argv []string, dir string) (io.Closer, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	if len(argv) == 0 {
		return nil, errors.New("start reverter: no command line")
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	self, err := journal.Identify(os.Getpid())
	if err != nil {
		return nil, fmt.Errorf("start reverter: %w", err)
	}
	hello, err := json.Marshal(self)
	if err != nil {
		return nil, fmt.Errorf("start reverter: %w", err)
	}
	r := &reverter{cmd: exec.Command(argv[0], argv[1:]...)}
	r.cmd.Dir = dir // it keeps no other directory busy
	r.cmd.SysProcAttr = ownSession(false)
	if r.stdin, err = r.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start reverter: %w", err)
	}
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start reverter: %w", err)
	}
	if _, err := r.stdin.Write(append(hello, '\n')); err != nil {
		return nil, errors.Join(fmt.Errorf("start reverter: %w", err), r.Close())
	}
	return r, nil
}

// Close ends the reverter and returns when it is gone. It is idempotent.
func (r *reverter) Close() error {
	if r.cmd.ProcessState != nil {
		return nil
	}
	_, err := io.WriteString(r.stdin, released)
	err = errors.Join(err, r.stdin.Close())
	if e := r.cmd.Wait(); e != nil {
		return fmt.Errorf("end reverter: %w", errors.Join(e, err))
	}
	return nil
}

// ReverterMain is the reverter's life: it waits for the end of standard input, which
// is its owner's death, heals dir and returns within 500 ms of that, or when the commands
// are over that take back what a running system's did. When its owner released it before,
// it heals nothing. Signals that a terminal sends are ignored.
func ReverterMain(ctx context.Context, stdin io.Reader, dir string) error {
	signal.Ignore(os.Interrupt, syscall.SIGHUP)
	in := bufio.NewReader(stdin)
	hello, err := in.ReadBytes('\n')
	var owner journal.Identity
	if err == nil {
		err = json.Unmarshal(hello, &owner)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reverter: %w", err)
	}
	word, _ := in.ReadString('\n')
	if word == released {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reverterWait)
	defer cancel()
	// The pipe is closed a moment before its owner is dead, and before the kernel has
	// told the owner's children.
	journal.WaitGone(ctx, owner)
	healed, err := journal.Heal(ctx, dir)
	for _, h := range healed {
		if len(h.Failed) > 0 {
			err = errors.Join(err, fmt.Errorf("heal %s: %s", h.Run, strings.Join(h.Failed, ", ")))
		}
	}
	return err
}
