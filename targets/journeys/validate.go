package journeys

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"showdown"
)

// StatusCheckPeriod is how often EC2 checks an instance's status
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html):
// the shortest repeating timer of the stages so far.
const StatusCheckPeriod = showdown.Minute

// Validate says whether s can be played at the speed of clock. It fails with
// [Problems] when the stage fixes another speed, when steps or the reference window
// lie outside the traffic, when one cell alone offers more than [MaxTotalRate], or, wrapping [showdown.ErrTooFast] and naming the highest speed that works, when
// requests would come too rarely or a timer too often.
//
// Places are those of the file that s was read from, as long as it is there.
func Validate(s *showdown.Stage, clock showdown.Clock) error {
	var found findings
	if s.Running() && clock.Speed() != RunningSpeed {
		found.add("", "the stage is played on a running system, which has the time that it has: its speed is 1 and not %g; leave the speed to it", clock.Speed())
	} else if s.Speed != 0 && s.Speed != clock.Speed() {
		found.add("speed", "the stage is made for speed %g and not for %g: leave the speed to it, or drop its line \"speed\"", s.Speed, clock.Speed())
	}
	if err := clock.CheckPeriod("the status check of an instance", StatusCheckPeriod); err != nil {
		found.add("speed", "%w", err)
	}
	for i := range s.Cells {
		cell, path := &s.Cells[i], element("cells", i)
		found = append(found, tooOften(&cell.Topology, clock, path+".topology")...)
		found = append(found, beyond(cell, clock, path)...)
		found = append(found, tooRare(cell, clock, path)...)
		found = append(found, misfits(cell, clock, path)...)
		for j, p := range cell.Traffic.Phases {
			if p.Pace != showdown.Sine {
				continue
			}
			if err := clock.CheckPeriod("a swing of the sine", p.Period); err != nil {
				found.add(element(path+".traffic.phases", j)+".period", "%w", err)
			}
		}
	}
	found = append(found, tooMuch(s, clock)...)
	if len(found) == 0 {
		return nil
	}
	return found.problems(s.Source, placesOf(s, found)).err()
}

// GroupCheckPeriod is how often an Auto Scaling group looks at the health of its
// instances. Amazon EC2 Auto Scaling documents periodic checks without a period.
const GroupCheckPeriod = showdown.Minute

// tooOften finds the health checks that would come faster than a timer can.
func tooOften(top *showdown.Topology, clock showdown.Clock, path string) findings {
	var found findings
	for i, b := range top.LoadBalancers {
		at := element(path+".load_balancers", i) + ".target_groups"
		for j, g := range b.TargetGroups {
			if err := clock.CheckPeriod(fmt.Sprintf("the health check of target group %q", g.Name), g.HealthCheck.Interval); err != nil {
				found.add(element(at, j)+".health_check.interval", "%w", err)
			}
		}
	}
	for i, g := range top.AutoScalingGroups {
		if err := clock.CheckPeriod(fmt.Sprintf("the health check of group %q", g.Name), GroupCheckPeriod); err != nil {
			found.addKey(element(path+".auto_scaling_groups", i), "%w", err)
		}
	}
	if zone := top.HostedZone; zone != nil {
		for i, r := range zone.Records {
			if r.HealthCheck == nil {
				continue
			}
			if err := clock.CheckPeriod(fmt.Sprintf("the health check of record %q", r.Name), r.HealthCheck.Interval); err != nil {
				found.add(element(path+".hosted_zone.records", i)+".health_check.interval", "%w", err)
			}
		}
	}
	return found
}

// span is a stretch of lab time since the run's zero.
type span struct{ from, to time.Duration }

// stepSpan is when a step acts at the latest that is planned: from its firing to its
// undo, which is the firing where it has no end of its own. ok is false when it names a
// phase or a step that does not exist.
func stepSpan(cell *showdown.Cell, step showdown.Step, clock showdown.Clock) (s span, ok bool) {
	s.from, s.to, ok = cell.StepSpan(clock, step, showdown.WholeJitter)
	return s, ok
}

// phaseEnd is when the phase of that name ends.
func phaseEnd(cell *showdown.Cell, clock showdown.Clock, name string) time.Duration {
	var end time.Duration
	for _, s := range cell.Traffic.Segments(clock) {
		if s.Phase == name {
			end = s.End
		}
	}
	return end
}

