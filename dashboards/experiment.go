package dashboards

import "fmt"

// ChaosUID is the uid of the dashboard of faults that files provision.
const ChaosUID = "showdown-chaos"

// Chaos is the dashboard that sets each fault beside what the nodes are, what the load
// balancer believes of them, and what users felt.
func Chaos() Dashboard {
	return board(ChaosUID, "showdown: chaos",
		"Which fault held what, who noticed when, and what users felt meanwhile.",
		[]Variable{runVariable(), stageVariable(), cellVariable(), nodeVariable()}, chaosPanels())
}

func chaosPanels() []Panel {
	return layout([]row{
		{4, []sized{{5, availabilityNow(scope)}, {5, sinceFault()}, {5, failedSinceFault()}, {4, burnStat()}, {5, activeStat()}}},
		{7, []sized{{12, chaosTimeline()}, {12, truthAndBelief()}}},
		{9, []sized{{12, availabilitySeries(scope)}, {12, latencyBeside()}}},
		{9, []sized{{12, failureSeries()}, {12, stepSeries()}}},
		{7, []sized{{12, recoveryOfActions()}, {12, burnSeries()}}},
	})
}

// sinceFirst is what a counter's selector has grown by since the first moment in the
// time range at which a chaos action was on. The counter only grows, so its least value
// among the moments with chaos is the one that it had at the first.
func sinceFirst(selector string) string {
	return fmt.Sprintf(`(sum(showdown_requests_total{%[1]s}) - min_over_time((sum(showdown_requests_total{%[1]s}) and on () (max(showdown_chaos_active{%[2]s}) > 0))[$__range:%[3]s]))`,
		selector, scope, scrapeInterval)
}

func failedSinceFault() Panel {
	p := stat("Failed since the first fault", "Requests without a good answer since the first fault of the time range began: what has chaos cost so far?",
		"short", steps(blue, from(1, red)), instant("failed", "%s", sinceFirst(scope+`,outcome!="ok"`)))
	p.FieldConfig.Defaults.Decimals, p.FieldConfig.Defaults.NoValue = new(0), "no fault yet"
	return p
}

func sinceFault() Panel {
	p := stat("Availability since the first fault", "Share of good answers since the first fault of the time range began: how well were users served under chaos?",
		"percentunit", shares(), instant("since", "%s / (%s > 0)", sinceFirst(scope+`,outcome="ok"`), sinceFirst(scope)))
	p.FieldConfig.Defaults.NoValue = "no fault yet"
	return p
}

// burn is how fast the error budget of 99.9 % is used up: 1 is what it allows for.
func burn() string {
	return fmt.Sprintf(`(1 - sum(rate(showdown_requests_total{%[1]s,outcome="ok"}[1m])) / sum(rate(showdown_requests_total{%[1]s}[1m]))) / (1 - 0.999)`, scope)
}

func burnStat() Panel {
	return stat("Budget burn", "Times as fast as an objective of 99.9 % allows for, over a minute: how long could users bear this?",
		"short", steps(blue, from(1, orange), from(14.4, red)), instant("burn", "%s", burn()))
}

func burnSeries() Panel {
	p := graph("Budget burn over time", "1 uses up the error budget of 99.9 % exactly; a burn of 14.4 is what people are called for.",
		"short", lines("times the budget"), series("burn", "%s", burn()), series("pace of the budget", "vector(1)"))
	p.FieldConfig.Overrides = []Override{colour("burn", red, false), colour("pace of the budget", grey, true)}
	return p
}

func activeStat() Panel {
	p := stat("Active faults", "How many chaos actions hold a target now.", "short", steps(blue, from(1, purple)),
		instant("active", `count(max by (cell, letter) (showdown_chaos_active{%s}) > 0) or vector(0)`, scope))
	p.FieldConfig.Defaults.Decimals = new(0)
	return p
}

// truthAndBelief shows two bars a node: what it is, and what the balancer believes,
// which comes later and goes later.
func truthAndBelief() Panel {
	p := nodeTimeline()
	p.Title = "Nodes: truth and the balancer's belief"
	p.Description = "What each node is, and beside it what the load balancer believes: the gap is the time in which users pay for a fault that nobody noticed."
	p.Targets = []Target{series("{{node}} ({{source}})", `max by (node, source) (showdown_node_state{%s,node=~"$node"})`, scope)}
	return p
}

func latencyBeside() Panel {
	const metric = "showdown_request_duration_seconds"
	before := fmt.Sprintf(`histogram_quantile(0.99, sum(rate(%[1]s{%[2]s,outcome="ok"}%[3]s offset 1m))) or histogram_quantile(0.99, sum by (le) (rate(%[1]s_bucket{%[2]s,outcome="ok"}%[3]s offset 1m)))`,
		metric, scope, recent)
	p := graph("p99 now and a minute ago", "Service time of the good answers beside what it was a minute of lab time before: is it the fault, or was it always so?",
		"s", lines("service time").log(), series("p99", "%s", quantile(.99, metric, onlyOK, recent)), series("a minute ago", "%s", before))
	p.FieldConfig.Overrides = []Override{colour("p99", purple, false), colour("a minute ago", grey, true)}
	return p
}

func failureSeries() Panel {
	p := graph("Failures by outcome", "How the failed requests failed, stacked: refused tells of a dead process, silence of a dead network, 502 of a balancer that does not know yet.",
		"reqps", lines("requests/s").stacked(),
		series("{{outcome}}", `sum by (outcome) (rate(showdown_requests_total{%s,outcome!="ok"}%s))`, scope, recent))
	p.FieldConfig.Overrides = outcomeColours()
	return p
}

// stepSeries marks the steps in the life of actions. It is drawn and not used for
// annotations: where two steps lie in one window, one of them is not seen.
func stepSeries() Panel {
	look := lines("steps")
	look.DrawStyle, look.FillOpacity = "bars", 70
	return graph("Steps of the actions", "When each action was injected, confirmed, healed and undone: what did chaos do, and was it seen to be done?",
		"short", look, series("{{action}} {{phase}}", `sum by (action, phase) (changes(showdown_chaos_events_total{%s}%s)) > 0`, scope, recent))
}

func recoveryOfActions() Panel {
	p := compareBars("Mean time to recovery by action", "AWS seconds from a fault to the end of the outage that it caused: which fault hurts longest?",
		"s", steps(blue), nil, fmt.Sprintf(
			`sum by (action) (increase(showdown_recovery_seconds_sum{%[1]s}%[2]s)) / (sum by (action) (increase(showdown_recovery_seconds_count{%[1]s}%[2]s)) > 0)`, scope, whole))
	p.Targets[0].LegendFormat = "{{action}}"
	p.FieldConfig.Defaults.NoValue = "no outage"
	return p
}
