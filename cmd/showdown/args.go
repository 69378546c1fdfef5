package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// reorder moves the flags of a command before its arguments. The library stops at
// the first argument and would silently ignore every flag behind it, and people
// write "run whatsthetime/vertical --speed 120".
func reorder(t *terminal, args []string) []string {
	if len(args) < 2 {
		return args
	}
	app := newApp(t)
	out := []string{args[0]}
	rest := args[1:]
	flags := app.Flags
	commands := app.Commands
	for len(rest) > 0 {
		n := flagLength(flags, rest)
		if n > 0 {
			out, rest = append(out, rest[:n]...), rest[n:]
			continue
		}
		c := find(commands, rest[0])
		if c == nil {
			break
		}
		out, rest = append(out, rest[0]), rest[1:]
		flags, commands = c.Flags, c.Subcommands
	}
	var moved, positional []string
	for len(rest) > 0 {
		if rest[0] == "--" {
			positional = append(positional, rest...)
			break
		}
		if n := flagLength(flags, rest); n > 0 {
			moved, rest = append(moved, rest[:n]...), rest[n:]
			continue
		}
		if len(rest[0]) > 1 && rest[0][0] == '-' {
			// An unknown flag goes first too, so that the library names it.
			moved, rest = append(moved, rest[0]), rest[1:]
			continue
		}
		positional, rest = append(positional, rest[0]), rest[1:]
	}
	return append(append(out, moved...), positional...)
}

func find(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// flagLength is how many of args the flag at their head takes: 0 when there is
// none, 1 for a switch or "--name=value", else 2.
func flagLength(flags []cli.Flag, args []string) int {
	name, _, joined := strings.Cut(args[0], "=")
	if !strings.HasPrefix(name, "-") || name == "-" || name == "--" {
		return 0
	}
	name = strings.TrimLeft(name, "-")
	if name == "help" || name == "h" || name == "generate-bash-completion" {
		return 1
	}
	for _, f := range flags {
		for _, n := range f.Names() {
			if n != name {
				continue
			}
			if _, isSwitch := f.(*cli.BoolFlag); isSwitch || joined || len(args) == 1 {
				return 1
			}
			return 2
		}
	}
	return 0
}
