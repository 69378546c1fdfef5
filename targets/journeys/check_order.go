package journeys

import (
	"slices"
	"strings"

	"showdown"
)

// order checks what times a step by another one: during, after and jitter.
func (c *checker) order(cell *showdown.Cell, step *showdown.Step, path string) {
	if c.places.has(path+".jitter") && step.Jitter <= 0 {
		c.add(path+".jitter", "jitter must be above 0: write it like 2m, or leave the line out for a step without")
	}
	for _, f := range []struct{ word, letter string }{{"during", step.During}, {"after", step.After}} {
		if f.letter == "" && c.places.has(child(path, f.word)) {
			c.missing(child(path, f.word), "the letter of the step "+f.word+" which this one fires")
		}
	}
	letter, word := step.WaitsFor(), "after"
	switch {
	case letter == "":
		return
	case step.During != "" && step.After != "":
		c.add(path+".after", "a step has during or after, not both: drop one of the two")
		return
	case step.During != "":
		word = "during"
	}
	field := child(path, word)
	if step.Phase != "" {
		c.add(path+".phase", "phase does not go with %s: at counts from step %s; drop the line \"phase\"", word, letter)
	}
	other, known := cell.Step(letter)
	switch {
	case letter == step.Letter:
		c.add(field, "step %s waits for itself: name another letter, or drop the line %q", letter, word)
	case !known && c.repeated(cell, letter, path):
		c.add(field, "step %s is repeated: write %[1]s1 for the first of them, or the letter of another one", letter)
	case !known:
		c.add(field, "no step of the timeline has the letter %q: %s", letter, meant(letter, letters(cell)))
	case circular(cell, *step):
		c.add(field, "step %s waits for %s, which waits for %[1]s: drop one during or after of the circle", step.Letter, letter)
	case step.During != "":
		c.within(*step, other, path)
	}
}

// within checks that a step can fire while the one that it lies in lasts.
func (c *checker) within(step, outer showdown.Step, path string) {
	late := step.At + step.Jitter
	switch {
	case showdown.Actions()[outer.Do].Undo == "nothing to undo":
		c.add(path+".during", "step %s (%s) is over at once: write after: %[1]s", outer.Letter, outer.Do)
	case outer.For > 0 && late >= outer.For:
		at := path + ".at"
		if !c.places.has(at) {
			at = path + ".jitter"
		}
		c.add(at, "step %s fires up to %s into step %s, which lasts %s: fire it earlier, or make for of %[3]s longer", step.Letter, late, outer.Letter, outer.For)
	}
}

// circular says that a step waits for itself through others.
func circular(cell *showdown.Cell, step showdown.Step) bool {
	letter := step.WaitsFor()
	for range cell.Timeline {
		if letter == step.Letter {
			return true
		}
		next, ok := cell.Step(letter)
		if !ok {
			return false
		}
		letter = next.WaitsFor()
	}
	return false
}

// repeated says that a letter is that of a step which is repeated in the file; path is
// that of any step of the timeline.
func (c *checker) repeated(cell *showdown.Cell, letter, path string) bool {
	i := slices.IndexFunc(cell.Timeline, func(s showdown.Step) bool { return s.Letter == letter+"1" })
	return i >= 0 && c.places.has(element(path[:strings.LastIndexByte(path, '[')], i)+".repeat")
}
