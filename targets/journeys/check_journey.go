package journeys

import (
	"slices"
	"strings"

	"showdown"
)

// journeyClaim checks a claim that compares stages as far as the journey's file alone
// tells.
func (c *checker) journeyClaim(h *header, i int, taken map[string]bool) {
	claim, at := h.Claims[i], element("claims", i)
	catalogue := catalogueIDs()
	switch {
	case claim.ID == "":
		c.missing(at+".id", "the claim's id")
	case taken[claim.ID]:
		c.add(at+".id", "claim %q exists already: join the two expectations with \"and\"", claim.ID)
	case strings.HasPrefix(claim.ID, ownClaim):
		c.name(at+".id", "the claim's id", claim.ID, nil)
	case !slices.Contains(catalogue, claim.ID):
		c.add(at+".id", "unknown claim %q: %s", claim.ID, meantClaim(claim.ID, catalogue))
	}
	taken[claim.ID] = true
	if strings.TrimSpace(claim.Text) == "" {
		c.missing(at+".text", "the claim's text")
	}
	if strings.TrimSpace(claim.Expect) == "" {
		c.missing(at+".expect", "what the claim expects")
	}
	if claim.Cell != "" {
		c.addKey(at+".cell", "a claim that compares stages has no cell of its own: write dns for a stage's base cell, dns.stale for another")
	}
	if len(claim.Stages) < 2 {
		c.add(at+".stages", "stages must name the two or more stages that are compared; a claim about one stands in that stage's file")
	}
}

// comparisons checks the claims of a journey against its stages: each stage that one
// names must be there or be planned, and where all are there the expectation must
// compile.
func comparisons(j Journey, h *header, file string, known Known) Problems {
	var found findings
	for i, claim := range j.Claims {
		at := element("claims", i)
		var names []string
		for _, s := range j.Stages {
			names = append(names, s.Name)
		}
		missing := j.Missing(claim)
		for k, name := range claim.Stages {
			if !slices.Contains(names, name) && !slices.Contains(h.Planned, name) {
				found.add(element(at+".stages", k), "unknown stage %q: %s; a stage that will come is listed under \"planned\"", name, meant(name, append(names, h.Planned...)))
			}
		}
		if len(missing) > 0 || known.Comparison == nil {
			continue
		}
		if err := known.Comparison(stagesOf(j, claim), claim); err != nil {
			found.add(at+".expect", "claim %s: %w", claim.ID, err)
		}
	}
	return found.problems(file, h.places)
}

// stagesOf is the stages that a claim compares.
func stagesOf(j Journey, c showdown.Claim) []*showdown.Stage {
	var out []*showdown.Stage
	for _, s := range j.Stages {
		if slices.Contains(c.Stages, s.Name) {
			out = append(out, s)
		}
	}
	return out
}
