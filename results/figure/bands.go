package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"showdown/results"
	"showdown/results/draw"
)

// band is the time of a fault on a figure, in AWS seconds since the track's start. One
// that is never over lasts until the end.
type band struct {
	letter   string
	from, to float64
}

// bands are the faults of a track.
func (t track) bands() []band {
	var out []band
	for _, f := range t.faults() {
		to := t.to
		if f.EndS != nil {
			to = min(*f.EndS, t.to)
		}
		out = append(out, band{f.Letter, max(*f.StartS, t.from) - t.from, to - t.from})
	}
	return out
}

// bandStyle is how the time of a fault looks everywhere.
func (c *canvas) bandStyle() draw.Style { return draw.Style{Fill: draw.Chaos, Opacity: 0.14} }

// bandsBehind shades the times of faults in an area. It is drawn before the data.
func (c *canvas) bandsBehind(area rect, x scale, bands []band) {
	for _, b := range bands {
		from, to := x.at(b.from), x.at(b.to)
		c.Rect(from, area.y, max(to-from, c.size.thin), area.h, c.bandStyle())
	}
}

// bandsBefore draws the edges of faults over the data, and above the area a bar as long as
// each with its letter, but for the letters that are known. Letters that would lie over
// each other are written once: "C1–C7".
func (c *canvas) bandsBefore(area rect, x scale, bands []band, known ...string) {
	edge := draw.Style{Stroke: draw.Chaos, Width: c.size.thin * 1.2, Dash: []float64{c.size.thin * 4, c.size.thin * 3}}
	for _, b := range bands {
		for _, at := range []float64{b.from, b.to} {
			px := x.at(at)
			c.Line(edge, draw.Point{X: px, Y: area.y}, draw.Point{X: px, Y: area.bottom()})
		}
	}
	for _, b := range bands {
		from, to := x.at(b.from), x.at(b.to)
		h := c.size.tick * 0.2
		c.Rect(from, area.y-h, max(to-from, h), h, draw.Style{Fill: draw.Chaos})
	}
	bands = slices.DeleteFunc(slices.Clone(bands), func(b band) bool { return slices.Contains(known, b.letter) })
	for _, l := range c.letters(x, bands) {
		if len(known) > 0 { // there is little room above
			c.halo(l.x, area.y-c.size.tick*0.32, draw.Width(l.text, c.size.tick, true), draw.Start)
		}
		c.Text(l.x, area.y-c.size.tick*0.32, l.text, draw.Type{Size: c.size.tick, Ink: draw.Chaos, Bold: true, At: draw.Start})
	}
}

// letterHeight is the height of what bandsBefore writes above its area.
func (c *canvas) letterHeight() float64 { return c.size.tick * 1.2 }

// letter is the text over one or several faults.
type letter struct {
	x    float64
	text string
}

func (c *canvas) letters(x scale, bands []band) []letter {
	type group struct {
		at      float64
		letters []string
	}
	sorted := slices.Clone(bands)
	slices.SortStableFunc(sorted, func(a, b band) int { return compare(a.from, b.from) })
	var groups []group
	text := func(g group) string {
		return shorten(slices.SortedStableFunc(slices.Values(g.letters), byLetter))
	}
	for _, b := range sorted {
		at := x.at(b.from)
		if n := len(groups); n > 0 {
			last := &groups[n-1]
			if at < last.at+draw.Width(text(*last), c.size.tick, true)+c.size.tick*0.5 {
				last.letters = append(last.letters, b.letter)
				continue
			}
		}
		groups = append(groups, group{at, []string{b.letter}})
	}
	var out []letter
	for i, g := range groups {
		l := letter{g.at, text(g)}
		// A text that grew by its later letters may reach the next one, and then gives way.
		room := max(x.a, x.b) - l.x
		if i+1 < len(groups) {
			room = groups[i+1].at - l.x - c.size.tick*0.3
		}
		w := draw.Width(l.text, c.size.tick, true)
		if w > room {
			l.x = max(l.x-(w-room), min(x.a, x.b))
		}
		out = append(out, l)
	}
	return out
}

