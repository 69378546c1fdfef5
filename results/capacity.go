package results

// Tier is the instances of one role, and which of them can be reached from outside.
type Tier struct {
	Name string `json:"name"`
	// Instances is how many there were when the traffic started, Public how many of them
	// had a public address.
	Instances int `json:"instances"`
	Public    int `json:"public"`
	// Reachable is how many answered a connection from the internet; nil where nobody
	// looked.
	Reachable *int `json:"reachable"`
}

// Capacity is what a cell ran over its traffic, as its events tell it.
type Capacity struct {
	// MeanRunning, LeastRunning and MostRunning are numbers of instances that ran, and
	// InstanceHours what they add up to in AWS hours.
	MeanRunning   float64 `json:"mean_running"`
	LeastRunning  int     `json:"least_running"`
	MostRunning   int     `json:"most_running"`
	InstanceHours float64 `json:"instance_hours"`
	// Launches and Terminations are the successful activities of its Auto Scaling groups.
	Launches     int `json:"launches"`
	Terminations int `json:"terminations"`
	// Trace is the number over time, at each change.
	Trace []CapacityStep `json:"trace"`
}

// CapacityStep is a number of instances that holds from a moment on.
type CapacityStep struct {
	AtS     float64 `json:"at_s"`
	Running int     `json:"running"`
	// InService and Desired are those of the Auto Scaling groups; nil where there are
	// none, or they had not said it yet.
	InService *int `json:"in_service,omitempty"`
	Desired   *int `json:"desired,omitempty"`
}
