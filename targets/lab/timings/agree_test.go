package timings

import (
	"os"
	"strings"
	"testing"

	"showdown"
)

const pageFile = "../../../docs/timings.md"

// again is what to do where the page and the code are apart.
const again = "run make timings, and read what has changed in docs/timings.md"

func TestPageAgreesWithTheCode(t *testing.T) {
	page, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatalf("%v: %s", err, again)
	}
	stage, err := Stage()
	if err != nil {
		t.Fatal(err)
	}
	if err := Agree(string(page), stage); err != nil {
		t.Errorf("%s:\n%v", again, err)
	}
}

// TestDisagreement: whatever is apart is found and named.
func TestDisagreement(t *testing.T) {
	stage, err := Stage()
	if err != nil {
		t.Fatal(err)
	}
	documented, err := Documented(stage)
	if err != nil {
		t.Fatal(err)
	}
	m := &Measured{}
	for _, d := range documented {
		for _, speed := range expected()[d.Name] {
			m.Rows = append(m.Rows, Row{Timing: d, Speed: speed, Values: []showdown.Duration{d.middle()}})
		}
	}
	var b strings.Builder
	if err := Write(&b, m); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if err := Agree(page, stage); err != nil {
		t.Fatalf("a page of these rows: %v", err)
	}
	if err := m.Complete(); err != nil {
		t.Error(err)
	}
	changed := func(old, text string) string {
		if !strings.Contains(page, old) {
			t.Fatalf("the page has no %q", old)
		}
		return strings.Replace(page, old, text, 1)
	}
	row := "| zonal shift expires | 60 s to 72 h, set to 300 s | 60 |"
	whole := page[strings.Index(page, row):]
	whole = whole[:strings.Index(whole, "\n")+1]
	for _, c := range []struct{ name, page, want string }{
		{"no row", changed(whole, ""), `"zonal shift expires" at speed 60 has 0 rows`},
		{"two rows", changed(whole, whole+whole), `"zonal shift expires" at speed 60 has 2 rows`},
		{"another range", changed("60 s to 72 h", "60 s to 71 h"), `"zonal shift expires" at speed 60 has 0 rows that say 60 s to 72 h, set to 300 s`},
		{"another speed", changed(row, strings.Replace(row, "60 |", "61 |", 1)), `"zonal shift expires" at speed 60 has 0 rows`},
		{"another source", changed("Zonal shift: 1 minute to 72 hours", "hearsay"), `the row of "zonal shift expires" at speed 60 does not name its source`},
		{"not measured", changed(whole, row+" not measured | | 0 | - | - |"+Row{Timing: documentedAs(t, documented, "zonal shift expires")}.right()), `"zonal shift expires" at speed 60 was not measured`},
		{"no timing", changed(whole, whole+"| the moon rises | at once | 60 | 1 s |\n"), `under "Elastic Load Balancing" is a row of no timing: | the moon rises`},
		{"an empty page", "", `"target that refuses or answers wrongly is unhealthy" at speed 60 has 0 rows`},
	} {
		err := Agree(c.page, stage)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func documentedAs(t *testing.T, all []Timing, name string) Timing {
	t.Helper()
	for _, d := range all {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("%q is not documented", name)
	return Timing{}
}

// FuzzTables: every row is a line of the page.
func FuzzTables(f *testing.F) {
	f.Add("## a\n\n" + tableHead + "| x |\n| y\n\n| z |")
	f.Add("\n## ## \n" + tableHead + tableHead)
	f.Fuzz(func(t *testing.T, page string) {
		total := 0
		for _, lines := range tables(page) {
			for _, line := range lines {
				if total++; !strings.Contains(page, line) {
					t.Errorf("the page has no line %q", line)
				}
			}
		}
		if n := strings.Count(page, "\n") + 1; total > n {
			t.Errorf("%d rows in %d lines", total, n)
		}
	})
}
