package showdown

import (
	"fmt"
	"math"
	"time"
)

// Profile decides what a client does with addresses and connections, and so what a
// stage teaches.
type Profile string

// The client profiles.
const (
	// Pinned keeps one address and one connection and knows no other.
	Pinned Profile = "pinned"
	// Browser keeps its connection and tries the next address when one fails.
	Browser Profile = "browser"
	// Fresh opens a connection for every request.
	Fresh Profile = "fresh"
	// AddressList knows only the addresses it was told, uses them in rotation and
	// tries the next one when one fails.
	AddressList Profile = "address-list"
	// JVM keeps its connection, takes the first address of a name and keeps that for
	// ever, as Java's virtual machine does in some configurations (Amazon RDS User
	// Guide, Multi-AZ: setting the JVM TTL for DNS name lookups).
	JVM Profile = "jvm"
	// Chromium is a Browser that keeps a name at least 60 s, whatever its TTL.
	Chromium Profile = "chromium"
)

// Profiles lists every client profile in the order of the documentation.
func Profiles() []Profile {
	return []Profile{Pinned, Browser, Fresh, AddressList, JVM, Chromium}
}

// FallsBack says whether a client of the profile tries the next address when one
// cannot be reached.
func (p Profile) FallsBack() bool { return p == Browser || p == AddressList || p == Chromium }

// Traffic is what users do in a cell: who they are and how often they ask.
type Traffic struct {
	// Clients is how many users take turns.
	Clients int     `yaml:"clients" json:"clients"`
	Profile Profile `yaml:"profile" json:"profile"`
	// Host is the name that clients resolve to find an address: "@" is the apex of the
	// lab's hosted zone, "www" a name in it. Empty clients are told the instances'
	// addresses.
	Host string `yaml:"host" json:"host,omitempty"`
	// Connections bounds the life of connections that are kept.
	Connections Ageing `yaml:"connections" json:"connections,omitzero"`
	// Timeout bounds a request, connecting included. It is divided by the speed,
	// not below [FloorClient].
	Timeout Duration `yaml:"timeout" json:"timeout"`
	Method  string   `yaml:"method" json:"method"`
	Path    string   `yaml:"path" json:"path"`
	Phases  []Phase  `yaml:"phases" json:"phases"`
	// Cohorts divide the clients into groups that are reported apart; empty is one
	// group of all clients that know every instance.
	Cohorts []Cohort `yaml:"cohorts" json:"cohorts,omitempty"`
	// Scenario is what users ask for in place of Method and Path.
	Scenario `yaml:",inline"`
}

// Cohort is a group of clients with a profile of its own.
type Cohort struct {
	Name string `yaml:"name" json:"name"`
	// Share is the part of the clients that belong to the cohort; the shares of a
	// cell add up to 1.
	Share   Share   `yaml:"share" json:"share"`
	Profile Profile `yaml:"profile" json:"profile"`
	// Knows are the instances whose addresses these clients were told; empty is all.
	Knows []string `yaml:"knows" json:"knows,omitempty"`
	// Host is the name that these clients resolve; empty is that of the traffic, if any.
	Host string `yaml:"host" json:"host,omitempty"`
	// Connections bounds the life of their connections; zero is that of the traffic.
	Connections Ageing `yaml:"connections" json:"connections,omitzero"`
}

// Known are the instances and load balancer nodes that any cohort was told of by name.
func (t Traffic) Known() []string {
	var out []string
	for _, c := range t.Cohorts {
		out = append(out, c.Knows...)
	}
	return out
}

// Ageing bounds the life of a connection that a client keeps. The zero Ageing bounds
// nothing. A connection that ends so is replaced before a request, never in one.
type Ageing struct {
	// Requests is how many requests a connection carries; 0 is any number.
	Requests int `yaml:"requests" json:"requests,omitempty"`
	// Age is how old a connection gets; 0 is any age.
	Age Duration `yaml:"age" json:"age,omitempty"`
}

// Pace is the shape of the offered load in a phase.
type Pace string

// The shapes of load. All are open: a slow answer does not delay the next request.
const (
	Constant Pace = "constant"
	Ramp     Pace = "ramp"
	Steps    Pace = "steps"
	Sine     Pace = "sine"
	Spike    Pace = "spike"
)

// Phase is a part of a cell's traffic with one shape. Rates are requests per
// second of lab time and no speed changes them.
type Phase struct {
	Name string `yaml:"name" json:"name"`
	// For is the phase's length; a capacity phase has Lab instead.
	For Duration `yaml:"for" json:"for,omitempty"`
	// Lab is the length of a capacity phase, or of one step of a ladder: at least
	// one second of lab time, since its requests must be counted.
	Lab LabDuration `yaml:"lab" json:"lab,omitempty"`
	// Pace is the shape; empty is constant.
	Pace Pace `yaml:"pace" json:"pace"`
	// Rate is the rate of a constant phase, the mean of a sine, the floor of a spike.
	Rate float64 `yaml:"rate" json:"rate,omitempty"`
	// From and To are the rates at the ends of a ramp.
	From float64 `yaml:"from" json:"from,omitempty"`
	To   float64 `yaml:"to" json:"to,omitempty"`
	// Steps are the rates of a ladder; For or Lab is the length of each.
	Steps []float64 `yaml:"steps" json:"steps,omitempty"`
	// Amplitude is how far a sine swings from its mean, Period how long a swing takes.
	Amplitude float64  `yaml:"amplitude" json:"amplitude,omitempty"`
	Period    Duration `yaml:"period" json:"period,omitempty"`
	// Peak is the rate of a spike in the middle third of its phase.
	Peak float64 `yaml:"peak" json:"peak,omitempty"`
}

