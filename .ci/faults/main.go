//go:build linux

// Command faults writes docs/faults.md: it builds showdown, plays the stage that shows
// every chaos action, and writes what the code says and what clients saw. Run it with
// make faults. It belongs to showdown's module, whose packages it needs, and lies where
// nobody who builds showdown builds it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
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

	"showdown/chaos/catalogue"
	"showdown/results"
	"showdown/targets/backend/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("faults", flag.ExitOnError)
	root := flags.String("root", ".", "folder of the project")
	seed := flags.Uint64("seed", 1, "seed of the run")
	again := flags.Int("again", 2, "how often doubtful cells are played again")
	from := flags.String("from", "", "write what this run's folder holds, and play nothing")
	_ = flags.Parse(args) // it exits by itself
	temp, err := os.MkdirTemp("", "showdown-faults-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	p := &player{root: *root, temp: temp, seed: *seed}
	var seen *catalogue.Run
	if *from != "" {
		seen, err = catalogue.Measure(*from)
	} else {
		seen, err = p.played(ctx, *again)
	}
	if err != nil {
		return err
	}
	if err := seen.Complete(); err != nil {
		return fmt.Errorf("the run says not enough, and nothing is written: %w", err)
	}
	if m := &seen.Manifest.Machine; m.Tool == "(devel)" {
		m.Tool = "at commit " + commit(ctx, *root)
	}
	var page bytes.Buffer
	if err := catalogue.Write(&page, seen, process.Fidelity); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*root, "docs", "faults.md"), page.Bytes(), 0o644)
}

// player plays the stage with the program as it is built now.
type player struct {
	root, temp string
	seed       uint64
	program    string
}

// played is what the stage showed. Cells that the machine disturbed, or in which
// something is missing, are played again.
func (p *player) played(ctx context.Context, again int) (*catalogue.Run, error) {
	p.program = filepath.Join(p.temp, "showdown")
	build := exec.CommandContext(ctx, "go", "build", "-o", p.program, "./cmd/showdown")
	build.Dir, build.Stderr = p.root, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build showdown: %w", err)
	}
	seen, err := p.play(ctx)
	for ; err == nil && again > 0; again-- {
		cells := seen.Doubtful()
		if len(cells) == 0 {
			break
		}
		fmt.Fprintf(os.Stderr, "the machine was too busy for %s; playing again\n", strings.Join(cells, ", "))
		var later *catalogue.Run
		if later, err = p.play(ctx, cells...); err == nil {
			seen.Replace(later)
		}
	}
	return seen, err
}

// play plays the cells of the stage, all where none is named, and reads the record.
func (p *player) play(ctx context.Context, cells ...string) (*catalogue.Run, error) {
	store := filepath.Join(p.temp, "runs")
	args := []string{"run", "--json", "--quiet", "--out", store, "--seed", fmt.Sprint(p.seed)}
	if len(cells) > 0 {
		args = append(args, "--cell", strings.Join(cells, ","))
	}
	cmd := exec.CommandContext(ctx, p.program, append(args, filepath.Join(p.root, ".ci", "faults", "faults.yaml"))...)
	// It heals before it ends.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 90 * time.Second
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	// A verdict of unknown is no failure here: what is missing is looked for below.
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == exitUnknown {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("play the stage of all faults: %w", err)
	}
	var summary results.Summary
	if err := json.Unmarshal(out, &summary); err != nil {
		return nil, fmt.Errorf("read the summary: %w", err)
	}
	return catalogue.Measure(filepath.Join(store, summary.Run))
}

// exitUnknown is showdown's exit code for a verdict of unknown.
const exitUnknown = 4

// commit names the state of the sources, where the program does not know its own.
func commit(ctx context.Context, root string) string {
	out, err := exec.CommandContext(ctx, "git", "-C", root, "describe", "--always", "--dirty", "--exclude=*").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
