package journeys

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"

	"showdown"
)

// gated is small with gates in both forms.
const gated = small + `gates:
  - availability(during("A")) > 99%
  - {name: quick, expect: 'p99(whole()) < 250ms', cell: base}
  - >-
    recovered("A")
    < 60s
abort_if:
  - availability(last(30s)) < 50%
  - name: many failures
    if: failed(last(1m)) > 1000
`

// orText lets the gates of a stage's schema be texts alone.
func orText(s *jsonschema.Schema) {
	for field, def := range map[string]string{"gates": "Gate", "abort_if": "Abort"} {
		list, _ := s.Definitions["Stage"].Properties.Get(field)
		list.Items = &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Ref: "#/$defs/" + def}}}
	}
}

func TestLoadReadsGates(t *testing.T) {
	s := mustLoad(t, gated)
	if d := cmp.Diff([]showdown.Gate{
		{Expect: `availability(during("A")) > 99%`},
		{Name: "quick", Expect: "p99(whole()) < 250ms", Cell: "base"},
		{Expect: `recovered("A") < 60s`},
	}, s.Gates); d != "" {
		t.Errorf("gates (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]showdown.Abort{
		{If: "availability(last(30s)) < 50%"},
		{Name: "many failures", If: "failed(last(1m)) > 1000"},
	}, s.AbortIf); d != "" {
		t.Errorf("abort_if (-want +got):\n%s", d)
	}
}

// TestLoadChecksGates holds that what is wrong with a gate is told with its place.
func TestLoadChecksGates(t *testing.T) {
	known := testKnown()
	known.Claim = func(_ *showdown.Stage, c showdown.Claim) error {
		if strings.Contains(c.Expect, "wrong") && c.ID == "" {
			return errors.New("column 1: wrong")
		}
		return nil
	}
	known.StopIf = func(_ *showdown.Stage, c *showdown.Cell, condition string) error {
		if strings.Contains(condition, "wrong") {
			return errors.New("column 1: wrong in " + c.Name)
		}
		return nil
	}
	lines := strings.Count(small, "\n")
	for name, c := range map[string]struct {
		text string
		line int
		want string
	}{
		"a text":             {"gates: [wrong]\n", 1, `:9: gates "wrong": column 1: wrong`},
		"a group":            {"gates:\n  - name: mine\n    expect: wrong\n", 3, `:13: gates "wrong": column 1: wrong`},
		"a cell":             {"gates: [{expect: fine, cell: bse}]\n", 1, `unknown cell "bse": did you mean "base"?`},
		"an empty text":      {"gates: ['']\n", 1, `the gate's expectation is missing`},
		"no expectation":     {"gates: [{name: mine}]\n", 1, `the gate's expectation is missing`},
		"an empty one":       {"gates: [{expect: ' '}]\n", 1, `the gate's expectation is empty`},
		"a claim's field":    {"gates: [{expect: fine, text: mine}]\n", 1, `unknown field "text" in gates entry 1`},
		"two of a name":      {"gates: [{name: a, expect: fine}]\nabort_if: [{name: a, if: fine}]\n", 2, `gate "a" exists already`},
		"a long name":        {"gates: [{name: " + strings.Repeat("x", 201) + ", expect: fine}]\n", 1, `the gate's name has 201 bytes`},
		"a list":             {"gates: [[fine]]\n", 1, `must be a group of fields`},
		"one gate":           {"gates: fine\n", 1, `gates must be a list`},
		"a condition":        {"abort_if: [wrong]\n", 1, `abort_if "wrong": column 1: wrong in base`},
		"a condition's cell": {"abort_if: [{if: fine, cell: other}]\n", 1, `unknown cell "other"`},
		"no condition":       {"abort_if: [{name: mine}]\n", 1, `the condition is missing`},
	} {
		_, err := Load([]byte(small+c.text), "mine.yaml", known)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		var problems Problems
		if !errors.As(err, &problems) || problems[0].Line != lines+c.line {
			t.Errorf("%s: not at line %d:\n%v", name, lines+c.line, err)
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q is not in:\n%v", name, c.want, err)
		}
	}
}
