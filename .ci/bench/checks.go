package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// checkRounds is how often each of the six targets is changed.
const checkRounds = 5

// decided is what the process prints, see benchchild's checks.
type decided struct{ Crash, Hang, Back []float64 }

// checks measures when a node's health checks decide, against when they should, on a
// quiet machine and beside a compiler. The bounds are for the quiet one.
func checks(ctx context.Context, e *env) error {
	binary, err := e.program(ctx, "showdown")
	if err != nil {
		return err
	}
	if _, err := e.program(ctx, "benchchild"); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "### Decisions of health checks, off the ideal by %% of the time that they take (6 targets, %d rounds)\n\n", checkRounds)
	fmt.Fprintln(e.out, "| machine | speed | decision | number | median | 95 % | largest |\n|---|---|---|---|---|---|---|")
	type bounded struct {
		what       string
		got, limit float64
	}
	var bounds []bounded
	for _, busy := range []bool{false, true} {
		name, stop := "quiet", func() {}
		if busy {
			name, stop = "beside a compiler", compile(ctx, e)
		}
		for _, speed := range []struct {
			of, limit float64
		}{{60, 1}, {300, 5}} {
			var d decided
			if err := e.child(ctx, &d, "checks", "-showdown", binary, "-speed", fmt.Sprint(speed.of), "-rounds", fmt.Sprint(checkRounds)); err != nil {
				stop()
				return err
			}
			for _, one := range []struct {
				name string
				off  []float64
			}{{"refused, 2 failures", d.Crash}, {"hangs, 2 failures", d.Hang}, {"back, 5 passes", d.Back}} {
				slices.Sort(one.off)
				n := len(one.off)
				percent := func(i int) float64 { return 100 * one.off[min(i, n-1)] }
				fmt.Fprintf(e.out, "| %s | %g | %s | %d | %.2f | %.2f | %.2f |\n", name, speed.of, one.name, n, percent(n/2), percent(n*95/100), percent(n-1))
				if !busy {
					bounds = append(bounds, bounded{fmt.Sprintf("speed %g, %s: 95 %% of the decisions are off by at most, %%", speed.of, one.name), percent(n * 95 / 100), speed.limit})
				}
			}
		}
		stop()
	}
	fmt.Fprintln(e.out, "\n| quiet | seen | bound | |\n|---|---|---|---|")
	for _, b := range bounds {
		e.bound(b.what, b.got, false, b.limit)
	}
	fmt.Fprintln(e.out)
	return nil
}

// compile keeps a compiler busy until it is stopped.
func compile(ctx context.Context, e *env) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan bool)
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			cmd := exec.CommandContext(ctx, "go", "build", "-a", "-o", os.DevNull, "net/http")
			cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(e.temp, "compile"))
			cmd.Run()
		}
	}()
	return func() { cancel(); <-done }
}
