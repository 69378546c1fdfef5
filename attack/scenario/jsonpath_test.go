package scenario

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJSONPath(t *testing.T) {
	const text = `{"items": [{"id": "a"}, {"id": 12.50, "0": true}], "": {"x.y": null}, "[z]": [[1]], "n": 1e2}`
	doc, err := document([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"items.0.id": "a", "items.1.id": "12.50", "items.1.0": "true", `\[z\].0.0`: "1", "n": "1e2",
		"items.2": "-", "items.-1": "-", "items.id": "-", "nobody": "-", "items.0.id.x": "-", "items": "-", "items.00.id": "a", "items.+0.id": "-",
	} {
		p, err := ParseJSONPath(path)
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		got := "-"
		if v, ok := p.In(doc); ok {
			if text, ok := textOf(v); ok {
				got = text
			}
		}
		if got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]string{
		"": "empty", ".": "dot stands between", "a.": "dot stands between", ".a": "dot stands between", "a..b": "dot stands between",
		"a[0]": "items.0.id", "$.a": `leave the $ out, like "a"`, `a\`: "last backslash", "a]": "items.0.id",
	} {
		if _, err := ParseJSONPath(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", path, err, want)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
		same  bool
	}{
		{"x", "x", true},
		{"1", "1.0", false},
		{json.Number("1.0"), "1", true},
		{json.Number("1e2"), "100", true},
		{json.Number("0.1"), "0.10", true},
		{json.Number("1"), "2", false},
		{json.Number("16"), "0x10", false},
		{json.Number("1e999999999"), "1e999999999", true},
		{json.Number("1e999999999"), "10e999999998", false},
		{json.Number("1"), "", false},
		{true, "true", true},
		{nil, "null", true},
		{[]any{}, "[]", false},
	} {
		if got := equal(test.value, test.want); got != test.same {
			t.Errorf("%v and %q: %v", test.value, test.want, got)
		}
	}
}

func TestDocument(t *testing.T) {
	for text, ok := range map[string]bool{`{}`: true, ` 1 `: true, `{} {}`: false, `{`: false, ``: false, `{"a":1}x`: false, `nul`: false} {
		if _, err := document([]byte(text)); (err == nil) != ok {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

// FuzzJSONPath parses anything as a path and looks for it in anything. A path of keys finds
// what a document of just these keys has.
func FuzzJSONPath(f *testing.F) {
	f.Add("items.0.id", []byte(`{"items":[{"id":1}]}`), "1")
	f.Add(`a\.b`, []byte(`{"a.b":1e400}`), "1e400")
	f.Add(`..`, []byte(`[`), "")
	f.Fuzz(func(t *testing.T, path string, body []byte, want string) {
		p, err := ParseJSONPath(path)
		if err != nil {
			return
		}
		if len(p.parts) == 0 || p.String() != path {
			t.Fatalf("%q has %d parts", path, len(p.parts))
		}
		var inside any = "found"
		for i := len(p.parts) - 1; i >= 0; i-- {
			inside = map[string]any{p.parts[i]: inside}
		}
		if v, ok := p.In(inside); !ok || v != "found" {
			t.Errorf("%q does not find %v", path, inside)
		}
		if doc, err := document(body); err == nil {
			if !json.Valid(body) {
				t.Errorf("%q is a document", body)
			}
			if v, ok := p.In(doc); ok {
				equal(v, want)
			}
		}
	})
}
