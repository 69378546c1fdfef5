package analysis

import "time"

// Window is a stretch of a cell's traffic, or of one cohort's or one endpoint's in it. It is half
// open: a request whose intended time is From belongs to it, one at To does not.
type Window struct {
	Cell string
	// Cohort is empty for all clients.
	Cohort string
	// Endpoint is empty for all requests of a scenario.
	Endpoint string
	// From and To are lab time since the run's zero; a To beyond the traffic means
	// its end.
	From, To time.Duration
}
