package dashboards

import (
	"fmt"
	"strconv"

	"showdown"
)

// The selector of everything that a run's panel reads, and the two windows.
const (
	scope = `run_id=~"$run",stage=~"$stage",cell=~"$cell"`
	// asked narrows what is said of requests to the endpoints that are chosen.
	asked  = scope + onlyAsked
	recent = "[$__rate_interval]"
	whole  = "[$__range]"
)

// overviewPanels are the panels of the overview.
func overviewPanels() []Panel {
	return layout([]row{
		{4, []sized{{6, stageStat()}, {4, availabilityNow(asked)}, {5, availabilityRange()}, {5, ratesStat()}, {4, failedStat()}}},
		{4, []sized{{6, costStat()}, {4, p99Stat()}, {5, withinStat()}, {5, apdexStat()}, {4, downtimeStat()}}},
		{9, []sized{{12, outcomeSeries()}, {12, latencySeries()}}},
		{7, []sized{{12, chaosTimeline()}, {12, nodeTimeline()}}},
		{9, []sized{{12, rateSeries()}, {12, latencyHeatmap()}}},
		{8, []sized{{12, availabilitySeries(asked)}, {12, delaySeries()}}},
	})
}

// row is panels of one height beside each other.
type row struct {
	height int
	panels []sized
}

// layout gives the panels their places, row by row, their ids and their data source.
func layout(rows []row) []Panel {
	var out []Panel
	y := 0
	for _, row := range rows {
		x := 0
		for _, s := range row.panels {
			p := s.panel
			p.ID, p.Datasource = len(out)+1, prometheusSource()
			p.GridPos = GridPos{X: x, Y: y, W: s.width, H: row.height}
			for i := range p.Targets {
				t := &p.Targets[i]
				t.Datasource, t.RefID, t.EditorMode = p.Datasource, string(rune('A'+i)), "code"
				if t.Format == "" {
					t.Format = "time_series"
				}
			}
			if p.Targets == nil {
				p.Targets = []Target{}
			}
			if p.FieldConfig.Overrides == nil {
				p.FieldConfig.Overrides = []Override{}
			}
			out = append(out, p)
			x += s.width
		}
		y += row.height
	}
	return out
}

// sized is a panel with its width in columns.
type sized struct {
	width int
	panel Panel
}

func series(legend, format string, args ...any) Target {
	return Target{Expr: fmt.Sprintf(format, args...), LegendFormat: legend, Range: true}
}

func instant(legend, format string, args ...any) Target {
	return Target{Expr: fmt.Sprintf(format, args...), LegendFormat: legend, Instant: true}
}

func stat(title, description, unit string, thresholds *Thresholds, targets ...Target) Panel {
	return Panel{
		Type: "stat", Title: title, Description: description, Targets: targets, Options: statLook("auto"),
		FieldConfig: FieldConfig{Defaults: FieldDefaults{
			Unit: unit, Color: &FieldColor{Mode: "thresholds"}, Thresholds: thresholds, NoValue: "no data",
		}},
	}
}

func graph(title, description, unit string, look seriesLook, targets ...Target) Panel {
	return Panel{
		Type: "timeseries", Title: title, Description: description, Targets: targets, Interval: scrapeInterval,
		Options:     seriesOptions{Legend: legend(), Tooltip: tooltipOptions{Mode: "multi", Sort: "desc"}},
		FieldConfig: FieldConfig{Defaults: FieldDefaults{Unit: unit, Color: &FieldColor{Mode: "palette-classic"}, Custom: look}},
	}
}

func timeline(title, description string, mapping map[string]MappingResult, targets ...Target) Panel {
	return Panel{
		Type: "state-timeline", Title: title, Description: description, Targets: targets, Interval: scrapeInterval,
		Options: timelineOptions{
			AlignValue: "left", Legend: legend(), MergeValues: true, RowHeight: .9, ShowValue: "auto",
			Tooltip: tooltipOptions{Mode: "single", Sort: "none"},
		},
		FieldConfig: FieldConfig{Defaults: FieldDefaults{
			Unit: "short", Color: &FieldColor{Mode: "thresholds"}, Mappings: []Mapping{{Type: "value", Options: mapping}},
			Thresholds: steps(grey), Custom: timelineLook{FillOpacity: 80, InsertNulls: 3000},
		}},
	}
}

// quantile is a percentile of good answers, from native histograms where the server
// keeps them and from classic ones where it does not: it has only the one or the
// other.
func quantile(q float64, metric, extra, window string) string {
	return fmt.Sprintf(`histogram_quantile(%g, sum(rate(%[2]s{%[3]s}%[4]s))) or histogram_quantile(%[1]g, sum by (le) (rate(%[2]s_bucket{%[3]s}%[4]s)))`,
		q, metric, scope+extra, window)
}

// Matchers beside the scope: good answers, and the endpoints that are chosen.
const (
	onlyOK    = `,outcome="ok"`
	onlyAsked = `,endpoint=~"$endpoint"`
)

