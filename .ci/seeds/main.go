// Command seeds plays the demo with several seeds at both of its speeds and writes what
// came of it to docs/seeds.md: every claim shall hold each time.
//
//	go run ./.ci/seeds -root . -seeds 10
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"showdown"
	"showdown/results"
)

func main() {
	root := flag.String("root", ".", "the folder of the project")
	first := flag.Int("first", 1, "the first seed")
	seeds := flag.Int("seeds", 10, "how many seeds")
	speeds := flag.String("speeds", "60,300", "the speeds, in this order")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *root, *first, *seeds, strings.Split(*speeds, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "seeds:", err)
		os.Exit(1)
	}
}

// played is what a demo came to.
type played struct {
	speed          string
	seed           int
	took           time.Duration
	verdict        showdown.Verdict
	held, all      int
	disturbed      []string
	missed         []string
	asg, multi, by float64 // what the zone cost, and how many times as much
}

func run(ctx context.Context, root string, first, seeds int, speeds []string) error {
	temp, err := os.MkdirTemp("", "showdown-seeds-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	program := filepath.Join(temp, "showdown")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/showdown")
	build.Dir, build.Stderr = root, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build showdown: %w", err)
	}
	var all []played
	for _, speed := range speeds {
		for seed := first; seed < first+seeds; seed++ {
			p, err := play(ctx, program, temp, speed, seed)
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "speed %s, seed %d: %s in %.0f s, %d of %d claims held %s\n",
				p.speed, p.seed, p.verdict, p.took.Seconds(), p.held, p.all, strings.Join(p.missed, "; "))
			all = append(all, p)
			// Written each time, so that what was seen is not lost with what comes.
			if err := write(filepath.Join(root, "docs", "seeds.md"), all); err != nil {
				return err
			}
		}
	}
	return nil
}

func play(ctx context.Context, program, temp, speed string, seed int) (played, error) {
	p := played{speed: speed, seed: seed}
	store := filepath.Join(temp, "runs")
	cmd := exec.CommandContext(ctx, program, "demo", "--json", "--quiet", "--speed", speed, "--seed", fmt.Sprint(seed), "--out", store)
	// It heals before it ends.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 90 * time.Second
	cmd.Stderr = os.Stderr
	began := time.Now()
	out, err := cmd.Output()
	p.took = time.Since(began)
	// A verdict is a result and no failure.
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(out) > 0 {
		err = nil
	}
	if err != nil {
		return p, fmt.Errorf("demo at speed %s with seed %d: %w", speed, seed, err)
	}
	var j results.JourneySummary
	if err := json.Unmarshal(out, &j); err != nil {
		return p, fmt.Errorf("read the demo's summary: %w", err)
	}
	p.verdict = j.Verdict
	count := func(where string, claims []results.ClaimResult) {
		for _, c := range claims {
			p.all++
			if c.Verdict == showdown.Held {
				p.held++
			} else {
				p.missed = append(p.missed, fmt.Sprintf("%s %s of %s (%s)", c.Verdict, c.ID, where, c.Measured))
			}
		}
	}
	for i := range j.Stages {
		s := &j.Stages[i]
		count(s.Stage, s.Claims)
		if disturbed(s) {
			p.disturbed = append(p.disturbed, s.Stage)
		}
		for _, f := range s.Faults {
			if f.Action == "fail-az" && s.Stage == "asg" {
				p.asg = f.LostS
			}
			if f.Action == "fail-az" && s.Stage == "multi-az" {
				p.multi = f.LostS
			}
		}
	}
	count("the journey", j.Claims)
	if p.multi > 0 {
		p.by = p.asg / p.multi
	}
	return p, os.RemoveAll(store)
}

func disturbed(s *results.Summary) bool {
	if s.Generator.Disturbed || s.Generator.Saturated {
		return true
	}
	for _, c := range s.Cells {
		if c.Generator.Disturbed || c.Generator.Saturated {
			return true
		}
	}
	return false
}

// write puts the rows into the page, in the place of those of the same speed and seed;
// the others stay.
func write(path string, all []played) error {
	rows := map[string]string{}
	if old, err := os.ReadFile(path); err == nil {
		for _, line := range strings.Split(string(old), "\n") {
			if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| ") && len(cells) > 2 && cells[0] != "| speed" {
				rows[cells[0]+" | "+cells[1]+" |"] = line
			}
		}
	}
	for _, p := range all {
		rows[fmt.Sprintf("| %s | %d |", p.speed, p.seed)] = p.row()
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `# The demo, seed by seed

Written by `+"`make seeds`"+`: `+"`showdown demo --seed N`"+` at its two speeds, one after the other, with nothing else running, on a machine with
%s. Every claim of every stage and of the journey shall hold each time; what did not is named. A stage that was
disturbed (the machine stalled) and whose claims held all the same is not played again. The columns after that are the seconds of
service that the same failing zone cost, in AWS time, and by how much they differ.

| speed | seed | on | wall clock | verdict | claims held | disturbed | zone in asg | in multi-az | ratio | not held |
|---|---|---|---|---|---|---|---|---|---|---|
`, machine())
	keys := slices.Collect(maps.Keys(rows))
	slices.SortFunc(keys, func(a, b string) int {
		var as, an, bs, bn int
		_, _ = fmt.Sscanf(a, "| %d | %d |", &as, &an)
		_, _ = fmt.Sscanf(b, "| %d | %d |", &bs, &bn)
		return cmp.Or(cmp.Compare(as, bs), cmp.Compare(an, bn))
	})
	for _, k := range keys {
		fmt.Fprintln(&b, rows[k])
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// row is the line of the table.
func (p played) row() string {
	or := func(words []string) string {
		if len(words) == 0 {
			return "-"
		}
		return strings.ReplaceAll(strings.Join(words, ", "), "|", "/")
	}
	return fmt.Sprintf("| %s | %d | %s | %.0f s | %s | %d of %d | %s | %.0f s | %.1f s | %.0f | %s |",
		p.speed, p.seed, time.Now().UTC().Format(time.DateOnly), p.took.Seconds(), p.verdict, p.held, p.all,
		or(p.disturbed), p.asg, p.multi, p.by, or(p.missed))
}

func machine() string {
	m := results.ThisMachine()
	return fmt.Sprintf("%d CPUs, %s, %s", m.CPUs, m.OS, m.Go)
}
