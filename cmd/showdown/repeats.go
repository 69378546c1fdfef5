package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"showdown/results"
)

// groupRow is repeats in the list of runs.
type groupRow struct {
	id string
	// group is nil where its file cannot be read; broken says why.
	group  *results.Group
	broken string
	// there is how many of the runs that were finished are in the store.
	there int
}

// groupRows are the groups of the store, oldest first.
func groupRows(store *results.Store) ([]groupRow, error) {
	ids, err := store.Groups()
	if err != nil {
		return nil, err
	}
	out := make([]groupRow, 0, len(ids))
	for _, id := range ids {
		row := groupRow{id: id}
		path := store.GroupPath(id)
		if g, err := results.ReadGroup(path); err != nil {
			row.broken = err.Error()
		} else {
			found, _ := results.GroupRuns(g, path)
			row.group, row.there = g, len(found)
		}
		out = append(out, row)
	}
	return out, nil
}

// repeats is the id of the group that a run is of; empty for none.
func repeats(groups []groupRow, run string) string {
	for _, r := range groups {
		if r.group != nil && slices.ContainsFunc(r.group.Runs, func(k results.GroupRun) bool { return k.Run == run }) {
			return r.id
		}
	}
	return ""
}

// groupsOf are the groups of which a run is listed, and those of which nothing is known.
func groupsOf(groups []groupRow, listed []results.Entry) []groupRow {
	return slices.DeleteFunc(slices.Clone(groups), func(r groupRow) bool {
		if r.group == nil {
			return false
		}
		return !slices.ContainsFunc(listed, func(e results.Entry) bool {
			return slices.ContainsFunc(r.group.Runs, func(k results.GroupRun) bool { return k.Run == e.ID })
		})
	})
}

// writeRepeats lists groups under the runs.
func writeRepeats(to io.Writer, groups []groupRow) error {
	if len(groups) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nrepeats\truns\twhat")
	for _, r := range groups {
		if r.group == nil {
			fmt.Fprintf(w, "%s\t-\t%s\n", r.id, printable("cannot be read: "+r.broken))
			continue
		}
		what := r.group.Target
		if filepath.IsAbs(what) {
			what = filepath.Base(what)
		}
		if done := len(r.group.Runs); done < r.group.Repeat {
			what += fmt.Sprintf(" (%d were finished)", done)
		}
		if gone := len(r.group.Runs) - r.there; gone > 0 {
			what += fmt.Sprintf(" (%d not in the store any more)", gone)
		}
		fmt.Fprintf(w, "%s\t%d of %d\t%s\n", r.id, r.there, r.group.Repeat, printable(what))
	}
	return w.Flush()
}
