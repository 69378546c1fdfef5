package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"showdown/attack/outage"
)

const (
	agreeRounds = 3
	agreeRate   = 200
	agreeLong   = 3 * time.Second
)

// vegetaReport is what is read of vegeta's report in JSON.
type vegetaReport struct {
	Requests  int
	Success   float64
	Codes     map[string]int `json:"status_codes"`
	Latencies struct {
		P50 float64 `json:"50th"` // nanoseconds
		P99 float64 `json:"99th"`
	}
}

// scene is a target that both generators attack in turn, each a new one.
type scene struct {
	name, about string
	// open starts the target and returns vegeta's target file for it.
	open func(ctx context.Context, e *env) (targets string, stop func(), err error)
	// counts is by how many requests a status may differ.
	counts float64
	// scripted says that the latency is the target's; otherwise the highest ones are
	// those of the machine, and only the median is compared.
	scripted bool
}

// agree attacks the same scripted targets with the vegeta command and with
// showdown's, and compares what vegeta's own report says of the two records, and
// what showdown's summary says of the second.
func agree(ctx context.Context, e *env) error {
	scenes := []scene{
		{"rotation", "of ten requests six are answered after 20 ms, one after 60 ms, two with 500, one is refused", openRotation, 0, true},
		{"outage", "500 for half a second, refused for another", openOutage, 6, false},
	}
	fmt.Fprintf(e.out, "## `vegeta attack` and `showdown attack` on the same target (%d/s for %s, median of %d rounds)\n\n", agreeRate, agreeLong, agreeRounds)
	for _, s := range scenes {
		fmt.Fprintf(e.out, "- %s: %s\n", s.name, s.about)
	}
	fmt.Fprintln(e.out, "\n| | vegeta attack, vegeta report | showdown attack, vegeta report | showdown attack, summary (latency of good answers) |\n|---|---|---|---|")
	var bounds []func()
	for _, s := range scenes {
		checks, err := s.compare(ctx, e)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		bounds = append(bounds, checks...)
	}
	fmt.Fprintln(e.out, "\n| vegeta and showdown differ by | seen | bound | |\n|---|---|---|---|")
	for _, check := range bounds {
		check()
	}
	fmt.Fprintln(e.out)
	return nil
}

// seen is what one round showed: vegeta's report on vegeta's attack and on showdown's,
// and showdown's own summary.
type seen struct {
	theirs, ours vegetaReport
	summary      attackSummary
}

// compare plays the scene for both in turn, prints what they saw, and returns what
// checks it: medians of the rounds, since a machine that stalls takes requests from
// vegeta's end and moves the edges of an outage.
func (s scene) compare(ctx context.Context, e *env) ([]func(), error) {
	var all []seen
	for round := range agreeRounds {
		var r seen
		theirs := func() (err error) { r.theirs, err = s.vegeta(ctx, e); return }
		ours := func() (err error) { r.ours, r.summary, err = s.showdown(ctx, e, round); return }
		if round%2 == 1 {
			theirs, ours = ours, theirs
		}
		if err := errors.Join(theirs(), ours()); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	of := func(what func(seen) float64) float64 {
		var values []float64
		for _, r := range all {
			values = append(values, what(r))
		}
		return median(values)
	}
	row := func(what, format string, values ...func(seen) float64) {
		fmt.Fprintf(e.out, "| %s: %s |", s.name, what)
		for _, value := range values {
			fmt.Fprintf(e.out, " "+format+" |", of(value))
		}
		fmt.Fprintln(e.out)
	}
	row("requests", "%.0f",
		func(r seen) float64 { return float64(r.theirs.Requests) },
		func(r seen) float64 { return float64(r.ours.Requests) },
		func(r seen) float64 { return float64(r.summary.Requests.Scheduled) })
	row("success, %", "%.1f",
		func(r seen) float64 { return 100 * r.theirs.Success },
		func(r seen) float64 { return 100 * r.ours.Success },
		func(r seen) float64 { return 100 * r.summary.Availability })
	for _, code := range []string{"0", "200", "500"} {
		row("status "+code, "%.0f",
			func(r seen) float64 { return float64(r.theirs.Codes[code]) },
			func(r seen) float64 { return float64(r.ours.Codes[code]) },
			func(r seen) float64 { return float64(r.summary.codes()[code]) })
	}
	row("p50, ms", "%.2f",
		func(r seen) float64 { return r.theirs.Latencies.P50 / 1e6 },
		func(r seen) float64 { return r.ours.Latencies.P50 / 1e6 },
		func(r seen) float64 { return r.summary.Latency.Service.P50 })
	row("p99, ms", "%.2f",
		func(r seen) float64 { return r.theirs.Latencies.P99 / 1e6 },
		func(r seen) float64 { return r.ours.Latencies.P99 / 1e6 },
		func(r seen) float64 { return r.summary.Latency.Service.P99 })

	p50 := of(func(r seen) float64 { return r.theirs.Latencies.P50 / 1e6 })
	p99 := of(func(r seen) float64 { return r.theirs.Latencies.P99 / 1e6 })
	check := func(what string, limit float64, differ func(seen) float64) func() {
		return func() { e.bound(s.name+": "+what, of(differ), false, limit) }
	}
	checks := []func(){
		check("requests", 0, func(r seen) float64 { return math.Abs(float64(r.theirs.Requests - r.ours.Requests)) }),
		check("requests of a status", s.counts, func(r seen) float64 { return differ(r.theirs.Codes, r.ours.Codes) }),
		check("requests of a status, report and summary", 0, func(r seen) float64 { return differ(r.ours.Codes, r.summary.codes()) }),
		check("success, percentage points", 100*s.counts/(agreeRate*agreeLong.Seconds()), func(r seen) float64 {
			return 100 * math.Abs(r.theirs.Success-r.ours.Success)
		}),
		check("p50, ms", 1+0.1*p50, func(r seen) float64 { return math.Abs(r.theirs.Latencies.P50-r.ours.Latencies.P50) / 1e6 }),
	}
	if s.scripted {
		checks = append(checks, check("p99, ms", 2+0.25*p99, func(r seen) float64 {
			return math.Abs(r.theirs.Latencies.P99-r.ours.Latencies.P99) / 1e6
		}))
	}
	return checks, nil
}

// differ is the largest difference between the counts of a status.
func differ(a, b map[string]int) float64 {
	largest := 0.0
	for _, codes := range []map[string]int{a, b} {
		for code := range codes {
			largest = max(largest, math.Abs(float64(a[code]-b[code])))
		}
	}
	return largest
}

// codes is the summary's outcomes by the status that vegeta gives them.
func (s attackSummary) codes() map[string]int {
	out := map[string]int{}
	for outcome, n := range s.Requests.Outcomes {
		code := map[string]string{"ok": "200", "http_5xx": "500"}[outcome]
		out[cmp.Or(code, "0")] += int(n)
	}
	return out
}

// vegeta is what vegeta's report says of vegeta's attack.
func (s scene) vegeta(ctx context.Context, e *env) (r vegetaReport, err error) {
	binary, err := e.program(ctx, "vegeta")
	if err != nil {
		return r, err
	}
	targets, stop, err := s.open(ctx, e)
	if err != nil {
		return r, err
	}
	defer stop()
	record := filepath.Join(e.temp, "agree-vegeta-"+s.name+".gob")
	cmd := exec.CommandContext(ctx, binary, "attack", "-targets="+targets, fmt.Sprintf("-rate=%d/s", agreeRate),
		"-duration="+agreeLong.String(), "-timeout=2s", "-output="+record)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return r, fmt.Errorf("vegeta attack: %w", err)
	}
	return reportOf(ctx, binary, record)
}

