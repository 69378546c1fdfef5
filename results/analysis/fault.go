package analysis

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"showdown"
	"showdown/results"
)

// fault is an action of the timeline, as the events tell it, and what it did to
// requests. Times are lab time since the run's zero; nil where it did not happen.
type fault struct {
	letter, action string
	// command is the command of one's own that the action is; empty for actions of a lab.
	command string
	targets []string
	// zone is the Availability Zone that a parameter names.
	zone string
	// names says that it is done to names, and instances stay as they are.
	names   bool
	planned time.Duration

	injecting, injected, confirmedAt, healing, undoneAt *time.Duration
	// changing and changed are when what a fault left behind, a resized instance for
	// one, began to be taken back and was.
	changing, changed *time.Duration

	confirmed, undone, notUndone, changeStays bool
	// believed is when the first node of a load balancer believed a target of the fault
	// unhealthy, detected when the system itself noticed: that, or a status check.
	believed, detected *time.Duration

	fidelity, evidence, failure string
	facts                       map[string]any

	outcomes  [outcomes]uint64
	lost      time.Duration
	recovered *time.Duration
}

// failures is the number of requests that the fault took, those never sent included.
func (f *fault) failures() (n uint64) {
	for _, c := range f.outcomes {
		n += c
	}
	return n
}

// end is when the fault began to be taken back; nil when that did not happen.
func (f *fault) end() *time.Duration {
	if f.healing != nil {
		return f.healing
	}
	return f.undoneAt
}

// cause says that the action can make requests fail. What fails after a step that
// repairs, or tells and has nothing to undo, failed before it.
func (f *fault) cause() bool { return causes(f.action) }

func causes(action string) bool {
	a, known := showdown.Actions()[action]
	return !known || a.Undo != "nothing to undo" && !a.Repairs
}

// faultsOf is every action of a cell's timeline in the order of their plan, with
// what the events say. Those that never began are among them.
func faultsOf(cell showdown.Cell, events []showdown.Event, clock showdown.Clock) []*fault {
	var out []*fault
	byLetter := map[string]*fault{}
	get := func(letter string) *fault {
		f := byLetter[letter]
		if f == nil {
			f = &fault{letter: letter}
			byLetter[letter] = f
			out = append(out, f)
		}
		return f
	}
	for _, s := range cell.Timeline {
		f := get(s.Letter)
		f.action, f.command, f.targets = s.Do, s.Run.String(), nil
		if s.Target != "" {
			f.targets = []string{string(s.Target)}
		}
		if showdown.Actions()[s.Do].Kind != showdown.Operation {
			f.zone = s.With["zone"]
		}
		f.planned, _ = cell.StepStart(clock, s)
	}
	for _, e := range events {
		if strings.HasPrefix(string(e.Kind), "fault.") || strings.HasPrefix(string(e.Kind), "change.") {
			get(e.Target).apply(e, clock)
		}
	}
	actions := showdown.Actions()
	for _, f := range out {
		f.names = actions[f.action].Names
	}
	zones := zonesOf(cell, events)
	for _, e := range events {
		belief := e.Kind == showdown.TargetHealth && e.Data["to"] == "unhealthy"
		if belief || e.Kind == showdown.InstanceStatus && (e.Data["system"] == "impaired" || e.Data["instance"] == "impaired") {
			noticed(out, e.Target, zones[e.Target], labTime(e.T, clock), belief)
		}
	}
	slices.SortStableFunc(out, func(a, b *fault) int { return cmp.Compare(a.planned, b.planned) })
	return out
}

