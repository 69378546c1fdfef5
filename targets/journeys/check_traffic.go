package journeys

import (
	"math"
	"slices"
	"strings"
	"time"

	"showdown"
)

// MinCapacityPhase is the shortest length of a capacity phase, and of each step of
// a capacity ladder: with fewer requests a goodput says nothing.
const MinCapacityPhase = time.Second

const maxClients = 100_000

func (c *checker) traffic(cell *showdown.Cell, path string) {
	t := cell.Traffic
	if t.Clients < 1 || t.Clients > maxClients {
		c.add(path+".clients", "clients must lie between 1 and %d", maxClients)
	}
	c.profile(path+".profile", t.Profile)
	if t.Timeout <= 0 {
		c.add(path+".timeout", "timeout must be above 0: write it like 60s")
	}
	if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, t.Method) {
		c.add(path+".method", "unknown method %q: write it in capitals, like GET or POST", t.Method)
	}
	c.host(cell, path+".host", t.Host)
	if len(t.Cohorts) == 0 {
		c.resolves(path, t.Host, t.Profile)
	}
	c.told(cell, path)
	c.ageing(path+".connections", t.Connections)
	c.scenario(t, path)
	if !isPath(t.Path) && !(cell.Running() && t.Path == "" && !c.places.has(path+".path")) {
		c.add(path+".path", "path %q is not a path: it begins with / and has no blanks, like /time", t.Path)
	}
	if len(t.Phases) == 0 {
		c.missing(path+".phases", "the list of phases")
	}
	taken := map[string]bool{}
	for i := range t.Phases {
		at := element(path+".phases", i)
		c.name(at+".name", "the phase's name", t.Phases[i].Name, taken)
		c.phase(t.Phases[i], at)
	}
	c.cohorts(cell, path+".cohorts")
}

// isPath says whether s can be asked for.
func isPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.ContainsAny(s, " \t\r\n#")
}

func (c *checker) profile(path string, p showdown.Profile) {
	var names []string
	for _, q := range showdown.Profiles() {
		names = append(names, string(q))
	}
	c.oneOf(path, "profile", string(p), names)
}

// paceFields are the rates that each shape of load needs.
func paceFields() map[showdown.Pace][]string {
	return map[showdown.Pace][]string{
		showdown.Constant: {"rate"},
		showdown.Ramp:     {"from", "to"},
		showdown.Steps:    {"steps"},
		showdown.Sine:     {"rate", "amplitude", "period"},
		showdown.Spike:    {"rate", "peak"},
	}
}

func (c *checker) phase(p showdown.Phase, path string) {
	c.phaseLength(p, path)
	all := paceFields()
	needs, ok := all[p.Pace]
	if !ok {
		c.oneOf(path+".pace", "pace", string(p.Pace), []string{
			string(showdown.Constant), string(showdown.Ramp), string(showdown.Steps), string(showdown.Sine), string(showdown.Spike),
		})
		return
	}
	for _, field := range []string{"rate", "from", "to", "steps", "amplitude", "period", "peak"} {
		has, need := c.places.has(path+"."+field), slices.Contains(needs, field)
		switch {
		case has && !need:
			c.addKey(path+"."+field, "%s does not belong to a %s phase: it has %s", field, p.Pace, strings.Join(needs, ", "))
		case need && !has && p.Pace == showdown.Ramp:
			// A ramp may begin or end at nothing.
		case need && !has:
			c.missing(path+"."+field, "the "+field+" of a "+string(p.Pace)+" phase")
		}
	}
	c.phaseRates(p, path)
}

func (c *checker) phaseLength(p showdown.Phase, path string) {
	hasFor, hasLab := c.places.has(path+".for"), c.places.has(path+".lab")
	switch {
	case hasFor && hasLab:
		c.addKey(path+".lab", "a phase has one length: \"for\" in AWS time, or \"lab\" in lab time for a capacity phase; drop one")
	case !hasFor && !hasLab:
		c.addKey(path+".for", "the phase's length is missing: add \"for: 2m\" (AWS time), or \"lab: 2s\" for a capacity phase")
	case hasLab && time.Duration(p.Lab) < MinCapacityPhase:
		c.add(path+".lab", "lab %s is under %s: a capacity phase, or one step of it, is given in lab time and long enough for its requests to be counted", p.Lab, MinCapacityPhase)
	case hasFor && p.For <= 0:
		c.add(path+".for", "for must be above 0: write it like 2m")
	}
	if length := time.Duration(max(int64(p.For), int64(p.Lab))); length > maxPhase {
		c.add(path, "the phase is longer than %s: is the unit right?", maxPhase)
	}
}

