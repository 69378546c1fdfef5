package analysis

import (
	"strconv"
	"strings"
)

// noun is a measurement in words: "the share of good answers", "is", "while fault A lasts".
type noun struct {
	what, verb, where string
	// unit is that of numbers without one.
	unit unit
}

func (n noun) whole() string { return strings.TrimSpace(n.what + " " + n.where) }

// compared puts a comparison into words; high is the upper bound of a between.
func (p *plainer) compared(left *term, op string, right, high *term) string {
	switch {
	case right.literal.is("true") || right.literal.is("false"):
		if op != "==" && op != "!=" {
			return ""
		}
		return truthOf(left, right.literal.is("true") == (op == "=="))
	case right.isNumber("0.0") && op == "==":
		if text := noneOf(left); text != "" {
			return text
		}
	}
	if left.op == "" && left.call == "events" && op == ">" && right.isNumber("0.0") {
		_, rest, _ := strings.Cut(nounOf(left).what, "events ")
		return "there is an event " + rest
	}
	if text := judged(left, op, right); text != "" {
		return text
	}
	switch left.op {
	case "":
	case "/":
		a, b := nounOf(left.left), nounOf(left.right)
		if a.what == "" || b.what == "" {
			return ""
		}
		times := bounds(op, amount(right, anything), amount(high, anything))
		if times == "" {
			return ""
		}
		return a.whole() + " is " + times + " times " + b.whole()
	case "-":
		a, b := nounOf(left.left), nounOf(left.right)
		by := bounds(op, amount(right, a.unit), amount(high, a.unit))
		if a.what == "" || b.what == "" || by == "" {
			return ""
		}
		if right.literal.unit == shareLiteral { // a difference of shares is no share
			by = strings.ReplaceAll(by, "%", "points")
		}
		return a.whole() + " exceeds " + b.whole() + " by " + by
	default:
		return ""
	}
	a := nounOf(left)
	if a.what == "" {
		return ""
	}
	if right.call != "" || right.op != "" {
		return beside(a, op, right)
	}
	value := bounds(op, amount(right, a.unit), amount(high, a.unit))
	if value == "" {
		return ""
	}
	return strings.TrimSpace(a.what + " " + a.where + " " + a.verb + " " + value)
}

// beside compares two measurements.
func beside(a noun, op string, right *term) string {
	b := nounOf(right)
	how := map[string]string{
		"<": "less than", "<=": "at most", ">": "more than", ">=": "at least", "==": "the same as", "!=": "another than",
	}[op]
	switch {
	case b.what == "" || how == "":
		return ""
	case a.what == b.what && a.where != "" && b.where != "" && strings.HasSuffix(how, " than"):
		more, _ := strings.CutSuffix(how, " than")
		return a.what + " is " + more + " " + a.where + " than " + b.where
	}
	return a.whole() + " is " + how + " " + b.whole()
}

// bounds are what a number is compared with.
func bounds(op, value, high string) string {
	if value == "" {
		return ""
	}
	switch op {
	case "between":
		if high == "" {
			return ""
		}
		return value + " to " + high
	case "<":
		return "less than " + value
	case "<=":
		return "at most " + value
	case ">":
		return "more than " + value
	case ">=":
		return "at least " + value
	case "!=":
		return "not " + value
	}
	return value
}

// amount is a literal in words; empty for anything else, and for none.
func amount(t *term, u unit) string {
	switch {
	case t == nil || t.op != "" || t.call != "":
		return ""
	case t.literal.kind == stringToken:
		return t.name()
	case t.literal.kind != numberToken:
		return ""
	}
	v, err := strconv.ParseFloat(t.literal.code, 64)
	if err != nil {
		return ""
	}
	if t.minus {
		v = -v
	}
	number := strconv.FormatFloat(v, 'f', -1, 64)
	switch {
	case t.literal.unit == shareLiteral:
		return strconv.FormatFloat(round(v*100, 6), 'f', -1, 64) + " %"
	case t.literal.unit == timeLiteral:
		return lasting(v)
	case u == rate:
		return number + "/s"
	case u == dollars:
		return "$" + number
	}
	return number
}

// lasting is so many seconds as people say it: "45 s", "3 min", "14 min 45 s", "250 ms".
func lasting(v float64) string {
	text := func(v float64) string { return strconv.FormatFloat(round(v, 3), 'f', -1, 64) }
	switch {
	case v > 0 && v < 1:
		return text(v*1000) + " ms"
	case v < 120 && v != 60:
		return text(v) + " s"
	}
	var parts []string
	whole := int(v)
	for _, part := range []struct {
		seconds int
		name    string
	}{{3600, "h"}, {60, "min"}, {1, "s"}} {
		if n := whole / part.seconds; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+part.name)
			whole %= part.seconds
		}
	}
	return strings.Join(parts, " ")
}

// namedIn is a name with the cell or the stage that it is of: "fault A", "fault A in no-eip".
func namedIn(what, name string) string {
	if cell, rest, of := strings.Cut(name, "/"); of {
		if _, err := strconv.Atoi(rest); err != nil { // no step of a ladder
			return strings.TrimSpace(what+" "+rest) + " in " + cell
		}
	}
	return strings.TrimSpace(what + " " + name)
}

func faultOf(t *term) string { return namedIn("fault", t.name()) }

// windowOf is when, or for whom: "while fault A lasts".
func windowOf(t *term) string {
	arg := func(i int) *term {
		if i < len(t.args) {
			return t.args[i]
		}
		return nil
	}
	switch t.call {
	case "during":
		if len(t.args) > 1 {
			return "while " + faultOf(arg(0)) + " lasts and " + amount(arg(1), anything) + " around it"
		}
		return "while " + faultOf(arg(0)) + " lasts"
	case "after":
		return "in the " + amount(arg(1), anything) + " after " + faultOf(arg(0))
	case "before":
		return "in the " + amount(arg(1), anything) + " before " + faultOf(arg(0))
	case "since":
		if from := arg(1); from != nil && from.isNumber("0.0") {
			return "in the first " + amount(arg(2), anything) + " of " + faultOf(arg(0))
		}
		return "from " + amount(arg(1), anything) + " to " + amount(arg(2), anything) + " after the beginning of " + faultOf(arg(0))
	case "phase":
		return "in " + namedIn("phase", arg(0).name())
	case "reference":
		if len(t.args) > 0 {
			return "in the reference window of " + arg(0).name()
		}
		return "in the reference window"
	case "whole":
		if len(t.args) > 0 {
			return "in all of " + arg(0).name()
		}
		return "in the whole run"
	case "last":
		return "in the last " + amount(arg(0), anything)
	case "cohort", "endpoint":
		who := namedIn(map[string]string{"cohort": "for the clients", "endpoint": "for the requests"}[t.call], arg(0).name())
		if len(t.args) > 1 {
			return who + " " + windowOf(arg(1))
		}
		return who
	}
	return ""
}
