package analysis

import (
	"math"

	"showdown"
	"showdown/results"
)

// indicator is the data of one number of a pillar: how it is found, and from which
// difference on it is another one.
type indicator struct {
	pillar, name, unit, better string
	// part and least are the smallest difference that counts, as a share of the number
	// of the stage before and by itself: the greater of the two. Runs differ by as much
	// without a reason.
	part, least float64
	// value is nil where it was not measured.
	value func(*results.Summary) *float64
}

// indicators is the table of the numbers of all pillars, the weightiest of each first.
// They are those of the base cell.
func indicators() []indicator {
	const more, less = "more", "less"
	return []indicator{
		{results.Operations, "operator actions", "", less, 0, 0.5, operatorActionsOf},
		// That a group acts is better than that none does; a few more or less is its load.
		{results.Operations, "actions by the group", "", more, 0.5, 0.5, groupActionsOf},
		{results.Operations, "automated share", "share", more, 0, 0.05, automatedOf},
		{results.Security, "instances reachable from outside", "", less, 0, 0.5, reachableOf},
		{results.Security, "instances with a public address", "", less, 0, 0.5, publicOf},
		{results.Reliability, "lost while a zone fails", "s", less, 0.10, 30, zoneLossOf},
		// The reference window of one server has 130 requests in the demo: one or two are chance.
		{results.Reliability, "availability", "share", more, 0, 0.016, ofReference(func(r *results.Reference) *float64 { return r.Availability })},
		{results.Reliability, "lost", "s", less, 0.10, 5, ofReference(func(r *results.Reference) *float64 { return &r.LostS })},
		{results.Reliability, "longest outage", "s", less, 0.10, 5, ofReference(func(r *results.Reference) *float64 { return &r.LongestOutageS })},
		{results.Reliability, "time to repair", "s", less, 0.10, 10, repairTimeOf},
		{results.Performance, "requests/s held for ever", "/s", more, 0.10, 0, sustainedOf},
		{results.Performance, "p99 while calm", "ms", less, 0.25, 3, calmOf},
		{results.Performance, "served at the highest load", "share", more, 0, 0.02, servedOf},
		{results.Performance, "goodput at the highest load", "/s", "", 0, 0, goodputOf},
		{results.CostPillar, "a month", "USD", less, 0.01, 0.05, monthOf},
		{results.CostPillar, "a million good requests", "USD", less, 0.10, 0, perMillion(usdOf)},
		{results.CostPillar, "idle", "share", less, 0, 0.05, idleOf},
		{results.Sustainability, "a million good requests", "vCPU-hours", less, 0.10, 0, perMillion(vCPUHoursOf)},
		{results.Sustainability, "idle capacity", "vCPU", less, 0.10, 0.1, idleCapacityOf},
	}
}

// scorecards is the stages of a journey by their pillars, each beside the one before.
// The indicators of a pillar stand in the order of their weight, and the first that is
// better or worse decides; where all that can be compared are the same, it is the same.
func scorecards(stages []results.Summary) []results.Scorecard {
	var out []results.Scorecard
	for i := range stages {
		s := &stages[i]
		card := results.Scorecard{Stage: s.Stage, Run: s.Run}
		var before *results.Summary
		if i > 0 {
			before = &stages[i-1]
			card.Against, card.AgainstRun = before.Stage, before.Run
		}
		for _, name := range results.Pillars() {
			p := results.Pillar{Name: name}
			if before != nil {
				p.Than = results.Incomparable
			}
			for _, d := range indicators() {
				if d.pillar != name {
					continue
				}
				n := results.Indicator{Name: d.name, Unit: d.unit, Better: d.better, Value: d.value(s)}
				if n.Value != nil {
					v := round(*n.Value, 6)
					n.Value = &v
				}
				if before != nil && d.better != "" {
					n.Than = d.compare(n.Value, d.value(before))
					if decides := n.Than == results.Better || n.Than == results.Worse; p.By == "" && (decides || n.Than == results.Same) {
						p.Than = n.Than
						if decides {
							p.By = n.Name
						}
					}
				}
				p.Indicators = append(p.Indicators, n)
			}
			card.Pillars = append(card.Pillars, p)
		}
		out = append(out, card)
	}
	return out
}

