package showdown

import "time"

// Event is one line of a run's event log: everything that is not a request.
type Event struct {
	// T is AWS seconds since the run's zero, which is the start of the traffic;
	// what happens before it is negative.
	T float64 `json:"t"`
	// At is the wall clock.
	At time.Time `json:"at"`
	// Cell is empty for what concerns the whole run.
	Cell string    `json:"cell,omitempty"`
	Kind EventKind `json:"kind"`
	// Source is who says it: "play", "chaos", "ec2", "attack", "probe".
	Source string `json:"source"`
	// Target is whom it is about: an instance, a phase, a fault's letter.
	Target string `json:"target,omitempty"`
	// Data is what else is known, by kind; the format's documentation lists the keys.
	Data map[string]any `json:"data,omitempty"`
}

// EventKind is what an event says. The set is open to additions.
type EventKind string

// The kinds of events, with the keys of their data.
const (
	// RunStarted and RunEnded frame the log; RunEnded carries "reason". The verdict is
	// the analysis's, which comes after it.
	RunStarted EventKind = "run.started"
	RunEnded   EventKind = "run.ended"
	// LabUp and LabDown frame a cell's lab; LabUp carries "lab_ms", "instances", and where
	// there is a hosted zone "domain", "name_servers" and "hosts", the names with an address.
	LabUp   EventKind = "lab.up"
	LabDown EventKind = "lab.down"
	// SteadyStateChecked carries "when" (before, after), "held" and "measured".
	SteadyStateChecked EventKind = "steady_state"
	// TrafficStarted and TrafficEnded frame a cell's attack. TrafficStarted carries
	// "clients", "timeout_ms", "timeout_floored".
	TrafficStarted EventKind = "traffic.started"
	TrafficEnded   EventKind = "traffic.ended"
	// PhaseStarted has the segment's name as target, and carries "offered" (mean
	// requests/s), "from_s" and "to_s" (planned, AWS seconds), "phase" and "step"; and
	// "replanned" where somebody has set a new rate, which holds from then on.
	PhaseStarted EventKind = "phase.started"
	// The life of an action, target = the letter. All carry "action" and "targets".
	// FaultPlanned carries "planned_s" and "for_s", and "during" or "after" with the
	// letter that it waits for; FaultInjected, when the fault is in place, "fidelity"; FaultConfirmed and FaultUnconfirmed "evidence" (what the
	// independent probe saw) and "facts"; FaultHealing is when the undo starts,
	// FaultUndone when the probe saw that it is gone, FaultNotUndone when it was
	// still there, FaultFailed carries "error", also where it was not played at all. Of a
	// command of one's own FaultInjected and FaultFailed carry "command", and FaultUndone
	// and FaultNotUndone "undo_command": "argv", "dir", "exit", "took_ms", "stdout" and
	// "stderr" (64 KiB of each at most, then "cut"), and "timed_out".
	FaultPlanned     EventKind = "fault.planned"
	FaultInjecting   EventKind = "fault.injecting"
	FaultInjected    EventKind = "fault.injected"
	FaultConfirmed   EventKind = "fault.confirmed"
	FaultUnconfirmed EventKind = "fault.unconfirmed"
	FaultHealing     EventKind = "fault.healing"
	FaultUndone      EventKind = "fault.undone"
	FaultNotUndone   EventKind = "fault.not_undone"
	FaultFailed      EventKind = "fault.failed"
	// FaultKilled is a fault that ended the process of one of its targets by itself, as a
	// leak does whose memory is full; it carries "instance" and "evidence". The fault
	// lasts until the process runs again.
	FaultKilled EventKind = "fault.killed"
	// The end of a change that outlives its fault, such as the type of a resized
	// instance: ChangeUndoing is when the roll back starts to take it back, then it is
	// undone or still there. Target and data as for a fault.
	ChangeUndoing   EventKind = "change.undoing"
	ChangeUndone    EventKind = "change.undone"
	ChangeNotUndone EventKind = "change.not_undone"
	// ExperimentStopped carries "condition": a stop_if that came true.
	ExperimentStopped EventKind = "experiment.stopped"
	// StageAborted carries "condition": an abort_if that came true over the requests of the
	// cell, and ended the traffic of all cells.
	StageAborted EventKind = "stage.aborted"
	// InstanceState has the instance as target and carries "from", "to" and "type".
	InstanceState EventKind = "instance.state"
	// InstanceModified is a changed instance type: "from" and "type".
	InstanceModified EventKind = "instance.modified"
	// InstanceListening is the application of a booted instance answering; it carries
	// "late_ms", the lab time by which the plan was missed.
	InstanceListening EventKind = "instance.listening"
	// InstanceStatus carries "system" and "instance": "ok", "initializing", "impaired".
	InstanceStatus EventKind = "instance.status"
	// InstanceAddress carries "public", "private" and "elastic".
	InstanceAddress EventKind = "instance.address"
	// InstanceCredits carries "balance" (credits), "speed" (share of full speed).
	InstanceCredits EventKind = "instance.credits"
	// APIRefused carries "operation", "code" and "message": AWS said no.
	APIRefused EventKind = "api.refused"
	// MachineLost is a machine's process that ended and nobody asked it to, or that did
	// not start; it carries "error" and, where there was a process, "identity".
	MachineLost EventKind = "machine.lost"
	// ProgramEnded is an application of one's own whose process ended and nobody asked it
	// to: target is its instance, whose addresses refuse from then on. It carries "exit"
	// ("exit status 1", "signal: killed") and "output", its last lines.
	ProgramEnded EventKind = "program.ended"
	// ClientsTold is clients learning addresses; it carries "addresses".
	ClientsTold EventKind = "clients.told"
	// ClientsHold is how many clients of a cohort would use each address of a name if
	// they asked now, whoever answers there: the staircase after a record was removed.
	// The target is the cohort, or the host where there are no cohorts; it carries
	// "host", "clients" (how many have an answer that still counts) and "holders" (how
	// many of them hold each address, by instance name or address).
	ClientsHold EventKind = "clients.hold"
	// DNSChange is a change of a record set: target is the name, "change" is "UPSERT",
	// "REMOVE" or "RESTORE", "values" the addresses after it, "status" "PENDING" or
	// "INSYNC" (Amazon Route 53 API Reference, ChangeInfo).
	DNSChange EventKind = "dns.change"
	// DNSHealth is a Route 53 health check that changed its mind: target is the
	// instance or address, "healthy" and "share" (of the checkers that find it healthy).
	DNSHealth EventKind = "dns.health"
	// DNSFailing is the name servers failing on purpose, or not any more: "mode" is
	// "nxdomain", "servfail", "silent", "slow" or "none"; target is the host or empty.
	DNSFailing EventKind = "dns.failing"
	// GroupChanged is a security group with other rules: "inbound" is the rules in
	// words.
	GroupChanged EventKind = "group.changed"
	// Reached is one cell of the connection matrix, found by connecting: target is the
	// instance, "from" the group, instance or "internet", "met" is "answered", "refused",
	// "silent" or "unreachable", "allowed" what the rules say, "fidelity" how a denial is made.
	Reached EventKind = "vpc.reached"
	// TargetHealth is what a load balancer node believes of a target from now on: target
	// is the instance, and it carries "balancer", "node", "zone", "group", "from", "to"
	// ("initial", "healthy", "unhealthy") and "reason"; "at" is when the node says so, and
	// "scheduled", "started" and "ended" are the times of the check that decided it.
	TargetHealth EventKind = "target.health"
	// TargetState is a target in its group's register: target is the instance, and it
	// carries "balancer", "group" and "to": "registered" (with "known" where it was healthy
	// before, "again" where its instance runs again), "unused" (with AWS's "reason" code),
	// "draining" (with "delay_s"), "deregistered" (with "cut", the requests that were ended).
	TargetState EventKind = "target.state"
	// BalancerNode is a load balancer's node in the name's answer or not: target is the
	// node, and it carries "balancer", "zone", "address", "private", "in_dns" and "reason".
	BalancerNode EventKind = "balancer.node"
	// BalancerChanged is a load balancer with another setting: target is the balancer,
	// "change" says it in words. What is said first also carries "floors": in words, where a
	// timeout is held up because the clock runs so fast.
	BalancerChanged EventKind = "balancer.changed"
	// ScalingActivity is an activity of an Auto Scaling group, which is the target, in
	// the words of its activity history: "activity" (its number), "status"
	// ("InProgress", "Successful", "Failed", "Cancelled"), "description", "cause",
	// "instance" and "zone", and where it failed "message".
	ScalingActivity EventKind = "scaling.activity"
	// ScalingAlarm is an alarm that changes its state: target is the policy, and it
	// carries "group", "alarm" ("high", "low"), "to" ("OK", "ALARM", "INSUFFICIENT_DATA") and
	// "value".
	ScalingAlarm EventKind = "scaling.alarm"
	// ScalingCapacity is an Auto Scaling group's size, said at each change: "min", "max",
	// "desired", "in_service", "pending", "terminating", and "zones" with the instances
	// in service by zone; where there are some "standby" and "warm", those of the warm pool.
	ScalingCapacity EventKind = "scaling.capacity"
	// ScalingLifecycle is an instance, the target, in another lifecycle state of its
	// group: "group", "from", "to" (Amazon EC2 Auto Scaling User Guide, Instance
	// lifecycle).
	ScalingLifecycle EventKind = "scaling.lifecycle"
	// ScalingMetric is a value of a policy's metric for an AWS minute: target is the
	// group, "metric" and "value".
	ScalingMetric EventKind = "scaling.metric"
	// ZoneCapacity is a zone, the target, in which no instance can be launched or
	// started, or can be again: "open".
	ZoneCapacity EventKind = "zone.capacity"
	// CommandTaken is what somebody asked of a lab that keeps running: "command" is "heal",
	// "rate" or "stage", "id" what the asker was answered, "rate" and "stage" what is wanted.
	CommandTaken EventKind = "command.taken"
	// Stall is the harness's own heartbeat coming late; it carries "late_ms".
	Stall EventKind = "stall"
	// Interrupted is a signal or a cancelled run; it carries "reason".
	Interrupted EventKind = "interrupted"
)
