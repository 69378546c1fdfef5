package live

import (
	"bytes"
	"strings"
	"testing"

	"showdown"
	"showdown/results/diagram"
)

// TestTypeOfAResizedInstance holds that the drawing says what an instance is now.
func TestTypeOfAResizedInstance(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	c := newCell(&showdown.Cell{
		Name: "base", Topology: showdown.Topology{Instances: []showdown.Instance{{Name: "web-1", Role: "web", Zone: "us-east-1a", Type: "t2.micro"}}},
	}, clock, 10)
	text := func() string {
		var out bytes.Buffer
		if err := c.diagram(english).Draw(diagram.View{W: 1000, H: 450}).Inline(&out, "d"); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if !strings.Contains(text(), "t2.micro") || c.drawing != 1 {
		t.Fatalf("drawing %d", c.drawing)
	}
	for range 2 {
		c.fold(showdown.Event{Kind: showdown.InstanceModified, Target: "web-1", Data: map[string]any{"from": "t2.micro", "type": "m5.large"}})
	}
	if got := text(); !strings.Contains(got, "m5.large") || strings.Contains(got, "t2.micro") || c.drawing != 2 {
		t.Errorf("drawing %d has the type that it was", c.drawing)
	}
	if c.spec.Topology.Instances[0].Type != "t2.micro" {
		t.Error("the stage itself was changed")
	}
}

// TestZoneAndSpike holds that a zone is down as long as its fault lasts, and that a spike is in
// the load that is offered.
func TestZoneAndSpike(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	c := newCell(&showdown.Cell{
		Name: "base", Topology: showdown.Topology{Instances: []showdown.Instance{{Name: "web-1", Zone: "us-east-1a"}}},
		Traffic: showdown.Traffic{Phases: []showdown.Phase{{Name: "all", For: 10 * showdown.Minute, Rate: 100}}},
	}, clock, 10)
	id := diagram.ZoneID("us-east-1a")
	tell := func(kind showdown.EventKind, at float64, letter, action string, with map[string]any) map[string]Node {
		return c.fold(showdown.Event{Kind: kind, T: at, Target: letter, Data: map[string]any{"action": action, "targets": []any{"web-1"}, "with": with}})
	}
	zone := map[string]any{"zone": "us-east-1a", "mode": "crash"}
	tell(showdown.FaultPlanned, 0, "A", "fail-az", zone)
	for _, step := range []struct {
		kind showdown.EventKind
		want diagram.State
	}{
		{showdown.FaultInjecting, diagram.Down},
		{showdown.FaultInjected, diagram.Down},
		{showdown.FaultConfirmed, diagram.Down},
		{showdown.FaultHealing, diagram.Down},
		{showdown.FaultUndone, diagram.Up},
	} {
		told := tell(step.kind, 60, "A", "fail-az", nil)
		if n := c.allNodes()[id]; n.State != step.want {
			t.Errorf("after %s the zone is %s, want %s", step.kind, n.State, step.want)
		}
		if n, ok := told[id]; ok && n.State != step.want {
			t.Errorf("after %s viewers are told %s", step.kind, n.State)
		}
	}
	tell(showdown.FaultPlanned, 60, "B", "spike", map[string]any{"factor": "3"})
	tell(showdown.FaultInjecting, 120, "B", "spike", nil)
	tell(showdown.FaultInjected, 120, "B", "spike", nil)
	tell(showdown.FaultHealing, 240, "B", "spike", nil)
	for at, want := range map[float64]float64{60: 100, 119: 100, 121: 300, 239: 300, 241: 100} {
		if got := c.offered(c.lab(at)); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("at %g s %g/s are offered, want %g", at, got, want)
		}
	}
	if c.replans != 2 {
		t.Errorf("the load changed %d times", c.replans)
	}
}
