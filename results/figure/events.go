package figure

import (
	"slices"
	"strings"

	"showdown/results"
	"showdown/results/draw"
)

// lane is a row of the timeline.
type lane struct {
	name  string
	spans []span
	// faults are the bars of a lane of chaos, which has no spans.
	faults []band
}

// laneGroup is lanes of one kind, or of one stage, under a heading.
type laneGroup struct {
	name  string
	lanes []lane
	// bands are the faults whose edges run through the group.
	bands []band
}

// mostLanes bounds the instances of a group.
func (m *maker) mostLanes() int {
	if m.page.Shape == Slide {
		return 5
	}
	return 7
}

// packed puts faults into as few lanes as keep them apart.
func packed(bands []band) []lane {
	var out []lane
	for _, b := range bands {
		i := slices.IndexFunc(out, func(l lane) bool { return l.faults[len(l.faults)-1].to < b.from })
		if i < 0 {
			out = append(out, lane{})
			i = len(out) - 1
		}
		out[i].faults = append(out[i].faults, b)
	}
	return out
}

// lanesOf are the lanes of instances: those that change, by name, then the others.
func (m *maker) lanesOf(spans map[string][]span) []lane {
	names := sortedKeys(spans)
	slices.SortStableFunc(names, byNumber)
	var moving, still []lane
	for _, name := range names {
		s := spans[name]
		switch {
		case len(s) > 1:
			moving = append(moving, lane{name: brief(name), spans: s})
		case len(s) == 1 && s[0].state != silent:
			still = append(still, lane{name: brief(name), spans: s})
		}
	}
	most := m.mostLanes()
	if len(moving)+len(still) <= most {
		all := append(moving, still...)
		slices.SortStableFunc(all, func(a, b lane) int { return byNumber(a.name, b.name) })
		return all
	}
	out := moving
	if len(out) > most {
		return append(out[:most-1:most-1], lane{name: m.lang.say("%d more", len(out)-most+1+len(still)), spans: joined(append(out[most-1:], still...))})
	}
	return append(out, lane{name: m.lang.say("%d more", len(still)), spans: joined(still)})
}

// joined is the worst of several lanes at each time.
func joined(lanes []lane) []span {
	var out []span
	for _, l := range lanes {
		out = over(out, l.spans)
	}
	return out
}

// users is what users met, as a lane.
func (t track) users(cell float64) []span {
	var out []span
	for _, s := range merged(t.strip(cell)) {
		out = append(out, span{s.from, s.to, s.state})
	}
	return out
}

// groupsOfRun are the lanes of one cell: chaos, truth, belief, users.
func (m *maker) groupsOfRun(t track, cell float64) []laneGroup {
	l := m.lang
	bands := t.bands()
	var out []laneGroup
	if len(bands) > 0 {
		g := laneGroup{name: l.say("chaos"), lanes: packed(bands)}
		if most := m.mostLanes(); len(g.lanes) > most {
			g.lanes = g.lanes[:most]
		}
		out = append(out, g)
	}
	if lanes := m.lanesOf(t.truth()); len(lanes) > 0 {
		out = append(out, laneGroup{l.say("truth"), lanes, bands})
	}
	by, belief := t.belief()
	if lanes := m.lanesOf(belief); len(lanes) > 0 {
		out = append(out, laneGroup{m.believer(by), lanes, bands})
	}
	return append(out, laneGroup{l.say("users"), []lane{{name: l.say("answers"), spans: t.users(cell)}}, bands})
}

// believer says whose belief a lane is.
func (m *maker) believer(by string) string {
	switch by {
	case "balancer":
		return m.lang.say("what the load balancer believes")
	case "Route 53":
		return m.lang.say("what Route 53 believes")
	}
	return m.lang.say("what EC2’s status checks say")
}

