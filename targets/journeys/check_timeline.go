package journeys

import (
	"fmt"
	"strconv"
	"strings"

	"showdown"
)

func (c *checker) timeline(cell *showdown.Cell, path string) {
	taken := map[string]bool{}
	for i := range cell.Timeline {
		step, at := &cell.Timeline[i], element(path+".timeline", i)
		switch {
		case step.Letter == "":
			c.missing(at+".letter", "the step's letter")
		case !letterPattern.MatchString(step.Letter):
			c.add(at+".letter", "letter %q: write a capital letter, with a digit after it where letters run out, like A or B2", step.Letter)
		case taken[step.Letter]:
			c.add(at+".letter", "letter %q exists already in this cell: give each step its own", step.Letter)
		}
		taken[step.Letter] = true
		if step.Phase != "" {
			c.oneOf(at+".phase", "phase", step.Phase, phaseNames(cell))
		}
		c.step(cell, step, at)
	}
	c.reference(cell, path)
	c.everBeyond(cell, path)
}

func phaseNames(cell *showdown.Cell) []string {
	var out []string
	for _, p := range cell.Traffic.Phases {
		out = append(out, p.Name)
	}
	return out
}

func (c *checker) step(cell *showdown.Cell, step *showdown.Step, path string) {
	actions := showdown.Actions()
	if step.Do == "" {
		c.missing(path+".do", "the action")
		return
	}
	action, ok := actions[step.Do]
	if !ok {
		c.add(path+".do", "unknown action %q: %s", step.Do, meant(step.Do, sortedKeys(actions)))
		return
	}
	switch {
	case action.NoTarget && step.Target != "":
		c.add(path+".target", "%s hits no instance: drop the target", action.Name)
	case action.NoTarget:
	case step.Target == "":
		c.missing(path+".target", "the target of "+action.Name)
	default:
		if err := checkTarget(cell, step.Target); err != nil {
			c.add(path+".target", "%w", err)
		}
	}
	switch {
	case c.places.has(path+".for") && step.For <= 0:
		c.add(path+".for", "for must be above 0: write it like 5m, or leave the line out to undo it at the end")
	case action.NeedsFor && !c.places.has(path+".for"):
		c.missing(path+".for", "how long "+action.Name+" lasts")
	}
	c.params(step, action, path+".with")
}

// checkTarget resolves the target against the cell's instances. What it finds is
// not kept: a target is resolved when its action fires.
func checkTarget(cell *showdown.Cell, target showdown.Selector) error {
	_, err := target.Select(cell.Topology.Instances, func(int) int { return 0 })
	if err == nil {
		return nil
	}
	var words []string
	seen := map[string]bool{}
	for _, in := range cell.Topology.Instances {
		for _, w := range []string{in.Name, "role:" + in.Role, "zone:" + in.Zone} {
			if !seen[w] {
				seen[w] = true
				words = append(words, w)
			}
		}
	}
	words = append(words, "one", "all", "50%")
	filter := string(target)
	if _, after, ok := strings.Cut(filter, " "); ok {
		filter = after
	}
	return fmt.Errorf("%w: %s", err, meant(filter, words))
}

func (c *checker) params(step *showdown.Step, action showdown.Action, path string) {
	known := map[string]showdown.Param{}
	for _, p := range action.Params {
		known[p.Name] = p
		if _, ok := step.With[p.Name]; !ok {
			c.addKey(path, "%s needs the parameter %q (%s): add \"with: {%[2]s: ...}\"", action.Name, p.Name, p.Does)
		}
	}
	for _, name := range sortedKeys(step.With) {
		at := child(path, name)
		p, ok := known[name]
		if !ok {
			if len(known) == 0 {
				c.addKey(at, "%s has no parameters: drop %q", action.Name, name)
			} else {
				c.addKey(at, "unknown parameter %q of %s: %s", name, action.Name, meant(name, sortedKeys(known)))
			}
			continue
		}
		c.param(p, step.With[name], at)
	}
}

func (c *checker) param(p showdown.Param, text, path string) {
	switch p.Kind {
	case "type":
		c.oneOf(path, "instance type", text, c.known.Types)
	case "share":
		var s showdown.Share
		if err := s.UnmarshalText([]byte(text)); err != nil {
			c.add(path, "%s: %w", p.Name, err)
		} else if s == 0 {
			c.add(path, "%s must be above 0%%", p.Name)
		}
	case "factor":
		if x, err := strconv.ParseFloat(text, 64); err != nil || !(x > 0 && x <= maxFactor) {
			c.add(path, "%s must be a number above 0 and at most %d: found %q", p.Name, maxFactor, text)
		}
	case "duration":
		var d showdown.Duration
		if err := d.UnmarshalText([]byte(text)); err != nil {
			c.add(path, "%s: %w", p.Name, err)
		}
	case "latency":
		var d showdown.LabDuration
		if err := d.UnmarshalText([]byte(text)); err != nil {
			c.add(path, "%s: %w", p.Name, err)
		} else if d == 0 {
			c.add(path, "%s must be above 0: write it like 100ms", p.Name)
		}
	default:
		c.add(path, "parameter %q has the unknown kind %q: this program has a fault", p.Name, p.Kind)
	}
}

const maxFactor = 1000

func (c *checker) reference(cell *showdown.Cell, path string) {
	ref := cell.Reference
	path += ".reference"
	if ref == nil {
		return
	}
	if cell.Name != showdown.BaseCell {
		c.addKey(path, "only the cell %q has a reference: it is what stages are compared by", showdown.BaseCell)
	}
	if ref.Fault == "" {
		c.missing(path+".fault", "the letter of the reference event")
	} else if _, ok := stepOf(cell, ref.Fault); !ok {
		var letters []string
		for _, s := range cell.Timeline {
			letters = append(letters, s.Letter)
		}
		c.add(path+".fault", "no step of the timeline has the letter %q: write one of %s", ref.Fault, list(letters))
	}
	if ref.Length <= 0 {
		c.missing(path+".length", "the length of the reference window")
	} else if ref.Before >= ref.Length {
		c.add(path+".before", "the window would close before the event: before must be shorter than length")
	}
}

func stepOf(cell *showdown.Cell, letter string) (showdown.Step, bool) {
	for _, s := range cell.Timeline {
		if s.Letter == letter {
			return s, true
		}
	}
	return showdown.Step{}, false
}

// everBeyond reports the steps that lie outside the traffic at any speed. A step's
// place is a linear function of one over the speed, and so is the traffic's end:
// what is outside at both ends of the range of speeds is outside in between.
func (c *checker) everBeyond(cell *showdown.Cell, path string) {
	outside := func(speed float64) findings {
		clock, err := showdown.NewClock(speed)
		if err != nil {
			return nil // the stage's own speed is wrong, which is reported elsewhere
		}
		return beyond(cell, clock, path)
	}
	always := map[string]int{}
	for _, speed := range []float64{showdown.MinSpeed, showdown.MaxSpeed} {
		for _, f := range outside(speed) {
			always[f.path]++
		}
	}
	speed := c.stage.Speed
	if speed == 0 {
		speed = showdown.DefaultSpeed
	}
	for _, f := range outside(speed) {
		if always[f.path] == 2 {
			c.findings = append(c.findings, f)
		}
	}
}
