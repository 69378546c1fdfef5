package dashboards

// OverviewUID is the uid of the overview that files provision.
const OverviewUID = "showdown-overview"

// Overview is the dashboard that shows a running stage: stage, availability, rates,
// latency, chaos and nodes.
func Overview() Dashboard {
	return board(OverviewUID, "showdown: overview",
		"What users of the lab feel while chaos actions run. Rates and increases are extrapolated by Prometheus; "+
			"the exact counts are those of the run's report.",
		[]Variable{runVariable(), stageVariable(), cellVariable(), endpointVariable(), objective()}, overviewPanels())
}
