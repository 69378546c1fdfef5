package showdown

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// SteadyState is what must hold before an experiment and again after its roll
// back: the base of every comparison.
type SteadyState struct {
	// Requests is how many requests in a row must be good. 0 is the default of 10.
	Requests int `yaml:"requests" json:"requests,omitempty"`
	// Within bounds the wait for them. 0 is the default of 5 minutes.
	Within Duration `yaml:"within" json:"within,omitempty"`
}

// Step is one action of a cell's timeline.
type Step struct {
	// Letter names the action in claims, figures and reports: "A".
	Letter string `yaml:"letter" json:"letter"`
	// At is when it fires: AWS time since the start of the traffic, or since the
	// start of Phase where one is named.
	At    Duration `yaml:"at" json:"at"`
	Phase string   `yaml:"phase" json:"phase,omitempty"`
	// During is the letter of an action: At counts from the moment at which that was in
	// place, and this action ends with it at the latest.
	During string `yaml:"during" json:"during,omitempty"`
	// After is the letter of an action: At counts from the moment at which that was
	// over.
	After string `yaml:"after" json:"after,omitempty"`
	// Jitter delays the action by a length between nothing and Jitter that depends on
	// the run's seed, the cell and the letter.
	Jitter Duration `yaml:"jitter" json:"jitter,omitempty"`
	// Repeat plays the action several times; the loader writes the steps out, with the
	// letters A1, A2 and so on. It is nil in a stage as resolved.
	Repeat *Repeat `yaml:"repeat" json:"repeat,omitempty"`
	// Do is the action's name, one of [Actions]. In a running system it is a command of
	// one's own, [RunCommand], which Run has.
	Do  string   `yaml:"do" json:"do"`
	Run *Command `yaml:"do,group" json:"run,omitempty"`
	// Undo is "none" where a command of one's own leaves nothing to take back; else
	// UndoRun is the command that takes it back. Actions of a lab undo themselves.
	Undo    string   `yaml:"undo" json:"undo,omitempty"`
	UndoRun *Command `yaml:"undo,group" json:"undo_run,omitempty"`
	// Probe says how a fault of one's own shows. Actions of a lab have their own.
	Probe *Probe `yaml:"probe" json:"probe,omitempty"`
	// Target is whom it hits; it is resolved when the action fires.
	Target Selector `yaml:"target" json:"target,omitempty"`
	// For is how long it lasts before it is undone; 0 leaves it until the roll back.
	For Duration `yaml:"for" json:"for,omitempty"`
	// With are the action's parameters, as text.
	With map[string]string `yaml:"with" json:"with,omitempty"`
}

// Repeat is how often an action is played, and at which distance.
type Repeat struct {
	// Times is how many times in all, 2 to 9.
	Times int `yaml:"times" json:"times"`
	// Every is the time from one start to the next.
	Every Duration `yaml:"every" json:"every"`
}

// Selector says whom an action hits: an instance's name, "role:web", "zone:us-east-1a",
// "one" (any), "all", or "50%" of all, rounded up. "one:" and a percentage take a
// role or zone after a space: "one role:web".
type Selector string

// Select is the names that s chooses from instances, which are in a fixed order.
// pick(n) returns a number in [0, n) from the run's seed. It fails when nothing
// matches.
func (s Selector) Select(instances []Instance, pick func(n int) int) ([]string, error) {
	text := strings.TrimSpace(string(s))
	head, filter, _ := strings.Cut(text, " ")
	amount := ""
	switch {
	case head == "one" || head == "all" || strings.HasSuffix(head, "%"):
		amount = head
	case filter == "":
		amount, filter = "all", text
	default:
		return nil, fmt.Errorf("target %q: write a name, role:R, zone:Z, one, all or N%%, the last three with a filter after a space", text)
	}
	var names []string
	for _, in := range instances {
		if filter == "" || in.Name == filter || "role:"+in.Role == filter || "zone:"+in.Zone == filter {
			names = append(names, in.Name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("target %q matches no instance", text)
	}
	n := len(names)
	switch {
	case amount == "one":
		n = 1
	case strings.HasSuffix(amount, "%"):
		p, err := strconv.ParseFloat(strings.TrimSuffix(amount, "%"), 64)
		if err != nil || !(p > 0 && p <= 100) {
			return nil, fmt.Errorf("target %q: the percentage must be above 0 and at most 100", text)
		}
		n = max(1, int((float64(len(names))*p+99.999999)/100))
	}
	for i := range n {
		j := i + pick(len(names)-i)
		names[i], names[j] = names[j], names[i]
	}
	names = names[:n]
	sort.Strings(names)
	return names, nil
}

// Candidates are the names of all instances that s may choose; nil when it matches none
// or cannot be read.
func (s Selector) Candidates(instances []Instance) []string {
	text := strings.TrimSpace(string(s))
	if _, filter, both := strings.Cut(text, " "); both {
		text = filter
	} else if text == "one" || strings.HasSuffix(text, "%") {
		text = "all"
	}
	names, err := Selector(text).Select(instances, func(int) int { return 0 })
	if err != nil {
		return nil
	}
	return names
}
