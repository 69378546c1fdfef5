package dashboards

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

// A leak degrades its targets, and one whose memory is full is down until it runs
// again.
func TestALeakThatKills(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"web-1", "web-2"} {
		f.at(-10, showdown.InstanceState, name, map[string]any{"to": "running"})
	}
	f.at(-5, showdown.LabUp, "", nil)
	for _, c := range []struct {
		step       string
		do         func()
		web1, web2 NodeState
	}{
		{"injected", func() {
			f.fault(30, showdown.FaultInjecting, "A", "leak", "web-1", "web-2")
			f.fault(30.1, showdown.FaultInjected, "A", "leak", "web-1", "web-2")
		}, NodeDegraded, NodeDegraded},
		{"killed", func() {
			f.at(40, showdown.FaultKilled, "A", map[string]any{"action": "leak", "targets": []string{"web-1", "web-2"}, "instance": "web-2"})
		}, NodeDegraded, NodeDown},
		{"healing", func() { f.fault(50, showdown.FaultHealing, "A", "leak", "web-1", "web-2") }, NodeRecovering, NodeRecovering},
		{"undone", func() { f.fault(55, showdown.FaultUndone, "A", "leak", "web-1", "web-2") }, NodeUp, NodeUp},
	} {
		c.do()
		got := samples(t, f, "showdown_node_state")
		for name, want := range map[string]NodeState{"web-1": c.web1, "web-2": c.web2} {
			line := `showdown_node_state{cell="base",node="` + name + `",run_id="run-1",source="truth",stage="test/outage"} ` + string(rune('0'+want))
			if !strings.Contains(got+"\n", line+"\n") {
				t.Errorf("%s: missing %s in\n%s", c.step, line, got)
			}
		}
	}
}

func TestChaosAndNodes(t *testing.T) {
	f := newFixture(t)
	both := []string{"showdown_chaos_active", "showdown_node_state"}
	expect := func(step string, kill, resize int, web1, web2 NodeState) {
		t.Helper()
		got := samples(t, f, both...)
		for _, want := range []struct {
			series string
			value  int
		}{
			{`showdown_chaos_active{action="kill",cell="base",letter="A",run_id="run-1",stage="test/outage",target="web-1"}`, kill},
			{`showdown_chaos_active{action="resize-instance",cell="base",letter="B",run_id="run-1",stage="test/outage",target="web-2"}`, resize},
			{`showdown_node_state{cell="base",node="web-1",run_id="run-1",source="truth",stage="test/outage"}`, int(web1)},
			{`showdown_node_state{cell="base",node="web-2",run_id="run-1",source="truth",stage="test/outage"}`, int(web2)},
		} {
			line := want.series + " " + string(rune('0'+want.value))
			if !strings.Contains(got+"\n", line+"\n") {
				t.Errorf("%s: missing %s in\n%s", step, line, got)
			}
		}
	}
	state := func(second float64, name, to string) {
		f.at(second, showdown.InstanceState, name, map[string]any{"to": to})
	}
	expect("before the lab", 0, 0, NodeOff, NodeOff)
	state(-20, "web-1", "pending")
	expect("pending", 0, 0, NodeRecovering, NodeOff)
	state(-10, "web-1", "running")
	state(-10, "web-2", "running")
	expect("booting", 0, 0, NodeRecovering, NodeRecovering)
	f.at(-5, showdown.LabUp, "", nil)
	expect("lab up", 0, 0, NodeUp, NodeUp)
	f.at(0, showdown.PhaseStarted, "steady", nil)

	f.fault(0, showdown.FaultPlanned, "A", "kill", "web-1")
	expect("planned", 0, 0, NodeUp, NodeUp)
	f.fault(30, showdown.FaultInjecting, "A", "kill", "web-1")
	f.fault(30.1, showdown.FaultInjected, "A", "kill", "web-1")
	expect("killed", 1, 0, NodeDown, NodeUp)
	f.fault(50, showdown.FaultHealing, "A", "kill", "web-1")
	expect("healing", 1, 0, NodeRecovering, NodeUp)
	f.fault(55, showdown.FaultUndone, "A", "kill", "web-1")
	expect("undone", 0, 0, NodeUp, NodeUp)

	// A resize holds its band while it works, and what it did stays.
	f.fault(70, showdown.FaultInjecting, "B", "resize-instance", "web-2")
	state(70, "web-2", "stopping")
	expect("stopping", 0, 1, NodeUp, NodeOff)
	state(90, "web-2", "stopped")
	state(92, "web-2", "pending")
	state(100, "web-2", "running")
	f.fault(100, showdown.FaultInjected, "B", "resize-instance", "web-2")
	expect("running, not answering", 0, 1, NodeUp, NodeRecovering)
	f.Hits("base", []showdown.Hit{{Seq: 0, Intended: 9 * time.Second, Sent: 9 * time.Second, Backend: "web-2"}})
	expect("an answer from before does not count", 0, 1, NodeUp, NodeRecovering)
	f.Hits("base", []showdown.Hit{{Seq: 1, Intended: 10100 * time.Millisecond, Sent: 10100 * time.Millisecond, Backend: "web-2"}})
	expect("answers", 0, 1, NodeUp, NodeUp)
	f.fault(101, showdown.FaultConfirmed, "B", "resize-instance", "web-2")
	expect("resized", 0, 0, NodeUp, NodeUp)

	f.fault(101, showdown.FaultPlanned, "C", "spike", "one role:web")
	f.fault(101, showdown.FaultFailed, "C", "spike", "one role:web")
	if got := samples(t, f, "showdown_chaos_active"); strings.Contains(got, "one role:web") {
		t.Errorf("what selects a target became a target:\n%s", got)
	}

	f.at(102, showdown.MachineLost, "web-1", nil)
	expect("lost", 0, 0, NodeDown, NodeUp)
	f.at(103, showdown.InstanceListening, "web-1", nil)
	expect("listening", 0, 0, NodeUp, NodeUp)
	f.at(110, showdown.LabDown, "", nil)
	expect("lab down", 0, 0, NodeOff, NodeOff)

	f.expect(`
showdown_chaos_events_total{action="kill",cell="base",phase="confirmed",run_id="run-1",stage="test/outage"} 0
showdown_chaos_events_total{action="kill",cell="base",phase="failed",run_id="run-1",stage="test/outage"} 0
showdown_chaos_events_total{action="kill",cell="base",phase="healing",run_id="run-1",stage="test/outage"} 1
showdown_chaos_events_total{action="kill",cell="base",phase="injected",run_id="run-1",stage="test/outage"} 1
showdown_chaos_events_total{action="kill",cell="base",phase="injecting",run_id="run-1",stage="test/outage"} 1
showdown_chaos_events_total{action="kill",cell="base",phase="killed",run_id="run-1",stage="test/outage"} 0
showdown_chaos_events_total{action="kill",cell="base",phase="not_undone",run_id="run-1",stage="test/outage"} 0
showdown_chaos_events_total{action="kill",cell="base",phase="planned",run_id="run-1",stage="test/outage"} 1
showdown_chaos_events_total{action="kill",cell="base",phase="unconfirmed",run_id="run-1",stage="test/outage"} 0
showdown_chaos_events_total{action="kill",cell="base",phase="undone",run_id="run-1",stage="test/outage"} 1`+"\n"+
		rest(samples(t, f, "showdown_chaos_events_total"), `action="kill"`), "showdown_chaos_events_total")
}

