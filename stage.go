package showdown

// FormatVersion is the version of the stage format that this build reads.
const FormatVersion = 1

// BaseCell is the name of the cell whose numbers stand at the top of a summary and
// which plays the journey's reference event.
const BaseCell = "base"

// Stage is one step of a journey: cells that run side by side, the claims they put
// to the test, and what the teacher says.
type Stage struct {
	Version int    `yaml:"version" json:"version"`
	Journey string `yaml:"journey" json:"journey"`
	// Name is unique in its journey and is part of the stage's id.
	Name string `yaml:"stage" json:"stage"`
	// Number orders the stages of a journey, from 1.
	Number int    `yaml:"number" json:"number"`
	Title  string `yaml:"title" json:"title"`
	// Promise is what the architecture is meant to give, in one line.
	Promise string `yaml:"promise" json:"promise"`
	Teach   Teach  `yaml:"teach" json:"teach"`
	// App is the application that every instance runs: "clock".
	App string `yaml:"app" json:"app"`
	// Program is the application of one's own that they run in place of it: in a file the
	// same field "app", as a group of fields. App is empty then.
	Program *Program `yaml:"-" json:"program,omitempty"`
	// Work is the CPU work of one request in CoreMark iterations. An instance
	// type's CoreMark rate divided by it is the requests/s that the type sustains.
	Work float64 `yaml:"work" json:"work"`
	// Speed fixes the stage's speed; 0 leaves it to the run.
	Speed float64 `yaml:"speed" json:"speed,omitempty"`
	SLO   SLO     `yaml:"slo" json:"slo"`
	Cells []Cell  `yaml:"cells" json:"cells"`
	// Claims are put to the test by the whole stage; each names its cell or the
	// base cell is meant.
	Claims []Claim `yaml:"claims" json:"claims"`
	// Gates are further expectations that a run must meet.
	Gates []Gate `yaml:"gates" json:"gates,omitempty"`
	// AbortIf are conditions that end the run while it is played. The run has failed then.
	AbortIf []Abort `yaml:"abort_if" json:"abort_if,omitempty"`
	// Source is the file that the stage was read from, for messages.
	Source string `yaml:"-" json:"source,omitempty"`
}

// ID is the stage's name in commands and reports: "whatsthetime/vertical".
func (s *Stage) ID() string { return s.Journey + "/" + s.Name }

// Cell is the cell of that name; ok is false when the stage has none.
func (s *Stage) Cell(name string) (c *Cell, ok bool) {
	for i := range s.Cells {
		if s.Cells[i].Name == name {
			return &s.Cells[i], true
		}
	}
	return nil, false
}

// Teach is what a teacher says about a stage, in a few sentences each.
type Teach struct {
	// Cures is what the stage mends of the stage before it, in one line; empty in the
	// first stage. What that costs is worked out.
	Cures string `yaml:"cures" json:"cures,omitempty"`
	// Before is said while the stage starts: what is built and what to watch.
	Before string `yaml:"before" json:"before"`
	// After is said over the result. It may not promise a number: those are measured.
	After string `yaml:"after" json:"after"`
}

// SLO is the service level objective of a stage: below it a window counts as
// degraded, and a load step beyond it lies past the knee.
type SLO struct {
	// Availability is the smallest share of good answers in a window, 0 to 1.
	Availability Share `yaml:"availability" json:"availability"`
	// Latency bounds the p99 of good answers. Latency is real and not scaled.
	Latency LabDuration `yaml:"latency" json:"latency"`
}

// WorkOf is the CPU work of one request in a cell of the stage.
func (s *Stage) WorkOf(c *Cell) float64 {
	if c.Work > 0 {
		return c.Work
	}
	return s.Work
}

// Cell is one lab, or one running system, with its traffic and its timeline.
type Cell struct {
	Name string `yaml:"name" json:"name"`
	// Shows says in one line what the cell is there to compare.
	Shows string `yaml:"shows" json:"shows,omitempty"`
	// Work is the CPU work of one request in this cell; 0 is the stage's. A cell that
	// compares the capacity of several instances takes more, so that the load that it
	// needs stays within what the machine carries.
	Work     float64  `yaml:"work" json:"work,omitempty"`
	Topology Topology `yaml:"topology" json:"topology"`
	// Targets are the URLs of a running system, in place of a topology. Time is real
	// there, and what breaks it are commands of one's own.
	Targets []Target `yaml:"targets" json:"targets,omitempty"`
	Traffic Traffic  `yaml:"traffic" json:"traffic"`
	// SteadyState must hold before the timeline starts and again after roll back.
	SteadyState SteadyState `yaml:"steady_state" json:"steady_state"`
	Timeline    []Step      `yaml:"timeline" json:"timeline"`
	// StopIf are conditions, in the language of claims, that end the cell's
	// experiment and roll it back while it runs.
	StopIf []string `yaml:"stop_if" json:"stop_if,omitempty"`
	// Reference is the window that is compared across the stages of a journey; nil
	// in a cell that does not play the reference event.
	Reference *Reference `yaml:"reference" json:"reference,omitempty"`
}

// Reference is the window around the event that every stage of a journey plays in
// its base cell. Its length is planned, so it is the same in every stage whatever
// the event does to it.
type Reference struct {
	// Fault is the letter of the event in the cell's timeline.
	Fault string `yaml:"fault" json:"fault"`
	// Before is how long ahead of the event's planned start the window opens.
	Before Duration `yaml:"before" json:"before"`
	// Length is how long the window is open.
	Length Duration `yaml:"length" json:"length"`
}

// Claim is one falsifiable sentence of the course notes with its expectation.
type Claim struct {
	// ID is the claim's id in the list of claims: "11b".
	ID   string `yaml:"id" json:"id"`
	Text string `yaml:"text" json:"text"`
	// Expect is an expression over the analysis; the tolerance is part of it.
	Expect string `yaml:"expect" json:"expect"`
	// Cell is the cell that names without one mean; empty is the base cell.
	Cell string `yaml:"cell" json:"cell,omitempty"`
	// Stages are the stages that a claim of a journey compares. In its expectation a
	// stage's name stands for the stage's base cell, "dns" or "dns/A", and
	// "dns.stale" for another cell of it. It is empty in a claim of one stage.
	Stages []string `yaml:"stages" json:"stages,omitempty"`
	// Note says what the course notes get wrong or leave out.
	Note string `yaml:"note" json:"note,omitempty"`
}

// Verdict is the outcome of a claim, a stage or a run.
type Verdict string

// The verdicts. An outcome that nobody could observe is unknown, never held.
const (
	Held     Verdict = "held"
	Deviated Verdict = "deviated"
	Unknown  Verdict = "unknown"
)

// Worse is the more severe of two verdicts: deviated before unknown before held.
func (v Verdict) Worse(w Verdict) Verdict {
	rank := map[Verdict]int{Held: 0, "": 0, Unknown: 1, Deviated: 2}
	if rank[w] > rank[v] {
		return w
	}
	if v == "" {
		return Held
	}
	return v
}
