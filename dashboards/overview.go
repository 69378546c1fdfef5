package dashboards

import (
	"strconv"
	"strings"

	"showdown"
)

const (
	// OverviewUID is the uid of the overview that files provision.
	OverviewUID = "showdown-overview"
	// maxUID is the longest uid that Grafana stores.
	maxUID = 40
	// scrapeInterval is how often Prometheus asks. A lab's minute of AWS time is a
	// second, so a scrape a second would miss an outage; Grafana's rate window is
	// four scrapes, which makes it one second.
	scrapeInterval = "250ms"
)

// Tag marks every dashboard of showdown.
const Tag = "showdown"

// Overview is the dashboard that shows a running stage, for files: stage,
// availability, rates, latency, chaos and nodes.
func Overview() Dashboard {
	d := Dashboard{
		UID:   OverviewUID,
		Title: "showdown: overview",
		Description: "What users of the lab feel while chaos actions run. Rates and increases are extrapolated by Prometheus; " +
			"the exact counts are those of the run's report.",
		Tags: []string{Tag}, Timezone: "browser", SchemaVersion: SchemaVersion, Editable: true, GraphTooltip: 1,
		Refresh: "1s", Time: TimeRange{From: "now-3m", To: "now"},
		Timepicker:  Timepicker{RefreshIntervals: []string{"1s", "2s", "5s", "10s", "30s", "1m"}},
		Annotations: Annotations{List: []AnnotationQuery{builtInAnnotations(), prometheusAnnotations()}},
		Templating:  Templating{List: variables()},
		Links:       []struct{}{},
		Panels:      overviewPanels(),
	}
	return d
}

// RunOverview is the overview of one run, for a server that is sent its dashboards:
// its uid, its title and its choice of run are the run's own, and its chaos bands are
// the annotations that a [Pusher] sends, instead of those that Prometheus can tell.
func RunOverview(run string) Dashboard {
	d := Overview()
	d.UID = runUID(run)
	d.Title = "showdown: " + run
	for i := range d.Templating.List {
		if v := &d.Templating.List[i]; v.Name == "run" {
			v.Current = &VariableValue{Selected: true, Text: run, Value: run}
		}
	}
	d.Annotations.List[1].Enable = false
	d.Annotations.List = append(d.Annotations.List, AnnotationQuery{
		Datasource: Datasource{Type: "datasource", UID: "-- Grafana --"},
		Enable:     true, IconColor: purple, Name: "Chaos",
		Target: AnnotationTarget{Type: "tags", Tags: []string{Tag, "run:" + run}, Limit: 500},
	})
	return d
}

// runUID is the uid of a run's overview. A run's id is longer than a uid may be, so
// the time at its front and the random end stay, which name it.
func runUID(run string) string {
	uid := OverviewUID + "-" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, run)
	if len(uid) <= maxUID {
		return uid
	}
	const tail = 5
	return uid[:maxUID-tail] + uid[len(uid)-tail:]
}

func builtInAnnotations() AnnotationQuery {
	return AnnotationQuery{
		BuiltIn: 1, Datasource: Datasource{Type: "grafana", UID: "-- Grafana --"}, Enable: true, Hide: true,
		IconColor: "rgba(0, 211, 255, 1)", Name: "Annotations & Alerts", Type: "dashboard",
		Target: AnnotationTarget{Type: "dashboard", Limit: 100},
	}
}

// prometheusAnnotations draws a band while a chaos action is active. It reads the
// state, since an event counter's change marks a begin and misses the end. The step
// must be the scrape's: by default Grafana joins what lies 60 seconds apart.
func prometheusAnnotations() AnnotationQuery {
	const expr = `max by (letter, action, target) (showdown_chaos_active{run_id=~"$run",stage=~"$stage",cell=~"$cell"}) > 0`
	return AnnotationQuery{
		Datasource: prometheusSource(), Enable: true, IconColor: purple, Name: "Chaos (from the metrics)",
		Target: AnnotationTarget{Expr: expr, Interval: scrapeInterval, RefID: "Anno"},
		Expr:   expr, Step: scrapeInterval,
		TitleFormat: "{{letter}} {{action}}", TextFormat: "{{target}}", TagKeys: "action,target",
	}
}

func prometheusSource() Datasource { return Datasource{Type: "prometheus", UID: DatasourceUID} }

func variables() []Variable {
	query := func(name, label, description, q string) Variable {
		ds := prometheusSource()
		return Variable{
			Name: name, Label: label, Description: description, Type: "query", Datasource: &ds, Definition: q,
			Query: VariableQuery{Query: q, RefID: "PrometheusVariableQueryEditor-VariableQuery"}, Options: []VariableText{}, Refresh: 2,
		}
	}
	run := query("run", "Run", "Id of the run; the newest is first.", `label_values(showdown_stage_info, run_id)`)
	run.Sort = 2 // descending: an id begins with its time
	stage := query("stage", "Stage", "Stages of the run.", `label_values(showdown_stage_info{run_id=~"$run"}, stage)`)
	stage.Multi, stage.IncludeAll, stage.Sort = true, true, 1
	stage.Current = &VariableValue{Selected: true, Text: []string{"All"}, Value: []string{"$__all"}}
	cell := query("cell", "Cell", "Cells of the stage: labs that differ on purpose and run side by side.",
		`label_values(showdown_requests_total{run_id=~"$run",stage=~"$stage"}, cell)`)
	cell.Multi, cell.IncludeAll, cell.Sort = true, true, 1
	cell.Current = &VariableValue{Selected: true, Text: []string{showdown.BaseCell}, Value: []string{showdown.BaseCell}}
	return []Variable{run, stage, cell, objective()}
}

// objective is the latency that users accept. Its values are bounds of classic
// buckets, since the share within it is read from one.
func objective() Variable {
	v := Variable{
		Name: "slo", Label: "Objective", Description: "Latency within which an answer counts as fast enough, in seconds.",
		Type: "custom", Query: "100 ms : 0.1, 250 ms : 0.25, 500 ms : 0.5",
		Current: &VariableValue{Selected: true, Text: "250 ms", Value: "0.25"},
	}
	for _, s := range []float64{.1, .25, .5} {
		v.Options = append(v.Options, VariableText{
			Selected: s == .25, Text: strconv.Itoa(int(s*1000)) + " ms", Value: strconv.FormatFloat(s, 'g', -1, 64),
		})
	}
	return v
}