// compare is how a number is beside that of the stage before.
func (d indicator) compare(now, before *float64) results.Comparison {
	if now == nil || before == nil {
		return results.Incomparable
	}
	change := *now - *before
	switch enough := max(d.part*math.Abs(*before), d.least); {
	case math.Abs(change) <= enough:
		return results.Same
	case (change > 0) == (d.better == "more"):
		return results.Better
	}
	return results.Worse
}

func operatorActionsOf(s *results.Summary) *float64 {
	n := 0.0
	for _, f := range s.Faults {
		if f.StartS != nil && f.Error == "" && showdown.Actions()[f.Action].Kind == showdown.Operation {
			n++
		}
	}
	return &n
}

func groupActionsOf(s *results.Summary) *float64 {
	if s.Capacity == nil {
		return nil
	}
	n := float64(s.Capacity.Launches + s.Capacity.Terminations)
	return &n
}

// automatedOf is the share of what was done that a group did and no operator; nothing
// where nothing was done.
func automatedOf(s *results.Summary) *float64 {
	machine, hand := groupActionsOf(s), operatorActionsOf(s)
	if machine == nil || *machine+*hand == 0 {
		return nil
	}
	v := *machine / (*machine + *hand)
	return &v
}

// reachableOf is the instances that answered a connection from the internet; nothing
// where nobody looked.
func reachableOf(s *results.Summary) *float64 {
	var n *float64
	for _, t := range s.Exposure {
		if t.Reachable != nil {
			if n == nil {
				n = new(float64)
			}
			*n += float64(*t.Reachable)
		}
	}
	return n
}

func publicOf(s *results.Summary) *float64 {
	if len(s.Exposure) == 0 {
		return nil
	}
	n := 0.0
	for _, t := range s.Exposure {
		n += float64(t.Public)
	}
	return &n
}

func ofReference(value func(*results.Reference) *float64) func(*results.Summary) *float64 {
	return func(s *results.Summary) *float64 {
		if s.Reference == nil {
			return nil
		}
		return value(s.Reference)
	}
}

// repairTimeOf is from the beginning of the event of the reference window until the
// group had its capacity back; where there is no group, until service was good again.
func repairTimeOf(s *results.Summary) *float64 {
	if s.Reference == nil {
		return nil
	}
	for _, f := range s.Faults {
		if f.StartS == nil || *f.StartS < s.Reference.FromS || *f.StartS >= s.Reference.ToS || !causes(f.Action) {
			continue // before or after the event, or a step that mends
		}
		back := f.RecoveredS
		if f.RepairedS != nil {
			back = f.RepairedS
		}
		if back == nil {
			return nil
		}
		v := max(*back-*f.StartS, 0)
		return &v
	}
	return nil
}

// calmOf is the p99 of the phase calm, and of the reference window where there is none.
func calmOf(s *results.Summary) *float64 {
	for _, p := range s.Phases {
		if p.Name == "calm" {
			return p.P99MS
		}
	}
	return ofReference(func(r *results.Reference) *float64 { return r.P99MS })(s)
}

// highest is the phase with the highest load.
func highest(s *results.Summary) *results.Phase {
	var out *results.Phase
	for i := range s.Phases {
		if p := &s.Phases[i]; p.Offered > 0 && (out == nil || p.Offered > out.Offered) {
			out = p
		}
	}
	return out
}

func servedOf(s *results.Summary) *float64 {
	p := highest(s)
	if p == nil {
		return nil
	}
	v := p.Goodput / p.Offered
	return &v
}

