package analysis

import (
	"time"

	"showdown"
)

// repair is when something was whole again after a fault.
type repair struct {
	// began says that it fell short at all, and back is when it was whole for good; nil
	// where it was still short when the traffic ended.
	began bool
	back  *time.Duration
}

// repairOf follows how many of something are missing after a fault that begins at from
// and is over at over. The first shortfall after the fault began counts, and each
// further one that begins before the fault is over and before the next fault: a group
// may replace its instances one after the other.
func repairOf(missing levels, from, over, next, end time.Duration) repair {
	var out repair
	short := false
	for i, m := range missing {
		if m.at >= end {
			break
		}
		if i+1 < len(missing) && missing[i+1].at <= from {
			continue // before the fault
		}
		switch at := max(m.at, from); {
		case m.n > 0 && !short:
			if at >= next || out.began && at >= over {
				return out
			}
			short, out.began, out.back = true, true, nil
		case m.n <= 0 && short:
			short, out.back = false, &at
		}
	}
	return out
}

// repaired is when the Auto Scaling groups of the cell were back at their desired
// capacity after a fault.
func (c *cellRecord) repaired(f *fault) repair {
	missing, _ := c.shortLevels()
	return c.repairOf(missing, f)
}

func (c *cellRecord) repairOf(missing levels, f *fault) repair {
	if f.injecting == nil {
		return repair{}
	}
	over, next := forever, forever
	if f.undoneAt != nil {
		over = *f.undoneAt
	}
	for _, o := range c.faults {
		if o != f && o.cause() && o.injecting != nil && *o.injecting > *f.injecting {
			next = min(next, *o.injecting)
		}
	}
	return repairOf(missing, *f.injecting, over, next, c.until())
}

// mttr is from the beginning of a fault until the Auto Scaling groups of its cell have
// their desired capacity in service again.
func (e *evaluation) mttr(name string) (float64, error) {
	c, f, err := e.begun(name)
	if err != nil {
		return 0, err
	}
	missing, what := c.shortLevels()
	if len(missing) == 0 {
		return 0, e.lack("the record of cell %s has no %s", c.name, what)
	}
	return e.since(name, c, f, c.repairOf(missing, f), "the group", "its desired capacity")
}

// restored is from the beginning of a fault until the load balancer believes as many
// targets healthy again as it did when the fault began, whoever made them so.
func (e *evaluation) restored(name string) (float64, error) {
	c, f, err := e.begun(name)
	if err != nil {
		return 0, err
	}
	healthy := c.healthyLevels()
	before, known := healthy.cut(*f.injecting, *f.injecting+1)
	if !known {
		return 0, e.lack("the record of cell %s has no healthy targets when fault %s begins", c.name, name)
	}
	missing := make(levels, len(healthy))
	for i, h := range healthy {
		missing[i] = level{h.at, max(before[0].n-h.n, 0)}
	}
	return e.since(name, c, f, c.repairOf(missing, f), "the balancer", "the number of healthy targets that it had")
}

func (e *evaluation) since(name string, c *cellRecord, f *fault, r repair, who, what string) (float64, error) {
	switch {
	case !r.began:
		return 0, e.lack("%s never fell below %s after fault %s", who, what, name)
	case r.back == nil:
		return 0, e.lack("%s was not back at %s after fault %s before the traffic ended", who, what, name)
	}
	return c.aws(*r.back - *f.injecting), nil
}

// healthyLevels is how many registered targets every node of the load balancers that is
// in the name's answer believes healthy. What a node says that is not in the answer
// reaches nobody.
func (c *cellRecord) healthyLevels() levels {
	type belief struct{ balancer, group, target string }
	minds := map[string]map[belief]bool{} // by node
	out := map[string]bool{}              // nodes that are out of the answer
	gone := map[belief]bool{}
	// known are targets that were healthy before the record began: every node believes so
	// until it says otherwise.
	known := map[belief]bool{}
	var l levels
	for _, e := range c.inOrder(showdown.TargetHealth, showdown.TargetState, showdown.BalancerNode) {
		text := func(key string) string { s, _ := e.Data[key].(string); return s }
		b := belief{text("balancer"), text("group"), e.Target}
		switch e.Kind {
		case showdown.TargetHealth:
			node := text("node")
			if minds[node] == nil {
				minds[node] = map[belief]bool{}
			}
			minds[node][b] = text("to") == "healthy"
		case showdown.TargetState:
			gone[b] = text("to") != "registered"
			known[b], _ = e.Data["known"].(bool)
			if text("to") == "deregistered" {
				for _, mind := range minds {
					delete(mind, b) // one of its name that is registered later is another
				}
			}
		case showdown.BalancerNode:
			if minds[e.Target] == nil {
				minds[e.Target] = map[belief]bool{}
			}
			in, said := e.Data["in_dns"].(bool)
			out[e.Target] = said && !in
		}
		healthy := map[belief]bool{}
		for node, targets := range minds {
			if out[node] {
				continue
			}
			for b, fine := range targets {
				before, seen := healthy[b]
				healthy[b] = fine && (before || !seen) && !gone[b]
			}
			for b, fine := range known {
				if _, own := targets[b]; own || !fine {
					continue
				}
				before, seen := healthy[b]
				healthy[b] = (before || !seen) && !gone[b]
			}
		}
		n := 0
		for _, fine := range healthy {
			if fine {
				n++
			}
		}
		l = l.put(labTime(e.T, c.clock), float64(n))
	}
	return l
}
