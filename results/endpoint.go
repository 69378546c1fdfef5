package results

// Endpoint is one kind of request of a scenario.
type Endpoint struct {
	Name         string      `json:"name"`
	Requests     Requests    `json:"requests"`
	Availability *float64    `json:"availability"`
	LatencyMS    Percentiles `json:"latency_ms"`
	// Reasons counts why requests were wrong, or never sent, by sentence; absent without
	// one.
	Reasons map[string]uint64 `json:"reasons,omitempty"`
}

// filledEndpoints is the endpoints with empty maps in place of nil ones.
func filledEndpoints(list []Endpoint) []Endpoint {
	out := make([]Endpoint, len(list))
	for i, e := range list {
		e.Requests = e.Requests.filled()
		out[i] = e
	}
	return out
}
