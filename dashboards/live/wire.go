package live

import "showdown/results/diagram"

// Totals counts a cell's requests since the run's zero.
type Totals struct {
	OK      uint64 `json:"ok"`
	Failed  uint64 `json:"failed"`
	Dropped uint64 `json:"dropped"`
}

// Recent is what a cell's newest buckets show: the availability and the rates, in requests a
// lab second, of the last three, latencies in milliseconds of the good answers of the last ten.
type Recent struct {
	Availability number  `json:"availability"`
	Goodput      float64 `json:"goodput"`
	Failed       float64 `json:"failed"`
	P50          number  `json:"p50_ms"`
	P95          number  `json:"p95_ms"`
	P99          number  `json:"p99_ms"`
	// LateMS is the longest that the generator sent one after its time.
	LateMS float64 `json:"late_ms"`
}

// Points are buckets as arrays of one length: good answers, requests without one, and
// percentiles over the ten buckets that end with each. null is a bucket
// of which nothing is known.
type Points struct {
	From   int      `json:"from"`
	OK     []number `json:"ok"`
	Failed []number `json:"failed"`
	P50    []number `json:"p50"`
	P95    []number `json:"p95"`
	P99    []number `json:"p99"`
}

// Flow is the requests on a way of the drawing in the last five buckets: Rate a lab second, and
// Errors, the share of them without a good answer.
type Flow struct {
	Rate   float64 `json:"rate"`
	Errors float64 `json:"errors"`
}

// Node is what is known of a part of the architecture: State is what was done to it, Belief
// what the load balancer says.
type Node struct {
	State  diagram.State  `json:"state"`
	Belief diagram.Belief `json:"belief,omitempty"`
	// SinceS is when the state began, in AWS seconds since the run's zero.
	SinceS float64 `json:"since_s"`
}

// Phase is where a fault is in its life, by what was reported of it.
type Phase string

// The phases of a fault. Active is confirmed by the probe, Unconfirmed is one that the probe
// did not see; Healed is confirmed to be gone, NotHealed is still there.
const (
	Planned     Phase = "planned"
	Injecting   Phase = "injecting"
	Injected    Phase = "injected"
	Active      Phase = "active"
	Unconfirmed Phase = "unconfirmed"
	Healing     Phase = "healing"
	Healed      Phase = "healed"
	NotHealed   Phase = "not healed"
	Failed      Phase = "failed"
)

// Fault is a chaos action of a cell. Seconds are AWS's since the run's zero.
type Fault struct {
	Letter   string   `json:"letter"`
	Action   string   `json:"action"`
	Targets  []string `json:"targets"`
	Phase    Phase    `json:"phase"`
	PlannedS float64  `json:"planned_s"`
	// ForS is how long it is planned to last; 0 until the end.
	ForS float64 `json:"for_s"`
	// FromS, DetectedS, HealingS and ToS are when it struck, when the system noticed, when
	// its undo began and when the probe saw that it was gone; null before.
	FromS     *float64 `json:"from_s"`
	DetectedS *float64 `json:"detected_s"`
	HealingS  *float64 `json:"healing_s"`
	ToS       *float64 `json:"to_s"`
	// By is who noticed: "balancer", "Route 53" or EC2's "status check".
	By string `json:"by,omitempty"`
	// Evidence is what the probe saw last.
	Evidence string `json:"evidence,omitempty"`
	// Failed counts requests without a good answer since it struck, until another one did or
	// service was good after its end;
	// LastFailedS is when the last of them was meant to be sent.
	Failed      uint64   `json:"failed"`
	LastFailedS *float64 `json:"last_failed_s"`
	// SelfHealed says, of a fault that is over and that users felt, that they were served again
	// before the undo began, and for longer than a request may wait: one that was sent shortly before
	// may have been answered because of the undo.
	SelfHealed bool `json:"self_healed"`
	// OutageS is the longest of it without any good answer, to a bucket.
	OutageS float64 `json:"outage_s"`
	// fromBucket is the bucket in which it struck, tally what users felt in the buckets that
	// are not held any more, with the parameters of its step.
	fromBucket int
	tally      tally
	with       map[string]string
}

// began says that the fault struck.
func (f *Fault) began() bool { return f.FromS != nil }

// Over says that nothing more will be heard of the fault.
func (f *Fault) Over() bool { return f.Phase == Healed || f.Phase == Failed }

