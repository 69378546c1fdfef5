package main

import (
	"slices"
	"testing"
	"time"

	"showdown"
)

// What goes on in a lab beside the steps of its timeline, for longer than a moment. A kill
// falls into it, and neither before nor after it.
const (
	zoneReturn = "a zone that comes back"
	refreshes  = "an instance refresh"
	launches   = "a launch of a group"
	terminates = "a termination of a group"
	drains     = "a drain"
	withdrawn  = "a node out of the answer"
)

// goingsOn is what of it goes on in a stage, by what the stage is.
func goingsOn(s *showdown.Stage) []string {
	has := map[string]bool{}
	for i := range s.Cells {
		c := &s.Cells[i]
		if len(c.Topology.AutoScalingGroups) > 0 {
			has[launches], has[terminates] = true, true
		}
		for _, step := range c.Timeline {
			switch step.Do {
			case "fail-az":
				has[withdrawn] = has[withdrawn] || step.With["balancer"] != "no"
				has[zoneReturn] = has[zoneReturn] || step.With["recovery"] == "dirty" || step.With["recovery"] == "staggered"
			case "instance-refresh":
				has[refreshes] = true
			case "deregister":
				// Of a target that answers nothing is in flight for longer than a moment.
				has[drains] = has[drains] || step.During != ""
			}
		}
	}
	var out []string
	for _, what := range []string{zoneReturn, refreshes, launches, terminates, drains, withdrawn} {
		if has[what] {
			out = append(out, what)
		}
	}
	return out
}

// goesOn says whether a row is not a step but something that goes on.
func goesOn(row string) bool {
	return slices.Contains([]string{zoneReturn, refreshes, launches, terminates, drains, withdrawn}, row)
}

// everyPlace is where a moment lies in the run that was seen of a stage, beside its steps
// too.
func everyPlace(stage *showdown.Stage, s seen, at time.Time) []place {
	places := placesOf(s, at)
	for _, what := range underWay(s.events, at) {
		if slices.Contains(goingsOn(stage), what) {
			places = append(places, place{what, in})
		}
	}
	return places
}

// underWay is what of it was going on at a moment, as far as the events tell. Those of a
// run that was killed may lack its last quarter of a second.
func underWay(events []showdown.Event, at time.Time) []string {
	type thing struct{ what, cell, of string }
	open := map[thing]bool{}
	for _, e := range events {
		if e.At.After(at) {
			continue
		}
		set := func(what string, on bool) {
			if on {
				open[thing{what, e.Cell, e.Target}] = true
			} else {
				delete(open, thing{what, e.Cell, e.Target})
			}
		}
		to, _ := e.Data["to"].(string)
		switch e.Kind {
		case showdown.FaultInjecting, showdown.FaultConfirmed, showdown.FaultUnconfirmed, showdown.FaultHealing,
			showdown.FaultUndone, showdown.FaultNotUndone, showdown.FaultFailed:
			switch e.Data["action"] {
			case "fail-az":
				set(zoneReturn, e.Kind == showdown.FaultHealing)
			case "instance-refresh":
				set(refreshes, e.Kind == showdown.FaultInjecting)
			}
		case showdown.ScalingLifecycle:
			set(launches, to == "Pending")
			set(terminates, to == "Terminating")
		case showdown.TargetState:
			set(drains, to == "draining")
		case showdown.BalancerNode:
			in, _ := e.Data["in_dns"].(bool)
			set(withdrawn, !in)
		case showdown.LabDown:
			for t := range open {
				if t.cell == e.Cell {
					delete(open, t)
				}
			}
		}
	}
	var out []string
	for t := range open {
		out = append(out, t.what)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestUnderWay(t *testing.T) {
	t.Parallel()
	zero := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var events []showdown.Event
	say := func(kind showdown.EventKind, cell, target string, data map[string]any) {
		events = append(events, showdown.Event{At: zero.Add(time.Duration(len(events)) * time.Second), Cell: cell, Kind: kind, Target: target, Data: data})
	}
	az, refresh := map[string]any{"action": "fail-az"}, map[string]any{"action": "instance-refresh"}
	to := func(to string) map[string]any { return map[string]any{"to": to} }
	say(showdown.FaultInjecting, "a", "A", az)
	say(showdown.BalancerNode, "a", "lb-1a", map[string]any{"in_dns": false})
	say(showdown.ScalingLifecycle, "a", "fleet-1", to("Terminating"))
	say(showdown.TargetState, "a", "fleet-1", to("draining"))
	say(showdown.ScalingLifecycle, "b", "fleet-3", to("Pending"))
	say(showdown.FaultHealing, "a", "A", az)
	say(showdown.FaultUndone, "a", "A", az)
	say(showdown.TargetState, "a", "fleet-1", to("deregistered"))
	say(showdown.ScalingLifecycle, "b", "fleet-3", to("InService"))
	say(showdown.FaultInjecting, "b", "A", refresh)
	say(showdown.LabDown, "a", "", nil)
	say(showdown.FaultUnconfirmed, "b", "A", refresh)
	for i, want := range [][]string{
		nil,
		{withdrawn},
		{withdrawn, terminates},
		{drains, withdrawn, terminates},
		{drains, launches, withdrawn, terminates},
		{drains, launches, withdrawn, terminates, zoneReturn},
		{drains, launches, withdrawn, terminates},
		{launches, withdrawn, terminates},
		{withdrawn, terminates},
		{refreshes, withdrawn, terminates},
		{refreshes},
		nil,
	} {
		slices.Sort(want)
		if got := underWay(events, events[i].At); !slices.Equal(got, want) {
			t.Errorf("after %d events: %q, want %q", i+1, got, want)
		}
	}
}
