package dashboards

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"showdown"
)

func TestWhatTheBalancerBelieves(t *testing.T) {
	f := newFixture(t)
	state := func(to string, more ...string) func() {
		return func() {
			data := map[string]any{"balancer": "lb", "group": "web", "to": to}
			for _, key := range more {
				data[key] = true
			}
			f.at(1, showdown.TargetState, "web-1", data)
		}
	}
	health := func(node, to string) func() {
		return func() {
			f.at(1, showdown.TargetHealth, "web-1", map[string]any{"balancer": "lb", "group": "web", "node": node, "to": to})
		}
	}
	node := func(name string) func() {
		return func() { f.at(1, showdown.BalancerNode, name, map[string]any{"balancer": "lb", "in_dns": true}) }
	}
	for i, step := range []struct {
		what string
		do   func()
		want NodeState
	}{
		{"two nodes", func() { node("lb-1a")(); node("lb-1b")() }, NodeOff},
		{"registered", state("registered"), NodeRecovering},
		{"one node has checked it", health("lb-1a", "healthy"), NodeRecovering},
		{"both have", health("lb-1b", "healthy"), NodeUp},
		{"they differ", health("lb-1a", "unhealthy"), NodeDegraded},
		{"none believes in it", health("lb-1b", "unhealthy"), NodeDown},
		{"noticed again", health("lb-1b", "healthy"), NodeDegraded},
		{"healed", health("lb-1a", "healthy"), NodeUp},
		{"draining", state("draining"), NodeOff},
		{"back, known", state("registered", "known"), NodeUp},
		{"the silent node still believes", health("lb-1a", "unhealthy"), NodeDegraded},
		{"gone", state("deregistered"), NodeOff},
		{"a word before the register's", health("lb-1a", "healthy"), NodeRecovering},
		{"the lab is down", func() { f.at(1, showdown.LabDown, "", nil) }, NodeOff},
	} {
		step.do()
		got := testutil.ToFloat64(f.metrics.node.WithLabelValues("run-1", "test/outage", "base", "web-1", sourceBalancer))
		if got != float64(step.want) {
			t.Errorf("step %d, %s: %g, want %s", i, step.what, got, step.want)
		}
	}
	if got := testutil.ToFloat64(f.metrics.node.WithLabelValues("run-1", "test/outage", "base", "web-1", sourceTruth)); got != float64(NodeOff) {
		t.Errorf("the truth changed with the belief: %g", got)
	}
}

// TestBeliefsStartAtZero: a target that is registered from the beginning has its
// series before the balancer says a word.
func TestBeliefsStartAtZero(t *testing.T) {
	spec := testStage()
	spec.Cells[0].Topology.LoadBalancers = []showdown.LoadBalancer{{
		Name: "lb", TargetGroups: []showdown.TargetGroup{{Name: "web", Instances: []string{"web-2"}}},
	}}
	e := NewExporter(Info{})
	e.StageStarted("run-1", spec, clockOf(t, 10))
	if got := testutil.CollectAndCount(e.metrics.node); got != 3 {
		t.Errorf("%d series of nodes, want the truth of two and the belief of one", got)
	}
}
