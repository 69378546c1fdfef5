package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
)

const (
	// watchedPairs is how many stretches of each kind there are, and watchedFor how long one is.
	watchedPairs = 6
	watchedFor   = "3s"
	// ratioBound is the least share of its rate that an attack keeps, and lateBound how many milliseconds later
	// its requests are sent at most, for 99 of 100: 2 % of the page's bucket of 100 ms. A stall of the machine is many
	// times that and only adds, so that the quieter stretches of both kinds are compared: their lower quartiles.
	ratioBound, lateBound = 0.98, 2.0
)

// watchedLoad is a rate at which something is beside an attack.
type watchedLoad struct {
	name, beside string
	rate         int
}

// watchedLoads are the rates at which others are beside an attack: 200/s is a class's, and 0 as fast as possible.
// A saturated attack has no bound: the processors that it wants are also those of the viewers.
func watchedLoads() []watchedLoad {
	return []watchedLoad{
		{"200/s", "viewers", 200},
		{"2,000/s", "viewers", 2000},
		{"saturated", "viewers", 0},
		{"2,000/s", "reloads", 2000},
		{"200/s", "grafana", 200},
		{"2,000/s", "grafana", 2000},
	}
}

// besideWords is what is beside the attack, in words.
func besideWords(beside string) string {
	return map[string]string{
		"viewers": "100 viewers", "reloads": "100 viewers who come anew each second", "grafana": "Grafana and remote write that hang",
	}[beside]
}

// watchedWindow is what a stretch of an attack took.
type watchedWindow struct {
	Beside                    bool
	Seconds                   float64
	Requests, Good, Dropped   int
	LateP50, LateP99, LateMax float64
	LatencyP99, CPU           float64
	Told, Lost, Bytes, Hung   int
}

func (w watchedWindow) rate() float64 { return float64(w.Good) / w.Seconds }

// viewers measures what an attack loses while a class watches it, and while a Grafana server hangs.
func viewers(ctx context.Context, e *env) error {
	if _, err := e.program(ctx, "benchchild"); err != nil {
		return err
	}
	address, stop, err := startTarget(ctx)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprintf(e.out, "## An attack while it is watched (stretches of %s, %d without and %d with, in turns)\n\n", watchedFor, watchedPairs, watchedPairs)
	fmt.Fprintln(e.out, "| load | beside it | good answers/s: alone | beside | p99 of the lateness, ms: alone | beside | CPU s per 100k: alone | beside | CPU of it, % of the machine | KiB/s to a viewer |")
	fmt.Fprintln(e.out, "|---|---|---|---|---|---|---|---|---|---|")
	type cost struct{ ratio, late float64 }
	costs := make([]cost, len(watchedLoads()))
	for i, l := range watchedLoads() {
		var run struct{ Windows []watchedWindow }
		err := e.child(ctx, &run, "watched", "-url", "http://"+address+"/", "-rate", fmt.Sprint(l.rate), "-beside", l.beside,
			"-pairs", fmt.Sprint(watchedPairs), "-for", watchedFor, "-dir", filepath.Join(e.temp, "watched"))
		if err != nil {
			return err
		}
		var rate, late, cpu [2][]float64
		var ratio, machine, told []float64
		var unseen error
		for n := 0; n+1 < len(run.Windows); n += 2 {
			alone, beside := run.Windows[n], run.Windows[n+1]
			if alone.Beside {
				alone, beside = beside, alone
			}
			if unseen = beside.seen(l.beside); unseen != nil {
				continue // a machine that cannot serve them measures nothing
			}
			for k, w := range []watchedWindow{alone, beside} {
				rate[k], late[k] = append(rate[k], w.rate()), append(late[k], w.LateP99)
				cpu[k] = append(cpu[k], w.CPU/float64(max(w.Requests, 1))*100_000)
			}
			ratio = append(ratio, beside.rate()/alone.rate())
			machine = append(machine, 100*(beside.CPU/beside.Seconds-alone.CPU/alone.Seconds)/float64(runtime.NumCPU()))
			told = append(told, float64(beside.Bytes)/1024/100/beside.Seconds)
		}
		if len(ratio) < watchedPairs/2 {
			return fmt.Errorf("%s, %s: %d of %d pairs were measured, as for the last one that was not: %w", l.name, l.beside, len(ratio), watchedPairs, unseen)
		}
		costs[i] = cost{median(ratio), quartile(late[1]) - quartile(late[0])}
		of, kib := fmt.Sprintf("%.2f", median(machine)), fmt.Sprintf("%.1f", median(told))
		if l.rate == 0 {
			of = "" // more answers take more
		}
		if l.beside == "grafana" {
			kib = ""
		}
		fmt.Fprintf(e.out, "| %s | %s | %.0f | %.0f | %.2f | %.2f | %.2f | %.2f | %s | %s |\n", l.name, besideWords(l.beside),
			median(rate[0]), median(rate[1]), quartile(late[0]), quartile(late[1]), median(cpu[0]), median(cpu[1]), of, kib)
	}
	fmt.Fprintln(e.out, "\n| | seen | bound | |\n|---|---|---|---|")
	for i, l := range watchedLoads() {
		what := l.name + ", " + besideWords(l.beside)
		if l.rate == 0 {
			fmt.Fprintf(e.out, "| %s: good answers, beside / alone | %.3g | | |\n", what, costs[i].ratio)
			continue
		}
		e.bound(what+": good answers, beside / alone", costs[i].ratio, true, ratioBound)
		e.bound(what+": p99 of the lateness, beside - alone, ms", costs[i].late, false, lateBound)
	}
	fmt.Fprintln(e.out)
	return nil
}

// quartile is the lower quartile.
func quartile(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	if len(s) == 0 {
		return 0
	}
	return s[len(s)/4]
}

// seen is an error where those beside the attack were not really there: each viewer is told at least three times
// a second and misses nothing, and a server that hangs has been asked.
func (w watchedWindow) seen(beside string) error {
	switch {
	case beside == "grafana" && w.Hung == 0:
		return fmt.Errorf("nobody asked the server that hangs")
	case beside == "viewers" && float64(w.Told) < 300*w.Seconds:
		return fmt.Errorf("100 viewers were told %d messages in %.0f s", w.Told, w.Seconds)
	case beside == "viewers" && w.Lost > 0:
		return fmt.Errorf("%d messages did not reach the viewers", w.Lost)
	}
	return nil
}
