package main

import (
	"context"
	"fmt"
	"path/filepath"
)

const (
	// manyRounds are fewer than the others': a round takes long.
	manyRounds = 3
	// crowd is how many machines there are, and third how many of them are killed.
	crowd, third = 100, 33
	manyRate     = 1000
	manyFor      = "3s"
)

// manyLoads are the ways in which the requests come. The fault is played in the first.
var manyLoads = []struct {
	name, profile string
	kill          bool
}{
	{"kept connections", "browser", true},
	{"a connection for each request", "fresh", false},
}

// manyRun is what many and plain say.
type manyRun struct {
	Up, Steady, Back, Down float64
	Hit                    int
	Dead, Again, Boot      float64
	Seconds                float64
	Requests, Good         int
	Self, Others           float64
	Processes, KiB         int
}

// cores is the CPU seconds per second of both, good the share that was answered well in
// per cent.
func (r manyRun) cores() float64 { return (r.Self + r.Others) / r.Seconds }
func (r manyRun) good() float64  { return 100 * float64(r.Good) / float64(max(r.Requests, 1)) }

// manies plays a stage on a hundred machines, as showdown run does, and the same load on
// one plain server: what each takes, and what a fault on a third of the machines takes.
func manies(ctx context.Context, e *env) error {
	showdown, err := e.program(ctx, "showdown")
	if err != nil {
		return err
	}
	if _, err := e.program(ctx, "benchchild"); err != nil {
		return err
	}
	ours, theirs := make([][]manyRun, len(manyLoads)), make([][]manyRun, len(manyLoads))
	for range manyRounds {
		for i, l := range manyLoads {
			common := []string{"-rate", fmt.Sprint(manyRate), "-for", manyFor, "-profile", l.profile, "-dir", filepath.Join(e.temp, "many")}
			var a, b manyRun
			args := append([]string{"many", "-instances", fmt.Sprint(crowd), "-showdown", showdown, fmt.Sprintf("-kill=%v", l.kill)}, common...)
			if err := e.child(ctx, &a, args...); err != nil {
				return err
			}
			if l.kill && a.Hit != third {
				return fmt.Errorf("%d of %d machines were hit, want %d", a.Hit, crowd, third)
			}
			if err := e.child(ctx, &b, append([]string{"plain"}, common...)...); err != nil {
				return err
			}
			ours[i], theirs[i] = append(ours[i], a), append(theirs[i], b)
		}
	}
	fmt.Fprintf(e.out, "## A stage on %d machines (median of %d rounds)\n\n", crowd, manyRounds)
	manyTables(e, ours, theirs)
	return nil
}

func manyTables(e *env, ours, theirs [][]manyRun) {
	of := func(runs []manyRun, what func(manyRun) float64) float64 {
		var values []float64
		for _, r := range runs {
			values = append(values, what(r))
		}
		return median(values)
	}
	self := func(r manyRun) float64 { return r.Self / r.Seconds }
	others := func(r manyRun) float64 { return r.Others / r.Seconds }
	fmt.Fprintf(e.out, "| %d requests/s, in cores | generator and harness | machines, spawner, reverter | together | generator alone | one net/http server | together |\n|---|---|---|---|---|---|---|\n", manyRate)
	for i, l := range manyLoads {
		a, b := ours[i], theirs[i]
		fmt.Fprintf(e.out, "| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n", l.name,
			of(a, self), of(a, others), of(a, manyRun.cores), of(b, self), of(b, others), of(b, manyRun.cores))
	}
	first := ours[0]
	fmt.Fprintf(e.out, "\n| the run, %s | ms |\n|---|---|\n", manyLoads[0].name)
	boot := fmt.Sprintf("from the order to start them until all answer, of which the kernel's boot is %.0f", of(first, func(r manyRun) float64 { return r.Boot }))
	for _, row := range []struct {
		what string
		of   func(manyRun) float64
	}{
		{"until all machines are up", func(r manyRun) float64 { return r.Up }},
		{"steady state: ten good answers in a row of each", func(r manyRun) float64 { return r.Steady }},
		{fmt.Sprintf("%d are killed: from the order until each was seen to refuse", third), func(r manyRun) float64 { return r.Dead }},
		{boot, func(r manyRun) float64 { return r.Again }},
		{"roll back and steady state at the end", func(r manyRun) float64 { return r.Back }},
		{"teardown", func(r manyRun) float64 { return r.Down }},
	} {
		fmt.Fprintf(e.out, "| %s | %.0f |\n", row.what, of(first, row.of))
	}
	fmt.Fprintln(e.out, "\n| | seen | bound | |\n|---|---|---|---|")
	for i, l := range manyLoads {
		e.bound(l.name+": cores for all processes", of(ours[i], manyRun.cores), false, 1)
		e.bound(l.name+": answered well, %", of(ours[i], manyRun.good), true, 95)
	}
	gib := func(r manyRun) float64 { return float64(r.KiB) / (1 << 20) }
	e.bound(fmt.Sprintf("%d processes after the fault: GiB", first[0].Processes), of(first, gib), false, 2)
	fmt.Fprintln(e.out)
}