// groupOfStage is a stage's lanes: the target of its reference fault in truth and in
// belief, and the users.
func (m *maker) groupOfStage(t track, cell float64) laneGroup {
	l := m.lang
	g := laneGroup{name: t.name, bands: t.bands()}
	var targets []string
	if f, ok := t.reference(); ok {
		targets = strings.Split(f.Target, ", ")
	}
	hit := func(spans map[string][]span) []span {
		var lanes []lane
		for _, name := range targets {
			if s, ok := spans[name]; ok {
				lanes = append(lanes, lane{spans: s})
			}
		}
		return joined(lanes)
	}
	if s := hit(t.truth()); len(s) > 0 {
		g.lanes = append(g.lanes, lane{name: l.say("truth"), spans: s})
	}
	if by, belief := t.belief(); by != "" {
		if s := hit(belief); len(s) > 0 {
			name := l.say("status check")
			switch by {
			case "balancer":
				name = l.say("balancer")
			case "Route 53":
				name = by
			}
			g.lanes = append(g.lanes, lane{name: name, spans: s})
		}
	}
	g.lanes = append(g.lanes, lane{name: l.say("users"), spans: t.users(cell)})
	return g
}

func timeline(m *maker) content {
	l := m.lang
	all, without := m.set.tracks()
	tracks := recorded(all)
	if len(tracks) == 0 {
		return nothing(l.say("There is no timeline to show: no request was recorded."))
	}
	c := content{}
	var groups []laneGroup
	if m.set.several() {
		var note string
		tracks, note = m.most(tracks, m.mostRows())
		cell := cellLength(tracks)
		for _, t := range tracks {
			groups = append(groups, m.groupOfStage(t, cell))
		}
		c.note = l.say("From above, for each stage: the target of the fault as it is, as the load balancer believes it to be, or EC2’s status check where there is none, and what users met.")
		if tracks[0].window {
			c.note += " " + l.say("Each group is the reference window of its stage.")
		}
		c.note += note + m.leftOut(without)
	} else {
		rest := namesOf(tracks[1:])
		tracks = tracks[:1]
		groups = m.groupsOfRun(tracks[0], cellLength(tracks))
		if len(groups) < 2 {
			return nothing(l.say("There is no timeline to show: the record has no event of a fault or an instance."))
		}
		c.note = l.say("A request counts when it was sent: what is under way when a fault begins fails before it.")
		if len(rest) > 0 {
			c.note += " " + l.say("Only the cell %s is drawn.", tracks[0].name)
		}
	}
	c.tracks, c.key = tracks, m.keyOf(tracks)
	c.title = m.timelineTitle(tracks)
	c.table = Table{Header: []string{"group", "lane", "from_s", "to_s", "state"}}
	lanes := 0
	for _, g := range groups {
		lanes += len(g.lanes)
		for _, n := range g.lanes {
			for _, b := range n.faults {
				c.table.add(g.name, b.letter, b.from, b.to, "fault")
			}
			for _, s := range n.spans {
				c.table.add(g.name, n.name, s.from, s.to, m.laneState(s.state))
			}
		}
	}
	c.height = 60*float64(lanes) + 62*float64(len(groups)) + 150
	c.draw = func(cv *canvas, area rect) { m.drawLanes(cv, area, tracks, groups) }
	if m.set.several() {
		c.height = 128*float64(len(groups)) + 180
		c.draw = func(cv *canvas, area rect) { m.drawStages(cv, area, tracks, groups) }
	}
	return c
}

// laneState is a state in the CSV of the timeline.
func (m *maker) laneState(s state) string {
	if s == silent {
		return "absent"
	}
	return s.String()
}

// laneKey draws samples of the states that occur in lanes, at the top of an area.
func (m *maker) laneKey(cv *canvas, area rect, groups []laneGroup) {
	l := m.lang
	x0 := area.x
	for _, k := range []struct {
		s    state
		name string
	}{{up, l.say("well")}, {degraded, l.say("partly, or starting")}, {down, l.say("down")}, {silent, l.say("not there, or not known")}} {
		used := slices.ContainsFunc(groups, func(g laneGroup) bool {
			return slices.ContainsFunc(g.lanes, func(n lane) bool {
				return slices.ContainsFunc(n.spans, func(s span) bool { return s.state == k.s })
			})
		})
		if !used {
			continue
		}
		w := cv.size.tick * 1.3
		cv.fill(rect{x0, area.y + cv.size.tick*0.25, w, cv.size.tick * 0.85}, k.s)
		cv.tick(x0+w+cv.size.tick*0.35, area.y+cv.size.tick, k.name, draw.Start)
		x0 += w + cv.size.tick*1.5 + draw.Width(k.name, cv.size.tick, false)
	}
}

