package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// sizes are the labs that are started. A bound of 0 is none.
var sizes = []struct {
	instances    int
	seconds, gib float64
}{
	{instances: 1},
	{instances: 6, seconds: 2},
	{instances: 10},
	{instances: 100, gib: 2},
}

// labRun is what one lab took.
type labRun struct {
	// up is from the start of the command until all instances have answered.
	up time.Duration
	// Down is in milliseconds, the others in KiB.
	Down              float64
	Machines, Spawner float64
}

// labs measures how long labs of several sizes take until all instances answer, how
// long to end them, and what their processes have in memory. Boot times are left
// aside.
func labs(ctx context.Context, e *env) error {
	for _, name := range []string{"benchchild", "showdown"} {
		if _, err := e.program(ctx, name); err != nil {
			return err
		}
	}
	fmt.Fprintf(e.out, "## Labs of real processes (median of %d rounds)\n\n", rounds)
	fmt.Fprintln(e.out, "| instances | all answer, ms | teardown, ms | memory of all with the spawner, MiB | of an instance, MiB |\n|---|---|---|---|---|")
	up, mib := make([]float64, len(sizes)), make([]float64, len(sizes))
	for i, size := range sizes {
		var ups, downs, alls, eachs [rounds]float64
		for round := range rounds {
			r, err := runLab(ctx, e, size.instances)
			if err != nil {
				return err
			}
			ups[round], downs[round] = float64(r.up)/float64(time.Millisecond), r.Down
			alls[round] = (r.Machines + r.Spawner) / 1024
			eachs[round] = r.Machines / 1024 / float64(size.instances)
		}
		up[i], mib[i] = median(ups[:]), median(alls[:])
		fmt.Fprintf(e.out, "| %d | %.0f | %.0f | %.1f | %.1f |\n", size.instances, up[i], median(downs[:]), mib[i], median(eachs[:]))
	}
	fmt.Fprintln(e.out, "\n| | seen | bound | |\n|---|---|---|---|")
	for i, size := range sizes {
		if size.seconds > 0 {
			e.bound(fmt.Sprintf("%d instances in 3 zones: seconds until all answer", size.instances), up[i]/1000, false, size.seconds)
		}
		if size.gib > 0 {
			e.bound(fmt.Sprintf("%d instances: GiB", size.instances), mib[i]/1024, false, size.gib)
		}
	}
	fmt.Fprintln(e.out)
	return nil
}

func runLab(ctx context.Context, e *env, instances int) (r labRun, err error) {
	return runCell(ctx, e, "lab", instances)
}

// runCell lets benchchild's command, lab or balanced, bring a lab up and down.
func runCell(ctx context.Context, e *env, command string, instances int) (r labRun, err error) {
	child, err := e.program(ctx, "benchchild")
	if err != nil {
		return r, err
	}
	showdown, err := e.program(ctx, "showdown")
	if err != nil {
		return r, err
	}
	cmd := exec.CommandContext(ctx, child, command, "-instances", fmt.Sprint(instances), "-showdown", showdown)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return r, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return r, err
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if n == 0 {
			r.up = time.Since(began)
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return r, fmt.Errorf("%s of %d: %w", command, instances, err)
		}
	}
	if err := cmd.Wait(); err != nil {
		return r, fmt.Errorf("%s of %d: %w", command, instances, err)
	}
	if r.Machines == 0 {
		return r, fmt.Errorf("%s of %d: it said nothing", command, instances)
	}
	return r, nil
}
