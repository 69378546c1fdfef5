//go:build linux

// Command benchchild does for the bench what needs showdown's own packages with all
// their dependencies: it writes records, analyses them and runs labs, each in a
// process that the bench can measure from outside. It belongs to showdown's module,
// not to the bench's, so that what is measured has the versions that ship.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// commands lists what the bench asks for.
var commands = map[string]func(context.Context, []string) error{
	"generate": generate,
	"paced":    paced,
	"fill":     fill,
	"analyse":  analyse,
	"export":   export,
	"spend":    spend,
	"lab":      runLab,
	"balanced": balanced,
	"crowded":  crowded,
	"many":     many,
	"plain":    plain,
	"serve":    serve,
	"node":     node,
	"checks":   checks,
	"watched":  watched,
	"viewers":  viewers,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "benchchild:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("a command is missing")
	}
	command, ok := commands[args[0]]
	if !ok {
		return fmt.Errorf("no command %q", args[0])
	}
	if err := command(ctx, args[1:]); err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return nil
}

// say prints v as one line of JSON.
func say(v any) error { return json.NewEncoder(os.Stdout).Encode(v) }
