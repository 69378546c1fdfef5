package showdown

import (
	"maps"
	"os"
	"slices"
	"strings"
)

// Program is an application of one's own: a program that serves HTTP, which instances
// run in place of a built-in application. It is started as a child process of its
// instance and told in its environment where to serve: PORT and HOST, with INSTANCE and
// ZONE beside. It stays in the foreground; the capacity model does not apply to it.
type Program struct {
	// Command is the program with its arguments. One that is written with a slash is
	// looked for from the folder of the stage file, one without in PATH.
	Command []string `yaml:"command" json:"command"`
	// Env are further variables of its environment. "$NAME" in a value stands for the
	// variable of that name where showdown runs, which no record keeps; "$$" is a dollar.
	Env map[string]string `yaml:"env" json:"env,omitempty"`
	// Dir is the folder that it runs in, from the folder of the stage file; empty is that.
	Dir string `yaml:"dir" json:"dir,omitempty"`
	// Health is the path that it answers with a status below 400 when it is well.
	Health string `yaml:"health" json:"health"`
	// Boot is how long the program takes to start on AWS, beyond the machine's own boot:
	// the app_boot of instances that do not say theirs.
	Boot Duration `yaml:"boot" json:"boot,omitempty"`
	// Ready is how long it may take here until it answers on its health path, in lab time.
	Ready LabDuration `yaml:"ready" json:"ready"`
	// CPUs is how many of the computer's processors it may use; 0 is all of them.
	CPUs int `yaml:"cpus" json:"cpus,omitempty"`
	// MemoryMiB is how much memory it may have in use, with what it has started, before it
	// is killed, as the system's out-of-memory killer does it; 0 is no bound.
	MemoryMiB int `yaml:"memory_mib" json:"memory_mib,omitempty"`
}

// Variables of a program's environment that its instance sets.
const (
	// ProgramPort is the port that the program serves on, another one for each instance.
	ProgramPort = "PORT"
	// ProgramHost is the address that it may bind: its instance's own.
	ProgramHost = "HOST"
	// ProgramInstance and ProgramZone are the names of its instance and of that one's
	// Availability Zone.
	ProgramInstance = "INSTANCE"
	ProgramZone     = "ZONE"
)

// Needs are the names of the variables that the program's environment takes from the one
// that showdown runs in, in order.
func (p *Program) Needs() []string {
	needs := map[string]bool{}
	for _, value := range p.Env {
		ExpandEnv(value, func(name string) string { needs[name] = true; return "" })
	}
	return slices.Sorted(maps.Keys(needs))
}

// ExpandEnv is text with "$NAME" and "${NAME}" replaced by what lookup says of the name,
// and "$$" by a dollar.
func ExpandEnv(text string, lookup func(name string) string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "$$")
		out.WriteString(os.Expand(before, lookup))
		if !found {
			return out.String()
		}
		out.WriteByte('$')
		text = after
	}
}

// ProgramOf is the program that an instance of the stage runs; nil where it runs a
// built-in application.
func (s *Stage) ProgramOf(in *Instance) *Program {
	switch {
	case in.Program != nil:
		return in.Program
	case in.App != "":
		return nil
	}
	return s.Program
}

// Programs are the programs of one's own that the stage's instances run, each once;
// none where all of them run built-in applications.
func (s *Stage) Programs() []*Program {
	var out []*Program
	s.eachMachine(func(in *Instance) {
		if p := s.ProgramOf(in); p != nil && !slices.Contains(out, p) {
			out = append(out, p)
		}
	})
	return out
}

// BuiltIn says that every instance of a cell runs a built-in application, so that an
// answer can be held against what that says.
func (s *Stage) BuiltIn(c *Cell) bool {
	own := false
	c.eachMachine(func(in *Instance) { own = own || s.ProgramOf(in) != nil })
	return !own
}

func (s *Stage) eachMachine(f func(*Instance)) {
	for i := range s.Cells {
		s.Cells[i].eachMachine(f)
	}
}

// eachMachine calls f with every instance of the cell and every group's template.
func (c *Cell) eachMachine(f func(*Instance)) {
	for i := range c.Topology.Instances {
		f(&c.Topology.Instances[i])
	}
	for i := range c.Topology.AutoScalingGroups {
		f(&c.Topology.AutoScalingGroups[i].Template)
	}
}
