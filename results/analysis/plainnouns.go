package analysis

import "strings"

// ofWindow are the measurements of a window by their function.
func ofWindow() map[string]noun {
	return map[string]noun{
		"availability": {what: "the share of good answers", verb: "is"},
		"lost":         {what: "the time lost", verb: "is"},
		"longest":      {what: "the longest outage", verb: "lasts"},
		"degraded":     {what: "the degraded time", verb: "is"},
		"waited":       {what: "the time waited for timeouts", verb: "is"},
		"requests":     {what: "the number of requests", verb: "is"},
		"failed":       {what: "the number of failed requests", verb: "is"},
		"goodput":      {what: "the goodput", verb: "is", unit: rate},
		"offered":      {what: "the offered rate", verb: "is", unit: rate},
		"p50":          {what: "the p50 of good answers", verb: "is"},
		"p95":          {what: "the p95 of good answers", verb: "is"},
		"p99":          {what: "the p99 of good answers", verb: "is"},
		"running":      {what: "the mean number of running instances", verb: "is"},
		"capacity":     {what: "the mean number of instances in service", verb: "is"},
		"least_capacity": {
			what: "the least number of instances in service", verb: "is",
		},
		"most_capacity": {what: "the greatest number of instances in service", verb: "is"},
		"desired":       {what: "the desired capacity", verb: "is"},
		"zone_gap":      {what: "the difference between zones in instances", verb: "is"},
	}
}

// ofFault are the measurements of a fault by their function.
func ofFault() map[string]noun {
	return map[string]noun{
		"outage":    {what: "the outage of", verb: "lasts"},
		"outages":   {what: "the number of outages of", verb: "is"},
		"detected":  {what: "the time until the system notices", verb: "is"},
		"believed":  {what: "the time until the load balancer notices", verb: "is"},
		"recovered": {what: "the time until users are well again after", verb: "is"},
		"mttr":      {what: "the time until the group has its capacity again after", verb: "is"},
		"restored":  {what: "the time until as many targets are healthy as before", verb: "is"},
	}
}

// nounOf is what a term measures; its what is empty where there are no words for it.
func nounOf(t *term) noun {
	if t == nil || t.call == "" {
		return noun{}
	}
	name := func(i int) string {
		if i < len(t.args) {
			return t.args[i].name()
		}
		return ""
	}
	if n, of := ofWindow()[t.call]; of && len(t.args) > 0 {
		if n.where = windowOf(t.args[0]); n.where == "" {
			return noun{}
		}
		return n
	}
	if n, of := ofFault()[t.call]; of {
		switch {
		case len(t.args) > 0:
			n.what += " " + faultOf(t.args[0])
		case t.call == "outages":
			n.what = "the number of outages"
		default:
			return noun{}
		}
		return n
	}
	out := noun{verb: "is"}
	switch t.call {
	case "share", "count", "status":
		if len(t.args) != 2 {
			return noun{}
		}
		out.where = windowOf(t.args[0])
		switch t.call {
		case "share":
			out.what = "the share that " + name(1) + " answers"
		case "count":
			out.what = "the number of requests with the outcome " + name(1)
		default:
			out.what = "the number of answers with the status " + amount(t.args[1], anything)
		}
		if out.where == "" {
			return noun{}
		}
	case "knee":
		out.what, out.unit = "the knee of "+namedIn("", name(0)), rate
	case "peak":
		out.what, out.unit = "the peak of "+namedIn("", name(0)), rate
	case "cost":
		out.what, out.unit = of("the price", name(0)), dollars
	case "public":
		out.what = of("the number of public addresses", name(0))
	case "operator_actions":
		out.what = of("the number of times that an operator acts", "")
		if name(0) != "" {
			out.what += " in " + name(0)
		}
	case "events":
		out.what = of("the number of events "+name(0), name(1))
	case "activities":
		out.what = "the number of activities " + name(1) + " of " + namedIn("the group", name(0))
		if len(t.args) > 2 {
			out.where = windowOf(t.args[2])
		}
	case "fact":
		if len(t.args) != 2 {
			return noun{}
		}
		out.what = "the fact " + name(1) + " of " + faultOf(t.args[0])
	case "reach":
		out.what = "a connection from " + namedIn("", name(0)) + " to " + name(1)
	case "saving", "reserved_cost":
		if len(t.args) < 2 {
			return noun{}
		}
		out.what, out.unit = "the saving with ", dollars
		if t.call == "reserved_cost" {
			out.what = "the price with "
		}
		out.what += quantity(t.args[0]) + " reserved for " + years(name(1))
	case "optimum":
		out.what = "the cheapest number to reserve for " + years(name(0))
	case "break_even":
		out.what = "the use from which a reservation for " + years(name(0)) + " pays"
	case "slot_use":
		if len(t.args) < 1 {
			return noun{}
		}
		out.what = "the use of reservation number " + quantity(t.args[0])
	default:
		return noun{}
	}
	return out
}

