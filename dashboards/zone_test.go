package dashboards

import (
	"strings"
	"testing"

	"showdown"
)

// TestAZoneThatFails holds the instances that it names, and makes no node of those of a
// load balancer.
func TestAZoneThatFails(t *testing.T) {
	f := newFixture(t)
	f.at(-5, showdown.LabUp, "", nil)
	expect := func(step string, web1, web2 NodeState) {
		t.Helper()
		var got []string
		for line := range strings.Lines(samples(t, f, "showdown_node_state")) {
			if strings.Contains(line, `source="truth"`) {
				got = append(got, strings.TrimSpace(line))
			}
		}
		want := []string{}
		for name, s := range map[string]NodeState{"web-1": web1, "web-2": web2} {
			want = append(want, `showdown_node_state{cell="base",node="`+name+`",run_id="run-1",source="truth",stage="test/outage"} `+string(rune('0'+s)))
		}
		if len(got) != 2 || !strings.Contains(strings.Join(got, "\n"), want[0]) || !strings.Contains(strings.Join(got, "\n"), want[1]) {
			t.Errorf("%s: %q, want %q", step, got, want)
		}
	}
	expect("before", NodeUp, NodeUp)
	targets := []string{"web-2", "web-lb/1b"}
	f.fault(10, showdown.FaultInjecting, "Z", "fail-az", targets...)
	f.fault(11, showdown.FaultInjected, "Z", "fail-az", targets...)
	expect("failed", NodeUp, NodeDown)
	f.fault(20, showdown.FaultHealing, "Z", "fail-az", targets...)
	expect("healing", NodeUp, NodeRecovering)
	f.fault(30, showdown.FaultUndone, "Z", "fail-az", targets...)
	expect("over", NodeUp, NodeUp)
}
