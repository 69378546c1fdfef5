package timings

import "context"

// part is what one script measures in a lab.
type part struct {
	script func(context.Context, *stand) error
	names  []string
}

// scene is a cell with a speed, and the scripts that play in it side by side.
type scene struct {
	cell  string
	speed float64
	parts []part
}

// acts are the scenes in the order in which they are played: those of one act side by
// side, as many as the machine carries without being late.
func acts() [][]scene {
	checks := []part{
		{checkTargets, []string{refusedTarget, silentTarget, wellTarget, silentWell, newTarget, idleLeaves, showsDraining, stoppedTarget}},
		{checkClassic, []string{refusedTarget, silentTarget, wellClassic, silentClassic, newClassic, idleLeaves}},
	}
	return [][]scene{
		{
			{"base", 60, checks},
			{"requests", 60, []part{
				{giveUp, []string{connectGivenUp, answerGivenUp, clientClosed}},
				{cutOff, []string{cutLeaves, cutAnswered}},
				{slowly, []string{slowStarted}},
			}},
			{"nodes", 60, []part{
				{failNodes, []string{refusedNode, silentNode, wellNode, silentBack, shifted, shiftEnds}},
				{resolve, []string{kept, lastClient}},
			}},
			// A day in 24 seconds.
			{"sticky", 3600, []part{{stick, []string{stuck}}}},
		},
		{
			{"replacement", 60, []part{
				{replacing, []string{notRunning, targetBad, graceOver, replaced, drains, warmed, stoppedServes, refusedServes, hungServes}},
				{impairing, []string{impaired, warmed}},
			}},
			{"scaling", 60, []part{
				{tracking, []string{alarmHigh, alarmLow, metricKnown, raised, lowered, launched, drains, outServes, inLeaves, scaleInAllowed}},
				{cooling, []string{cooledDown}},
				{onSchedule, []string{scheduled}},
			}},
			{"refresh", 60, []part{
				{refreshing, []string{refreshGoesOn, refreshed}},
				{starting, []string{launched, coldInService, warmStarted, warmInService}},
				{draining, []string{drains, drainedEnds, drainOver}},
			}},
			{"zones", 60, []part{{losingZone, []string{launchRetried, rebalancing, balanced}}}},
			{"stall", 60, []part{{stalling, []string{refreshStalls}}}},
		},
		{
			{"base", 300, checks},
		},
	}
}

// expected are the rows of the table: each timing at each speed at which it is measured.
func expected() map[string][]float64 {
	out := map[string][]float64{}
	for _, act := range acts() {
		for _, s := range act {
			for _, p := range s.parts {
				for _, name := range p.names {
					known := false
					for _, v := range out[name] {
						known = known || v == s.speed
					}
					if !known {
						out[name] = append(out[name], s.speed)
					}
				}
			}
		}
	}
	return out
}