// drawStages draws a row of three thin lanes for each stage.
func (m *maker) drawStages(cv *canvas, area rect, tracks []track, groups []laneGroup) {
	l := m.lang
	m.laneKey(cv, area, groups)
	rows := make([]rowText, len(groups))
	for i, g := range groups {
		rows[i] = rowText{name: g.name}
	}
	says := []string{l.say("truth"), l.say("belief"), l.say("users")}
	labels := 0.0
	for _, s := range says {
		labels = max(labels, draw.Width(s, cv.size.tick, false))
	}
	gap, cramped := cv.rowGap(len(rows))
	plot := area.inset(0, cv.size.tick*1.8+cv.letterHeight(), labels+cv.size.tick*1.4, cv.timeAxisHeight())
	places := cv.rows(plot, nil, rows, gap)
	x := linear(0, longestOf(tracks), places[0].x, places[0].right())
	cv.timeAxis(rect{places[0].x, plot.y, places[0].w, plot.h}, x, realTime(tracks))
	for i, r := range places {
		g := groups[i]
		h := r.h / float64(len(g.lanes))
		var names []endLabel
		for k, n := range g.lanes {
			bar := rect{r.x, r.y + float64(k)*h + h*0.08, r.w, h * 0.84}
			for _, s := range n.spans {
				cv.fill(rect{x.at(s.from), bar.y, x.at(s.to) - x.at(s.from), bar.h}, s.state)
			}
			if len(g.lanes) == len(says) {
				names = append(names, endLabel{y: bar.y + bar.h/2, text: says[k], ink: draw.Muted})
			}
		}
		if i == 0 {
			cv.endLabels(r.right(), r.y-cv.size.tick, r.bottom()+gap+cv.size.tick, names)
		}
		cv.bandsBefore(r, x, g.bands, knownLetters(cramped, i, groups[0].bands)...)
	}
}

// drawLanes draws the groups of one cell below each other.
func (m *maker) drawLanes(cv *canvas, area rect, tracks []track, groups []laneGroup) {
	m.laneKey(cv, area, groups)
	lanes, names := 0, 0.0
	for _, g := range groups {
		lanes += len(g.lanes)
		for _, n := range g.lanes {
			names = max(names, draw.Width(n.name, cv.size.tick, false))
		}
	}
	names = min(names, area.w*0.2) + cv.size.tick*0.8
	plot := area.inset(names, cv.size.tick*1.5, cv.size.tick*0.4, cv.timeAxisHeight())
	head := cv.size.tick * 1.55
	height := (plot.h - head*float64(len(groups))) / float64(max(lanes, 1))
	x := linear(0, longestOf(tracks), plot.x, plot.right())
	cv.timeAxis(rect{plot.x, plot.y + head*0.8, plot.w, plot.h - head*0.8}, x, realTime(tracks))
	y := plot.y
	for _, g := range groups {
		y += head
		cv.Text(area.x, y-cv.size.tick*0.4, g.name, draw.Type{Size: cv.size.tick, Ink: draw.Text, Bold: true})
		top := y
		for _, n := range g.lanes {
			r := rect{plot.x, y + height*0.1, plot.w, height * 0.8}
			cv.tick(area.x, r.y+r.h/2+cv.size.tick*0.35, draw.Fit(n.name, cv.size.tick, names-cv.size.tick*0.4, false), draw.Start)
			for _, s := range n.spans {
				cv.fill(rect{x.at(s.from), r.y, x.at(s.to) - x.at(s.from), r.h}, s.state)
			}
			for _, b := range n.faults {
				bar := rect{x.at(b.from), r.y, max(x.at(b.to)-x.at(b.from), cv.size.line), r.h}
				cv.Rect(bar.x, bar.y, bar.w, bar.h, draw.Style{Fill: draw.Chaos})
				base := bar.y + bar.h/2 + cv.size.tick*0.35
				if w := draw.Width(b.letter, cv.size.tick, true); w+cv.size.tick*0.3 < bar.w {
					cv.Text(bar.x+bar.w/2, base, b.letter, draw.Type{Size: cv.size.tick, Ink: draw.Paper, Bold: true, At: draw.Middle})
				} else {
					cv.Text(bar.right()+cv.size.tick*0.2, base, b.letter, draw.Type{Size: cv.size.tick, Ink: draw.Chaos, Bold: true})
				}
			}
			y += height
		}
		if len(g.bands) > 0 {
			area := rect{plot.x, top, plot.w, y - top}
			edge := draw.Style{Stroke: draw.Chaos, Width: cv.size.thin * 1.2, Dash: []float64{cv.size.thin * 4, cv.size.thin * 3}}
			for _, b := range g.bands {
				for _, at := range []float64{b.from, b.to} {
					cv.Line(edge, draw.Point{X: x.at(at), Y: area.y - head*0.6}, draw.Point{X: x.at(at), Y: area.bottom()})
				}
			}
		}
	}
}

