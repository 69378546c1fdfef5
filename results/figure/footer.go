package figure

import (
	"slices"
	"strings"
)

// footer says where a figure's numbers are from: how many requests, how long, how fast,
// on which machine, with which version and seed.
func (m *maker) footer(c content) string {
	l := m.lang
	tracks := c.tracks
	if len(tracks) == 0 {
		for i := range m.set.Sources {
			s := &m.set.Sources[i]
			tracks = append(tracks, s.track(s.Summary.Cell, &s.Summary.CellSummary))
		}
	}
	var n uint64
	var lengths, rates []float64
	for _, t := range tracks {
		count := t.sum.Requests.Scheduled
		if t.window {
			count = 0
			buckets, _ := t.buckets()
			for _, b := range buckets {
				count += uint64(b.Scheduled)
			}
		}
		n += count
		lengths = append(lengths, t.length())
		if lab := t.length() / t.speed(); lab > 0 {
			rates = append(rates, float64(count)/lab)
		}
	}
	parts := []string{l.say("n\u00a0=\u00a0%s\u00a0requests", l.count(n))}
	if text := l.span(lengths, func(v float64) string { return l.duration(v) }); text != "" {
		parts = append(parts, text)
	}
	if text := l.span(rates, l.rate); text != "" {
		parts = append(parts, text)
	}
	var speeds []float64
	var hosts, tools, seeds, runs []string
	for _, s := range m.set.Sources {
		speeds = append(speeds, max(s.Summary.Speed, 1))
		runs = append(runs, s.Summary.Run)
		seeds = append(seeds, l.plainCount(s.Summary.Seed))
		if s.Manifest != nil {
			hosts = append(hosts, s.Manifest.Machine.Host)
			tools = append(tools, s.Manifest.Machine.Tool)
		}
	}
	parts = append(parts, l.say("speed\u00a0%s", l.span(speeds, l.number)))
	if t := m.few(hosts); t != "" {
		parts = append(parts, l.say("host\u00a0%s", t))
	}
	if t := m.few(tools); t != "" {
		parts = append(parts, "showdown "+t)
	}
	parts = append(parts, l.say("seed\u00a0%s", m.few(seeds)))
	if m.set.Journey != nil {
		runs = []string{m.set.Journey.Run}
	}
	if t := m.few(runs); t != "" {
		parts = append(parts, l.say("run\u00a0%s", t))
	}
	return strings.Join(parts, " · ")
}

// span is the range of values: "10 min", or "10 min to 65 min".
func (l Lang) span(values []float64, write func(float64) string) string {
	if len(values) == 0 {
		return ""
	}
	a, b := write(slices.Min(values)), write(slices.Max(values))
	if a == b {
		return a
	}
	return l.say("%s to %s", a, b)
}

// few is the different texts of a list, at most three.
func (m *maker) few(texts []string) string {
	var out []string
	for _, t := range texts {
		if t = brief(t); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return m.names(out)
}

// duration is a length of AWS time in the unit that suits it.
func (l Lang) duration(s float64) string {
	switch {
	case s < 1:
		return l.seconds(round(s, 3))
	case s < 150:
		return l.seconds(round(s, 1))
	case s < 3*3600:
		return l.number(round(s/60, 1)) + fixedSpace + "min"
	}
	return l.number(round(s/3600, 1)) + fixedSpace + "h"
}
