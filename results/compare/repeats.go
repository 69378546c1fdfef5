package compare

import (
	"math"

	"showdown/results"
	"showdown/results/statistics"
)

// Repeats is the spread of every number over runs that repeat each other, in the order of
// the tables. A number that no run has is left out.
func Repeats(runs []*results.Summary) []results.Repeat {
	return repeats(runs, "")
}

// JourneyRepeats is [Repeats] of a journey's runs, stage by stage: the names begin with
// "stages.NAME.".
func JourneyRepeats(runs []*results.JourneySummary) []results.Repeat {
	var order []string
	stages := map[string][]*results.Summary{}
	for _, j := range runs {
		for i := range j.Stages {
			s := &j.Stages[i]
			if stages[s.Stage] == nil {
				order = append(order, s.Stage)
			}
			stages[s.Stage] = append(stages[s.Stage], s)
		}
	}
	var out []results.Repeat
	for _, name := range order {
		out = append(out, repeats(stages[name], "stages."+name+".")...)
	}
	return out
}

func repeats(runs []*results.Summary, prefix string) []results.Repeat {
	var out []results.Repeat
	for _, g := range gather(runs) {
		var finite []float64
		never := 0
		for _, v := range g.values {
			switch {
			case math.IsInf(v, 0):
				never++
			case !math.IsNaN(v):
				finite = append(finite, v)
			}
		}
		if len(finite) == 0 {
			continue
		}
		m := statistics.MedianOf(finite)
		out = append(out, results.Repeat{
			Name: prefix + g.Name, Values: finite, Median: m.Value, Low: m.Low, High: m.High,
			Confidence: m.Confidence, Missing: len(runs) - len(finite) - never, Never: never,
		})
	}
	return out
}

// gathered is a number with its value in each run that measured it.
type gathered struct {
	Number
	// values are in the order of the runs, NaN where a run has none.
	values []float64
}

// measured are the values that are there.
func (g gathered) measured() []float64 {
	var out []float64
	for _, v := range g.values {
		if !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	return out
}

// gather is every number of the runs with its values.
func gather(runs []*results.Summary) []gathered {
	var out []gathered
	at := map[string]int{}
	for i, s := range runs {
		for _, v := range valuesOf(s) {
			k, known := at[v.Name]
			if !known {
				k = len(out)
				at[v.Name] = k
				empty := make([]float64, len(runs))
				for n := range empty {
					empty[n] = math.NaN()
				}
				out = append(out, gathered{v.Number, empty})
			}
			out[k].values[i] = v.v
			// A table that leaves a number out does so only where every run does.
			out[k].Detail = out[k].Detail && v.Detail
		}
	}
	return out
}
