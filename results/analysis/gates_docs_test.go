package analysis

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

const (
	tableBegin = "<!-- the table of functions, written by go test ./results/analysis -run GatesTable -update -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

// gatesTable is all functions of the language with what they are and where they can be used.
func gatesTable() string {
	var b strings.Builder
	b.WriteString("| write | is | in gates and claims | in `abort_if` and `stop_if` |\n|---|---|---|---|\n")
	yes := map[bool]string{true: "yes", false: ""}
	table := functions()
	for _, name := range sortedKeys(table) {
		f := table[name]
		what := f.unit.String()
		switch {
		case name == "abs":
			what = "what x is"
		case f.unit == plain:
			what = "a number"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.usage, what, yes[f.claims], yes[f.live])
	}
	return b.String()
}

// TestGatesTable holds that docs/gates.md lists the functions that there are.
func TestGatesTable(t *testing.T) {
	const path = "../../docs/gates.md"
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(doc, []byte(tableBegin))
	table, after, found := bytes.Cut(rest, []byte(tableEnd))
	if !ok || !found {
		t.Fatalf("%s has no place for the table", path)
	}
	if string(table) == gatesTable() {
		return
	}
	if !*update {
		t.Fatalf("%s lists other functions than there are; run with -update, then look at the difference\n%s", path, gatesTable())
	}
	doc = bytes.Join([][]byte{before, []byte(tableBegin), []byte(gatesTable()), []byte(tableEnd), after}, nil)
	if err := os.WriteFile(path, doc, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDocumentedGates compiles each gate and each condition that docs/gates.md shows in a
// stage file or on a command line.
func TestDocumentedGates(t *testing.T) {
	doc, err := os.ReadFile("../../docs/gates.md")
	if err != nil {
		t.Fatal(err)
	}
	gates, conditions := 0, 0
	block, list := "", ""
	for line := range strings.Lines(string(doc)) {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "```"):
			block, list = strings.TrimPrefix(text, "```"), ""
		case block == "yaml" && (text == "gates:" || text == "abort_if:"):
			list = text
		case block == "yaml" && list != "" && strings.HasPrefix(text, "- "):
			expr := strings.TrimPrefix(text, "- ")
			if _, quoted, group := strings.Cut(expr, "'"); group {
				expr, _, _ = strings.Cut(quoted, "'")
			}
			if list == "gates:" {
				gates++
				_, err = Compile(expr)
			} else {
				conditions++
				_, err = CompileCondition(expr)
			}
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
		case strings.Contains(text, "--gate '"):
			for _, part := range strings.Split(text, "--gate '")[1:] {
				expr, _, _ := strings.Cut(part, "'")
				gates++
				if _, err := Compile(expr); err != nil {
					t.Errorf("%s: %v", text, err)
				}
			}
		}
	}
	if gates < 6 || conditions < 2 {
		t.Errorf("the document shows %d gates and %d conditions", gates, conditions)
	}
}
