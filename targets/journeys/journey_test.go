package journeys

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

func TestBuiltin(t *testing.T) {
	all, err := Builtin(testKnown())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].Name != "whatsthetime" || all[0].Title == "" || all[0].Opening == "" {
		t.Fatalf("journeys: %+v", all)
	}
	var ids []string
	for _, s := range all[0].Stages {
		ids = append(ids, s.ID())
		for what, text := range map[string]string{
			"title": s.Title, "promise": s.Promise, "before": s.Teach.Before, "after": s.Teach.After,
		} {
			if text == "" {
				t.Errorf("%s says nothing as %s", s.ID(), what)
			}
		}
		if strings.ContainsAny(s.Teach.After, "0123456789") {
			t.Errorf("%s promises a number in advance: %s", s.ID(), s.Teach.After)
		}
		for _, c := range s.Cells {
			if c.Shows == "" {
				t.Errorf("%s: cell %s does not say what it shows", s.ID(), c.Name)
			}
		}
	}
	if d := cmp.Diff(eightStages(), ids); d != "" {
		t.Errorf("stages (-want +got):\n%s", d)
	}
}

func TestResolve(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "mine.yaml")
	if err := os.WriteFile(file, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string][]string{
		"whatsthetime":          eightStages(),
		"whatsthetime/vertical": {"whatsthetime/vertical"},
		file:                    {"mine/small"},
		dir:                     {"mine/small"},
	} {
		stages, err := Resolve(target, testKnown())
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		var got []string
		for _, s := range stages {
			got = append(got, s.ID())
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", target, d)
		}
	}
	for target, want := range map[string]string{
		"whatsthetime/vertcal": `did you mean "whatsthetime/vertical"? there are whatsthetime, whatsthetime/single, whatsthetime/vertical`,
		"whatsthetim":          `"whatsthetim" is no journey, stage, stage file or folder: did you mean "whatsthetime"?`,
		"nothing-like-it":      `is no journey, stage, stage file or folder: there are whatsthetime`,
		"":                     `"" is no journey`,
		t.TempDir():            `the folder has no stage file`,
		os.DevNull:             `is neither a file nor a folder`,
	} {
		if _, err := Resolve(target, testKnown()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", target, err, want)
		}
	}
}

func TestLoadJourneyChecksWhatStagesHaveInCommon(t *testing.T) {
	second := strings.NewReplacer("stage: small", "stage: next\nnumber: 2").Replace(small)
	header := "version: 1\njourney: mine\ntitle: Mine\nstages: [small, next]\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string // empty: both stages in order
	}{
		"by number":         {map[string]string{"b.yaml": small, "a.yml": second, "notes.txt": "x", ".hidden.yaml": "x"}, ""},
		"with a header":     {map[string]string{"b.yaml": small, "a.yaml": second, "journey.yaml": header}, ""},
		"another order":     {map[string]string{"b.yaml": small, "a.yaml": second, "journey.yaml": strings.Replace(header, "small, next", "next, small", 1)}, "dir/journey.yaml: stages lists next, small, but the numbers of the files give small, next"},
		"one number":        {map[string]string{"b.yaml": small, "a.yaml": strings.Replace(second, "number: 2", "number: 1", 1)}, "number 1 belongs to dir/a.yaml already"},
		"one name":          {map[string]string{"b.yaml": small, "a.yaml": strings.Replace(second, "stage: next", "stage: small", 1)}, `stage "small" exists already in dir/b.yaml`},
		"another journey":   {map[string]string{"b.yaml": small, "a.yaml": strings.Replace(second, "journey: mine", "journey: yours", 1)}, `journey "yours" differs from the folder's, "mine"`},
		"another reference": {map[string]string{"b.yaml": small, "a.yaml": strings.Replace(second, "length: 7m", "length: 8m", 1)}, "the reference window (8m long, from 30s before the event) differs from that of dir/b.yaml (7m long, from 30s before the event)"},
		"all problems":      {map[string]string{"b.yaml": strings.Replace(small, "do: kill", "do: kil", 1), "a.yaml": "", "journey.yaml": "titel: x\n"}, "dir/a.yaml:1:1: the file is empty"},
		"a bad header":      {map[string]string{"b.yaml": small, "journey.yaml": "titel: x\n"}, `dir/journey.yaml:1:1: unknown field "titel" in the file: did you mean "title"?`},
	} {
		t.Run(name, func(t *testing.T) {
			folder := fstest.MapFS{}
			for file, text := range c.files {
				folder[file] = &fstest.MapFile{Data: []byte(text)}
			}
			j, err := loadJourney(folder, func(name string) string { return "dir/" + name }, testKnown())
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("got %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			names := []string{j.Stages[0].Name, j.Stages[1].Name}
			if !slices.Equal(names, []string{"small", "next"}) || j.Name != "mine" {
				t.Errorf("journey %s with %v", j.Name, names)
			}
		})
	}
}

func eightStages() []string {
	return []string{
		"whatsthetime/single", "whatsthetime/vertical", "whatsthetime/elastic-ips", "whatsthetime/dns",
		"whatsthetime/elb", "whatsthetime/asg", "whatsthetime/multi-az", "whatsthetime/reserved",
	}
}

