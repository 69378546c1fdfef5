package figure

import (
	"showdown/results/diagram"
	"showdown/results/draw"
)

// mostPromise is how many lines of a promise are written under an architecture.
const mostPromise = 3

// manyBuilds is from how many architectures on their texts get so small on a slide that
// rows share their heights out by what each needs.
const manyBuilds = 7

// evolutionRows are the panels of architectures with the views that these are drawn in, the
// size of the text apart, and by how much each has to be smaller to fit. Later architectures
// are the larger ones: of many, later rows may be higher, as the smallest text wants it.
func (cv *canvas) evolutionRows(all []*built, area rect, columns int, gap float64) (panels []rect, views []diagram.View, scales []float64) {
	rows := (len(all) + columns - 1) / columns
	tries := []float64{0}
	if rows > 1 && len(all) >= manyBuilds && cv.page.Shape == Slide {
		tries = []float64{0, 0.1, 0.2, 0.3}
	}
	best := -1.0
	for _, more := range tries {
		p := tiles(area, len(all), columns, gap)
		y := area.y
		for row := range rows {
			// The first row loses what the last one gains.
			share := 1.0
			if rows > 1 {
				share += more * (2*float64(row)/float64(rows-1) - 1)
			}
			h := (area.h - gap*float64(rows-1)) / float64(rows) * share
			for i := row * columns; i < min((row+1)*columns, len(all)); i++ {
				p[i].y, p[i].h = y, h
			}
			y += h + gap
		}
		least := 1.0
		v, s := make([]diagram.View, len(all)), make([]float64, len(all))
		for i, b := range all {
			v[i] = diagram.View{
				W: p[i].w - cv.size.tick, H: p[i].h - cv.size.label*1.4 - cv.promiseHeight(b, p[i].w), Size: cv.size.tick, Sketch: len(all) > 4,
			}
			s[i] = b.diagram.Scale(v[i])
			least = min(least, s[i])
		}
		if least > best+0.01 {
			best, panels, views, scales = least, p, v, s
		}
	}
	return panels, views, scales
}

// promiseLines are the lines of a promise in a panel of a width.
func (cv *canvas) promiseLines(b *built, width float64) []string {
	w := width - cv.size.tick
	return atMost(draw.Wrap(b.promise, cv.size.tick, w, false), mostPromise, cv.size.tick, w, false)
}

func (cv *canvas) promiseHeight(b *built, width float64) float64 {
	return cv.size.tick * (1.2*float64(max(len(cv.promiseLines(b, width)), 1)) + 0.6)
}
