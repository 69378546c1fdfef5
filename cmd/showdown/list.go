package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/chaos"
	"showdown/targets/backend/process"
	"showdown/targets/journeys"
	"showdown/targets/lab"
)

func (t *terminal) listCommand() *cli.Command {
	return &cli.Command{
		Name:         "list",
		Usage:        "list the stages that come with the program, or those of TARGET, with their claims",
		ArgsUsage:    "[TARGET...]",
		OnUsageError: usage,
		BashComplete: t.completeTargets,
		Flags:        []cli.Flag{jsonFlag(), quietFlag()},
		Action: func(c *cli.Context) error {
			built, err := listed(c)
			if err != nil {
				return err
			}
			if c.Bool("json") {
				return t.document(stageRows(built))
			}
			w := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
			for i, j := range built {
				if i > 0 {
					fmt.Fprintln(w)
				}
				fmt.Fprintf(w, "%s\t%s\n", j.Name, j.Title)
				for _, s := range j.Stages {
					fmt.Fprintf(w, "  %s\t%s\tclaims %s%s\n", s.ID(), s.Title, strings.Join(claimIDs(s), ", "), whereOf(s))
				}
				for _, c := range j.Claims {
					if missing := j.Missing(c); len(missing) == 0 {
						fmt.Fprintf(w, "  claim %s\tcompares %s\t\n", c.ID, strings.Join(c.Stages, ", "))
					}
				}
			}
			return w.Flush()
		},
	}
}

type stageRow struct {
	Journey string   `json:"journey"`
	Stage   string   `json:"stage"`
	Title   string   `json:"title"`
	Promise string   `json:"promise"`
	Cells   []string `json:"cells"`
	Claims  []string `json:"claims"`
	// Targets are those of a running system.
	Targets []string `json:"targets,omitempty"`
}

