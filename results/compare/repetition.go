package compare

import (
	"strings"

	"showdown"
	"showdown/results"
)

// Repetition is what runs that repeat each other show together.
type Repetition struct {
	// Stage is what was played, Title what that is called.
	Stage, Title string
	Speed        float64
	Seeds        []uint64
	// Verdict is the worst of the runs', Held how many of them held.
	Verdict showdown.Verdict
	Held    int
	// Tables are the numbers of each cell, with one side each.
	Tables []Table
	Claims []RepeatedClaim
}

// RepeatedClaim is how often a claim held.
type RepeatedClaim struct {
	ID, Text string
	// Held, Deviated and Unknown count the runs.
	Held, Deviated, Unknown int
}

// Repeated is what runs of one stage show together; there is at least one.
func Repeated(runs []*results.Summary) *Repetition {
	side := Side{}
	for _, s := range runs {
		side.Runs = append(side.Runs, Run{ID: s.Run, Summary: s})
	}
	out := &Repetition{Stage: side.stage(), Title: side.first().Title, Speed: side.first().Speed}
	at := map[string]int{}
	for _, s := range runs {
		out.Seeds = append(out.Seeds, s.Seed)
		if out.Verdict = out.Verdict.Worse(s.Verdict); s.Verdict == showdown.Held {
			out.Held++
		}
		for _, c := range s.Claims {
			key := c.ID + "\x00" + c.Text
			k, known := at[key]
			if !known {
				k = len(out.Claims)
				at[key] = k
				out.Claims = append(out.Claims, RepeatedClaim{ID: c.ID, Text: c.Text})
			}
			switch c.Verdict {
			case showdown.Held:
				out.Claims[k].Held++
			case showdown.Deviated:
				out.Claims[k].Deviated++
			default:
				out.Claims[k].Unknown++
			}
		}
	}
	all := gather(runs)
	add := func(title string, wanted func(name string) bool) {
		if list := rows([][]gathered{all}, wanted); len(list) > 0 {
			out.Tables = append(out.Tables, Table{Title: title, Rows: list})
		}
	}
	add("cell "+cellOf([]Side{side}), func(name string) bool { return !strings.HasPrefix(name, "cells.") })
	for _, cell := range cellNames(side.first()) {
		add("cell "+cell, func(name string) bool { return strings.HasPrefix(name, "cells."+cell+".") })
	}
	return out
}
