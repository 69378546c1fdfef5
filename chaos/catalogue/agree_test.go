package catalogue

import (
	"os"
	"strings"
	"testing"

	"showdown"
	"showdown/chaos"
	"showdown/targets/backend/process"
	"showdown/targets/cloud/ec2"
	"showdown/targets/journeys"
)

const (
	pageFile  = "../../docs/faults.md"
	stageFile = "../../.ci/faults/faults.yaml"
)

// again is what to do where the page and the code are apart.
const again = "run make faults, and read what has changed in docs/faults.md (docs/chaos.md, how to add an action)"

func theStage(t testing.TB) *showdown.Stage {
	t.Helper()
	s, err := journeys.LoadFile(stageFile, journeys.Known{Types: ec2.TypeNames(), Apps: []string{"clock"}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func thePage(t testing.TB) string {
	t.Helper()
	page, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatalf("%v: %s", err, again)
	}
	return string(page)
}

func TestPageAgreesWithTheCode(t *testing.T) {
	if err := Agree(thePage(t), theStage(t), process.Fidelity); err != nil {
		t.Errorf("%s:\n%v", again, err)
	}
}

// TestStageCanBePlayed holds what showdown check looks at, at the speed of the stage.
func TestStageCanBePlayed(t *testing.T) {
	s := theStage(t)
	clock, err := showdown.NewClock(s.Speed)
	if err != nil {
		t.Fatal(err)
	}
	if err := journeys.Validate(s, clock); err != nil {
		t.Error(err)
	}
	if err := chaos.Check(s); err != nil {
		t.Error(err)
	}
	if left := Undemonstrated(s); len(left) > 0 {
		t.Errorf("no cell plays %v: add one to .ci/faults/faults.yaml", left)
	}
	for _, c := range s.Cells {
		var kinds []string
		for _, h := range c.Traffic.Cohorts {
			kinds = append(kinds, h.Name)
		}
		if got := strings.Join(kinds, " "); got != "fresh kept browser in-turn" {
			t.Errorf("the clients of cell %s are %q: the page explains fresh, kept, browser and in-turn", c.Name, got)
		}
	}
}

// TestDisagreement: whatever is apart is found and named.
func TestDisagreement(t *testing.T) {
	page, stage := thePage(t), theStage(t)
	section := sections(page)["hang"]
	_, table, _ := strings.Cut(section, tableHead)
	changed := func(old, text string) string {
		if !strings.Contains(page, old) {
			t.Fatalf("the page has no %q", old)
		}
		return strings.Replace(page, old, text, 1)
	}
	for _, c := range []struct{ name, page, want string }{
		{"no section", changed("\n"+section, ""), "hang has no section"},
		{"another deed", changed(section[:40], "## hang\n\nFault: something else"), "the section of hang is not what the code says"},
		{"another bound", changed("real time above 0, at most 1s", "anything"), "the section of az-slow is not what the code says"},
		{"another default", changed("| `80%` |", "| `70%` |"), "the section of cpu-steal is not what the code says"},
		{"no row", changed(table, "\n"), "hang: the table of cell hang has no row"},
		{"no table", changed(tableHead+table, ""), "hang: the table of cell hang has no row"},
		{"another step", changed("`hang` on `web-1` for 5m", "`hang` on `web-2` for 5m"), "hang: nothing is measured of what the stage plays now"},
		{"no evidence", changed("**The probe saw:** connected, no answer", "connected, no answer"), "cell hang does not say what the probe saw"},
		{"overview", changed("](#hang) | fault |", "](#hang) | load |"), "the overview does not say what hang does"},
		{"no such action", page + "\n## hangover\n\nFault: it hurts.\n", "hangover has a section and is no action"},
		{"no comparison", changed("## Nothing\n", "## Something\n"), "nothing is measured of a cell in which nothing happens"},
		{"an empty page", "", "kill has no section"},
	} {
		err := Agree(c.page, stage, process.Fidelity)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// TestActionWithoutCell: who adds an action is told that nobody has measured it.
func TestActionWithoutCell(t *testing.T) {
	stage := theStage(t)
	for i := range stage.Cells {
		if stage.Cells[i].Name == "leak" {
			stage.Cells[i].Timeline[0].Letter = "X"
		}
	}
	err := Agree(thePage(t), stage, process.Fidelity)
	if err == nil || !strings.Contains(err.Error(), "no step of the stage plays leak: give it a cell") {
		t.Errorf("error %v", err)
	}
}

func FuzzSections(f *testing.F) {
	f.Add("## kill\n\n" + tableHead + "| `fresh` | during |\n| x\n## hang\n")
	f.Add("\n## ## \n\n## ")
	f.Add(tableHead + tableHead)
	f.Fuzz(func(t *testing.T, page string) {
		total := 0
		for title, text := range sections(page) {
			if !strings.HasPrefix(text, "## "+title) {
				t.Errorf("the section %q begins with %q", title, text)
			}
			total += measured(text)
		}
		if lines := strings.Count(page, "\n") + 1; total > lines {
			t.Errorf("%d rows in %d lines", total, lines)
		}
	})
}
