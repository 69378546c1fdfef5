package chaos

import "showdown"

// deed is how an action is done.
type deed struct {
	// needs is what the backend must be able to do: a verb, "stop", "kill", "pause";
	// empty where no machine is touched.
	needs string
	// needsFor is the same where it depends on the parameters; nil is needs.
	needsFor func(values) string
	// evidence is what the probe must see, in a few words.
	evidence string
	// made says how the action is made and how that differs from AWS, where no backend
	// is needed that says so.
	made string
	// bounds are the bounds of a parameter where they are narrower than its kind's.
	bounds map[string]string
	// bound says that the effect lives in the machine's process and ends with it.
	bound bool
	// perishes says that an instance that is terminated meanwhile, as an Auto Scaling
	// group does to one that is broken, takes the effect with it.
	perishes bool
	// inside says that the probe connects to no target: what it sees is an answer of the
	// control plane or of name servers.
	inside bool
	// early says that the first look takes up to limits.census more than the others'.
	early bool
	// check looks at the parameters beyond their kinds; nil where there is nothing.
	check func(values) error
	// fits looks whether the cell has what the step needs; nil where that is nothing.
	fits func(showdown.Cell, showdown.Step, values) error
	// delay is how long the action waits beyond its time, given what draws numbers from 0
	// to 1 by name; nil where that is not at all.
	delay func(v values, draw func(what string) float64) showdown.Duration
	// effect makes the effect on a target.
	effect func(*target, values) effect
}

// wants is what the backend must be able to do for the parameters.
func (d deed) wants(v values) string {
	if d.needsFor != nil {
		return d.needsFor(v)
	}
	return d.needs
}

// deeds is the table of actions; their names and parameters are the root package's
// [showdown.Actions].
func deeds() map[string]deed {
	return map[string]deed{
		"stop-instance":         stopInstance(),
		"start-instance":        startInstance(),
		"resize-instance":       resizeInstance(),
		"modify-instance-type":  modifyInstanceType(),
		"kill":                  kill(),
		"hang":                  hang(),
		"blackhole":             blackhole(),
		"slow":                  slow(),
		"cpu-steal":             cpuSteal(),
		"error-500":             error500(),
		"deep-failure":          deepFailure(),
		"fill-queue":            fillQueue(),
		"packet-delay":          packetDelay(),
		"clock-skew":            clockSkew(),
		"leak":                  leak(),
		"spike":                 spike(),
		"add-instance":          addInstance(),
		"remove-instance":       removeInstance(),
		"allocate-address":      allocateAddress(),
		"remap-eip":             remapEIP(),
		"remove-dns-record":     removeDNSRecord(),
		"restore-dns-record":    restoreDNSRecord(),
		"dns-fail":              dnsFail(),
		"cut":                   cut(),
		"change-security-group": changeSecurityGroup(),
		"tell-clients":          tellClients(),
		"fail-az":               failAZ(),
		"az-slow":               azSlow(),
		"cut-between-zones":     cutBetweenZones(),
		"scale":                 scale(),
		"instance-refresh":      instanceRefresh(),
		"wrong-health-check":    wrongHealthCheck(),
		"deregister":            deregister(),
		"remove-component":      removeComponent(),
		"operator":              operator(),
	}
}
