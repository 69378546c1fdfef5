package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"showdown"
	"showdown/chaos"
	"showdown/targets/journeys"
)

// The most of each that would tells of one by one.
const (
	toldSteps = 4
	toldZones = 4
)

// would says in a few sentences what a run of the stage would do.
func would(s *showdown.Stage, clock showdown.Clock) []string {
	var out []string
	for i := range s.Cells {
		out = append(out, wouldCell(s, &s.Cells[i], clock))
	}
	takes := time.Duration(0)
	for _, group := range journeys.Groups(s, clock) {
		longest := time.Duration(0)
		for _, i := range group {
			longest = max(longest, s.Cells[i].Traffic.Length(clock))
		}
		takes += longest
	}
	end := fmt.Sprintf("It takes about %s here, at speed %g", takes.Round(time.Second), clock.Speed())
	switch n := len(s.Claims); n {
	case 0:
		end += ", and claims nothing."
	default:
		end += fmt.Sprintf(", and puts %s to the test.", several(n, "claim"))
	}
	out = append(out, end)
	for _, p := range s.Programs() {
		for _, name := range p.Needs() {
			text := "Its program takes " + name + " from the environment"
			if _, there := os.LookupEnv(name); !there {
				text += ", where it is not set now"
			}
			out = append(out, text+".")
		}
	}
	for i := range s.Cells {
		for j := range s.Cells[i].Timeline {
			step := s.Cells[i].Timeline[j]
			if err := chaos.CommandsReady(step, filepath.Dir(s.Source)); err != nil {
				out = append(out, fmt.Sprintf("Before it can run: step %s, %v.", step.Letter, err))
			}
		}
	}
	return out
}

func wouldCell(s *showdown.Stage, c *showdown.Cell, clock showdown.Clock) string {
	top := c.Topology
	all := top.AllInstances()
	types, zones, runs := &tally{}, &tally{}, &tally{}
	for i := range all {
		types.add(all[i].Type)
		zones.add(all[i].Zone)
		switch p := s.ProgramOf(&all[i]); {
		case p != nil:
			runs.add(strings.Join(p.Command, " "))
		case all[i].App != "":
			runs.add(all[i].App)
		default:
			runs.add(s.App)
		}
	}
	var b strings.Builder
	if len(s.Cells) > 1 {
		fmt.Fprintf(&b, "Cell %s: ", c.Name)
	}
	where := "in " + strings.Join(zones.order, ", ")
	if len(zones.order) > toldZones {
		where = fmt.Sprintf("in %d zones", len(zones.order))
	}
	does := "run"
	if len(all) == 1 {
		does = "runs"
	}
	if len(all) == 0 {
		b.WriteString("What runs already is asked")
	} else {
		fmt.Fprintf(&b, "%s (%s) %s %s %s", several(len(all), "instance"), strings.Join(types.order, ", "), where, does, strings.Join(runs.order, ", "))
	}
	var front []string
	for _, l := range top.LoadBalancers {
		front = append(front, l.Name)
	}
	if len(front) > 0 {
		fmt.Fprintf(&b, " behind load balancer%s %s", plural(len(front)), strings.Join(front, ", "))
	}
	for _, g := range top.AutoScalingGroups {
		fmt.Fprintf(&b, "; Auto Scaling group %s keeps %d of them, %d to %d", g.Name, g.Desired, g.Min, g.Max)
	}
	b.WriteString(". ")
	low, high := rates(c, clock)
	rate := fmt.Sprintf("%g", low)
	if high > low {
		rate = fmt.Sprintf("%g to %g", low, high)
	}
	fmt.Fprintf(&b, "%s ask at %s requests/s for %s.", several(c.Traffic.Clients, "client"), rate, rounded(clock, c.Traffic.Length(clock)))
	for i, step := range c.Timeline {
		if i == toldSteps {
			fmt.Fprintf(&b, " %s follow.", several(len(c.Timeline)-toldSteps, "more step"))
			break
		}
		fmt.Fprintf(&b, " %s", wouldStep(step))
	}
	return b.String()
}

// wouldStep is a step in a sentence.
func wouldStep(s showdown.Step) string {
	text := s.Letter + ": " + s.Do
	if s.Target != "" {
		text += " " + string(s.Target)
	}
	if waits := s.WaitsFor(); waits != "" {
		text += " when " + waits + " is there,"
	}
	text += fmt.Sprintf(" at %s", s.At)
	if s.Phase != "" {
		text += " of " + s.Phase
	}
	if s.For > 0 {
		text += fmt.Sprintf(" for %s", s.For)
	}
	return text + "."
}

// rates are the lowest and the highest rate of a cell's traffic.
func rates(c *showdown.Cell, clock showdown.Clock) (low, high float64) {
	for i, s := range c.Traffic.Segments(clock) {
		l, h := min(s.From, s.To)-s.Amplitude, max(s.From, s.To)+s.Amplitude
		if i == 0 || l < low {
			low = l
		}
		high = max(high, h)
	}
	return max(low, 0), high
}

// tally is different texts in the order in which they came.
type tally struct{ order []string }

func (t *tally) add(text string) {
	for _, have := range t.order {
		if have == text {
			return
		}
	}
	t.order = append(t.order, text)
}

// several is a number of things.
func several(n int, what string) string { return fmt.Sprintf("%d %s%s", n, what, plural(n)) }

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
