package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"showdown"
	"showdown/results"
)

// maxLabel bounds the value of a label, in characters.
const maxLabel = 200

// family is the samples of one name, which stand together.
type family struct {
	// kind is "gauge" or "summary": what a finished run showed does not grow any more, so
	// nothing is a counter.
	name, kind, unit, help string
	samples                []sample
}

// sample is one value. Suffix stands behind the family's name.
type sample struct {
	suffix string
	labels []string // names and values in turn
	value  float64
}

// families are those of a document, in the order in which they are first used.
type families struct {
	order []*family
	known map[string]*family
}

// add adds a value to a family, which is made where it is new. A value that is nil was not
// measured, and there is no sample of it.
func (fs *families) add(name, kind, help string, value *float64, labels ...string) {
	if value == nil || math.IsNaN(*value) {
		return
	}
	fs.sample(name, kind, help, sample{labels: labels, value: *value})
}

func (fs *families) sample(name, kind, help string, s sample) {
	f := fs.known[name]
	if f == nil {
		unit := ""
		if strings.HasSuffix(name, "_seconds") {
			unit = "seconds"
		}
		f = &family{name: name, kind: kind, unit: unit, help: help}
		fs.known[name], fs.order = f, append(fs.order, f)
	}
	f.samples = append(f.samples, s)
}

// OpenMetrics writes the numbers of runs as OpenMetrics text, which is Prometheus's text
// format as well. Names are in the style of the exporter's; showdown_run_ sets them apart
// from those of a run that goes on. Every sample has the labels run_id and stage, and cell
// where it is about one.
func OpenMetrics(w io.Writer, set Set) error {
	fs := &families{known: map[string]*family{}}
	for _, r := range set.Runs {
		fs.run(r)
	}
	var b strings.Builder
	for _, f := range fs.order {
		f.write(&b)
	}
	b.WriteString("# EOF\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write OpenMetrics: %w", err)
	}
	return nil
}

func (f *family) write(b *strings.Builder) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", f.name, f.help, f.name, f.kind)
	if f.unit != "" {
		fmt.Fprintf(b, "# UNIT %s %s\n", f.name, f.unit)
	}
	for _, s := range f.samples {
		b.WriteString(f.name + s.suffix)
		for i := 0; i+1 < len(s.labels); i += 2 {
			sep := byte(',')
			if i == 0 {
				sep = '{'
			}
			b.WriteByte(sep)
			fmt.Fprintf(b, `%s="%s"`, s.labels[i], labelValue(s.labels[i+1]))
		}
		if len(s.labels) > 0 {
			b.WriteByte('}')
		}
		fmt.Fprintf(b, " %s\n", strconv.FormatFloat(s.value, 'g', -1, 64))
	}
}

// labelValue is text as the value of a label: one line of bounded length.
func labelValue(text string) string {
	text = capped(clean(capped(text, 4*maxLabel)), maxLabel)
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text)
}

// run adds what one run showed.
func (fs *families) run(r Run) {
	s, m := r.Summary, r.machine()
	own := []string{"run_id", s.Run, "stage", stageID(s)}
	with := func(more ...string) []string { return slices.Concat(own, more) }
	value := func(v float64) *float64 { return &v }

	fs.add("showdown_run_info", "gauge", "Always 1; the labels say how the run was made.", value(1),
		with("seed", strconv.FormatUint(s.Seed, 10), "speed", number(s.Speed), "version", m.Tool, "go", m.Go, "vegeta", m.Vegeta)...)
	for _, v := range []showdown.Verdict{showdown.Held, showdown.Deviated, showdown.Unknown} {
		fs.add("showdown_run_verdict", "gauge", "1 for the verdict of the run, 0 for the others.", value(truth(s.Verdict == v)), with("verdict", string(v))...)
	}
	fs.add("showdown_run_complete", "gauge", "1 when the record is whole, 0 when its end is missing.", value(truth(s.Complete)), own...)
	if !s.Started.IsZero() {
		fs.add("showdown_run_start_timestamp_seconds", "gauge", "When the run began, in seconds since 1970.", value(float64(s.Started.UnixMilli())/1e3), own...)
	}
	fs.add("showdown_run_duration_seconds", "gauge", "Length of the traffic in lab seconds.", value(s.LabSeconds), own...)
	for _, kind := range []string{"claim", "gate"} {
		counts := map[showdown.Verdict]int{}
		for _, c := range s.Claims {
			counts[c.Verdict] += int(truth(kind == "claim"))
		}
		for _, g := range s.Gates {
			counts[g.Verdict] += int(truth(kind == "gate"))
		}
		for _, v := range []showdown.Verdict{showdown.Held, showdown.Deviated, showdown.Unknown} {
			fs.add("showdown_run_expectations", "gauge", "Claims and gates of the run, by verdict.", value(float64(counts[v])), with("kind", kind, "verdict", string(v))...)
		}
	}
	for _, c := range cellsOf(s) {
		fs.cell(&c.CellSummary, with("cell", c.name))
	}
}