// Segment is a stretch of lab time with one rule for its rate: rates run linearly
// from From to To, and a sine of Amplitude and Period lies on top.
type Segment struct {
	// Phase is the name of the phase, and Step the number of the ladder's step from
	// 1; 0 outside a ladder.
	Phase string
	Step  int
	// Start and End are lab time since the run's zero.
	Start, End time.Duration
	// From and To are requests per second at the two ends.
	From, To  float64
	Amplitude float64
	Period    time.Duration
}

// Name is the segment's name in reports: its phase, with the step's number for a
// ladder ("ladder/3").
func (s Segment) Name() string {
	if s.Step == 0 {
		return s.Phase
	}
	return fmt.Sprintf("%s/%d", s.Phase, s.Step)
}

// Rate is the offered rate at lab time t inside the segment.
func (s Segment) Rate(t time.Duration) float64 {
	if s.End <= s.Start {
		return s.From
	}
	x := float64(t-s.Start) / float64(s.End-s.Start)
	r := s.From + (s.To-s.From)*x
	if s.Amplitude != 0 && s.Period > 0 {
		r += s.Amplitude * math.Sin(2*math.Pi*float64(t-s.Start)/float64(s.Period))
	}
	return r
}

// Hits is how many requests are due between the segment's start and lab time t.
func (s Segment) Hits(t time.Duration) float64 {
	t = min(max(t, s.Start), s.End)
	d, whole := (t - s.Start).Seconds(), (s.End - s.Start).Seconds()
	if whole <= 0 {
		return 0
	}
	n := s.From*d + (s.To-s.From)*d*d/(2*whole)
	if p := s.Period.Seconds(); s.Amplitude != 0 && p > 0 {
		n += s.Amplitude * p / (2 * math.Pi) * (1 - math.Cos(2*math.Pi*d/p))
	}
	return n
}

// Segments lays the phases one after the other on the clock.
func (t Traffic) Segments(c Clock) []Segment {
	var (
		out []Segment
		at  time.Duration
	)
	add := func(s Segment, length time.Duration) {
		s.Start, s.End = at, at+length
		out = append(out, s)
		at += length
	}
	for _, p := range t.Phases {
		length := p.length(c)
		s := Segment{Phase: p.Name}
		switch p.Pace {
		case Ramp:
			s.From, s.To = p.From, p.To
			add(s, length)
		case Steps:
			for i, r := range p.Steps {
				s.Step, s.From, s.To = i+1, r, r
				add(s, length)
			}
		case Sine:
			s.From, s.To, s.Amplitude, s.Period = p.Rate, p.Rate, p.Amplitude, c.Lab(p.Period)
			add(s, length)
		case Spike:
			third := length / 3
			for _, r := range []float64{p.Rate, p.Peak, p.Rate} {
				s.From, s.To = r, r
				add(s, third)
			}
		default:
			s.From, s.To = p.Rate, p.Rate
			add(s, length)
		}
	}
	return out
}

// OpenFor is the lab time that the traffic of a stage is planned for which is kept open, until
// somebody leaves it.
const OpenFor = 24 * time.Hour

// Ending is the planned lab time of the traffic; 0 is without end.
func (t Traffic) Ending(c Clock) time.Duration {
	if l := t.Length(c); l < OpenFor-time.Second {
		return l
	}
	return 0
}

// Replan is segments with one constant rate from lab time at to their end: the load of a lab
// whose rate somebody has changed.
func Replan(segments []Segment, at time.Duration, name string, rate float64) []Segment {
	var out []Segment
	end := at
	for _, s := range segments {
		end = max(end, s.End)
		if s.Start >= at {
			continue
		}
		if s.End > at {
			s.To = s.Rate(at)
			if s.Amplitude != 0 {
				s.To = s.From // a swing lies on top of it
			}
			s.End = at
		}
		out = append(out, s)
	}
	return append(out, Segment{Phase: name, Start: at, End: end, From: rate, To: rate})
}

// Scale is segments whose rates are multiplied by factor from lab time at on.
func Scale(segments []Segment, at time.Duration, factor float64) []Segment {
	var out []Segment
	for _, s := range segments {
		if s.End <= at {
			out = append(out, s)
			continue
		}
		rest := s
		if s.Start < at {
			before := s
			before.End, rest.Start = at, at
			if s.Amplitude == 0 {
				before.To, rest.From = s.Rate(at), s.Rate(at)
			}
			out = append(out, before)
		}
		rest.From, rest.To, rest.Amplitude = rest.From*factor, rest.To*factor, rest.Amplitude*factor
		out = append(out, rest)
	}
	return out
}

func (p Phase) length(c Clock) time.Duration {
	if p.Lab > 0 {
		return time.Duration(p.Lab)
	}
	return c.Lab(p.For)
}

// Length is the lab time that all phases take together.
func (t Traffic) Length(c Clock) time.Duration {
	segments := t.Segments(c)
	if len(segments) == 0 {
		return 0
	}
	return segments[len(segments)-1].End
}

// StepStart is the lab time since the run's zero at which step s of a timeline is due,
// where it waits for no other step; [Cell.StepStart] is that of each. ok is false when
// the step names a phase that does not exist.
func (t Traffic) StepStart(c Clock, s Step) (at time.Duration, ok bool) {
	at = c.Lab(s.At)
	if s.Phase == "" {
		return at, true
	}
	start, ok := t.PhaseStart(c, s.Phase)
	return start + at, ok
}

// PhaseStart is the lab time at which the phase of that name starts.
func (t Traffic) PhaseStart(c Clock, name string) (time.Duration, bool) {
	for _, s := range t.Segments(c) {
		if s.Phase == name {
			return s.Start, true
		}
	}
	return 0, false
}
