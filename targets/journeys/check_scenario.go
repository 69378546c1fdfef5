package journeys

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"showdown"
	"showdown/attack/scenario"
)

// setScenarioDefaults fills in what a scenario leaves out.
func setScenarioDefaults(s *showdown.Scenario, p places, path string) {
	for _, list := range []struct {
		name     string
		requests []showdown.Request
	}{{"requests", s.Requests}, {"script", s.Script}} {
		for i := range list.requests {
			r, at := &list.requests[i], element(within(path, list.name), i)
			set(&r.Method, DefaultMethod, p, at+".method")
			set(&r.Path, DefaultPath, p, at+".path")
			if list.name == "requests" {
				set(&r.Weight, 1, p, at+".weight")
			}
		}
	}
}

// within is the path of a field of what stands at path, which may be the file.
func within(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// scenario checks what users ask for by a scenario.
func (c *checker) scenario(t showdown.Traffic, path string) {
	if !t.Plain() {
		for _, field := range []string{"method", "path"} {
			if c.places.has(path + "." + field) {
				c.addKey(path+"."+field, "the requests of a scenario have a %s of their own: drop the traffic's", field)
			}
		}
	}
	c.alone(t.Scenario, path)
	if t.KeepAlive != nil && t.Connections != (showdown.Ageing{}) {
		c.addKey(within(path, "keep_alive"), "connections says how many requests one carries: drop one of the two")
	}
	_, found := scenario.Compile(t.Scenario, scenario.Options{Dir: folderOf(c.stage.Source)})
	c.found(found, path)
}

// alone checks what a scenario says of its own shape in a file.
func (c *checker) alone(s showdown.Scenario, path string) {
	for _, name := range []string{"requests", "script"} {
		at := within(path, name)
		empty := name == "requests" && len(s.Requests) == 0 || name == "script" && len(s.Script) == 0
		if empty && c.places.has(at) {
			c.add(at, "%s is empty: list at least one request, or drop the line", name)
		}
	}
	for i := range s.Script {
		if at := element(within(path, "script"), i) + ".weight"; c.places.has(at) {
			c.addKey(at, "the steps of a script come in their order: weight belongs to requests without one")
		}
	}
	for _, name := range []string{"requests", "script"} {
		for i, r := range s.Steps() {
			at := element(within(path, name), i) + ".check"
			if r.Check != nil && c.places.has(at+".status") && r.Check.Status == 0 {
				c.add(at+".status", "status 0 is none: write it like 200")
			}
		}
	}
}

// found takes over what was found in a scenario.
func (c *checker) found(list []scenario.Finding, path string) {
	for _, f := range list {
		c.findings = append(c.findings, finding{path: within(path, f.Path), key: f.Key, err: f.Err})
	}
}

// folderOf is the folder that the files of a scenario are looked for in: that of the file
// that names them. Stages that come with the program name none.
func folderOf(source string) string {
	if source == "" || strings.HasPrefix(source, builtinPrefix) {
		return ""
	}
	return filepath.Dir(source)
}

// misfits finds scenarios that do not fit into their traffic.
func misfits(cell *showdown.Cell, clock showdown.Clock, path string) findings {
	var out findings
	for _, f := range scenario.Fit(cell.Traffic, clock) {
		out = append(out, finding{path: path + ".traffic." + f.Path, key: f.Key, err: f.Err})
	}
	return out
}

// LoadScenario reads a file that holds a scenario alone, as "attack --scenario" takes it.
// traffic is what it is part of, for think times that are too long for it; env gives the
// values of the environment that it names, and nil only looks. It fails with [Problems].
func LoadScenario(data []byte, source string, traffic showdown.Traffic, env func(string) (string, bool)) (*showdown.Scenario, error) {
	var s showdown.Scenario
	p, found, unclear := decode(data, &s)
	setScenarioDefaults(&s, p, "")
	c := checker{stage: &showdown.Stage{Source: source}, places: p}
	c.alone(s, "")
	_, wrong := scenario.Compile(s, scenario.Options{Dir: folderOf(source), Env: env})
	if s.Plain() && !p.has("requests") && !p.has("script") {
		c.addKey("requests", "a scenario says what users ask for: add \"requests:\" or \"script:\"")
	}
	clock, err := showdown.NewClock(1)
	if err != nil {
		return nil, err
	}
	traffic.Scenario = s
	c.found(append(wrong, scenario.Fit(traffic, clock)...), "")
	for _, f := range c.findings {
		if !unclear(f.path) && !slices.ContainsFunc(found, func(x finding) bool { return x.path == f.path }) {
			found = append(found, f)
		}
	}
	if err := found.problems(source, p).err(); err != nil {
		return nil, err
	}
	return &s, nil
}

// LoadScenarioFile is [LoadScenario] of the file at path.
func LoadScenarioFile(path string, traffic showdown.Traffic, env func(string) (string, bool)) (*showdown.Scenario, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return LoadScenario(data, path, traffic, env)
}
