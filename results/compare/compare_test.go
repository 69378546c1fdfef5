package compare

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"showdown"
	"showdown/results"
)

// variant is a run whose numbers lie that far beside the fixture's.
func variant(stage string, by float64) *results.Summary {
	return summary(func(s *results.Summary) {
		s.Stage = stage
		s.Seed = 3 + uint64(math.Abs(by*100))
		s.LatencyMS.Service.P99 = ptr(10 + by)
		s.Downtime.LostS = 9 + by
		s.Faults[0].LostS = 6 + by
		s.Reference.LostS = 6 + by
	})
}

func TestSentence(t *testing.T) {
	zone := func(stage string, lost, month float64) *results.Summary {
		return summary(func(s *results.Summary) {
			s.Stage = stage
			s.Cost.MonthUSD = month
			s.Faults[1].Action, s.Faults[1].Letter, s.Faults[1].LostS = "fail-az", "Z", lost
		})
	}
	quiet := func(p99 float64) *results.Summary {
		return summary(func(s *results.Summary) {
			s.Faults, s.Reference = nil, nil
			s.Downtime.LostS = 0
			s.LatencyMS.Service.P99 = ptr(p99)
		})
	}
	tests := []struct {
		name  string
		sides []Side
		want  string
		scope Scope
	}{
		{
			"a zone failure in two stages",
			[]Side{sideOf("asg", zone("asg", 900, 302)), sideOf("multi-az", zone("multi-az", 32, 335))},
			"A zone failure costs 900 s of service in asg and 32 s in multi-az: 28 times less, for $33 more a month.", Shared,
		},
		{
			"the other way round",
			[]Side{sideOf("multi-az", zone("multi-az", 32, 335)), sideOf("asg", zone("asg", 900, 302))},
			"A zone failure costs 32 s of service in multi-az and 900 s in asg: 28 times more, for $33 less a month.", Shared,
		},
		{
			"nothing is lost in one of them",
			[]Side{sideOf("asg", zone("asg", 900, 302)), sideOf("multi-az", zone("multi-az", 0, 302))},
			"A zone failure costs 900 s of service in asg and nothing in multi-az, at the same price.", Shared,
		},
		{
			"three stages",
			[]Side{sideOf("a", zone("a", 900, 1)), sideOf("b", zone("b", 32, 2)), sideOf("c", zone("c", 40, 3))},
			"A zone failure costs 900 s of service in a, 32 s in b and 40 s in c: least in b.", Shared,
		},
		{
			"a little less",
			[]Side{sideOf("A", variant("vertical", 0)), sideOf("B", variant("vertical", -1.5))},
			"A killed instance costs 6 s of service in A and 4.5 s in B: 25 % less, at the same price.", Whole,
		},
		{
			"repeats that do not differ",
			[]Side{
				sideOf("A", variant("vertical", 0), variant("vertical", 0.2), variant("vertical", 0.4), variant("vertical", 0.6)),
				sideOf("B", variant("vertical", 0.1), variant("vertical", 0.3), variant("vertical", 0.5), variant("vertical", 0.7)),
			},
			"No difference seen: a killed instance costs 6.3 s of service in A and 6.4 s in B (p = 0.686).", Whole,
		},
		{
			"nothing went wrong",
			[]Side{sideOf("A", quiet(4)), sideOf("B", quiet(12))},
			"p99 is 4 ms in A and 12 ms in B: 3 times more; every request was answered well in both.", Whole,
		},
		{
			"other faults, and the reference window",
			[]Side{
				sideOf("asg", summary(func(s *results.Summary) { s.Stage = "asg"; s.Faults = nil; s.Reference.LostS = 60 })),
				sideOf("multi-az", summary(func(s *results.Summary) { s.Stage = "multi-az"; s.Reference.LostS = 6 })),
			},
			"The event that every stage plays costs 60 s of service in asg and 6 s in multi-az: 10 times less, at the same price.", Shared,
		},
		{
			"stages of one's own without a reference window",
			[]Side{
				sideOf("java", summary(func(s *results.Summary) { s.Stage = "java"; s.Faults, s.Reference = nil, nil })),
				sideOf("go", summary(func(s *results.Summary) { s.Stage = "go"; s.Faults, s.Reference, s.Cost = nil, nil, nil })),
			},
			"What went wrong costs 9 s of service in java and 9 s in go: no difference.", Unmatched,
		},
		{
			"a record without its end",
			[]Side{sideOf("A", variant("vertical", 0)), sideOf("B", summary(func(s *results.Summary) { s.Complete, s.Faults[0].LostS = false, 5.9 }))},
			"As far as the record of B goes: a killed instance costs 6 s of service in A and 5.9 s in B: 1.7 % less, at the same price.", Whole,
		},
		{
			"no request",
			[]Side{sideOf("A", quiet(1)), sideOf("B", summary(func(s *results.Summary) { s.CellSummary = results.CellSummary{} }))},
			"Nothing can be compared: no request was recorded in B.", Whole,
		},
		{
			"no good answer at all",
			[]Side{sideOf("A", quiet(1)), sideOf("B", summary(func(s *results.Summary) {
				s.CellSummary = results.CellSummary{Requests: results.Requests{Scheduled: 10, Sent: 10, Failed: 10}}
			}))},
			"There is no good answer to compare in B.", Whole,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := Compare(test.sides)
			if err != nil {
				t.Fatal(err)
			}
			if c.Sentence != test.want || c.Scope != test.scope {
				t.Errorf("%s: %s\nwant %s: %s", c.Scope, c.Sentence, test.scope, test.want)
			}
			if _, err := json.Marshal(c); err != nil {
				t.Error(err)
			}
		})
	}
}

