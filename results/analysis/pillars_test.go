package analysis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showdown"
	"showdown/results"
)

func ptr[T any](v T) *T { return &v }

// staged is the summary of a stage of a journey, with every number of the scorecard:
// three public instances that answer from outside, one act by hand, an event that loses
// 60 of 300 s, 200 requests/s served well.
func staged(name string) results.Summary {
	s := results.Summary{Stage: name, Run: "x/" + name, Speed: 60}
	s.Requests.OK = 60_000
	s.Faults = []results.Fault{
		{Letter: "A", Action: "kill", StartS: ptr(100.0), RecoveredS: ptr(190.0)},
		{Letter: "B", Action: "tell-clients", StartS: ptr(150.0)},
		{Letter: "C", Action: "tell-clients"}, // never done
		{Letter: "D", Action: "tell-clients", StartS: ptr(150.0), Error: "no such instance"},
	}
	s.Reference = &results.Reference{FromS: 90, ToS: 390, Availability: ptr(0.8), LostS: 60, LongestOutageS: 55, P99MS: ptr(9.0)}
	s.Phases = []results.Phase{
		{Name: "calm", Offered: 200, Goodput: 200, P99MS: ptr(4.0)},
		{Name: "ladder/2", Offered: 400, Goodput: 380, P99MS: ptr(80.0)},
	}
	s.Exposure = []results.Tier{{Name: "web", Instances: 3, Public: 3, Reachable: ptr(3)}}
	s.Capacity = &results.Capacity{MeanRunning: 3}
	s.Cost = &results.Cost{MonthUSD: 223.59, RunUSD: 2.1, Use: &results.Use{Hours: 5, USD: 1.8, InstanceHours: 15, VCPUHours: 30, Requests: 240_000, Sustained: 854.1}}
	return s
}

