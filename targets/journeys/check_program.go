package journeys

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"showdown"
)

// Bounds of an application of one's own.
const (
	maxReady = 10 * time.Minute
	maxCPUs  = 1024

	maxMemoryMiB = 1 << 24
)

// variablePattern is what the name of a variable looks like.
var variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// programs checks the applications of one's own of a stage and what is done to them.
func (c *checker) programs() {
	s := c.stage
	if s.Program != nil {
		c.program(s.Program, appField)
	}
	builtIn := false
	for i := range s.Cells {
		cell, path := &s.Cells[i], element("cells", i)
		eachMachine(cell, path+".topology", func(in *showdown.Instance, at string) {
			if in.Program != nil {
				c.program(in.Program, child(at, appField))
			} else if in.App != "" {
				c.oneOf(child(at, appField), "application", in.App, c.known.Apps)
			}
			builtIn = builtIn || s.ProgramOf(in) == nil
		})
		c.doneToPrograms(cell, path)
		c.scaledPrograms(cell, path)
	}
	if !builtIn && len(s.Cells) > 0 && c.places.has("work") {
		c.addKey("work", "work is what a request costs in the capacity model, which knows nothing of an application of your own: leave the line out")
	}
}

// program checks one of them.
func (c *checker) program(p *showdown.Program, path string) {
	switch {
	case len(p.Command) == 0:
		c.missing(path+".command", "the program and its arguments, like [python3, server.py]")
	case strings.TrimSpace(p.Command[0]) == "":
		c.add(path+".command", "the program has no name: write it like [python3, server.py]")
	case c.known.Program != nil:
		if err := c.known.Program(c.stage, p); err != nil {
			c.add(path+".command", "%w", err)
		}
	}
	for name := range p.Env {
		at := child(path+".env", name)
		switch {
		case !variablePattern.MatchString(name):
			c.addKey(at, "%q is no name of a variable: write letters, digits and underscores", name)
		case slices.Contains([]string{showdown.ProgramPort, showdown.ProgramHost, showdown.ProgramInstance, showdown.ProgramZone}, name):
			c.addKey(at, "%s is set by the instance, another one for each: leave the line out", name)
		case strings.HasPrefix(name, "SHOWDOWN_"):
			c.addKey(at, "%s is a name of showdown's own: choose another one", name)
		}
	}
	if !isPath(p.Health) {
		c.add(path+".health", "health %q is not a path: it begins with / and has no blanks, like /healthz", p.Health)
	}
	if p.Boot < 0 {
		c.add(path+".boot", "boot must not be below 0: it is how long the program takes to start on AWS, like 40s")
	}
	if p.Ready <= 0 || time.Duration(p.Ready) > maxReady {
		c.add(path+".ready", "ready must lie above 0s and be at most %s: it is how long the program may take here until it answers", maxReady)
	}
	if p.MemoryMiB < 0 || p.MemoryMiB > maxMemoryMiB {
		c.add(path+".memory_mib", "memory_mib must lie between 0 and %d: 0 is no bound", maxMemoryMiB)
	}
	if p.CPUs < 0 || p.CPUs > maxCPUs {
		c.add(path+".cpus", "cpus must lie between 0 and %d: 0 is all processors", maxCPUs)
	}
}

// doneToPrograms finds the steps of a timeline that cannot be done to an application of
// one's own.
func (c *checker) doneToPrograms(cell *showdown.Cell, path string) {
	all := cell.Topology.AllInstances()
	for i, step := range cell.Timeline {
		at := element(path+".timeline", i) + ".do"
		for _, name := range step.Target.Candidates(all) {
			n := slices.IndexFunc(all, func(in showdown.Instance) bool { return in.Name == name })
			own := c.stage.ProgramOf(&all[n])
			if own == nil {
				continue
			}
			switch {
			case step.Do == "cpu-steal":
				c.add(at, "cpu-steal slows the modelled CPU down, and %s runs a program of your own on the computer's: use slow, or hang", name)
			case step.Do == "clock-skew":
				c.add(at, "clock-skew is for the built-in application, and %s runs a program of your own, which reads the computer's clock", name)
			case step.Do == "deep-failure" && (own.Health == "/" || own.Health == cell.Traffic.Path):
				c.add(at, "deep-failure leaves the health path fine, and %s has none apart from what users ask for: give the program a health path of its own, like /healthz", name)
			default:
				continue
			}
			break
		}
	}
}

// scaledPrograms finds the policies that look at a CPU which nobody models.
func (c *checker) scaledPrograms(cell *showdown.Cell, path string) {
	for i, g := range cell.Topology.AutoScalingGroups {
		if c.stage.ProgramOf(&g.Template) == nil {
			continue
		}
		for j, p := range g.Policies {
			if p.Metric == showdown.AverageCPU {
				at := element(element(path+".topology.auto_scaling_groups", i)+".policies", j)
				c.add(at+".metric", "the CPU of a program of your own is the computer's and not measured: use %s", showdown.RequestCountPerTarget)
			}
		}
	}
}
