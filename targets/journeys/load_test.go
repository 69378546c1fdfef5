package journeys

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

func TestLoadFillsInDefaults(t *testing.T) {
	s := mustLoad(t, small)
	c := s.Cells[0]
	for _, x := range []struct {
		what      string
		got, want any
	}{
		{"source", s.Source, "mine.yaml"},
		{"id", s.ID(), "mine/small"},
		{"number", s.Number, 1},
		{"app", s.App, "clock"},
		{"work", s.Work, 100.0},
		{"speed", s.Speed, 0.0},
		{"slo", s.SLO, showdown.SLO{Availability: 0.99, Latency: showdown.LabDuration(100 * time.Millisecond)}},
		{"region", c.Topology.Region, "us-east-1"},
		{"instance", c.Topology.Instances[0], showdown.Instance{
			Name: "web-1", Role: "web", Type: "t2.micro", Zone: "us-east-1a", Credits: "launch", Queue: 20, VolumeGiB: 8,
		}},
		{"clients", c.Traffic.Clients, 100},
		{"profile", c.Traffic.Profile, showdown.Browser},
		{"timeout", c.Traffic.Timeout, showdown.Minute},
		{"method", c.Traffic.Method, "GET"},
		{"path", c.Traffic.Path, "/"},
		{"constant", c.Traffic.Phases[0], showdown.Phase{Name: "calm", For: 10 * showdown.Minute, Pace: showdown.Constant, Rate: 100}},
		{"steps", c.Traffic.Phases[1], showdown.Phase{
			Name: "ladder", Lab: showdown.LabDuration(time.Second), Pace: showdown.Steps, Steps: []float64{100, 200},
		}},
		{"steady state", c.SteadyState, showdown.SteadyState{Requests: 10, Within: 5 * showdown.Minute}},
		{"reference", c.Reference, &showdown.Reference{Fault: "A", Before: 30 * showdown.Second, Length: 7 * showdown.Minute}},
	} {
		if d := cmp.Diff(x.want, x.got); d != "" {
			t.Errorf("%s (-want +got):\n%s", x.what, d)
		}
	}
}

