package analysis

import (
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"showdown"
	"showdown/results"
)

// checker walks a compiled expression: it refuses what is not of the language of
// claims, follows the units and collects names and windows. The first error stays.
type checker struct {
	*translation
	functions map[string]function
	allowed   func(function) bool
	names     []name
	windows   []ast.Node
	units     map[ast.Node]unit
	err       *SyntaxError
}

func (c *checker) fail(n ast.Node, format string, args ...any) {
	if c.err == nil {
		c.err = syntaxError(c.source, c.origin(n.Location().From), format, args...)
	}
}

// visit is the unit of n. What it finds on the way is collected once.
func (c *checker) visit(n ast.Node) unit {
	if u, seen := c.units[n]; seen {
		return u
	}
	u := c.inspect(n)
	c.units[n] = u
	return u
}

func (c *checker) inspect(n ast.Node) unit {
	switch n := n.(type) {
	case *ast.FloatNode:
		return c.literal(n)
	case *ast.StringNode:
		return text
	case *ast.BoolNode:
		return truth
	case *ast.UnaryNode:
		u := c.visit(n.Node)
		if (n.Operator == "not" || n.Operator == "!") && u != truth && u != anything {
			c.fail(n, "%s needs true or false, not %s", n.Operator, u)
		}
		return u
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		c.visit(n.Cond)
		u := c.visit(n.Exp1)
		if v := c.visit(n.Exp2); !u.comparable(v) {
			c.fail(n, "one answer is %s, the other %s", u, v)
		}
		return u
	case *ast.CallNode:
		return c.call(n)
	default:
		c.fail(n, "this has no meaning here")
		return plain
	}
}

func (c *checker) literal(n *ast.FloatNode) unit {
	return c.tokens[c.token(n.Location().From)].unit
}

func (c *checker) binary(n *ast.BinaryNode) unit {
	l, r := c.visit(n.Left), c.visit(n.Right)
	switch n.Operator {
	case "and", "or", "&&", "||":
		for _, u := range []unit{l, r} {
			if u != truth && u != anything {
				c.fail(n, "%s needs true or false on both sides, not %s", n.Operator, u)
			}
		}
		return truth
	case "==", "!=", "<", "<=", ">", ">=":
		if (l == truth || r == truth || l == text || r == text) && n.Operator != "==" && n.Operator != "!=" {
			c.fail(n, "%s cannot be ordered", l)
		}
		c.compare(n, n.Left, n.Right, l, r)
		c.met(n.Left, n.Right)
		c.met(n.Right, n.Left)
		return truth
	case "contains", "startsWith", "endsWith":
		return truth
	case "+", "-":
		c.compare(n, n.Left, n.Right, l, r)
		if l == timeLiteral || l == shareLiteral || l == plain {
			return r
		}
		return l
	case "*":
		switch {
		case isFactor(l):
			return r
		case isFactor(r):
			return l
		}
		return plain
	case "/":
		switch {
		case isFactor(r) && r != share:
			return l
		default:
			return plain
		}
	}
	c.fail(n, "%s has no meaning here", n.Operator)
	return plain
}

// isFactor says that a value of unit u scales another and leaves its unit.
func isFactor(u unit) bool { return u == plain || u == share || u == shareLiteral }

// compare checks that two operands have units that go together.
func (c *checker) compare(at, left, right ast.Node, l, r unit) {
	c.percent(left, right, l, r)
	c.percent(right, left, r, l)
	if l.comparable(r) || isZero(left) || isZero(right) {
		return
	}
	for _, pair := range []struct {
		bare  ast.Node
		plain unit
		other unit
	}{{right, r, l}, {left, l, r}} {
		f, ok := pair.bare.(*ast.FloatNode)
		if !ok || pair.plain != plain {
			continue
		}
		written := c.tokens[c.token(f.Location().From)]
		number := c.source[written.from:written.to]
		if pair.other == awsSeconds || pair.other == realSeconds || pair.other == timeLiteral {
			c.fail(f, "%s has no unit: write %ss or %sms", number, number, number)
			return
		}
	}
	c.fail(at, "%s cannot be compared with %s", l, r)
}

// percent refuses a bare number above 1 beside what is measured as a share, as of
// somebody who forgot the sign: no share is ever above 99, so it decides nothing.
func (c *checker) percent(measured, bare ast.Node, m, b unit) {
	_, call := measured.(*ast.CallNode)
	f, ok := bare.(*ast.FloatNode)
	if !call || !ok || m != share || b != plain || f.Value <= 1 {
		return
	}
	written := c.tokens[c.token(f.Location().From)]
	number := c.source[written.from:written.to]
	c.fail(f, "a share is at most 1: write %s%%", number)
}

func isZero(n ast.Node) bool {
	f, ok := n.(*ast.FloatNode)
	return ok && f.Value == 0
}

func (c *checker) call(n *ast.CallNode) unit {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		c.fail(n, "this has no meaning here")
		return plain
	}
	f, ok := c.functions[callee.Value]
	if !ok {
		c.fail(n, "unknown function %q", callee.Value)
		return plain
	}
	if !c.allowed(f) {
		if callee.Value == "last" {
			c.fail(n, "last(...) is for stop_if and abort_if: a claim or a gate is about the whole run")
		} else {
			c.fail(n, "%s is for claims and gates: a condition knows only windows of last(...)", callee.Value)
		}
		return plain
	}
	if len(n.Arguments) > len(f.args) || len(n.Arguments) < len(f.args)-f.optional {
		c.fail(n, "wrong arguments: write %s", f.usage)
		return f.unit
	}
	units := make([]unit, len(n.Arguments))
	for i, arg := range n.Arguments {
		units[i] = c.visit(arg)
		c.argument(callee.Value, f, f.args[i], arg, units[i])
	}
	if f.unit == window {
		c.windows = append(c.windows, n)
	}
	switch callee.Value {
	case "between":
		if len(units) == 3 {
			c.compare(n.Arguments[1], n.Arguments[0], n.Arguments[1], units[0], units[1])
			c.compare(n.Arguments[2], n.Arguments[0], n.Arguments[2], units[0], units[2])
			c.order(n)
		}
	case "abs":
		if len(units) == 1 {
			return units[0]
		}
	}
	return f.unit
}