// maxPhase bounds a phase, so that sums of lengths stay far from overflow.
const maxPhase = 31 * 24 * time.Hour

func (c *checker) phaseRates(p showdown.Phase, path string) {
	positive := func(field string, v float64) {
		if c.places.has(path+"."+field) && !(v > 0 && v <= maxRate) {
			c.add(path+"."+field, "%s must be above 0 and at most %d requests/s: to fall silent end the traffic", field, maxRate)
		}
	}
	positive("rate", p.Rate)
	positive("peak", p.Peak)
	for i, r := range p.Steps {
		if !(r > 0 && r <= maxRate) {
			c.add(element(path+".steps", i), "each step must be above 0 and at most %d requests/s", maxRate)
		}
	}
	switch p.Pace {
	case showdown.Steps:
		if c.places.has(path+".steps") && len(p.Steps) == 0 {
			c.add(path+".steps", "steps is empty: write the rates of the ladder like [100, 150, 200]")
		}
		if len(p.Steps) > maxSteps {
			c.add(path+".steps", "the ladder has %d steps, more than %d: take larger ones", len(p.Steps), maxSteps)
		}
	case showdown.Ramp:
		if p.From < 0 || p.To < 0 || p.From > maxRate || p.To > maxRate || math.Max(p.From, p.To) == 0 {
			c.add(path, "a ramp runs between rates of 0 to %d requests/s, one of them above 0", maxRate)
		}
	case showdown.Sine:
		if p.Amplitude < 0 || p.Amplitude > p.Rate {
			c.add(path+".amplitude", "amplitude must lie between 0 and the rate: load below nothing does not exist")
		}
		if c.places.has(path+".period") && p.Period <= 0 {
			c.add(path+".period", "period must be above 0: write it like 24h")
		}
	case showdown.Spike:
		if p.Peak < p.Rate {
			c.add(path+".peak", "peak must not be below the rate: it is the height of the spike")
		}
	}
}

// told checks that clients which are told addresses can be told one.
func (c *checker) told(cell *showdown.Cell, path string) {
	top := &cell.Topology
	if len(top.AllInstances()) == 0 || len(publicNames(top)) > 0 || len(top.LoadBalancers) > 0 {
		return
	}
	lost := len(cell.Traffic.Cohorts) == 0 && cell.Traffic.Host == ""
	for _, h := range cell.Traffic.Cohorts {
		lost = lost || cell.Traffic.Host == "" && h.Host == "" && len(h.Knows) == 0
	}
	if lost {
		c.addKey(path+".host", "every instance is private, and clients without a host are told public addresses: put a load balancer before them, and give the traffic a host whose record is its alias")
	}
}

const (
	maxRate  = 100_000
	maxSteps = 100
)

func (c *checker) cohorts(cell *showdown.Cell, path string) {
	t := cell.Traffic
	if len(t.Cohorts) == 0 {
		return
	}
	taken := map[string]bool{}
	sum := 0.0
	for i, h := range t.Cohorts {
		at := element(path, i)
		c.name(at+".name", "the cohort's name", h.Name, taken)
		if !c.places.has(at + ".share") {
			c.missing(at+".share", "the cohort's share")
		} else if h.Share <= 0 {
			c.add(at+".share", "share must be above 0%%: drop a cohort that nobody belongs to")
		}
		sum += float64(h.Share)
		c.profile(at+".profile", h.Profile)
		c.cohortHost(cell, h, at)
		c.ageing(at+".connections", h.Connections)
		seen := map[string]bool{}
		for j, name := range h.Knows {
			if seen[name] {
				c.add(element(at+".knows", j), "instance %q stands here twice: keep one of the two", name)
			}
			seen[name] = true
			if cell.Running() {
				c.among(element(at+".knows", j), "target", name, cell.TargetNames())
				continue
			}
			c.among(element(at+".knows", j), "instance", name, knowable(&cell.Topology))
		}
	}
	const rounding = 1e-6
	if math.Abs(sum-1) > rounding {
		c.addKey(path, "the shares of the cohorts add up to %s: they must add up to 100%%", showdown.Share(math.Round(sum*1e8)/1e8))
	}
	if len(t.Cohorts) > t.Clients {
		c.add(path, "%d cohorts share %d clients: a cohort needs at least one client", len(t.Cohorts), t.Clients)
	}
}
