package journeys

import (
	"reflect"
	"strings"
)

// structFields are the fields of a struct by their names in YAML.
type structFields struct {
	names []string
	index map[string][]int
	// groups are the fields that take a group of fields where the one of index under the
	// same name takes a value: their tag is "name,group".
	groups map[string]int
}

// fieldsOf is the names that t's fields have in YAML, in the order of the struct; those of
// an inline struct are t's own.
func fieldsOf(t reflect.Type) structFields {
	f := structFields{index: map[string][]int{}, groups: map[string]int{}}
	for i := range t.NumField() {
		name, option, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if option == "inline" {
			inner := fieldsOf(t.Field(i).Type)
			f.names = append(f.names, inner.names...)
			for name, index := range inner.index {
				f.index[name] = append([]int{i}, index...)
			}
		}
		if name == "" || name == "-" {
			continue
		}
		if option == "group" {
			f.groups[name] = i
			continue
		}
		f.names = append(f.names, name)
		f.index[name] = []int{i}
	}
	return f
}