func TestLoadReadsWhatAFileStates(t *testing.T) {
	text := edit(t, "          type: t2.micro\n", `          type: t3.micro
          role: api
          zone: us-east-1c
          elastic_ip: true
          credits: 12.5
          credit_mode: unlimited
          queue: 3
          app_boot: 10s
          user_data: 1m30s
          volume_gib: 30
`)
	text = strings.Replace(text, "    traffic:\n", `    traffic:
      clients: 10
      cohorts:
        - {name: told, share: 40%, profile: address-list, knows: [web-1]}
        - {name: rest, share: 0.6}
      profile: fresh
`, 1)
	text = strings.Replace(text, "        do: kill\n        target: web-1\n", "        do: cpu-steal\n        target: one role:api\n        with: {share: 50%}\n", 1)
	s := mustLoad(t, text)
	c := s.Cells[0]
	want := showdown.Instance{
		Name: "web-1", Role: "api", Type: "t3.micro", Zone: "us-east-1c", ElasticIP: true, Credits: "12.5",
		CreditMode: "unlimited", Queue: 3, AppBoot: 10 * showdown.Second, UserData: 90 * showdown.Second, VolumeGiB: 30,
	}
	if d := cmp.Diff(want, c.Topology.Instances[0]); d != "" {
		t.Errorf("instance (-want +got):\n%s", d)
	}
	cohorts := []showdown.Cohort{
		{Name: "told", Share: 0.4, Profile: showdown.AddressList, Knows: []string{"web-1"}},
		{Name: "rest", Share: 0.6, Profile: showdown.Fresh},
	}
	if d := cmp.Diff(cohorts, c.Traffic.Cohorts); d != "" {
		t.Errorf("cohorts (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]string{"share": "50%"}, c.Timeline[0].With); d != "" {
		t.Errorf("parameters (-want +got):\n%s", d)
	}
}

func TestLoadGivesDefaultsToParameters(t *testing.T) {
	s := mustLoad(t, edit(t, "do: kill", "do: slow"))
	if got := s.Cells[0].Timeline[0].With["latency"]; got != "100ms" {
		t.Errorf("latency of slow is %q, want the action's default", got)
	}
}

// Anchors save typing where cells differ in one thing.
func TestLoadFollowsAnchors(t *testing.T) {
	text := edit(t, "    topology:\n", "    topology: &one\n")
	text = strings.Replace(text, "    traffic:\n", "    traffic: &load\n", 1)
	text = strings.Replace(text, "claims:\n", `  - name: other
    topology: *one
    traffic:
      <<: *load
      profile: pinned
claims:
`, 1)
	s := mustLoad(t, text)
	if d := cmp.Diff(s.Cells[0].Topology, s.Cells[1].Topology); d != "" {
		t.Errorf("topology by alias:\n%s", d)
	}
	if got := s.Cells[1].Traffic; got.Profile != showdown.Pinned || len(got.Phases) != 2 {
		t.Errorf("merged traffic: %+v", got)
	}
}

func TestLoadRefusesWithThePlaceAndTheFix(t *testing.T) {
	replace := func(old, with string) string { return edit(t, old, with) }
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"# nothing\n", `mine.yaml:1:1: the file is empty: docs/stages.md`},
		"syntax":            {replace("title: One server", "title: 'One server"), ": check the indentation, the quotes and the colons"},
		"a second document": {small + "---\nversion: 1\n", `mine.yaml:34:1: a second document starts here: write one stage per file`},
		"a list":            {"- a\n- b\n", `mine.yaml:1:1: the file must be a group of fields, one "key: value" a line: found a list`},
		"unknown field":     {replace("instances:", "instancs:"), `mine.yaml:8:7: unknown field "instancs" in topology: did you mean "instances"?`},
		"unknown far field": {replace("title: One", "zebra: 1\ntitle: One"), `mine.yaml:4:1: unknown field "zebra" in the file: write one of version, journey, stage`},
		"twice":             {replace("title: One", "stage: again\ntitle: One"), `mine.yaml:4:1: "stage" stands here twice`},
		"no value":          {replace("title: One server", "title:"), `mine.yaml:4:1: title has no value: fill it in or leave the line out`},
		"blank value":       {replace("title: One server", "title: ''"), `mine.yaml:4:8: the title is empty: fill it in`},
		"not a list":        {replace("steps: [100, 200]", "steps: 100"), `mine.yaml:18:18: steps must be a list`},
		"not a group":       {replace("    reference:\n      fault: A\n      before: 30s\n      length: 7m\n", "    reference: A\n"), `mine.yaml:25:16: reference must be a group of fields`},
		"a long text":       {strings.Repeat("word ", 40), `found "` + strings.Repeat("word ", 12) + `..."`},
		"a letter list":     {replace("letter: A", "letter: [A]"), `no step of the timeline has the letter "A": there is none`},
		"not one value":     {replace("rate: 100\n", "rate: [100]\n"), `rate must be one value: found a list`},
		"a tag":             {replace("title: One server", "title: !!int 5"), `mine.yaml:4:8: title has a YAML tag: write the value without one`},
		"an unknown alias":  {replace("title: One server", "title: *tilte"), `mine.yaml:4:8: alias *tilte is used before its anchor`},

		"no unit":           {replace("for: 10m", "for: 600"), `mine.yaml:14:16: for: duration "600" has no unit: write 600s or 600m`},
		"a wrong unit":      {replace("for: 10m", "for: 10 minutes"), `"10 minutes" is not a duration: write it like 30s, 2m or 1h30m`},
		"a negative time":   {replace("at: 1m", "at: -1m"), `mine.yaml:21:13: at: duration "-1m" is negative`},
		"a rate with unit":  {replace("rate: 100\n", "rate: 100/s\n"), `mine.yaml:15:17: rate must be a number without a unit: found "100/s"`},
		"no number":         {replace("rate: 100\n", "rate: .nan\n"), `rate must be a number without a unit`},
		"a part of one":     {replace("type: t2.micro", "type: t2.micro\n          queue: 2.5"), `queue must be a whole number without a unit: found "2.5"`},
		"yes":               {replace("type: t2.micro", "type: t2.micro\n          elastic_ip: yes"), `elastic_ip must be true or false: found "yes"`},
		"a share of 120 %":  {replace("cells:", "slo: {availability: 120%}\ncells:"), `mine.yaml:5:21: availability: "120%" is not a share`},
		"credits":           {replace("type: t2.micro", "type: t2.micro\n          credits: lots"), `credits "lots": write launch, full, none or a number of credits`},
		"a version of late": {replace("version: 1", "version: 2"), `mine.yaml:1:10: version 2 is not known: this program reads version 1`},
		"no version":        {replace("version: 1\n", ""), `the version of the format is missing: add "version:" here`},
		"a bad name":        {replace("journey: mine", "journey: My Journey"), `mine.yaml:2:10: the journey's name "My Journey" is not a name`},
		"speed":             {replace("cells:", "speed: 0.5\ncells:"), `mine.yaml:5:8: speed must lie between 1 and 3600`},
		"no work":           {replace("cells:", "work: 0\ncells:"), `mine.yaml:5:7: work must be above 0`},

		"unknown app":      {replace("cells:", "app: clok\ncells:"), `mine.yaml:5:6: unknown application "clok": did you mean "clock"?`},
		"unknown type":     {replace("type: t2.micro", "type: t2.mikro"), `mine.yaml:10:17: unknown instance type "t2.mikro": did you mean "t2.micro"?`},
		"another region":   {replace("      instances:", "      region: mars-1\n      instances:"), `mine.yaml:8:15: unknown region "mars-1"`},
		"another zone":     {replace("type: t2.micro", "type: t2.micro\n          zone: eu-west-1a"), `zone "eu-west-1a" is not in region "us-east-1": write us-east-1a to us-east-1f`},
		"a full subnet":    {replace("type: t2.micro", "type: t2.micro\n"+strings.Repeat("        - {name: x, type: t2.micro}\n", 251)), `mine.yaml:261:11: instance "x" is one too many for zone us-east-1a: its subnet has 251 addresses; put some instances into another zone`},
		"credit mode":      {replace("type: t2.micro", "type: t2.micro\n          credit_mode: free"), `credit_mode "free": write standard or unlimited`},
		"no queue":         {replace("type: t2.micro", "type: t2.micro\n          queue: 0"), `queue must lie between 1 and 10000`},
		"the base missing": {replace("- name: base", "- name: bass"), `mine.yaml:5:1: no cell is named "base"`},
		"no cells":         {small[:strings.Index(small, "cells:")], `the list of cells is missing: add "cells:" here`},
		"instance twice":   {replace("          type: t2.micro\n", "          type: t2.micro\n        - {name: web-1, type: t2.micro}\n"), `mine.yaml:11:18: the instance's name "web-1" exists already`},
		"cell twice":       {replace("claims:", "  - name: base\n    topology: {instances: [{name: a, type: t2.micro}]}\n    traffic: {phases: [{name: a, for: 1m, rate: 10}]}\nclaims:"), `mine.yaml:29:11: the cell's name "base" exists already`},
		"phase twice":      {replace("name: ladder", "name: calm"), `mine.yaml:16:17: the phase's name "calm" exists already`},
		"no type":          {replace("          type: t2.micro\n", ""), `mine.yaml:9:11: the instance type is missing: add "type:" here`},
		"no instance":      {replace("        - name: web-1\n          type: t2.micro\n", "        []\n"), `the list of instances is empty`},
		"unknown profile":  {replace("      phases:", "      profile: pined\n      phases:"), `unknown profile "pined": did you mean "pinned"?`},
		"no clients":       {replace("      phases:", "      clients: 0\n      phases:"), `clients must lie between 1 and 100000`},
		"unknown method":   {replace("      phases:", "      method: get\n      phases:"), `unknown method "get": write it in capitals`},
		"no path":          {replace("      phases:", "      path: time\n      phases:"), `path "time" is not a path: it begins with /`},

		"two lengths":        {replace("for: 10m", "for: 10m\n          lab: 2s"), `a phase has one length: "for" in AWS time, or "lab" in lab time`},
		"no length":          {replace("          for: 10m\n", ""), `mine.yaml:13:11: the phase's length is missing`},
		"a short capacity":   {replace("lab: 1s", "lab: 500ms"), `mine.yaml:17:16: lab 500ms is under 1s: a capacity phase`},
		"a rate in a ladder": {replace("steps: [100, 200]", "steps: [100, 200]\n          rate: 5"), `mine.yaml:19:11: rate does not belong to a steps phase: it has steps`},
		"no rate":            {replace("          rate: 100\n", ""), `the rate of a constant phase is missing: add "rate:" here`},
		"silence":            {replace("rate: 100\n", "rate: 0\n"), `mine.yaml:15:17: rate must be above 0`},
		"an empty ladder":    {replace("[100, 200]", "[]"), `mine.yaml:18:18: steps is empty`},
		"a step of nothing":  {replace("[100, 200]", "[100, 0]"), `mine.yaml:18:24: each step must be above 0`},
		"a deep sine":        {replace("rate: 100\n", "rate: 100\n          amplitude: 200\n          period: 1m\n"), `amplitude must lie between 0 and the rate`},
		"a low spike":        {replace("rate: 100\n", "rate: 100\n          peak: 50\n"), `peak must not be below the rate`},
		"an unknown pace":    {replace("rate: 100\n", "rate: 100\n          pace: constnt\n"), `unknown pace "constnt": did you mean "constant"?`},
		"shares of 110 %":    {replace("      phases:", "      cohorts: [{name: a, share: 60%}, {name: b, share: 50%}]\n      phases:"), `mine.yaml:12:7: the shares of the cohorts add up to 110%: they must add up to 100%`},
		"cohort twice":       {replace("      phases:", "      cohorts: [{name: a, share: 60%}, {name: a, share: 40%}]\n      phases:"), `the cohort's name "a" exists already`},
		"no share":           {replace("      phases:", "      cohorts: [{name: a}]\n      phases:"), `the cohort's share is missing`},
		"unknown instance":   {replace("      phases:", "      cohorts: [{name: a, share: 100%, knows: [web1]}]\n      phases:"), `unknown instance "web1": did you mean "web-1"?`},

		"unknown action":     {replace("do: kill", "do: kil"), `mine.yaml:22:13: unknown action "kil": did you mean "kill"?`},
		"no action":          {replace("        do: kill\n", ""), `the action is missing: add "do:" here`},
		"unknown target":     {replace("target: web-1", "target: web-2"), `mine.yaml:23:17: target "web-2" matches no instance: did you mean "web-1"?`},
		"unknown role":       {replace("target: web-1", "target: one role:wep"), `target "one role:wep" matches no instance: did you mean "role:web"?`},
		"no target":          {replace("        target: web-1\n", ""), `the target of kill is missing`},
		"a target too many":  {replace("do: kill", "do: tell-clients"), `mine.yaml:23:17: tell-clients hits no instance: drop the target`},
		"no letter":          {replace("- letter: A\n        at: 1m", "- at: 1m"), `the step's letter is missing`},
		"a bad letter":       {replace("- letter: A", "- letter: kill"), `mine.yaml:20:17: letter "kill": write a capital letter`},
		"letter twice":       {replace("    reference:", "      - {letter: A, at: 8m, do: tell-clients}\n    reference:"), `mine.yaml:25:18: letter "A" exists already in this cell`},
		"unknown phase":      {replace("at: 1m", "phase: clam\n        at: 1m"), `unknown phase "clam": did you mean "calm"?`},
		"no parameter":       {replace("do: kill", "do: resize-instance"), `resize-instance needs the parameter "type" (the new instance type)`},
		"unknown parameter":  {replace("do: kill", "do: slow\n        with: {latancy: 5ms}"), `unknown parameter "latancy" of slow: did you mean "latency"?`},
		"needless":           {replace("do: kill", "do: kill\n        with: {how: fast}"), `kill has no parameters: drop "how"`},
		"parameter's unit":   {replace("do: kill", "do: slow\n        with: {latency: 5}"), `latency: duration "5" has no unit`},
		"parameter's type":   {replace("do: kill", "do: resize-instance\n        with: {type: m5.larg}"), `unknown instance type "m5.larg": did you mean "m5.large"?`},
		"parameter's share":  {replace("do: kill", "do: error-500\n        with: {share: 200%}"), `share: "200%" is not a share`},
		"a factor":           {replace("do: kill\n        target: web-1", "do: spike\n        with: {factor: x}"), `factor must be a number above 0`},
		"no length of spike": {replace("do: kill\n        target: web-1\n        for: 5m\n", "do: spike\n"), `how long spike lasts is missing: add "for:" here`},
		"beyond the traffic": {replace("at: 1m", "at: 3h"), `mine.yaml:21:13: step A fires at 3h (3m0s here), after the traffic's end at 12m (12s here)`},
		"ends beyond":        {replace("for: 5m", "for: 3h"), `mine.yaml:24:14: step A ends at 3h1m`},
		"beyond its phase":   {replace("at: 1m", "phase: calm\n        at: 11m"), `step A fires 11m into the phase "calm", which ends after 10m`},

		"no reference fault":   {replace("      fault: A\n", ""), `the letter of the reference event is missing`},
		"unknown reference":    {replace("fault: A", "fault: R"), `mine.yaml:26:14: no step of the timeline has the letter "R": write one of A`},
		"reference too early":  {replace("before: 30s", "before: 2m"), `mine.yaml:27:15: the reference window opens 1m`},
		"reference too long":   {replace("length: 7m", "length: 3h"), `mine.yaml:28:15: the reference window closes at 3h0m30s`},
		"reference too short":  {replace("length: 7m", "length: 2m"), `the reference window closes before step A ends`},
		"reference elsewhere":  {replace("claims:", "  - name: b\n    topology: {instances: [{name: a, type: t2.micro}]}\n    traffic: {phases: [{name: a, for: 9m, rate: 10}]}\n    timeline: [{letter: A, at: 1m, do: kill, target: a, for: 5m}]\n    reference: {fault: A, length: 8m}\nclaims:"), `mine.yaml:33:5: only the cell "base" has a reference`},
		"unknown claim":        {replace(`id: "7"`, `id: "11c"`), `mine.yaml:30:9: unknown claim "11c": did you mean "11a"?; a claim of your own has an id that begins with "x-"`},
		"claim twice":          {small + "  - {id: 7, text: again, expect: 'true'}\n", `mine.yaml:33:10: claim "7" exists already`},
		"claim without expect": {replace("    expect: 'count(whole(), \"wrong\") == 0'\n", ""), `what the claim expects is missing: add "expect:" here`},
		"claim of no cell":     {replace("text: Stateless", "cell: bse\n    text: Stateless"), `mine.yaml:31:11: unknown cell "bse": did you mean "base"?`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Load([]byte(c.text), "mine.yaml", testKnown())
			if err == nil {
				t.Fatalf("loaded %+v, want an error with %q", s, c.want)
			}
			if s != nil {
				t.Error("a stage came with the error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got:\n%v\nwant:\n%s", err, c.want)
			}
			var ps Problems
			if !errors.As(err, &ps) {
				t.Fatalf("%T is not Problems", err)
			}
			for _, p := range ps {
				if p.File != "mine.yaml" || p.Line < 1 || p.Column < 1 || p.Line > strings.Count(c.text, "\n")+1 {
					t.Errorf("place %s:%d:%d is not in the file", p.File, p.Line, p.Column)
				}
			}
		})
	}
}

