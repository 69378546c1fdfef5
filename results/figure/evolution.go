package figure

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"

	"showdown"
	"showdown/results/diagram"
	"showdown/results/draw"
)

// built is an architecture of a row of them.
type built struct {
	name, promise string
	topology      showdown.Topology
	// month is in dollars; nil where the record has no bill.
	month   *float64
	diagram diagram.Diagram
	// against is the one that it is compared with, the stage before or the base cell, and
	// changed how many of its parts are not in it; nil for the first.
	against *diagram.Diagram
	changed *int
	// also are further cells that begin with the same architecture, with what a month of
	// those costs that ended with another bill; alsoMonths are the bills.
	also       []string
	alsoMonths []float64
}

// builds are the architectures of the stages, or of the cells of one run.
func (m *maker) builds() []*built {
	var out []*built
	add := func(t track, promise string) {
		c := t.spec()
		if c == nil {
			return
		}
		b := built{name: t.name, promise: promise, topology: resized(*c)}
		if n, _ := servers(b.topology); n == 0 && len(b.topology.LoadBalancers) == 0 {
			return // somebody else's system, which an attack knows nothing of
		}
		b.diagram = diagram.Of(b.topology, diagram.Options{Lang: string(m.lang)})
		if t.sum.Cost != nil {
			b.month = &t.sum.Cost.MonthUSD
		}
		if !m.set.several() {
			for _, o := range out {
				if reflect.DeepEqual(o.diagram, b.diagram) {
					m.alsoIn(o, &b)
					return
				}
			}
		}
		if len(out) > 0 {
			b.against = &out[0].diagram
			if m.set.several() {
				b.against = &out[len(out)-1].diagram
			}
			n := len(b.diagram.Changed(*b.against))
			b.changed = &n
		}
		out = append(out, &b)
	}
	for i := range m.set.Sources {
		s := &m.set.Sources[i]
		if m.set.several() {
			t := s.track(s.Summary.Cell, &s.Summary.CellSummary)
			t.name = s.Name
			promise := ""
			if s.Manifest != nil && s.Manifest.Spec != nil {
				promise = s.Manifest.Spec.Promise
			}
			add(t, promise)
			continue
		}
		for _, t := range s.cells() {
			shows := ""
			if c := t.spec(); c != nil {
				shows = c.Shows
			}
			add(t, shows)
		}
	}
	for _, b := range out {
		if len(b.also) > 0 {
			b.promise = m.lang.say("the same in %s", m.lang.list(b.also))
			if len(b.alsoMonths) > 0 {
				b.promise = m.lang.say("at first the same in %s", m.lang.list(b.also))
			}
		}
	}
	return out
}

// alsoIn adds a cell to the one that it begins like. It may have become another one, as a
// group does whose instances are exchanged: then its bill says so.
func (m *maker) alsoIn(o, b *built) {
	name := b.name
	if o.month != nil && b.month != nil && math.Abs(*b.month-*o.month) > 0.02**o.month {
		name = m.lang.say("%s (%s)", name, m.lang.monthly(*b.month))
		o.alsoMonths = append(o.alsoMonths, *b.month)
	}
	o.also = append(o.also, name)
}

// resized is the topology of a cell with the instance types that its timeline leaves.
func resized(c showdown.Cell) showdown.Topology {
	t := c.Topology
	t.Instances = slices.Clone(t.Instances)
	for _, s := range c.Timeline {
		if s.Do != "resize-instance" || s.For > 0 || s.With["type"] == "" {
			continue
		}
		names := s.Target.Candidates(t.Instances)
		for i := range t.Instances {
			if slices.Contains(names, t.Instances[i].Name) {
				t.Instances[i].Type = s.With["type"]
			}
		}
	}
	return t
}

// servers is how many instances a topology comes up with, in how many zones.
func servers(t showdown.Topology) (n, zones int) {
	in := map[string]bool{}
	for _, i := range t.AllInstances() {
		n++
		in[i.Zone] = true
	}
	return n, len(in)
}