func stageStat() Panel {
	p := stat("Stage", "The stage that is running; empty between stages.", "string", steps(blue),
		instant("{{name}}", `max by (stage, name) (showdown_stage_info{run_id=~"$run",stage=~"$stage"}) == 1`))
	p.Options = statLook("name")
	p.FieldConfig.Defaults.NoValue = "no stage is running"
	return p
}

func availability(selector, window, f string) string {
	return fmt.Sprintf(`sum(%[1]s(showdown_requests_total{%[2]s,outcome="ok"}%[3]s)) / sum(%[1]s(showdown_requests_total{%[2]s}%[3]s))`, f, selector, window)
}

func shares() *Thresholds { return steps(red, from(.99, orange), from(.999, blue)) }

func availabilityNow(selector string) Panel {
	return stat("Availability now", "Share of good answers over the last second.", "percentunit", shares(),
		instant("now", "%s", availability(selector, recent, "rate")))
}

func availabilityRange() Panel {
	return stat("Availability over the range", "Share of good answers in the time range that is shown.", "percentunit", shares(),
		instant("range", "%s", availability(asked, whole, "increase")))
}

func ratesStat() Panel {
	return stat("Goodput and offered", "Good answers a second, and the rate that the schedule asks for.", "reqps", steps(blue),
		instant("goodput", `sum(rate(showdown_requests_total{%s,outcome="ok"}%s))`, asked, recent),
		instant("offered", `sum(showdown_offered_rate_requests_per_second{%s})`, scope))
}

func failedStat() Panel {
	p := stat("Failed requests", "Requests without a good answer in the time range that is shown.", "short", steps(blue, from(1, red)),
		instant("failed", `sum(increase(showdown_requests_total{%s,outcome!="ok"}%s))`, asked, whole))
	zero := 0
	p.FieldConfig.Defaults.Decimals = &zero
	return p
}

func costStat() Panel {
	return stat("Cost a month", "List price of the cells' architecture, in US dollars.", "currencyUSD", steps(blue),
		instant("{{cell}}", `max by (cell) (showdown_stage_cost_dollars_per_month{%s})`, scope))
}

func p99Stat() Panel {
	return stat("p99", "99 % of the good answers came within this service time. Real time, never scaled.", "s", steps(blue),
		instant("p99", "%s", quantile(.99, "showdown_request_duration_seconds", onlyOK+onlyAsked, recent)))
}

func withinStat() Panel {
	return stat("Within the objective", "Share of all requests that got a good answer within the objective.", "percentunit", shares(),
		instant("within", `sum(rate(showdown_request_duration_seconds_bucket{%[1]s,outcome="ok",le="$slo"}%[2]s)) / sum(rate(showdown_requests_total{%[1]s}%[2]s))`, asked, recent))
}

func apdexStat() Panel {
	p := stat("Apdex", "Satisfied within 250 ms, tolerating within 1 s, of all requests; 1 is best.", "short",
		steps(red, from(.85, orange), from(.94, blue)),
		instant("apdex", `(sum(rate(showdown_request_duration_seconds_bucket{%[1]s,outcome="ok",le="0.25"}%[2]s)) + sum(rate(showdown_request_duration_seconds_bucket{%[1]s,outcome="ok",le=~"1(\\.0)?"}%[2]s))) / 2 / sum(rate(showdown_requests_total{%[1]s}%[2]s))`, asked, recent))
	two := 2
	p.FieldConfig.Defaults.Decimals = &two
	return p
}

func downtimeStat() Panel {
	return stat("Outages", "Outages of at least ten failures in a row since the stage began, in AWS seconds: lab seconds times the speed.",
		"s", steps(blue, from(.001, red)),
		instant("{{cell}}", `sum by (cell) (showdown_downtime_seconds_total{%s})`, scope))
}

// outcomeColours tells the outcomes apart by what they mean: good, answered badly,
// refused or cut, silence, never sent.
func outcomeColours() []Override {
	colours := map[showdown.Outcome]string{
		showdown.OK: blue, showdown.HTTP5xx: red, showdown.HTTP4xx: orange, showdown.Refused: purple,
		showdown.Reset: "#D55E00", showdown.ConnectTimeout: "#6A4C93", showdown.ResponseTimeout: "#8C510A",
		showdown.DNSFailure: teal, showdown.TLSFailure: "#7A7A00", showdown.Wrong: "#CC79A7", showdown.Dropped: grey,
	}
	var out []Override
	for _, o := range showdown.Outcomes() {
		out = append(out, colour(o.String(), colours[o], false))
	}
	return out
}

func outcomeSeries() Panel {
	p := graph("Requests by outcome", "What became of the requests, stacked. The sum is what was sent, or should have been.",
		"reqps", lines("requests/s").stacked(),
		series("{{outcome}}", `sum by (outcome) (rate(showdown_requests_total{%s}%s))`, asked, recent))
	p.FieldConfig.Overrides = outcomeColours()
	return p
}

