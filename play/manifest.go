package play

import (
	"time"

	"showdown/results"
)

// newManifest is what is known of a run before it starts.
func newManifest(c Config) *results.Manifest {
	return &results.Manifest{
		Journey: c.Stage.Journey, Stage: c.Stage.Name, Spec: c.Stage, Speed: c.Clock.Speed(), Seed: c.Seed,
		Started: time.Now(), Command: c.Command, Machine: results.ThisMachine(),
	}
}