// shorten writes letters as a list, and runs of one letter with its numbers as a range:
// "A B C1–C7".
func shorten(letters []string) string {
	var out []string
	for i := 0; i < len(letters); {
		k := i
		for k+1 < len(letters) && follows(letters[k], letters[k+1]) {
			k++
		}
		if k-i >= 2 {
			out = append(out, letters[i]+"–"+letters[k])
		} else {
			out = append(out, letters[i:k+1]...)
		}
		i = k + 1
	}
	return strings.Join(out, " ")
}

// byLetter orders letters as people count: C2 before C10.
func byLetter(a, b string) int {
	return cmp.Or(strings.Compare(a[:min(len(a), 1)], b[:min(len(b), 1)]), cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// follows says that b is the next number after a: "C3" after "C2".
func follows(a, b string) bool {
	var n, m int
	if len(a) < 2 || len(b) < 2 || a[0] != b[0] {
		return false
	}
	if _, err := fmt.Sscanf(a[1:], "%d", &n); err != nil {
		return false
	}
	if _, err := fmt.Sscanf(b[1:], "%d", &m); err != nil {
		return false
	}
	return m == n+1
}

// doing is a fault with the track that it happened in.
type doing struct {
	track string
	fault results.Fault
}

// keyOf says what the letters of the tracks' faults stand for: "A: kill web-1; B: ...".
// A letter that stands for different things in different tracks is told with its track.
func (m *maker) keyOf(tracks []track) string {
	var all []doing
	for _, t := range tracks {
		for _, f := range t.faults() {
			all = append(all, doing{t.name, f})
		}
	}
	return m.keyFor(all, len(tracks))
}

// keyFor is the key of some faults, of so many tracks.
func (m *maker) keyFor(all []doing, tracks int) string {
	type meaning struct{ letter, text string }
	var order []meaning
	where := map[meaning][]string{}
	slices.SortStableFunc(all, func(a, b doing) int { return byLetter(a.fault.Letter, b.fault.Letter) })
	for _, d := range all {
		k := meaning{d.fault.Letter, m.faultName(d.fault)}
		if where[k] == nil {
			order = append(order, k)
		}
		where[k] = append(where[k], d.track)
	}
	several := map[string]int{}
	for _, k := range order {
		several[k.letter]++
	}
	// Faults that do the same to one thing after another are told once.
	var parts []string
	for i := 0; i < len(order); {
		k := i
		for k+1 < len(order) && follows(order[k].letter, order[k+1].letter) && actionOf(order[k].text) == actionOf(order[k+1].text) {
			k++
		}
		name, text := order[i].letter, order[i].text
		if k-i >= 2 {
			name = order[i].letter + "–" + order[k].letter
			if slices.ContainsFunc(order[i:k+1], func(o meaning) bool { return o.text != text }) {
				text = actionOf(text)
			}
		} else {
			k = i
		}
		if several[order[i].letter] > 1 || tracks > 1 && len(where[order[i]]) < tracks {
			text += " (" + m.names(where[order[i]]) + ")"
		}
		parts = append(parts, m.lang.say("%s: %s", name, text))
		i = k + 1
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, m.lang.say("; ")) + "."
}

// names is at most three names.
func (m *maker) names(names []string) string {
	names = slices.Compact(names)
	if len(names) > 3 {
		return m.lang.say("%s and %d more", strings.Join(names[:2], ", "), len(names)-2)
	}
	return strings.Join(names, ", ")
}

// faultName is what a fault does to whom: "kill web-1".
func (m *maker) faultName(f results.Fault) string {
	target := f.Target
	if f.NamesTarget() {
		target = ""
	}
	if list := strings.Split(target, ", "); len(list) > 3 {
		target = m.lang.say("%s and %d more", list[0], len(list)-1)
	}
	return brief(strings.TrimSpace(f.Called() + " " + target))
}

func actionOf(name string) string {
	action, _, _ := strings.Cut(name, " ")
	return action
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