// rest is the lines of text that do not hold part.
func rest(text, part string) string {
	var out []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, part) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return strings.Join(out, "\n")
}

func TestDowntimeAndRecovery(t *testing.T) {
	f := newFixture(t)
	f.at(0, showdown.PhaseStarted, "steady", nil)
	f.fault(0, showdown.FaultPlanned, "A", "kill", "web-1")
	f.fault(0, showdown.FaultPlanned, "B", "resize-instance", "web-2")
	f.fault(30, showdown.FaultInjecting, "A", "kill", "web-1")
	// 100/s; requests 300 to 549 fail, so 2.5 lab seconds, 25 of AWS.
	var batch []showdown.Hit
	for i := range 700 {
		o := showdown.OK
		if i >= 300 && i < 550 {
			o = showdown.Refused
		}
		batch = append(batch, hit(i, time.Duration(i)*10*time.Millisecond, time.Millisecond, o))
	}
	f.Hits("base", batch[:310])
	f.expect(`showdown_downtime_seconds_total{cell="base",run_id="run-1",stage="test/outage"} 0.9`, "showdown_downtime_seconds_total")
	f.Hits("base", batch[310:])
	f.expect(`showdown_downtime_seconds_total{cell="base",run_id="run-1",stage="test/outage"} 25`, "showdown_downtime_seconds_total")
	got := samples(t, f, "showdown_recovery_seconds")
	for _, want := range []string{
		`showdown_recovery_seconds_sum{cell="base",run_id="run-1",stage="test/outage",action="kill"} 25`,
		`showdown_recovery_seconds_count{cell="base",run_id="run-1",stage="test/outage",action="kill"} 1`,
		`showdown_recovery_seconds_count{cell="base",run_id="run-1",stage="test/outage",action="resize-instance"} 0`,
	} {
		name, _, _ := strings.Cut(want, "{")
		if !hasSample(got, name, want) {
			t.Errorf("missing %s in\n%s", want, got)
		}
	}
}

// hasSample finds a sample whatever the order of its labels.
func hasSample(text, name, want string) bool {
	labels := func(line string) map[string]bool {
		line = strings.TrimPrefix(line, name+"{")
		head, value, _ := strings.Cut(line, "} ")
		out := map[string]bool{"=" + value: true}
		for l := range strings.SplitSeq(head, ",") {
			out[l] = true
		}
		return out
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, name+"{") && cmp.Equal(labels(line), labels(want)) {
			return true
		}
	}
	return false
}
