package promql

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// Labels is a set of label names.
type Labels map[string]bool

// labelsOf is the set of those names.
func labelsOf(names ...string) Labels {
	out := Labels{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

func (l Labels) with(names ...string) Labels {
	out := maps.Clone(l)
	for _, n := range names {
		out[n] = true
	}
	return out
}

func (l Labels) without(names ...string) Labels {
	out := maps.Clone(l)
	for _, n := range names {
		delete(out, n)
	}
	return out
}

// String is the names in order.
func (l Labels) String() string { return strings.Join(slices.Sorted(maps.Keys(l)), ", ") }

// Metrics are the labels of each series that can be asked for, by its name.
type Metrics map[string]Labels

// Check parses an expression and returns the labels that its result has, with every fault
// that Prometheus would answer with an empty result and no error: a metric that nobody
// exports, a label that the metric does not have, two sides of an operator that can never
// meet since their labels differ.
func (m Metrics) Check(expr string) (Labels, []string) {
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return nil, []string{err.Error()}
	}
	c := &checker{metrics: m}
	// Every selector first: what follows goes down only where labels come from.
	parser.Inspect(tree, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			c.selector(s)
		}
		return nil
	})
	return c.labels(tree), c.faults
}

type checker struct {
	metrics Metrics
	faults  []string
}

func (c *checker) bad(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// selector checks a metric and the labels it is asked by.
func (c *checker) selector(s *parser.VectorSelector) {
	known, ok := c.metrics[s.Name]
	if !ok {
		c.bad("nobody exports %q", s.Name)
		return
	}
	for _, match := range s.LabelMatchers {
		if match.Name != "__name__" && !known[match.Name] {
			c.bad("%s has no label %s (it has %s)", s.Name, match.Name, known)
		}
	}
}

// labels are those that the result of a node has.
func (c *checker) labels(n parser.Node) Labels {
	switch n := n.(type) {
	case *parser.VectorSelector:
		return c.metrics[n.Name]
	case *parser.MatrixSelector:
		return c.labels(n.VectorSelector)
	case *parser.SubqueryExpr:
		return c.labels(n.Expr)
	case *parser.ParenExpr:
		return c.labels(n.Expr)
	case *parser.UnaryExpr:
		return c.labels(n.Expr)
	case *parser.StepInvariantExpr:
		return c.labels(n.Expr)
	case *parser.AggregateExpr:
		return c.aggregate(n)
	case *parser.Call:
		return c.call(n)
	case *parser.BinaryExpr:
		return c.binary(n)
	}
	return Labels{}
}

func (c *checker) aggregate(n *parser.AggregateExpr) Labels {
	inner := c.labels(n.Expr)
	for _, name := range n.Grouping {
		if !inner[name] {
			c.bad("%s by %s: what is aggregated has no such label (it has %s)", n.Op, name, inner)
		}
	}
	switch {
	case n.Op == parser.TOPK || n.Op == parser.BOTTOMK:
		return inner
	case n.Without:
		return inner.without(n.Grouping...)
	}
	return labelsOf(n.Grouping...)
}

func (c *checker) call(n *parser.Call) Labels {
	out := Labels{}
	for _, arg := range n.Args {
		if t := arg.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			out = c.labels(arg)
		}
	}
	if n.Func.Name == "histogram_quantile" {
		classic := false
		parser.Inspect(n, func(n parser.Node, _ []parser.Node) error {
			s, ok := n.(*parser.VectorSelector)
			classic = classic || ok && strings.HasSuffix(s.Name, "_bucket")
			return nil
		})
		if classic != out["le"] {
			c.bad("histogram_quantile of classic buckets needs the label le, and of native ones has none: %s", n)
		}
		return out.without("le")
	}
	return out
}

func (c *checker) binary(n *parser.BinaryExpr) Labels {
	left, right := c.labels(n.LHS), c.labels(n.RHS)
	if n.LHS.Type() != parser.ValueTypeVector {
		return right
	}
	if n.RHS.Type() != parser.ValueTypeVector {
		return left
	}
	match := n.VectorMatching
	if match.On {
		for _, name := range match.MatchingLabels {
			if !left[name] || !right[name] {
				c.bad("%s on %s: one side has no such label (%s; %s)", n.Op, name, left, right)
			}
		}
	} else if l, r := left.without(match.MatchingLabels...), right.without(match.MatchingLabels...); n.Op != parser.LOR && !maps.Equal(l, r) {
		c.bad("%s never finds a pair: one side has the labels %q, the other %q", n.Op, l, r)
	}
	switch {
	case n.Op == parser.LOR && !maps.Equal(left, right):
		c.bad("or joins series with the labels %q and %q", left, right)
		return left
	case n.Op.IsSetOperator() || n.Op.IsComparisonOperator() && !n.ReturnBool:
		return left
	case match.Card == parser.CardManyToOne:
		return left.with(match.Include...)
	case match.Card == parser.CardOneToMany:
		return right.with(match.Include...)
	case match.On:
		return labelsOf(match.MatchingLabels...)
	}
	return left.without(match.MatchingLabels...)
}
