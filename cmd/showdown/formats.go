package main

import (
	"errors"
	"os"
	"path/filepath"

	"showdown/results"
	"showdown/results/report"
)

// reportFormats are what report can write.
func reportFormats() []string { return []string{"text", "md", "json", "junit", "openmetrics"} }

// stageDirs are the folders of a journey's runs that are there; whole says that all are.
func stageDirs(dir string) (dirs []string, whole bool, err error) {
	journey, err := results.ReadJourney(dir)
	if err != nil {
		return nil, false, err
	}
	whole = true
	for _, folder := range journey.Stages {
		path := filepath.Join(dir, folder)
		if _, err := os.Stat(path); err == nil {
			dirs = append(dirs, path)
		} else if errors.Is(err, os.ErrNotExist) {
			whole = false
		} else {
			return nil, false, err
		}
	}
	return dirs, whole, nil
}

// reportTo writes runs in a format that other programs read. J is the journey that they
// belong to, nil where they belong to none; dirs are their folders, in any order.
func (t *terminal) reportTo(format, name string, j *results.JourneySummary, dirs []string, stages ...results.Summary) error {
	manifests := map[string]*results.Manifest{}
	for _, dir := range dirs {
		m, err := results.ReadManifest(dir)
		if err != nil {
			return err
		}
		manifests[m.Run] = m
	}
	set := report.Set{Name: name, Journey: j}
	for i := range stages {
		set.Runs = append(set.Runs, report.Run{Summary: &stages[i], Manifest: manifests[stages[i].Run]})
	}
	if format == "junit" {
		return report.JUnit(t.stdout, set)
	}
	return report.OpenMetrics(t.stdout, set)
}
