package compare

import (
	"encoding/json"
	"math"

	"showdown/results/statistics"
)

// Version is the version of the comparison's form in JSON.
const Version = 1

// Scope is what of the runs is compared.
type Scope string

// The scopes.
const (
	// Whole is everything that was measured: the runs are of one stage.
	Whole Scope = "whole"
	// Shared is the reference window and the faults that all runs play: they are of
	// different stages.
	Shared Scope = "shared"
	// Unmatched is everything, of different stages that share no reference window: it
	// says something only where both were played alike, which nobody has checked.
	Unmatched Scope = "unmatched"
)

// Verdict is what the numbers of two sides say of each other.
type Verdict string

// The verdicts. The second side is better or worse than the first.
const (
	BetterThan   Verdict = "better"
	WorseThan    Verdict = "worse"
	NoDifference Verdict = "no difference seen"
	CannotKnow   Verdict = "cannot know"
)

// Comparison is runs side by side.
type Comparison struct {
	Version int `json:"version"`
	// Sentence says in plain words what came out.
	Sentence string `json:"sentence"`
	// Certainty says in one sentence how far that can be trusted.
	Certainty string `json:"certainty"`
	Scope     Scope  `json:"scope"`
	// Stage is the stage of all sides; empty where they are of different ones.
	Stage string     `json:"stage,omitempty"`
	Sides []SideInfo `json:"sides"`
	// Event is the fault that the sentence is about; nil where it is about something else.
	Event *Event `json:"event,omitempty"`
	// Warnings say what differs between the sides beside what is compared.
	Warnings []string `json:"warnings"`
	Tables   []Table  `json:"tables"`
	// Tested is how many differences were put to the test, those of equal values left out;
	// Alpha the share of those that the
	// test calls different where nothing is.
	Tested  int       `json:"tested"`
	Alpha   float64   `json:"alpha"`
	Aligned []Aligned `json:"aligned"`
	// lost is how far the sides are apart in what users lost, to find the stage of a
	// journey that changed most.
	lost float64
}

// Event is a fault that all sides play.
type Event struct {
	// Fault is the action or the command, Letters what the first run of each side calls it.
	Fault   string   `json:"fault"`
	Letters []string `json:"letters"`
}

// SideInfo says what a side is.
type SideInfo struct {
	Name    string   `json:"name"`
	Runs    []string `json:"runs"`
	Stage   string   `json:"stage"`
	Title   string   `json:"title,omitempty"`
	Started string   `json:"started"`
	Speed   float64  `json:"speed"`
	Seeds   []uint64 `json:"seeds"`
	Verdict string   `json:"verdict"`
}

// Table is the numbers of one cell.
type Table struct {
	Title string `json:"title"`
	Rows  []Row  `json:"rows"`
}

// Row is one number on all sides.
type Row struct {
	Number
	// Sides are in the order of the comparison's.
	Sides []Spread `json:"sides"`
	// Against is what each further side shows against the first one: one less than the
	// sides.
	Against []Against `json:"against"`
}

// Spread is a number on one side.
type Spread struct {
	statistics.Median
	// Values are those of the runs that measured it.
	Values []float64
	// Missing is how many runs did not measure it.
	Missing int
}

// Against is a side's number beside that of the first side.
type Against struct {
	statistics.Difference
	// Relative is the shift as a share of the first side's median: 0.1 is 10 % more. NaN
	// where that is 0 or never.
	Relative float64
	// HolmP is P corrected for the number of tests in the comparison; NaN where nothing
	// was tested.
	HolmP   float64
	Verdict Verdict
	// Why says what keeps it from being known.
	Why string
}

// MarshalJSON writes what is not a number as null, and what never happened as "never".
func (s Spread) MarshalJSON() ([]byte, error) {
	values := make([]any, 0, len(s.Values))
	for _, v := range s.Values {
		values = append(values, jsonNumber(v))
	}
	return json.Marshal(struct {
		N          int     `json:"n"`
		Values     []any   `json:"values"`
		Median     any     `json:"median"`
		Low        any     `json:"low"`
		High       any     `json:"high"`
		Confidence float64 `json:"confidence"`
		Missing    int     `json:"missing,omitempty"`
	}{s.N, values, jsonNumber(s.Value), jsonNumber(s.Low), jsonNumber(s.High), s.Confidence, s.Missing})
}

// MarshalJSON writes what is not a number as null, and what never happened as "never".
func (a Against) MarshalJSON() ([]byte, error) {
	var p, least any
	if !math.IsNaN(a.HolmP) {
		p, least = a.P, a.LeastP
	}
	return json.Marshal(struct {
		Difference any     `json:"difference"`
		Low        any     `json:"low"`
		High       any     `json:"high"`
		Confidence float64 `json:"confidence"`
		Relative   any     `json:"relative"`
		P          any     `json:"p"`
		LeastP     any     `json:"least_p"`
		HolmP      any     `json:"p_holm"`
		Verdict    Verdict `json:"verdict"`
		Why        string  `json:"why,omitempty"`
	}{jsonNumber(a.Shift), jsonNumber(a.Low), jsonNumber(a.High), a.Confidence, jsonNumber(a.Relative), p, least, jsonNumber(a.HolmP), a.Verdict, a.Why})
}

// jsonNumber is v as JSON has it.
func jsonNumber(v float64) any {
	switch {
	case math.IsNaN(v):
		return nil
	case math.IsInf(v, 1):
		return Never
	case math.IsInf(v, -1):
		return "from " + Never
	}
	return v
}
