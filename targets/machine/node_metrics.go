package machine

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"showdown/targets/cloud"
	"showdown/targets/cloud/elb/proxy"
)

// nodeCollector turns the counters of a load balancer's node into metrics when they are
// asked for.
type nodeCollector struct {
	m *machine

	requests, errors, connections, active, backends, bytes, far, checks, late, stall *prometheus.Desc
	targetRequests, outstanding, healthy                                             *prometheus.Desc
}

func newNodeCollector(m *machine) *nodeCollector {
	labels := m.metricLabels()
	desc := func(name, help string, variable ...string) *prometheus.Desc {
		return prometheus.NewDesc("showdown_balancer_"+name, help, variable, labels)
	}
	return &nodeCollector{
		m:              m,
		requests:       desc("requests_total", "Requests that were routed to a target."),
		errors:         desc("own_answers_total", "Requests answered by the node itself, by status; 460 is a client that went away.", "status"),
		connections:    desc("client_connections_total", "Connections that clients opened."),
		active:         desc("client_connections", "Connections of clients that are open."),
		backends:       desc("target_connections_total", "Connections that were opened to targets."),
		bytes:          desc("client_bytes_total", "Bytes that clients sent and got."),
		far:            desc("cross_zone_bytes_total", "Bytes to and from targets in other zones."),
		checks:         desc("health_checks_total", "Health checks that were started."),
		late:           desc("late_health_checks_total", "Health checks that started more than 10 ms late."),
		stall:          desc("longest_stall_seconds", "The longest that the node's heartbeat was late, in lab time."),
		targetRequests: desc("target_requests_total", "Requests that were routed to the target.", "group", "target"),
		outstanding:    desc("target_outstanding_requests", "Requests in flight to the target.", "group", "target"),
		healthy:        desc("target_healthy", "Whether the node believes the target to be healthy.", "group", "target"),
	}
}

// ownStatuses are those that a node may answer with by itself: each has a series from the
// start, since a rate needs a first sample.
func ownStatuses() []int {
	return []int{
		http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestTimeout, http.StatusRequestURITooLong,
		http.StatusExpectationFailed, proxy.StatusClientClosed, proxy.StatusTooManyForwarders, http.StatusNotImplemented,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusHTTPVersionNotSupported,
	}
}

func (c *nodeCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.requests, c.errors, c.connections, c.active, c.backends, c.bytes, c.far, c.checks, c.late, c.stall,
		c.targetRequests, c.outstanding, c.healthy,
	} {
		out <- d
	}
}

func (c *nodeCollector) Collect(out chan<- prometheus.Metric) {
	n := c.m.node.Counters()
	say := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, variable ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, v, variable...)
	}
	say(c.requests, prometheus.CounterValue, float64(n.Requests))
	own := n.Errors
	if own == nil {
		own = map[int]uint64{}
	}
	for _, status := range ownStatuses() {
		own[status] += 0
	}
	for _, status := range slices.Sorted(maps.Keys(own)) {
		say(c.errors, prometheus.CounterValue, float64(own[status]), strconv.Itoa(status))
	}
	say(c.connections, prometheus.CounterValue, float64(n.NewConnections))
	say(c.active, prometheus.GaugeValue, float64(n.ActiveConnections))
	say(c.backends, prometheus.CounterValue, float64(n.TargetConnections))
	say(c.bytes, prometheus.CounterValue, float64(n.Bytes))
	say(c.far, prometheus.CounterValue, float64(n.CrossZone))
	say(c.checks, prometheus.CounterValue, float64(n.Checks))
	say(c.late, prometheus.CounterValue, float64(n.LateChecks))
	say(c.stall, prometheus.GaugeValue, n.LongestStall.Seconds())
	seen := map[[2]string]bool{}
	for _, t := range n.Targets {
		key := [2]string{t.Group, t.Target}
		if seen[key] {
			continue // an earlier registration of the name, which drains
		}
		seen[key] = true
		say(c.targetRequests, prometheus.CounterValue, float64(t.Requests), t.Group, t.Target)
		say(c.outstanding, prometheus.GaugeValue, float64(t.Outstanding), t.Group, t.Target)
		healthy := 0.0
		if t.Health == cloud.TargetHealthy {
			healthy = 1
		}
		say(c.healthy, prometheus.GaugeValue, healthy, t.Group, t.Target)
	}
}
