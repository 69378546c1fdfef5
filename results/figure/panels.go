package figure

import (
	"showdown/results/draw"
)

// panel is one of several small charts of one size with the same scales.
type panel struct {
	rect
	// ticksLeft and ticksBelow say that the panel writes the ticks of its axis there.
	ticksLeft, ticksBelow bool
}

// columns is how many panels stand beside each other on the page.
func (s sizes) columns(n int) int {
	if s.height > 0 { // a slide is wide
		switch {
		case n <= 3:
			return max(n, 1)
		case n == 4:
			return 2
		case n <= 6:
			return 3
		}
		return 4
	}
	switch {
	case n <= 1:
		return 1
	case n <= 8:
		return 2
	}
	return 3
}

// panels divides an area into panels, one for each name, which it writes above them. Left
// of the first column and below the last row there is room for the ticks of the axes;
// above each panel for its name and, where there are some, letters.
func (c *canvas) panels(area rect, names []string, axis float64, letters bool) []panel {
	n := len(names)
	columns := c.size.columns(n)
	rows := (n + columns - 1) / columns
	over := c.size.tick * 0.2
	if letters {
		over = c.letterHeight()
	}
	head := c.size.label*1.4 + over
	if n == 1 {
		head = over
	}
	gapX := c.size.tick * 1.2
	inner := area.inset(axis, 0, c.size.tick*0.6, c.timeAxisHeight())
	w := (inner.w - gapX*float64(columns-1)) / float64(columns)
	h := inner.h/float64(rows) - head
	out := make([]panel, n)
	for i, name := range names {
		r := rect{inner.x + float64(i%columns)*(w+gapX), inner.y + float64(i/columns)*(h+head) + head, w, h}
		if n > 1 {
			c.strong(r.x, r.y-over-c.size.label*0.15, draw.Fit(name, c.size.label, w, true), draw.Text, draw.Start)
		}
		out[i] = panel{rect: r, ticksLeft: i%columns == 0, ticksBelow: i+columns >= n}
	}
	return out
}

// panelHeight is the height of the body of a printed page for so many panels.
func (s sizes) panelHeight(n int, each float64) float64 {
	columns := s.columns(n)
	rows := (n + columns - 1) / columns
	return float64(rows)*(each+70) + 90
}

// namesOf are the names of tracks.
func namesOf(tracks []track) []string {
	out := make([]string, len(tracks))
	for i, t := range tracks {
		out[i] = t.name
	}
	return out
}

// longestOf is the length of the longest track in AWS seconds.
func longestOf(tracks []track) float64 {
	length := 0.0
	for _, t := range tracks {
		length = max(length, t.length())
	}
	return length
}

// realTime says that AWS seconds are those of the lab in every track.
func realTime(tracks []track) bool {
	for _, t := range tracks {
		if t.speed() != 1 {
			return false
		}
	}
	return true
}

// most bounds how many tracks a figure draws; the rest is named in its caption.
func (m *maker) most(tracks []track, n int) (shown []track, note string) {
	if len(tracks) <= n {
		return tracks, ""
	}
	return tracks[:n], " " + m.lang.say("Not drawn: %s.", m.names(namesOf(tracks[n:])))
}
