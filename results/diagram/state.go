package diagram

import (
	"strings"

	"showdown/results/draw"
)

// State is what a node is, by what the harness did to it. The empty State draws no mark:
// a picture of what is built, not of what happens.
type State string

// The states. Unknown is a node of which nothing was heard; it must not look up.
const (
	Up         State = "up"
	Degraded   State = "degraded"
	Down       State = "down"
	Recovering State = "recovering"
	Off        State = "off"
	Unknown    State = "unknown"
)

// States are the states in the order in which they are counted.
func States() []State { return []State{Up, Recovering, Degraded, Down, Off, Unknown} }

// Belief is what a load balancer says of a target.
type Belief string

// The beliefs, in the words of target health (Elastic Load Balancing, Target health
// status). The empty Belief draws no badge.
const (
	Initial   Belief = "initial"
	Healthy   Belief = "healthy"
	Unhealthy Belief = "unhealthy"
	Draining  Belief = "draining"
	Unused    Belief = "unused"
)

// Beliefs are the beliefs in AWS's order.
func Beliefs() []Belief { return []Belief{Initial, Healthy, Unhealthy, Draining, Unused} }

// Status is what is known of a node.
type Status struct {
	State  State
	Belief Belief
	// Note is said in the node's title beside the two: "kill-instance by the teacher".
	Note string
}

// apart says that the balancer is wrong: it sends requests to what is down, or none to
// what is up.
func (s Status) apart() bool {
	switch s.Belief {
	case Healthy:
		return s.State == Down || s.State == Off
	case Unhealthy:
		return s.State == Up
	}
	return false
}

// CSS is the rules for a page that changes a node's state by itself: of the dresses that
// [View.Dresses] draws for every node, those of data-state and data-belief are seen. A way is
// as thick as its data-flow says, 0 for no request to 4 for most of them, and as its data-fail
// says 0 none, 1 some or 2 most of them fail; its font size is to be that of its data-unit.
func CSS() string {
	var b strings.Builder
	b.WriteString("[data-dress],[data-badge],[data-apart]{display:none}\n")
	for _, s := range States() {
		b.WriteString("[data-state=\"" + string(s) + "\"]>[data-dress=\"" + string(s) + "\"]{display:inline}\n")
	}
	for _, s := range Beliefs() {
		b.WriteString("[data-belief=\"" + string(s) + "\"]>[data-badge=\"" + string(s) + "\"]{display:inline}\n")
	}
	for _, s := range States() {
		for _, k := range Beliefs() {
			if (Status{State: s, Belief: k}).apart() {
				b.WriteString("[data-state=\"" + string(s) + "\"][data-belief=\"" + string(k) + "\"]>[data-apart]{display:inline}\n")
			}
		}
	}
	b.WriteString(`[data-flow="0"]>polyline{stroke-width:.13em;stroke-dasharray:.12em .4em}
[data-flow="1"]>polyline{stroke-width:.16em}[data-flow="2"]>polyline{stroke-width:.25em}
[data-flow="3"]>polyline{stroke-width:.36em}[data-flow="4"]>polyline{stroke-width:.5em}
[data-fail="0"]>polyline{stroke:var(--draw-up)}[data-fail="0"]>polygon{fill:var(--draw-up)}
[data-fail="1"]>polyline{stroke:var(--draw-degraded);stroke-dasharray:.6em .3em}[data-fail="1"]>polygon{fill:var(--draw-degraded)}
[data-fail="2"]>polyline{stroke:var(--draw-down);stroke-dasharray:.28em .28em}[data-fail="2"]>polygon{fill:var(--draw-down)}
`)
	b.WriteString("@media (prefers-reduced-motion:no-preference){[data-dress=\"recovering\"]>rect{animation:draw-march 1s linear infinite}}\n" +
		"@keyframes draw-march{to{stroke-dashoffset:-24}}\n")
	return b.String()
}

// ink is the colour of a state.
func (s State) ink() draw.Ink {
	switch s {
	case Up, Recovering:
		return draw.Up
	case Degraded:
		return draw.Degraded
	case Down:
		return draw.Down
	case Off:
		return draw.Off
	}
	return draw.Muted
}

