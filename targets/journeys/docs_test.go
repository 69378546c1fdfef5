package journeys

import (
	"os"
	"strings"
	"testing"

	"showdown"
)

const documentation = "../../docs/stages.md"

// documentedExample is the first YAML block of the documentation.
func documentedExample(t *testing.T) []byte {
	t.Helper()
	doc, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), "```yaml\n")
	if !ok {
		t.Fatal("the documentation has no example")
	}
	example, _, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("the example has no end")
	}
	return []byte(example)
}

func TestDocumentedExampleCanBePlayed(t *testing.T) {
	s, err := Load(documentedExample(t), documentation, testKnown())
	if err != nil {
		t.Fatalf("load:\n%v", err)
	}
	if err := Validate(s, mustClock(t, showdown.DefaultSpeed)); err != nil {
		t.Errorf("validate:\n%v", err)
	}
	if s.Cells[0].Reference == nil || len(s.Claims) == 0 || len(s.Cells[0].Timeline) == 0 {
		t.Error("the example is not complete: it shows no reference, no claim or no step")
	}
}

// Every field, action and parameter of the format is in the documentation.
func TestDocumentationNamesEverything(t *testing.T) {
	data, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	for _, f := range everyField() {
		if !strings.Contains(doc, "`"+f+"`") {
			t.Errorf("field `%s` is not in docs/stages.md", f)
		}
	}
	for name, a := range showdown.Actions() {
		if !strings.Contains(doc, "`"+name+"`") {
			t.Errorf("action `%s` is not in docs/stages.md", name)
		}
		for _, p := range a.Params {
			if !strings.Contains(doc, "`"+p.Name+"`") {
				t.Errorf("parameter `%s` of %s is not in docs/stages.md", p.Name, name)
			}
		}
	}
	for _, p := range showdown.Profiles() {
		if !strings.Contains(doc, "`"+string(p)+"`") {
			t.Errorf("profile `%s` is not in docs/stages.md", p)
		}
	}
}