func stageRows(built []journeys.Journey) []stageRow {
	rows := []stageRow{}
	for _, j := range built {
		for _, s := range j.Stages {
			row := stageRow{Journey: j.Name, Stage: s.ID(), Title: s.Title, Promise: s.Promise, Claims: claimIDs(s)}
			for _, c := range s.Cells {
				row.Cells = append(row.Cells, c.Name)
				row.Targets = append(row.Targets, c.TargetNames()...)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func claimIDs(s *showdown.Stage) []string {
	ids := []string{}
	for _, c := range s.Claims {
		ids = append(ids, c.ID)
	}
	return ids
}

func (t *terminal) showCommand() *cli.Command {
	return &cli.Command{
		Name:         "show",
		Usage:        "show a stage, with the plan of its chaos and the undo of each step",
		ArgsUsage:    "TARGET",
		OnUsageError: usage,
		BashComplete: t.completeTargets,
		Flags:        []cli.Flag{speedFlag(), jsonFlag(), quietFlag()},
		Action: func(c *cli.Context) error {
			if _, err := onlyArgument(c, "a journey, a stage, a stage file or a folder"); err != nil {
				return err
			}
			wanted, err := targets(c)
			if err != nil {
				return err
			}
			var documents []any
			for i, s := range wanted[0].Stages {
				clock, err := clockOf(c, s)
				if err != nil {
					return err
				}
				plan := chaos.Plan(s, clock, process.Fidelity)
				if c.Bool("json") {
					documents = append(documents, map[string]any{"stage": s, "speed": clock.Speed(), "plan": plan})
					continue
				}
				if i > 0 {
					fmt.Fprintln(t.stdout)
				}
				if err := t.showStage(s, clock, plan); err != nil {
					return err
				}
			}
			return t.documents(c, documents)
		},
	}
}

func (t *terminal) showStage(s *showdown.Stage, clock showdown.Clock, plan []chaos.PlannedStep) error {
	fmt.Fprintf(t.stdout, "%s  %s\n%s\n\n", s.ID(), s.Title, s.Promise)
	t.showPrograms(s)
	for _, cell := range s.Cells {
		length := cell.Traffic.Length(clock)
		fmt.Fprintf(t.stdout, "cell %s: %s\n", cell.Name, cell.Shows)
		if cell.Running() {
			fmt.Fprintf(t.stdout, "  %s of real time\n", rounded(clock, length))
		} else {
			fmt.Fprintf(t.stdout, "  %s of AWS time, %.1f s here at speed %g\n", rounded(clock, length), length.Seconds(), clock.Speed())
		}
		w := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
		for _, in := range cell.Topology.Instances {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\tcredits %s\n", in.Name, in.Type, in.Zone, addressOf(in), orLaunch(in.Credits))
		}
		if err := writeTargets(t.stdout, &cell); err != nil {
			return err
		}
		// Each part has columns of its own: a long name of one shifts no other.
		w.Flush()
		writeBalancers(t.stdout, cell.Topology)
		writeScaling(t.stdout, cell.Topology)
		if zone := cell.Topology.HostedZone; zone != nil {
			for _, r := range zone.Records {
				if r.Alias != "" {
					fmt.Fprintf(w, "  %s\tA\talias\tload balancer %s\n", recordName(r, zone), r.Alias)
					continue
				}
				fmt.Fprintf(w, "  %s\tA\tTTL %s\t%s\n", recordName(r, zone), r.TTL, strings.Join(append(slices.Clone(r.Instances), r.Values...), ", "))
			}
		}
		w.Flush()
		for _, k := range cell.Traffic.Cohorts {
			fmt.Fprintf(w, "  %s\t%s of %d clients\t%s\t%s\n", k.Name, k.Share, cell.Traffic.Clients, k.Profile, knows(cell, k))
		}
		w.Flush()
		for _, segment := range cell.Traffic.Segments(clock) {
			rate := fmt.Sprintf("%g/s", segment.From)
			if segment.To != segment.From {
				rate = fmt.Sprintf("%g to %g/s", segment.From, segment.To)
			}
			fmt.Fprintf(w, "  %s\t%s\tfrom %s\tto %s\n", segment.Name(), rate, rounded(clock, segment.Start), rounded(clock, segment.End))
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if err := writeGroups(t.stdout, cell.Topology); err != nil {
			return err
		}
		if bill, err := lab.Estimate(cell.Topology); err == nil && !cell.Running() {
			fmt.Fprintf(t.stdout, "  $ %.2f a month\n", bill.MonthUSD())
		}
		fmt.Fprintln(t.stdout)
	}
	if err := chaos.WritePlan(t.stdout, plan); err != nil {
		return err
	}
	fmt.Fprintln(t.stdout)
	for _, claim := range s.Claims {
		fmt.Fprintf(t.stdout, "claim %s: %s\n", claim.ID, claim.Text)
		for _, line := range wrap("expects "+claim.Expect, storyWidth-2) {
			fmt.Fprintln(t.stdout, "  "+line)
		}
		if claim.Note != "" {
			for _, line := range wrap("note: "+claim.Note, storyWidth-2) {
				fmt.Fprintln(t.stdout, "  "+line)
			}
		}
	}
	t.showGates(s)
	return nil
}

// recordName is a record set's whole name.
func recordName(r showdown.RecordSet, zone *showdown.HostedZone) string {
	if r.Name == "@" {
		return zone.Name
	}
	return r.Name + "." + zone.Name
}

// knows is how the clients of a cohort find an address.
func knows(cell showdown.Cell, k showdown.Cohort) string {
	host := k.Host
	if host == "" {
		host = cell.Traffic.Host
	}
	switch {
	case host != "":
		return "resolve " + host
	case len(k.Knows) > 0:
		return "know " + strings.Join(k.Knows, ", ")
	}
	return "know all addresses"
}

func orLaunch(c showdown.Credits) string {
	if c == "" {
		return "launch"
	}
	return string(c)
}

func (t *terminal) checkCommand() *cli.Command {
	return &cli.Command{
		Name:         "check",
		Usage:        "check stages without running them",
		ArgsUsage:    "TARGET...",
		OnUsageError: usage,
		BashComplete: t.completeTargets,
		Flags:        []cli.Flag{speedFlag(), jsonFlag(), quietFlag()},
		Action: func(c *cli.Context) error {
			wanted, err := targets(c)
			if err != nil {
				return err
			}
			var ids []string
			plans := map[string][]string{}
			for _, target := range wanted {
				for _, s := range target.Stages {
					clock, err := clockOf(c, s)
					if err != nil {
						return err
					}
					if err := journeys.Validate(s, clock); err != nil {
						return &failure{code: exitUsage, err: err, hint: "choose a lower --speed, or change the stage"}
					}
					if err := chaos.Check(s); err != nil {
						return &failure{code: exitUsage, err: err}
					}
					ids = append(ids, s.ID())
					plans[s.ID()] = would(s, clock)
				}
			}
			if c.Bool("json") {
				return t.document(map[string]any{"ok": ids, "would": plans})
			}
			for _, id := range ids {
				fmt.Fprintf(t.stdout, "%s is good\n", id)
				if c.Bool("quiet") {
					continue
				}
				for _, text := range plans[id] {
					for _, line := range wrap(text, storyWidth-2) {
						fmt.Fprintln(t.stdout, "  "+line)
					}
				}
			}
			return nil
		},
	}
}

func (t *terminal) claimsCommand() *cli.Command {
	return &cli.Command{
		Name:         "claims",
		Usage:        "list every claim of the course notes with its stages, or why it has none",
		OnUsageError: usage,
		Flags:        []cli.Flag{jsonFlag(), quietFlag()},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			claims := journeys.Claims()
			if c.Bool("json") {
				return t.document(claims)
			}
			measured := 0
			w := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
			for _, claim := range claims {
				where := claim.Reason
				if len(claim.Stages) > 0 {
					where = strings.Join(claim.Stages, ", ")
					measured++
				}
				fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", claim.ID, claim.Section, clip(strings.Trim(claim.Text, `"`), 56), where)
			}
			if err := w.Flush(); err != nil {
				return err
			}
			fmt.Fprintf(t.stdout, "\n%d of %d claims are put to the test\n", measured, len(claims))
			return nil
		},
	}
}
