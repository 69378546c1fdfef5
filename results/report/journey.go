package report

import (
	"fmt"

	"showdown"
	"showdown/results"
)

// describeJourney is the table of a journey's stages, its claims and its pillars, with all
// their numbers where all is set.
func describeJourney(j *results.JourneySummary, all bool) document {
	out := table{head: []string{"stage", "availability", "longest outage", "lost", "p99", "$ a month", "claims held"}, numbers: true}
	for i := range j.Stages {
		s := &j.Stages[i]
		row := []string{s.Stage, nothing, nothing, nothing, nothing, nothing, nothing}
		if r := s.Reference; r != nil {
			row[1], row[2], row[3], row[4] = shareOf(r.Availability), seconds(r.LongestOutageS), seconds(r.LostS), ms(r.P99MS)
		}
		if s.Cost != nil {
			row[5] = dollars(s.Cost.MonthUSD)
		}
		held := 0
		for _, c := range s.Claims {
			if c.Verdict == showdown.Held {
				held++
			}
		}
		if n := len(s.Claims); n > 0 {
			row[6] = fmt.Sprintf("%d/%d", held, n)
		}
		out.rows = append(out.rows, row)
	}
	d := document{
		title{j.Journey, j.Verdict},
		paragraph{"The same event in every stage: availability, outage and lost are those of the reference window, in AWS time.", true},
		gateColumn(out, j.Stages),
	}
	if len(j.Claims) > 0 {
		d = append(d, heading{"Claims", "that compare stages"}, claimList(j.Claims))
	}
	return append(d, pillarTables(j.Scorecards, all)...)
}
