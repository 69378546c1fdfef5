package analysis

import (
	"slices"

	"showdown/results"
)

// maxEndpoints bounds the requests of a scenario that are counted apart; those after it
// count only in the whole.
const maxEndpoints = 200

// endpoints numbers the requests of a scenario by name. The zero endpoints are one group
// of all requests.
type endpoints struct {
	names []string
	index map[string]int
	// The last one looked for, which is often the next.
	lastName  string
	lastGroup int
}

func newEndpoints(names []string) endpoints {
	e := endpoints{names: names[:min(len(names), maxEndpoints)]}
	if len(names) == 0 {
		return e
	}
	e.index = make(map[string]int, len(e.names))
	for i, name := range e.names {
		e.index[name] = i + 1
	}
	return e
}

// groups is how many groups there are: one for each endpoint, and that of requests that
// have none.
func (e *endpoints) groups() int { return len(e.names) + 1 }

// group is the number of an endpoint's group; 0 is that of an unknown one.
func (e *endpoints) group(name string) int {
	if name == e.lastName {
		return e.lastGroup
	}
	e.lastName, e.lastGroup = name, e.index[name]
	return e.lastGroup
}

const (
	// maxReasons bounds the sentences that are counted apart: a record of ours has few.
	maxReasons = 100
	// otherReasons are all beyond.
	otherReasons = "other"
)

// reason counts n requests that were wrong, or not sent, for that reason.
func (t *tally) reason(reason string, n uint64) {
	if t.reasons == nil {
		t.reasons = map[string]uint64{}
	}
	if _, known := t.reasons[reason]; !known && len(t.reasons) >= maxReasons {
		reason = otherReasons
	}
	t.reasons[reason] += n
}

// endpointSummaries is the numbers of each request of a scenario, in its order. A request
// that no client could send is none of them.
func (c *cellRecord) endpointSummaries() []results.Endpoint {
	var out []results.Endpoint
	for _, name := range c.endpoints.names {
		w := whole(c.name)
		w.Endpoint = name
		out = append(out, endpointSummary(name, c.window(w)))
	}
	return out
}

func endpointSummary(name string, s *stretchOf) results.Endpoint {
	return results.Endpoint{
		Name: name, Requests: s.requests(), Availability: s.availability(), LatencyMS: percentiles(s.latency()), Reasons: s.reasons,
	}
}

// endpointWindow is the requests of an endpoint in a window.
func (e *evaluation) endpointWindow(name string, in ...Window) (Window, error) {
	c, endpoint, err := e.locate(name)
	if err != nil {
		return Window{}, err
	}
	w := whole(c.name)
	if len(in) > 0 {
		w = in[0]
		if w.Cell != c.name {
			return Window{}, e.lack("endpoint %s is of cell %s, its window of cell %s", endpoint, c.name, w.Cell)
		}
	}
	if !slices.Contains(c.endpoints.names, endpoint) {
		return Window{}, e.lack("cell %s has no endpoint %q", c.name, endpoint)
	}
	w.Endpoint = endpoint
	return w, nil
}
