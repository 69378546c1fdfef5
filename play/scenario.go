package play

import (
	"fmt"
	"path/filepath"

	"showdown"
	"showdown/attack"
)

// scenarioDir is the folder that the files of a stage's scenarios are looked for in: that
// of the stage file.
func scenarioDir(s *showdown.Stage) string {
	if s.Source == "" {
		return ""
	}
	return filepath.Dir(s.Source)
}

// checkScenarios says what would keep the traffic of a cell from being sent, before a lab
// is brought up for it: a file that is gone, a value of the environment that is not set.
func checkScenarios(s *showdown.Stage, clock showdown.Clock) error {
	for i := range s.Cells {
		c := &s.Cells[i]
		if err := attack.CheckScenario(c.Traffic, clock, scenarioDir(s), nil); err != nil {
			return fmt.Errorf("cell %s: traffic: %w", c.Name, err)
		}
	}
	return nil
}
