package dashboards

// InfrastructureUID is the uid of the dashboard of machines that files provision.
const InfrastructureUID = "showdown-infra"

// Infrastructure is the dashboard of what the lab runs on: its machines and load
// balancers as they count themselves, the generator, and the exporters of systems
// that run elsewhere.
func Infrastructure() Dashboard {
	return board(InfrastructureUID, "showdown: infrastructure",
		"Use, saturation and errors of machines, load balancers and the generator. The last three rows need the exporters of a running "+
			"system (node_exporter, cAdvisor, HAProxy, Envoy) among Prometheus's targets and are empty in a lab of processes.",
		[]Variable{runVariable(), stageVariable(), cellVariable(), nodeVariable()}, infrastructurePanels())
}

const onNode = scope + `,node=~"$node"`

func infrastructurePanels() []Panel {
	unit01 := func(p Panel) Panel {
		p.FieldConfig.Defaults.Min, p.FieldConfig.Defaults.Max = new(0.0), new(1.0)
		return p
	}
	return layout([]row{
		// The generator first: where it is late, nothing below is worth reading.
		{7, []sized{{6, delaySeries()}, {6, graph("CPU of showdown",
			"Cores that the harness itself uses: does the generator have head-room?", "short", lines("cores"),
			series("cores", `rate(process_cpu_seconds_total{job="showdown"}%s)`, recent))}, {6, graph("Goroutines of showdown",
			"Goroutines of the harness: do requests pile up in the generator?", "short", lines("goroutines"),
			series("goroutines", `go_goroutines{job="showdown"}`))}, {6, timeline("Scrapes",
			"Whether Prometheus reached what it scrapes: is a gap in a graph a gap in the lab?",
			map[string]MappingResult{"0": {Color: red, Index: 0, Text: "not reached"}, "1": {Color: blue, Index: 1, Text: "scraped"}},
			series("{{job}} {{instance}}", `up`))}}},
		{8, []sized{{8, graph("CPU of the machines",
			"Virtual CPU time in use per second, at full speed 1 for each vCPU: which machine is busy?", "short", lines("vCPUs"),
			series("{{node}}", `sum by (node) (rate(showdown_machine_cpu_busy_seconds_total{%s}[5s]))`, onNode))}, {8, graph("Waiting for a CPU",
			"Requests that wait for a vCPU, and those that were turned away with 503 because too many wait: which machine is full?", "short", lines("requests"),
			series("{{node}} queued", `sum by (node) (showdown_machine_queued_requests{%s})`, onNode),
			series("{{node}} turned away a second", `sum by (node) (rate(showdown_machine_rejected_requests_total{%s}[5s]))`, onNode))}, {8, graph("CPU credits",
			"Credit balance of burstable types; 0 for others: who is about to be slowed down?", "short", lines("credits"),
			series("{{node}}", `sum by (node) (showdown_machine_credit_balance_credits{%s})`, onNode))}}},
		{8, []sized{{6, unit01(graph("Speed of the CPUs",
			"Share of full speed at which each vCPU runs: who has no credits left, or is robbed of its CPU?", "percentunit", lines("share of full speed"),
			series("{{node}}", `min by (node) (showdown_machine_cpu_speed_ratio{%s})`, onNode)))}, {6, graph("Memory of the machines",
			"Memory that the machine counts as used, a leak included: who will be killed for it?", "bytes", lines("bytes"),
			series("{{node}}", `sum by (node) (showdown_machine_memory_used_bytes{%s})`, onNode))}, {6, graph("Memory of the processes",
			"What the process behind each machine really takes: does the lab fit on this host?", "bytes", lines("resident bytes"),
			series("{{node}}", `sum by (node) (process_resident_memory_bytes{%s})`, onNode))}, {6, timeline("Machines that answer",
			"Whether each machine's process answered when it was asked for its metrics.",
			map[string]MappingResult{"0": {Color: red, Index: 0, Text: "silent"}, "1": {Color: blue, Index: 1, Text: "answers"}},
			series("{{node}}", `max by (node) (showdown_machine_up{%s})`, onNode))}}},
		{8, []sized{{6, graph("Requests by target",
			"Requests a second that the load balancer's nodes routed to each target: is the load even?", "reqps", lines("requests/s"),
			series("{{target}}", `sum by (target) (rate(showdown_balancer_target_requests_total{%s}[5s]))`, scope))}, {6, graph("In flight by target",
			"Requests that the balancer waits for: who is slow to answer?", "short", lines("requests"),
			series("{{target}}", `sum by (target) (showdown_balancer_target_outstanding_requests{%s})`, scope))}, {6, graph("Answers of the balancer itself",
			"Requests that the balancer answered without a target, by status: who had nobody to serve them?", "reqps", lines("requests/s"),
			series("{{status}}", `sum by (status) (rate(showdown_balancer_own_answers_total{%s}[5s]))`, scope))}, {6, graph("Health checks",
			"Checks a second that the balancer's nodes start, and those that start late: does it look as often as it says?", "ops", lines("checks/s"),
			series("{{node}}", `sum by (node) (rate(showdown_balancer_health_checks_total{%s}[5s]))`, scope),
			series("{{node}} late", `sum by (node) (rate(showdown_balancer_late_health_checks_total{%s}[5s]))`, scope))}}},
		{8, []sized{{8, unit01(graph("CPU of hosts",
			"Share of CPU time in use by host, from node_exporter.", "percentunit", lines("share in use"),
			series("{{instance}}", `1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))`)))}, {8, graph("CPU of containers",
			"Cores in use by container, from cAdvisor.", "short", lines("cores"),
			series("{{name}}", `sum by (name) (rate(container_cpu_usage_seconds_total{name!="",name=~"$node"}[1m]))`))}, {8, graph("Memory of containers",
			"Working set by container, from cAdvisor: who is near its limit?", "bytes", lines("bytes"),
			series("{{name}}", `sum by (name) (container_memory_working_set_bytes{name!="",name=~"$node"})`))}}},
		{8, []sized{{6, timeline("HAProxy: servers",
			"Which servers HAProxy believes to be up, from its own exporter (2.4 or newer).",
			map[string]MappingResult{"0": {Color: red, Index: 0, Text: "not up"}, "1": {Color: blue, Index: 1, Text: "up"}},
			series("{{proxy}} {{server}}", `max by (proxy, server) (haproxy_server_status{state="UP"})`))}, {6, graph("HAProxy: answers",
			"Answers a second by class of status: what do users get?", "reqps", lines("answers/s"),
			series("{{proxy}} {{code}}", `sum by (proxy, code) (rate(haproxy_backend_http_responses_total[1m]))`))}, {6, graph("HAProxy: queue",
			"Requests that wait for a server: is the backend full?", "short", lines("requests"),
			series("{{proxy}}", `sum by (proxy) (haproxy_backend_current_queue)`))}, {6, graph("HAProxy: failed checks",
			"Failed health checks in the time range: who flaps?", "short", lines("checks"),
			series("{{proxy}} {{server}}", `sum by (proxy, server) (increase(haproxy_server_check_failures_total[1m]))`))}}},
		{8, []sized{{24, graph("Envoy: answers",
			"Answers a second by cluster and class of status.", "reqps", lines("answers/s"),
			series("{{envoy_cluster_name}} {{envoy_response_code_class}}xx", `sum by (envoy_cluster_name, envoy_response_code_class) (rate(envoy_cluster_upstream_rq_xx[1m]))`))}}},
	})
}
