package dashboards

import "fmt"

// CompareUID is the uid of the comparison of stages that files provision.
const CompareUID = "showdown-compare"

// Compare is the dashboard that sets the stages of a journey beside each other, each
// over the whole time range that is shown.
func Compare() Dashboard {
	return board(CompareUID, "showdown: compare stages",
		"What each stage of a journey gave its users, and what it costs.",
		[]Variable{runVariable(), stageVariable(), cellVariable()}, comparePanels())
}

func comparePanels() []Panel {
	return layout([]row{
		{3, []sized{{24, compareText()}}},
		{8, []sized{{8, compareBars("Availability by stage",
			"Share of good answers over the whole stage: which stage answered its users?", "percentunit", shares(), ratio01(),
			compareAvailability())}, {8, compareBars("p95 by stage",
			"95 % of the good answers of the stage came within this service time: which stage is fast? Real time, never scaled.",
			"s", steps(blue), nil, quantileBy(.95, "stage"))}, {8, compareBars("p99 by stage",
			"99 % of the good answers of the stage came within this service time: how slow are its slow answers?",
			"s", steps(blue), nil, quantileBy(.99, "stage"))}}},
		{8, []sized{{8, compareBars("Downtime by stage",
			"Outages of at least ten failures in a row, in AWS seconds: how long was nobody served?", "s", steps(blue, from(.001, red)), nil,
			compareDowntime())}, {8, compareBars("Peak goodput by stage",
			"The most good answers in a second: how much does the stage carry?", "reqps", steps(blue), nil, compareGoodput())}, {8, compareBars("Cost by stage",
			"List price of the architecture in US dollars a month: what does the stage cost?", "currencyUSD", steps(blue), nil, compareCost())}}},
		{9, []sized{{14, compareTable()}, {10, costAgainstAvailability()}}},
		{8, []sized{{24, recoveryBars()}}},
		{7, []sized{{24, stageAvailability()}}},
	})
}

func compareText() Panel {
	return Panel{
		Type: "text", Title: "How to read this",
		Description: "What the numbers of this page can and cannot be compared for.",
		Options: textOptions{Mode: "markdown", Content: "`increase` and `rate` extrapolate; the exact counts of the run's report are the numbers of record. " +
			"Each stage has faults of its own, so a stage with more of them is not worse: the report compares the reference event, which is the same in every stage. " +
			"Choose a time range that holds the whole run."},
	}
}

// compareBars is one bar a stage, from an instant query over the time range.
func compareBars(title, description, unit string, thresholds *Thresholds, bounds *[2]float64, expr string) Panel {
	p := Panel{
		Type: "bargauge", Title: title, Description: description, Targets: []Target{instant("{{stage}}", "%s", expr)},
		Options: barOptions{
			DisplayMode: "basic", Legend: legend(), MaxVizHeight: 300, MinVizHeight: 16, MinVizWidth: 8, NamePlacement: "auto", Orientation: "horizontal",
			ReduceOptions: reduceOptions{Calcs: []string{"lastNotNull"}}, ShowUnfilled: true, Sizing: "auto", ValueMode: "text",
		},
		FieldConfig: FieldConfig{Defaults: FieldDefaults{
			Unit: unit, Color: &FieldColor{Mode: "thresholds"}, Thresholds: thresholds, NoValue: "no data", Min: new(0.0),
		}},
	}
	if bounds != nil {
		p.FieldConfig.Defaults.Min, p.FieldConfig.Defaults.Max = &bounds[0], &bounds[1]
	}
	return p
}

func ratio01() *[2]float64 { return &[2]float64{0, 1} }

func compareAvailability() string {
	return fmt.Sprintf(`sum by (stage) (increase(showdown_requests_total{%[1]s,outcome="ok"}%[2]s)) / (sum by (stage) (increase(showdown_requests_total{%[1]s}%[2]s)) > 0)`, scope, whole)
}

// quantileBy is a percentile of good answers for each value of a label over the time
// range, from whichever histograms the server keeps.
func quantileBy(q float64, label string) string {
	return fmt.Sprintf(`histogram_quantile(%[1]g, sum by (%[2]s) (rate(showdown_request_duration_seconds{%[3]s,outcome="ok"}%[4]s))) or histogram_quantile(%[1]g, sum by (%[2]s, le) (rate(showdown_request_duration_seconds_bucket{%[3]s,outcome="ok"}%[4]s)))`,
		q, label, scope, whole)
}

func compareDowntime() string {
	return fmt.Sprintf(`sum by (stage) (increase(showdown_downtime_seconds_total{%s}%s))`, scope, whole)
}

func compareGoodput() string {
	return fmt.Sprintf(`max by (stage) (max_over_time(showdown_goodput_requests_per_second{%s}%s))`, scope, whole)
}