func goodputOf(s *results.Summary) *float64 {
	p := highest(s)
	if p == nil {
		return nil
	}
	return &p.Goodput
}

func monthOf(s *results.Summary) *float64 {
	if s.Cost == nil {
		return nil
	}
	return &s.Cost.MonthUSD
}

func useOf(s *results.Summary) *results.Use {
	if s.Cost == nil || s.Cost.Use == nil || s.Cost.Use.Hours <= 0 {
		return nil
	}
	return s.Cost.Use
}

func usdOf(s *results.Summary) *float64 {
	if u := useOf(s); u != nil {
		return &u.USD
	}
	return nil
}

func vCPUHoursOf(s *results.Summary) *float64 {
	if u := useOf(s); u != nil {
		return &u.VCPUHours
	}
	return nil
}

// perMillion is a number of the run for a million good requests. A lab second stands for
// speed seconds on AWS with as many requests each.
func perMillion(value func(*results.Summary) *float64) func(*results.Summary) *float64 {
	return func(s *results.Summary) *float64 {
		if s.Cost == nil || s.Requests.OK == 0 || s.Speed <= 0 {
			return nil
		}
		v := value(s)
		if v == nil || *v == 0 {
			return nil
		}
		per := *v / (float64(s.Requests.OK) * s.Speed) * 1e6
		return &per
	}
}

// idleOf is the share of what the instances could have answered that they did not.
func idleOf(s *results.Summary) *float64 {
	u := useOf(s)
	if u == nil || u.Requests <= 0 {
		return nil
	}
	v := max(1-float64(s.Requests.OK)/u.Requests, 0)
	return &v
}

// sustainedOf is the load that what ran holds for ever.
func sustainedOf(s *results.Summary) *float64 {
	u := useOf(s)
	if u == nil || u.Sustained <= 0 {
		return nil
	}
	return &u.Sustained
}

// zoneLossOf is what a failing zone cost, in seconds of no service; nil where none failed.
func zoneLossOf(s *results.Summary) *float64 {
	for _, f := range s.Faults {
		if f.Action == "fail-az" && f.Confirmed {
			return &f.LostS
		}
	}
	return nil
}

// idleCapacityOf is how many vCPUs did nothing on average.
func idleCapacityOf(s *results.Summary) *float64 {
	idle, u := idleOf(s), useOf(s)
	if idle == nil {
		return nil
	}
	v := *idle * u.VCPUHours / u.Hours
	return &v
}

// scorecard is that of a stage of the journey, which must have one before it.
func (e *evaluation) scorecard(stage string) (results.Scorecard, error) {
	card, ok := e.scorecards[stage]
	switch {
	case !ok:
		return card, e.lack("stage %s was not played in a journey", stage)
	case card.Against == "":
		return card, e.lack("no stage was played before %s", stage)
	}
	e.touched[stage], e.touched[card.Against] = true, true
	return card, nil
}

// score is 1 where a pillar of a stage is better than in the stage before, -1 where it
// is worse and 0 where it is the same.
func (e *evaluation) score(stage, pillar string) (float64, error) {
	card, err := e.scorecard(stage)
	if err != nil {
		return 0, err
	}
	p, _ := card.Pillar(pillar)
	switch p.Than {
	case results.Better:
		return 1, nil
	case results.Worse:
		return -1, nil
	case results.Same:
		return 0, nil
	}
	return 0, e.lack("%s was not measured in both %s and %s", pillar, stage, card.Against)
}

// improves is how many pillars of a stage are better than in the stage before.
func (e *evaluation) improves(stage string) (float64, error) {
	card, err := e.scorecard(stage)
	if err != nil {
		return 0, err
	}
	for _, p := range card.Pillars {
		if p.Than == results.Incomparable {
			e.notes = append(e.notes, p.Name+" was not measured in both "+stage+" and "+card.Against)
		}
	}
	return float64(card.Improves()), nil
}
