package compare

import (
	"showdown/results"
	"showdown/results/analysis"
)

// Load reads the record of the run in folder dir anew: what its summary says was perhaps
// made by an older build. The run is compared without a course over time where its
// requests cannot be read.
func Load(r results.Run) (Run, error) {
	s, err := analysis.Analyse(r.Dir)
	if err != nil {
		return Run{}, err
	}
	out := Run{ID: r.ID, Summary: s}
	if m, err := results.ReadManifest(r.Dir); err == nil {
		out.Manifest = m
	}
	if all, err := analysis.SeriesOf(r.Dir); err == nil {
		out.Series = all[s.Cell]
	}
	return out, nil
}
