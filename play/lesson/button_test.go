package lesson

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"showdown"
	"showdown/targets/journeys"
)

var update = flag.Bool("update", false, "write the goldens anew")

// builtin are the stages of the journey that comes with the program.
func builtin(t *testing.T) []*showdown.Stage {
	t.Helper()
	all, err := journeys.Builtin(journeys.Known{})
	if err != nil {
		t.Fatal(err)
	}
	return all[0].Stages
}

// TestButtonsOfTheJourney holds what a teacher finds in each stage, and that every one of them
// has words in both languages and hits somebody.
func TestButtonsOfTheJourney(t *testing.T) {
	var out strings.Builder
	for _, s := range builtin(t) {
		l, err := New(Config{Stages: builtin(t), Play: nobody, Say: func(string) {}}, start(s.Name))
		if err != nil {
			t.Fatal(err)
		}
		file, opened, _, err := l.plan(start(s.Name))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s, %g/s\n", s.Name, opened.Cells[0].Traffic.Phases[0].Rate)
		buttons := Buttons(file, opened)
		if len(buttons) < 2 || len(buttons) > maxButtons {
			t.Errorf("%s has %d buttons", s.Name, len(buttons))
		}
		for i, b := range buttons {
			fmt.Fprintf(&out, "  %d %s | %s | %s | %s | %gs | %v\n", i+1, b.Label["en"], b.Label["fr"], b.Blast["en"], b.Blast["fr"], b.ForS, b.Hits)
			if b.Expect["en"] != "" {
				fmt.Fprintf(&out, "    %s\n", b.Expect["en"])
			}
			for _, lang := range []string{"en", "fr"} {
				if b.Label[lang] == "" || b.Blast[lang] == "" {
					t.Errorf("%s: %+v has no words in %s", s.Name, b, lang)
				}
			}
		}
	}
	path := filepath.Join("testdata", "buttons.txt")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the buttons are\n%s", out.String())
	}
}

// Every action has words of its own.
func TestEveryActionHasALabel(t *testing.T) {
	for name := range showdown.Actions() {
		words := label(showdown.Step{Do: name, Target: "web-1", With: map[string]string{}})
		if words["en"] == "" || words["en"] == words["fr"] && name != "operator" {
			t.Errorf("%s: %v", name, words)
		}
	}
}
