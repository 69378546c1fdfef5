package showdown

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// RunCommand is what stands for the action's name in a step whose action is a command of
// one's own. It is none of [Actions]: what it does is written in the step.
const RunCommand = "run"

// NoUndo is the undo of a command that leaves nothing to take back.
const NoUndo = "none"

// Defaults and bounds of commands and probes, in real time.
const (
	DefaultCommandTimeout = LabDuration(30 * time.Second)
	DefaultLookTimeout    = LabDuration(time.Second)
	DefaultProbeTimeout   = LabDuration(5 * time.Second)
	DefaultProbeWithin    = LabDuration(15 * time.Second)
	MaxCommandTimeout     = LabDuration(10 * time.Minute)
)

// Target is a part of a running system that clients ask: a URL of one's own.
type Target struct {
	// Name is what the target is called in reports and by the timeline.
	Name string `yaml:"name" json:"name"`
	// URL is what is asked for. Its path counts where the traffic names none.
	URL string `yaml:"url" json:"url"`
}

// Request is the URL that clients of t ask for: its own, with the path of the traffic
// where that names one.
func (t Target) Request(path string) string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return t.URL
	}
	if path != "" {
		u.Path, u.RawPath = "", ""
		return strings.TrimSuffix(u.String(), "/") + path
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// Command is a program of one's own with its arguments. No shell reads it.
type Command struct {
	// Run is the program and its arguments. A program without a slash is looked for in
	// the PATH; one with a slash, and Dir, are found from the folder of the stage file.
	Run []string `yaml:"run" json:"run"`
	// Timeout bounds it in real time; then all that it has started is killed. 0 is 30 s.
	Timeout LabDuration `yaml:"timeout" json:"timeout,omitempty"`
	// Env are further variables of its environment. $NAME in a value is taken from the
	// environment of showdown, never enters the record, and $$ is a dollar.
	Env map[string]string `yaml:"env" json:"env,omitempty"`
	// Dir is its working directory; empty is the folder of the stage file.
	Dir string `yaml:"dir" json:"dir,omitempty"`
}

// String is the command as one would type it.
func (c *Command) String() string {
	if c == nil {
		return ""
	}
	words := make([]string, len(c.Run))
	for i, w := range c.Run {
		words[i] = w
		if w == "" || strings.ContainsAny(w, " \t\n'\"\\$*?;&|<>()`") {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// Environment is the variables of c with what they take from the environment, as lookup
// has it. secrets are the values that were taken, by the name of their variable. It
// fails when a variable is not set.
func (c *Command) Environment(lookup func(name string) (string, bool)) (env, secrets map[string]string, err error) {
	env, secrets = map[string]string{}, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		env[name] = os.Expand(c.Env[name], func(of string) string {
			if of == "$" {
				return "$"
			}
			value, ok := lookup(of)
			if !ok && err == nil {
				err = fmt.Errorf("%s takes $%s from the environment, where it is not set: export it, or write $$ for a dollar", name, of)
			}
			if value != "" {
				secrets[of] = value
			}
			return value
		})
	}
	return env, secrets, err
}

// Probe says how a fault of one's own shows: an independent look at the system. The fault
// is confirmed when it is seen, and undone when it is not seen any more. One of HTTP, TCP,
// DNS and Run is given.
type Probe struct {
	// HTTP is a URL, TCP a "host:port", and DNS a name that is looked up.
	HTTP string `yaml:"http" json:"http,omitempty"`
	TCP  string `yaml:"tcp" json:"tcp,omitempty"`
	DNS  string `yaml:"dns" json:"dns,omitempty"`
	// Run is a program with its arguments, run like a command; Env and Dir are its.
	Run []string          `yaml:"run" json:"run,omitempty"`
	Env map[string]string `yaml:"env" json:"env,omitempty"`
	Dir string            `yaml:"dir" json:"dir,omitempty"`
	// Expect is what the look meets while the fault is there: "fails" (no answer in time,
	// or an HTTP status of 400 and more, or an exit code that is not 0), "works", an HTTP
	// status like 503, or an IP address that the name has. Empty is "fails", and "works"
	// for a program: it exits 0 while the fault is there.
	Expect string `yaml:"expect" json:"expect,omitempty"`
	// Timeout bounds one look in real time; 0 is 1 s, and 5 s for a program.
	Timeout LabDuration `yaml:"timeout" json:"timeout,omitempty"`
	// Within is how long to look for the fault, and then for its end; 0 is 15 s.
	Within LabDuration `yaml:"within" json:"within,omitempty"`
}

// The expectations of a probe that are words.
const (
	Fails = "fails"
	Works = "works"
)

// Expected is what the probe expects, its default filled in.
func (p *Probe) Expected() string {
	if len(p.Run) > 0 {
		return cmp.Or(p.Expect, Works)
	}
	return cmp.Or(p.Expect, Fails)
}

// LookTimeout is how long one look may take, the default filled in.
func (p *Probe) LookTimeout() time.Duration {
	if len(p.Run) > 0 {
		return time.Duration(cmp.Or(p.Timeout, DefaultProbeTimeout))
	}
	return time.Duration(cmp.Or(p.Timeout, DefaultLookTimeout))
}

// LookWithin is how long to look for the fault or its end, the default filled in.
func (p *Probe) LookWithin() time.Duration {
	return time.Duration(cmp.Or(p.Within, DefaultProbeWithin))
}

// Command is the program of a probe as a command; nil where it has none.
func (p *Probe) Command() *Command {
	if len(p.Run) == 0 {
		return nil
	}
	return &Command{Run: p.Run, Env: p.Env, Dir: p.Dir, Timeout: LabDuration(p.LookTimeout())}
}

// String is the probe in a few words: what it asks and what shows the fault.
func (p *Probe) String() string {
	if p == nil {
		return ""
	}
	expected := p.Expected()
	switch {
	case len(p.Run) > 0:
		return fmt.Sprintf("%s %s", p.Command(), map[string]string{Works: "exits 0", Fails: "does not exit 0"}[expected])
	case p.HTTP != "" && (expected == Fails || expected == Works):
		return fmt.Sprintf("GET %s %s", p.HTTP, expected)
	case p.HTTP != "":
		return fmt.Sprintf("GET %s answers %s", p.HTTP, expected)
	case p.TCP != "":
		return fmt.Sprintf("a connection to %s %s", p.TCP, expected)
	case expected == Fails || expected == Works:
		return fmt.Sprintf("the lookup of %s %s", p.DNS, expected)
	}
	return fmt.Sprintf("%s has the address %s", p.DNS, expected)
}

// Running says that the cell is a running system of one's own and no lab.
func (c *Cell) Running() bool { return len(c.Targets) > 0 }

// Running says that a cell of the stage is a running system, so that its time is real.
func (s *Stage) Running() bool {
	return slices.ContainsFunc(s.Cells, func(c Cell) bool { return c.Running() })
}

// TargetNames are the names of the cell's targets, in their order.
func (c *Cell) TargetNames() []string {
	var out []string
	for _, t := range c.Targets {
		out = append(out, t.Name)
	}
	return out
}

// Own says that the step's action is a command of one's own.
func (s Step) Own() bool { return s.Run != nil }
