package analysis

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"showdown"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with a file in testdata, or writes it with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at the difference, then run with -update\n%s", path, got)
	}
}

func TestSummaryGolden(t *testing.T) {
	r := good(t)
	claim := func(id, expect, cell string) showdown.Claim {
		return showdown.Claim{ID: id, Text: "the claim " + id, Expect: expect, Cell: cell}
	}
	r.stage.Claims = []showdown.Claim{
		claim("11b", `outage("A") between 45s and 180s`, ""),
		claim("9", `knee("ladder") between 150 and 250`, ""),
		claim("10", `peak("ladder") / knee("no-eip/ladder") between 0.9 and 1.1`, ""),
		claim("8", `availability(during("A")) < 10% and availability(after("A", 1m)) > 95%`, "no-eip"),
		claim("11a", `fact("A", "code") == "stopped" and confirmed("A")`, ""),
		claim("5", `outage("B") < 10s`, ""),
		claim("4", `detected("A") < 1m`, ""),
	}
	var b bytes.Buffer
	if err := r.analyse(t).Encode(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.json", b.Bytes())
}