func latencySeries() Panel {
	p := graph("Latency of good answers", "Service time on a logarithmic axis, and the objective. Failures are never mixed in.",
		"s", lines("service time").log())
	for _, q := range []struct {
		q     float64
		color string
	}{{.5, sky}, {.95, blue}, {.99, purple}} {
		name := "p" + strconv.Itoa(int(q.q*100))
		p.Targets = append(p.Targets, series(name, "%s", quantile(q.q, "showdown_request_duration_seconds", onlyOK+onlyAsked, recent)))
		p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, colour(name, q.color, false))
	}
	p.Targets = append(p.Targets, series("objective", "vector($slo)"))
	p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, colour("objective", red, true))
	return p
}

func chaosTimeline() Panel {
	return timeline("Chaos", "Which chaos action holds which target, by the letter of the timeline.",
		map[string]MappingResult{"0": {Color: pale, Index: 0, Text: "-"}, "1": {Color: purple, Index: 1, Text: "active"}},
		series("{{letter}} {{action}} {{target}}", `max by (letter, action, target) (showdown_chaos_active{%s})`, scope))
}

func nodeTimeline() Panel {
	mapping := map[string]MappingResult{}
	for s, color := range map[NodeState]string{
		NodeOff: grey, NodeUp: blue, NodeDegraded: orange, NodeDown: red, NodeRecovering: sky,
	} {
		mapping[strconv.Itoa(int(s))] = MappingResult{Color: color, Index: int(s), Text: s.String()}
	}
	return timeline("Nodes", "What each node really is (truth) and what the load balancer believes (balancer); the word in the bar says it, the colour repeats it.", mapping,
		series("{{cell}} {{node}} ({{source}})", `max by (cell, node, source) (showdown_node_state{%s})`, scope))
}

func rateSeries() Panel {
	p := graph("Offered, sent and good", "What the schedule asks for, what was sent or dropped, and the good answers.",
		"reqps", lines("requests/s"),
		series("offered", `sum(showdown_offered_rate_requests_per_second{%s})`, scope),
		series("all", `sum(rate(showdown_requests_total{%s}%s))`, asked, recent),
		series("goodput", `sum(rate(showdown_requests_total{%s,outcome="ok"}%s))`, asked, recent))
	p.FieldConfig.Overrides = []Override{colour("offered", grey, true), colour("all", sky, false), colour("goodput", blue, false)}
	return p
}

// latencyHeatmap stays with classic buckets: Grafana draws those of every server,
// and native ones break on zero buckets.
func latencyHeatmap() Panel {
	t := series("{{le}}", `sum by (le) (rate(showdown_request_duration_seconds_bucket{%s,outcome="ok"}%s))`, asked, recent)
	t.Format = "heatmap"
	return Panel{
		Type: "heatmap", Title: "Latency, all good answers", Description: "How many good answers took how long.",
		Targets: []Target{t}, Interval: scrapeInterval,
		Options: heatmapOptions{
			CellGap:      1,
			Color:        heatmapColor{Exponent: .5, Fill: purple, Mode: "scheme", Scale: "exponential", Scheme: "Blues", Steps: 64},
			FilterValues: heatmapFilter{LE: 1e-9}, Legend: heatmapLegend{Show: true}, RowsFrame: heatmapRows{Layout: "auto"},
			Tooltip: heatmapTooltip{Mode: "single"}, YAxis: heatmapAxis{AxisPlacement: "left", Unit: "s"},
			CellValues: heatmapCells{Unit: "reqps"}, ShowValue: "never", Exemplars: heatmapExemplarLook{Color: purple},
		},
		FieldConfig: FieldConfig{Defaults: FieldDefaults{Unit: "s"}},
	}
}

func availabilitySeries(selector string) Panel {
	p := graph("Availability by cell", "Share of good answers over one second, in each cell that is chosen.",
		"percentunit", lines("share of good answers"),
		series("{{cell}}", `sum by (cell) (rate(showdown_requests_total{%[1]s,outcome="ok"}%[2]s)) / sum by (cell) (rate(showdown_requests_total{%[1]s}%[2]s))`, selector, recent))
	low, high := 0.0, 1.0
	p.FieldConfig.Defaults.Min, p.FieldConfig.Defaults.Max = &low, &high
	return p
}

func delaySeries() Panel {
	p := graph("Lateness of the generator", "How much later than meant requests were sent. Where this is high, the other panels show the generator and not the lab.",
		"s", lines("send delay").log(),
		series("p50", "%s", quantile(.5, "showdown_send_delay_seconds", "", recent)),
		series("p99", "%s", quantile(.99, "showdown_send_delay_seconds", "", recent)))
	p.FieldConfig.Overrides = []Override{colour("p50", sky, false), colour("p99", purple, false)}
	return p
}
