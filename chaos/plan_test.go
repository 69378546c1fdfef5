package chaos

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"showdown"
)

var update = flag.Bool("update", false, "write the golden files")

func TestPlanGolden(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	second := act("B", 90*showdown.Second, "resize-instance", "web-1", 0, "type", "m5.large")
	second.Phase = "resize"
	base := cell(
		second,
		act("A", 30*showdown.Second, "stop-instance", "web-1", 5*minute),
		act("C", 8*minute, "slow", "one role:web", 0),
		act("X", 8*minute, "no-such-action", "web-1", 0),
	)
	base.Traffic.Phases = []showdown.Phase{{Name: "calm", For: minute}, {Name: "resize", For: 9 * minute}}
	other := cell(act("A", minute, "spike", "", minute, "factor", "3"), act("B", 3*minute, "tell-clients", "", 0), act("C", 4*minute, "hang", "50%", 0))
	other.Name = "other"
	waiting := cell(
		jittered(2*minute, act("A", minute, "kill", "web-1", minute)),
		after("A", act("B", 30*showdown.Second, "slow", "web-2", 3*minute)),
		within("B", jittered(30*showdown.Second, act("C", 0, "cpu-steal", "one", 0))),
		within("B", act("D1", 2*minute, "hang", "web-1", 5*minute)),
		within("B", act("E", minute, "tell-clients", "", 0)),
		after("D1", act("F", 0, "resize-instance", "web-2", 0, "type", "m5.large")),
	)
	waiting.Name = "waiting"
	steps := Plan(&showdown.Stage{Cells: []showdown.Cell{base, other, waiting}}, clock, func(what string) (string, bool) {
		return "how this backend does " + what, true
	})
	var got bytes.Buffer
	if err := WritePlan(&got, steps); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "plan.golden")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("plan is\n%s\nwant\n%s", got.Bytes(), want)
	}
}
