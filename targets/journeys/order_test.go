package journeys

import (
	"fmt"
	"strings"
	"testing"

	"showdown"
)

func TestStepsMayWaitForOthers(t *testing.T) {
	s := mustLoad(t, more(t,
		"{letter: B, during: A, at: 30s, jitter: 1m, do: slow, target: web-1}",
		"{letter: C, after: A, do: tell-clients}",
		"{letter: D, after: C, at: 30s, do: tell-clients}",
	))
	b, _ := s.Cells[0].Step("B")
	if b.During != "A" || b.At != 30*showdown.Second || b.Jitter != showdown.Minute {
		t.Errorf("step %+v", b)
	}
	if err := Validate(s, mustClock(t, 60)); err != nil {
		t.Error(err)
	}
}

func TestOrderIsRefusedWithThePlaceAndTheFix(t *testing.T) {
	for name, c := range map[string]struct {
		steps []string
		want  string
	}{
		"both":             {[]string{"{letter: B, during: A, after: A, do: tell-clients}"}, `mine.yaml:25:39: a step has during or after, not both: drop one of the two`},
		"with a phase":     {[]string{"{letter: B, after: A, phase: calm, do: tell-clients}"}, `mine.yaml:25:38: phase does not go with after: at counts from step A; drop the line "phase"`},
		"nobody":           {[]string{"{letter: B, after: A2, do: tell-clients}"}, `mine.yaml:25:28: no step of the timeline has the letter "A2": did you mean "A"?`},
		"empty":            {[]string{"{letter: B, after: '', do: tell-clients}"}, `mine.yaml:25:28: the letter of the step after which this one fires is empty: fill it in`},
		"empty during":     {[]string{"{letter: B, during: '', do: tell-clients}"}, `mine.yaml:25:29: the letter of the step during which this one fires is empty: fill it in`},
		"itself":           {[]string{"{letter: B, after: B, do: tell-clients}"}, `mine.yaml:25:28: step B waits for itself: name another letter, or drop the line "after"`},
		"a circle":         {[]string{"{letter: B, after: C, do: tell-clients}", "{letter: C, during: D, do: tell-clients}", "{letter: D, after: B, do: tell-clients}"}, `mine.yaml:26:29: step C waits for D, which waits for C: drop one during or after of the circle`},
		"a repeated step":  {[]string{"{letter: B, at: 6m, do: tell-clients, repeat: {times: 2, every: 1m}}", "{letter: C, after: B, do: tell-clients}"}, `mine.yaml:26:28: step B is repeated: write B1 for the first of them`},
		"during a moment":  {[]string{"{letter: B, at: 6m, do: tell-clients}", "{letter: C, during: B, do: tell-clients}"}, `mine.yaml:26:29: step B (tell-clients) is over at once: write after: B`},
		"too late in it":   {[]string{"{letter: B, during: A, at: 5m, do: tell-clients}"}, `mine.yaml:25:36: step B fires up to 5m into step A, which lasts 5m`},
		"perhaps too late": {[]string{"{letter: B, during: A, jitter: 6m, do: tell-clients}"}, `mine.yaml:25:40: step B fires up to 6m into step A, which lasts 5m`},
		"no jitter":        {[]string{"{letter: B, at: 1m, jitter: 0s, do: tell-clients}"}, `mine.yaml:25:37: jitter must be above 0: write it like 2m`},
		"past the end":     {[]string{"{letter: B, at: 10m, jitter: 3h, do: tell-clients}"}, `mine.yaml:25:25: step B fires at 3h10m`},
		"out of its phase": {[]string{"{letter: B, phase: calm, at: 5m, jitter: 6m, do: tell-clients}"}, `mine.yaml:25:38: step B fires 11m into the phase "calm", which ends after 10m`},
		"after and beyond": {[]string{"{letter: B, after: A, at: 3h, do: tell-clients}"}, `mine.yaml:25:35: step B fires at 3h6m`},
		"ends beyond":      {[]string{"{letter: B, after: A, at: 1m, do: slow, target: web-1, for: 3h}"}, `mine.yaml:25:69: step B ends at 3h7m`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load([]byte(more(t, c.steps...)), "mine.yaml", testKnown())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got:\n%v\nwant:\n%s", err, c.want)
			}
		})
	}
}

// The reference event has a planned moment, since windows of several stages are
// compared.
func TestReferenceEventHasAMomentOfItsOwn(t *testing.T) {
	for name, text := range map[string]string{
		"jitter": edit(t, "for: 5m", "for: 5m\n        jitter: 10s"),
		"after":  strings.Replace(more(t, "{letter: B, after: A, do: kill, target: web-1, for: 1m}"), "fault: A", "fault: B", 1),
	} {
		_, err := Load([]byte(text), "mine.yaml", testKnown())
		if err == nil || !strings.Contains(err.Error(), "mine.yaml:27:14: step ") || !strings.Contains(err.Error(), "give it at, and no jitter, during or after") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTimelineIsBounded(t *testing.T) {
	steps := make([]string, maxTimeline)
	for i := range steps {
		steps[i] = fmt.Sprintf("{letter: A, after: A, at: %ds, do: add-instance, target: web-1}", i)
	}
	_, err := Load([]byte(more(t, steps...)), "mine.yaml", testKnown())
	if err == nil || !strings.Contains(err.Error(), "mine.yaml:19:5: the timeline has 101 steps, more than 100") {
		t.Errorf("got %v", err)
	}
}

// A spike that may come late counts for all the time in which it may be there.
func TestValidateKnowsTheJitterOfASpike(t *testing.T) {
	text := more(t, "{letter: S, at: 2m, jitter: 9m, do: spike, for: 30s, with: {factor: 5}}")
	if _, err := Load([]byte(text), "mine.yaml", testKnown()); err != nil {
		t.Fatal(err)
	}
	s := mustLoad(t, text)
	err := Validate(s, mustClock(t, 60))
	if err == nil || !strings.Contains(err.Error(), "the cell offers 1000 requests/s at 11m") {
		t.Errorf("got %v, want the ladder's last step five times", err)
	}
}
