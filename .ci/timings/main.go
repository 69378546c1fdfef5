//go:build linux

// Command timings writes docs/timings.md: it plays labs on this machine and writes how
// long everything took beside what is documented. Run it with make timings. It belongs
// to showdown's module, whose packages it needs, and lies where nobody who builds
// showdown builds it.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"showdown/targets/backend/process"
	"showdown/targets/journal"
	"showdown/targets/lab/timings"
	"showdown/targets/machine"
)

// The hidden commands: the backend runs this binary again.
const (
	spawnerCommand = "timings-spawner"
	machineCommand = "timings-machine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "timings:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) > 0 && args[0] == spawnerCommand:
		return process.SpawnerMain(context.Background(), os.Stdin, os.Stdout, []string{os.Args[0], machineCommand})
	case len(args) > 0 && args[0] == machineCommand:
		return machine.Main(context.Background(), os.Stdin, os.Stdout)
	}
	flags := flag.NewFlagSet("timings", flag.ExitOnError)
	root := flags.String("root", ".", "folder of the project")
	seed := flags.Uint64("seed", 1, "seed of the labs")
	again := flags.Int("again", 1, "how often what the machine disturbed is played again")
	cells := flags.String("cells", "", "the only cells to play, with commas; the page goes to standard output then")
	_ = flags.Parse(args) // it exits by itself
	stage, err := timings.Stage()
	if err != nil {
		return err
	}
	c := timings.Config{Stage: stage, Seed: *seed, Again: *again, Say: func(line string) { fmt.Fprintln(os.Stderr, line) }}
	if *cells != "" {
		c.Cells = strings.Split(*cells, ",")
	}
	m, err := measure(ctx, c)
	if err != nil {
		return err
	}
	if m.Machine.Tool == "(devel)" {
		m.Machine.Tool = "at commit " + commit(ctx, *root)
	}
	var page bytes.Buffer
	if err := timings.Write(&page, m); err != nil {
		return err
	}
	if len(c.Cells) > 0 {
		_, err = os.Stdout.Write(page.Bytes())
		return err
	}
	if err := m.Complete(); err != nil {
		return fmt.Errorf("something was not measured, and nothing is written: %w", err)
	}
	return os.WriteFile(filepath.Join(*root, "docs", "timings.md"), page.Bytes(), 0o644)
}

// measure plays the labs on processes of this machine, and leaves none of them.
func measure(ctx context.Context, c timings.Config) (m *timings.Measured, err error) {
	dir, err := journal.Dir()
	if err != nil {
		return nil, err
	}
	if c.Journal, err = journal.Open(dir, fmt.Sprintf("timings-%d", os.Getpid())); err != nil {
		return nil, err
	}
	backend, err := process.Start(ctx, process.Config{
		Command: []string{os.Args[0], spawnerCommand}, Journal: c.Journal, Stderr: os.Stderr,
	})
	if err != nil {
		return nil, errors.Join(err, c.Journal.Close())
	}
	c.Backend = backend
	m, err = timings.Measure(ctx, c)
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return m, errors.Join(err, backend.Close(after), c.Journal.Close())
}

// commit names the state of the sources, where the program does not know its own.
func commit(ctx context.Context, root string) string {
	out, err := exec.CommandContext(ctx, "git", "-C", root, "describe", "--always", "--dirty", "--exclude=*").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
