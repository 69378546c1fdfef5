package figure

import (
	"slices"

	"showdown/results/draw"
)

// endLabel names a line at its end, at the height y where the line ends.
type endLabel struct {
	// x is where the line ends, where that is left of the labels.
	x, y float64
	text string
	ink  draw.Ink
	bold bool
}

// endLabels writes labels right of x, each as near to its line's end as the others let
// it, within top and bottom. One that had to move has a thin line to its place.
func (c *canvas) endLabels(x, top, bottom float64, labels []endLabel) {
	step := c.size.tick * 1.2
	for i, y := range spread(labels, step, top+step/2, bottom-step/2) {
		l := labels[i]
		if l.x > 0 && l.x < x-c.size.tick {
			c.Line(draw.Style{Stroke: draw.Muted, Width: c.size.thin * 0.7, Dash: []float64{2, 5}}, draw.Point{X: l.x + c.size.tick*0.5, Y: l.y}, draw.Point{X: x, Y: l.y})
		}
		from := draw.Point{X: x + c.size.tick*0.2, Y: l.y}
		at := x + c.size.tick*0.4
		if d := y - l.y; d > step/4 || d < -step/4 {
			to := draw.Point{X: x + c.size.tick*0.9, Y: y}
			c.Line(draw.Style{Stroke: draw.Muted, Width: c.size.thin * 0.7}, from, to)
			at = to.X + c.size.tick*0.15
		}
		c.Text(at, y+c.size.tick*0.35, l.text, draw.Type{Size: c.size.tick, Ink: l.ink, Bold: l.bold})
	}
}

// spread moves the heights of labels apart until they are at least step from each other,
// as little as that needs, within top and bottom as far as they fit there.
func spread(labels []endLabel, step, top, bottom float64) []float64 {
	order := make([]int, len(labels))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(labels[a].y, labels[b].y) })
	// Blocks of labels that touch; each lies around the mean of what its labels want.
	type block struct {
		want, n float64
		members []int
	}
	place := func(b block) float64 { // the height of its first label
		first := b.want/b.n - (b.n-1)*step/2
		return max(min(first, bottom-(b.n-1)*step), top)
	}
	var blocks []block
	for _, i := range order {
		blocks = append(blocks, block{want: labels[i].y, n: 1, members: []int{i}})
		for k := len(blocks) - 1; k > 0; k-- {
			above, below := blocks[k-1], blocks[k]
			if place(above)+above.n*step <= place(below)+1e-9 {
				break
			}
			blocks[k-1] = block{above.want + below.want, above.n + below.n, append(above.members, below.members...)}
			blocks = blocks[:k]
		}
	}
	out := make([]float64, len(labels))
	for _, b := range blocks {
		y := place(b)
		for _, i := range b.members {
			out[i] = y
			y += step
		}
	}
	return out
}

// halo clears the paper behind a text in the size of ticks that data would run through.
func (c *canvas) halo(x, y, width float64, at draw.Anchor) {
	left := x
	switch at {
	case draw.Middle:
		left -= width / 2
	case draw.End:
		left -= width
	}
	pad := c.size.tick * 0.15
	c.Rect(left-pad, y-c.size.tick*0.85, width+2*pad, c.size.tick*1.1, draw.Style{Fill: draw.Paper, Opacity: 0.8})
}

// free finds places for texts that do not lie over each other.
type free struct{ taken []rect }

// place moves r down by steps until nothing that was placed before is there, and takes
// the place.
func (f *free) place(r rect, step float64) rect {
	for tries := 0; tries < 20; tries++ {
		if !slices.ContainsFunc(f.taken, r.touches) {
			break
		}
		r.y += step
	}
	f.taken = append(f.taken, r)
	return r
}

func (r rect) touches(o rect) bool {
	return r.x < o.right() && o.x < r.right() && r.y < o.bottom() && o.y < r.bottom()
}