// apply takes in one event of the fault's life.
func (f *fault) apply(e showdown.Event, clock showdown.Clock) {
	at := labTime(e.T, clock)
	if a, ok := e.Data["action"].(string); ok && a != "" {
		f.action = a
	}
	if targets := texts(e.Data["targets"]); len(targets) > 0 {
		f.targets = targets
	}
	first := func(t **time.Duration) {
		if *t == nil {
			*t = &at
		}
	}
	switch e.Kind {
	case showdown.FaultPlanned:
		if s, ok := e.Data["planned_s"].(float64); ok {
			f.planned = labTime(s, clock)
		}
	case showdown.FaultInjecting:
		first(&f.injecting)
	case showdown.FaultInjected:
		first(&f.injected)
		first(&f.injecting)
	case showdown.FaultConfirmed:
		f.confirmed = true
		first(&f.confirmedAt)
	case showdown.FaultUnconfirmed:
		f.confirmed = false
	case showdown.FaultHealing:
		first(&f.healing)
	case showdown.FaultUndone:
		f.undone, f.notUndone = true, false
		first(&f.undoneAt)
	case showdown.FaultNotUndone:
		f.undone, f.notUndone = false, true
	case showdown.ChangeUndoing:
		first(&f.changing)
	case showdown.ChangeUndone:
		f.changeStays = false
		first(&f.changed)
	case showdown.ChangeNotUndone:
		f.changeStays = true
	case showdown.FaultFailed:
		f.failure, _ = e.Data["error"].(string)
		if f.failure == "" {
			f.failure = "the action failed"
		}
	}
	if s, ok := e.Data["fidelity"].(string); ok {
		f.fidelity = s
	}
	if e.Kind == showdown.FaultConfirmed || e.Kind == showdown.FaultUnconfirmed {
		if s, ok := e.Data["evidence"].(string); ok {
			f.evidence = s
		}
	}
	if m, ok := e.Data["facts"].(map[string]any); ok {
		f.state(m)
	}
}

// state takes in facts. What a probe stated first stays.
func (f *fault) state(facts map[string]any) {
	if f.facts == nil {
		f.facts = map[string]any{}
	}
	for k, v := range facts {
		if _, known := f.facts[k]; !known {
			f.facts[k] = v
		}
	}
}

// zonesOf is the Availability Zone of each instance, as far as it is known: from the
// topology, and for what a group launched later from its activities.
func zonesOf(cell showdown.Cell, events []showdown.Event) map[string]string {
	out := map[string]string{}
	for _, in := range cell.Topology.AllInstances() {
		out[in.Name] = in.Zone
	}
	for _, e := range events {
		instance, _ := e.Data["instance"].(string)
		if zone, _ := e.Data["zone"].(string); e.Kind == showdown.ScalingActivity && instance != "" && zone != "" {
			out[instance] = zone
		}
	}
	return out
}

// hits says that the fault is on an instance, or on all of its zone.
func (f *fault) hits(instance, zone string) bool {
	if slices.Contains(f.targets, instance) {
		return true
	}
	return zone != "" && (f.zone == zone || slices.Contains(f.targets, zone) || slices.Contains(f.targets, "zone:"+zone))
}

// noticed gives the system's own detection of a target at time at to the last fault on
// it that had begun and was not yet gone. The first detection stays. A belief is that of
// a load balancer's node.
func noticed(faults []*fault, target, zone string, at time.Duration, belief bool) {
	for _, f := range slices.Backward(faults) {
		if f.injecting == nil || *f.injecting > at || !f.hits(target, zone) || f.undoneAt != nil && *f.undoneAt <= at {
			continue
		}
		if belief && (f.believed == nil || at < *f.believed) {
			f.believed = &at
		}
		if f.detected == nil || at < *f.detected {
			f.detected = &at
		}
		return
	}
}

// texts is the strings of a decoded JSON list.
func texts(v any) []string {
	switch list := v.(type) {
	case []string:
		return list
	case []any:
		var out []string
		for _, x := range list {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// summary is the fault in the form of a summary.
func (f *fault) summary(clock showdown.Clock) results.Fault {
	s := func(d *time.Duration) *float64 {
		if d == nil {
			return nil
		}
		v := awsSecs(*d, clock)
		return &v
	}
	out := results.Fault{
		Letter: f.letter, Action: f.action, Command: f.command, Target: strings.Join(f.targets, ", "), PlannedS: awsSecs(f.planned, clock),
		StartS: s(f.injecting), EndS: s(f.end()), Confirmed: f.confirmed, Undone: f.undone,
		DetectedS: s(f.detected), RecoveredS: s(f.recovered), LostS: awsSecs(f.lost, clock),
		Fidelity: f.fidelity, Evidence: f.evidence, Facts: f.facts, Error: f.failure,
	}
	out.Failed = f.failures() - f.outcomes[showdown.Dropped]
	t := tally{outcomes: f.outcomes}
	out.Outcomes = t.byOutcome()
	if f.recovered == nil && f.failures() == 0 {
		out.RecoveredS = out.StartS
	}
	return out
}

// awsSecs is lab time d in AWS seconds, without the noise of a division.
func awsSecs(d time.Duration, clock showdown.Clock) float64 {
	return round(d.Seconds()*clock.Speed(), 6)
}

// labTime is t AWS seconds in lab time.
func labTime(t float64, clock showdown.Clock) time.Duration {
	return time.Duration(t / clock.Speed() * float64(time.Second))
}
