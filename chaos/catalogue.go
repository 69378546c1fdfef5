package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"showdown"
)

// Description is an action with what this package knows of how it is done: what a
// catalogue says of it.
type Description struct {
	showdown.Action
	// Evidence is what the probe must see, in a few words.
	Evidence string
	// Needs are what the backend must be able to do, for [Fidelity] to say how that is
	// made; empty where no machine is asked.
	Needs []Need
	// Made says how the action is made where there are no needs.
	Made string
	// Bounds says what each parameter may be, by its name.
	Bounds map[string]string
}

// Need is something that an action asks of the backend.
type Need struct {
	// With is the parameter that asks for it, "leaves: refusal"; empty where it is
	// asked for always.
	With string
	What string
}

// Describe lists every action by name.
func Describe() []Description {
	var out []Description
	all := deeds()
	actions := showdown.Actions()
	for _, name := range slices.Sorted(maps.Keys(actions)) {
		a, d := actions[name], all[name]
		about := Description{Action: a, Evidence: d.evidence, Needs: d.describe(a), Made: d.made, Bounds: map[string]string{}}
		for _, p := range a.Params {
			about.Bounds[p.Name] = bounds(p)
			if narrower, ok := d.bounds[p.Name]; ok {
				about.Bounds[p.Name] = narrower
			}
		}
		out = append(out, about)
	}
	return out
}

// describe is what the deed needs, choice by choice where that depends on one.
func (d deed) describe(a showdown.Action) []Need {
	if d.needsFor == nil {
		if d.needs == "" {
			return nil
		}
		return []Need{{What: d.needs}}
	}
	var out []Need
	for _, p := range a.Params {
		for _, choice := range p.Choices {
			if what := d.needsFor(values{choice: choice, choices: map[string]string{p.Name: choice}}); what != "" {
				out = append(out, Need{With: p.Name + ": " + choice, What: what})
			}
		}
	}
	return out
}

// bounds says in words what [values.parse] takes for a parameter.
func bounds(p showdown.Param) string {
	switch p.Kind {
	case "type":
		return "an instance type"
	case "count":
		return fmt.Sprintf("1 to %d", maxCount)
	case "choice":
		return strings.Join(p.Choices, ", ")
	case "share":
		return "above 0%, at most 100%"
	case "factor":
		return fmt.Sprintf("above 0, at most %d", maxFactor)
	case "latency":
		return "real time above 0, at most " + showdown.LabDuration(maxLatency).String()
	case "duration":
		return "AWS time above 0"
	case "name":
		return "a name that no instance has"
	case "instance":
		return "an instance of the cell"
	case "group":
		return "a security group, or internet"
	case "source":
		return "a security group, internet, or a CIDR block"
	case "host":
		return "a record of the hosted zone, or @"
	case "zone":
		return "an Availability Zone of the cell"
	case "balancer":
		return "a load balancer of the cell"
	case "target_group":
		return "a target group of the cell"
	case "text":
		return "text"
	case "scaling_group":
		return "an Auto Scaling group of the cell"
	}
	return ""
}
