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
	// beside are steps that are played too, and during is the letter of the one that it
	// lies in.
	beside []showdown.Step
	during string
	// onlyFaked says that only the fakes have what it needs.
	onlyFaked bool
}

// examples is the table of them.
func examples() []example {
	return slices.Concat(
		deepFailureExamples(), fillQueueExamples(), packetDelayExamples(), clockSkewExamples(), leakExamples(),
		addInstanceExamples(), removeInstanceExamples(), allocateAddressExamples(), remapEIPExamples(),
		removeDNSRecordExamples(), restoreDNSRecordExamples(), dnsFailExamples(),
		cutExamples(), changeSecurityGroupExamples(),
		failAZExamples(), azSlowExamples(), cutBetweenZonesExamples(),
		scaleExamples(), instanceRefreshExamples(), wrongHealthCheckExamples(), deregisterExamples(),
		removeComponentExamples(), operatorExamples(),
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
		step := act("A", minute, x.do, x.target, 2*minute, x.with...)
		step.During = x.during
		rows = append(rows, fakeRow{step, x.events(), x.faked, x.beside})
	}
	return rows
}

func processRows(all []example) (rows []processRow) {
	for _, x := range all {
		if x.onlyFaked {
			continue
		}
		lasts := x.lasts
		if lasts == 0 {
			lasts = 20 * showdown.Second
		}
		step := act("A", showdown.Second, x.do, x.target, lasts, x.with...)
		step.During = x.during
		rows = append(rows, processRow{step: step, kinds: x.events(), evidence: x.evidence, facts: x.facts, beside: x.beside})
	}
	return rows
}