// The stages of whatsthetime fit their budgets, and play at every usual speed.
func TestBuiltinStagesFit(t *testing.T) {
	budget := map[string]showdown.Duration{
		"single": 20 * showdown.Minute, "vertical": 10 * showdown.Minute, "elastic-ips": 10 * showdown.Minute, "dns": 65 * showdown.Minute,
		"elb": 30 * showdown.Minute, "asg": 60 * showdown.Minute, "multi-az": 45 * showdown.Minute, "reserved": 12 * showdown.Hour,
	}
	all, err := Builtin(testKnown())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all[0].Stages {
		speeds, usual := []float64{1, 5, 10, 30, 60, 120, 200, 300}, showdown.DefaultSpeed
		if s.Speed > 0 {
			speeds, usual = []float64{s.Speed}, s.Speed
		}
		for _, speed := range speeds {
			if err := Validate(s, mustClock(t, speed)); err != nil {
				t.Errorf("%s at speed %g:\n%v", s.ID(), speed, err)
			}
		}
		clock := mustClock(t, usual)
		for _, c := range s.Cells {
			if got := clock.AWS(c.Traffic.Length(clock)); got > budget[s.Name] {
				t.Errorf("%s: cell %s takes %s at the default speed, the stage has %s", s.ID(), c.Name, got, budget[s.Name])
			}
		}
	}
}

// The rates of the stages are those that their comments say, by the CoreMark rates of
// the types and the t2.micro's baseline of 10 %.
func TestBuiltinRatesFollowFromTheTypes(t *testing.T) {
	const burst, sustained, large = 22_258 / 100.0, 22_258 / 1000.0, 28_470 / 100.0
	all, err := Builtin(testKnown())
	if err != nil {
		t.Fatal(err)
	}
	phase := func(stage int, cell, name string) showdown.Phase {
		c, ok := all[0].Stages[stage].Cell(cell)
		if !ok {
			t.Fatalf("no cell %s", cell)
		}
		for _, p := range c.Traffic.Phases {
			if p.Name == name {
				return p
			}
		}
		t.Fatalf("no phase %s/%s", cell, name)
		return showdown.Phase{}
	}
	for _, x := range []struct {
		cell, phase string
		carries     float64
	}{
		{"credits", "before", burst},
		{"credits", "after", large},
		{"no-credits", "before", sustained},
		{"no-credits", "after", large},
	} {
		if got := phase(1, x.cell, x.phase).Rate / x.carries; got < 1.19 || got > 1.22 {
			t.Errorf("vertical: %s/%s offers %.2f times what the server carries, want 1.2", x.cell, x.phase, got)
		}
	}
	for _, x := range []struct {
		cell    string
		carries float64
	}{{"base", burst}, {"no-credits", sustained}} {
		below, beyond := 0.0, 0.0
		for _, r := range phase(0, x.cell, "ladder").Steps {
			switch part := r / x.carries; {
			case part < 1:
				below = max(below, part)
			case beyond == 0:
				beyond = part
			}
		}
		if below < 0.85 || below > 0.95 || beyond < 1.1 {
			t.Errorf("single: the ladder of %s steps from %.2f to %.2f of what the server carries; want a clear knee between", x.cell, below, beyond)
		}
	}
}

// Claims that compare stages are checked as far as their stages are there.
func TestJourneyClaims(t *testing.T) {
	second := strings.NewReplacer("stage: small\n", "stage: next\nnumber: 2\n").Replace(small)
	head := "version: 1\njourney: mine\ntitle: Mine\nplanned: [later]\nclaims:\n"
	known := testKnown()
	known.Comparison = func(stages []*showdown.Stage, c showdown.Claim) error {
		if len(stages) != 2 || c.Expect != "good" {
			return fmt.Errorf("%d stages, %q", len(stages), c.Expect)
		}
		return nil
	}
	for name, c := range map[string]struct{ claim, want string }{
		"good":            {"- {id: x-better, text: t, stages: [small, next], expect: good}", ""},
		"waits":           {"- {id: x-better, text: t, stages: [small, later], expect: anything}", ""},
		"does not hold":   {"- {id: x-better, text: t, stages: [small, next], expect: bad}", `dir/journey.yaml:6:58: claim x-better: 2 stages, "bad"`},
		"one stage":       {"- {id: x-better, text: t, stages: [small], expect: good}", "stages must name the two or more stages that are compared"},
		"unknown stage":   {"- {id: x-better, text: t, stages: [small, nextt], expect: good}", `unknown stage "nextt": did you mean "next"?`},
		"unknown claim":   {"- {id: 9999, text: t, stages: [small, next], expect: good}", `unknown claim "9999"`},
		"a cell":          {"- {id: x-better, cell: base, text: t, stages: [small, next], expect: good}", "has no cell of its own"},
		"no expectation":  {"- {id: x-better, text: t, stages: [small, next]}", "what the claim expects is missing"},
		"the same twice":  {"- {id: x-a, text: t, stages: [small, next], expect: good}\n- {id: x-a, text: t, stages: [small, next], expect: good}", `claim "x-a" exists already`},
		"unknown setting": {"- {id: x-a, txt: t, stages: [small, next], expect: good}", `unknown field "txt"`},
	} {
		t.Run(name, func(t *testing.T) {
			folder := fstest.MapFS{
				"a.yaml": {Data: []byte(small)}, "b.yaml": {Data: []byte(second)},
				journeyFile: {Data: []byte(head + c.claim + "\n")},
			}
			j, err := loadJourney(folder, func(name string) string { return "dir/" + name }, known)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("got %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if waits := len(j.Missing(j.Claims[0])) > 0; waits != (name == "waits") {
				t.Errorf("claim %+v waits: %t", j.Claims[0], waits)
			}
		})
	}
}
