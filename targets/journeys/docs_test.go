package journeys

import (
	"os"
	"strings"
	"testing"

	"showdown"
)

const documentation = "../../docs/stages.md"

// documentedBlock is a YAML block of the documentation, from 0.
func documentedBlock(t *testing.T, number int) string {
	t.Helper()
	doc, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(doc), "```yaml\n")[1:]
	if number >= len(blocks) {
		t.Fatalf("the documentation has %d examples, want one more than %d", len(blocks), number)
	}
	example, _, ok := strings.Cut(blocks[number], "```\n")
	if !ok {
		t.Fatal("the example has no end")
	}
	return example
}

// documentedExample is the complete stage of the documentation.
func documentedExample(t *testing.T) []byte { return []byte(documentedBlock(t, 0)) }

// The sequence of the documentation fits into its stage.
func TestDocumentedSequenceCanBePlayed(t *testing.T) {
	text := string(documentedExample(t))
	before, rest, ok := strings.Cut(text, "    timeline:\n")
	_, after, found := strings.Cut(rest, "    reference:")
	if !ok || !found {
		t.Fatal("the example has no timeline before its reference")
	}
	s, err := Load([]byte(before+documentedBlock(t, 2)+"    reference:"+after), documentation, testKnown())
	if err != nil {
		t.Fatalf("load:\n%v", err)
	}
	var letters []string
	for _, step := range s.Cells[0].Timeline {
		letters = append(letters, step.Letter+step.WaitsFor())
	}
	if got := strings.Join(letters, " "); got != "A BA CA" {
		t.Errorf("steps and what they wait for: %s", got)
	}
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

// The load balancer and the group of the documentation are a stage of their own.
func TestDocumentedBalancerCanBePlayed(t *testing.T) {
	s, err := Load([]byte(documentedBlock(t, 1)), documentation, testKnown())
	if err != nil {
		t.Fatalf("load:\n%v", err)
	}
	if err := Validate(s, mustClock(t, showdown.DefaultSpeed)); err != nil {
		t.Errorf("validate:\n%v", err)
	}
	top := s.Cells[0].Topology
	if len(top.LoadBalancers) != 1 || len(top.AutoScalingGroups) != 1 || len(top.AutoScalingGroups[0].Policies) == 0 {
		t.Errorf("the example is not complete: %+v", top)
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
