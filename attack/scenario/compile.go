package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"slices"
	"strings"

	"showdown"
)

// Options are what a scenario is compiled with.
type Options struct {
	// Dir is the folder that the scenario's files are looked for in; empty is the present
	// one.
	Dir string
	// Env gives the values of the environment; nil only looks, and the plan cannot be
	// played.
	Env Environment
}

// Compile makes a scenario playable, and finds everything that is wrong with it: then
// there is no plan.
func Compile(s showdown.Scenario, o Options) (*Plan, []Finding) {
	c := compiler{scenario: s, Options: o, slots: map[string]int{}, from: map[string]int{}}
	c.protocol()
	c.data()
	switch {
	case len(s.Requests) > 0 && len(s.Script) > 0:
		c.addKey("script", "a scenario has requests by weight or a script, not both: drop one")
	case s.Plain() && s.Data != "":
		c.addKey("data", "data is for the requests of a scenario, and there are none: add requests or a script")
	}
	list, path := s.Requests, "requests"
	if len(s.Script) > 0 {
		list, path = s.Script, "script"
	}
	c.plan.Script = path == "script"
	c.extracted(list, path)
	for i, r := range list {
		c.step(r, i, fmt.Sprintf("%s[%d]", path, i))
	}
	if len(s.Requests) > 0 {
		c.weights()
	}
	if len(c.findings) > 0 {
		return nil, c.findings
	}
	c.plan.slots = len(c.slots)
	for i := range c.plan.Steps {
		c.bind(&c.plan.Steps[i])
	}
	return &c.plan, nil
}

type compiler struct {
	scenario showdown.Scenario
	Options
	findings
	plan Plan
	// slots are the numbers of all values by name, and from the first step that extracts
	// each; columns have none.
	slots map[string]int
	from  map[string]int
	// blind says that the data could not be read, so that its columns are not known.
	blind bool
}

// protocol checks how clients speak to servers.
func (c *compiler) protocol() {
	s := c.scenario
	if s.HTTP != "" && !slices.Contains(showdown.HTTPVersions(), s.HTTP) {
		c.add("http", "unknown version %q of HTTP: versions are %v", short(string(s.HTTP)), showdown.HTTPVersions())
	}
	if s.DataOrder != "" && !slices.Contains(showdown.DataOrders(), s.DataOrder) {
		c.add("data_order", "unknown order %q of data: orders are %v", short(string(s.DataOrder)), showdown.DataOrders())
	}
	if s.DataOrder != "" && s.Data == "" {
		c.addKey("data_order", "there is no data to be ordered: add \"data:\" with a CSV file")
	}
	if s.TLS != nil {
		_, found := TLSConfig(*s.TLS, c.Dir)
		for _, f := range found {
			f.Path = "tls." + f.Path
			c.findings = append(c.findings, f)
		}
	}
}

// data reads the CSV file.
func (c *compiler) data() {
	name := c.scenario.Data
	if name == "" {
		return
	}
	f, err := open(c.Dir, name)
	if err != nil {
		c.add("data", "the file of data cannot be read: %w", plainly(err))
		c.blind = true
		return
	}
	defer f.Close()
	d, err := ReadData(name, f)
	if err != nil {
		c.add("data", "%w", err)
		c.blind = true
		return
	}
	for i, column := range d.Columns {
		c.slots[column] = i
	}
	c.plan.columns, c.plan.order = len(d.Columns), c.scenario.DataOrder
	for _, row := range d.rows {
		values := make([]Value, len(row))
		for i, text := range row {
			values[i] = Value{text: text, there: true}
		}
		c.plan.rows = append(c.plan.rows, values)
	}
}

