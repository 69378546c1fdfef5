package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"showdown"
	"showdown/targets/lab"
)

// writeGroups shows a topology's security groups, and who reaches whom when they work.
// A topology without groups shows nothing: everybody reaches everybody.
func writeGroups(to io.Writer, top showdown.Topology) error {
	if len(top.SecurityGroups) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, g := range top.SecurityGroups {
		var in []string
		for _, r := range g.Inbound {
			text := "from " + r.From
			if r.Port != 0 {
				text += fmt.Sprintf(" to port %d", r.Port)
			}
			in = append(in, text)
		}
		if len(in) == 0 {
			in = []string{"nobody"}
		}
		fmt.Fprintf(w, "  group %s\tlets in\t%s\n", g.Name, strings.Join(in, ", "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	rows, err := lab.Expected(top)
	if err != nil {
		return err
	}
	var from, names []string
	says := map[[2]string]string{}
	for _, r := range rows {
		if !slices.Contains(from, r.From) {
			from = append(from, r.From)
		}
		if !slices.Contains(names, r.To) {
			names = append(names, r.To)
		}
		text := "silence"
		if r.Allowed {
			text = "answer"
		}
		says[[2]string{r.From, r.To}] = text
	}
	if len(names) == 0 {
		return nil
	}
	fmt.Fprintf(w, "  from\t%s\n", strings.Join(names, "\t"))
	for _, f := range from {
		fmt.Fprintf(w, "  %s", f)
		for _, n := range names {
			text, ok := says[[2]string{f, n}]
			if !ok {
				text = "-"
			}
			fmt.Fprintf(w, "\t%s", text)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
