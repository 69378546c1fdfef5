package main

import (
	"github.com/urfave/cli/v2"

	"showdown/results"
)

// newApp is the command line of showdown.
func newApp(t *terminal) *cli.App {
	return &cli.App{
		Name:  "showdown",
		Usage: "load and chaos on the stages of an architecture, measured",
		UsageText: "showdown demo\n" +
			"showdown run whatsthetime/vertical --speed 120\n" +
			"showdown attack --url http://127.0.0.1:8080/ --rate 100 --duration 10s",
		Version:              version(),
		Reader:               t.stdin,
		Writer:               t.stdout,
		ErrWriter:            t.stderr,
		Suggest:              true,
		EnableBashCompletion: true,
		HideHelpCommand:      true,
		ExitErrHandler:       func(*cli.Context, error) {},
		OnUsageError:         usage,
		Action:               t.noCommand,
		Commands: []*cli.Command{
			t.demoCommand(),
			t.runCommand(),
			t.attackCommand(),
			t.listCommand(),
			t.showCommand(),
			t.checkCommand(),
			t.initCommand(),
			t.schemaCommand(),
			t.claimsCommand(),
			t.runsCommand(),
			t.reportCommand(),
			t.figuresCommand(),
			t.exportCommand(),
			t.importCommand(),
			t.packCommand(),
			t.serveCommand(),
			t.chaosCommand(),
			t.rateCommand(),
			t.replayCommand(),
			t.compareCommand(),
			t.dashboardsCommand(),
			t.recoverCommand(),
			t.completionCommand(),
		},
	}
}

func (t *terminal) noCommand(c *cli.Context) error {
	name := c.Args().First()
	if name == "help" { // the library's own would stand in the help of every command
		name = c.Args().Get(1)
		if find(c.App.Commands, name) != nil {
			return cli.ShowCommandHelp(c, name)
		}
	}
	if name != "" {
		hint := "run showdown --help for the list of commands"
		if s := cli.SuggestCommand(c.App.Commands, name); s != "" {
			hint = s + " Else " + hint
		}
		return misuse(hint, "%q is not a command", name)
	}
	return cli.ShowAppHelp(c)
}

// usage turns the library's complaint about a flag into a usage error.
func usage(c *cli.Context, err error, _ bool) error {
	name := "showdown"
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != name {
		name += " " + c.Command.FullName()
	}
	return misuse("run "+name+" --help for its flags", "%w", err)
}

// The flags that several commands share.

func speedFlag() cli.Flag {
	return &cli.Float64Flag{Name: "speed", EnvVars: []string{"SHOWDOWN_SPEED"}, Usage: "AWS seconds that pass in a second here (default: the stage's own, else 60)"}
}

func seedFlag() cli.Flag {
	return &cli.Uint64Flag{Name: "seed", EnvVars: []string{"SHOWDOWN_SEED"}, Usage: "seed of everything that is drawn (default: a new one; the record keeps it)"}
}

func outFlag() cli.Flag {
	return &cli.StringFlag{Name: "out", EnvVars: []string{"SHOWDOWN_OUT"}, Value: "results/runs", Usage: "`DIR` of the store of runs"}
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", EnvVars: []string{"SHOWDOWN_JSON"}, Usage: "print the result as one JSON document"}
}

func quietFlag() cli.Flag {
	return &cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, EnvVars: []string{"SHOWDOWN_QUIET"}, Usage: "no progress on stderr"}
}

func noColorFlag() cli.Flag {
	return &cli.BoolFlag{Name: "no-color", EnvVars: []string{"SHOWDOWN_NO_COLOR"}, Usage: "no colours"}
}

func metricsFlag() cli.Flag {
	return &cli.StringFlag{Name: "metrics", EnvVars: []string{"SHOWDOWN_METRICS"}, Usage: "serve Prometheus metrics at `ADDRESS`, such as 127.0.0.1:9091"}
}

func lingerFlag() cli.Flag {
	return &cli.DurationFlag{Name: "linger", EnvVars: []string{"SHOWDOWN_LINGER"}, Usage: "go on serving the metrics and the page for this long after the run"}
}

// version is this build's, as far as it knows it.
func version() string {
	if v := results.ThisMachine().Tool; v != "" {
		return v
	}
	return "unknown"
}
