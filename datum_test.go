package showdown

import (
	"slices"
	"testing"
)

// A datum is the same, whether it comes from a run or through JSON.
func TestDatum(t *testing.T) {
	for _, c := range []struct {
		v     any
		text  string
		texts []string
	}{
		{nil, "", nil},
		{"web-1", "web-1", []string{"web-1"}},
		{"", "", nil},
		{EventKind("x"), "x", nil},
		{[]string{"a", "b"}, "[a b]", []string{"a", "b"}},
		{[]any{"a", "b"}, "[a b]", []string{"a", "b"}},
		{[]any{1.0}, "[1]", nil},
		{3.5, "3.5", nil},
	} {
		if got := Text(c.v); got != c.text {
			t.Errorf("Text(%#v) = %q, want %q", c.v, got, c.text)
		}
		if got := Texts(c.v); !slices.Equal(got, c.texts) {
			t.Errorf("Texts(%#v) = %q, want %q", c.v, got, c.texts)
		}
	}
}
