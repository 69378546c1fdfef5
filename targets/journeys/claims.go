package journeys

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// CourseClaim is a sentence of the course notes and where it is put to the test.
type CourseClaim struct {
	// ID is stable: "11b".
	ID string `json:"id"`
	// Section is the section of the notes, 89 to 95.
	Section int `json:"section"`
	// Journey is the journey that the section belongs to, or "all".
	Journey string `json:"journey"`
	// Text is the sentence as the notes have it, in quotes where it is theirs.
	Text string `json:"text"`
	// Kind is "measured" (it can be put to the test), "recap" (it repeats others) or
	// "meta" (it can only be stated).
	Kind string `json:"kind"`
	// Stages are the ids of the stages that hold a claim of this id; never nil.
	Stages []string `json:"stages"`
	// Reason says why no stage does, or what else to know; empty when the claim is
	// put to the test.
	Reason string `json:"reason"`
}

// claimsCSV is every claim of the notes, with the stage that puts it to the test or
// will. Its columns are id, section, journey, kind, see, stage, text.
//
//go:embed claims.csv
var claimsCSV string

// catalogued is a line of claims.csv.
type catalogued struct {
	CourseClaim
	// see are the claims that a recap repeats.
	see []string
	// stage is where it is or will be put to the test.
	stage string
}

// catalogue is all lines of claims.csv. It is part of the program, so a line that
// cannot be read is a fault of the program and panics.
func catalogue() []catalogued {
	r := csv.NewReader(strings.NewReader(claimsCSV))
	r.FieldsPerRecord = 7
	lines, err := r.ReadAll()
	if err != nil {
		panic(fmt.Sprintf("journeys: claims.csv: %v", err))
	}
	out := make([]catalogued, 0, len(lines)-1)
	for _, l := range lines[1:] {
		section, err := strconv.Atoi(l[1])
		if err != nil {
			panic(fmt.Sprintf("journeys: claims.csv: claim %s: %v", l[0], err))
		}
		out = append(out, catalogued{
			CourseClaim: CourseClaim{ID: l[0], Section: section, Journey: l[2], Kind: l[3], Text: l[6], Stages: []string{}},
			see:         strings.FieldsFunc(l[4], func(r rune) bool { return r == ';' }),
			stage:       l[5],
		})
	}
	return out
}

// catalogueIDs is the id of every claim of the notes, in their order.
func catalogueIDs() []string {
	var out []string
	for _, c := range catalogue() {
		out = append(out, c.ID)
	}
	return out
}

// Claims is every claim of the course notes in their order, with the built-in stages
// that put it to the test or the reason why none does.
func Claims() []CourseClaim {
	built, err := Builtin(Known{})
	if err != nil {
		panic(fmt.Sprintf("journeys: a built-in stage cannot be read: %v", err))
	}
	return coverage(catalogue(), built)
}

// coverage fills in the stages and the reasons.
func coverage(claims []catalogued, journeys []Journey) []CourseClaim {
	holds := map[string][]string{}
	waiting := map[string]string{}
	for _, j := range journeys {
		for _, c := range j.Claims {
			if missing := j.Missing(c); len(missing) > 0 {
				waiting[c.ID] = fmt.Sprintf("declared: it compares the stages %s, of which %s later", joinAnd(c.Stages), comes(missing))
				continue
			}
			for _, name := range c.Stages {
				holds[c.ID] = append(holds[c.ID], j.Name+"/"+name)
			}
		}
		for _, s := range j.Stages {
			for _, c := range s.Claims {
				holds[c.ID] = append(holds[c.ID], s.ID())
			}
		}
	}
	out := make([]CourseClaim, len(claims))
	for i, c := range claims {
		cc := c.CourseClaim
		cc.Stages = append(cc.Stages, holds[c.ID]...)
		if len(cc.Stages) == 0 {
			cc.Stages, cc.Reason = c.reason(holds)
			if why, ok := waiting[c.ID]; ok {
				cc.Reason = why
			}
		}
		out[i] = cc
	}
	return out
}

// reason is why no stage holds the claim, and the stages that hold what it repeats.
func (c catalogued) reason(holds map[string][]string) (stages []string, why string) {
	stages = []string{}
	switch c.Kind {
	case "meta":
		why = "only stated: it is no statement about a system that a run could deny"
		if len(c.see) > 0 {
			why = "only stated: what is in it that can be measured is claim " + joinAnd(c.see)
		}
		return stages, why
	case "recap":
		missing := false
		for _, id := range c.see {
			missing = missing || len(holds[id]) == 0
			for _, s := range holds[id] {
				if !slices.Contains(stages, s) {
					stages = append(stages, s)
				}
			}
		}
		why = "repeats claim " + joinAnd(c.see)
		if missing {
			why += ": not all built yet"
		}
		return stages, why
	}
	return stages, fmt.Sprintf("not built yet: stage %s of journey %s comes later", c.stage, c.Journey)
}

// comes says that stages come.
func comes(stages []string) string {
	if len(stages) == 1 {
		return stages[0] + " comes"
	}
	return joinAnd(stages) + " come"
}

func joinAnd(ids []string) string {
	if len(ids) < 2 {
		return strings.Join(ids, "")
	}
	return strings.Join(ids[:len(ids)-1], ", ") + " and " + ids[len(ids)-1]
}