// beyond finds the steps and the reference window that lie outside the traffic:
// there nobody would see what they do.
func beyond(cell *showdown.Cell, clock showdown.Clock, path string) findings {
	var found findings
	length := cell.Traffic.Length(clock)
	// aws gives both times, since a person wrote one and the lab plays the other.
	aws := func(d time.Duration) string {
		return fmt.Sprintf("%s (%s here)", roundTime(clock.AWS(d)), d.Round(time.Millisecond))
	}
	for i, step := range cell.Timeline {
		at := element(path+".timeline", i)
		s, ok := stepSpan(cell, step, clock)
		if !ok {
			continue
		}
		if step.Phase != "" {
			if end := phaseEnd(cell, clock, step.Phase); s.from > end {
				start, _ := cell.Traffic.PhaseStart(clock, step.Phase)
				found.add(at+".at", "step %s fires %s into the phase %q, which ends after %s: name the phase in which it fires", step.Letter, step.At+step.Jitter, step.Phase, aws(end-start))
				continue
			}
		} else if s.from > length {
			found.add(at+".at", "step %s fires at %s, after the traffic's end at %s: fire earlier or add a phase", step.Letter, aws(s.from), aws(length))
			continue
		}
		if step.For > 0 && s.to > length {
			found.add(at+".for", "step %s ends at %s, after the traffic's end at %s: nobody would see the recovery; shorten it or add a phase", step.Letter, aws(s.to), aws(length))
		}
	}
	for i, g := range cell.Topology.AutoScalingGroups {
		for j, a := range g.Scheduled {
			if clock.Lab(a.At) > length {
				at := element(element(path+".topology.auto_scaling_groups", i)+".scheduled", j)
				found.add(at+".at", "scheduled action %q comes at %s, after the traffic's end at %s: let it come earlier, or add a phase", a.Name, a.At, aws(length))
			}
		}
	}
	if cell.Reference == nil {
		return found
	}
	step, ok := cell.Step(cell.Reference.Fault)
	if !ok {
		return found
	}
	s, ok := stepSpan(cell, step, clock)
	if !ok {
		return found
	}
	from := s.from - clock.Lab(cell.Reference.Before)
	to := from + clock.Lab(cell.Reference.Length)
	at := path + ".reference"
	if from < 0 {
		found.add(at+".before", "the reference window opens %s before the traffic starts: make before shorter or fire step %s later", aws(-from), step.Letter)
	}
	if to > length+time.Microsecond {
		found.add(at+".length", "the reference window closes at %s, after the traffic's end at %s: shorten it or add to the last phase", aws(to), aws(length))
	}
	if s.to > to+time.Microsecond {
		found.add(at+".length", "the reference window closes before step %s ends: make length longer than before and the step's \"for\" together", step.Letter)
	}
	return found
}

// roundTime drops what no one reads from an AWS time.
func roundTime(d showdown.Duration) showdown.Duration {
	return showdown.Duration(time.Duration(d).Round(100 * time.Millisecond))
}

// tooRare finds the phases in which a cell that breaks something asks the instances
// that are hit too rarely to see when they fail and come back.
func tooRare(cell *showdown.Cell, clock showdown.Clock, path string) findings {
	var found findings
	part := leastAsked(cell, watched(cell))
	if part == 0 {
		return nil
	}
	for i, p := range cell.Traffic.Phases {
		if p.Lab > 0 {
			// A capacity phase measures a rate, not the ends of an outage.
			continue
		}
		low := math.Inf(1)
		for _, s := range cell.Traffic.Segments(clock) {
			if s.Phase == p.Name {
				low = min(low, max(min(s.From, s.To)-s.Amplitude, 0))
			}
		}
		if err := clock.CheckRate(low*part, 1); err != nil && low > 0 {
			found.add(element(path+".traffic.phases", i), "phase %q: %w", p.Name, err)
		}
	}
	return found
}

// watched are the instances that the timeline may hit and whose recovery is to be seen.
func watched(cell *showdown.Cell) map[string]bool {
	actions := showdown.Actions()
	out := map[string]bool{}
	for _, s := range cell.Timeline {
		a := actions[s.Do]
		if a.NoTarget || a.Stays && s.For == 0 {
			continue
		}
		for _, name := range s.Target.Candidates(cell.Topology.AllInstances()) {
			out[name] = true
		}
	}
	return out
}

// leastAsked is the share of the requests that the least asked of the watched instances
// gets: of all that a cohort knows, or of those behind the name that it resolves. It is
// 0 when nobody asks any. Auto Scaling groups count as they are at the beginning.
func leastAsked(cell *showdown.Cell, watched map[string]bool) float64 {
	cohorts := cell.Traffic.Cohorts
	if len(cohorts) == 0 {
		cohorts = []showdown.Cohort{{Share: 1}}
	}
	asked := map[string]float64{}
	for _, h := range cohorts {
		gets := evenly(h.Knows)
		if host := cmp.Or(h.Host, cell.Traffic.Host); host != "" {
			gets = parts(&cell.Topology, host)
		} else if len(gets) == 0 {
			gets = evenly(publicNames(&cell.Topology))
		}
		for name, part := range gets {
			if watched[name] {
				asked[name] += float64(h.Share) * part
			}
		}
	}
	if len(asked) == 0 {
		return 0
	}
	least := 1.0
	for _, p := range asked {
		least = min(least, p)
	}
	return least
}
