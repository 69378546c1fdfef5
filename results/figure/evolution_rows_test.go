package figure

import (
	"slices"
	"testing"

	"showdown"
	"showdown/results/diagram"
	"showdown/results/draw"
)

// Of many architectures the later rows of a slide are higher, so that the smallest text gets
// larger and all panels stay within the area.
func TestLaterRowsOfASlideAreHigher(t *testing.T) {
	const a, b = "us-east-1a", "us-east-1b"
	small := showdown.Topology{Instances: []showdown.Instance{{Name: "web-1", Role: "web", Type: "t2.micro", Zone: a}}}
	large := showdown.Topology{
		HostedZone: &showdown.HostedZone{Name: "example.com", Records: []showdown.RecordSet{{Name: "www", Alias: "lb"}}},
		LoadBalancers: []showdown.LoadBalancer{{
			Name: "lb", Type: showdown.ApplicationBalancer, Zones: []string{a, b}, TargetGroups: []showdown.TargetGroup{{Name: "web"}},
		}},
		AutoScalingGroups: []showdown.AutoScalingGroup{{
			Name: "web", Template: showdown.Instance{Role: "web", Type: "m5.large"}, Min: 2, Max: 8, Desired: 2, Zones: []string{a, b}, TargetGroups: []string{"web"},
		}},
		Reservations: []showdown.Reservation{{Type: "m5.large", Count: 2, Term: "1y"}},
	}
	rowsOf := func(shape Shape, n int) (panels []rect, scales []float64, equal float64) {
		var all []*built
		for i := range n {
			top := small
			if i >= n/2 {
				top = large
			}
			all = append(all, &built{name: "stage", promise: "The same servers for less money, for who knows what he needs.", diagram: diagram.Of(top, diagram.Options{Lang: "en"})})
		}
		cv := &canvas{Picture: draw.New(1920, 1080), lang: English, size: shape.sizes(), page: Page{Shape: shape}}
		area := rect{56, 140, 1808, 800}
		panels, views, scales := cv.evolutionRows(all, area, 4, 20)
		for i, p := range panels {
			if p.y < area.y-1e-6 || p.bottom() > area.bottom()+1e-6 || views[i].H > p.h {
				t.Errorf("panel %d of %d lies at %g to %g", i, n, p.y, p.bottom())
			}
		}
		v := views[n-1]
		v.H += tiles(area, n, 4, 20)[n-1].h - panels[n-1].h
		return panels, scales, all[n-1].diagram.Scale(v)
	}
	panels, scales, equal := rowsOf(Slide, 8)
	if panels[7].h < panels[0].h*1.1 || panels[3].h != panels[0].h {
		t.Errorf("the rows are %g and %g high", panels[0].h, panels[7].h)
	}
	if least := slices.Min(scales); least < equal*1.03 {
		t.Errorf("the smallest text is scaled by %g, with equal rows by %g", least, equal)
	}
	for _, c := range []struct {
		shape Shape
		n     int
	}{{Slide, 6}, {Print, 8}} {
		if panels, _, _ := rowsOf(c.shape, c.n); panels[0].h != panels[c.n-1].h {
			t.Errorf("%d on shape %d: the rows are %g and %g high", c.n, c.shape, panels[0].h, panels[c.n-1].h)
		}
	}
}