// showdown is what vegeta's report and showdown's summary say of showdown's attack.
func (s scene) showdown(ctx context.Context, e *env, round int) (r vegetaReport, summary attackSummary, err error) {
	binary, err := e.program(ctx, "showdown")
	if err != nil {
		return r, summary, err
	}
	vegeta, err := e.program(ctx, "vegeta")
	if err != nil {
		return r, summary, err
	}
	targets, stop, err := s.open(ctx, e)
	if err != nil {
		return r, summary, err
	}
	defer stop()
	summary, run, err := runAttack(ctx, binary, filepath.Join(e.temp, fmt.Sprintf("agree-%s-%d", s.name, round)), "--targets", targets,
		"--rate", fmt.Sprint(agreeRate), "--duration", agreeLong.String(), "--timeout", "2s")
	if err != nil {
		return r, summary, err
	}
	record := filepath.Join(e.temp, "agree-showdown-"+s.name+".gob")
	var exported struct{ Requests uint64 }
	if err := e.child(ctx, &exported, "export", run.Dir, record); err != nil {
		return r, summary, err
	}
	r, err = reportOf(ctx, vegeta, record)
	return r, summary, err
}

func reportOf(ctx context.Context, binary, record string) (r vegetaReport, err error) {
	out, err := exec.CommandContext(ctx, binary, "report", "-type=json", record).Output()
	if err != nil {
		return r, fmt.Errorf("vegeta report: %w", err)
	}
	return r, json.Unmarshal(out, &r)
}

// openRotation serves targets that differ by path, and names one where nobody
// listens.
func openRotation(_ context.Context, e *env) (targets string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		return "", nil, err
	}
	after := func(d time.Duration, status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(d)
			w.WriteHeader(status)
			fmt.Fprintln(w, "answer")
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/fast", after(20*time.Millisecond, http.StatusOK))
	mux.Handle("/slow", after(60*time.Millisecond, http.StatusOK))
	mux.Handle("/error", after(0, http.StatusInternalServerError))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	good := "http://" + l.Addr().String()
	// The discard port of an address that nobody uses.
	lines := []string{
		good + "/fast", good + "/error", good + "/fast", good + "/slow", good + "/fast",
		"http://127.0.0.77:9/", good + "/fast", good + "/error", good + "/fast", good + "/fast",
	}
	targets, err = targetFile(e, lines)
	stop = func() {
		server.Close()
		<-done
	}
	if err != nil {
		stop()
	}
	return targets, stop, err
}

// openOutage serves a target that fails in two ways, half a second each.
func openOutage(ctx context.Context, e *env) (targets string, stop func(), err error) {
	target, err := outage.Listen("127.0.0.2:0",
		outage.Window{Mode: outage.Status500, Start: time.Second, End: 1500 * time.Millisecond},
		outage.Window{Mode: outage.Refuse, Start: 2 * time.Second, End: 2500 * time.Millisecond})
	if err != nil {
		return "", nil, err
	}
	targets, err = targetFile(e, []string{"http://" + target.Address() + "/"})
	if err != nil {
		return "", nil, err
	}
	return targets, serve(ctx, target), nil
}

// targetFile writes a target file of GETs in vegeta's form.
func targetFile(e *env, urls []string) (string, error) {
	path := filepath.Join(e.temp, "targets.http")
	return path, os.WriteFile(path, []byte("GET "+strings.Join(urls, "\n\nGET ")+"\n"), 0o600)
}
