package figure

import (
	"cmp"
	"slices"
	"strings"

	"showdown"
)

// span is a stretch of a lane in one state, in AWS seconds since the track's start.
type span struct {
	from, to float64
	state    state
}

// change is a state that holds from a moment on.
type change struct {
	at    float64
	state state
}

// spansOf cuts changes at the ends of a track. Before the first change the state is first.
func spansOf(changes []change, first state, length float64) []span {
	slices.SortStableFunc(changes, func(a, b change) int { return compare(a.at, b.at) })
	now, from := first, 0.0
	var out []span
	end := func(to float64) {
		to = min(to, length)
		if to <= from {
			return
		}
		if n := len(out); n > 0 && out[n-1].state == now {
			out[n-1].to = to
		} else {
			out = append(out, span{from, to, now})
		}
		from = to
	}
	for _, c := range changes {
		end(c.at)
		now = c.state
	}
	end(length)
	return out
}

// over lays spans over others: where both are, the worse one holds.
func over(below, above []span) []span {
	at := []float64{}
	for _, s := range append(slices.Clone(below), above...) {
		at = append(at, s.from, s.to)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	var out []span
	for i := 0; i+1 < len(at); i++ {
		mid := (at[i] + at[i+1]) / 2
		worst := silent
		for _, s := range append(slices.Clone(below), above...) {
			if mid >= s.from && mid < s.to {
				worst = max(worst, s.state)
			}
		}
		if n := len(out); n > 0 && out[n-1].state == worst {
			out[n-1].to = at[i+1]
			continue
		}
		out = append(out, span{at[i], at[i+1], worst})
	}
	return out
}

// own are the events of the track's cell in the order of time.
func (t track) own() []showdown.Event {
	var out []showdown.Event
	for _, e := range t.source.Events {
		if e.Cell == t.cell || e.Cell == "" {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b showdown.Event) int { return compare(a.T, b.T) })
	return out
}

func text(e showdown.Event, key string) string {
	s, _ := e.Data[key].(string)
	return s
}

// truth is what each instance of the track really was, by name, as EC2 and the faults
// that were injected tell it: an instance that boots or is slowed is degraded, one that is
// off or does not answer is down, one that is not there is silent.
func (t track) truth() map[string][]span {
	changes := map[string][]change{}
	booting := map[string]bool{}
	for _, e := range t.own() {
		at := e.T - t.from
		switch e.Kind {
		case showdown.InstanceState:
			s := silent
			switch text(e, "to") {
			case "pending":
				s, booting[e.Target] = degraded, true
			case "running":
				s = up
				if booting[e.Target] {
					s = degraded // it is up when its application answers
				}
			case "stopping", "stopped", "shutting-down":
				s = down
			}
			changes[e.Target] = append(changes[e.Target], change{at, s})
		case showdown.InstanceListening:
			if booting[e.Target] {
				booting[e.Target] = false
				changes[e.Target] = append(changes[e.Target], change{at, up})
			}
		}
	}
	out := map[string][]span{}
	hit := t.hit()
	for name, c := range changes {
		spans := spansOf(c, silent, t.length())
		out[name] = over(spans, within(hit[name], spans))
	}
	return out
}

// within is the part of spans in which an instance is there.
func within(faults, life []span) []span {
	var out []span
	for _, f := range faults {
		for _, l := range life {
			if from, to := max(f.from, l.from), min(f.to, l.to); l.state != silent && to > from {
				out = append(out, span{from, to, f.state})
			}
		}
	}
	return out
}

// breaks says what a fault does to its targets; ok is false for what is no fault.
func breaks(action string) (s state, ok bool) {
	switch action {
	case "kill", "hang", "blackhole", "fail-az", "stop-instance", "remove-instance", "deep-failure", "error-500":
		return down, true
	}
	a, known := showdown.Actions()[action]
	return degraded, known && a.Kind == showdown.Fault
}

// hit is when faults of the track lay on instances, by name.
func (t track) hit() map[string][]span {
	out := map[string][]span{}
	for _, f := range t.sum.Faults {
		s, ok := breaks(f.Action)
		if !ok || f.StartS == nil || f.Target == "" {
			continue
		}
		end := t.to
		if f.EndS != nil {
			end = *f.EndS
		}
		if f.Action == "stop-instance" { // its states tell it better
			continue
		}
		from, to := max(*f.StartS-t.from, 0), min(end-t.from, t.length())
		if to <= from {
			continue
		}
		for _, name := range strings.Split(f.Target, ", ") {
			out[name] = append(out[name], span{from, to, s})
		}
	}
	return out
}

// belief is what the system believed of each instance, by name, and who: its load
// balancer, Route 53, or EC2's status checks where there is neither.
func (t track) belief() (by string, spans map[string][]span) {
	events := t.own()
	if out := t.balancerBelief(events); len(out) > 0 {
		return "balancer", out
	}
	changes := map[string][]change{}
	for _, e := range events {
		if e.Kind != showdown.DNSHealth {
			continue
		}
		s := down
		if healthy, _ := e.Data["healthy"].(bool); healthy {
			s = up
		}
		changes[e.Target] = append(changes[e.Target], change{e.T - t.from, s})
	}
	if len(changes) > 0 {
		out := map[string][]span{}
		for name, c := range changes {
			out[name] = spansOf(c, up, t.length())
		}
		return "Route 53", out
	}
	for _, e := range events {
		if e.Kind != showdown.InstanceStatus {
			continue
		}
		s := up
		switch {
		case text(e, "system") == "impaired" || text(e, "instance") == "impaired":
			s = down
		case text(e, "system") != "ok" || text(e, "instance") != "ok":
			s = silent
		}
		changes[e.Target] = append(changes[e.Target], change{e.T - t.from, s})
	}
	if len(changes) == 0 {
		return "", nil
	}
	out := map[string][]span{}
	for name, c := range changes {
		out[name] = spansOf(c, silent, t.length())
	}
	return "status check", out
}

// balancerBelief joins what the nodes of the load balancers believe of a target: up where
// all find it healthy, down where none does, degraded where they differ.
func (t track) balancerBelief(events []showdown.Event) map[string][]span {
	nodes := map[string]bool{}
	for _, e := range events {
		switch e.Kind {
		case showdown.TargetHealth:
			nodes[text(e, "node")] = true
		case showdown.BalancerNode:
			nodes[e.Target] = true
		}
	}
	minds := map[string]map[string]state{} // by target and node
	changes := map[string][]change{}
	all := func(target string, s state) {
		minds[target] = map[string]state{}
		for node := range nodes {
			minds[target][node] = s
		}
	}
	for _, e := range events {
		switch e.Kind {
		case showdown.TargetState:
			s := silent
			if text(e, "to") == "registered" {
				if known, _ := e.Data["known"].(bool); known {
					s = up
				}
			}
			all(e.Target, s)
		case showdown.TargetHealth:
			if minds[e.Target] == nil {
				all(e.Target, up)
			}
			s := silent
			switch text(e, "to") {
			case "healthy":
				s = up
			case "unhealthy":
				s = down
			}
			minds[e.Target][text(e, "node")] = s
		default:
			continue
		}
		changes[e.Target] = append(changes[e.Target], change{e.T - t.from, agreed(minds[e.Target])})
	}
	out := map[string][]span{}
	for name, c := range changes {
		out[name] = spansOf(c, silent, t.length())
	}
	return out
}

// agreed is the state that several minds have in common, and degraded where they differ.
func agreed(minds map[string]state) state {
	first, s := true, silent
	for _, m := range minds {
		if first {
			s, first = m, false
		} else if m != s {
			return degraded
		}
	}
	return s
}

// byNumber orders names as people count: web-2 before web-10.
func byNumber(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}
