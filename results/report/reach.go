package report

import (
	"fmt"
	"slices"

	"showdown/results"
)

// reachTable is the connection matrix: a row for each source, a column for each
// instance. What the rules do not promise is marked.
func reachTable(rows []results.Reach) table {
	var from, to []string
	met := map[[2]string]string{}
	for _, r := range rows {
		if !slices.Contains(from, r.From) {
			from = append(from, r.From)
		}
		if !slices.Contains(to, r.To) {
			to = append(to, r.To)
		}
		text := r.Met
		if r.Allowed != (r.Met == results.MetAnswered) {
			text += " !"
		}
		met[[2]string{r.From, r.To}] = text
	}
	out := table{head: append([]string{"from"}, to...)}
	for _, f := range from {
		row := []string{f}
		for _, t := range to {
			text, ok := met[[2]string{f, t}]
			if !ok {
				text = nothing
			}
			row = append(row, text)
		}
		out.rows = append(out.rows, row)
	}
	return out
}

// reachNotes say what the matrix was found with, once for each way in which instances
// keep out, and which looks met what the rules do not promise.
func reachNotes(rows []results.Reach) []paragraph {
	var ways []string
	other := 0
	for _, r := range rows {
		if r.Met == "silent" && r.Fidelity != "" && !slices.Contains(ways, r.Fidelity) {
			ways = append(ways, r.Fidelity)
		}
		if r.Allowed != (r.Met == results.MetAnswered) {
			other++
		}
	}
	var out []paragraph
	if other > 0 {
		out = append(out, paragraph{fmt.Sprintf("! %s met something else than the rules say.", plural(other, "look")), false})
	}
	for _, w := range ways {
		out = append(out, paragraph{"silent: " + w, true})
	}
	return out
}
