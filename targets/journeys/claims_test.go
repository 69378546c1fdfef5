package journeys

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

func TestClaimsAreComplete(t *testing.T) {
	claims := Claims()
	if len(claims) != 137 {
		t.Errorf("%d claims, want all 137 of the notes", len(claims))
	}
	kinds, sections := map[string]int{}, map[int]int{}
	seen := map[string]bool{}
	for _, c := range claims {
		kinds[c.Kind]++
		sections[c.Section]++
		if seen[c.ID] {
			t.Errorf("claim %s is there twice", c.ID)
		}
		seen[c.ID] = true
		if c.Text == "" || c.Journey == "" || c.Stages == nil {
			t.Errorf("claim %s lacks something: %+v", c.ID, c)
		}
		if (c.Kind == "measured") && (len(c.Stages) > 0) == (c.Reason != "") {
			t.Errorf("claim %s has stages %v and the reason %q: want one of the two", c.ID, c.Stages, c.Reason)
		}
		if c.Kind != "measured" && c.Reason == "" && len(c.Stages) == 0 {
			t.Errorf("claim %s is not measured and has neither a stage nor a reason", c.ID)
		}
	}
	if d := cmp.Diff(map[string]int{"measured": 120, "recap": 12, "meta": 5}, kinds); d != "" {
		t.Errorf("kinds (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[int]int{89: 3, 90: 34, 91: 44, 92: 13, 93: 9, 94: 27, 95: 7}, sections); d != "" {
		t.Errorf("sections (-want +got):\n%s", d)
	}
}

// The stages of a claim that is not built yet come from the plan of the journeys.
func TestClaimsNameStagesOfThePlan(t *testing.T) {
	plan := map[string]string{
		"whatsthetime": "single vertical elastic-ips dns elb asg multi-az reserved",
		"myclothes":    "in-memory sticky cookies session-cache dynamodb rds read-replicas cache-aside multi-az security-groups",
		"mywordpress":  "ebs-single ebs-multi efs aurora",
		"quickstart":   "user-data golden-ami hybrid rds-snapshot ebs-snapshot",
		"beanstalk":    "single-instance all-at-once rolling rolling-additional-batch immutable traffic-splitting blue-green worker lifecycle",
	}
	ids := catalogueIDs()
	used := map[string]bool{}
	for _, c := range catalogue() {
		if (c.Kind == "measured") != (c.stage != "") {
			t.Errorf("claim %s is %s and has the stage %q", c.ID, c.Kind, c.stage)
		}
		if c.stage != "" && !slices.Contains(strings.Fields(plan[c.Journey]), c.stage) {
			t.Errorf("claim %s: journey %s has no stage %s", c.ID, c.Journey, c.stage)
		}
		used[c.Journey+"/"+c.stage] = true
		for _, id := range c.see {
			if !slices.Contains(ids, id) {
				t.Errorf("claim %s repeats %s, which does not exist", c.ID, id)
			}
		}
	}
	for journey, stages := range plan {
		for _, s := range strings.Fields(stages) {
			if !used[journey+"/"+s] {
				t.Errorf("stage %s/%s puts no claim to the test", journey, s)
			}
		}
	}
}

func TestClaimsSayWhereOrWhyNot(t *testing.T) {
	byID := map[string]CourseClaim{}
	for _, c := range Claims() {
		byID[c.ID] = c
	}
	for id, want := range map[string]struct {
		stages []string
		reason string
	}{
		"1":   {[]string{}, "only stated: it is no statement about a system that a run could deny"},
		"4":   {[]string{"whatsthetime/single"}, ""},
		"9":   {[]string{"whatsthetime/single"}, ""},
		"10":  {[]string{"whatsthetime/vertical"}, ""},
		"11a": {[]string{"whatsthetime/vertical"}, ""},
		"11b": {[]string{"whatsthetime/vertical"}, ""},
		"13b": {[]string{"whatsthetime/dns"}, ""},
		"14":  {[]string{"whatsthetime/dns"}, ""},
		"15":  {[]string{"whatsthetime/elb"}, ""},
		"29":  {[]string{"whatsthetime/dns", "whatsthetime/elb"}, ""},
		"21":  {[]string{"whatsthetime/asg"}, ""},
		"31":  {[]string{"whatsthetime/multi-az"}, ""},
		"37":  {[]string{}, "not built yet: stage multi-az of journey myclothes comes later"},
		"49":  {[]string{}, "not built yet: stage cookies of journey myclothes comes later"},
	} {
		if d := cmp.Diff(want.stages, byID[id].Stages); d != "" {
			t.Errorf("stages of claim %s (-want +got):\n%s", id, d)
		}
		if got := byID[id].Reason; got != want.reason {
			t.Errorf("reason of claim %s is %q, want %q", id, got, want.reason)
		}
	}
}

func TestCoverageOfARecapIsThatOfWhatItRepeats(t *testing.T) {
	claims := []catalogued{
		{CourseClaim: CourseClaim{ID: "1", Kind: "measured"}},
		{CourseClaim: CourseClaim{ID: "2", Kind: "measured"}},
		{CourseClaim: CourseClaim{ID: "3", Kind: "recap"}, see: []string{"1", "2"}},
	}
	built := []Journey{{Stages: []*showdown.Stage{
		{Journey: "j", Name: "a", Claims: []showdown.Claim{{ID: "1"}, {ID: "2"}}},
		{Journey: "j", Name: "b", Claims: []showdown.Claim{{ID: "2"}}},
	}}}
	got := coverage(claims, built)
	if d := cmp.Diff([]string{"j/a", "j/b"}, got[1].Stages); d != "" {
		t.Errorf("stages of 2:\n%s", d)
	}
	if d := cmp.Diff([]string{"j/a", "j/b"}, got[2].Stages); d != "" || got[2].Reason != "repeats claim 1 and 2" {
		t.Errorf("the recap: %+v", got[2])
	}
}

func TestClaimsJSON(t *testing.T) {
	data, err := json.Marshal(Claims()[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"id":"1"`, `"section":89`, `"text":`, `"kind":"meta"`, `"stages":[]`, `"reason":`} {
		if !strings.Contains(string(data), key) {
			t.Errorf("%s is not in %s", key, data)
		}
	}
}
