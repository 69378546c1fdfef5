package scenario

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
)

// Everything that is wrong with a scenario is found, each thing at its place.
func TestFindings(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"users.csv": "user\nann\n", "ragged.csv": "user,password\nann,x\nbob\n", "bad.pem": "no PEM"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type requests = []showdown.Request
	for _, test := range []struct {
		name string
		in   showdown.Scenario
		want string
	}{
		{"nothing", showdown.Scenario{}, ""},
		{"good", showdown.Scenario{Data: "users.csv", Requests: requests{{Name: "a", Path: "/{{user}}", Weight: 1}}}, ""},
		{"both", showdown.Scenario{Requests: requests{{Name: "a", Weight: 1}}, Script: requests{{Name: "b"}}}, "script: a scenario has"},
		{"unknown", showdown.Scenario{Data: "users.csv", Script: requests{{Name: "a", Path: "/{{usr}}"}}}, "script[0].path: unknown value {{usr}}: columns and extracted values are user"},
		{"another case", showdown.Scenario{Data: "users.csv", Script: requests{{Name: "a", Body: "{{User}}"}}}, "script[0].body: unknown value {{User}}: did you mean {{user}}?"},
		{"no value at all", showdown.Scenario{Script: requests{{Name: "a", Header: map[string]string{"X-A": "{{b}}"}}}}, "script[0].header.X-A: unknown value {{b}}: there is no data"},
		{"a ragged file", showdown.Scenario{Data: "ragged.csv", Script: requests{{Name: "a", Path: "/{{mail}}"}}}, "data: ragged.csv:3: the line has 1 fields"},
		{"no file", showdown.Scenario{Data: "no.csv", Script: requests{{Name: "a"}}}, "data: the file of data cannot be read"},
		{"data for nobody", showdown.Scenario{Data: "users.csv"}, "data: data is for the requests"},
		{"an order", showdown.Scenario{DataOrder: "up", Data: "users.csv", Script: requests{{Name: "a"}}}, `data_order: unknown order "up"`},
		{"an order of nothing", showdown.Scenario{DataOrder: "turn", Script: requests{{Name: "a"}}}, "data_order: there is no data"},
		{"no weight", showdown.Scenario{Requests: requests{{Name: "a"}, {Name: "b"}}}, "requests: the weights of the requests sum to 0"},
		{"below nothing", showdown.Scenario{Requests: requests{{Name: "a", Weight: 2}, {Name: "b", Weight: -1}}}, "requests[1].weight: weight must be 0 or more"},
		{"huge", showdown.Scenario{Requests: requests{{Name: "a", Weight: math.MaxFloat64}, {Name: "b", Weight: math.MaxFloat64}}}, "requests: the weights of the requests sum to +Inf"},
		{"think by weight", showdown.Scenario{Requests: requests{{Name: "a", Weight: 1, Think: showdown.Second}}}, "requests[0].think: requests by weight"},
		{"extract by weight", showdown.Scenario{Requests: requests{{Name: "a", Weight: 1, Extract: map[string]showdown.Extract{"x": {Header: "X"}}}}}, "requests[0].extract: requests by weight"},
		{"backwards", showdown.Scenario{Script: requests{{Name: "a", Think: -1}}}, "script[0].think: think must not be below 0"},
		{"a column", showdown.Scenario{Data: "users.csv", Script: requests{{Name: "a", Extract: map[string]showdown.Extract{"user": {Header: "X"}}}}}, `script[0].extract.user: "user" is a column`},
		{"two places", showdown.Scenario{Script: requests{{Name: "a", Extract: map[string]showdown.Extract{"x": {Header: "X", JSON: "a"}}}}}, "script[0].extract.x: \"x\" is taken from one place"},
		{"no place", showdown.Scenario{Script: requests{{Name: "a", Extract: map[string]showdown.Extract{"x": {}}}}}, "script[0].extract.x:"},
		{"a bad name", showdown.Scenario{Script: requests{{Name: "a", Extract: map[string]showdown.Extract{"x-y": {Header: "X"}}}}}, `script[0].extract.x-y: "x-y" is no name`},
		{"no path", showdown.Scenario{Script: requests{{Name: "a", Extract: map[string]showdown.Extract{"x": {JSON: "a[0]"}}}}}, "script[0].extract.x.json:"},
		{"no path in a check", showdown.Scenario{Script: requests{{Name: "a", Check: &showdown.Check{JSON: map[string]string{"a..b": "1"}}}}}, "script[0].check.json.a..b:"},
		{"an empty check", showdown.Scenario{Script: requests{{Name: "a", Check: &showdown.Check{}}}}, "script[0].check: check says nothing"},
		{"a failure that is right", showdown.Scenario{Script: requests{{Name: "a", Check: &showdown.Check{Status: 404}}}}, "script[0].check.status: status 404 cannot be right"},
		{"own later", showdown.Scenario{Script: requests{{Name: "a", Path: "/{{x}}", Extract: map[string]showdown.Extract{"x": {Header: "X"}}}}}, "script[0].path: {{x}} is not there yet"},
		{"no name", showdown.Scenario{Script: requests{{}}}, "script[0].name: the request's name is missing"},
		{"a control character", showdown.Scenario{Script: requests{{Name: "a\x1b[2J"}}}, "script[0].name: the name"},
		{"a method", showdown.Scenario{Script: requests{{Name: "a", Method: "get"}}}, `script[0].method: unknown method "get"`},
		{"two bodies", showdown.Scenario{Script: requests{{Name: "a", Body: "x", BodyFile: "users.csv"}}}, "script[0].body_file: a request has one body"},
		{"no body", showdown.Scenario{Script: requests{{Name: "a", BodyFile: "nothing"}}}, "script[0].body_file: the file of the body cannot be read"},
		{"HEAD", showdown.Scenario{Script: requests{{Name: "a", Method: "HEAD", Check: &showdown.Check{Contains: "x"}}}}, "script[0].method: the answer to a HEAD"},
		{"blanks", showdown.Scenario{Script: requests{{Name: "a", Path: "/a b"}}}, "script[0].path: the path does not begin"},
		{"no slash", showdown.Scenario{Script: requests{{Name: "a", Path: "a"}}}, "script[0].path: the path does not begin"},
		{"a value first", showdown.Scenario{Data: "users.csv", Script: requests{{Name: "a", Path: "{{user}}"}}}, "script[0].path: a path begins with /"},
		{"a header", showdown.Scenario{Script: requests{{Name: "a", Header: map[string]string{"Content-Length": "3"}}}}, "script[0].header.Content-Length: header Content-Length is set by showdown"},
		{"no header", showdown.Scenario{Script: requests{{Name: "a", Header: map[string]string{"a b": "3"}}}}, `script[0].header.a b: header name "a b" is not one word`},
		{"a host", showdown.Scenario{Data: "users.csv", Script: requests{{Name: "a", Header: map[string]string{"host": "{{user}}"}}}}, "script[0].header.host: header Host takes no values"},
		{"a version", showdown.Scenario{HTTP: "3"}, `http: unknown version "3" of HTTP`},
		{"no authority", showdown.Scenario{TLS: &showdown.TLS{CA: "no.pem"}}, "tls.ca: the file of certificates cannot be read"},
		{"a bad authority", showdown.Scenario{TLS: &showdown.TLS{CA: "bad.pem"}}, "tls.ca: bad.pem has no PEM certificate"},
		{"half a certificate", showdown.Scenario{TLS: &showdown.TLS{Key: "bad.pem"}}, `tls.key: a client's certificate has a file of its own and one of its key: add "certificate:"`},
		{"a bad certificate", showdown.Scenario{TLS: &showdown.TLS{Certificate: "bad.pem", Key: "bad.pem"}}, "tls.certificate: the client's certificate and its key"},
		{"trust and none", showdown.Scenario{TLS: &showdown.TLS{CA: "bad.pem", Insecure: true}}, "tls.insecure: insecure accepts any"},
	} {
		plan, found := Compile(test.in, Options{Dir: dir})
		if test.want == "" {
			if plan == nil || len(found) > 0 {
				t.Errorf("%s: %v", test.name, Join(found))
			}
			continue
		}
		if plan != nil || !slices.ContainsFunc(found, func(f Finding) bool { return strings.HasPrefix(f.Error(), test.want) }) {
			t.Errorf("%s: %v, want %q", test.name, Join(found), test.want)
		}
		if len(found) > 2 {
			t.Errorf("%s: one mistake makes %d findings: %v", test.name, len(found), Join(found))
		}
	}
}

