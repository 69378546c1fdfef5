package report

import (
	"fmt"

	"showdown/results"
)

// pillarTables are the scorecards of a journey: how each pillar compares with the stage
// before, and the numbers behind it.
func pillarTables(cards []results.Scorecard, all bool) document {
	if len(cards) == 0 {
		return nil
	}
	head := []string{"pillar"}
	for _, c := range cards {
		head = append(head, c.Stage)
	}
	words, numbers := table{head: head, numbers: true}, table{head: head, numbers: true}
	for _, p := range cards[0].Pillars {
		row, title := []string{p.Name}, []string{p.Name}
		for _, c := range cards {
			own, _ := c.Pillar(p.Name)
			row, title = append(row, compared(own.Than)), append(title, "")
		}
		words.rows, numbers.rows = append(words.rows, row), append(numbers.rows, title)
		for _, n := range p.Indicators {
			line := []string{"  " + n.Name}
			for _, c := range cards {
				line = append(line, valueIn(c, p.Name, n.Name))
			}
			numbers.rows = append(numbers.rows, line)
		}
	}
	d := document{heading{"Pillars", "each stage beside the one before it; showdown report has the numbers"}, words}
	if all {
		d[0] = heading{"Pillars", "each stage beside the one before it"}
		d = append(d, heading{"Scorecards", "of the base cells; - was not measured"}, numbers)
	}
	return d
}

// compared is a comparison as a word; the first stage has none.
func compared(c results.Comparison) string {
	if c == "" {
		return nothing
	}
	return string(c)
}

// valueIn is the number of an indicator in a scorecard.
func valueIn(c results.Scorecard, pillar, name string) string {
	p, _ := c.Pillar(pillar)
	for _, n := range p.Indicators {
		if n.Name == name {
			return valueOf(n)
		}
	}
	return nothing
}

// valueOf is the number of an indicator with its unit.
func valueOf(n results.Indicator) string {
	if n.Value == nil {
		return nothing
	}
	switch v := *n.Value; n.Unit {
	case "s":
		return seconds(v)
	case "ms":
		return ms(n.Value)
	case "share":
		return shareOf(n.Value)
	case "USD":
		return dollars(v)
	case "/s":
		return number(v) + "/s"
	case "":
		return number(v)
	default:
		return number(v) + " " + n.Unit
	}
}

// reservedTables is what reservations would have made of a bill, one table for each
// instance type.
func reservedTables(c *results.Cost, cell string) document {
	var d document
	if c == nil {
		return d
	}
	for _, r := range c.Reserved {
		out := table{head: []string{"reserved " + r.Type, "used"}, numbers: true}
		for _, t := range r.Terms {
			out.head = append(out.head, t.Term)
		}
		for n := 0; n <= len(r.Slots); n++ {
			row := []string{fmt.Sprint(n), nothing}
			if n > 0 {
				row[1] = shareOf(&r.Slots[n-1])
			}
			for _, t := range r.Terms {
				switch {
				case n >= len(t.MonthUSD):
					row = append(row, nothing)
				case n == t.Optimum:
					row = append(row, dollars(t.MonthUSD[n])+" best")
				default:
					row = append(row, dollars(t.MonthUSD[n]))
				}
			}
			out.rows = append(out.rows, row)
		}
		row := []string{"break-even", ""}
		for _, t := range r.Terms {
			row = append(row, shareOf(&t.BreakEven))
		}
		out.rows = append(out.rows, row)
		d = append(d, heading{"Reserved instances", fmt.Sprintf("of the cell %s, dollars a month by how many are reserved", cell)}, out)
	}
	return d
}
