package report

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestUnbroken(t *testing.T) {
	for text, want := range map[string]string{
		"lost 37.5 s in multi-az":  "lost 37.5\u00a0s in multi-az",
		"315 s (1.05 s), after R;": "315\u00a0s (1.05\u00a0s), after R;",
		"17.5 % of\n8 ms":          "17.5\u00a0% of 8\u00a0ms",
		"stage 7 so s x s":         "stage 7 so s x s",
		"a\u202eb\u200b c":         "a b c",
		"":                         "",
	} {
		if got := unbroken(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestLinesKeepTheirShape(t *testing.T) {
	if got, want := lines("{\n  \"a\":\u202e \x1b1\r\n}"), "{\n  \"a\": 1\n}"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A title is a line or two, whatever a record says.
func TestTitleOfAPageIsBounded(t *testing.T) {
	p := verticalPage()
	s := *p.Summary
	s.Title = strings.Repeat("long ", 300)
	p.Summary = &s
	_, rest, _ := strings.Cut(htmlOf(t, p), "<h1>")
	head, _, _ := strings.Cut(rest, "</h1>")
	if n := utf8.RuneCountInString(head); n != titleRunes || !strings.HasSuffix(head, "…") {
		t.Errorf("the title has %d characters and ends in %q", n, head[len(head)-8:])
	}
}