// cell adds what one cell showed.
func (fs *families) cell(c *results.CellSummary, own []string) {
	with := func(more ...string) []string { return slices.Concat(own, more) }
	gauge := func(name, help string, v float64, more ...string) {
		fs.add("showdown_run_"+name, "gauge", help, &v, with(more...)...)
	}
	gauge("scheduled_requests", "Requests of the schedule, those that were never sent included.", float64(c.Requests.Scheduled))
	outcomes := map[string]uint64{"ok": c.Requests.OK}
	for name, n := range c.Requests.Outcomes {
		outcomes[name] = n
	}
	for _, name := range sortedNames(outcomes) {
		gauge("requests", "Requests by outcome; dropped ones were due and never sent.", float64(outcomes[name]), "outcome", name)
	}
	fs.add("showdown_run_availability_ratio", "gauge", "Share of the scheduled requests that were answered well.", c.Availability, own...)
	fs.latency("showdown_run_service_time_seconds", "Latency of good answers in real seconds, from the send.", c.LatencyMS.Service, c.Requests.OK, own)
	fs.latency("showdown_run_response_time_seconds", "Latency of good answers in real seconds, from the intended send.", c.LatencyMS.Response, c.Requests.OK, own)
	d := c.Downtime
	gauge("outages", "Outages: at least ten requests in a row that failed.", float64(len(d.Outages)))
	gauge("outage_seconds", "All outages together, in AWS seconds.", d.OutageS)
	gauge("longest_outage_seconds", "The longest outage, in AWS seconds.", d.LongestOutageS)
	gauge("degraded_seconds", "AWS seconds in which less than the objective was answered well.", d.DegradedS)
	gauge("lost_seconds", "The failed share over time: AWS seconds of a total outage that cost as many requests.", d.LostS)
	late := results.Percentiles{P99: &c.Generator.LateP99MS, Max: &c.Generator.LateMaxMS}
	fs.latency("showdown_run_send_delay_seconds", "How late requests were sent, in real seconds.", late, c.Requests.Sent, own)
	gauge("generator_saturated", "1 when the generator could not send what was asked.", truth(c.Generator.Saturated))
	gauge("generator_disturbed", "1 when the machine stalled in a measuring window.", truth(c.Generator.Disturbed))
	if c.Cost != nil {
		gauge("cost_dollars_per_month", "List price of the cell's architecture in US dollars a month.", c.Cost.MonthUSD)
	}
	for _, f := range c.Faults {
		fs.fault(f, with("letter", f.Letter, "action", f.Action, "target", f.Target))
	}
}

// fault adds what one fault did. Times that were not measured are left out.
func (fs *families) fault(f results.Fault, own []string) {
	gauge := func(name, help string, v *float64) { fs.add("showdown_run_fault_"+name, "gauge", help, v, own...) }
	value := func(v float64) *float64 { return &v }
	since := func(v *float64) *float64 {
		if v == nil || f.StartS == nil {
			return nil
		}
		return value(max(*v-*f.StartS, 0))
	}
	gauge("confirmed", "1 when a probe of its own saw the fault.", value(truth(f.Confirmed)))
	gauge("undone", "1 when the probe saw that the fault was gone.", value(truth(f.Undone)))
	gauge("start_seconds", "When the fault began, in AWS seconds since the start of the traffic.", f.StartS)
	gauge("end_seconds", "When the fault was gone, in AWS seconds since the start of the traffic.", f.EndS)
	gauge("detection_seconds", "AWS seconds until the system itself noticed the fault.", since(f.DetectedS))
	gauge("recovery_seconds", "AWS seconds until service was good again.", since(f.RecoveredS))
	gauge("repair_seconds", "AWS seconds until the Auto Scaling groups had their desired capacity again.", since(f.RepairedS))
	gauge("failed_requests", "Failures that fall to the fault.", value(float64(f.Failed)))
	gauge("lost_seconds", "The fault's part of the lost AWS seconds.", value(f.LostS))
}

// latency adds percentiles in milliseconds as a summary in seconds over n requests.
func (fs *families) latency(name, help string, p results.Percentiles, n uint64, own []string) {
	for _, q := range []struct {
		quantile string
		ms       *float64
	}{{"0.5", p.P50}, {"0.9", p.P90}, {"0.95", p.P95}, {"0.99", p.P99}, {"0.999", p.P999}, {"1", p.Max}} {
		if q.ms != nil {
			fs.sample(name, "summary", help, sample{labels: slices.Concat(own, []string{"quantile", q.quantile}), value: math.Round(*q.ms*1e3) / 1e6})
		}
	}
	fs.sample(name, "summary", help, sample{suffix: "_count", labels: own, value: float64(n)})
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func sortedNames(counts map[string]uint64) []string {
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
