package timings

import (
	"errors"
	"fmt"
	"strings"

	"showdown"
)

// Agree fails where the page and the timings that are documented are apart: a timing that
// nothing measures or that has no row with a value at each of its speeds, a row that says
// something else of it, or a row that is no timing. Its error names every place.
func Agree(page string, stage *showdown.Stage) error {
	documented, err := Documented(stage)
	if err != nil {
		return err
	}
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	rows, speeds, known := tables(page), expected(), map[string]bool{}
	for _, t := range documented {
		if known[t.Name] {
			add("two timings are called %q", t.Name)
		}
		known[t.Name] = true
		if len(speeds[t.Name]) == 0 {
			add("no script measures %q", t.Name)
		}
		for _, speed := range speeds[t.Name] {
			r := Row{Timing: t, Speed: speed}
			n := 0
			for i, line := range rows[t.Service] {
				if strings.HasPrefix(line, r.left()) {
					n++
					rows[t.Service][i] = "" // it is spoken for
					problems = append(problems, r.agrees(line)...)
				}
			}
			if n != 1 {
				add("%q at speed %g has %d rows that say %s", t.Name, speed, n, r.documented())
			}
		}
	}
	for name := range speeds {
		if !known[name] {
			add("a script measures %q, which is not documented", name)
		}
	}
	for service, lines := range rows {
		for _, line := range lines {
			if line != "" {
				add("under %q is a row of no timing: %s", service, line)
			}
		}
	}
	return errors.Join(problems...)
}

// agrees looks at the rest of a row of r.
func (r Row) agrees(line string) (problems []error) {
	if !strings.HasSuffix(line+"\n", r.right()) {
		problems = append(problems, fmt.Errorf("the row of %q at speed %g does not name its source, which is %s", r.Name, r.Speed, r.Source))
	}
	if strings.Contains(line, "not measured") {
		problems = append(problems, fmt.Errorf("%q at speed %g was not measured", r.Name, r.Speed))
	}
	return problems
}

// tables are the rows of a page's tables by the title of their section.
func tables(page string) map[string][]string {
	out := map[string][]string{}
	for _, part := range strings.Split("\n"+page, "\n## ")[1:] {
		title, rest, _ := strings.Cut(part, "\n")
		_, rest, ok := strings.Cut(rest, tableHead)
		for ok {
			var line string
			line, rest, _ = strings.Cut(rest, "\n")
			if ok = strings.HasPrefix(line, "| "); ok {
				out[title] = append(out[title], line)
			}
		}
	}
	return out
}
