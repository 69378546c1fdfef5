package figure

import "showdown/results/draw"

// rowText is a row of a figure that has one for each track: its name, and numbers at its
// right.
type rowText struct {
	name    string
	numbers []string
	// strong are the numbers that the figure is about.
	strong bool
}

// rows lays rows out below each other in an area, writes their names at the left and
// their numbers in columns at the right under heads, and returns the areas between.
func (c *canvas) rows(area rect, heads []string, rows []rowText, gap float64) []rect {
	names := 0.0
	for _, r := range rows {
		names = max(names, draw.Width(r.name, c.size.label, true))
	}
	names = min(names, area.w*0.2) + c.size.label*0.6
	widths := make([]float64, len(heads))
	right, headLines := 0.0, 0
	wrapped := make([][]string, len(heads))
	for i, head := range heads {
		for _, r := range rows {
			if i < len(r.numbers) {
				widths[i] = max(widths[i], draw.Width(r.numbers[i], c.size.label, r.strong && i == 0))
			}
		}
		wrapped[i] = draw.Wrap(head, c.size.tick, max(widths[i], c.size.tick*4), false)
		for _, line := range wrapped[i] {
			widths[i] = max(widths[i], draw.Width(line, c.size.tick, false))
		}
		headLines = max(headLines, len(wrapped[i]))
		right += widths[i] + c.size.label*0.8
	}
	inner := area.inset(names, 0, right, 0)
	if len(heads) > 0 {
		x := inner.right()
		for i := range heads {
			x += widths[i] + c.size.label*0.8
			for k, line := range wrapped[i] {
				at := area.y - c.size.tick*(0.35+1.1*float64(len(wrapped[i])-1-k))
				c.tick(x, at, line, draw.End)
			}
		}
	}
	out := make([]rect, len(rows))
	h := (area.h - gap*float64(len(rows)-1)) / float64(len(rows))
	for i, r := range rows {
		out[i] = rect{inner.x, area.y + float64(i)*(h+gap), inner.w, h}
		middle := out[i].y + h/2 + c.size.label*0.35
		c.strong(area.x, middle, draw.Fit(r.name, c.size.label, names-c.size.label*0.5, true), draw.Text, draw.Start)
		x := inner.right()
		for k := range heads {
			x += widths[k] + c.size.label*0.8
			if k >= len(r.numbers) {
				continue
			}
			c.Text(x, middle, r.numbers[k], draw.Type{Size: c.size.label, Ink: draw.Text, At: draw.End, Bold: r.strong && k == 0})
		}
	}
	return out
}

// mostRows is how many rows there is room for on a page.
func (m *maker) mostRows() int {
	if m.page.Shape == Slide {
		return 12
	}
	return 20
}

// rowGap is the space between so many rows of strips, in which the letters of faults stand.
// On a slide with many rows there is none for them: then the first row has them, and the
// others only those that it has not.
func (c *canvas) rowGap(rows int) (gap float64, cramped bool) {
	if c.page.Shape == Slide && rows > 8 {
		return c.size.tick * 0.6, true
	}
	return c.letterHeight() + c.size.tick*0.3, false
}

// knownLetters are the letters of faults that a row need not write, because the first has
// them.
func knownLetters(cramped bool, row int, first []band) []string {
	if !cramped || row == 0 {
		return nil
	}
	var out []string
	for _, b := range first {
		out = append(out, b.letter)
	}
	return out
}

// headHeight is the height of what rows writes above its area.
func (c *canvas) headHeight(lines int) float64 { return c.size.tick * (0.5 + 1.1*float64(lines)) }
