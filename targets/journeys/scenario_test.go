package journeys

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"showdown"
)

const scenarioDocumentation = "../../docs/scenarios.md"

// scenarioText is a scenario as a file of its own has it.
const scenarioText = `data: users.csv
data_order: random
http: 2
script:
  - name: login
    method: POST
    path: /login
    header: {Authorization: "Bearer $TOKEN", X-N: 1}
    body: '{"user": "{{user}}"}'
    extract:
      sid: {cookie: sid}
      item: {json: items.0.id}
    check: {status: 200, json: {ok: true, count: 2}}
    think: 2s
  - name: item
    path: /items/{{item}}
tls: {insecure: true}
`

// inFolder writes the files of a scenario and returns the name of a scenario file there.
func inFolder(t *testing.T, users string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "users.csv"), []byte(users), 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "scenario.yaml")
}

func attackTraffic() showdown.Traffic {
	return showdown.Traffic{Clients: 100, Phases: []showdown.Phase{{Name: "attack", For: 10 * showdown.Second, Rate: 50}}}
}

func tokenOnly(name string) (string, bool) { return "s3cret", name == "TOKEN" }

func TestLoadScenario(t *testing.T) {
	s, err := LoadScenario([]byte(scenarioText), inFolder(t, "user\nann\n"), attackTraffic(), tokenOnly)
	if err != nil {
		t.Fatal(err)
	}
	login := s.Script[0]
	if s.HTTP != showdown.HTTP2 || s.DataOrder != showdown.AtRandom || !s.TLS.Insecure || login.Header["X-N"] != "1" ||
		login.Header["Authorization"] != "Bearer $TOKEN" || login.Extract["item"].JSON != "items.0.id" ||
		login.Check.JSON["ok"] != "true" || login.Check.Status != 200 || login.Think != 2*showdown.Second || s.Script[1].Method != "GET" {
		t.Errorf("%+v", s)
	}
	s, err = LoadScenario([]byte("requests:\n  - {name: a, weight: 0}\n  - {name: b}\n"), "x.yaml", attackTraffic(), nil)
	if err != nil || s.Requests[0].Weight != 0 || s.Requests[1].Weight != 1 || s.Requests[1].Path != "/" {
		t.Errorf("%+v, error %v", s, err)
	}
}

