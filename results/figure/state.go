package figure

import (
	"showdown/results/draw"
)

// state is what users met in a stretch of time.
type state int

const (
	// silent is a stretch without a request, which is not the same as up.
	silent state = iota
	up
	degraded
	down
)

// String is the state's name in a CSV.
func (s state) String() string { return [...]string{"no request", "up", "degraded", "down"}[s] }

// stateOf is the state of requests of which so many were answered well; least is the
// share that counts as up.
func stateOf(ok, scheduled uint64, least float64) state {
	switch {
	case scheduled == 0:
		return silent
	case ok == 0:
		return down
	case float64(ok) < least*float64(scheduled):
		return degraded
	}
	return up
}

// fill draws a rectangle in the look of a state, which tells it without its colour: up is
// plain, degraded is hatched, down is dark, silent is an empty frame.
func (c *canvas) fill(r rect, s state) {
	gap := c.size.tick * 0.42
	switch s {
	case up:
		c.Rect(r.x, r.y, r.w, r.h, draw.Style{Fill: draw.Up, Opacity: 0.3})
	case degraded:
		c.Rect(r.x, r.y, r.w, r.h, draw.Style{Fill: draw.Degraded, Opacity: 0.22})
		c.Hatch(r.x, r.y, r.w, r.h, gap, draw.Style{Stroke: draw.Degraded, Width: c.size.line * 0.7})
	case down:
		c.Rect(r.x, r.y, r.w, r.h, draw.Style{Fill: draw.Down})
	case silent:
		c.Rect(r.x, r.y, r.w, r.h, draw.Style{Stroke: draw.Off, Width: c.size.thin, Dash: []float64{2, 4}})
	}
}

// stateName is the state in words.
func (l Lang) stateName(s state) string {
	switch s {
	case up:
		return l.say("answered")
	case degraded:
		return l.say("some fail")
	case down:
		return l.say("nobody is answered")
	}
	return l.say("no request")
}

// stateKey draws samples of states with their names, from x on, around the baseline y.
func (c *canvas) stateKey(x, y float64, states ...state) {
	for _, s := range states {
		w := c.size.tick * 1.3
		c.fill(rect{x, y - c.size.tick*0.75, w, c.size.tick * 0.85}, s)
		name := c.lang.stateName(s)
		c.tick(x+w+c.size.tick*0.35, y, name, draw.Start)
		x += w + c.size.tick*1.5 + draw.Width(name, c.size.tick, false)
	}
}
