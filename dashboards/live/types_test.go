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
