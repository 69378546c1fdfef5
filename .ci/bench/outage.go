package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"showdown"
	"showdown/attack"
	"showdown/attack/outage"
)

const (
	// row is how many failures in a row are an outage; a shorter one is below the
	// resolution.
	row = 10
	// before is the time in which all is well, at both ends of a window.
	before = 500 * time.Millisecond
)

// outages measures outages of known length, by intended times, in every mode: the
// error is at most two intervals.
func outages(ctx context.Context, e *env) error {
	rates := []float64{20, 100, 400, 1000}
	lengths := []time.Duration{50 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second}
	if e.long {
		rates = []float64{20, 50, 100, 200, 400, 1000}
		lengths = []time.Duration{
			50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
			time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
		}
	}
	fmt.Fprintln(e.out, "## Error of a known outage, in request intervals (at most 2; - is below the resolution)")
	fmt.Fprint(e.out, "\n| mode | rate |")
	for _, l := range lengths {
		fmt.Fprintf(e.out, " %s |", l)
	}
	fmt.Fprintln(e.out, "\n|---|---|"+strings.Repeat("---|", len(lengths)))
	worst := 0.0
	for _, mode := range outage.Modes() {
		for _, rate := range rates {
			fmt.Fprintf(e.out, "| %s | %g/s |", mode, rate)
			for _, length := range lengths {
				miss, seen, err := outageError(ctx, mode, rate, length)
				if err != nil {
					return err
				}
				if enough := rate*length.Seconds() >= row; !enough && !seen {
					fmt.Fprint(e.out, " - |")
					continue
				} else if enough && !seen {
					fmt.Fprint(e.out, " **not seen** |")
					e.missed = append(e.missed, fmt.Sprintf("outage %s of %s at %g/s was not seen", mode, length, rate))
					continue
				}
				worst = max(worst, miss)
				fmt.Fprintf(e.out, " %.2f |", miss)
			}
			fmt.Fprintln(e.out)
		}
	}
	fmt.Fprintln(e.out, "\n| | seen | bound | |\n|---|---|---|---|")
	e.bound("largest error of an outage, in intervals", worst, false, 2)
	fmt.Fprintln(e.out)
	return nil
}

// outageError plays one window and measures it. seen says that there was an outage
// by the rule of ten failures in a row.
func outageError(ctx context.Context, mode outage.Mode, rate float64, length time.Duration) (intervals float64, seen bool, err error) {
	target, err := outage.Listen("127.0.0.2:0", outage.Window{Mode: mode, Start: before, End: before + length})
	if err != nil {
		return 0, false, err
	}
	serving, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	zero := time.Now()
	go func() { done <- target.Run(serving, zero) }()
	defer func() {
		stop()
		<-done
	}()
	clock, err := showdown.NewClock(1)
	if err != nil {
		return 0, false, err
	}
	var mu sync.Mutex
	var hits []showdown.Hit
	a, err := attack.New(attack.Config{
		Cell: "outage", Clock: clock, Source: "127.0.0.3", Endpoints: []attack.Endpoint{{Name: "target", Address: target.Address()}},
		Traffic: showdown.Traffic{
			Clients: 100, Profile: showdown.Pinned, Timeout: 2 * showdown.Second,
			Phases: []showdown.Phase{{Name: "steady", Rate: rate, For: showdown.Duration(length + 2*before)}},
		},
		Sink: func(h []showdown.Hit) {
			mu.Lock()
			defer mu.Unlock()
			hits = append(hits, h...)
		},
	})
	if err != nil {
		return 0, false, err
	}
	if err := a.Run(ctx, zero); err != nil {
		return 0, false, err
	}
	got := longestOutage(hits)
	if got == 0 {
		return 0, false, nil
	}
	truth := target.Seen()[0]
	return (got - (truth.End - truth.Start)).Abs().Seconds() * rate, true, nil
}

// longestOutage is the time from the intended send of the first failed request to
// that of the next good one, where at least row failed in between.
func longestOutage(hits []showdown.Hit) time.Duration {
	slices.SortFunc(hits, func(a, b showdown.Hit) int { return cmp.Compare(a.Seq, b.Seq) })
	var longest time.Duration
	first, failed := time.Duration(0), 0
	for _, h := range hits {
		switch {
		case h.Failed():
			if failed == 0 {
				first = h.Intended
			}
			failed++
		default:
			if failed >= row {
				longest = max(longest, h.Intended-first)
			}
			failed = 0
		}
	}
	return longest
}