func TestScorecardHasTheMeasuredNumbers(t *testing.T) {
	dns := staged("dns")
	dns.Faults = append(
		dns.Faults,
		results.Fault{Letter: "Y", Action: "fail-az", LostS: 7}, // never seen
		results.Fault{Letter: "Z", Action: "fail-az", StartS: ptr(200.0), Confirmed: true, LostS: 900},
	)
	got := scorecards([]results.Summary{dns})
	if len(got) != 1 || got[0].Run != "x/dns" || got[0].Against != "" || len(got[0].Pillars) != 6 {
		t.Fatalf("%+v", got)
	}
	values := map[string]float64{}
	for _, p := range got[0].Pillars {
		if p.Than != "" || p.By != "" {
			t.Errorf("the first stage is compared: %+v", p)
		}
		for _, n := range p.Indicators {
			if n.Value == nil {
				values[p.Name+": "+n.Name] = -1
			} else {
				values[p.Name+": "+n.Name] = *n.Value
			}
		}
	}
	want := map[string]float64{
		"operational excellence: operator actions":         1,
		"operational excellence: actions by the group":     0,
		"operational excellence: automated share":          0,
		"security: instances reachable from outside":       3,
		"security: instances with a public address":        3,
		"reliability: lost while a zone fails":             900,
		"reliability: availability":                        0.8,
		"reliability: lost":                                60,
		"reliability: longest outage":                      55,
		"reliability: time to repair":                      90,
		"performance efficiency: requests/s held for ever": 854.1,
		"performance efficiency: p99 while calm":           4,
		// Of the ladder's step, which offers most.
		"performance efficiency: served at the highest load":  0.95,
		"performance efficiency: goodput at the highest load": 380,
		"cost optimization: a month":                          223.59,
		// 60,000 good requests at speed 60 are 3.6 million.
		"cost optimization: a million good requests": 0.5,
		"cost optimization: idle":                    0.75,
		"sustainability: a million good requests":    8.333333,
		"sustainability: idle capacity":              4.5,
	}
	if d := cmp.Diff(want, values); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestNothingIsMadeUp: a summary without numbers has no score.
func TestNothingIsMadeUp(t *testing.T) {
	for _, p := range scorecards([]results.Summary{staged("a"), {Stage: "b"}})[1].Pillars {
		for _, n := range p.Indicators {
			if n.Value != nil && n.Name != "operator actions" {
				t.Errorf("%s: %s is %g", p.Name, n.Name, *n.Value)
			}
		}
		// Nobody did anything in an empty timeline: that is known.
		want := results.Incomparable
		if p.Name == results.Operations {
			want = results.Better
		}
		if p.Than != want {
			t.Errorf("%s is %s, want %s", p.Name, p.Than, want)
		}
	}
}

// TestPillarsAreCompared with the stage before, one number changed at a time.
func TestPillarsAreCompared(t *testing.T) {
	const better, worse, same, unknown = results.Better, results.Worse, results.Same, results.Incomparable
	for _, tt := range []struct {
		name   string
		change func(s *results.Summary)
		pillar string
		than   results.Comparison
		by     string
	}{
		{"nothing", func(*results.Summary) {}, results.Reliability, same, ""},
		{"no act by hand", func(s *results.Summary) { s.Faults = s.Faults[:1] }, results.Operations, better, "operator actions"},
		{"a group acts", func(s *results.Summary) { s.Capacity.Launches = 2 }, results.Operations, better, "actions by the group"},
		{"the acts decide before the group", func(s *results.Summary) {
			s.Faults = append(s.Faults, s.Faults[1])
			s.Capacity.Launches = 9
		}, results.Operations, worse, "operator actions"},
		{"private instances", func(s *results.Summary) { s.Exposure[0].Reachable, s.Exposure[0].Public = ptr(0), 0 }, results.Security, better, "instances reachable from outside"},
		{"nobody looked", func(s *results.Summary) { s.Exposure[0].Reachable, s.Exposure[0].Public = nil, 1 }, results.Security, better, "instances with a public address"},
		{"another tier", func(s *results.Summary) {
			s.Exposure = append(s.Exposure, results.Tier{Name: "db", Instances: 1, Public: 1})
		}, results.Security, worse, "instances with a public address"},
		{"more available", func(s *results.Summary) { s.Reference.Availability = ptr(0.82) }, results.Reliability, better, "availability"},
		{"within chance", func(s *results.Summary) {
			s.Reference.Availability, s.Reference.LostS = ptr(0.808), 55.5
		}, results.Reliability, same, ""},
		{"less lost", func(s *results.Summary) { s.Reference.LostS = 50 }, results.Reliability, better, "lost"},
		{"a longer outage", func(s *results.Summary) { s.Reference.LongestOutageS = 62 }, results.Reliability, worse, "longest outage"},
		{"a group repairs", func(s *results.Summary) { s.Faults[0].RepairedS = ptr(165.0) }, results.Reliability, better, "time to repair"},
		{"it never recovers", func(s *results.Summary) { s.Faults[0].RecoveredS = nil }, results.Reliability, same, ""},
		{"no reference", func(s *results.Summary) { s.Reference = nil }, results.Reliability, unknown, ""},
		{"slower", func(s *results.Summary) { s.Phases[0].P99MS = ptr(7.5) }, results.Performance, worse, "p99 while calm"},
		{"slower by chance", func(s *results.Summary) { s.Phases[0].P99MS = ptr(6.9) }, results.Performance, same, ""},
		{"all of the load is served", func(s *results.Summary) { s.Phases[1].Goodput = 400 }, results.Performance, better, "served at the highest load"},
		{"more load", func(s *results.Summary) { s.Phases[1].Offered, s.Phases[1].Goodput = 800, 760 }, results.Performance, same, ""},
		{"a load balancer's price", func(s *results.Summary) { s.Cost.MonthUSD = 242.7 }, results.CostPillar, worse, "a month"},
		{"fewer good requests for the money", func(s *results.Summary) { s.Requests.OK = 50_000 }, results.CostPillar, worse, "a million good requests"},
		{"less idle", func(s *results.Summary) { s.Cost.Use.Requests = 120_000 }, results.CostPillar, better, "idle"},
		{"no use", func(s *results.Summary) { s.Cost.Use = nil }, results.Sustainability, unknown, ""},
		{"fewer vCPU-hours", func(s *results.Summary) { s.Cost.Use.VCPUHours = 20 }, results.Sustainability, better, "a million good requests"},
	} {
		after := staged("after")
		tt.change(&after)
		card := scorecards([]results.Summary{staged("before"), after})[1]
		if card.Stage != "after" || card.Run != "x/after" || card.Against != "before" || card.AgainstRun != "x/before" {
			t.Errorf("%s: %+v", tt.name, card)
		}
		for _, p := range card.Pillars {
			switch {
			case p.Name == tt.pillar:
				if p.Than != tt.than || p.By != tt.by {
					t.Errorf("%s: %s is %s by %q, want %s by %q", tt.name, p.Name, p.Than, p.By, tt.than, tt.by)
				}
			case tt.pillar == results.Reliability || tt.pillar == results.Performance:
				if p.Than != same {
					t.Errorf("%s: %s is %s too", tt.name, p.Name, p.Than)
				}
			}
		}
		if n := card.Improves(); tt.than == better != (n > 0) && tt.name != "fewer vCPU-hours" {
			t.Errorf("%s: %d pillars are better", tt.name, n)
		}
	}
}

// TestExposure is found from the events: web-1 and web-2 have addresses before the
// traffic, web-2 loses its own in time, and only web-1 was seen to answer.
func TestExposure(t *testing.T) {
	r := good(t)
	base := &r.stage.Cells[0].Topology
	base.Instances = append(base.Instances, showdown.Instance{Name: "web-2", Role: "web"}, showdown.Instance{Name: "db-1", Role: "db"})
	address := func(t float64, name, public string) showdown.Event {
		return showdown.Event{T: t, Cell: "base", Kind: showdown.InstanceAddress, Target: name, Data: map[string]any{"public": public}}
	}
	r.events = append(
		r.events,
		address(-5, "web-1", "127.1.0.1"), address(-5, "web-2", "127.1.0.2"), address(-4, "web-2", ""), address(-5, "db-1", ""),
		address(30, "db-1", "127.1.0.3"),
	)
	if d := cmp.Diff([]results.Tier{{Name: "web", Instances: 2, Public: 1}, {Name: "db", Instances: 1}}, r.analyse(t).Exposure); d != "" {
		t.Errorf("nobody looked (-want +got):\n%s", d)
	}
	r.events = append(r.events, look("base", "internet", "answered", -1, true), look("base", "web-2", "answered", -1, true))
	s := r.analyse(t)
	want := []results.Tier{{Name: "web", Instances: 2, Public: 1, Reachable: ptr(1)}, {Name: "db", Instances: 1, Reachable: ptr(0)}}
	if d := cmp.Diff(want, s.Exposure); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if s.Cells["no-eip"].Exposure != nil {
		t.Errorf("no address was said, and the exposure is %+v", s.Cells["no-eip"].Exposure)
	}
}

func TestRepairedIsInTheSummary(t *testing.T) {
	s := grouped(t).analyse(t)
	for i, want := range []float64{220, 450} {
		if got := s.Faults[i].RepairedS; got == nil || *got != want {
			t.Errorf("fault %s repaired at %v, want %g", s.Faults[i].Letter, got, want)
		}
	}
	for _, f := range s.Cells["no-eip"].Faults {
		if f.RepairedS != nil {
			t.Errorf("without a group fault %s is repaired at %g", f.Letter, *f.RepairedS)
		}
	}
}

// TestScoresAreAskable of a journey, and of nothing else.
func TestScoresAreAskable(t *testing.T) {
	cards := map[string]results.Scorecard{}
	two := staged("two")
	two.Reference.LostS, two.Cost.MonthUSD, two.Phases, two.Reference.P99MS = 6, 300, nil, nil
	use := *two.Cost.Use
	use.Sustained, two.Cost.Use = 0, &use
	for _, c := range scorecards([]results.Summary{staged("one"), two}) {
		cards[c.Stage] = c
	}
	stage := testStage()
	for _, tt := range []struct{ expect, measured, reason, note string }{
		{`improves("two") >= 1`, "1", "", "performance efficiency was not measured in both two and one"},
		{`score("two", "reliability") == 1`, "1", "", ""},
		{`score("two", "cost optimization") == -1`, "-1", "", ""},
		{`score("two", "security") == 0`, "0", "", ""},
		{`score("two", "performance efficiency") == 0`, "nothing", "performance efficiency was not measured in both two and one", ""},
		{`improves("one") >= 1`, "nothing", "no stage was played before one", ""},
		{`improves("three") >= 1`, "nothing", "stage three was not played in a journey", ""},
	} {
		claims := []compiledClaim{{Claim: showdown.Claim{ID: "35", Expect: tt.expect}}}
		claims[0].program, claims[0].err = Compile(tt.expect)
		if claims[0].err != nil {
			t.Fatal(claims[0].err)
		}
		claims[0].evaluate(&record{scorecards: cards})
		got := claims[0].result(nil)
		want := showdown.Held
		if tt.reason != "" {
			want = showdown.Unknown
		}
		if got.Verdict != want || got.Measured != tt.measured || got.Reason != tt.reason || !strings.Contains(got.Note, tt.note) {
			t.Errorf("%s: %+v", tt.expect, got)
		}
	}
	one, other := testStage(), testStage()
	one.Name, other.Name = "one", "two"
	for expect, want := range map[string]string{
		`improves("two") >= 1 and score("two", "security") >= 0`: "",
		`improves("three") >= 1`:                                 `unknown stage "three": there is one, two`,
		`improves("two.no-eip") >= 1`:                            `unknown stage "two.no-eip"`,
		`score("two", "beauty") == 1`:                            `unknown pillar "beauty": one of operational excellence`,
	} {
		claim := showdown.Claim{Expect: expect, Stages: []string{"one", "two"}}
		err := CompileComparison([]*showdown.Stage{one, other}, claim)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", expect, err, want)
		}
		claim.Stages = nil
		if _, err := CompileFor(stage, claim); err == nil {
			t.Errorf("%s is a claim of one stage", expect)
		}
	}
}