func evolution(m *maker) content {
	l := m.lang
	all := m.builds()
	if len(all) == 0 {
		return nothing(l.say("There is no architecture to show: the record does not say what was built."))
	}
	c := content{title: m.evolutionTitle(all), table: Table{Header: []string{"stage", "promise", "instances", "zones", "load_balancers", "auto_scaling_groups", "month_usd", "changed_parts"}}}
	for _, b := range all {
		n, zones := servers(b.topology)
		var changed any
		if b.changed != nil {
			changed = *b.changed
		}
		c.table.add(b.name, b.promise, n, zones, len(b.topology.LoadBalancers), len(b.topology.AutoScalingGroups), b.month, changed)
	}
	switch {
	case !slices.ContainsFunc(all, func(b *built) bool { return b.changed != nil && *b.changed > 0 }):
	case m.set.several():
		c.note = l.say("Bold is what is new or another one than in the picture before.") + " "
	default:
		c.note = l.say("Bold is what is new or another one than in the first picture.") + " "
	}
	c.note += l.say("Prices are dollars a month of 730 hours.")
	columns := 4
	switch {
	case len(all) <= 2 || len(all) == 4:
		columns = min(len(all), 2)
	case len(all) <= 6 || m.page.Shape == Print:
		columns = 3
	}
	rows := (len(all) + columns - 1) / columns
	c.height = float64(rows) * 490
	if columns < 3 {
		c.height = float64(rows) * 600
	}
	c.draw = func(cv *canvas, area rect) {
		gap := cv.size.tick * 0.7
		above := cv.size.label * 1.4
		panels, views, own := cv.evolutionRows(all, area, columns, gap)
		scale := slices.Min(own)
		for i, b := range all {
			r := panels[i]
			cv.RoundRect(r.x, r.y, r.w, r.h, cv.size.tick*0.3, draw.Style{Stroke: draw.Grid, Width: cv.size.thin})
			views[i].Size *= min(own[i], scale*1.3) // nearly the same for all
			views[i].Prefix = fmt.Sprintf("d%d-", i+1)
			views[i].Before = b.against
			in := cv.size.tick * 0.5
			price := ""
			if b.month != nil {
				price = l.whole0(*b.month)
				if *b.month < 100 {
					price = l.dollars(*b.month)
				}
			}
			w := draw.Width(price, cv.size.label, true)
			name := b.name
			if m.set.several() {
				name = strconv.Itoa(i+1) + "  " + name
			}
			cv.strong(r.x+in, r.y+cv.size.label*1.2, draw.Fit(name, cv.size.label, r.w-w-3*in, true), draw.Text, draw.Start)
			cv.strong(r.right()-in, r.y+cv.size.label*1.2, price, draw.Text, draw.End)
			p := b.diagram.Draw(views[i])
			cv.Place(p, r.x+in, r.y+above, 1)
			y := r.bottom() - cv.promiseHeight(b, r.w)
			for _, line := range cv.promiseLines(b, r.w) {
				y += cv.size.tick * 1.2
				cv.Text(r.x+in, y, line, draw.Type{Size: cv.size.tick, Ink: draw.Text})
			}
		}
	}
	return c
}

// monthly is an amount of money a month, without cents where it is large.
func (l Lang) monthly(v float64) string {
	n := 0
	if v < 10 {
		n = 2
	}
	if l == French {
		return l.decimals(v, n) + fixedSpace + "$ par mois"
	}
	return "$" + l.decimals(v, n) + " a month"
}

// evolutionTitle is the first and the last architecture in one sentence.
func (m *maker) evolutionTitle(all []*built) string {
	l := m.lang
	first, last := all[0], all[len(all)-1]
	if len(all) == 1 {
		return l.say("%s: %s", first.name, m.sizeOf(first))
	}
	if !m.set.several() {
		low, high := math.Inf(1), 0.0
		for _, b := range all {
			if b.month != nil {
				low, high = min(low, *b.month), max(high, *b.month)
			}
			for _, v := range b.alsoMonths {
				low, high = min(low, v), max(high, v)
			}
		}
		if high > low {
			return l.say("%d architectures side by side, for %s to %s", len(all), l.monthly(low), l.monthly(high))
		}
		return l.say("%d architectures side by side", len(all))
	}
	return l.say("From %s to %s", m.sizeOf(first), m.sizeOf(last))
}

// sizeOf is how large an architecture is: "3 servers in 1 zone at $236/month".
func (m *maker) sizeOf(b *built) string {
	l := m.lang
	n, zones := servers(b.topology)
	text := l.say("%d servers", n)
	if n == 1 {
		text = l.say("one server")
	}
	if zones > 1 {
		text = l.say("%s in %d zones", text, zones)
	}
	if b.month != nil {
		text = l.say("%s at %s", text, l.monthly(*b.month))
	}
	return text
}

// tiles divides an area into so many panels of one size, in rows of so many columns.
func tiles(area rect, n, columns int, gap float64) []rect {
	rows := (n + columns - 1) / columns
	w := (area.w - gap*float64(columns-1)) / float64(columns)
	h := (area.h - gap*float64(rows-1)) / float64(rows)
	out := make([]rect, n)
	for i := range out {
		out[i] = rect{area.x + float64(i%columns)*(w+gap), area.y + float64(i/columns)*(h+gap), w, h}
	}
	return out
}
