package journeys

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"showdown"
)

func TestValidate(t *testing.T) {
	more := func(length string, rate float64) string {
		return strings.Replace(small, "claims:", fmt.Sprintf(`  - name: other
    topology: {instances: [{name: a, type: t2.micro}]}
    traffic: {phases: [{name: all, for: %s, rate: %g}]}
claims:`, length, rate), 1)
	}
	for name, c := range map[string]struct {
		text  string
		speed float64
		want  string // empty: valid
	}{
		"default speed":     {small, 60, ""},
		"as fast as it may": {small, 300, ""},
		"too fast":          {small, 301, `13:11: phase "calm": speed too high: at 100 requests/s a target is asked every 3.01 AWS s, more than 3s; the highest speed that works is 300`},
		"two in rotation": {
			edit(t, "          type: t2.micro\n", "          type: t2.micro\n        - {name: web-2, type: t2.micro}\n"), 160,
			`phase "calm": speed too high: at 50 requests/s a target is asked every 3.2 AWS s, more than 3s; the highest speed that works is 150`,
		},
		"a cohort that hardly asks": {
			strings.Replace(edit(t, "target: web-1", "target: all"), "          type: t2.micro\n    traffic:\n", `          type: t2.micro
        - {name: web-2, type: t2.micro}
    traffic:
      cohorts: [{name: many, share: 90%, knows: [web-1]}, {name: few, share: 10%, knows: [web-2]}]
`, 1), 60, `speed too high: at 10 requests/s a target is asked every 6 AWS s`,
		},
		"its own speed":     {edit(t, "cells:", "speed: 30\ncells:"), 30, ""},
		"another than its":  {edit(t, "cells:", "speed: 30\ncells:"), 60, `5:8: the stage is made for speed 30 and not for 60`},
		"the status checks": {small, 3600, ""},         // 1m / 3600 is above 10 ms; only the rate is wrong
		"together more":     {more("9m", 701), 60, ""}, // in two groups
		"800 alone":         {more("9m", 800), 60, ""},
		"more alone":        {more("9m", 801), 60, `: the cell offers 801 requests/s at 0s (other/all): more than 800 is too much for two cores`},
		"a spike": {
			edit(t, "    reference:", "      - {letter: S, at: 2m, do: spike, for: 1m, with: {factor: 9}}\n    reference:"), 60,
			`6:5: the cell offers 900 requests/s at 2m (base/calm)`,
		},
		"a sine": {
			edit(t, "          rate: 100\n", "          rate: 600\n          amplitude: 300\n          period: 5m\n"), 60,
			`the cell offers 900 requests/s`,
		},
		"a hasty sine": {
			edit(t, "          rate: 100\n", "          rate: 300\n          amplitude: 100\n          period: 500ms\n"), 60,
			`17:19: speed too high`,
		},
		// The ladder lasts two seconds of the lab: two minutes at speed 60, twenty seconds
		// at speed 10.
		"in a capacity phase": {edit(t, "for: 5m", "for: 10m40s"), 60, "reference window closes before step A ends"},
		"before it ends":      {strings.Replace(edit(t, "for: 5m", "for: 10m40s"), "length: 7m", "length: 11m20s", 1), 60, ""},
		"after it has ended":  {strings.Replace(edit(t, "for: 5m", "for: 10m40s"), "length: 7m", "length: 11m20s", 1), 10, `24:14: step A ends at 11m40s (1m10s here), after the traffic's end at 10m20s (1m2s here)`},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mine.yaml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := LoadFile(path, testKnown())
			if name == "in a capacity phase" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatalf("load:\n%v", err)
			}
			err = Validate(s, mustClock(t, c.speed))
			if name == "the status checks" {
				if err == nil || strings.Contains(err.Error(), "status check") {
					t.Errorf("got %v, want the rate alone", err)
				}
				return
			}
			if c.want == "" {
				if err != nil {
					t.Errorf("refused:\n%v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v\nwant %s", err, c.want)
			}
			if !strings.HasPrefix(err.Error(), path+":") {
				t.Errorf("no place: %v", err)
			}
			if strings.Contains(c.want, "speed too high") != errors.Is(err, showdown.ErrTooFast) {
				t.Errorf("ErrTooFast is %t: %v", errors.Is(err, showdown.ErrTooFast), err)
			}
		})
	}
}

// A run may play some cells of a stage; places are those of the file all the same.
func TestValidateFindsThePlaceOfACellThatWasPicked(t *testing.T) {
	text := strings.Replace(small, "  - name: base\n", `  - name: first
    topology: {instances: [{name: a, type: t2.micro}]}
    traffic: {phases: [{name: all, for: 9m, rate: 100}]}
  - name: base
`, 1)
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := LoadFile(path, testKnown())
	if err != nil {
		t.Fatal(err)
	}
	s.Cells = s.Cells[1:]
	err = Validate(s, mustClock(t, 400))
	if err == nil || !strings.HasPrefix(err.Error(), path+":16:11: ") {
		t.Errorf("got %v, want line 16", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	err = Validate(s, mustClock(t, 400))
	if err == nil || !strings.HasPrefix(err.Error(), path+": phase") {
		t.Errorf("got %v, want the file's name alone when the file is gone", err)
	}
}
