package main

import (
	"bytes"
	"encoding/json"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"showdown/dashboards/promtest"
	"showdown/results"
)

// TestDashboardShowsARealRun plays the vertical stage at speed 10, has a real
// Prometheus scrape it with the files that the program writes, and asks every
// question of the dashboard. What it shows must be there within a second of the
// record's times.
func TestDashboardShowsARealRun(t *testing.T) {
	promtest.Program(t, "prometheus")
	t.Parallel()
	dir := t.TempDir()
	address := freePort(t)
	if out, err := exec.Command("showdown", "dashboards", "write", "--to", dir, "--target", address).CombinedOutput(); err != nil {
		t.Fatalf("dashboards write: %v\n%s", err, out)
	}
	prometheus := promtest.Start(t, filepath.Join(dir, "prometheus", "prometheus.yml"))
	// A Prometheus that has just started takes seconds until it scrapes at all.
	scraping := eventually(30*time.Second, func() bool {
		series, err := prometheus.Query(`up{job="showdown"}`, time.Now())
		return err == nil && len(series) > 0
	})
	if !scraping {
		t.Fatal("prometheus does not scrape")
	}

	cmd := exec.Command("showdown", "run", "whatsthetime/vertical", "--speed", "10", "--seed", "3", "--quiet", "--json",
		"--metrics", address, "--linger", "3s", "--out", filepath.Join(dir, "runs"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// A busy machine may keep a claim from being held; what is looked at here is
	// whether the dashboard shows what the record says.
	if err := cmd.Run(); err != nil && !slices.Contains([]int{exitDeviated, exitUnknown}, cmd.ProcessState.ExitCode()) {
		t.Fatalf("run: %v\n%s", err, stderr.String())
	}
	var summary results.Summary
	if err := json.Unmarshal(stdout.Bytes(), &summary); err != nil {
		t.Fatalf("the summary does not decode: %v", err)
	}
	// A run that the machine disturbed is played once more: the summary is of the last one.
	record := filepath.Join(dir, "runs", summary.Run)
	manifest, err := results.ReadManifest(record)
	if err != nil {
		t.Fatal(err)
	}
	zero := manifest.Zero
	length := time.Duration(summary.LabSeconds * float64(time.Second))

	boards := map[string][]byte{}
	for _, name := range []string{"overview", "compare"} {
		if boards[name], err = os.ReadFile(filepath.Join(dir, "grafana", "dashboards", name+".json")); err != nil {
			t.Fatal(err)
		}
	}
	queries, err := promtest.PanelQueries(boards["overview"])
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{
		"run": summary.Run, "stage": "whatsthetime/vertical", "cell": "base", "slo": "0.1", "endpoint": ".*",
		"__rate_interval": "1s", "__range": "60s",
	}
	availability := ""
	for _, q := range queries {
		expr, err := promtest.Substitute(q.Expr, values)
		if err != nil {
			t.Fatal(err)
		}
		if q.Panel == "Availability by cell" {
			availability = expr
		}
		series, err := prometheus.QueryRange(expr, zero, zero.Add(length), 250*time.Millisecond)
		if err != nil {
			t.Errorf("%s %s: %v", q.Panel, q.Ref, err)
			continue
		}
		numbers := 0
		for _, s := range series {
			for _, sample := range s.Samples {
				if !math.IsNaN(sample.Value) {
					numbers++
				}
			}
		}
		if numbers == 0 {
			t.Errorf("%s %s: no data for %s", q.Panel, q.Ref, expr)
		}
	}

	series, err := prometheus.QueryRange(availability, zero.Add(time.Second), zero.Add(length-time.Second), 50*time.Millisecond)
	if err != nil || len(series) != 1 {
		t.Fatalf("availability: %d series, %v, for %s", len(series), err, availability)
	}
	dips := promtest.Dips(series[0].Samples, .05, .95)
	outages := summary.Downtime.Outages
	if len(outages) != 2 || len(dips) != len(outages) {
		t.Fatalf("the dashboard shows the outages %v, the record %+v", dips, outages)
	}
	for i, o := range outages {
		lab := func(aws float64) time.Duration {
			return time.Duration(aws / summary.Speed * float64(time.Second))
		}
		begin, end := dips[i].From.Sub(zero), dips[i].To.Sub(zero)
		t.Logf("%s: the dashboard has %s to %s, the record %s to %s", o.Cause, begin, end, lab(o.FromS), lab(o.ToS))
		shownInTime(t, prometheus, o.Cause+" begins", zero.Add(lab(o.FromS)), dips[i].From)
		shownInTime(t, prometheus, o.Cause+" ends", zero.Add(lab(o.ToS)), dips[i].To)
	}
	agree(t, prometheus, boards, record, &summary, zero, length)
}

// agree checks that a Prometheus which saw a run, and one that was filled with its record
// afterwards, answer as the summary does.
func agree(t *testing.T, live *promtest.Server, boards map[string][]byte, record string, summary *results.Summary, zero time.Time, length time.Duration) {
	t.Helper()
	// From a scrape to a scrape, so that an increase has nothing to extrapolate.
	scrape := func(at time.Time) time.Time {
		series, err := live.Query(`timestamp(up{job="showdown"})`, at)
		if err != nil || len(series) != 1 {
			t.Fatalf("the last scrape before %s: %v, %v", at, series, err)
		}
		return time.UnixMilli(int64(series[0].Samples[0].Value*1000 + .5))
	}
	a := promtest.Agreement{
		Server: live, Boards: boards, Run: summary.Run, Stage: "whatsthetime/vertical", Cell: summary.Cell,
		From: scrape(zero), To: scrape(zero.Add(length + 10*time.Second)), Slack: .01,
	}
	// What the first scrape of the run finds counted already is in no increase. Where a busy
	// machine made that one late, it is allowed on top.
	first, err := live.QueryRange(`sum(showdown_requests_total{cell="base",run_id="`+summary.Run+`"})`, zero, zero.Add(10*time.Second), 50*time.Millisecond)
	if err != nil || len(first) != 1 {
		t.Fatalf("the first samples: %v, %v", first, err)
	}
	if missed := first[0].Samples[0].Value / float64(summary.Requests.OK); missed > a.Slack/2 {
		t.Logf("the first scrape came %s after the first request: %.1f %% are in no increase", first[0].Samples[0].At.Sub(zero), 100*missed)
		a.Slack += missed
	}
	a.Check(t, &summary.CellSummary)
	a.Slack = .01

	file := filepath.Join(t.TempDir(), "run.om")
	if out, err := exec.Command("showdown", "export", record, "--format", "openmetrics", "--output", file).CombinedOutput(); err != nil {
		t.Fatalf("export: %v\n%s", err, out)
	}
	a.Server = promtest.BackFill(t, file)
	a.From, a.To = zero, zero.Add(time.Duration(summary.Speed*float64(length)))
	a.Check(t, &summary.CellSummary)
}

// shownInTime fails unless what happened is shown within a second. On a machine so
// busy that Prometheus itself pauses, the pause is allowed on top: a server that
// does not scrape can show nothing.
func shownInTime(t *testing.T, prometheus *promtest.Server, what string, happened, shown time.Time) {
	t.Helper()
	late := shown.Sub(happened)
	if late >= -100*time.Millisecond && late <= time.Second {
		return
	}
	series, err := prometheus.QueryRange(`timestamp(up{job="showdown"})`, happened, shown, 50*time.Millisecond)
	if err != nil || len(series) != 1 {
		t.Fatalf("scrapes: %d series, %v", len(series), err)
	}
	pause := time.Duration(0)
	for _, s := range series[0].Samples {
		age := s.At.Sub(time.UnixMilli(int64(s.Value * 1000)))
		pause = max(pause, age-250*time.Millisecond)
	}
	if late < 0 || late > time.Second+pause {
		t.Errorf("%s: the dashboard shows it %s after it happened, and its longest pause was %s", what, late, pause)
		return
	}
	t.Logf("%s: shown after %s, on a machine so busy that prometheus paused for %s", what, late, pause)
}

// freePort is an address of this host that nobody listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
