package chaos

import (
	"fmt"
	"time"

	"showdown"
)

// checkOrder looks at what times a step by another one.
func checkOrder(c showdown.Cell, s showdown.Step) (problems []error) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if s.Repeat != nil {
		add("it is still to be repeated: write its steps out, as the loader of stage files does")
	}
	if s.Jitter < 0 {
		add("jitter %s is below 0: write a length, or none", s.Jitter)
	}
	letter := s.WaitsFor()
	if letter == "" {
		return problems
	}
	if s.During != "" && s.After != "" {
		add("it has during and after: drop one of the two")
	}
	if s.Phase != "" {
		add("it waits for %s and has a phase: drop one of the two", letter)
	}
	clock, _ := showdown.NewClock(showdown.DefaultSpeed)
	outer, known := c.Step(letter)
	if !known {
		add("there is no step %s to wait for: name the letter of another step of the cell", letter)
		return problems
	}
	if _, ok := c.StepStart(clock, s); !ok {
		add("it waits for %s, which waits for it, or for a step or a phase that does not exist: drop one during or after", letter)
	}
	switch {
	case s.During == "":
	case showdown.Actions()[outer.Do].Undo == nothingToUndo:
		add("%s (%s) is over at once and nothing can be during it: write after: %[1]s", letter, outer.Do)
	case outer.For > 0 && s.At+s.Jitter >= outer.For:
		add("it fires up to %s into %s, which lasts %s: fire it earlier", s.At+s.Jitter, letter, outer.For)
	}
	return problems
}

// clash is the error of two steps that do the same to the same target at the same
// time: the end of the first would be the end of both. Of steps that wait for others it
// knows the plan; one that comes later than that finds the other's fault, which its
// evidence then says.
func clash(c showdown.Cell, a, b showdown.Step) error {
	if a.Letter == b.Letter && a.Letter != "" {
		return fmt.Errorf("the letter %s is taken by %s: give each action of a cell its own", a.Letter, a.Do)
	}
	if a.Own() && b.Own() && a.Run.String() != b.Run.String() {
		return nil
	}
	if a.Do != b.Do || a.Target != b.Target || elsewhere(a, b) || showdown.Actions()[a.Do].Undo == nothingToUndo || stacks(a) {
		return nil
	}
	if root(c, a).Phase != root(c, b).Phase || behind(c, a, b) || behind(c, b, a) || apart(c, a, b) || apart(c, b, a) {
		return nil
	}
	return fmt.Errorf("it overlaps with %s, which does the same to the same target: end one before the other starts", a.Letter)
}

// root is the step that s waits for in the end, and s where it waits for none.
func root(c showdown.Cell, s showdown.Step) showdown.Step {
	for range c.Timeline {
		before, ok := c.Step(s.WaitsFor())
		if !ok {
			break
		}
		s = before
	}
	return s
}

// behind says that step b cannot fire before step a is over, since it waits for that.
func behind(c showdown.Cell, b, a showdown.Step) bool {
	for range c.Timeline {
		if b.After == a.Letter && b.During == "" && a.Letter != "" {
			return true
		}
		before, ok := c.Step(b.WaitsFor())
		if !ok || before.Letter == a.Letter {
			return false
		}
		b = before
	}
	return false
}

// apart says that step a is planned to be over when step b fires, whatever their jitter.
// Both are timed from the same phase in the end, so the speed does not matter.
func apart(c showdown.Cell, a, b showdown.Step) bool {
	clock, err := showdown.NewClock(showdown.MinSpeed)
	if err != nil {
		return false
	}
	start, end, ok := c.StepSpan(clock, a, showdown.WholeJitter)
	next, known := c.StepStart(clock, b)
	if !ok || !known {
		return true // which is an error of its own
	}
	if end == start && !endsItself(a) {
		return false
	}
	const rounding = time.Microsecond
	return start <= next && end <= next+rounding
}

// endsItself says that a step without a length is over when its operation is.
func endsItself(s showdown.Step) bool {
	return s.Do == "resize-instance" || s.Do == "instance-refresh"
}

// stacks says that a step may follow another one of its kind that is not taken back yet:
// each is taken back to what it found, the latest first.
func stacks(s showdown.Step) bool {
	return s.Do == "modify-instance-type" || s.Do == "scale" || s.Do == "operator"
}

// elsewhere says that two steps of a kind without a target are done to different zones,
// load balancers or groups.
func elsewhere(a, b showdown.Step) bool {
	for _, p := range showdown.Actions()[a.Do].Params {
		switch p.Kind {
		case "zone", "balancer", "target_group", "scaling_group":
			if a.With[p.Name] != b.With[p.Name] {
				return true
			}
		}
	}
	return false
}