func TestLoadListsAllProblemsInOrder(t *testing.T) {
	text := edit(t, "type: t2.micro", "type: t2.mikro\n          queue: many")
	text = strings.Replace(text, "title: One", "titel: One", 1)
	text = strings.Replace(text, "do: kill", "do: kil", 1)
	_, err := Load([]byte(text), "mine.yaml", testKnown())
	var ps Problems
	if !errors.As(err, &ps) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, p := range ps {
		got = append(got, fmt.Sprintf("%d:%d", p.Line, p.Column))
	}
	want := []string{"4:1", "10:17", "11:18", "23:13"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("places (-want +got):\n%s\n%v", d, err)
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != len(ps) {
		t.Errorf("%d lines for %d problems", len(lines), len(ps))
	}
}

func TestLoadPassesClaimsAndConditionsOn(t *testing.T) {
	text := edit(t, "    timeline:", "    stop_if: ['availability(last(30s)) < 10%']\n    timeline:")
	known := testKnown()
	var seen []string
	refuse := errors.New("column 3: no such function")
	known.Claim = func(s *showdown.Stage, c showdown.Claim) error {
		seen = append(seen, s.Name+": "+c.Expect)
		return refuse
	}
	known.StopIf = func(_ *showdown.Stage, c *showdown.Cell, condition string) error {
		seen = append(seen, c.Name+": "+condition)
		return refuse
	}
	_, err := Load([]byte(text), "mine.yaml", known)
	if !errors.Is(err, refuse) {
		t.Errorf("the compiler's error is lost: %v", err)
	}
	for _, want := range []string{
		"mine.yaml:19:15: stop_if \"availability(last(30s)) < 10%\": column 3: no such function",
		"mine.yaml:33:13: claim 7: column 3: no such function",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got:\n%v\nwant:\n%s", err, want)
		}
	}
	if d := cmp.Diff([]string{"base: availability(last(30s)) < 10%", `small: count(whole(), "wrong") == 0`}, seen); d != "" {
		t.Errorf("compiled (-want +got):\n%s", d)
	}
}

