// Command showdown drives traffic at successive stages of an architecture while
// chaos actions run, and shows what users felt.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(Main(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// Main runs the command line args and returns its exit code. The first interrupt,
// termination or hang-up signal cancels what runs, which then heals; the second ends
// the process at once, and the reverter heals in its place.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if hidden, ok := hiddenCommand(args); ok {
		return hidden(stdin, stdout, stderr)
	}
	t := &terminal{stdin: stdin, stdout: stdout, stderr: stderr}
	defer t.tidy()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup wants the run to go on without its terminal
		signal.Notify(signals, syscall.SIGHUP)
	}
	defer func() {
		signal.Stop(signals)
		close(signals)
	}()
	go func() {
		s, ok := <-signals
		if !ok {
			return
		}
		cancel(interrupted{s})
		if _, ok := <-signals; !ok {
			return
		}
		said := "interrupted again, ended at once"
		if t.healed.Load() {
			said += "; another process heals what was left, the record has no end"
		}
		fmt.Fprintf(stderr, "\nshowdown: %s\n", said)
		os.Exit(exitInterrupted)
	}()
	err := newApp(t).RunContext(ctx, reorder(t, args))
	return t.exit(ctx, err)
}

// interrupted is why a run was cancelled by a signal.
type interrupted struct{ signal os.Signal }

func (i interrupted) Error() string {
	switch i.signal {
	case os.Interrupt:
		return "SIGINT"
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return i.signal.String()
}
