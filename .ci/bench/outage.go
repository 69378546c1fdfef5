package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/attack"
	"showdown/attack/outage"
)

const (
	// row is how many failures in a row are an outage; a shorter one is below the
	// resolution.
	row = 10
	// before is the time in which all is well, at both ends of a window.
	before = 300 * time.Millisecond
	// fast is the rate from which on a machine's own delays are no longer small
	// beside an interval: such cases are measured alone, and several times.
	fast    = 400.0
	repeats = 3
	// replays is how often a disturbed play is repeated.
	replays = 4
)

// known is an outage whose length is known, and what was measured of it.
type known struct {
	mode   outage.Mode
	rate   float64
	length time.Duration
	// misses are the errors in intervals, one for each time it was seen.
	misses []float64
	// tries is how often it was played, replayed how often for a disturbance.
	tries, replayed int
}

// visible says whether the outage is long enough to be one by the rule.
func (k *known) visible() bool { return k.rate*k.length.Seconds() >= row }

// outages measures outages of known length, by intended times, in every mode: the
// error is at most two intervals, in the median where a case is played repeatedly.
func outages(ctx context.Context, e *env) error {
	rates := []float64{20, 100, 400, 1000}
	lengths := []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, time.Second}
	if e.long {
		rates = []float64{20, 50, 100, 200, 400, 1000}
		lengths = []time.Duration{
			50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
			time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
		}
	}
	var cases []*known
	for _, mode := range outage.Modes() {
		for _, rate := range rates {
			for _, length := range lengths {
				cases = append(cases, &known{mode: mode, rate: rate, length: length})
			}
		}
	}
	if err := playAll(ctx, cases); err != nil {
		return err
	}
	fmt.Fprintln(e.out, "## Error of a known outage, in request intervals (- is below the resolution)")
	fmt.Fprint(e.out, "\n| mode | rate |")
	for _, l := range lengths {
		fmt.Fprintf(e.out, " %s |", l)
	}
	fmt.Fprint(e.out, "\n|---|---|"+strings.Repeat("---|", len(lengths)))
	var worst, single float64
	replayed := 0
	for i, k := range cases {
		replayed += k.replayed
		if i%len(lengths) == 0 {
			fmt.Fprintf(e.out, "\n| %s | %g/s |", k.mode, k.rate)
		}
		switch {
		case k.visible() && len(k.misses) < k.tries:
			fmt.Fprint(e.out, " **not seen** |")
			e.missed = append(e.missed, fmt.Sprintf("outage %s of %s at %g/s was not seen", k.mode, k.length, k.rate))
		case !k.visible():
			fmt.Fprint(e.out, " - |")
		default:
			miss := median(k.misses)
			worst, single = max(worst, miss), max(single, slices.Max(k.misses))
			fmt.Fprintf(e.out, " %.2f |", miss)
		}
	}
	fmt.Fprintf(e.out, "\n\nLargest of the single plays %.2f; %d plays were repeated because the machine stalled for more than an interval at an edge.\n\n| | seen | bound | |\n|---|---|---|---|\n", single, replayed)
	e.bound("largest error of an outage, in intervals", worst, false, 2)
	fmt.Fprintln(e.out)
	return nil
}