// Line is a line of the ticker.
type Line struct {
	// T is AWS seconds since the run's zero, LabS the same in the lab's.
	T    float64 `json:"t"`
	LabS float64 `json:"lab_s"`
	Cell string  `json:"cell"`
	// Kind is the event's; Weight is fault, notice, healed or info.
	Kind   string `json:"kind"`
	Weight string `json:"weight"`
	// Text is the line in each language.
	Text map[string]string `json:"text"`
}

// Event is a message of something that happened: a line of the ticker, the nodes that it
// changed, and the faults as they are now.
type Event struct {
	Line
	Nodes  map[string]Node `json:"nodes,omitempty"`
	Faults []Fault         `json:"faults"`
	// Drawing numbers the cell's drawing: another number is another picture.
	Drawing int `json:"drawing"`
}

// Tick is the message of time passing.
type Tick struct {
	Step   string              `json:"step"`
	Cells  map[string]TickCell `json:"cells"`
	Replay *Position           `json:"replay,omitempty"`
}

// TickCell is what changed in a cell since the last tick.
type TickCell struct {
	// T is the cell's AWS seconds since the run's zero, Phase that of its traffic.
	T       float64 `json:"t"`
	Phase   string  `json:"phase"`
	Offered float64 `json:"offered"`
	Ended   bool    `json:"ended"`
	Points  Points  `json:"points"`
	Now     Recent  `json:"now"`
	Totals  Totals  `json:"totals"`
	// Faults are left out of a tick where they are what was told last.
	Faults []Fault `json:"faults,omitzero"`
	// Flows are by the ids of the drawing's ways; null where nothing is known of them.
	Flows map[string]Flow `json:"flows"`
	// Measured is told of the base cell alone.
	Measured *Account `json:"measured,omitempty"`
}

// Hello is the message of everything that is known, to a viewer who knows nothing. Ghost is
// absent where no stage was played before.
type Hello struct {
	Server string `json:"server"`
	// Mode is "live", "replay", or "idle" where no stage has begun.
	Mode string `json:"mode"`
	// Buttons are the chaos actions of a lab that takes commands, in the order of the digit keys.
	Buttons    []Button    `json:"buttons,omitempty"`
	Prediction *Prediction `json:"prediction,omitempty"`
	Share      *Share      `json:"share,omitempty"`
	Controls   bool        `json:"controls"`
	Run        string      `json:"run"`
	Step       string      `json:"step"`
	Speed      float64     `json:"speed"`
	// BucketS is the length of a bucket in AWS seconds, BucketLabS in lab seconds.
	BucketS    float64     `json:"bucket_s"`
	BucketLabS float64     `json:"bucket_lab_s"`
	Stage      StageInfo   `json:"stage"`
	Stages     []StageRef  `json:"stages"`
	Ghost      *Ghost      `json:"ghost,omitempty"`
	Cells      []HelloCell `json:"cells"`
	Ticker     []Line      `json:"ticker"`
	Replay     *Position   `json:"replay,omitempty"`
}

// StageInfo is a stage in words.
type StageInfo struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"`
	Promise string  `json:"promise"`
	Number  int     `json:"number"`
	Cures   string  `json:"cures"`
	Before  string  `json:"before"`
	After   string  `json:"after"`
	SLO     float64 `json:"slo"`
	SLOMS   float64 `json:"slo_ms"`
}

// StageRef is a stage that can be chosen.
type StageRef struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// HelloCell is all of a cell.
type HelloCell struct {
	Name  string `json:"name"`
	Shows string `json:"shows"`
	// LengthS is that of its traffic in AWS seconds, 0 where it goes on until somebody ends it; MonthUSD what it costs a month before
	// traffic; null where nobody knows.
	LengthS  float64  `json:"length_s"`
	MonthUSD *float64 `json:"month_usd"`
	TickCell
	Nodes   map[string]Node `json:"nodes"`
	Drawing int             `json:"drawing"`
	// OfferedSteps is the planned load: AWS seconds and requests/s, in the order of time.
	OfferedSteps [][2]float64 `json:"offered_steps"`
}

// Position is where a replay is.
type Position struct {
	// At and Length are AWS seconds; Speed is how many of them pass in a second.
	At     float64 `json:"at_s"`
	Length float64 `json:"length_s"`
	Speed  float64 `json:"speed"`
	Paused bool    `json:"paused"`
}
