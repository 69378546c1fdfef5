package showdown

// Gate is an expectation that a run must meet beside its claims: what has to hold before
// something is shipped. It is in the language of claims, has no place in the course notes,
// and counts like a claim to the verdict.
type Gate struct {
	// Name is what reports call the gate; empty is its expectation.
	Name string `yaml:"name" json:"name,omitempty"`
	// Expect is an expression over the analysis that is true when the gate is met.
	Expect string `yaml:"expect" json:"expect"`
	// Cell is the cell that names without one mean; empty is the base cell.
	Cell string `yaml:"cell" json:"cell,omitempty"`
}

// SetText makes g the gate that a text alone stands for in a stage file.
func (g *Gate) SetText(text string) { *g = Gate{Expect: text} }

// Claim is g as a claim, which has the same words.
func (g Gate) Claim() Claim { return Claim{Expect: g.Expect, Cell: g.Cell} }

// Abort is a condition that ends the whole run of a stage while it is played: a gate that
// fails before the end.
type Abort struct {
	// Name is what reports call the condition; empty is the condition itself.
	Name string `yaml:"name" json:"name,omitempty"`
	// If is the condition, in the language of stop_if: it is about the last seconds, and
	// one over fewer than ten requests does not hold.
	If string `yaml:"if" json:"if"`
	// Cell is the cell whose requests it is about; empty is the base cell.
	Cell string `yaml:"cell" json:"cell,omitempty"`
}

// SetText makes a the condition that a text alone stands for in a stage file.
func (a *Abort) SetText(text string) { *a = Abort{If: text} }

// CellOr is name, or the base cell where name is empty: the cell that a claim, a gate or a
// condition is about.
func CellOr(name string) string {
	if name == "" {
		return BaseCell
	}
	return name
}
