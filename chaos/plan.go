package chaos

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"showdown"
)

// PlannedStep is a step of a timeline as it will be played.
type PlannedStep struct {
	Cell   string `json:"cell"`
	Letter string `json:"letter"`
	// At is AWS time since the start of the traffic, Lab the same in lab time. Where there
	// is jitter it is the earliest moment, and Latest and LatestLab are the latest.
	At        showdown.Duration    `json:"at"`
	Lab       showdown.LabDuration `json:"lab"`
	Latest    showdown.Duration    `json:"latest,omitempty"`
	LatestLab showdown.LabDuration `json:"latest_lab,omitempty"`
	// During or After is the letter of the step that this one waits for, and Lag how long
	// after that it fires; At is then an estimate.
	During string            `json:"during,omitempty"`
	After  string            `json:"after,omitempty"`
	Lag    showdown.Duration `json:"lag,omitempty"`
	// Phase is the phase that the step is timed from; empty is the traffic's start.
	Phase string `json:"phase,omitempty"`
	// For is how long it lasts, ForLab the same in lab time; 0 is until the roll back.
	For    showdown.Duration    `json:"for,omitempty"`
	ForLab showdown.LabDuration `json:"for_lab,omitempty"`
	Action string               `json:"action"`
	Kind   showdown.ActionKind  `json:"kind"`
	// Target is the selector, Candidates the instances of the topology among which it
	// chooses when the step fires.
	Target     string   `json:"target,omitempty"`
	Candidates []string `json:"candidates,omitempty"`
	// Params are the parameters with the defaults filled in.
	Params map[string]string `json:"params,omitempty"`
	// Does, Undo and Evidence say what happens, how it is taken back, and what the
	// probe must see.
	Does     string `json:"does"`
	Undo     string `json:"undo"`
	Evidence string `json:"evidence"`
	// Fidelity is how the backend makes it; empty where nobody was asked.
	Fidelity string `json:"fidelity,omitempty"`
}

// Plan is what the experiments of a stage will do, cell by cell in the order of
// time. Steps that [Check] refuses are left out. At most one fidelity is asked how
// the backend makes each fault.
func Plan(s *showdown.Stage, clock showdown.Clock, fidelity ...Fidelity) []PlannedStep {
	var out []PlannedStep
	for _, c := range s.Cells {
		from := len(out)
		for _, st := range c.Timeline {
			if len(checkStep(c, st)) == 0 {
				out = append(out, plan(c, st, clock, fidelity))
			}
		}
		slices.SortStableFunc(out[from:], func(a, b PlannedStep) int { return cmp.Compare(a.Lab, b.Lab) })
	}
	return out
}

func plan(c showdown.Cell, s showdown.Step, clock showdown.Clock, fidelity []Fidelity) PlannedStep {
	a, d := showdown.Actions()[s.Do], deeds()[s.Do]
	v, _ := parseParams(a, s.With) // checked by the caller
	if s.Own() {
		own := step{Step: s}.asOwn()
		a, d, v = own.action, own.deed, own.values
	}
	at, _ := c.StepStart(clock, s)
	latest, _, _ := c.StepSpan(clock, s, showdown.WholeJitter)
	p := PlannedStep{
		Cell: c.Name, Letter: s.Letter, At: planned(clock, at), Lab: showdown.LabDuration(at), Phase: s.Phase,
		For: s.For, ForLab: showdown.LabDuration(clock.Lab(s.For)),
		Action: s.Do, Kind: a.Kind, Target: string(s.Target), Params: v.text,
		Does: a.Does, Undo: a.Undo, Evidence: d.evidence,
	}
	if latest > at {
		p.Latest, p.LatestLab = planned(clock, latest), showdown.LabDuration(latest)
	}
	if s.WaitsFor() != "" {
		p.During, p.After, p.Lag = s.During, s.After, s.At
	}
	if s.Own() {
		p.Fidelity = ownMade + "; after " + commandTime(s.Run) + " it is killed with all that it has started"
	} else if !a.NoTarget {
		p.Candidates = s.Target.Candidates(c.InstancesBefore(s))
	}
	if needs := d.wants(v); needs != "" {
		for _, f := range fidelity {
			p.Fidelity, _ = f(needs)
		}
	}
	return p
}

// planned is a moment of the plan in AWS time, without the noise of a division.
func planned(clock showdown.Clock, at time.Duration) showdown.Duration {
	return showdown.Duration(time.Duration(clock.AWS(at)).Round(time.Millisecond))
}

// WritePlan writes a plan for people.
func WritePlan(w io.Writer, steps []PlannedStep) error {
	cell := "\x00"
	for _, p := range steps {
		if p.Cell != cell {
			cell = p.Cell
			if _, err := fmt.Fprintf(w, "cell %s\n", cell); err != nil {
				return err
			}
		}
		if err := p.write(w); err != nil {
			return err
		}
	}
	return nil
}

func (p PlannedStep) write(w io.Writer) error {
	text := fmt.Sprintf("  %-2s %s%s: %s\n", p.Letter, p.starts(), p.lasts(), p.headline())
	for _, line := range []struct{ name, text string }{
		{"does", p.Does},
		{"among", strings.Join(p.several(), ", ")},
		{"evidence", p.Evidence},
		{"undo", p.Undo},
		{"fidelity", p.Fidelity},
	} {
		if line.text != "" {
			text += fmt.Sprintf("     %-9s %s\n", line.name, line.text)
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

// several are the candidates where there is something to choose.
func (p PlannedStep) several() []string {
	if len(p.Candidates) < 2 {
		return nil
	}
	return p.Candidates
}

func (p PlannedStep) headline() string {
	parts := []string{p.Action}
	if p.Target != "" {
		parts = append(parts, p.Target)
	}
	for _, param := range showdown.Actions()[p.Action].Params {
		if value, given := p.Params[param.Name]; given {
			parts = append(parts, param.Name+"="+value)
		}
	}
	return strings.Join(parts, " ")
}

// starts is when it fires: "at 4m to 6m (lab 4s to 6s)", and for a step that waits for
// another one what it waits for, with the estimate behind it.
func (p PlannedStep) starts() string {
	at, lab := p.At.String(), shortLab(p.Lab)
	if p.Latest > 0 {
		at += " to " + p.Latest.String()
		lab += " to " + shortLab(p.LatestLab)
	}
	moment := ""
	switch {
	case p.During != "":
		moment = p.During + " is in place"
	case p.After != "":
		moment = p.After + " is over"
	default:
		return fmt.Sprintf("at %s (lab %s)", at, lab)
	}
	if p.Lag == 0 {
		moment = "when " + moment
	} else {
		moment = fmt.Sprintf("%s after %s", p.Lag, moment)
	}
	return fmt.Sprintf("%s, about %s (lab %s)", moment, at, lab)
}

func (p PlannedStep) lasts() string {
	switch {
	case p.For > 0 && p.During != "":
		return fmt.Sprintf(", for %s (lab %s) or until %s ends", p.For, shortLab(p.ForLab), p.During)
	case p.During != "" && p.Undo != nothingToUndo:
		return fmt.Sprintf(", until %s ends", p.During)
	case p.For > 0:
		return fmt.Sprintf(", for %s (lab %s)", p.For, shortLab(p.ForLab))
	case p.Undo == nothingToUndo, p.Action == "resize-instance", p.Action == "modify-instance-type", p.Action == "instance-refresh":
		return ""
	}
	return ", until the roll back"
}

func shortLab(d showdown.LabDuration) string {
	return time.Duration(d).Round(time.Millisecond).String()
}
