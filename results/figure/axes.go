package figure

import (
	"showdown/results/draw"
)

// timeAxis draws the axis of time below an area, with guide lines through it. The scale
// is in AWS seconds. Where real is true they are also seconds of the lab.
func (c *canvas) timeAxis(area rect, x scale, real bool) {
	c.timeGrid(area, x)
	k := clockFor(x.to - x.from)
	for _, t := range c.timeTicks(area, x) {
		c.tick(x.at(t), area.bottom()+c.size.tick*1.15, c.lang.number(t/k.seconds), draw.Middle)
	}
	c.tick(area.x+area.w/2, area.bottom()+c.size.tick*2.4, c.lang.timeUnit(k, real), draw.Middle)
}

// timeGrid draws the guide lines of an axis of time alone.
func (c *canvas) timeGrid(area rect, x scale) {
	for _, t := range c.timeTicks(area, x) {
		px := x.at(t)
		c.Line(draw.Style{Stroke: draw.Grid, Width: c.size.thin}, draw.Point{X: px, Y: area.y}, draw.Point{X: px, Y: area.bottom()})
	}
}

func (c *canvas) timeTicks(area rect, x scale) []float64 {
	return clockFor(x.to-x.from).ticks(x.from, x.to, max(int(area.w/(c.size.tick*3.2)), 2))
}

// timeAxisHeight is the height of what timeAxis writes below its area.
func (c *canvas) timeAxisHeight() float64 { return c.size.tick * 2.8 }

// timeUnit is the title of an axis of time.
func (l Lang) timeUnit(k clock, real bool) string {
	if real {
		return l.say(k.name)
	}
	return l.say("AWS " + k.name)
}

// valueAxis draws the axis of values left of an area, with guide lines through it, and
// its title above it.
func (c *canvas) valueAxis(area rect, y scale, title string, write func(float64) string) {
	most := max(int(area.h/(c.size.tick*2)), 2)
	for _, v := range y.ticks(most) {
		py := y.at(v)
		c.Line(draw.Style{Stroke: draw.Grid, Width: c.size.thin}, draw.Point{X: area.x, Y: py}, draw.Point{X: area.right(), Y: py})
		c.tick(area.x-c.size.tick*0.4, py+c.size.tick*0.35, write(v), draw.End)
	}
	if title != "" {
		c.tick(area.x, area.y-c.size.tick*0.6, title, draw.Start)
	}
}

// frame draws the two lines that an area stands on.
func (c *canvas) frame(area rect) {
	c.Line(
		draw.Style{Stroke: draw.Muted, Width: c.size.thin}, draw.Point{X: area.x, Y: area.y},
		draw.Point{X: area.x, Y: area.bottom()}, draw.Point{X: area.right(), Y: area.bottom()},
	)
}
