package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown/targets/backend/process"
	"showdown/targets/journal"
)

func (t *terminal) recoverCommand() *cli.Command {
	return &cli.Command{
		Name:         "recover",
		Usage:        "undo what a dead showdown left behind (every run does so at its start, too)",
		OnUsageError: usage,
		Flags: []cli.Flag{
			jsonFlag(), quietFlag(),
			&cli.BoolFlag{Name: "forget", EnvVars: []string{"SHOWDOWN_FORGET"}, Usage: "give up undo commands of a running system that fail: what they were to take back is yours to look after"},
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if err := process.Supported(); err != nil {
				return hinted(err, "nothing can have been left behind here: labs run on Linux only")
			}
			dir, err := journal.Dir()
			if err != nil {
				return hinted(err, "set XDG_RUNTIME_DIR or TMPDIR to a folder that you can write")
			}
			heal := func(ctx context.Context, dir string) ([]journal.Healed, error) { return journal.Heal(ctx, dir) }
			if c.Bool("forget") {
				heal = journal.Forget
			}
			healed, err := heal(c.Context, dir)
			failed := 0
			for _, h := range healed {
				failed += len(h.Failed)
			}
			if c.Bool("json") {
				if healed == nil {
					healed = []journal.Healed{}
				}
				if encodeErr := t.document(healed); encodeErr != nil {
					return encodeErr
				}
			} else {
				t.tellHealed(healed)
			}
			switch {
			case err != nil:
				return &failure{code: exitNotUndone, err: err, hint: "end these yourself, then run showdown recover again"}
			case failed > 0:
				return &failure{code: exitNotUndone, err: fmt.Errorf("recover: %s could not be undone", several(failed, "thing")), hint: "end these yourself, then run showdown recover again; --forget gives up undo commands that fail"}
			}
			return nil
		},
	}
}

func (t *terminal) tellHealed(healed []journal.Healed) {
	if len(healed) == 0 {
		fmt.Fprintln(t.stdout, "nothing to undo")
	}
	for _, h := range healed {
		fmt.Fprintf(t.stdout, "%s\n", h.Run)
		if len(h.Undone) == 0 && len(h.Failed) == 0 {
			fmt.Fprintln(t.stdout, "  had left nothing")
		}
		if len(h.Undone) > 0 {
			fmt.Fprintf(t.stdout, "  undone: %s\n", strings.Join(h.Undone, ", "))
		}
		if len(h.Failed) > 0 {
			fmt.Fprintf(t.stdout, "  NOT undone: %s\n", strings.Join(h.Failed, ", "))
		}
	}
}

func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		return misuse("run showdown "+c.Command.Name+" --help", "%s takes no argument, not %q", c.Command.FullName(), c.Args().First())
	}
	return nil
}