// timelineTitle is the gap between truth and belief, and how long users felt the fault.
func (m *maker) timelineTitle(tracks []track) string {
	l := m.lang
	if len(tracks) > 1 {
		var noticed, well []float64
		never := 0
		for _, t := range tracks {
			f, ok := t.reference()
			if !ok || f.Failed == 0 {
				continue
			}
			if f.DetectedS == nil {
				never++
			} else {
				noticed = append(noticed, round(*f.DetectedS-*f.StartS, 1))
			}
			if f.RecoveredS != nil {
				well = append(well, round(*f.RecoveredS-*f.StartS, 1))
			}
		}
		switch {
		case len(noticed) == 0 && never == 0:
			return l.say("What was broken, what the system believed, and what users felt")
		case len(noticed) == 0:
			return l.say("In no stage did the system notice the fault by itself")
		case len(well) == 0:
			return l.say("The fault is noticed after %s, and users are not well again", l.span(noticed, l.seconds))
		}
		return l.say("The fault is noticed after %s; users are well again after %s", l.span(noticed, l.seconds), l.span(well, l.seconds))
	}
	faults := tracks[0].faults()
	if len(faults) == 0 {
		return l.say("Nothing was broken on purpose, and %s of the requests were answered well", l.maybeShare(tracks[0].availability()))
	}
	faults = slices.DeleteFunc(faults, func(f results.Fault) bool { return f.Failed == 0 })
	if len(faults) == 0 {
		return l.say("Nothing that was done took a request")
	}
	f := slices.MaxFunc(faults, func(a, b results.Fault) int { return compare(float64(a.Failed), float64(b.Failed)) })
	switch {
	case f.DetectedS == nil && f.RecoveredS == nil:
		return l.say("%s (%s) is never noticed, and users are not well again", f.Letter, m.faultName(f))
	case f.DetectedS == nil:
		return l.say("%s (%s) is never noticed; users are well again after %s", f.Letter, m.faultName(f), l.seconds(round(max(*f.RecoveredS-*f.StartS, 0), 1)))
	case f.RecoveredS == nil:
		return l.say("%s (%s) is noticed after %s, and users are not well again", f.Letter, m.faultName(f), l.seconds(round(*f.DetectedS-*f.StartS, 1)))
	}
	return l.say("%s (%s) is noticed after %s; users are well again after %s", f.Letter, m.faultName(f), l.seconds(round(*f.DetectedS-*f.StartS, 1)), l.seconds(round(max(*f.RecoveredS-*f.StartS, 0), 1)))
}