// Rows are taken in turn, or at random by the seed: the same ones each time.
func TestRows(t *testing.T) {
	p := &Plan{}
	for _, text := range []string{"a", "b", "c"} {
		p.rows = append(p.rows, []Value{{text: text, there: true}})
	}
	take := func(seed uint64) string {
		out := ""
		for n := range uint64(300) {
			out += p.Row(n, seed)[0].text
		}
		return out
	}
	if got := take(1); !strings.HasPrefix(got, "abcabc") || got != take(2) {
		t.Errorf("in turn: %s", got[:9])
	}
	p.order = showdown.AtRandom
	one, two := take(1), take(2)
	if one != take(1) || one == two {
		t.Error("at random is not by the seed")
	}
	for _, letter := range "abc" {
		if n := strings.Count(one, string(letter)); n < 70 || n > 130 {
			t.Errorf("%d of 300 rows are %c", n, letter)
		}
	}
}

// Requests by weight come in every stretch as often as they should, whatever the number of
// clients that take turns with them.
func TestPick(t *testing.T) {
	p := &Plan{upTo: bounds([]float64{5, 3, 1, 1, 0})}
	var total [5]int
	for seq := range uint64(100_000) {
		total[p.Pick(seq, 7)]++
		if seq%1000 == 999 {
			for i, share := range []float64{0.5, 0.3, 0.1, 0.1, 0} {
				if want := share * float64(seq+1); math.Abs(float64(total[i])-want) > 8 {
					t.Fatalf("of %d requests %d are number %d, want %g", seq+1, total[i], i, want)
				}
			}
		}
	}
	for _, clients := range []uint64{2, 10, 55, 64, 100, 128, 144, 233, 377, 610, 987} {
		var own [5]int
		for turn := range uint64(400) {
			own[p.Pick(turn*clients+1, 7)]++
		}
		if own[0] < 120 || own[0] > 280 || own[2] < 8 || own[2] > 100 || own[4] != 0 {
			t.Errorf("one of %d clients gets %v of 400", clients, own)
		}
	}
}

func TestFit(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	traffic := func(clients int, think showdown.Duration) showdown.Traffic {
		out := showdown.Traffic{Clients: clients, Phases: []showdown.Phase{{Name: "p", For: 10 * showdown.Minute, Rate: 100}}}
		out.Script = []showdown.Request{{Name: "a"}, {Name: "b", Think: think}}
		return out
	}
	for _, test := range []struct {
		clients int
		think   showdown.Duration
		want    string
	}{
		{100, 0, ""},
		{1, 0, ""},
		{100, 11 * showdown.Minute, "script[1].think: the client would think for 11m, longer than the traffic of 10m"},
		// 1,000 requests in 10 s, one a client at once and one each half second.
		{47, showdown.Minute, "script: 47 clients cannot keep the schedule: with a mean think time of 30s, 100 requests/s take at least 48"},
		{48, showdown.Minute, ""},
	} {
		got := ""
		if err := Join(Fit(traffic(test.clients, test.think), clock)); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%d clients that think for %s: %q, want %q", test.clients, test.think, got, test.want)
		}
	}
	if got := Clients(100, 2*time.Second, time.Second); got != 300 {
		t.Errorf("%d clients, want 300", got)
	}
}
