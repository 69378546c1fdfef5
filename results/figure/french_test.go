package figure

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// saidTexts are the texts that the package says in the languages, from its source.
func saidTexts(t *testing.T) map[string]string {
	t.Helper()
	files := token.NewFileSet()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(source, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "say" {
				return true
			}
			lit, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				return true // the units of time, which the test of the clock covers
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			out[text] = files.Position(lit.Pos()).String()
			return true
		})
	}
	for _, k := range []string{"seconds", "minutes", "hours"} {
		out[k], out["AWS "+k] = "scale.go", "scale.go"
	}
	return out
}

var verbs = regexp.MustCompile(`%[%a-z]`)

// Every text has its French, with the same arguments in the same order, and no French is
// left over.
func TestFrenchIsComplete(t *testing.T) {
	said := saidTexts(t)
	known := map[string]string{}
	for _, table := range frenchTables() {
		for english, french := range table {
			if known[english] != "" {
				t.Errorf("%q is there twice", english)
			}
			known[english] = french
		}
	}
	for english, where := range said {
		french, ok := known[english]
		if !ok {
			t.Errorf("%s: %q has no French", where, english)
			continue
		}
		if a, b := fmt.Sprint(verbs.FindAllString(english, -1)), fmt.Sprint(verbs.FindAllString(french, -1)); a != b {
			t.Errorf("%q has the arguments %s, its French %s", english, a, b)
		}
	}
	for english := range known {
		if said[english] == "" {
			t.Errorf("nobody says %q", english)
		}
	}
}

// Before these signs French has spaces that do not break.
func TestFrenchSpaces(t *testing.T) {
	for english, want := range map[string]string{
		"%s: %s": "%s\u00a0: %s", "; ": "\u202f; ",
	} {
		if got := French.say(english); got != want {
			t.Errorf("%q is %q in French, want %q", english, got, want)
		}
	}
}
