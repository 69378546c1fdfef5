package lesson

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"showdown"
	"showdown/chaos"
	"showdown/dashboards/live"
)

// maxButtons is how many buttons a stage has: the digits of a keyboard. What every stage
// offers comes after the stage's own, as long as there are fewer than someButtons.
const (
	maxButtons  = 9
	someButtons = 7
)

// Buttons are the chaos actions of a stage's lesson that can be played in one of the cells
// of opened, which the stage was made into to be kept open: those of the base cell's
// timeline, those of the others', and what can happen to any architecture where there is room.
func Buttons(s, opened *showdown.Stage) []live.Button {
	var out []live.Button
	add := func(step showdown.Step, most int) {
		step.Letter, step.Phase, step.During, step.After = "A", "", "", ""
		playable := step.Do != "operator" && !step.Own() && !expected(step)
		if !playable || len(out) >= most || slices.ContainsFunc(out, func(b live.Button) bool { return same(b, step) }) {
			return
		}
		for i := range opened.Cells {
			if now := anyOf(&opened.Cells[i], step); !idle(&opened.Cells[i], now) && fits(opened, i, now) {
				if !slices.ContainsFunc(out, func(b live.Button) bool { return same(b, now) }) {
					out = append(out, button(s, &opened.Cells[i], step, now))
				}
				return
			}
		}
	}
	for _, c := range s.Cells {
		for _, step := range c.Timeline {
			add(step, maxButtons-1)
		}
	}
	for _, step := range common(opened) {
		add(step, someButtons)
	}
	add(showdown.Step{Do: "spike", For: 5 * showdown.Minute, With: map[string]string{"factor": "3"}}, maxButtons)
	return out
}

// common are actions that say something about any architecture.
func common(opened *showdown.Stage) []showdown.Step {
	if len(opened.Cells) == 0 || len(opened.Cells[0].Topology.AllInstances()) == 0 {
		return nil
	}
	first := opened.Cells[0].Topology.AllInstances()[0]
	on := showdown.Selector(first.Name)
	const lasts = 5 * showdown.Minute
	out := []showdown.Step{{Do: "kill", Target: on, For: lasts}}
	if zone := opened.Cells[0].Topology.HostedZone; zone != nil {
		for _, r := range zone.Records {
			if slices.Contains(r.Instances, first.Name) {
				out = append(out, showdown.Step{Do: "remove-dns-record", Target: on, For: lasts, With: map[string]string{"host": r.Name}})
			}
		}
		out = append(out, showdown.Step{Do: "dns-fail", For: lasts, With: map[string]string{"mode": "servfail"}})
	}
	return append(out,
		showdown.Step{Do: "hang", Target: on, For: lasts},
		showdown.Step{Do: "fail-az", For: 3 * lasts, With: map[string]string{"zone": first.Zone}},
		showdown.Step{Do: "blackhole", Target: on, For: lasts},
		showdown.Step{Do: "slow", Target: on, For: lasts, With: map[string]string{"latency": "100ms"}},
	)
}

// expected says that a step is no chaos but the second half of another one, which a
// teacher does with a word: it tells clients what they could not know.
func expected(step showdown.Step) bool { return step.Do == "tell-clients" }

// idle says that a step would change nothing in a cell as it comes up: no instance is in the
// zone, or the group is as large already.
func idle(c *showdown.Cell, step showdown.Step) bool {
	if step.With["zone"] != "" && len(hits(c, step)) == 0 {
		return true
	}
	return step.Do == "scale" && slices.ContainsFunc(c.Topology.AutoScalingGroups, func(g showdown.AutoScalingGroup) bool {
		return g.Name == step.With["scaling_group"] && strconv.Itoa(g.Desired) == step.With["desired"]
	})
}

// same says whether a button does what a step does, whatever its length.
func same(b live.Button, step showdown.Step) bool {
	if b.Action != step.Do || b.Target != string(step.Target) {
		return false
	}
	with := map[string]string{}
	for k, v := range b.With {
		with[k], _ = v.(string)
	}
	// A zone that fails fails, however its machines die.
	if zone := with["zone"]; zone != "" {
		return zone == step.With["zone"]
	}
	return maps.Equal(with, step.With)
}

// fits says whether a step can be played in a cell of a stage.
func fits(s *showdown.Stage, cell int, step showdown.Step) bool {
	c := s.Cells[cell]
	c.Timeline = []showdown.Step{step}
	return chaos.Check(&showdown.Stage{Cells: []showdown.Cell{c}}) == nil
}

// anyOf is a step that hits one of an Auto Scaling group's instances in place of the one that it
// names: that one may have been replaced by the time somebody presses the button.
func anyOf(c *showdown.Cell, step showdown.Step) showdown.Step {
	for _, in := range c.Topology.AllInstances() {
		own := slices.ContainsFunc(c.Topology.Instances, func(i showdown.Instance) bool { return i.Name == in.Name })
		if in.Name == string(step.Target) && !own {
			step.Target = showdown.Selector("one role:" + in.Role)
		}
	}
	return step
}

// button is what a step of the stage's file is as a button, which plays step.
func button(s *showdown.Stage, c *showdown.Cell, file, step showdown.Step) live.Button {
	with := map[string]any{}
	for k, v := range step.With {
		with[k] = v
	}
	b := live.Button{
		Action: step.Do, Target: string(step.Target), ForS: step.For.Seconds(), With: with,
		Label: label(step), Hits: hits(c, step),
	}
	b.Blast = blast(c, step, b.Hits)
	if text := expects(s, file); text != "" {
		b.Expect = map[string]string{"en": text}
	}
	return b
}

// hits are the nodes that a step hits or chooses among.
func hits(c *showdown.Cell, step showdown.Step) []string {
	all := c.Topology.AllInstances()
	if showdown.Actions()[step.Do].NoTarget {
		var out []string
		for _, in := range all {
			if zone := step.With["zone"]; zone != "" && in.Zone == zone {
				out = append(out, in.Name)
			}
		}
		return out
	}
	return step.Target.Candidates(all)
}

// expects is what the claims of a stage say of the steps that do the same, in the words of
// the course.
func expects(s *showdown.Stage, step showdown.Step) string {
	var out []string
	for _, claim := range s.Claims {
		c, ok := s.Cell(showdown.CellOr(claim.Cell))
		if !ok {
			continue
		}
		for _, other := range c.Timeline {
			alike := other.Do == step.Do && other.Target == step.Target && maps.Equal(other.With, step.With)
			if alike && strings.Contains(claim.Expect, `"`+other.Letter+`"`) && !slices.Contains(out, claim.Text) {
				out = append(out, claim.Text)
			}
		}
	}
	const most = 2
	return strings.Join(out[:min(len(out), most)], "; ")
}
