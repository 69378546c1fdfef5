package figure

import (
	"slices"

	"showdown"
	"showdown/targets/cloud/ec2"
)

// weighed is a number of instances in instances of the type that the track begins with, at
// full speed: one that ran out of CPU credits counts by the share that it has left, one
// that was resized by what its type does.
func (t track) weighed(have []held) []held {
	mean := t.speeds()
	if len(mean) == 0 {
		return have
	}
	times := []float64{}
	for _, h := range append(slices.Clone(have), mean...) {
		times = append(times, h.at)
	}
	slices.Sort(times)
	var out []held
	for _, at := range slices.Compact(times) {
		share := 1.0
		if mean[0].at <= at {
			share = heldAt(mean, at)
		}
		if have[0].at <= at {
			out = putHeld(out, at, heldAt(have, at)*share)
		}
	}
	return out
}

// speeds is the mean speed of the instances over time, in that of the type that the track
// begins with; empty where nothing changed it.
func (t track) speeds() []held {
	first := 0.0
	for name := range t.types() {
		if it, ok := ec2.TypeByName(name); ok {
			first = it.CoreMark
		}
	}
	sizes, credits := map[string]float64{}, map[string]float64{}
	var mean []held
	for _, e := range t.own() {
		switch e.Kind {
		case showdown.InstanceCredits:
			v, ok := e.Data["speed"].(float64)
			if !ok {
				continue
			}
			credits[e.Target] = v
		case showdown.InstanceState:
			name, _ := e.Data["type"].(string)
			it, ok := ec2.TypeByName(name)
			if !ok || !(first > 0) {
				continue
			}
			switch e.Data["to"] {
			case "running":
				sizes[e.Target] = it.CoreMark / first
			case "terminated":
				delete(credits, e.Target)
				delete(sizes, e.Target)
			default: // not there yet, or no more
				delete(sizes, e.Target)
			}
			if it.Burst == nil {
				delete(credits, e.Target) // nothing will say that it is at full speed
			}
		default:
			continue
		}
		sum, n := 0.0, 0
		for _, name := range sortedKeys(sizes) {
			speed, limited := credits[name]
			if !limited {
				speed = 1
			}
			sum, n = sum+sizes[name]*speed, n+1
		}
		if n > 0 {
			mean = putHeld(mean, e.T-t.from, round(sum/float64(n), 2))
		}
	}
	return mean
}
