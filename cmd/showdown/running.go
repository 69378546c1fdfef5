package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/targets/journeys"
)

// realTime fails where a stage over a running system is asked for at another speed than
// its own.
func realTime(c *cli.Context, s *showdown.Stage) error {
	if !s.Running() || !c.IsSet("speed") || c.Float64("speed") == journeys.RunningSpeed {
		return nil
	}
	return misuse("leave --speed and SHOWDOWN_SPEED out", "--speed %g: %s is played on a running system, which has the time that it has: its speed is 1", c.Float64("speed"), s.ID())
}

// confirmed fails where a stage over a running system asks, or looks at, a host that may
// be somebody else's, unless the user said that it is not.
func confirmed(c *cli.Context, wanted ...target) error {
	for _, target := range wanted {
		for _, s := range target.Stages {
			for i := range s.Cells {
				if err := allowed(c.Context, asked(&s.Cells[i]), c.Bool("yes")); err != nil {
					return fmt.Errorf("%s: %w", s.ID(), err)
				}
			}
		}
	}
	return nil
}

// asked are the URLs that the clients and the probes of a running system ask.
func asked(cell *showdown.Cell) []string {
	var out []string
	for _, t := range cell.Targets {
		out = append(out, t.URL)
	}
	for _, s := range cell.Timeline {
		switch {
		case s.Probe == nil:
		case s.Probe.HTTP != "":
			out = append(out, s.Probe.HTTP)
		case s.Probe.TCP != "":
			out = append(out, "http://"+s.Probe.TCP)
		}
	}
	return out
}

// yesFlag is the confirmation that hosts that are not private are the user's.
func yesFlag() cli.Flag {
	return &cli.BoolFlag{Name: "yes", EnvVars: []string{"SHOWDOWN_YES"}, Usage: "the hosts of a running system are mine, although they are neither loopback nor private"}
}

// listed are the journeys of the command's arguments, or those that come with the
// program.
func listed(c *cli.Context) ([]journeys.Journey, error) {
	if !c.Args().Present() {
		return journeys.Builtin(known())
	}
	wanted, err := targets(c)
	if err != nil {
		return nil, err
	}
	var out []journeys.Journey
	for _, t := range wanted {
		out = append(out, t.Journey)
	}
	return out, nil
}

// whereOf says of a stage over a running system what it asks.
func whereOf(s *showdown.Stage) string {
	var names []string
	for i := range s.Cells {
		for _, name := range s.Cells[i].TargetNames() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; a running system of " + strings.Join(names, ", ")
}

// writeTargets describes a running system.
func writeTargets(to io.Writer, cell *showdown.Cell) error {
	if !cell.Running() {
		return nil
	}
	fmt.Fprintln(to, "  a running system of yours: time is real, and every command of the timeline is yours")
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, t := range cell.Targets {
		fmt.Fprintf(w, "  %s\t%s\n", t.Name, t.Request(cell.Traffic.Path))
	}
	return w.Flush()
}