// of is "the price of single", or "the price".
func of(what, name string) string {
	if name == "" {
		return what
	}
	return what + " of " + name
}

// quantity is a number, or what measures one.
func quantity(t *term) string {
	switch {
	case t.op == "+":
		return quantity(t.left) + " plus " + quantity(t.right)
	case t.call != "":
		return "(" + nounOf(t).whole() + ")"
	}
	return amount(t, anything)
}

// years is a term of a reservation in words.
func years(term string) string {
	switch term {
	case "1y":
		return "1 year"
	case "3y":
		return "3 years"
	}
	return term
}

// truthOf is what is true or not.
func truthOf(t *term, yes bool) string {
	if len(t.args) == 0 {
		return ""
	}
	not := " "
	if !yes {
		not = " not "
	}
	switch t.call {
	case "confirmed":
		return faultOf(t.args[0]) + " is" + not + "confirmed by its probe"
	case "undone":
		return faultOf(t.args[0]) + " is" + not + "seen to be over"
	case "reachable":
		if len(t.args) != 2 {
			return ""
		}
		can := " can be reached from "
		if !yes {
			can = " cannot be reached from "
		}
		return t.args[1].name() + can + namedIn("", t.args[0].name())
	}
	return ""
}

// noneOf is a count or a share that is 0; empty where a number says it as well.
func noneOf(t *term) string {
	if t.op != "" || t.call == "" {
		return ""
	}
	n := nounOf(t)
	switch t.call {
	case "failed":
		return "no request fails " + n.where
	case "availability":
		return "no request is answered well " + n.where
	case "count":
		return "no request has the outcome " + t.args[1].name() + " " + n.where
	case "events":
		rest, _ := strings.CutPrefix(n.what, "the number of events ")
		return "there is no event " + rest
	case "operator_actions":
		where, _ := strings.CutPrefix(n.what, "the number of times that an operator acts")
		return "no operator acts" + where
	case "activities":
		rest, _ := strings.CutPrefix(n.whole(), "the number of activities ")
		return "there is no activity " + rest
	}
	return ""
}

// judged are the comparisons whose numbers stand for something.
func judged(left *term, op string, right *term) string {
	if left.op != "" || len(left.args) == 0 {
		return ""
	}
	name := left.args[0].name()
	switch {
	case left.call == "improves" && op == ">=":
		return "in " + name + " at least " + amount(right, anything) + " of the pillars is better than in the stage before"
	case left.call == "score" && op == "==" && len(left.args) == 2:
		how := map[string]string{"1": "better than", "0": "as good as", "-1": "worse than"}[amount(right, anything)]
		if how == "" {
			return ""
		}
		return name + " is " + how + " the stage before in " + left.args[1].name()
	case left.call == "cost" && op == "<" && right.call == "cost" && len(right.args) > 0:
		return name + " costs less than " + right.args[0].name()
	case left.call == "cost" && op == ">" && right.call == "cost" && len(right.args) > 0:
		return name + " costs more than " + right.args[0].name()
	}
	return ""
}