// order checks that the bounds of a "between" are the right way round where both are
// written as numbers.
func (c *checker) order(n *ast.CallNode) {
	low, ok := n.Arguments[1].(*ast.FloatNode)
	if !ok {
		return
	}
	if high, ok := n.Arguments[2].(*ast.FloatNode); ok && high.Value < low.Value {
		c.fail(high, "the second bound is below the first")
	}
}

// argument checks one argument of a call: names are written out, durations have a
// unit.
func (c *checker) argument(function string, f function, kind argument, n ast.Node, u unit) {
	switch kind {
	case numberArg, windowArg:
	case durationArg:
		if u != timeLiteral && u != awsSeconds && !isZero(n) {
			c.fail(n, "%s needs a duration in AWS time: write %s", function, f.usage)
		}
	case statusArg:
		s, ok := n.(*ast.FloatNode)
		if !ok || u != plain || s.Value != math.Trunc(s.Value) || s.Value < 100 || s.Value > 599 {
			c.fail(n, "an HTTP status is written as a number from 100 to 599: %s", f.usage)
		}
	default:
		s, ok := n.(*ast.StringNode)
		if !ok {
			c.fail(n, "the name must be written out: %s", f.usage)
			return
		}
		if kind == outcomeArg {
			if _, err := showdown.ParseOutcome(s.Value); err != nil {
				var known []string
				for _, o := range showdown.Outcomes() {
					known = append(known, o.String())
				}
				c.fail(n, "unknown outcome %q: one of %s", s.Value, strings.Join(known, ", "))
			}
		}
		if kind == activityArg && !slices.Contains(activityKinds(), s.Value) {
			c.fail(n, "unknown activity %q: one of %s", s.Value, strings.Join(activityKinds(), ", "))
		}
		if kind == pillarArg && !slices.Contains(results.Pillars(), s.Value) {
			c.fail(n, "unknown pillar %q: one of %s", s.Value, strings.Join(results.Pillars(), ", "))
		}
		if kind == termArg && !slices.Contains(termNames(), s.Value) {
			c.fail(n, "unknown term %q: one of %s", s.Value, strings.Join(termNames(), ", "))
		}
		c.names = append(c.names, name{
			kind: kind, value: s.Value, function: function, offset: c.origin(n.Location().From),
		})
	}
}

// sides are the measured sides of n's comparisons.
func (c *checker) sides(n ast.Node) ([]side, error) {
	switch n := n.(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "or", "&&", "||":
			return c.sidesOf(n.Left, n.Right)
		case "==", "!=", "<", "<=", ">", ">=", "contains", "startsWith", "endsWith":
			var out []side
			for _, operand := range []ast.Node{n.Left, n.Right} {
				if !measures(operand) {
					continue
				}
				s, err := c.side(operand)
				if err != nil {
					return nil, err
				}
				out = append(out, s)
			}
			return out, nil
		}
	case *ast.UnaryNode:
		return c.sides(n.Node)
	case *ast.ConditionalNode:
		return c.sidesOf(n.Cond, n.Exp1, n.Exp2)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == "between" {
			var out []side
			for _, arg := range n.Arguments {
				if !measures(arg) {
					continue
				}
				s, err := c.side(arg)
				if err != nil {
					return nil, err
				}
				out = append(out, s)
			}
			return out, nil
		}
		s, err := c.side(n)
		return []side{s}, err
	}
	return nil, nil
}

func (c *checker) sidesOf(nodes ...ast.Node) ([]side, error) {
	var out []side
	for _, n := range nodes {
		s, err := c.sides(n)
		if err != nil {
			return nil, err
		}
		out = append(out, s...)
	}
	return out, nil
}

func (c *checker) side(n ast.Node) (side, error) {
	program, err := subprogram(n)
	if err != nil {
		return side{}, err
	}
	s := side{label: c.label(n), unit: c.visit(n), program: program}
	if q, ok := n.(*ast.BinaryNode); ok && q.Operator == "/" && measures(q.Left) && measures(q.Right) {
		over, err := c.side(q.Left)
		if err != nil {
			return side{}, err
		}
		under, err := c.side(q.Right)
		if err != nil {
			return side{}, err
		}
		s.over, s.under = &over, &under
	}
	return s, nil
}

// label is the text of n as it was written, as far as that can be found again.
func (c *checker) label(n ast.Node) string {
	if call, ok := n.(*ast.CallNode); ok {
		return c.translation.call(call.Callee.Location().From)
	}
	return ""
}

// measures says that n holds a call, and so is measured and not written.
func measures(n ast.Node) bool {
	var v callFinder
	ast.Walk(&n, &v)
	return v.found
}

type callFinder struct{ found bool }

func (v *callFinder) Visit(n *ast.Node) {
	if _, ok := (*n).(*ast.CallNode); ok {
		v.found = true
	}
}
