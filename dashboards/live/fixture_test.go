package live

import (
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

// testStage is three servers behind a load balancer in two zones, for ten AWS minutes at
// speed 60, of which web-2 is killed at minute 2 for five minutes.
func testStage() *showdown.Stage {
	in := func(name, zone string) showdown.Instance {
		return showdown.Instance{Name: name, Type: "m5.large", Zone: zone, Role: "web", Private: true}
	}
	base := showdown.Cell{
		Name: showdown.BaseCell, Shows: "an application load balancer in two zones",
		Topology: showdown.Topology{
			Instances: []showdown.Instance{in("web-1", "us-east-1a"), in("web-2", "us-east-1b"), in("web-3", "us-east-1a")},
			LoadBalancers: []showdown.LoadBalancer{{
				Name: "lb", Type: showdown.ApplicationBalancer, Zones: []string{"us-east-1a", "us-east-1b"},
				TargetGroups: []showdown.TargetGroup{{Name: "web", Instances: []string{"web-1", "web-2", "web-3"}}},
			}},
		},
		Traffic: showdown.Traffic{Phases: []showdown.Phase{{Name: "steady", For: 10 * showdown.Minute, Pace: "constant", Rate: 200}}},
	}
	other := base
	other.Name, other.Shows = "direct", "the same servers, asked directly"
	return &showdown.Stage{
		Version: 1, Journey: "test", Name: "elb", Number: 1, Title: "A load balancer before three servers",
		Promise: "Users know one name, and a broken server is somebody else's problem.",
		SLO:     showdown.SLO{Availability: 0.99, Latency: showdown.LabDuration(100 * time.Millisecond)},
		Cells:   []showdown.Cell{base, other},
	}
}

// testClock is that of the stage.
func testClock(t testing.TB) showdown.Clock {
	t.Helper()
	c, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The script of the stage, in AWS seconds.
const (
	killedAt   = 120.0
	noticedAt  = 161.0
	healingAt  = 420.0
	undoneAt   = 430.0
	testLength = 600.0
)

// testEvents are the events of the stage, whose zero is at a wall time.
func testEvents(zero time.Time, cell string) []showdown.Event {
	ev := func(at float64, kind showdown.EventKind, target string, data map[string]any) showdown.Event {
		return showdown.Event{
			T: at, At: zero.Add(time.Duration(at / 60 * float64(time.Second))), Cell: cell, Kind: kind, Source: "test", Target: target, Data: data,
		}
	}
	kill := func(more ...string) map[string]any {
		out := map[string]any{"action": "kill", "targets": []string{"web-2"}}
		for i := 0; i+1 < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	var out []showdown.Event
	for _, name := range []string{"web-1", "web-2", "web-3"} {
		out = append(out, ev(-60, showdown.InstanceState, name, map[string]any{"from": "", "to": "running"}),
			ev(-50, showdown.TargetState, name, map[string]any{"balancer": "lb", "group": "web", "to": "registered", "known": true}))
	}
	for _, zone := range []string{"us-east-1a", "us-east-1b"} {
		out = append(out, ev(-45, showdown.BalancerNode, "lb-"+zone[len(zone)-2:], map[string]any{"balancer": "lb", "zone": zone, "in_dns": true}))
	}
	return append(out,
		ev(-40, showdown.LabUp, "", nil),
		ev(-30, showdown.FaultPlanned, "A", map[string]any{"action": "kill", "targets": []string{"web-2"}, "planned_s": killedAt, "for_s": 300.0}),
		ev(0, showdown.PhaseStarted, "steady", map[string]any{"offered": 200.0}),
		ev(killedAt, showdown.FaultInjecting, "A", kill()),
		ev(killedAt+1, showdown.FaultInjected, "A", kill()),
		ev(killedAt+2, showdown.FaultConfirmed, "A", kill("evidence", "connection refused")),
		ev(noticedAt, showdown.TargetHealth, "web-2", map[string]any{"balancer": "lb", "node": "lb-1b", "zone": "us-east-1b", "to": "unhealthy", "reason": "2 checks failed"}),
		ev(noticedAt+5, showdown.TargetHealth, "web-2", map[string]any{"balancer": "lb", "node": "lb-1a", "zone": "us-east-1a", "to": "unhealthy"}),
		// One node of two is wrong about another one: users still come to it.
		ev(noticedAt+9, showdown.TargetHealth, "web-3", map[string]any{"balancer": "lb", "node": "lb-1a", "zone": "us-east-1a", "to": "unhealthy"}),
		ev(healingAt, showdown.FaultHealing, "A", kill()),
		ev(undoneAt, showdown.FaultUndone, "A", kill("evidence", "answered 200")),
		ev(460, showdown.TargetHealth, "web-2", map[string]any{"balancer": "lb", "node": "lb-1b", "zone": "us-east-1b", "to": "healthy"}),
		ev(testLength, showdown.TrafficEnded, "", nil),
	)
}

// testHits are the requests of the stage: every third one fails from the kill until the
// balancer notices.
func testHits() []showdown.Hit {
	var out []showdown.Hit
	for i := range 2000 {
		at := time.Duration(i) * 5 * time.Millisecond
		h := showdown.Hit{Seq: uint64(i), Intended: at, Sent: at + 100*time.Microsecond, Latency: time.Duration(2+i%5) * time.Millisecond, Status: 200}
		if aws := at.Seconds() * 60; aws >= killedAt && aws < noticedAt && i%3 == 0 {
			h.Outcome, h.Status = showdown.HTTP5xx, 502
		}
		out = append(out, h)
	}
	return out
}

// testRecord writes the record of the stage and is its run.
func testRecord(t testing.TB) results.Run {
	t.Helper()
	return recordOf(t, testStage(), testHits())
}

// recordOf writes a record of a stage, in each cell of which the requests are those hits.
func recordOf(t testing.TB, stage *showdown.Stage, hits []showdown.Hit) results.Run {
	t.Helper()
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	zero := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	rec, err := store.Create("test-"+stage.Name, &results.Manifest{
		Journey: stage.Journey, Stage: stage.Name, Spec: stage, Speed: 60, Started: zero, Zero: zero,
		Cost: map[string]results.Cost{showdown.BaseCell: {MonthUSD: 236.25}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range stage.Cells {
		for _, e := range testEvents(zero, c.Name) {
			rec.Event(e)
		}
		rec.Hits(c.Name).Append(hits)
	}
	rec.Event(showdown.Event{T: testLength, At: zero, Kind: showdown.RunEnded, Source: "test", Data: map[string]any{"reason": "finished"}})
	if err := rec.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	return results.Run{ID: rec.ID(), Dir: rec.Dir()}
}
