package main

import (
	"context"
	"fmt"
	"path/filepath"
)

// secondsBound is how long a projection of a million requests may take.
const secondsBound = 5.0

// shown measures what making a summary, a report and each figure of a record takes, each as
// a process of its own: of a million requests, and of ten million for its memory.
func shown(ctx context.Context, e *env) error {
	own, err := e.program(ctx, "showdown")
	if err != nil {
		return err
	}
	var million, tens recorded
	store := filepath.Join(e.temp, "shown")
	for _, f := range []struct {
		r *recorded
		n string
	}{{&million, "1000000"}, {&tens, "10000000"}} {
		if err := e.child(ctx, f.r, "fill", "-requests", f.n, "-out", store); err != nil {
			return err
		}
	}
	type projection struct {
		name string
		args []string // before the record and after it
	}
	projections := []projection{
		{"summary", []string{"report", "--json"}},
		{"report as a page", []string{"report", "--format", "html"}},
	}
	for n := 1; n <= 13; n++ {
		id := fmt.Sprintf("F%d", n)
		projections = append(projections, projection{"figure " + id, []string{"figures", "--quiet", "--only", id, "--to", filepath.Join(e.temp, "shown-figures")}})
	}
	fmt.Fprintf(e.out, "## What a record is shown as (median of %d rounds)\n\n", rounds)
	fmt.Fprintln(e.out, "| | seconds, 1,000,000 | peak memory, MiB | seconds, 10,000,000 | peak memory, MiB |\n|---|---|---|---|---|")
	slowest, most := 0.0, 0.0
	for _, p := range projections {
		var wall, peak [2]float64
		for i, r := range []recorded{million, tens} {
			var walls, peaks [rounds]float64
			times := rounds
			if i > 0 {
				times = 1 // for its memory
			}
			for round := range times {
				var s spent
				if err := e.child(ctx, &s, append(append([]string{"spend", own}, p.args...), r.Dir)...); err != nil {
					return fmt.Errorf("%s: %w", p.name, err)
				}
				walls[round], peaks[round] = s.Wall, s.Peak/1024
			}
			wall[i], peak[i] = median(walls[:times]), median(peaks[:times])
		}
		fmt.Fprintf(e.out, "| %s | %.2f | %.0f | %.2f | %.0f |\n", p.name, wall[0], peak[0], wall[1], peak[1])
		slowest, most = max(slowest, wall[0]), max(most, peak[1]/peak[0])
	}
	fmt.Fprintln(e.out, "\n| | seen | bound | |\n|---|---|---|---|")
	e.bound("a million requests: seconds of the slowest", slowest, false, secondsBound)
	e.bound("peak memory, 10,000,000 / 1,000,000, at most", most, false, 1.25)
	fmt.Fprintln(e.out)
	return nil
}
