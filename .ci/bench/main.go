// Command bench measures what showdown must reach, each figure beside its rival's in
// the same run, and prints tables in Markdown. It exits 1 when a bound is missed.
//
// The machine is expected to be noisy: rivals take turns, and every figure is the
// median of the rounds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// benches lists what is measured, in the order of the output.
var benches = []struct {
	name string
	run  func(context.Context, *env) error
}{
	{"generator", generator},
	{"outage", outages},
	{"record", record},
	{"shown", shown},
	{"lab", labs},
	{"many", manies},
	{"balanced", balanced},
	{"balancer", balancer},
	{"checks", checks},
	{"agree", agree},
	{"viewers", viewers},
	{"class", class},
}

// children lists what this program does for itself in a process of its own.
var children = map[string]func(context.Context, []string) error{
	"target": targetMain,
	"outage": outageMain,
}

// env is what a bench needs to know.
type env struct {
	// root is the project's folder, temp one for files of the run.
	root, temp string
	// long asks for the runs that take more than a few minutes.
	long bool
	out  io.Writer
	// missed collects the bounds that were not reached.
	missed []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		if child, ok := children[args[0]]; ok {
			return child(ctx, args[1:])
		}
	}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	root := flags.String("root", "../..", "folder of the project")
	long := flags.Bool("long", false, "the long runs, too")
	only := flags.String("only", "", "comma-separated names of the benches to run")
	flags.Parse(args)
	temp, err := os.MkdirTemp("", "showdown-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	abs, err := filepath.Abs(*root)
	if err != nil {
		return err
	}
	e := &env{root: abs, temp: temp, long: *long, out: os.Stdout}
	for _, b := range benches {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), b.name) {
			continue
		}
		began := time.Now()
		if err := b.run(ctx, e); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s took %.0f s\n", b.name, time.Since(began).Seconds())
	}
	if len(e.missed) > 0 {
		return errors.New("missed: " + strings.Join(e.missed, "; "))
	}
	return nil
}

// bound prints one line of a table of bounds and remembers a missed one.
func (e *env) bound(what string, got float64, atLeast bool, limit float64) {
	relation, held := "at most", got <= limit
	if atLeast {
		relation, held = "at least", got >= limit
	}
	verdict := "held"
	if !held {
		verdict = "**missed**"
		e.missed = append(e.missed, fmt.Sprintf("%s is %.3g, %s %.3g is wanted", what, got, relation, limit))
	}
	fmt.Fprintf(e.out, "| %s | %.3g | %s %.3g | %s |\n", what, got, relation, limit, verdict)
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	if len(s) == 0 {
		return 0
	}
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
