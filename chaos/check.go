package chaos

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"showdown"
	"showdown/targets/lab"
)

// Check looks at the timelines of a stage without running them. Its error holds
// every problem, each with its cell, its letter and the fix.
func Check(s *showdown.Stage) error {
	var problems []error
	for _, c := range s.Cells {
		problems = append(problems, checkCell(c))
	}
	return errors.Join(problems...)
}

func checkCell(c showdown.Cell) error {
	var problems []error
	for i, s := range c.Timeline {
		for _, err := range checkStep(c, s) {
			problems = append(problems, problem(c.Name, s, err))
		}
		for _, earlier := range c.Timeline[:i] {
			if err := clash(c, earlier, s); err != nil {
				problems = append(problems, problem(c.Name, s, err))
			}
		}
	}
	return errors.Join(problems...)
}

func checkStep(c showdown.Cell, s showdown.Step) (problems []error) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if s.Letter == "" {
		add("the action has no letter: add letter: A, the name that claims and figures call it by")
	}
	if s.Phase != "" && !slices.ContainsFunc(c.Traffic.Phases, func(p showdown.Phase) bool { return p.Name == s.Phase }) {
		add("the traffic has no phase %q%s", s.Phase, meant(s.Phase, phaseNames(c)))
	}
	problems = append(problems, checkOrder(c, s)...)
	if c.Running() || s.Own() {
		return append(problems, checkOwn(c, s)...)
	}
	actions := showdown.Actions()
	a, known := actions[s.Do]
	if !known {
		names := slices.Sorted(maps.Keys(actions))
		add("unknown action %q%s", s.Do, hint(s.Do, names))
		return problems
	}
	d, done := deeds()[s.Do]
	if !done {
		add("the action %s is not built yet", s.Do)
		return problems
	}
	if err := checkTarget(c, s, a); err != nil {
		problems = append(problems, err)
	}
	switch {
	case a.NeedsFor && s.For == 0:
		add("%s must end: add for: 2m", s.Do)
	case s.For > 0 && a.Undo == nothingToUndo:
		add("%s is over at once and cannot last %s: remove for", s.Do, s.For)
	}
	v, err := parseParams(a, s.With)
	if err != nil {
		return append(problems, err)
	}
	if d.check != nil {
		if err := d.check(v); err != nil {
			problems = append(problems, err)
		}
	}
	if d.fits != nil {
		if err := d.fits(c, s, v); err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

// nothingToUndo is how the table of actions says that an action leaves nothing.
const nothingToUndo = "nothing to undo"

func checkTarget(c showdown.Cell, s showdown.Step, a showdown.Action) error {
	switch {
	case a.NoTarget && s.Target != "":
		return fmt.Errorf("%s hits no instance: remove target", s.Do)
	case a.NoTarget:
		return nil
	case s.Target == "":
		return fmt.Errorf("%s hits nobody: add target: %s", s.Do, firstTarget(c))
	}
	instances := c.InstancesBefore(s)
	if _, err := s.Target.Select(instances, func(int) int { return 0 }); err != nil {
		return fmt.Errorf("%w%s", err, meant(string(s.Target), targetNames(instances)))
	}
	return checkSight(c, s)
}

// checkSight is the error of a target that nobody can look at: probes come from where
// the clients are, or from a load balancer's nodes, and the security groups keep them out.
func checkSight(c showdown.Cell, s showdown.Step) error {
	if deeds()[s.Do].inside {
		return nil
	}
	matrix, err := lab.Expected(c.Topology)
	if err != nil {
		return nil // the loader says what is wrong with the groups
	}
	var closed []string
	for _, r := range matrix {
		if r.From == showdown.FromInternet && !r.Allowed && slices.Contains(s.Target.Candidates(c.Topology.AllInstances()), r.To) {
			closed = append(closed, r.To)
		}
	}
	closed = slices.DeleteFunc(closed, func(name string) bool { return nodesReach(c.Topology, name) })
	if len(closed) == 0 {
		return nil
	}
	return fmt.Errorf("nobody could see what happens to %s: its security groups keep out the internet, and probes with it; let internet or a load balancer's group in, or hit another instance",
		strings.Join(closed, ", "))
}

// nodesReach says that the security groups of an instance may let the nodes of a load
// balancer in.
func nodesReach(t showdown.Topology, instance string) bool {
	all := t.AllInstances()
	at := slices.IndexFunc(all, func(in showdown.Instance) bool { return in.Name == instance })
	if at < 0 {
		return false
	}
	for _, b := range t.LoadBalancers {
		for _, g := range t.SecurityGroups {
			if slices.Contains(groupsOf(all[at].SecurityGroups), g.Name) && slices.ContainsFunc(g.Inbound, func(r showdown.SecurityRule) bool {
				_, block := netip.ParsePrefix(r.From)
				return block == nil || slices.Contains(groupsOf(b.SecurityGroups), r.From)
			}) {
				return true
			}
		}
	}
	return false
}

// groupsOf are security groups as named, or the one that stands for none.
func groupsOf(named []string) []string {
	if len(named) == 0 {
		return []string{showdown.DefaultGroup}
	}
	return named
}

func phaseNames(c showdown.Cell) (names []string) {
	for _, p := range c.Traffic.Phases {
		names = append(names, p.Name)
	}
	return names
}

func targetNames(instances []showdown.Instance) []string {
	names := []string{"one", "all"}
	for _, in := range instances {
		names = append(names, in.Name, "role:"+in.Role, "zone:"+in.Zone)
	}
	return names
}

func firstTarget(c showdown.Cell) string {
	instances := c.Topology.AllInstances()
	if len(instances) == 0 {
		return "all"
	}
	return instances[0].Name
}
