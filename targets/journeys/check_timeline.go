package journeys

import (
	"fmt"
	"strings"

	"showdown"
)

// maxTimeline bounds a timeline: each step is compared with each other.
const maxTimeline = 100

func (c *checker) timeline(cell *showdown.Cell, path string) {
	if n := len(cell.Timeline); n > maxTimeline {
		c.addKey(path+".timeline", "the timeline has %d steps, more than %d: use another cell", n, maxTimeline)
		return
	}
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
		c.order(cell, step, at)
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
	if cell.Running() || step.Own() {
		c.ownStep(cell, step, path)
		return
	}
	actions := showdown.Actions()
	if step.Do == "" {
		c.missing(path+".do", "the action")
		return
	}
	c.notOwn(step, path)
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
		if err := checkTarget(cell.InstancesBefore(*step), step.Target); err != nil {
			c.add(path+".target", "%w", err)
		}
	}
	switch {
	case c.places.has(path+".for") && step.For <= 0:
		c.add(path+".for", "for must be above 0: write it like 5m, or leave the line out to undo it at the end")
	case action.NeedsFor && !c.places.has(path+".for"):
		c.missing(path+".for", "how long "+action.Name+" lasts")
	}
	c.params(cell, step, action, path+".with")
}

// checkTarget resolves the target against the instances that the step may find. What it
// finds is not kept: a target is resolved when its action fires.
func checkTarget(instances []showdown.Instance, target showdown.Selector) error {
	_, err := target.Select(instances, func(int) int { return 0 })
	if err == nil {
		return nil
	}
	var words []string
	seen := map[string]bool{}
	for _, in := range instances {
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
	} else if step, ok := cell.Step(ref.Fault); !ok {
		known := "write one of " + list(letters(cell))
		if len(letters(cell)) == 0 {
			known = "there is none"
		}
		c.add(path+".fault", "no step of the timeline has the letter %q: %s", ref.Fault, known)
	} else if step.Jitter > 0 || step.WaitsFor() != "" {
		c.add(path+".fault", "step %s has no moment of its own, and all stages of a journey play the reference event at theirs: give it at, and no jitter, during or after", step.Letter)
	}
	if ref.Length <= 0 {
		c.missing(path+".length", "the length of the reference window")
	} else if ref.Before >= ref.Length {
		c.add(path+".before", "the window would close before the event: before must be shorter than length")
	}
}

// letters are those of the cell's steps, in their order.
func letters(cell *showdown.Cell) []string {
	var out []string
	for _, s := range cell.Timeline {
		if s.Letter != "" { // which the file failed to say
			out = append(out, s.Letter)
		}
	}
	return out
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
