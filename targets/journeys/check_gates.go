package journeys

import (
	"strings"

	"showdown"
)

// gates checks what a run must meet, and what ends it early.
func (c *checker) gates() {
	taken := map[string]bool{}
	for i, gate := range c.stage.Gates {
		at := element("gates", i)
		if c.gateHead(at, gate.Name, gate.Cell, taken) {
			c.expression(at, "expect", "the gate's expectation", gate.Expect, func() error {
				if c.known.Claim == nil {
					return nil
				}
				return c.known.Claim(c.stage, gate.Claim())
			})
		}
	}
	for i, abort := range c.stage.AbortIf {
		at := element("abort_if", i)
		if c.gateHead(at, abort.Name, abort.Cell, taken) {
			c.expression(at, "if", "the condition", abort.If, func() error {
				cell, ok := c.stage.Cell(showdown.CellOr(abort.Cell))
				if c.known.StopIf == nil || !ok {
					return nil
				}
				return c.known.StopIf(c.stage, cell, abort.If)
			})
		}
	}
}

// gateHead checks the name and the cell of a gate, and says whether the cell is there, so
// that its expression can be looked at.
func (c *checker) gateHead(at, name, cell string, taken map[string]bool) bool {
	if len(name) > maxGateName {
		c.add(at+".name", "the gate's name has %d bytes, more than %d: the expectation says the rest", len(name), maxGateName)
	}
	if name != "" && taken[name] {
		c.add(at+".name", "gate %q exists already: names are used once, choose another one", name)
	}
	taken[name] = true
	if _, ok := c.stage.Cell(showdown.CellOr(cell)); ok {
		return true
	}
	// A stage without a base cell has been told so.
	if cell != "" {
		c.oneOf(at+".cell", "cell", cell, cellNames(c.stage))
	}
	return false
}

// maxGateName bounds the name of a gate, in bytes: it is one line of a report.
const maxGateName = 200

// expression checks an expression in the language of claims with compile.
func (c *checker) expression(at, field, what, text string, compile func() error) {
	if strings.TrimSpace(text) == "" {
		c.missing(at+"."+field, what)
		return
	}
	if err := compile(); err != nil {
		list, _, _ := strings.Cut(at, "[")
		c.add(at+"."+field, "%s %q: %w", list, text, err)
	}
}
