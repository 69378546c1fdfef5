package journeys

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"showdown"
)

// Defaults and bounds of a running system.
const (
	// RunningSpeed is the only speed of a stage over a running system.
	RunningSpeed          = 1.0
	DefaultRunningTimeout = 5 * showdown.Second
	DefaultRunningWithin  = 30 * showdown.Second
	maxTargets            = 100
	maxWords              = 100
)

// setRunningDefaults fills in what the file left out of a cell over a running system.
func setRunningDefaults(c *showdown.Cell, p places, path string) {
	set(&c.Traffic.Timeout, DefaultRunningTimeout, p, path+".traffic.timeout")
	setTrafficDefaults(&c.Traffic, p, path+".traffic")
	set(&c.SteadyState.Requests, DefaultRequests, p, path+".steady_state.requests")
	set(&c.SteadyState.Within, DefaultRunningWithin, p, path+".steady_state.within")
	for i := range c.Timeline {
		s, at := &c.Timeline[i], element(path+".timeline", i)
		if s.Own() {
			s.Do = showdown.RunCommand
			set(&s.Run.Timeout, showdown.DefaultCommandTimeout, p, at+".do.timeout")
		}
		if s.UndoRun != nil {
			set(&s.UndoRun.Timeout, showdown.DefaultCommandTimeout, p, at+".undo.timeout")
		}
		if s.Probe != nil {
			set(&s.Probe.Expect, s.Probe.Expected(), p, at+".probe.expect")
			set(&s.Probe.Timeout, showdown.LabDuration(s.Probe.LookTimeout()), p, at+".probe.timeout")
			set(&s.Probe.Within, showdown.LabDuration(s.Probe.LookWithin()), p, at+".probe.within")
		}
	}
}

// running checks a cell over a running system: its targets, traffic and timeline.
func (c *checker) running(cell *showdown.Cell, path string) {
	if c.places.has(path + ".topology") {
		c.addKey(path+".targets", "a cell is a lab with a topology, or a running system with targets: drop one of the two")
	}
	if c.places.has("speed") && c.stage.Speed != RunningSpeed {
		c.add("speed", "speed %g: a running system has the time that it has, and its speed is 1; drop the line", c.stage.Speed)
	}
	at := path + ".targets"
	switch n := len(cell.Targets); {
	case n == 0:
		c.add(at, "the list of targets is empty: write {name: web-1, url: \"http://127.0.0.1:8080/\"}, or a topology in its place")
		return
	case n > maxTargets:
		c.addKey(at, "%d targets, more than %d: name the address of what stands before them", n, maxTargets)
		return
	}
	taken := map[string]bool{}
	for i, t := range cell.Targets {
		at := element(at, i)
		c.name(at+".name", "the target's name", t.Name, taken)
		switch u := c.url(at+".url", t.URL); {
		case u == nil:
		case cell.Traffic.Path != "" && strings.Trim(u.Path, "/") != "" || cell.Traffic.Path != "" && u.RawQuery != "":
			c.add(at+".url", "the traffic has the path %q and the URL has %q: keep one of the two", cell.Traffic.Path, u.RequestURI())
		}
	}
	c.traffic(cell, path+".traffic")
	c.timeline(cell, path)
}