// What is wrong with a scenario is said with its line, in a file of its own and in a
// stage.
func TestScenarioMistakes(t *testing.T) {
	for _, test := range []struct{ old, with, users, want string }{
		{"{{item}}", "{{itm}}", "", "16:11: unknown value {{itm}}: columns and extracted values are item, sid, user"},
		{"items.0.id", "'items[0].id'", "", `12:20: "items[0].id" is no JSON path`},
		{"think: 2s", "think: 1h", "", "14:12: the client would think for 1h"},
		{"think: 2s", "think: 9s", "", "4:1: 100 clients cannot keep the schedule"},
		{"$TOKEN", "$NOBODY", "", "8:29: the environment variable NOBODY is not set"},
		{"data: users.csv", "data: user.csv", "", "1:7: the file of data cannot be read"},
		{"", "", "user,mail\nann\n", "1:7: users.csv:2: the line has 1 fields and the file has 2 columns"},
		{"", "", "mail\nann\n", "9:11: unknown value {{user}}"},
		{"think:", "thinks:", "", `14:5: unknown field "thinks" in script entry 1: did you mean "think"?`},
		{"cookie: sid", "cookies: sid", "", `11:13: unknown field "cookies" in sid`},
		{"    think: 2s\n", "    think: 2s\n    weight: 3\n", "", "15:5: the steps of a script come in their order"},
		{"extract:", "extract: [1]\n    xtract:", "", "must be names, each with a group of fields"},
		{"status: 200", "status: 500", "", "13:21: status 500 cannot be right"},
		{"http: 2", "http: 3", "", `3:7: unknown version "3" of HTTP`},
		{"insecure: true", "insecure: yes", "", "17:17: insecure must be true or false"},
		{"insecure: true", "ca: none.pem", "", "17:11: the file of certificates cannot be read"},
	} {
		users := test.users
		if users == "" {
			users = "user\nann\n"
		}
		text := strings.Replace(scenarioText, test.old, test.with, 1)
		_, err := LoadScenario([]byte(text), inFolder(t, users), attackTraffic(), tokenOnly)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s for %s: error %v, want %q", test.with, test.old, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error holds the secret", test.with)
		}
	}
	for text, want := range map[string]string{
		"http: 2\n":                             "1:1: a scenario says what users ask for",
		"requests: []\n":                        "1:11: requests is empty",
		"":                                      "the file is empty",
		"requests:\n  - {name: a, weight: 0}\n": "1:1: the weights of the requests sum to 0",
	} {
		if _, err := LoadScenario([]byte(text), "x.yaml", attackTraffic(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func TestScenarioOfAStage(t *testing.T) {
	with := func(lines string) string { return edit(t, "    traffic:\n", "    traffic:\n"+lines) }
	s, err := Load([]byte(with("      requests:\n        - {name: time, path: /time, weight: 9}\n        - {name: page}\n")), "mine.yaml", testKnown())
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Cells[0].Traffic.Endpoints(); !slices.Equal(got, []string{"time", "page"}) {
		t.Errorf("endpoints %v", got)
	}
	// A variable of the environment is needed when the stage is played, and not before.
	if _, err := Load([]byte(with("      script: [{name: a, header: {X: $NOBODY}}]\n")), "mine.yaml", testKnown()); err != nil {
		t.Error(err)
	}
	for lines, want := range map[string]string{
		"      path: /x\n      script: [{name: a}]\n":                 "the requests of a scenario have a path of their own",
		"      keep_alive: false\n      connections: {requests: 2}\n": "drop one of the two",
		"      script: [{name: a, path: \"/{{x}}\"}]\n":               "unknown value {{x}}",
		"      script: [{name: a}]\n      requests: [{name: b}]\n":    "not both",
		"      data: gone.csv\n      script: [{name: a}]\n":           "gone.csv: no such file",
	} {
		if _, err := Load([]byte(with(lines)), "mine.yaml", testKnown()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", lines, err, want)
		}
	}
	text := with("      script: [{name: a, think: 2h}]\n")
	s, err = Load([]byte(text), "mine.yaml", testKnown())
	if err != nil {
		t.Fatal(err)
	}
	if err := Validate(s, mustClock(t, showdown.DefaultSpeed)); err == nil || !strings.Contains(err.Error(), "the client would think for 2h") {
		t.Errorf("error %v", err)
	}
}

// FuzzScenario loads anything as a scenario.
func FuzzScenario(f *testing.F) {
	f.Add(scenarioText)
	f.Add("requests: [{name: a, weight: 1e308}, {name: b, weight: 1e308}]")
	f.Add("script: [{name: a, extract: {x: {json: a}}, path: '/{{x}}'}]")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := LoadScenario([]byte(text), "x.yaml", attackTraffic(), nil)
		if (s == nil) == (err == nil) {
			t.Errorf("scenario %v and error %v", s, err)
		}
	})
}

// TestScenarioDocumentation holds that every field is explained, and that the examples can
// be played.
func TestScenarioDocumentation(t *testing.T) {
	doc, err := os.ReadFile(scenarioDocumentation)
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[showdown.Scenario](), reflect.TypeFor[showdown.Request](), reflect.TypeFor[showdown.Extract](),
		reflect.TypeFor[showdown.Check](), reflect.TypeFor[showdown.TLS](),
	} {
		for _, name := range fieldsOf(typ).names {
			if !strings.Contains(string(doc), "`"+name+"`") {
				t.Errorf("field `%s` of %s is not in %s", name, typ.Name(), scenarioDocumentation)
			}
		}
	}
	blocks := strings.Split(string(doc), "```yaml\n")[1:]
	if len(blocks) < 2 {
		t.Fatalf("%d examples", len(blocks))
	}
	for i, b := range blocks {
		text, _, _ := strings.Cut(b, "```\n")
		if _, err := LoadScenario([]byte(text), inFolder(t, "user,password\nann,one\n"), attackTraffic(), nil); err != nil {
			t.Errorf("example %d: %v", i+1, err)
		}
	}
}