func TestLoadTakesClaimsOfOnesOwn(t *testing.T) {
	s := mustLoad(t, edit(t, `id: "7"`, `id: x-budget`))
	if s.Claims[0].ID != "x-budget" {
		t.Errorf("claim %q", s.Claims[0].ID)
	}
}

func TestLoadBoundsItsInput(t *testing.T) {
	long := strings.Repeat("# a comment\n", maxFile/12+1)
	bomb := "a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n"
	for i := 'c'; i < 'm'; i++ {
		bomb += fmt.Sprintf("%c: &%[1]c [*%[2]c,*%[2]c,*%[2]c,*%[2]c,*%[2]c,*%[2]c,*%[2]c,*%[2]c]\n", i, i-1)
	}
	for name, text := range map[string]string{
		"long":       long,
		"deep":       strings.Repeat("[", 100_000),
		"dashes":     strings.Repeat("- ", 100_000),
		"bomb":       bomb + "cells: [*l]\n",
		"own alias":  "cells: &a [*a]\n",
		"bomb steps": bomb + "cells: [{traffic: {phases: [{steps: *l}, {steps: *l}]}}]\n",
	} {
		if _, err := Load([]byte(text), "mine.yaml", Known{}); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}

func TestLoadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if _, err := LoadFile(path, testKnown()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := LoadFile(path, testKnown())
	if err != nil {
		t.Fatal(err)
	}
	if s.Source != path {
		t.Errorf("source %q, want %q", s.Source, path)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(gated))
	f.Add([]byte("gates: [x, {}, [], &g {expect: x}, *g]\nabort_if: [{if: x, cell: y}, 5, null]\n"))
	f.Add([]byte(ownStage))
	f.Add([]byte(running))
	f.Add([]byte(strings.Replace(running, "undo: none", "do: [x]", 1)))
	f.Add([]byte("version: 1\ncells: [{name: base}]\n"))
	f.Add([]byte("a: &a {b: *a}\n<<: *a\n"))
	f.Add([]byte("? [a, b]\n: !!binary x\n--- |\n text\n...\n"))
	f.Add([]byte(strings.Replace(small, "    reference:", "      - {letter: B, after: A, at: 1s, jitter: 2s, do: tell-clients, repeat: {times: 3, every: 4s}}\n    reference:", 1)))
	f.Add([]byte(strings.Replace(small, "    reference:", "      - {letter: B, during: C, do: add-instance, target: web-1, with: {name: x}}\n      - {letter: C, during: B, do: kill, target: x}\n    reference:", 1)))
	balanced := withBalancer(f, "", "")
	f.Add([]byte(balanced))
	f.Add([]byte(strings.Replace(balanced, "desired: 3", "desired: -3", 1)))
	f.Add([]byte(strings.Replace(balanced, "max: 4", "max: 2000000000", 1)))
	f.Add([]byte(strings.Replace(balanced, "type: classic, target_groups: [{instances: [web-1]}]", "type: classic, target_groups: [{}], listeners: [{}], zones: [x]", 1)))
	f.Add([]byte("version: 1\ncells: [{name: base, topology: {load_balancers: [{}, {type: classic, zones: []}], auto_scaling_groups: [{name: a}, {name: a-1, template: {}, policies: [{}, {type: step, steps: [{}]}], scheduled: [{}], warm_pool: {}}]}}]\n"))
	for _, name := range []string{"01-single.yaml", "02-vertical.yaml", "journey.yaml"} {
		data, err := builtin.ReadFile("whatsthetime/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	clock, err := showdown.NewClock(showdown.DefaultSpeed)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Load(data, "fuzz.yaml", testKnown())
		if err != nil {
			var ps Problems
			if !errors.As(err, &ps) || len(ps) == 0 || s != nil {
				t.Fatalf("error %T %v, stage %v", err, err, s)
			}
			return
		}
		// What loads can be laid out and validated, and says so with a place or not at all.
		_ = Validate(s, clock)
		for _, c := range s.Cells {
			if c.Traffic.Length(clock) <= 0 {
				t.Fatalf("cell %s has no traffic", c.Name)
			}
			letters := map[string]bool{}
			for _, step := range c.Timeline {
				if _, ok := c.StepStart(clock, step); !ok || step.Repeat != nil || letters[step.Letter] {
					t.Fatalf("step %q of cell %s has no place, or is not written out: %+v", step.Letter, c.Name, step)
				}
				letters[step.Letter] = true
			}
		}
	})
}
