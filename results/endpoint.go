package results

import "showdown"

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

// named says that any of the hits is of a scenario.
func named(hits []showdown.Hit) bool {
	for i := range hits {
		if hits[i].Endpoint != "" || hits[i].Reason != "" {
			return true
		}
	}
	return false
}

// table is the table that column c is of indices in; nil for a column of words.
func (e *blockEncoder) table(c int) *tableEncoder {
	switch c {
	case colBackend:
		return &e.names
	case colAddress:
		return &e.address
	case colEndpoint:
		return &e.endpoint
	case colReason:
		return &e.reason
	}
	return nil
}
