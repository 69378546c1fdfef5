package results

import "strings"

// Requests counts requests. Scheduled is Sent and Dropped together; Failed counts
// those sent that gave no good answer.
type Requests struct {
	Scheduled uint64 `json:"scheduled"`
	Sent      uint64 `json:"sent"`
	OK        uint64 `json:"ok"`
	Failed    uint64 `json:"failed"`
	Dropped   uint64 `json:"dropped"`
	// Outcomes counts by the outcome's name; outcomes that did not occur are absent.
	Outcomes map[string]uint64 `json:"outcomes"`
}

// Downtime is what users missed, in three numbers and their resolution.
type Downtime struct {
	// ResolutionS is the interval between requests: no end of an outage is known
	// closer.
	ResolutionS float64 `json:"resolution_s"`
	// OutageS is the length of all outages together.
	OutageS        float64 `json:"outage_s"`
	LongestOutageS float64 `json:"longest_outage_s"`
	// DegradedS is the time in windows whose share of good answers is below the
	// service level objective.
	DegradedS float64 `json:"degraded_s"`
	// LostS is the failed share integrated over time: seconds of total outage that
	// would have failed as many requests.
	LostS   float64  `json:"lost_s"`
	Outages []Outage `json:"outages"`
}

// CauseDisturbed is the cause of an outage that the machine under the lab made: most of its
// requests were sent late or were under way while it stood still. No fault is blamed then.
const CauseDisturbed = "the machine was disturbed"

// Outage is a stretch in which every request failed: from the intended time of the
// first of at least ten failures in a row to that of the next good one.
type Outage struct {
	FromS float64 `json:"from_s"`
	// ToS is the end of the record when Open.
	ToS     float64 `json:"to_s"`
	Seconds float64 `json:"seconds"`
	// SecondsLab is the same length in lab seconds.
	SecondsLab float64 `json:"seconds_lab"`
	// Cause is the letter of the fault that most of its failures fall to, or
	// [CauseDisturbed]; empty when there is none.
	Cause string `json:"cause"`
	// Open says that no good answer came after it.
	Open bool `json:"open,omitempty"`
}

// Latency is the latency of good answers in real milliseconds, of both kinds.
type Latency struct {
	// Service is from the send to the end of the answer, Response from the intended
	// send.
	Service  Percentiles `json:"service"`
	Response Percentiles `json:"response"`
}

// Percentiles are percentiles in real milliseconds; nil without a good answer.
type Percentiles struct {
	P50  *float64 `json:"p50"`
	P90  *float64 `json:"p90"`
	P95  *float64 `json:"p95"`
	P99  *float64 `json:"p99"`
	P999 *float64 `json:"p999"`
	Max  *float64 `json:"max"`
}

// Generator is how well the load generator kept its schedule.
type Generator struct {
	// LateP99MS and LateMaxMS are how late requests were sent.
	LateP99MS float64 `json:"late_p99_ms"`
	LateMaxMS float64 `json:"late_max_ms"`
	// Saturated says that the generator could not send what was asked.
	Saturated bool `json:"saturated"`
	// Disturbed says that the machine stalled in a measuring window.
	Disturbed bool `json:"disturbed"`
	// Unknown says that the record was imported from a tool that does not say when requests
	// were due: nothing above was measured, and response times neither.
	Unknown bool `json:"unknown,omitempty"`
}

// Fault is one action of the timeline and what it did. Times are AWS seconds since
// the run's zero.
type Fault struct {
	Letter string `json:"letter"`
	Action string `json:"action"`
	// Command is the command of one's own as one would type it, where the action is one.
	Command  string  `json:"command,omitempty"`
	Target   string  `json:"target"`
	PlannedS float64 `json:"planned_s"`
	// StartS and EndS are when the fault began and was gone; nil when it never did.
	StartS *float64 `json:"start_s"`
	EndS   *float64 `json:"end_s"`
	// Confirmed says that the independent probe saw the fault, Undone that it saw
	// that the fault was gone.
	Confirmed bool `json:"confirmed"`
	Undone    bool `json:"undone"`
	// DetectedS is when the system itself noticed, RecoveredS when service was good
	// again and stayed so; nil when never.
	DetectedS  *float64 `json:"detected_s"`
	RecoveredS *float64 `json:"recovered_s"`
	// RepairedS is when the Auto Scaling groups of the cell had their desired capacity in
	// service again; absent where they never lacked it, or had not by the end.
	RepairedS *float64 `json:"repaired_s,omitempty"`
	// Failed counts the failures that fall to the fault, LostS is its part of the
	// downtime's.
	Failed   uint64            `json:"failed"`
	LostS    float64           `json:"lost_s"`
	Outcomes map[string]uint64 `json:"outcomes,omitempty"`
	// Fidelity says how the fault was made here and how it differs from the real one.
	Fidelity string `json:"fidelity"`
	// Evidence is what the independent probe saw of the fault.
	Evidence string         `json:"evidence,omitempty"`
	Facts    map[string]any `json:"facts,omitempty"`
	Error    string         `json:"error,omitempty"`
}

// Called is what was done, in words that tell it from other actions: the action's name, or
// the command of one's own.
func (f Fault) Called() string {
	if f.Command != "" {
		return f.Command
	}
	return f.Action
}

// NamesTarget says that the command of one's own has the target among its words, so that
// nobody needs to be told it twice.
func (f Fault) NamesTarget() bool { return f.Target != "" && strings.Contains(f.Command, f.Target) }

// Phase is a phase of the traffic, or a step of a ladder.
type Phase struct {
	Name  string  `json:"name"`
	FromS float64 `json:"from_s"`
	ToS   float64 `json:"to_s"`
	// Offered and Goodput are requests and good answers per lab second.
	Offered      float64  `json:"offered"`
	Goodput      float64  `json:"goodput"`
	P99MS        *float64 `json:"p99_ms"`
	Availability *float64 `json:"availability"`
}

// Cohort is a group of clients.
type Cohort struct {
	Name         string   `json:"name"`
	Clients      int      `json:"clients"`
	Requests     Requests `json:"requests"`
	Availability *float64 `json:"availability"`
	// LostS and LongestOutageS are the downtime's, of the cohort's own requests.
	LostS          float64 `json:"lost_s"`
	LongestOutageS float64 `json:"longest_outage_s"`
}

// Backend is what one instance answered, or failed to.
type Backend struct {
	Name   string `json:"name"`
	OK     uint64 `json:"ok"`
	Failed uint64 `json:"failed"`
}

// Reference is the window that is compared across the stages of a journey.
type Reference struct {
	FromS          float64  `json:"from_s"`
	ToS            float64  `json:"to_s"`
	Availability   *float64 `json:"availability"`
	LostS          float64  `json:"lost_s"`
	LongestOutageS float64  `json:"longest_outage_s"`
	P99MS          *float64 `json:"p99_ms"`
}