// plainly is an error of the file system without what was called.
func plainly(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// extracted gives all that steps extract a slot, so that a step that uses one too early is
// told so.
func (c *compiler) extracted(list []showdown.Request, path string) {
	for i, r := range list {
		for _, name := range sortedKeys(r.Extract) {
			at := fmt.Sprintf("%s[%d].extract.%s", path, i, name)
			_, known := c.slots[name]
			_, before := c.from[name]
			switch {
			case !namePattern.MatchString(name):
				c.addKey(at, "%q is no name of a value: write letters, digits and _", short(name))
			case known && !before:
				c.addKey(at, "%q is a column of %s already: choose another name", name, c.scenario.Data)
			case !known:
				c.slots[name], c.from[name] = len(c.slots), i
			}
		}
	}
}

// step compiles a request.
func (c *compiler) step(r showdown.Request, number int, path string) {
	s := Step{Name: r.Name, Method: r.Method, Think: r.Think}
	if s.Method == "" {
		s.Method = http.MethodGet
	}
	switch {
	case r.Name == "":
		c.addKey(path+".name", "the request's name is missing: add \"name:\", by which reports call it")
	case len(r.Name) > maxEndpoint || strings.ContainsFunc(r.Name, func(c rune) bool { return c < ' ' || c == 0x7f }):
		c.add(path+".name", "the name %q is too long or has control characters: it is for reports, at most %d bytes", short(r.Name), maxEndpoint)
	}
	if !slices.Contains(Methods(), s.Method) {
		c.add(path+".method", "unknown method %q: write it in capitals, like GET or POST", short(s.Method))
	}
	if r.Body != "" && r.BodyFile != "" {
		c.addKey(path+".body_file", "a request has one body: drop body or body_file")
	}
	source := r.Path
	if source == "" {
		source = "/"
	}
	s.Path = c.template(path+".path", source, InPath, number)
	c.isPath(path+".path", s.Path)
	for _, name := range sortedKeys(r.Header) {
		s.Header = append(s.Header, c.field(path+".header."+name, name, r.Header[name], number))
	}
	body, at := r.Body, path+".body"
	if r.BodyFile != "" {
		at = path + ".body_file"
		text, err := read(c.Dir, r.BodyFile)
		if err != nil {
			c.add(at, "the file of the body cannot be read: %w", plainly(err))
		}
		body = string(text)
	}
	s.Body = c.template(at, body, InBody, number)
	c.belongs(r, path)
	s.check = c.check(r, path+".check")
	s.extract = c.extractions(r, path+".extract")
	if s.Method == http.MethodHead && (s.check.needsBody() || slices.ContainsFunc(s.extract, func(x extraction) bool { return x.json != nil })) {
		c.add(path+".method", "the answer to a HEAD has no body: there is nothing to look into")
	}
	c.plan.Steps = append(c.plan.Steps, s)
}

// maxEndpoint is the longest name of an endpoint that a record keeps, in bytes.
const maxEndpoint = 255

// Methods are the methods of HTTP that requests may have.
func Methods() []string {
	return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
}

// belongs checks what only requests by weight or only steps of a script have.
func (c *compiler) belongs(r showdown.Request, path string) {
	switch {
	case c.plan.Script && r.Weight != 0 && r.Weight != 1:
		c.addKey(path+".weight", "the steps of a script come in their order: weight belongs to requests without one")
	case !c.plan.Script && r.Think != 0:
		c.addKey(path+".think", "requests by weight come when the schedule says: think belongs to the steps of a script")
	case !c.plan.Script && len(r.Extract) > 0:
		c.addKey(path+".extract", "requests by weight know nothing of each other: extract belongs to the steps of a script")
	case r.Think < 0:
		c.add(path+".think", "think must not be below 0: write it like 2s")
	}
}

// template parses a template and checks that its values are there when step number is
// sent.
func (c *compiler) template(path, text string, place Place, number int) Template {
	t, err := ParseTemplate(text, place, c.Env)
	if err != nil {
		c.add(path, "%w", err)
		return t
	}
	for _, name := range t.Names() {
		from, extracted := c.from[name]
		_, known := c.slots[name]
		switch {
		case !known && c.blind:
			// It may be one of the columns.
		case !known:
			c.add(path, "unknown value {{%s}}: %s", name, c.meant(name))
		case extracted && from >= number:
			c.add(path, "{{%s}} is not there yet: step %d extracts it, and this is step %d", name, from+1, number+1)
		}
	}
	return t
}

// meant says which values there are.
func (c *compiler) meant(name string) string {
	known := sortedKeys(c.slots)
	if len(known) == 0 {
		return "there is no data, and no step extracts a value"
	}
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return fmt.Sprintf("did you mean {{%s}}?", k)
		}
	}
	const most = 20
	if len(known) > most {
		known = append(known[:most], "...")
	}
	return "columns and extracted values are " + strings.Join(known, ", ")
}

// isPath checks the text that a path begins with, and all of it where it has no values.
func (c *compiler) isPath(path string, t Template) {
	for i, p := range t.parts {
		if p.name != "" {
			if i == 0 && p.filter != raw {
				c.add(path, "a path begins with /: write /{{%s}}, or {{%s|raw}} for a value that is a whole path", p.name, p.name)
			}
			continue
		}
		// What came from the environment is not shown.
		if i == 0 && !strings.HasPrefix(p.text, "/") || !fits(p.text, true) {
			c.add(path, "the path does not begin with / or has blanks, a # or characters beyond ASCII in it: percent-encode them, as in /a%%20b")
			return
		}
	}
	if len(t.parts) == 0 {
		c.add(path, "the path is empty: it begins with /")
	}
}

// field compiles a header field.
func (c *compiler) field(path, name, value string, number int) Field {
	f := Field{Name: name}
	switch {
	case !token(name):
		c.addKey(path, "header name %q is not one word", short(name))
	case slices.Contains([]string{"content-length", "transfer-encoding", "connection"}, strings.ToLower(name)):
		c.addKey(path, "header %s is set by showdown itself", name)
	}
	f.Value = c.template(path, value, InHeader, number)
	if _, ok := f.Value.Static(); !ok && strings.EqualFold(name, "host") {
		c.add(path, "header Host takes no values: it is the same for all of a session")
	}
	for _, p := range f.Value.parts {
		if p.name == "" && !fits(p.text, false) {
			c.add(path, "the value of header %s has a line break or another control character, perhaps from the environment", short(name))
		}
	}
	return f
}

// token says whether s is one word as HTTP's grammar has it.
func token(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// weights checks and takes in the weights of the requests.
func (c *compiler) weights() {
	var list []float64
	sum := 0.0
	for i, r := range c.scenario.Requests {
		if !(r.Weight >= 0) || math.IsInf(r.Weight, 0) {
			c.add(fmt.Sprintf("requests[%d].weight", i), "weight must be 0 or more")
			return
		}
		list = append(list, r.Weight)
		sum += r.Weight
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		c.addKey("requests", "the weights of the requests sum to %g: at least one is above 0", sum)
		return
	}
	c.plan.upTo = bounds(list)
}

// bind gives all templates and extractions of a step their slots.
func (c *compiler) bind(s *Step) {
	s.Path.bind(c.slots)
	s.Body.bind(c.slots)
	for i := range s.Header {
		s.Header[i].Value.bind(c.slots)
	}
	for i := range s.extract {
		s.extract[i].slot = c.slots[s.extract[i].name]
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
