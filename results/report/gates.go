package report

import (
	"fmt"

	"showdown"
	"showdown/results"
)

// Bounds of a gate's texts, in characters: a record that was edited may hold anything.
const (
	gateName = 300
	gateText = 4096
)

// gateList is the gates as claims are listed.
func gateList(gates []results.GateResult) list {
	var out list
	for _, g := range gates {
		e := entry{verdict: g.Verdict, text: capped(g.Name, gateName)}
		expect := capped(g.Expect, gateText)
		if g.Cell != "" {
			expect += "  (cell " + g.Cell + ")"
		}
		measured := g.Measured
		if measured == "" {
			measured = nothing
		}
		label := "expected"
		if g.Abort {
			label = "aborts if"
		}
		e.details = append(e.details, expected(label, capped(g.Expect, gateText), g.Cell, expect)...)
		e.details = append(e.details, detail{"measured", measured})
		switch {
		case g.Note != "":
			e.details = append(e.details, detail{"note", g.Note})
		case g.Reason != "":
			e.details = append(e.details, detail{"note", "unknown: " + g.Reason})
		}
		out = append(out, e)
	}
	return out
}

// gateSentence counts the gates; empty where there are none.
func gateSentence(gates []results.GateResult) string {
	if len(gates) == 0 {
		return ""
	}
	counts := map[showdown.Verdict]int{}
	for _, g := range gates {
		counts[g.Verdict]++
	}
	switch held := counts[showdown.Held]; {
	case held == len(gates) && held == 1:
		return "The gate held."
	case held == len(gates):
		return fmt.Sprintf("All %d gates held.", held)
	default:
		return fmt.Sprintf("%d of %s held, %d deviated, %d unknown.", held, plural(len(gates), "gate"), counts[showdown.Deviated], counts[showdown.Unknown])
	}
}

// gateColumn adds a column with the gates that held to the table of a journey whose stages
// have any.
func gateColumn(t table, stages []results.Summary) table {
	any := false
	for i := range stages {
		any = any || len(stages[i].Gates) > 0
	}
	if !any {
		return t
	}
	t.head = append(t.head, "gates held")
	for i := range stages {
		held := 0
		for _, g := range stages[i].Gates {
			if g.Verdict == showdown.Held {
				held++
			}
		}
		cell := nothing
		if n := len(stages[i].Gates); n > 0 {
			cell = fmt.Sprintf("%d/%d", held, n)
		}
		t.rows[i] = append(t.rows[i], cell)
	}
	return t
}
