package journeys

import (
	"reflect"
	"testing"

	"showdown"
)

func TestGroups(t *testing.T) {
	cell := func(name string, phases ...showdown.Phase) showdown.Cell {
		return showdown.Cell{Name: name, Traffic: showdown.Traffic{Phases: phases}}
	}
	steady := func(rate float64) showdown.Phase {
		return showdown.Phase{Name: "all", For: 10 * showdown.Minute, Pace: showdown.Constant, Rate: rate}
	}
	late := showdown.Phase{Name: "late", For: showdown.Minute, Pace: showdown.Constant, Rate: 600}
	for name, c := range map[string]struct {
		cells []showdown.Cell
		want  [][]int
	}{
		"one group": {[]showdown.Cell{cell("base", steady(300)), cell("b", steady(500))}, [][]int{{0, 1}}},
		"two":       {[]showdown.Cell{cell("base", steady(300)), cell("b", steady(501))}, [][]int{{0}, {1}}},
		"a later cell fills what is left of the first group": {
			[]showdown.Cell{cell("base", steady(300)), cell("b", steady(700)), cell("c", steady(400))}, [][]int{{0, 2}, {1}},
		},
		"peaks at different times share a group": {
			[]showdown.Cell{cell("base", steady(300), showdown.Phase{Name: "rest", For: showdown.Minute, Rate: 100}), cell("b", steady(300), late)}, [][]int{{0, 1}},
		},
		"peaks at the same time do not": {
			[]showdown.Cell{cell("base", steady(300), late), cell("b", steady(300), late)}, [][]int{{0}, {1}},
		},
	} {
		if got := Groups(&showdown.Stage{Cells: c.cells}, mustClock(t, 60)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: groups %v, want %v", name, got, c.want)
		}
	}
}
