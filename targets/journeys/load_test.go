package journeys

import (
	"testing"

	"showdown"
)

// everySpeed are speeds at which the built-in stages must play.
var everySpeed = []float64{1, 5, 10, 60, 120, 300}

func TestBuiltinStagesPlayAtEverySpeed(t *testing.T) {
	all, err := Builtin(testKnown())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || len(all[0].Stages) != 2 {
		t.Fatalf("journeys: %+v", all)
	}
	for _, s := range all[0].Stages {
		for _, speed := range everySpeed {
			clock, err := showdown.NewClock(speed)
			if err != nil {
				t.Fatal(err)
			}
			if err := Validate(s, clock); err != nil {
				t.Errorf("%s at speed %g:\n%v", s.ID(), speed, err)
			}
		}
	}
}

func testKnown() Known {
	return Known{
		Types: []string{"t2.nano", "t2.micro", "t2.small", "t3.micro", "m5.large", "m5.xlarge"}, Apps: []string{"clock"},
		Regions: []string{"us-east-1"},
	}
}
