package catalogue

import (
	"strings"
	"testing"

	"showdown"
	"showdown/chaos"
)

func TestSection(t *testing.T) {
	fidelity := func(what string) (string, bool) { return "here by " + what, what != "magic" }
	d := chaos.Description{
		Action: showdown.Action{
			Name: "flood", Kind: showdown.Fault, Does: "fills | the room", Undo: "pump it out",
			Params: []showdown.Param{
				{Name: "depth", Kind: "share", Default: "80%", Does: "how deep"},
				{Name: "with", Kind: "name", Does: "what"},
				{Name: "until", Kind: "name", Optional: true, Does: "whom"},
			},
		},
		Evidence: "feet are wet",
		Needs:    []chaos.Need{{What: "water"}, {With: "with: spell", What: "magic"}},
		Bounds:   map[string]string{"depth": "above 0%", "with": "a name", "until": "a name"},
	}
	want := strings.Join([]string{
		"## flood", "", "Fault: fills | the room.", "",
		"| | |", "|---|---|",
		"| target | instances |",
		"| undo | pump it out |",
		"| undone | after its `for`, or by the roll back |",
		"| the probe must see | feet are wet |",
		"| how it is made here | here by water |",
		"| how it is made here, `with: spell` | this backend cannot |",
		"",
		"| parameter | is | may be | default |", "|---|---|---|---|",
		"| `depth` | how deep | above 0% | `80%` |",
		"| `with` | what | a name | none; it is required |",
		"| `until` | whom | a name | none; it may be left out |",
		"", "",
	}, "\n")
	if got := Section(d, fidelity); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	d = chaos.Description{Action: showdown.Action{Name: "rain", Kind: showdown.Load, NoTarget: true, NeedsFor: true}, Made: "by clouds | wind"}
	for _, part := range []string{
		"| target | none: it hits no instance |", "| undone | after its `for`, which it must have |",
		`| how it is made here | by clouds \| wind |`, "It has no parameters.\n",
	} {
		if got := Section(d, fidelity); !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
}

func TestPlayed(t *testing.T) {
	for _, c := range []struct {
		step showdown.Step
		want string
	}{
		{showdown.Step{Do: "hang", Target: "web-1", For: 5 * showdown.Minute}, "`hang` on `web-1` for 5m"},
		{showdown.Step{Do: "slow", Target: "web-1", With: map[string]string{"latency": "100ms"}}, "`slow` on `web-1` with `latency: 100ms`"},
		// How slow matters only where the name servers are slow.
		{showdown.Step{Do: "dns-fail", With: map[string]string{"latency": "100ms", "mode": "silent"}}, "`dns-fail` with `mode: silent`"},
		{showdown.Step{Do: "dns-fail", With: map[string]string{"latency": "40ms", "mode": "slow"}}, "`dns-fail` with `mode: slow`, `latency: 40ms`"},
	} {
		if got, want := Played(showdown.Cell{Name: "c"}, c.step), "**Played in cell `c`:** "+c.want+"."; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	s := showdown.Step{Letter: "A", Do: "start-instance", Target: "web-1"}
	c := showdown.Cell{Name: "c", Shows: "at night", Timeline: []showdown.Step{{Letter: "X", Do: "stop-instance", Target: "web-1"}, s}}
	if got, want := Played(c, s), "**Played in cell `c`, at night:** `start-instance` on `web-1`, after `stop-instance` on `web-1`."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
