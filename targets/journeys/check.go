package journeys

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"showdown"
)

// checker finds what is wrong with a stage whatever the speed. Its methods take the
// path of what they look at, which leads to the line.
type checker struct {
	stage  *showdown.Stage
	places places
	known  Known
	findings
}

func check(s *showdown.Stage, p places, known Known) findings {
	c := checker{stage: s, places: p, known: known}
	c.head()
	for i := range s.Cells {
		c.cell(&s.Cells[i], element("cells", i))
	}
	c.programs()
	c.claims()
	c.gates()
	return c.findings
}

// What names and letters look like: they become folders, labels of metrics and words
// of the claim language.
var (
	namePattern   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	letterPattern = regexp.MustCompile(`^[A-Z][0-9]?$`)
)

const maxName = 40

// name checks a required name and that it is not taken.
func (c *checker) name(path, what, name string, taken map[string]bool) {
	c.nameUpTo(maxName, path, what, name, taken)
}

// nameUpTo is name with a bound of its own.
func (c *checker) nameUpTo(most int, path, what, name string, taken map[string]bool) {
	switch {
	case name == "":
		c.missing(path, what)
	case !namePattern.MatchString(name) || len(name) > most:
		c.add(path, "%s %q is not a name: write small letters, digits and single dashes, beginning with a letter, at most %d", what, name, most)
	case taken[name]:
		c.add(path, "%s %q exists already: names are used once, choose another one", what, name)
	}
	if taken != nil {
		taken[name] = true
	}
}

// missing reports that the field at path is not there.
func (c *checker) missing(path, what string) {
	if c.places.has(path) {
		c.add(path, "%s is empty: fill it in", what)
		return
	}
	c.addKey(path, "%s is missing: add \"%s:\" here", what, leaf(path))
}

// oneOf checks value against the known ones, if any are known.
func (c *checker) oneOf(path, what, value string, known []string) {
	if len(known) > 0 && !slices.Contains(known, value) {
		c.add(path, "unknown %s %q: %s", what, value, meant(value, known))
	}
}

func (c *checker) head() {
	s := c.stage
	switch {
	case !c.places.has("version"):
		c.missing("version", "the version of the format")
	case s.Version != showdown.FormatVersion:
		c.add("version", "version %d is not known: this program reads version %d", s.Version, showdown.FormatVersion)
	}
	c.name("journey", "the journey's name", s.Journey, nil)
	c.name("stage", "the stage's name", s.Name, nil)
	if s.Number < 1 {
		c.add("number", "number must be 1 or more: it orders the stages of a journey")
	}
	if strings.TrimSpace(s.Title) == "" {
		c.missing("title", "the title")
	}
	if s.Program == nil {
		c.oneOf("app", "application", s.App, c.known.Apps)
	}
	if !(s.Work > 0) {
		c.add("work", "work must be above 0: it is what one request costs in CoreMark iterations, %g by default", DefaultWork)
	}
	if c.places.has("speed") && !(s.Speed >= showdown.MinSpeed && s.Speed <= showdown.MaxSpeed) {
		c.add("speed", "speed must lie between %g and %g: leave the line out for the speed of the run", showdown.MinSpeed, showdown.MaxSpeed)
	}
	if !(s.SLO.Availability > 0) {
		c.add("slo.availability", "slo availability must be above 0%%: write it like 99%%")
	}
	if s.SLO.Latency <= 0 {
		c.add("slo.latency", "slo latency must be above 0: write it like 100ms")
	}
	if len(s.Cells) == 0 {
		c.missing("cells", "the list of cells")
		return
	}
	taken := map[string]bool{}
	for i := range s.Cells {
		c.name(element("cells", i)+".name", "the cell's name", s.Cells[i].Name, taken)
	}
	if !taken[showdown.BaseCell] {
		c.addKey("cells", "no cell is named %q: name the one whose numbers stand for the stage %[1]q", showdown.BaseCell)
	}
}

func (c *checker) cell(cell *showdown.Cell, path string) {
	if c.places.has(path+".work") && !(cell.Work > 0) {
		c.add(path+".work", "work must be above 0: leave the line out for the stage's")
	}
	if cell.Running() || c.places.has(path+".targets") {
		c.running(cell, path)
	} else if c.topology(&cell.Topology, path+".topology") {
		c.traffic(cell, path+".traffic")
		c.timeline(cell, path)
	}
	if cell.SteadyState.Requests < 1 {
		c.add(path+".steady_state.requests", "steady_state requests must be 1 or more: that many good answers in a row are the base of the experiment")
	}
	if cell.SteadyState.Within <= 0 {
		c.add(path+".steady_state.within", "steady_state within must be above 0: write it like 5m")
	}
	for i, condition := range cell.StopIf {
		if c.known.StopIf == nil {
			break
		}
		if err := c.known.StopIf(c.stage, cell, condition); err != nil {
			c.add(element(path+".stop_if", i), "stop_if %q: %w", condition, err)
		}
	}
}

func (c *checker) claims() {
	catalogue := catalogueIDs()
	taken := map[string]bool{}
	for i, claim := range c.stage.Claims {
		at := element("claims", i)
		switch {
		case claim.ID == "":
			c.missing(at+".id", "the claim's id")
		case taken[claim.ID]:
			c.add(at+".id", "claim %q exists already: join the two expectations with \"and\"", claim.ID)
		case strings.HasPrefix(claim.ID, ownClaim):
			c.name(at+".id", "the claim's id", claim.ID, nil)
		default:
			if !slices.Contains(catalogue, claim.ID) {
				c.add(at+".id", "unknown claim %q: %s", claim.ID, meantClaim(claim.ID, catalogue))
			}
		}
		taken[claim.ID] = true
		if strings.TrimSpace(claim.Text) == "" {
			c.missing(at+".text", "the claim's text")
		}
		if len(claim.Stages) > 0 {
			c.addKey(at+".stages", "a claim of one stage compares none: claims that do stand in journey.yaml")
		}
		if claim.Cell != "" {
			c.oneOf(at+".cell", "cell", claim.Cell, cellNames(c.stage))
		}
		if strings.TrimSpace(claim.Expect) == "" {
			c.missing(at+".expect", "what the claim expects")
			continue
		}
		if c.known.Claim == nil {
			continue
		}
		if err := c.known.Claim(c.stage, claim); err != nil {
			c.add(at+".expect", "claim %s: %w", claim.ID, err)
		}
	}
}

// ownClaim begins the id of a claim that is not in the list: a user's own.
const ownClaim = "x-"

func meantClaim(id string, catalogue []string) string {
	own := fmt.Sprintf("; a claim of your own has an id that begins with %q", ownClaim)
	if near, ok := nearest(id, catalogue); ok {
		return fmt.Sprintf("did you mean %q?%s", near, own)
	}
	return "\"showdown claims\" lists them" + own
}

func cellNames(s *showdown.Stage) []string {
	out := make([]string, len(s.Cells))
	for i := range s.Cells {
		out[i] = s.Cells[i].Name
	}
	return out
}
