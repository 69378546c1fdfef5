package analysis

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"showdown"
	"showdown/results"
)

// reachesOf is the connection matrix of a cell: the last look of each pair, in the
// order in which the pairs were looked at first.
func (c *cellRecord) reachesOf() []results.Reach {
	type pair struct{ from, to string }
	var out []results.Reach
	at := map[pair]int{}
	for _, e := range c.events {
		if e.Kind != showdown.Reached {
			continue
		}
		row := results.Reach{To: e.Target, AtS: round(e.T, 6)}
		row.From, _ = e.Data["from"].(string)
		row.Met, _ = e.Data["met"].(string)
		row.Allowed, _ = e.Data["allowed"].(bool)
		row.Fidelity, _ = e.Data["fidelity"].(string)
		if row.From == "" || row.To == "" || row.Met == "" {
			continue
		}
		p := pair{row.From, row.To}
		if i, seen := at[p]; seen {
			out[i] = row
			continue
		}
		at[p] = len(out)
		out = append(out, row)
	}
	return out
}

// reach is what the last look from a source to an instance met.
func (e *evaluation) reach(from, to string) (string, error) {
	c, source, err := e.locate(from)
	if err != nil {
		return "", err
	}
	for _, r := range c.reachesOf() {
		if r.From == source && r.To == to {
			return r.Met, nil
		}
	}
	return "", e.lack("nobody looked from %s to %s in cell %s", source, to, c.name)
}

// reachable says whether the last look from a source to an instance was answered.
func (e *evaluation) reachable(from, to string) (bool, error) {
	met, err := e.reach(from, to)
	return met == results.MetAnswered, err
}

// met checks that a text which reach(...) is compared with is something that can be
// met: a word with a typing error would make a claim that always deviates.
func (c *checker) met(call, with ast.Node) {
	n, ok := call.(*ast.CallNode)
	if !ok {
		return
	}
	callee, isName := n.Callee.(*ast.IdentifierNode)
	word, isText := with.(*ast.StringNode)
	if !isName || !isText || callee.Value != "reach" {
		return
	}
	known := []string{results.MetAnswered, "refused", "silent", "unreachable"}
	if !slices.Contains(known, word.Value) {
		c.fail(with, "reach is never %q: one of %s", word.Value, strings.Join(known, ", "))
	}
}

// sources are what a look of a cell can come from: the internet, a security group or an
// instance.
func sources(cell *showdown.Cell) []string {
	out := []string{showdown.FromInternet}
	own := false
	for _, g := range cell.Topology.SecurityGroups {
		own = own || g.Name == showdown.DefaultGroup
		out = append(out, g.Name)
	}
	if !own {
		out = append(out, showdown.DefaultGroup)
	}
	for _, in := range cell.Topology.AllInstances() {
		out = append(out, in.Name)
	}
	return out
}
