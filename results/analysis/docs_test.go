package analysis

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDocumentationIsWhole holds that every function of the language is documented,
// bound and works as its usage says.
func TestDocumentationIsWhole(t *testing.T) {
	doc, err := os.ReadFile("../../docs/summary.md")
	if err != nil {
		t.Fatal(err)
	}
	bound := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[env]()) {
		bound[f.Tag.Get("expr")] = true
	}
	for name, f := range functions() {
		if !strings.Contains(string(doc), "`"+name+"(") && name != "between" {
			t.Errorf("docs/summary.md does not explain %s", name)
		}
		if !bound[name] {
			t.Errorf("%s is in the table and not in env", name)
		}
		delete(bound, name)
		if f.claims == f.live && !f.claims {
			t.Errorf("%s can be used nowhere", name)
		}
		source := "true or " + f.usage + " == " + f.usage
		if name == "between" || name == "abs" || f.unit == window {
			continue
		}
		if _, err := Compile(source); err != nil {
			t.Errorf("the usage of %s does not compile: %v", name, err)
		}
	}
	for name := range bound {
		t.Errorf("%s is in env and not in the table", name)
	}
}

// TestEveryLiveFunctionIsBound evaluates each function that conditions have.
func TestEveryLiveFunctionIsBound(t *testing.T) {
	v := reflect.ValueOf((&Live{}).env())
	for _, f := range reflect.VisibleFields(v.Type()) {
		name := f.Tag.Get("expr")
		if functions()[name].live == v.FieldByIndex(f.Index).IsNil() {
			t.Errorf("%s: live is %v in the table and not so in the environment", name, functions()[name].live)
		}
	}
	v = reflect.ValueOf((&evaluation{record: &record{}}).env())
	for _, f := range reflect.VisibleFields(v.Type()) {
		if v.FieldByIndex(f.Index).IsNil() {
			t.Errorf("%s is not bound for claims", f.Name)
		}
	}
}
