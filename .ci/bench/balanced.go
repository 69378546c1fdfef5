package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

const (
	// balancedGroup is how many instances the small cell's Auto Scaling group has.
	balancedGroup = 6
	balancedRate  = 800 // what a cell may offer
)

// balanced measures a cell with a name, a load balancer in two zones and instances behind
// it: how long a small one takes until it serves whoever knows its name, and what a stage
// on a hundred instances has in memory.
func balanced(ctx context.Context, e *env) error {
	showdown, err := e.program(ctx, "showdown")
	if err != nil {
		return err
	}
	if _, err := e.program(ctx, "benchchild"); err != nil {
		return err
	}
	var ups, downs, alls []float64
	for range rounds {
		r, err := runCell(ctx, e, "balanced", balancedGroup)
		if err != nil {
			return err
		}
		ups, downs = append(ups, float64(r.up)/float64(time.Millisecond)), append(downs, r.Down)
		alls = append(alls, (r.Machines+r.Spawner)/1024)
	}
	var stages []manyRun
	for range manyRounds {
		var r manyRun
		err := e.child(ctx, &r, "crowded", "-instances", fmt.Sprint(crowd), "-showdown", showdown,
			"-rate", fmt.Sprint(balancedRate), "-for", manyFor, "-dir", filepath.Join(e.temp, "crowded"))
		if err != nil {
			return err
		}
		if r.Hit != third {
			return fmt.Errorf("%d of %d instances were hit, want %d", r.Hit, crowd, third)
		}
		stages = append(stages, r)
	}
	of := func(what func(manyRun) float64) float64 {
		var values []float64
		for _, r := range stages {
			values = append(values, what(r))
		}
		return median(values)
	}
	gib := of(func(r manyRun) float64 { return float64(r.KiB) / (1 << 20) })
	fmt.Fprintf(e.out, "## A name, a load balancer in two zones, and instances behind it (median of %d and of %d rounds)\n\n", rounds, manyRounds)
	fmt.Fprintln(e.out, "| instances | first answer by the name, ms | all up, ms | teardown, ms | memory, MiB | cores | answered well, % |\n|---|---|---|---|---|---|---|")
	fmt.Fprintf(e.out, "| a group of %d | %.0f | | %.0f | %.1f, machines and spawner | | |\n", balancedGroup, median(ups), median(downs), median(alls))
	fmt.Fprintf(e.out, "| a stage on %d, %d/s | | %.0f | %.0f | %.1f, all %d processes after the fault | %.2f | %.1f |\n", crowd, balancedRate,
		of(func(r manyRun) float64 { return r.Up }), of(func(r manyRun) float64 { return r.Down }), gib*1024,
		stages[0].Processes, of(manyRun.cores), of(manyRun.good))
	fmt.Fprintln(e.out, "\n| | seen | bound | |\n|---|---|---|---|")
	e.bound(fmt.Sprintf("%d instances behind a balancer in two zones: seconds until the first whole answer", balancedGroup), median(ups)/1000, false, 2)
	e.bound(fmt.Sprintf("a stage on %d instances behind a balancer: GiB", crowd), gib, false, 2)
	fmt.Fprintln(e.out)
	return nil
}
