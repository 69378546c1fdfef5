package timings

import (
	_ "embed"
	"fmt"

	"showdown"
	"showdown/targets/cloud/ec2"
	"showdown/targets/journeys"
)

//go:embed stage.yaml
var stageFile []byte

// Stage is the labs that the timings are measured in. Their topologies are played, and
// their traffic where a script says so.
func Stage() (*showdown.Stage, error) {
	s, err := journeys.Load(stageFile, "stage.yaml", journeys.Known{Types: ec2.TypeNames(), Apps: []string{"clock"}})
	if err != nil {
		return nil, fmt.Errorf("timings: %w", err)
	}
	return s, nil
}
