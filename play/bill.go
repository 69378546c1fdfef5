package play

import "showdown/results"

// bill writes the bills of the cells that are played now into the manifest.
func (s *stage) bill(m *results.Manifest) {
	if m.Cost == nil {
		m.Cost = map[string]results.Cost{}
	}
	costs := s.costs()
	for _, name := range s.names() {
		cost, ok := costs[name]
		if !ok {
			continue
		}
		if cost.Use != nil {
			// The bill that is there is the one from before the traffic.
			cost.Use.USD = max(cost.RunUSD-m.Cost[name].RunUSD, 0)
		}
		m.Cost[name] = cost
	}
}

// costs is the bill of every cell, as far as its lab knows it.
func (s *stage) costs() map[string]results.Cost {
	out := map[string]results.Cost{}
	for _, c := range s.cells {
		if cost, ok := c.cost(); ok {
			out[c.spec.Name] = cost
		}
	}
	return out
}