// compareCost asks over the range, since the price of a stage that is over is still its
// price, and for the last one: a stage costs what it arrives at.
func compareCost() string {
	return fmt.Sprintf(`max by (stage) (last_over_time(showdown_stage_cost_dollars_per_month{%s}%s))`, scope, whole)
}

func compareFailed() string {
	return fmt.Sprintf(`sum by (stage) (increase(showdown_requests_total{%s,outcome!="ok"}%s))`, scope, whole)
}

// column is a query of a table, as the column of that name and unit.
type column struct{ name, unit, expr string }

// joined are the columns as one table with a line for each stage.
func joined(p Panel, columns []column) Panel {
	rename, order := map[string]string{"stage": "Stage"}, map[string]int{"stage": 0}
	for i, c := range columns {
		t := instant("", "%s", c.expr)
		t.Format = "table"
		p.Targets = append(p.Targets, t)
		value := "Value #" + string(rune('A'+i))
		rename[value], order[value] = c.name, i+1
		p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, Override{
			Matcher: Matcher{ID: "byName", Options: c.name}, Properties: []Property{{ID: "unit", Value: c.unit}},
		})
	}
	p.Transformations = []Transformation{
		{ID: "merge", Options: struct{}{}},
		{ID: "organize", Options: organizeOptions{
			ExcludeByName: map[string]bool{"Time": true}, IncludeByName: map[string]bool{}, IndexByName: order, RenameByName: rename,
		}},
	}
	return p
}

func compareTable() Panel {
	return joined(Panel{
		Type: "table", Title: "Stages side by side", Description: "All of it in one table: what does the next stage buy, and for how much?",
		Options: tableOptions{CellHeight: "sm", ShowHeader: true},
		FieldConfig: FieldConfig{Defaults: FieldDefaults{
			Unit: "short", Custom: tableLook{Align: "auto", CellOptions: cellLook{Type: "auto"}},
		}},
	}, []column{
		{"Availability", "percentunit", compareAvailability()},
		{"p95", "s", quantileBy(.95, "stage")},
		{"p99", "s", quantileBy(.99, "stage")},
		{"Failed", "short", compareFailed()},
		{"Downtime (AWS)", "s", compareDowntime()},
		{"Peak goodput", "reqps", compareGoodput()},
		{"Cost a month", "currencyUSD", compareCost()},
	})
}

func costAgainstAvailability() Panel {
	by := func(name string) fieldMatcher { return fieldMatcher{Matcher: Matcher{ID: "byName", Options: name}} }
	return joined(Panel{
		Type: "xychart", Title: "Cost against availability", Description: "One point a stage: which stages cost more without serving better?",
		Options: xyOptions{
			Mapping: "manual",
			Series: []xySeries{{
				Frame: frameMatcher{Matcher: indexMatcher{ID: "byIndex"}}, X: by("Cost a month"), Y: by("Availability"),
				Name: fixedName{Fixed: "stages"},
			}},
			Legend: legend(), Tooltip: tooltipOptions{Mode: "single", Sort: "none"},
		},
		FieldConfig: FieldConfig{Defaults: FieldDefaults{
			Unit: "short", Color: fixed(blue), Custom: pointLook{Show: "points", PointSize: pointSize{Fixed: 10}},
		}},
	}, []column{{"Cost a month", "currencyUSD", compareCost()}, {"Availability", "percentunit", compareAvailability()}})
}

func recoveryBars() Panel {
	p := compareBars("Mean time to recovery", "AWS seconds from a fault to the end of the outage that it caused: how fast does each stage heal, from what?",
		"s", steps(blue), nil, fmt.Sprintf(
			`sum by (stage, action) (increase(showdown_recovery_seconds_sum{%[1]s}%[2]s)) / (sum by (stage, action) (increase(showdown_recovery_seconds_count{%[1]s}%[2]s)) > 0)`,
			scope, whole))
	p.Targets[0].LegendFormat = "{{stage}} {{action}}"
	return p
}

// stageAvailability is repeated for each stage that is chosen, all with one scale.
func stageAvailability() Panel {
	p := graph("Availability: $stage", "Share of good answers over one second, the same scale for every stage: how deep and how long were its dips?",
		"percentunit", lines("share of good answers"),
		series("{{cell}}", `sum by (cell) (rate(showdown_requests_total{%[1]s,outcome="ok"}%[2]s)) / sum by (cell) (rate(showdown_requests_total{%[1]s}%[2]s))`, scope, recent))
	p.FieldConfig.Defaults.Min, p.FieldConfig.Defaults.Max = new(0.0), new(1.0)
	p.Repeat, p.RepeatDirection, p.MaxPerRow = "stage", "h", 4
	return p
}
