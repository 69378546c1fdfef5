package report

import (
	"fmt"
	"strconv"

	"showdown"
	"showdown/results"
	"showdown/results/analysis"
)

// feltTable has the cells side by side.
func feltTable(s *results.Summary, t times) table {
	cells := cellsOf(s)
	out := table{head: []string{""}, numbers: true}
	for _, c := range cells {
		out.head = append(out.head, c.name)
	}
	add := func(label string, value func(c namedCell) string) {
		row := []string{label}
		empty := true
		for _, c := range cells {
			v := value(c)
			empty = empty && v == nothing
			row = append(row, v)
		}
		if !empty {
			out.rows = append(out.rows, row)
		}
	}
	add("availability", func(c namedCell) string { return shareOf(c.Availability) })
	add("longest outage", func(c namedCell) string { return t.both(c.Downtime.LongestOutageS) })
	add("outages together", func(c namedCell) string { return t.both(c.Downtime.OutageS) })
	add("degraded", func(c namedCell) string { return t.both(c.Downtime.DegradedS) })
	add("lost", func(c namedCell) string { return t.both(c.Downtime.LostS) })
	add("resolution", func(c namedCell) string { return t.both(c.Downtime.ResolutionS) })
	add("waited for timeouts, in all", func(c namedCell) string {
		if c.WaitedS == 0 {
			return nothing
		}
		return analysis.FormatSeconds(c.WaitedS)
	})
	add("requests", func(c namedCell) string { return strconv.FormatUint(c.Requests.Scheduled, 10) })
	for _, o := range outcomesOf(cells) {
		add("  "+o, func(c namedCell) string {
			if n := c.Requests.Outcomes[o]; n > 0 {
				return strconv.FormatUint(n, 10)
			}
			return nothing
		})
	}
	add("p50 of good answers", func(c namedCell) string { return ms(c.LatencyMS.Service.P50) })
	add("p99 of good answers", func(c namedCell) string { return ms(c.LatencyMS.Service.P99) })
	add("p99 from the intended send", func(c namedCell) string { return ms(c.LatencyMS.Response.P99) })
	add("reference: availability", func(c namedCell) string {
		if c.Reference == nil {
			return nothing
		}
		return shareOf(c.Reference.Availability)
	})
	add("reference: lost", func(c namedCell) string {
		if c.Reference == nil {
			return nothing
		}
		return t.both(c.Reference.LostS)
	})
	add("$ a month", func(c namedCell) string {
		if c.Cost == nil {
			return nothing
		}
		return dollars(c.Cost.MonthUSD)
	})
	add("generator late, p99 / max", func(c namedCell) string {
		if c.Generator.Unknown {
			return nothing
		}
		return fmt.Sprintf("%s / %s ms", number(c.Generator.LateP99MS), number(c.Generator.LateMaxMS))
	})
	add("generator", func(c namedCell) string {
		switch g := c.Generator; {
		case g.Unknown:
			return "not known"
		case g.Saturated && g.Disturbed:
			return "saturated, disturbed"
		case g.Saturated:
			return "saturated"
		case g.Disturbed:
			return "disturbed"
		}
		return "kept its schedule"
	})
	return out
}

// outcomesOf is every outcome that occurred, in the order of the closed set.
func outcomesOf(cells []namedCell) (out []string) {
	for _, o := range showdown.Outcomes() {
		for _, c := range cells {
			if c.Requests.Outcomes[o.String()] > 0 {
				out = append(out, o.String())
				break
			}
		}
	}
	return out
}
