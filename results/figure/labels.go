package figure

import (
	"slices"

	"showdown/results/draw"
)

// endLabel names a line at its end, at the height y where the line ends.
type endLabel struct {
	y    float64
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