func row(t *testing.T, c *Comparison, name string) Row {
	t.Helper()
	for _, table := range c.Tables {
		for _, r := range table.Rows {
			if r.Name == name {
				return r
			}
		}
	}
	t.Fatalf("there is no row %s", name)
	return Row{}
}

func TestVerdicts(t *testing.T) {
	group := func(name string, by float64, n int) Side {
		var runs []*results.Summary
		for i := range n {
			runs = append(runs, variant("vertical", by+float64(i)/10))
		}
		return sideOf(name, runs...)
	}
	compare := func(a, b Side) *Comparison {
		c, err := Compare([]Side{a, b})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const lost, same = "downtime.lost_s", "availability"

	c := compare(group("A", 0, 5), group("B", 5, 5))
	if a := row(t, c, lost).Against[0]; a.Verdict != WorseThan || math.Abs(a.P-2.0/252) > 1e-9 || math.Abs(a.Shift-5) > 1e-9 {
		t.Errorf("5 s more lost: %+v", a)
	}
	if a := row(t, c, same).Against[0]; a.Verdict != NoDifference || a.P != 1 {
		t.Errorf("equal values: %+v", a)
	}
	if c.Tested != 4 || c.Alpha != 0.05 || !strings.Contains(c.Certainty, "about 0.2 would look real by chance alone; 4 do, all of them also when corrected") {
		t.Errorf("%d tested at %v: %s", c.Tested, c.Alpha, c.Certainty)
	}
	if a := row(t, c, lost).Against[0]; a.HolmP != a.P*4 {
		t.Errorf("p %v is corrected to %v for %d tests", a.P, a.HolmP, c.Tested)
	}
	// What is worked out has no chance in it.
	if a := row(t, c, "cost.month_usd").Against[0]; a.Verdict != NoDifference || !math.IsNaN(a.HolmP) {
		t.Errorf("the same price: %+v", a)
	}

	c = compare(group("A", 0, 5), group("B", -5, 5))
	if a := row(t, c, lost).Against[0]; a.Verdict != BetterThan {
		t.Errorf("5 s less lost: %+v", a)
	}

	c = compare(group("A", 0, 3), group("B", 5, 3))
	if a := row(t, c, lost).Against[0]; a.Verdict != CannotKnow || a.Why != "3 and 3 runs are too few" || c.Tested != 0 {
		t.Errorf("3 and 3: %+v, %d tested", a, c.Tested)
	}
	if !strings.Contains(c.Certainty, "4 and 4 are enough") {
		t.Error(c.Certainty)
	}

	c = compare(group("A", 0, 1), group("B", 5, 1))
	if a := row(t, c, lost).Against[0]; a.Verdict != CannotKnow || a.Why != "one run each" || a.Shift != 5 || c.Tested != 0 {
		t.Errorf("one each: %+v, %d tested", a, c.Tested)
	}
	if !strings.HasPrefix(c.Certainty, "One run each") {
		t.Error(c.Certainty)
	}

	never := group("B", 0, 5)
	for _, r := range never.Runs {
		r.Summary.Faults[0].RecoveredS = nil
	}
	c = compare(group("A", 0, 5), never)
	if a := row(t, c, "faults.R.recovered_after_s").Against[0]; a.Verdict != WorseThan || !math.IsInf(a.Shift, 1) {
		t.Errorf("never good again: %+v", a)
	}
	data, err := json.Marshal(row(t, c, "faults.R.recovered_after_s"))
	if err != nil || !strings.Contains(string(data), `"median":"never"`) || !strings.Contains(string(data), `"difference":"never"`) || !strings.Contains(string(data), `"verdict":"worse"`) {
		t.Errorf("%s, %v", data, err)
	}

	gone := group("B", 0, 5)
	gone.Runs[0].Summary.LatencyMS.Service.P99 = nil
	c = compare(group("A", 0, 5), gone)
	if r := row(t, c, "latency_ms.service.p99"); r.Sides[1].Missing != 1 || r.Sides[1].N != 4 || r.Against[0].N2 != 4 {
		t.Errorf("not measured in one run: %+v", r)
	}
}

// TestShared compares only what different stages share.
func TestShared(t *testing.T) {
	c, err := Compare([]Side{
		sideOf("asg", summary(func(s *results.Summary) { s.Stage = "asg"; s.Faults[1].Action = "slow" })),
		sideOf("multi-az", summary(func(s *results.Summary) { s.Stage = "multi-az"; s.Faults[0].Letter = "K" })),
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range c.Tables[0].Rows {
		names = append(names, r.Name)
	}
	want := "reference.availability reference.longest_outage_s reference.lost_s reference.p99_ms faults.kill.lost_s faults.kill.detected_after_s faults.kill.recovered_after_s cost.month_usd"
	if got := strings.Join(names, " "); got != want || len(c.Tables) != 1 {
		t.Errorf("%d tables with %s\nwant %s", len(c.Tables), got, want)
	}
	if r := row(t, c, "faults.kill.recovered_after_s"); r.Label != "kill: good again after" || r.Sides[0].Value != 30 {
		t.Errorf("%+v", r)
	}
}

func TestBadSides(t *testing.T) {
	one := sideOf("A", variant("vertical", 0))
	for _, test := range []struct {
		sides []Side
		want  string
	}{
		{[]Side{one}, "two sides are needed"},
		{[]Side{one, {Name: "B"}}, "B has no run"},
		{[]Side{one, sideOf("B", variant("vertical", 0), variant("single", 0))}, "B holds runs of whatsthetime/vertical and of whatsthetime/single"},
	} {
		if _, err := Compare(test.sides); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

func TestNamed(t *testing.T) {
	other := summary(func(s *results.Summary) { s.Journey = "mine" })
	tests := []struct {
		sides []Side
		want  string
	}{
		{[]Side{sideOf("", variant("asg", 0)), sideOf("", variant("multi-az", 0))}, "asg multi-az"},
		{[]Side{sideOf("", variant("vertical", 0)), sideOf("", other)}, "whatsthetime/vertical mine/vertical"},
		{[]Side{sideOf("", variant("asg", 0)), sideOf("", variant("asg", 0)), sideOf("", variant("multi-az", 0))}, "A B C"},
	}
	for _, test := range tests {
		var names []string
		for _, s := range Named(test.sides) {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
	if got := Letter(0) + Letter(25) + Letter(26) + Letter(53); got != "AZA2B3" {
		t.Error(got)
	}
}

func TestJourneys(t *testing.T) {
	journey := func(name string, stages ...*results.Summary) JourneySide {
		j := JourneySide{Name: name, Runs: []string{"run-" + name}}
		for _, s := range stages {
			side := sideOf(s.Stage, s)
			j.Stages = append(j.Stages, side)
		}
		return j
	}
	fast := func(s *results.Summary) *results.Summary { s.Speed = 300; return s }
	c, err := CompareJourneys([]JourneySide{
		journey("A", variant("single", 0), variant("dns", 0), variant("elb", 0)),
		journey("B", fast(variant("single", 0)), fast(variant("dns", 12))),
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "Of 2 stages, most changed in dns: a killed instance costs 6 s of service in A and 18 s in B: 3 times more, at the same price."; c.Sentence != want {
		t.Errorf("%s\nwant %s", c.Sentence, want)
	}
	if len(c.Stages) != 2 || c.Stages[1].Sides[1].Name != "B" || c.Stages[1].Scope != Whole {
		t.Errorf("%+v", c.Stages)
	}
	all := strings.Join(c.Warnings, "\n")
	if !strings.Contains(all, "left out: elb in A") || !strings.Contains(all, "not the same speed: 60 in A, 300 in B") {
		t.Error(all)
	}
	for _, s := range c.Stages {
		if strings.Contains(strings.Join(s.Warnings, "\n"), "speed") {
			t.Errorf("what is the same in every stage is said in %s too", s.Stage)
		}
	}
	if _, err := CompareJourneys([]JourneySide{journey("A", variant("single", 0)), journey("B", variant("dns", 0))}); err == nil {
		t.Error("journeys without a stage in common are compared")
	}
}

func TestRepeats(t *testing.T) {
	runs := []*results.Summary{variant("vertical", 0), variant("vertical", 2), variant("vertical", 1)}
	runs[1].Faults[0].RecoveredS = nil
	runs[2].LatencyMS.Service.P50 = nil
	byName := map[string]results.Repeat{}
	for _, r := range Repeats(runs) {
		byName[r.Name] = r
	}
	if r := byName["downtime.lost_s"]; r.Median != 10 || r.Low != 9 || r.High != 11 || r.Confidence != 0.75 || len(r.Values) != 3 || r.Values[1] != 11 {
		t.Errorf("lost: %+v", r)
	}
	if r := byName["faults.R.recovered_after_s"]; len(r.Values) != 2 || r.Never != 1 || r.Missing != 0 {
		t.Errorf("never in one: %+v", r)
	}
	if r := byName["latency_ms.service.p50"]; len(r.Values) != 2 || r.Never != 0 || r.Missing != 1 {
		t.Errorf("missing in one: %+v", r)
	}
	if r := byName["cells.other.availability"]; r.Median != 0.99 {
		t.Errorf("of another cell: %+v", r)
	}
	if _, err := json.Marshal(Repeats(runs)); err != nil {
		t.Error(err)
	}
	journeys := []*results.JourneySummary{{Stages: []results.Summary{*runs[0], *variant("dns", 4)}}, {Stages: []results.Summary{*runs[2], *variant("dns", 6)}}}
	byName = map[string]results.Repeat{}
	for _, r := range JourneyRepeats(journeys) {
		byName[r.Name] = r
	}
	if r := byName["stages.dns.downtime.lost_s"]; r.Median != 14 || len(r.Values) != 2 {
		t.Errorf("of a stage: %+v", r)
	}
}

// TestNumbersAreInTheSummary follows each name through the summary's JSON, and fails where
// one is neither there nor known to be worked out.
func TestNumbersAreInTheSummary(t *testing.T) {
	workedOut := map[string]bool{"failed": true, "goodput": true, "peak_goodput": true}
	s := summary(func(*results.Summary) {})
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, v := range valuesOf(s) {
		last := v.Name[strings.LastIndexByte(v.Name, '.')+1:]
		if workedOut[last] || strings.HasPrefix(last, "recovered_after") || strings.HasPrefix(last, "detected_after") {
			continue
		}
		var at any = tree
		for _, part := range strings.Split(v.Name, ".") {
			switch in := at.(type) {
			case map[string]any:
				at = in[part]
			case []any: // faults, by their letters
				at = nil
				for _, f := range in {
					if m, _ := f.(map[string]any); m["letter"] == part {
						at = m
					}
				}
			}
		}
		if got, ok := at.(float64); !ok || got != v.v {
			t.Errorf("%s is %v in the summary and %v here", v.Name, at, v.v)
		}
		seen++
	}
	if seen < 50 {
		t.Errorf("%d names were looked up", seen)
	}
}

func TestRepeated(t *testing.T) {
	claim := func(s *results.Summary, v showdown.Verdict) *results.Summary {
		s.Claims = []results.ClaimResult{{ID: "11b", Text: "it is down", Verdict: v}, {ID: "10", Text: "it is faster", Verdict: showdown.Held}}
		s.Verdict = v
		return s
	}
	r := Repeated([]*results.Summary{
		claim(variant("vertical", 0), showdown.Held), claim(variant("vertical", 1), showdown.Deviated), claim(variant("vertical", 2), showdown.Unknown),
	})
	if r.Verdict != showdown.Deviated || r.Held != 1 || len(r.Seeds) != 3 || r.Stage != "whatsthetime/vertical" {
		t.Errorf("%+v", r)
	}
	if c := r.Claims[0]; c.Held != 1 || c.Deviated != 1 || c.Unknown != 1 || r.Claims[1].Held != 3 {
		t.Errorf("%+v", r.Claims)
	}
	if len(r.Tables) != 2 || r.Tables[1].Title != "cell other" {
		t.Errorf("%+v", r.Tables)
	}
}
