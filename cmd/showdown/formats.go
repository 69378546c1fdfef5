package main

import (
	"errors"
	"os"
	"path/filepath"

	"showdown/results"
	"showdown/results/report"
)

// reportFormats are what report can write.
func reportFormats() []string { return []string{"text", "html", "md", "json", "junit", "openmetrics"} }

// stageDirs are the folders of a journey's runs that are there, and the names of those that
// were planned and are not.
func stageDirs(dir string) (dirs, missing []string, err error) {
	journey, err := results.ReadJourney(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, folder := range journey.Stages {
		path := filepath.Join(dir, folder)
		if _, err := os.Stat(filepath.Join(path, results.ManifestFile)); err == nil {
			dirs = append(dirs, path)
		} else if errors.Is(err, os.ErrNotExist) {
			missing = append(missing, folder)
		} else {
			return nil, nil, err
		}
	}
	return dirs, missing, nil
}

// reportTo writes a set of runs in a format that other programs read. Dirs are the folders
// of the runs of stages, in any order.
func (t *terminal) reportTo(format string, set report.Set, dirs []string, stages ...results.Summary) error {
	manifests := map[string]*results.Manifest{}
	for _, dir := range dirs {
		m, err := results.ReadManifest(dir)
		if err != nil {
			return err
		}
		manifests[m.Run] = m
	}
	for i := range stages {
		set.Runs = append(set.Runs, report.Run{Summary: &stages[i], Manifest: manifests[stages[i].Run]})
	}
	if format == "junit" {
		return report.JUnit(t.stdout, set)
	}
	return report.OpenMetrics(t.stdout, set)
}
