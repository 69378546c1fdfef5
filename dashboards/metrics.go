package dashboards

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Names of the labels. All but the build's have run_id, stage and cell, so that a
// panel can show one cell of one run: a mean over cells that were built to differ
// says nothing.
const (
	labelRun      = "run_id"
	labelStage    = "stage"
	labelCell     = "cell"
	labelEndpoint = "endpoint"
	labelOutcome  = "outcome"
	labelLetter   = "letter"
	labelAction   = "action"
	labelTarget   = "target"
	labelPhase    = "phase"
	labelNode     = "node"
	labelSource   = "source"
	labelName     = "name"
)

// Values of the outcome label of latency histograms. Percentiles never mix good
// answers with failures, and more classes than two would cost a histogram each.
const (
	classOK    = "ok"
	classError = "error"
)

// sourceTruth is the value of the source label for what a node really is; what a
// load balancer believes of it will stand beside it as "balancer".
const sourceTruth = "truth"

// latencyBuckets are the upper bounds, in seconds, of the classic buckets. 0.25 and
// 1 must be among them: the share within the objective and the Apdex read them.
func latencyBuckets() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
}

// recoveryBuckets are upper bounds in AWS seconds: from a fail-over that nobody
// notices to an operator who has to be called.
func recoveryBuckets() []float64 {
	return []float64{1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800}
}

// metrics holds the families of the exporter, without their label values.
type metrics struct {
	requests    *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	intended    *prometheus.HistogramVec
	delay       *prometheus.HistogramVec
	offered     *prometheus.GaugeVec
	goodput     *prometheus.GaugeVec
	stage       *prometheus.GaugeVec
	cost        *prometheus.GaugeVec
	chaos       *prometheus.GaugeVec
	chaosEvents *prometheus.CounterVec
	node        *prometheus.GaugeVec
	downtime    *prometheus.CounterVec
	recovery    *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		reg.MustRegister(v)
		return v
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		reg.MustRegister(v)
		return v
	}
	// Both kinds of buckets: a server that does not ask for native histograms sees
	// the classic ones only, and the other way round.
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: name, Help: help, Buckets: buckets,
			NativeHistogramBucketFactor:     1.1,
			NativeHistogramMaxBucketNumber:  160,
			NativeHistogramMinResetDuration: time.Hour,
		}, labels)
		reg.MustRegister(v)
		return v
	}
	return &metrics{
		requests: counter("showdown_requests_total",
			"Requests whose outcome is known, by outcome; dropped ones were due and never sent.",
			labelRun, labelStage, labelCell, labelEndpoint, labelOutcome),
		duration: histogram("showdown_request_duration_seconds",
			"Service time of sent requests in real seconds, from the send to the end of the answer.",
			latencyBuckets(), labelRun, labelStage, labelCell, labelEndpoint, labelOutcome),
		intended: histogram("showdown_request_intended_duration_seconds",
			"Response time of sent requests in real seconds, from the intended send to the end of the answer.",
			latencyBuckets(), labelRun, labelStage, labelCell, labelEndpoint, labelOutcome),
		delay: histogram("showdown_send_delay_seconds",
			"Lateness of the generator in real seconds: the send after the intended send.",
			latencyBuckets(), labelRun, labelStage, labelCell),
		offered: gauge("showdown_offered_rate_requests_per_second",
			"Rate that the schedule asks for now, spikes included, in requests per lab second.",
			labelRun, labelStage, labelCell),
		goodput: gauge("showdown_goodput_requests_per_second",
			"Good answers per lab second, over the last whole second.",
			labelRun, labelStage, labelCell),
		stage: gauge("showdown_stage_info",
			"1 for the stage that is running, 0 for one that is over.",
			labelRun, labelStage, labelName),
		cost: gauge("showdown_stage_cost_dollars_per_month",
			"List price of the cell's architecture in US dollars a month.",
			labelRun, labelStage, labelCell),
		chaos: gauge("showdown_chaos_active",
			"1 while the chaos action holds its target, 0 before and after.",
			labelRun, labelStage, labelCell, labelLetter, labelAction, labelTarget),
		chaosEvents: counter("showdown_chaos_events_total",
			"Steps in the life of chaos actions.",
			labelRun, labelStage, labelCell, labelAction, labelPhase),
		node: gauge("showdown_node_state",
			"State of a node: 0 off, 1 up, 2 degraded, 3 down, 4 recovering.",
			labelRun, labelStage, labelCell, labelNode, labelSource),
		downtime: counter("showdown_downtime_seconds_total",
			"Outages in AWS seconds (lab seconds times speed), by intended send time.",
			labelRun, labelStage, labelCell),
		recovery: histogram("showdown_recovery_seconds",
			"AWS seconds (lab seconds times speed) from a chaos action to the end of the outage that it caused.",
			recoveryBuckets(), labelRun, labelStage, labelCell, labelAction),
	}
}

// forget drops every series of a run.
func (m *metrics) forget(run string) {
	match := prometheus.Labels{labelRun: run}
	m.requests.DeletePartialMatch(match)
	m.chaosEvents.DeletePartialMatch(match)
	m.downtime.DeletePartialMatch(match)
	for _, v := range []*prometheus.HistogramVec{m.duration, m.intended, m.delay, m.recovery} {
		v.DeletePartialMatch(match)
	}
	for _, v := range []*prometheus.GaugeVec{m.offered, m.goodput, m.stage, m.cost, m.chaos, m.node} {
		v.DeletePartialMatch(match)
	}
}
