package report

import (
	"slices"

	"showdown/results"
	"showdown/results/figure"
)

// stripFigure is the figure of the first screen.
const stripFigure = "F1"

// betweenStages are the figures of a chapter's beginning, which set the stages beside each
// other, and ofStage those of a stage's section. Figures that have nothing to show are left
// out.
func betweenStages() []string {
	return []string{"F12", "F2", "F11", "F8", "F5", "F4", "F9"}
}

func ofStage() []string { return []string{"F12", "F13", "F2", "F6", "F10", "F3", "F7"} }

// RunPageOf is the page of one run with every figure that it has. Set has that run alone.
func RunPageOf(set *figure.Set) RunPage { return runPage(set, nil) }

// runPage has the figures named, or all.
func runPage(set *figure.Set, only []string) RunPage {
	src := set.Sources[0]
	out := RunPage{Summary: src.Summary, Manifest: src.Manifest}
	out.Strip, out.Plates = plates(set, only)
	return out
}

// JourneyPageOf is the page of a journey whose stages are the sources of set.
func JourneyPageOf(set *figure.Set, m *results.JourneyManifest) JourneyPage {
	out := JourneyPage{Summary: set.Journey, Manifest: m}
	out.Strip, out.Plates = plates(set, betweenStages())
	for _, src := range set.Sources {
		alone := &figure.Set{Name: src.Name, Sources: []figure.Source{src}}
		out.Stages = append(out.Stages, runPage(alone, ofStage()))
	}
	return out
}

// PlatesBeside are the figures that set the runs of a set beside each other. Where event is
// not nil it has the letter of a fault by run, and what tells of an event tells of that one.
func PlatesBeside(set *figure.Set, event map[string]string) []Plate {
	strip, first := plates(set.Around(event), []string{"F2"})
	_, out := plates(set, []string{"F5", "F4", "F8", "F12"})
	out = append(first, out...)
	if strip != nil {
		out = append([]Plate{*strip}, out...)
	}
	return out
}

// plates are the figures of a set: the one of the first screen, and those named, or all
// others. What has nothing to show is left out.
func plates(set *figure.Set, only []string) (strip *Plate, out []Plate) {
	for _, k := range figure.Kinds() {
		first := k.ID == stripFigure
		if !first && only != nil && !slices.Contains(only, k.ID) {
			continue
		}
		f := figure.Build(k, set, figure.Page{Shape: figure.Print, Lang: figure.English, Bare: true})
		if f.Picture == nil {
			continue
		}
		plate := Plate{ID: f.ID, Title: f.Title, Caption: f.Caption, Picture: f.Picture}
		if first {
			strip = &plate
			continue
		}
		out = append(out, plate)
	}
	if only != nil {
		slices.SortStableFunc(out, func(a, b Plate) int { return slices.Index(only, a.ID) - slices.Index(only, b.ID) })
	}
	return strip, out
}
