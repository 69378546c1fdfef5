package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"showdown/dashboards"
)

func (t *terminal) dashboardsCommand() *cli.Command {
	return &cli.Command{
		Name:            "dashboards",
		Usage:           "Grafana and Prometheus files",
		OnUsageError:    usage,
		HideHelpCommand: true,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return misuse("showdown dashboards write --to DIR", "dashboards: %q is not one of its commands", c.Args().First())
			}
			return cli.ShowSubcommandHelp(c)
		},
		Subcommands: []*cli.Command{t.dashboardsPushCommand(), t.dashboardsRemoveCommand(), {
			Name:         "write",
			Usage:        "write the dashboards, their provisioning and Prometheus's configuration",
			OnUsageError: usage,
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "to", EnvVars: []string{"SHOWDOWN_TO"}, Usage: "`DIR` to write to", Required: true},
				&cli.StringFlag{Name: "target", EnvVars: []string{"SHOWDOWN_TARGET"}, Value: "127.0.0.1:9091", Usage: "`ADDRESS` where Prometheus finds --metrics"},
				jsonFlag(), quietFlag(),
			},
			Action: func(c *cli.Context) error {
				if err := noArguments(c); err != nil {
					return err
				}
				written, err := dashboards.WriteFiles(c.String("to"), dashboards.Options{Target: c.String("target")})
				if err != nil {
					return hinted(err, "name another folder with --to DIR")
				}
				if c.Bool("json") {
					return t.document(map[string]any{"written": written})
				}
				for _, path := range written {
					fmt.Fprintln(t.stdout, path)
				}
				return nil
			},
		}},
	}
}
