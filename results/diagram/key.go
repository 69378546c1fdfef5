package diagram

import "showdown/results/draw"

// sample is an entry of a page's key: what is drawn, in so many units of text, and what it
// means.
type sample struct {
	w    float64
	draw func(p *draw.Picture, x, y, e float64)
	text string
}

// pageKey is the key of a picture whose ways have looks too: in a row below it, in two where
// it is narrow, or beside it where it is low.
type pageKey struct {
	rows [][]sample
	size float64
	// beside says that it stands on the left.
	beside bool
}

// keyOf is the key of a view, and what it leaves of that; nil where the key has no room of
// its own.
func (d Diagram) keyOf(v View) (*pageKey, View) {
	if !v.Key || !v.Dresses || v.W <= 0 || v.H <= 0 {
		return nil, v
	}
	v.Key = false
	key := d.keyBelow(v)
	low := v
	low.H -= key.height()
	beside := &pageKey{size: .8 * v.Size, beside: true}
	for _, row := range key.rows {
		for _, s := range row {
			beside.rows = append(beside.rows, []sample{s})
		}
	}
	narrow := v
	narrow.W -= beside.widest() + v.Size
	if beside.height() <= v.H && narrow.W > v.W/3 && d.Scale(narrow) > 1.02*d.Scale(low) {
		return beside, narrow
	}
	return key, low
}

func (d Diagram) keyBelow(v View) *pageKey {
	w := wordsIn(d.Lang)
	line := func(style draw.Style) func(p *draw.Picture, x, y, e float64) {
		return func(p *draw.Picture, x, y, e float64) {
			s := style
			s.Width *= e
			s.Dash = nil
			for _, l := range style.Dash {
				s.Dash = append(s.Dash, l*e)
			}
			p.Line(s, draw.Point{X: x, Y: y - .3*e}, draw.Point{X: x + 1.9*e, Y: y - .3*e})
		}
	}
	frames := []sample{
		{1.6, func(p *draw.Picture, x, y, e float64) {
			p.RoundRect(x, y-.8*e, 1.6*e, e, .2*e, draw.Style{Fill: draw.Paper, Stroke: draw.Muted, Width: .16 * e})
		}, w.frame},
		{1.3, func(p *draw.Picture, x, y, e float64) {
			mark(p, string(Healthy), draw.Muted, x+.65*e, y-.3*e, .65*e, true)
		}, w.belief},
	}
	ways := []sample{
		{1.9, line(draw.Style{Stroke: draw.Up, Width: .45}), w.flows},
		{1.9, line(draw.Style{Stroke: draw.Degraded, Width: .3, Dash: []float64{.75, .3}}), w.someFail},
		{1.9, line(draw.Style{Stroke: draw.Down, Width: .3, Dash: []float64{.3, .3}}), w.mostFail},
	}
	k := &pageKey{size: .8 * v.Size, rows: [][]sample{append(frames, ways...)}}
	if k.width(0) > v.W {
		k.rows = [][]sample{frames[:2], ways}
	}
	if widest := k.widest(); widest > v.W {
		k.size *= max(.5, v.W/widest)
	}
	return k
}

func (k *pageKey) widest() float64 {
	w := 0.0
	for i := range k.rows {
		w = max(w, k.width(i))
	}
	return w
}

// between is the distance of two entries, in units of text.
const between = 1.2

func (k *pageKey) width(row int) float64 {
	w := -between * k.size
	for _, s := range k.rows[row] {
		w += (s.w+.45+between)*k.size + draw.Width(s.text, k.size, false)
	}
	return w
}

func (k *pageKey) height() float64 { return k.size * (.4 + 1.5*float64(len(k.rows))) }

// draw writes the key at the bottom of p, in the middle or on the left.
func (k *pageKey) draw(p *draw.Picture) {
	y := p.H - k.height()
	for i := range k.rows {
		x := 0.0
		if !k.beside {
			x = max(0, (p.W-k.width(i))/2)
		}
		y += 1.5 * k.size
		for _, s := range k.rows[i] {
			s.draw(p, x, y-.2*k.size, k.size)
			x += (s.w + .45) * k.size
			p.Text(x, y-.2*k.size, s.text, draw.Type{Size: k.size, Ink: draw.Muted})
			x += draw.Width(s.text, k.size, false) + between*k.size
		}
	}
}
