package report_test

import (
	"os"
	"testing"

	"showdown/results"
	"showdown/results/compare"
	"showdown/results/report"
)

func TestZZ(t *testing.T) {
	var sides []compare.Side
	for _, n := range []string{"asg", "multi-az"} {
		r, err := compare.Load(results.Run{ID: "20261126T130724-whatsthetime-cd81/" + n, Dir: "/tmp/rec/20261126T130724-whatsthetime-cd81/" + n})
		if err != nil {
			t.Fatal(err)
		}
		sides = append(sides, compare.Side{Runs: []compare.Run{r}})
	}
	c, err := compare.Compare(compare.Named(sides))
	if err != nil {
		t.Fatal(err)
	}
	f, _ := os.Create("/tmp/cmp-perf/c.html")
	if err := report.ComparisonHTML(f, c, nil, "dev"); err != nil {
		t.Fatal(err)
	}
	f.Close()
}
