package compare

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// JourneySide is a journey's run, or runs that repeat each other, by their stages.
type JourneySide struct {
	Name string
	// Runs are the ids of the journey's runs.
	Runs []string
	// Stages are in the order in which they were played; the name of each is the stage's.
	Stages []Side
}

func (j *JourneySide) stage(name string) (Side, bool) {
	for _, s := range j.Stages {
		if s.Name == name {
			return s, true
		}
	}
	return Side{}, false
}

// JourneyComparison is journeys side by side, stage by stage.
type JourneyComparison struct {
	Version   int           `json:"version"`
	Sentence  string        `json:"sentence"`
	Certainty string        `json:"certainty"`
	Sides     []JourneyInfo `json:"sides"`
	// Warnings are those that several stages share, and the stages that not every side
	// has.
	Warnings []string      `json:"warnings"`
	Stages   []*Comparison `json:"stages"`
}

// JourneyInfo says what a side of a comparison of journeys is.
type JourneyInfo struct {
	Name   string   `json:"name"`
	Runs   []string `json:"runs"`
	Stages []string `json:"stages"`
}

// CompareJourneys puts journeys beside each other: each stage that all of them have with
// itself.
func CompareJourneys(sides []JourneySide) (*JourneyComparison, error) {
	if len(sides) < 2 {
		return nil, errors.New("compare journeys: two are needed")
	}
	out := &JourneyComparison{Version: Version, Warnings: []string{}, Stages: []*Comparison{}}
	var alone []string
	for _, j := range sides {
		info := JourneyInfo{Name: j.Name, Runs: j.Runs, Stages: []string{}}
		for _, s := range j.Stages {
			info.Stages = append(info.Stages, s.Name)
			if !everywhere(sides, s.Name) {
				alone = append(alone, s.Name+" in "+j.Name)
			}
		}
		out.Sides = append(out.Sides, info)
	}
	if len(alone) > 0 {
		out.Warnings = append(out.Warnings, "not every side has these stages, which are left out: "+strings.Join(alone, ", "))
	}
	for _, s := range sides[0].Stages {
		if !everywhere(sides, s.Name) {
			continue
		}
		var of []Side
		for i := range sides {
			side, _ := sides[i].stage(s.Name)
			side.Name = sides[i].Name
			of = append(of, side)
		}
		c, err := Compare(of)
		if err != nil {
			return nil, fmt.Errorf("compare stage %s: %w", s.Name, err)
		}
		out.Stages = append(out.Stages, c)
	}
	if len(out.Stages) == 0 {
		return nil, errors.New("compare journeys: they have no stage in common")
	}
	out.shareWarnings()
	out.sum()
	return out, nil
}

func everywhere(sides []JourneySide, stage string) bool {
	for i := range sides {
		if _, there := sides[i].stage(stage); !there {
			return false
		}
	}
	return true
}

// shareWarnings says once what every stage would say.
func (j *JourneyComparison) shareWarnings() {
	for _, w := range slices.Clone(j.Stages[0].Warnings) {
		all := true
		for _, c := range j.Stages {
			all = all && slices.Contains(c.Warnings, w)
		}
		if !all || len(j.Stages) == 1 {
			continue
		}
		j.Warnings = append(j.Warnings, w)
		for _, c := range j.Stages {
			c.Warnings = slices.DeleteFunc(c.Warnings, func(text string) bool { return text == w })
		}
	}
}

// sum says the whole in a sentence: how many numbers got better and worse, or where most
// changed.
func (j *JourneyComparison) sum() {
	most := j.Stages[0]
	better, worse, tested := 0, 0, 0
	for _, c := range j.Stages {
		if c.lost > most.lost {
			most = c
		}
		tested += c.Tested
		for _, t := range c.Tables {
			for _, r := range t.Rows {
				for _, a := range r.Against {
					switch {
					case r.Computed:
					case a.Verdict == BetterThan:
						better++
					case a.Verdict == WorseThan:
						worse++
					}
				}
			}
		}
	}
	stages := "The stage that all have"
	if n := len(j.Stages); n > 1 {
		stages = fmt.Sprintf("Of %d stages", n)
	}
	switch {
	case most.lost > 0:
		j.Sentence = fmt.Sprintf("%s, most changed in %s: %s", stages, stageName(most), lower(most.Sentence))
	default:
		j.Sentence = fmt.Sprintf("%s, none changed in what users lost.", stages)
	}
	if tested == 0 {
		j.Certainty = j.Stages[0].Certainty
		return
	}
	j.Certainty = fmt.Sprintf("%d differences were tested over all stages (Mann-Whitney, two-sided, alpha %s): %d are for the better, %d for the worse, and about %.0f would look real by chance alone.",
		tested, percent(j.Stages[0].Alpha), better, worse, float64(tested)*j.Stages[0].Alpha)
}

func stageName(c *Comparison) string {
	_, name, ok := strings.Cut(c.Stage, "/")
	if !ok {
		return c.Stage
	}
	return name
}
