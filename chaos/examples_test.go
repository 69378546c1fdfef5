package chaos

import (
	"slices"

	"showdown"
)

// example is an action as both tests of all actions play it: in the world of the fakes
// and on processes. The action's own test file has it.
type example struct {
	do, target string
	// with are the parameters' names and values in turn.
	with []string
	// kinds are the kinds of its events; nil is a fault that lasts and is undone.
	kinds []string
	// lasts is how long on processes, 20 AWS seconds where it is not said.
	lasts showdown.Duration
	// faked are facts that the fakes make.
	faked map[string]any
	// evidence is a part of what the probe says on processes, facts what it must find.
	evidence string
	facts    func(confirmed, undone map[string]any) bool
}

// examples is the table of them.
func examples() []example {
	return slices.Concat(
		deepFailureExamples(), fillQueueExamples(), packetDelayExamples(), clockSkewExamples(), leakExamples(),
		addInstanceExamples(), removeInstanceExamples(), allocateAddressExamples(), remapEIPExamples(),
		removeDNSRecordExamples(), restoreDNSRecordExamples(), dnsFailExamples(),
		cutExamples(), changeSecurityGroupExamples(),
	)
}

// lasting are the events of a fault that is seen and undone.
func lasting() []string {
	return []string{"fault.planned", "fault.injecting", "fault.injected", "fault.confirmed", "fault.healing", "fault.undone"}
}

func (x example) events() []string {
	if x.kinds == nil {
		return lasting()
	}
	return x.kinds
}

func fakeRows(all []example) (rows []fakeRow) {
	for _, x := range all {
		rows = append(rows, fakeRow{act("A", minute, x.do, x.target, 2*minute, x.with...), x.events(), x.faked})
	}
	return rows
}

func processRows(all []example) (rows []processRow) {
	for _, x := range all {
		lasts := x.lasts
		if lasts == 0 {
			lasts = 20 * showdown.Second
		}
		rows = append(rows, processRow{
			step:  act("A", showdown.Second, x.do, x.target, lasts, x.with...),
			kinds: x.events(), evidence: x.evidence, facts: x.facts,
		})
	}
	return rows
}