// playAll measures slow cases of one length side by side, and fast ones alone.
func playAll(ctx context.Context, cases []*known) error {
	together := make(map[time.Duration][]*known)
	for _, k := range cases {
		if k.rate < fast {
			together[k.length] = append(together[k.length], k)
			continue
		}
		for range repeats {
			if err := k.play(ctx); err != nil {
				return err
			}
		}
	}
	for _, list := range together {
		var g errgroup.Group
		for _, k := range list {
			g.Go(func() error { return k.play(ctx) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// play lets a target fail and measures that; again when the generator was late when
// it mattered.
func (k *known) play(ctx context.Context) error {
	for again := 0; ; again++ {
		hits, truth, err := k.fail(ctx)
		if err != nil {
			return err
		}
		if again < replays && k.disturbed(hits, truth) {
			k.replayed++
			continue
		}
		k.tries++
		if got := longestOutage(hits); got > 0 {
			k.misses = append(k.misses, (got-(truth.End-truth.Start)).Abs().Seconds()*k.rate)
		}
		return nil
	}
}

// disturbed says whether the machine stalled when it mattered, so that what is
// measured is the stall: whether a request that was due before the window's start or
// end was sent after it, more than an interval late, or the target's own heartbeat
// missed one of the two by as much.
func (k *known) disturbed(hits []showdown.Hit, truth played) bool {
	interval := time.Duration(float64(time.Second) / k.rate)
	if truth.Stall > interval+time.Millisecond {
		return true
	}
	return slices.ContainsFunc(hits, func(h showdown.Hit) bool {
		over := func(edge time.Duration) bool { return h.Intended <= edge && h.Sent >= edge }
		return h.Sent-h.Intended > interval && (over(truth.Start) || over(truth.End))
	})
}

// fail plays the window once, on a target in a process of its own: what the
// generator does when 2,000 connections end at once is not to delay the target.
func (k *known) fail(ctx context.Context) ([]showdown.Hit, played, error) {
	none := played{}
	target, err := startChild(ctx, "outage", "-mode", string(k.mode), "-start", before.String(), "-end", (before + k.length).String())
	if err != nil {
		return nil, none, err
	}
	defer target.stop()
	clock, err := showdown.NewClock(1)
	if err != nil {
		return nil, none, err
	}
	var mu sync.Mutex
	var hits []showdown.Hit
	a, err := attack.New(attack.Config{
		Cell: "outage", Clock: clock, Source: "127.0.0.3", Endpoints: []attack.Endpoint{{Name: "target", Address: target.address}},
		Traffic: showdown.Traffic{
			Clients: 100, Profile: showdown.Pinned, Timeout: 2 * showdown.Second,
			Phases: []showdown.Phase{{Name: "steady", Rate: k.rate, For: showdown.Duration(k.length + 2*before)}},
		},
		Sink: func(h []showdown.Hit) {
			mu.Lock()
			defer mu.Unlock()
			hits = append(hits, h...)
		},
	})
	if err != nil {
		return nil, none, err
	}
	zero := time.Now().Add(10 * time.Millisecond)
	if _, err := fmt.Fprintln(target.in, zero.UnixNano()); err != nil {
		return nil, none, err
	}
	if err := a.Run(ctx, zero); err != nil {
		return nil, none, err
	}
	rest, err := target.stop()
	if err != nil {
		return nil, none, err
	}
	var truth played
	if err := json.Unmarshal(rest, &truth); err != nil {
		return nil, none, fmt.Errorf("outage target: %w", err)
	}
	return hits, truth, nil
}

// played is what the target says of its window: when it really began and ended, and
// the longest time between two beats of its heart that one of the two lies in, beyond
// the time that lies between them anyway.
type played struct {
	outage.Window
	Stall time.Duration
}

// outageMain is a target with one window, in a process of its own. It prints its
// address, takes its zero from standard input as Unix nanoseconds, and prints what it
// played when that ends.
func outageMain(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("outage", flag.ExitOnError)
	mode := flags.String("mode", "", "how it fails")
	start := flags.Duration("start", 0, "when that begins")
	end := flags.Duration("end", 0, "when that ends")
	flags.Parse(args)
	target, err := outage.Listen("127.0.0.2:0", outage.Window{Mode: outage.Mode(*mode), Start: *start, End: *end})
	if err != nil {
		return err
	}
	fmt.Println(target.Address())
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadString('\n')
	if err != nil {
		return err
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		return err
	}
	// With a monotonic reading, by which the target tells its times.
	now := time.Now()
	zero := now.Add(time.Unix(0, ns).Sub(now.Round(0)))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	beats := make(chan []time.Duration, 1)
	go func() { beats <- heartbeat(ctx, zero) }()
	go func() {
		io.Copy(io.Discard, in)
		stop()
	}()
	if err := target.Run(ctx, zero); err != nil {
		return err
	}
	seen := target.Seen()
	if len(seen) != 1 {
		return errors.New("the window is not over")
	}
	out := played{Window: seen[0]}
	last := time.Duration(0)
	for _, beat := range <-beats {
		for _, edge := range []time.Duration{out.Start, out.End} {
			// What waits when the edge comes may have arrived a beat before.
			if last-beatEvery <= edge && edge <= beat {
				out.Stall = max(out.Stall, beat-last-beatEvery)
			}
		}
		last = beat
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

const beatEvery = time.Millisecond

// heartbeat is the times since zero at which a goroutine that asks for it every
// millisecond ran.
func heartbeat(ctx context.Context, zero time.Time) []time.Duration {
	var out []time.Duration
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return append(out, time.Since(zero))
		case <-tick.C:
			out = append(out, time.Since(zero))
		}
	}
}

// longestOutage is the time from the intended send of the first failed request to
// that of the next good one, where at least row failed in between.
func longestOutage(hits []showdown.Hit) time.Duration {
	slices.SortFunc(hits, func(a, b showdown.Hit) int { return cmp.Compare(a.Seq, b.Seq) })
	var longest, first time.Duration
	failed := 0
	for _, h := range hits {
		if h.Failed() {
			if failed == 0 {
				first = h.Intended
			}
			failed++
			continue
		}
		if failed >= row {
			longest = max(longest, h.Intended-first)
		}
		failed = 0
	}
	return longest
}
