package results

// Scorecard is a stage of a journey by the pillars of the AWS Well-Architected
// Framework, from what was measured.
type Scorecard struct {
	Stage string `json:"stage"`
	// Run is the id of the run that every number comes from.
	Run string `json:"run"`
	// Against is the stage that it is compared with, the one before it, and AgainstRun
	// that one's run; empty for the first stage.
	Against    string   `json:"against"`
	AgainstRun string   `json:"against_run"`
	Pillars    []Pillar `json:"pillars"`
}

// Pillar is one pillar of a scorecard.
type Pillar struct {
	// Name is AWS's name of the pillar: "reliability".
	Name string `json:"name"`
	// Than says how it compares with the stage before, and By names the indicator that
	// decided. Both are empty in the first stage.
	Than Comparison `json:"than"`
	By   string     `json:"by"`
	// Indicators are its numbers, the weightiest first.
	Indicators []Indicator `json:"indicators"`
}

// Indicator is one measured number of a pillar.
type Indicator struct {
	Name string `json:"name"`
	// Value is nil where it was not measured.
	Value *float64 `json:"value"`
	// Unit is "s", "ms", "USD", "share", "vCPU", "vCPU-hours", "/s", or empty for a count.
	Unit string `json:"unit"`
	// Better is "more" or "less"; empty where the number is not compared.
	Better string     `json:"better"`
	Than   Comparison `json:"than"`
}

// Comparison is how a number, or a pillar, of a stage is beside that of the stage before.
type Comparison string

// The comparisons. What was not measured in one of the two is unknown.
const (
	Better       Comparison = "better"
	Worse        Comparison = "worse"
	Same         Comparison = "same"
	Incomparable Comparison = "unknown"
)

// The pillars of the AWS Well-Architected Framework. There have been six since December
// 2021; before, sustainability was none.
const (
	Operations     = "operational excellence"
	Security       = "security"
	Reliability    = "reliability"
	Performance    = "performance efficiency"
	CostPillar     = "cost optimization"
	Sustainability = "sustainability"
)

// Pillars is the names of the pillars, in AWS's order.
func Pillars() []string {
	return []string{Operations, Security, Reliability, Performance, CostPillar, Sustainability}
}

// Pillar is the pillar of that name; ok is false when the scorecard has none.
func (s Scorecard) Pillar(name string) (p Pillar, ok bool) {
	for _, p := range s.Pillars {
		if p.Name == name {
			return p, true
		}
	}
	return Pillar{}, false
}

// Improves is how many pillars are better than in the stage before.
func (s Scorecard) Improves() int {
	n := 0
	for _, p := range s.Pillars {
		if p.Than == Better {
			n++
		}
	}
	return n
}
