package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"showdown/targets/backend/process"
	"showdown/targets/machine"
)

// The commands that showdown runs of itself: nobody types them.
const (
	spawnerCommand  = "__spawner"
	machineCommand  = "__machine"
	reverterCommand = "__reverter"
)

type hidden func(stdin io.Reader, stdout, stderr io.Writer) int

// hiddenCommand is the command of a child process, when args ask for one. It is
// looked for before anything else, so that a machine starts in a few milliseconds.
func hiddenCommand(args []string) (hidden, bool) {
	if len(args) < 2 {
		return nil, false
	}
	var run func(stdin io.Reader, stdout io.Writer) error
	switch args[1] {
	case spawnerCommand:
		run = func(stdin io.Reader, stdout io.Writer) error {
			return process.SpawnerMain(context.Background(), stdin, stdout, self(machineCommand))
		}
	case machineCommand:
		run = func(stdin io.Reader, stdout io.Writer) error {
			defer machine.Tune()()
			return machine.Main(context.Background(), stdin, stdout)
		}
	case reverterCommand:
		if len(args) != 3 {
			return nil, false
		}
		run = func(stdin io.Reader, _ io.Writer) error {
			return process.ReverterMain(context.Background(), stdin, args[2])
		}
	case healthCommand:
		if len(args) != 3 {
			return nil, false
		}
		run = func(io.Reader, io.Writer) error { return healthy(args[2]) }
	default:
		return nil, false
	}
	return func(stdin io.Reader, stdout, stderr io.Writer) int {
		if err := run(stdin, stdout); err != nil {
			fmt.Fprintf(stderr, "showdown %s: %v\n", args[1], err)
			return exitError
		}
		return exitHeld
	}, true
}

// self is the command line of this program with args.
func self(args ...string) []string {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return append([]string{path}, args...)
}
