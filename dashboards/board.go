package dashboards

import (
	"strings"
	"time"
)

const (
	// maxUID is the longest uid that Grafana stores.
	maxUID = 40
	// scrapeInterval is [ScrapeInterval] as Prometheus and Grafana write it.
	scrapeInterval = "250ms"
)

// ScrapeInterval is how often Prometheus asks, by the files of [WriteFiles]. A lab's
// minute of AWS time is a second, so a scrape a second would miss an outage; Grafana's
// rate window is four scrapes, which makes it one second.
const ScrapeInterval = 250 * time.Millisecond

// Tag marks every dashboard of showdown.
const Tag = "showdown"

// Dashboards lists every dashboard that files provision.
func Dashboards() []Dashboard { return []Dashboard{Overview(), Compare(), Chaos(), Infrastructure()} }

// board is a dashboard with what all of them share.
func board(uid, title, description string, variables []Variable, panels []Panel) Dashboard {
	return Dashboard{
		UID: uid, Title: title, Description: description,
		Tags: []string{Tag}, Timezone: "browser", SchemaVersion: SchemaVersion, Editable: true, GraphTooltip: 1,
		Refresh: "1s", Time: TimeRange{From: "now-3m", To: "now"},
		Timepicker:  Timepicker{RefreshIntervals: []string{"1s", "2s", "5s", "10s", "30s", "1m"}},
		Annotations: Annotations{List: []AnnotationQuery{builtInAnnotations(), prometheusAnnotations()}},
		Templating:  Templating{List: variables},
		Links:       []Link{links(Tag)},
		Panels:      panels,
	}
}

// links leads to the dashboards that have all of the tags, with the same run, stage
// and time.
func links(tags ...string) Link {
	return Link{
		Title: "showdown", Type: "dashboards", Tags: tags, Icon: "external link", IncludeVars: true, KeepTime: true,
	}
}

// RunDashboards are the dashboards of one run, for a server that is sent them: uid,
// title and choice of run are the run's own, and the chaos bands are the annotations
// that a [Pusher] sends, instead of those that Prometheus can tell. A run that is over
// has an end, and its dashboards show the time from begin to end; one that is not shows
// the last minutes.
func RunDashboards(run string, begin, end time.Time) []Dashboard {
	all := Dashboards()
	for i := range all {
		d := &all[i]
		d.UID = runUID(d.UID, run)
		d.Title += ", " + run
		d.Tags = append(d.Tags, runTag(run))
		d.Links = []Link{links(Tag, runTag(run))}
		if !end.IsZero() {
			d.Refresh = ""
			d.Time = TimeRange{From: begin.UTC().Format(time.RFC3339Nano), To: end.UTC().Format(time.RFC3339Nano)}
		}
		for i := range d.Templating.List {
			if v := &d.Templating.List[i]; v.Name == "run" {
				v.Current = &VariableValue{Selected: true, Text: run, Value: run}
			}
		}
		d.Annotations.List[1].Enable = false
		d.Annotations.List = append(d.Annotations.List, AnnotationQuery{
			Datasource: Datasource{Type: "datasource", UID: "-- Grafana --"},
			Enable:     true, IconColor: purple, Name: "Chaos",
			Target: AnnotationTarget{Type: "tags", Tags: []string{Tag, runTag(run)}, Limit: 500},
		})
	}
	return all
}

// runTag keeps what belongs to a run apart from other runs and other tools.
func runTag(run string) string { return "run:" + run }

// runUID is the uid of a run's dashboard. A run's id is longer than a uid may be, so
// the time at its front and the random end stay, which name it.
func runUID(board, run string) string {
	uid := board + "-" + strings.Map(func(r rune) rune {
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
