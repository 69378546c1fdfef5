package analysis

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var updatePlain = flag.Bool("update-plain", false, "write the sentences of expectations anew")

// The claims of a whole journey, each with its sentence in the line below it: read them
// before they are written anew.
func TestPlainSentencesOfAJourney(t *testing.T) {
	path := filepath.Join("testdata", "plain.txt")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var out strings.Builder
	claims := 0
	for i := 0; i < len(lines); i += 3 { // a claim, its sentence and an empty line
		claims++
		got, ok := Plain(lines[i])
		if !ok {
			t.Errorf("there are no words for %s", lines[i])
		}
		out.WriteString(lines[i] + "\n" + got + "\n\n")
		if !*updatePlain && (i+1 >= len(lines) || got != lines[i+1]) {
			t.Errorf("%s\n  is %q", lines[i], got)
		}
	}
	if claims != 39 {
		t.Errorf("%d claims, want 39", claims)
	}
	if *updatePlain {
		if err := os.WriteFile(path, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPlain(t *testing.T) {
	for expect, want := range map[string]string{
		`outage("A") between 45s and 180s`:                       "the outage of fault A lasts 45 s to 3 min",
		`outage("A") between 45s and 180s and outages() == 1`:    "the outage of fault A lasts 45 s to 3 min; the number of outages is 1",
		`recovered("no-eip/A") <= 1h30m`:                         "the time until users are well again after fault A in no-eip is at most 1 h 30 min",
		`p99(after("A", 30s)) < 250ms`:                           "the p99 of good answers in the 30 s after fault A is less than 250 ms",
		`availability(during("A", 5s)) >= 99.9%`:                 "the share of good answers while fault A lasts and 5 s around it is at least 99.9 %",
		`goodput(endpoint("cart", phase("calm"))) > 120`:         "the goodput for the requests cart in phase calm is more than 120/s",
		`confirmed("A") and not_there("A")`:                      "",
		`confirmed("A") and undone("A") == false`:                "fault A is confirmed by its probe; fault A is not seen to be over",
		`cost("a") < cost("b") and cost("a") < cost("c")`:        "a costs less than each of b and c",
		`availability(last(30s)) < 50%`:                          "the share of good answers in the last 30 s is less than 50 %",
		`availability(whole()) - availability(during("A")) < 2%`: "the share of good answers in the whole run exceeds the share of good answers while fault A lasts by less than 2 points",
		`failed(whole()) == 0`:                                   "no request fails in the whole run",
		`events("dns.change") > 0`:                               "there is an event dns.change",
		// There are no words for these.
		`outage("A") < 30s or outage("B") < 30s`: "",
		`not confirmed("A")`:                     "",
		`(outage("A") < 30s)`:                    "",
		`abs(outage("A")) < 3s`:                  "",
		`lost(whole()) * 2 < 30s`:                "",
		`1 + 2 + 3 == 6`:                         "",
		`lost() < 3s`:                            "",
		`fact("A") == 2`:                         "",
		`share(whole()) > 1%`:                    "",
		`outage("A") between 3s`:                 "",
		`outage("A") <`:                          "",
		``:                                       "",
		`-`:                                      "",
		`(((`:                                    "",
	} {
		if got, ok := Plain(expect); got != want || ok != (want != "") {
			t.Errorf("%s\n  is %q, %v\nwant %q", expect, got, ok, want)
		}
	}
}

// Whatever stands in a record, Plain ends and says something or nothing.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{`outage("A") between 45s and 180s`, `a(b(c`, `count(whole(), "x") == 0`, `score("a","b") == -1 and 1/2 < 3`, `saving() > 0`, `since("A") == 0`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, expect string) {
		if got, ok := Plain(expect); ok == (got == "") {
			t.Errorf("%q is %q, %v", expect, got, ok)
		}
	})
}