// url checks a URL that is asked for; it is nil where it is none.
func (c *checker) url(path, text string) *url.URL {
	if text == "" {
		c.missing(path, "the URL")
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		c.add(path, "%q is not a URL: %w", text, err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(text, " \t\r\n"):
		c.add(path, "%q is not a URL that can be asked for: write it like http://127.0.0.1:8080/", text)
	case u.User != nil:
		c.add(path, "the URL has a password or a user in it, which would enter the record: drop them")
	default:
		return u
	}
	return nil
}

// ownStep checks a step whose action is a command of one's own, or should be.
func (c *checker) ownStep(cell *showdown.Cell, step *showdown.Step, path string) {
	switch actions := showdown.Actions(); {
	case !cell.Running():
		c.add(path+".do", "a command of your own breaks a running system of yours, and this cell is a lab: name an action, or give the cell targets in place of its topology")
		return
	case step.Own():
	case !c.places.has(path+".do") || step.Do == "":
		c.missing(path+".do", "the action")
		return
	case step.Do == "spike":
		c.add(path+".do", "spike is an action of a lab: write it as a phase of the traffic, {name: spike, for: 30s, rate: 100, peak: 500}")
		return
	case actions[step.Do].Name != "":
		c.add(path+".do", "%s is an action of a lab, and this cell is a running system of yours, which showdown does not hold: write a command of yours that does it, do: {run: [\"./%[1]s.sh\", \"%s\"]}, with an undo and a probe", step.Do, cmp.Or(string(step.Target), cell.Targets[0].Name))
		return
	default:
		c.add(path+".do", "%q is no command: write the program and its arguments in brackets, do: {run: [\"./stop.sh\", \"web-1\"]}", step.Do)
		return
	}
	if step.Target != "" {
		c.among(path+".target", "target", string(step.Target), cell.TargetNames())
	}
	if c.places.has(path+".for") && step.For <= 0 {
		c.add(path+".for", "for must be above 0: write it like 30s, or leave the line out to undo it at the end")
	}
	if c.places.has(path + ".with") {
		c.addKey(path+".with", "a command has no parameters: write them as its arguments")
	}
	c.command(step.Run, path+".do")
	switch {
	case step.UndoRun != nil:
		c.command(step.UndoRun, path+".undo")
	case step.Undo == "":
		c.missing(path+".undo", "how the command is taken back, undo: {run: [...]}, or undo: none where nothing is to be taken back,")
	case step.Undo != showdown.NoUndo:
		c.add(path+".undo", "undo %q is no command: write undo: {run: [...]}, or undo: none where nothing is to be taken back", step.Undo)
	}
	c.probe(step.Probe, path+".probe")
}

// notOwn reports what a step of a lab has of a running system's.
func (c *checker) notOwn(step *showdown.Step, path string) {
	for _, field := range []string{"undo", "probe"} {
		if at := path + "." + field; c.places.has(at) {
			c.addKey(at, "%s knows its %s itself: drop the line", step.Do, field)
		}
	}
}

// command checks a command.
func (c *checker) command(command *showdown.Command, path string) {
	c.words(command.Run, path+".run")
	c.env(command.Env, path+".env")
	c.realTime(command.Timeout, path+".timeout")
}

// words checks a program with its arguments.
func (c *checker) words(words []string, path string) {
	switch {
	case len(words) == 0:
		c.missing(path, "the program and its arguments")
	case words[0] == "":
		c.add(element(path, 0), "the program has no name: write it like ./stop.sh")
	case len(words) > maxWords:
		c.add(path, "%d words, more than %d: put them into a script", len(words), maxWords)
	case len(words) == 1 && strings.ContainsAny(words[0], " |&;<>"):
		c.add(element(path, 0), "%q is one word, and no shell reads it: write [\"./stop.sh\", \"web-1\"], or a script", words[0])
	}
	for i, w := range words {
		if strings.ContainsRune(w, 0) {
			c.add(element(path, i), "a word has a NUL byte in it")
		}
	}
}

// env checks the variables of a command.
func (c *checker) env(env map[string]string, path string) {
	for _, name := range sortedKeys(env) {
		at := child(path, name)
		switch {
		case !variablePattern.MatchString(name):
			c.addKey(at, "%q is not a variable: write letters, digits and underscores", name)
		case strings.HasPrefix(name, "SHOWDOWN_"):
			c.addKey(at, "variables that begin with SHOWDOWN_ are showdown's own: choose another name")
		case strings.ContainsRune(env[name], 0):
			c.add(at, "the value has a NUL byte in it")
		}
	}
}

// realTime checks a length of real time that may be left out.
func (c *checker) realTime(d showdown.LabDuration, path string) {
	if c.places.has(path) && (d < showdown.LabDuration(10*time.Millisecond) || d > showdown.MaxCommandTimeout) {
		c.add(path, "%s must lie between 10ms and %s of real time", leaf(path), showdown.MaxCommandTimeout)
	}
}

// probe checks how the fault of a command shows.
func (c *checker) probe(p *showdown.Probe, path string) {
	if p == nil {
		c.missing(path, "how the fault shows itself, probe: {http: \"http://127.0.0.1:8080/\", expect: fails},")
		return
	}
	var kinds []string
	for _, kind := range []string{"http", "tcp", "dns", "run"} {
		if c.places.has(child(path, kind)) {
			kinds = append(kinds, kind)
		}
	}
	switch len(kinds) {
	case 1:
	case 0:
		c.addKey(path, "the probe looks at nothing: give it http, tcp, dns or run")
		return
	default:
		c.addKey(path, "the probe has %s: keep one of them", list(kinds))
		return
	}
	c.realTime(p.Timeout, path+".timeout")
	c.realTime(p.Within, path+".within")
	if kinds[0] != "run" {
		for _, field := range []string{"env", "dir"} {
			if at := child(path, field); c.places.has(at) {
				c.addKey(at, "%s belongs to a probe that runs a program: drop it", field)
			}
		}
	}
	expects := []string{showdown.Fails, showdown.Works}
	also := ""
	switch kinds[0] {
	case "run":
		c.words(p.Run, path+".run")
		c.env(p.Env, path+".env")
	case "http":
		c.url(path+".http", p.HTTP)
		also = ", or a status like 503"
		if n, err := strconv.Atoi(p.Expect); err == nil && n >= 100 && n <= 599 {
			return
		}
	case "tcp":
		if _, port, err := net.SplitHostPort(p.TCP); err != nil || port == "" {
			c.add(path+".tcp", "%q is no host:port: write it like 127.0.0.1:5432", p.TCP)
		}
	case "dns":
		if p.DNS == "" || strings.ContainsAny(p.DNS, " /:") {
			c.add(path+".dns", "%q is no name: write it like db.example.internal", p.DNS)
		}
		also = ", or an IP address"
		if _, err := netip.ParseAddr(p.Expect); err == nil {
			return
		}
	}
	if !slices.Contains(expects, p.Expect) {
		c.add(path+".expect", "a probe of %s does not expect %q: write %s%s, what it meets while the fault is there", kinds[0], p.Expect, list(expects), also)
	}
}
