package journeys

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

// more is small with further steps, the first of which stands in line 25.
func more(t *testing.T, steps ...string) string {
	t.Helper()
	return edit(t, "    reference:", "      - "+strings.Join(steps, "\n      - ")+"\n    reference:")
}

func TestRepeatedStepsAreWrittenOut(t *testing.T) {
	s := mustLoad(t, more(t,
		"{letter: B, phase: calm, at: 6m, jitter: 5s, do: slow, target: web-1, for: 20s, repeat: {times: 3, every: 1m}}",
		"{letter: C, after: B2, at: 1s, do: tell-clients}",
	))
	var got []showdown.Step
	for _, step := range s.Cells[0].Timeline[1:] {
		if step.Repeat != nil {
			t.Errorf("%s is still repeated", step.Letter)
		}
		got = append(got, step)
	}
	step := func(letter string, at showdown.Duration) showdown.Step {
		return showdown.Step{
			Letter: letter, Phase: "calm", At: at, Jitter: 5 * showdown.Second, Do: "slow", Target: "web-1",
			For: 20 * showdown.Second, With: map[string]string{"latency": "100ms"},
		}
	}
	want := []showdown.Step{
		step("B1", 6*showdown.Minute), step("B2", 7*showdown.Minute), step("B3", 8*showdown.Minute),
		{Letter: "C", After: "B2", At: showdown.Second, Do: "tell-clients"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("steps (-want +got):\n%s", d)
	}
	got[0].With["latency"] = "1ms"
	if got[1].With["latency"] != "100ms" {
		t.Error("the steps share their parameters")
	}
}

// A claim names one of the steps that are written out.
func TestClaimsSeeTheStepsThatAreWrittenOut(t *testing.T) {
	known := testKnown()
	var letters []string
	known.Claim = func(s *showdown.Stage, _ showdown.Claim) error {
		for _, step := range s.Cells[0].Timeline {
			letters = append(letters, step.Letter)
		}
		return nil
	}
	text := more(t, "{letter: B, at: 6m, do: slow, target: web-1, for: 20s, repeat: {times: 2, every: 1m}}")
	if _, err := Load([]byte(text), "mine.yaml", known); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"A", "B1", "B2"}, letters); d != "" {
		t.Errorf("letters (-want +got):\n%s", d)
	}
}

func TestRepeatIsRefusedWithThePlaceAndTheFix(t *testing.T) {
	repeat := func(what string) string {
		return more(t, "{letter: B, at: 6m, do: slow, target: web-1, for: 20s, repeat: "+what+"}")
	}
	for name, c := range map[string]struct{ text, want string }{
		"once":            {repeat("{times: 1, every: 1m}"), `mine.yaml:25:80: times must lie between 2 and 9`},
		"ten times":       {repeat("{times: 10, every: 1m}"), `mine.yaml:25:80: times must lie between 2 and 9: the steps are called A1 to A9; found 10`},
		"no times":        {repeat("{every: 1m}"), `mine.yaml:25:64: how many times the step is played is missing: add "times:" here`},
		"no every":        {repeat("{times: 3}"), `mine.yaml:25:64: the time from one start to the next is missing: add "every:" here`},
		"a word":          {repeat("{times: thrice, every: 1m}"), `mine.yaml:25:80: times must be a whole number without a unit: found "thrice"`},
		"too dense":       {repeat("{times: 3, every: 20s}"), `mine.yaml:25:90: every 20s leaves no time between two of them, which take 20s`},
		"an age":          {repeat("{times: 3, every: 2000h}"), `mine.yaml:25:90: every 2000h is too long`},
		"not a group":     {repeat("3"), `repeat must be a group of fields`},
		"unknown field":   {repeat("{time: 3, every: 1m}"), `mine.yaml:25:73: unknown field "time" in repeat: did you mean "times"?`},
		"a digit":         {more(t, "{letter: B2, at: 6m, do: tell-clients, repeat: {times: 2, every: 1m}}"), `mine.yaml:25:18: letter "B2" of a repeated step has a digit`},
		"a clash":         {more(t, "{letter: B, at: 6m, do: tell-clients, repeat: {times: 2, every: 1m}}", "{letter: B2, at: 9m, do: tell-clients}"), `mine.yaml:25:18: letter "B" clashes with the step "B2": the repeat writes it as B1 to B2`},
		"its own letter":  {more(t, "{letter: A, at: 6m, do: tell-clients, repeat: {times: 2, every: 1m}}"), `mine.yaml:25:18: letter "A" clashes with the step "A"`},
		"too late":        {more(t, "{letter: B, at: 9m, do: tell-clients, repeat: {times: 4, every: 1h}}"), "mine.yaml:25:25: step B4 fires at 3h9m"},
		"jitter is time":  {more(t, "{letter: B, at: 6m, do: slow, target: web-1, for: 30s, jitter: 40s, repeat: {times: 2, every: 1m}}"), `leaves no time between two of them, which take 1m10s`},
		"wrong four ways": {more(t, "{letter: B, at: 6m, do: kil, repeat: {times: 4, every: 1m}}"), `mine.yaml:25:33: unknown action "kil": did you mean "kill"?`},
		"behind it":       {more(t, "{letter: B, at: 6m, do: tell-clients, repeat: {times: 4, every: 1m}}", "{letter: C, at: 6m, do: kil}"), `mine.yaml:26:33: unknown action "kil"`},
		"the reference":   {edit(t, "for: 5m", "for: 1m\n        repeat: {times: 2, every: 2m}"), `mine.yaml:27:14: no step of the timeline has the letter "A": write one of A1, A2`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load([]byte(c.text), "mine.yaml", testKnown())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got:\n%v\nwant:\n%s", err, c.want)
			}
			lines := strings.Split(err.Error(), "\n")
			seen := map[string]bool{}
			for _, line := range lines {
				if seen[line] {
					t.Errorf("said twice: %s", line)
				}
				seen[line] = true
			}
		})
	}
}

// What depends on the speed is found in the resolved stage, and has the line of the step
// in the file all the same.
func TestValidateFindsThePlaceOfARepeatedStep(t *testing.T) {
	text := edit(t, "    reference:", "      - {letter: B, at: 6m, do: tell-clients, repeat: {times: 4, every: 1m}}\n      - {letter: C, at: 11m, do: tell-clients}\n    reference:")
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := LoadFile(path, testKnown())
	if err != nil {
		t.Fatal(err)
	}
	// The ladder takes two lab seconds, which are 20 AWS seconds here.
	err = Validate(s, mustClock(t, 10))
	if err == nil || !strings.HasPrefix(err.Error(), path+":26:25: step C fires at 11m") {
		t.Errorf("got %v", err)
	}
	s.Cells[0].Timeline[4].At = 11 * showdown.Minute
	err = Validate(s, mustClock(t, 10))
	if err == nil || !strings.HasPrefix(err.Error(), path+":25:25: step B4 fires at 11m") {
		t.Errorf("got %v", err)
	}
}
