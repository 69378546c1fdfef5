package main

import (
	"github.com/urfave/cli/v2"

	"showdown/targets/journeys"
)

func (t *terminal) schemaCommand() *cli.Command {
	return &cli.Command{
		Name:  "schema",
		Usage: "print the JSON Schema of stage files, with which editors complete and underline",
		Description: "showdown schema > " + journeys.SchemaFile + "\n" +
			"and as the first line of the stage file beside it:\n# yaml-language-server: $schema=" + journeys.SchemaFile,
		OnUsageError: usage,
		Flags:        []cli.Flag{quietFlag()},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			_, err := t.stdout.Write(journeys.Schema())
			return err
		},
	}
}
