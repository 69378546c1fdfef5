package journeys

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"showdown"
)

// Bounds of a repeat. A letter has one digit, which bounds the times.
const (
	minTimes = 2
	maxTimes = 9
	// maxEvery keeps the sum of the distances a length that can be written.
	maxEvery = 1000 * showdown.Hour
)

// writeOut writes the repeated steps of a stage out: A becomes A1, A2 and so on. A step
// whose repeat is wrong stays as it is, and is reported. p learns which step of the file
// each of the stage's comes from.
func writeOut(s *showdown.Stage, p places) findings {
	var found findings
	from := map[string]string{} // as long as p is asked, its paths are the file's
	for i := range s.Cells {
		cell, path := &s.Cells[i], element("cells", i)+".timeline"
		var all []showdown.Step
		for j, step := range cell.Timeline {
			at := element(path, j)
			written := []showdown.Step{step}
			if step.Repeat != nil {
				wrong := checkRepeat(cell, j, p, at)
				if found = append(found, wrong...); len(wrong) == 0 {
					written = repeated(step)
				}
			}
			for k := range written {
				from[element(path, len(all)+k)] = at
			}
			all = append(all, written...)
		}
		cell.Timeline = all
	}
	maps.Copy(p.steps, from)
	return found
}

// repeated are the steps that a step with a repeat stands for.
func repeated(step showdown.Step) []showdown.Step {
	times, every := step.Repeat.Times, step.Repeat.Every
	out := make([]showdown.Step, times)
	for k := range out {
		out[k] = step
		out[k].Repeat = nil
		out[k].Letter = step.Letter + strconv.Itoa(k+1)
		out[k].At = step.At + showdown.Duration(k)*every
		out[k].With = maps.Clone(step.With)
	}
	return out
}

// checkRepeat finds what is wrong with the repeat of step number j of a cell.
func checkRepeat(cell *showdown.Cell, j int, p places, at string) findings {
	var found findings
	step := cell.Timeline[j]
	missing := func(name, what string) {
		found.addKey(at+".repeat."+name, "%s is missing: add \"%s:\" here", what, name)
	}
	switch times := step.Repeat.Times; {
	case !p.has(at + ".repeat.times"):
		missing("times", "how many times the step is played")
	case times < minTimes || times > maxTimes:
		found.add(at+".repeat.times", "times must lie between %d and %d: the steps are called A1 to A9; found %d", minTimes, maxTimes, times)
	}
	switch every := step.Repeat.Every; {
	case !p.has(at + ".repeat.every"):
		missing("every", "the time from one start to the next")
	case every <= step.For+step.Jitter:
		found.add(at+".repeat.every", "every %s leaves no time between two of them, which take %s: make every longer, or for and jitter shorter", every, step.For+step.Jitter)
	case every > maxEvery:
		found.add(at+".repeat.every", "every %s is too long: write at most %s", every, maxEvery)
	}
	if !letterPattern.MatchString(step.Letter) {
		return found // which is reported where letters are
	}
	if len(step.Letter) > 1 {
		found.add(at+".letter", "letter %q of a repeated step has a digit: write a capital letter alone, the digits count the times", step.Letter)
		return found
	}
	for k, other := range cell.Timeline {
		if k == j {
			continue
		}
		for _, letter := range append(lettersOf(step), step.Letter) {
			if slices.Contains(append(lettersOf(other), other.Letter), letter) {
				found.add(at+".letter", "letter %q clashes with the step %q: the repeat writes it as %s; choose another letter", step.Letter, other.Letter, fromTo(step))
				return found
			}
		}
	}
	return found
}

// lettersOf are the letters that a step has once it is written out.
func lettersOf(s showdown.Step) []string {
	if s.Repeat == nil {
		return nil
	}
	var out []string
	for k := range min(max(s.Repeat.Times, 0), maxTimes) {
		out = append(out, s.Letter+strconv.Itoa(k+1))
	}
	return out
}

// fromTo is "A1 to A3", for messages.
func fromTo(s showdown.Step) string {
	letters := lettersOf(s)
	if len(letters) == 0 {
		return s.Letter
	}
	return fmt.Sprintf("%s to %s", letters[0], letters[len(letters)-1])
}
