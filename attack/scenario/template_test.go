package scenario

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// env has one variable of the environment, with characters that mean something elsewhere.
func env(name string) (string, bool) { return "s3cret {{x}} $HOME", name == "TOKEN" }

func render(t testing.TB, text string, place Place, values map[string]string) (string, string) {
	t.Helper()
	tmpl, err := ParseTemplate(text, place, env)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	slots := map[string]int{}
	var list []Value
	for _, name := range tmpl.Names() {
		slots[name] = len(list)
		v, there := values[name]
		list = append(list, Value{text: v, there: there})
	}
	tmpl.bind(slots)
	if reason := tmpl.Unready(list); reason != "" {
		return "", reason
	}
	return string(tmpl.Append(nil, list)), ""
}

func TestTemplate(t *testing.T) {
	values := map[string]string{"id": `a/b "c"`, "path": "/x?y=1", "n": "7", "_x1": "", "nl": "a\r\nb"}
	for _, test := range []struct {
		text, want, reason string
		place              Place
	}{
		{"/plain", "/plain", "", InPath},
		{"/a/{{id}}/{{ n }}", "/a/a%2Fb%20%22c%22/7", "", InPath},
		{"{{path|raw}}", "/x?y=1", "", InPath},
		{"{{n|raw}}", "", "the value of {{n}} is no path", InPath},
		{"/{{id|raw}}", "", "the value of {{id}} cannot stand in a path", InPath},
		{"/{{nothing}}", "", "no {{nothing}}", InPath},
		{"{{n}}{{_x1}}{{n}}", "77", "", InBody},
		{`{"a":"{{id|json}}","b":{"c":{{n}}}}`, `{"a":"a/b \"c\"","b":{"c":7}}`, "", InBody},
		{"a={{id|url}}", "a=a%2Fb%20%22c%22", "", InBody},
		{`\{{n}} {{n}}`, "{{n}} 7", "", InBody},
		{"{{nl}}", "a\r\nb", "", InBody},
		{"{{nl}}", "", "the value of {{nl}} cannot stand in a header", InHeader},
		{"{{nl|json}}", `a\u000D\u000Ab`, "", InHeader},
		{"$5 and $ and $$TOKEN", "$5 and $ and $TOKEN", "", InHeader},
		{"$5 and $TOKEN", "$5 and $TOKEN", "", InBody},
		{"Bearer $TOKEN", "Bearer s3cret {{x}} $HOME", "", InHeader},
		{"${TOKEN}x", "s3cret {{x}} $HOMEx", "", InHeader},
		{"{{$TOKEN}}", "s3cret {{x}} $HOME", "", InBody},
		{"", "", "", InBody},
	} {
		got, reason := render(t, test.text, test.place, values)
		if got != test.want || reason != test.reason {
			t.Errorf("%q became %q (%s), want %q (%s)", test.text, got, reason, test.want, test.reason)
		}
	}
}

func TestBadTemplate(t *testing.T) {
	for text, want := range map[string]string{
		"/{{id":           "no }} after it",
		"{{}}":            "names no value",
		"{{1a}}":          "names no value",
		"{{a b}}":         "names no value",
		"{{a|html}}":      "raw, url or json",
		"{{$}}":           "names no environment variable",
		"{{$NOBODY}}":     "NOBODY is not set",
		"$NOBODY":         "NOBODY is not set",
		"${TOKEN":         "write ${NAME}",
		"${1}":            "write ${NAME}",
		"{{$TOKEN}} {{a-": "no }} after it",
	} {
		_, err := ParseTemplate(text, InHeader, env)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: the error holds the secret", text)
		}
	}
}

// FuzzTemplate parses anything. What parses is filled in without a panic, is where it says
// a place for its values, and lets no value out of its place.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"/a/{{id}}", "{{x|json}}", "$TOKEN {{", `\{{`, "{{$TOKEN}}", "{{a}}}}", "${A}", "{{{{a}}", `/\\{{a}}`} {
		for place := range 3 {
			f.Add(text, place, "a b\r\n")
		}
	}
	f.Fuzz(func(t *testing.T, text string, at int, value string) {
		place := Place(uint(at) % 3)
		if _, err := ParseTemplate(text, place, func(string) (string, bool) { return "", false }); err != nil && !utf8.ValidString(err.Error()) {
			t.Errorf("error %q", err)
		}
		tmpl, err := ParseTemplate(text, place, nil)
		if err != nil {
			return
		}
		slots := map[string]int{}
		for i, name := range tmpl.Names() {
			if !namePattern.MatchString(name) {
				t.Fatalf("the name %q", name)
			}
			slots[name] = i
		}
		tmpl.bind(slots)
		values := make([]Value, len(slots))
		if len(values) > 0 && tmpl.Unready(values) == "" {
			t.Fatal("ready without values")
		}
		for i := range values {
			values[i] = Value{text: value, there: true}
		}
		if tmpl.Unready(values) != "" {
			return
		}
		out := string(tmpl.Append(nil, values))
		if text, ok := tmpl.Static(); ok && out != text {
			t.Errorf("static %q became %q", text, out)
		}
		if place == InBody {
			return
		}
		// What the template's own text does not have, no value brings in.
		own := ""
		for _, p := range tmpl.parts {
			own += p.text
		}
		for _, c := range "\r\n\x00" {
			if !strings.ContainsRune(own, c) && strings.ContainsRune(out, c) {
				t.Errorf("%q brought %q into %q", value, c, out)
			}
		}
	})
}

// FuzzEscapes holds that what is written url or json is read back as it was.
func FuzzEscapes(f *testing.F) {
	f.Add(`a/b "c"\ é`)
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := url.PathUnescape(string(appendPercent(nil, s))); err != nil || got != s {
			t.Errorf("%q became %q, error %v", s, got, err)
		}
		if got, err := url.QueryUnescape(string(appendPercent(nil, s))); err != nil || got != s {
			t.Errorf("%q became %q, error %v", s, got, err)
		}
		if !utf8.ValidString(s) {
			return
		}
		var got string
		if err := json.Unmarshal([]byte(`"`+string(appendQuoted(nil, s))+`"`), &got); err != nil || got != s {
			t.Errorf("%q became %q, error %v", s, got, err)
		}
	})
}