// dress draws the frame of a state around a box: its line, its hatch, and at the top right
// corner its mark. The plate in it stays free of the hatch. The unit e is the size of the
// text.
func dress(p *draw.Picture, s State, b, plate box, e float64, bold bool) {
	frame := draw.Style{Fill: draw.Paper, Stroke: s.ink(), Width: .11 * e}
	switch s {
	case Degraded:
		frame.Width, frame.Dash = .16*e, []float64{.55 * e, .3 * e}
	case Down:
		frame.Width = .26 * e
	case Recovering:
		frame.Width, frame.Dash = .16*e, []float64{.8 * e, .3 * e, .16 * e, .3 * e}
	case Off:
		frame.Dash = []float64{.11 * e, .26 * e}
	case "":
		frame.Width = .07 * e
	}
	if bold {
		frame.Width = max(frame.Width, .24*e)
		if s == "" {
			frame.Stroke = draw.Text
		}
	}
	p.RoundRect(b.x, b.y, b.w, b.h, .3*e, frame)
	if s == Down {
		p.Hatch(b.x, b.y, b.w, b.h, .32*e, draw.Style{Stroke: draw.Down, Width: .08 * e})
		p.RoundRect(plate.x, plate.y, plate.w, plate.h, .2*e, draw.Style{Fill: draw.Paper})
	}
	if s != "" {
		mark(p, string(s), s.ink(), b.x+b.w-.15*e, b.y+.1*e, .62*e, false)
	}
}

// badge draws what the balancer believes, on the left edge of a box.
func badge(p *draw.Picture, s Status, b box, e float64) {
	x, y := b.x, b.y+b.h/2
	if s.apart() {
		ring(p, b, e)
	}
	inks := map[Belief]draw.Ink{Healthy: draw.Up, Unhealthy: draw.Down, Initial: draw.Muted, Draining: draw.Degraded, Unused: draw.Off}
	mark(p, string(s.Belief), inks[s.Belief], x, y, .66*e, true)
}

// ring is around the badge of a balancer that is wrong.
func ring(p *draw.Picture, b box, e float64) {
	p.Circle(b.x, b.y+b.h/2, .95*e, draw.Style{Fill: draw.Paper, Stroke: draw.Chaos, Width: .16 * e})
}

// mark draws a sign in a disc: filled for a state, open for a belief.
func mark(p *draw.Picture, sign string, ink draw.Ink, x, y, r float64, open bool) {
	disc, stroke := draw.Style{Fill: ink, Stroke: draw.Paper, Width: .16 * r}, draw.Paper
	if open {
		disc, stroke = draw.Style{Fill: draw.Paper, Stroke: ink, Width: .18 * r}, ink
	}
	p.Circle(x, y, r, disc)
	line := draw.Style{Stroke: stroke, Width: .24 * r}
	at := func(dx, dy float64) draw.Point { return draw.Point{X: x + dx*r, Y: y + dy*r} }
	switch sign {
	case string(Up), string(Healthy):
		p.Line(line, at(-.45, .02), at(-.12, .38), at(.48, -.36))
	case string(Down), string(Unhealthy):
		p.Line(line, at(-.38, -.38), at(.38, .38))
		p.Line(line, at(-.38, .38), at(.38, -.38))
	case string(Degraded):
		p.Line(line, wave(at, -.55, .55)...)
	case string(Recovering):
		p.Line(line, arc(at, .5, -60, 210)...)
		p.Polygon(draw.Style{Fill: stroke}, at(.62, -.02), at(.62, -.66), at(.02, -.5))
	case string(Off), string(Unused):
		p.Line(line, at(-.42, 0), at(.42, 0))
	case string(Initial):
		for _, dx := range []float64{-.45, 0, .45} {
			p.Circle(x+dx*r, y, .14*r, draw.Style{Fill: stroke})
		}
	case string(Draining):
		p.Line(line, at(0, -.5), at(0, .3))
		p.Line(line, at(-.34, .02), at(0, .42), at(.34, .02))
	default:
		p.Text(x, y+.5*r, "?", draw.Type{Size: 1.4 * r, Ink: stroke, Bold: true, At: draw.Middle})
	}
}
