package journeys

import (
	"reflect"

	"github.com/goccy/go-yaml/ast"

	"showdown"
)

// appField is the field that names a built-in application, or holds one of one's own as a
// group of fields: [showdown.Program].
const appField = "app"

// program decodes the value of a field "app" into the Program beside it. It is false
// where that is no group of fields but the name of a built-in application.
func (d *decoder) program(p pair, v reflect.Value, path string, depth int) bool {
	field := v.FieldByName("Program")
	if p.name != appField || !field.IsValid() || field.Type() != reflect.TypeFor[*showdown.Program]() {
		return false
	}
	node := p.value
	switch n := node.(type) {
	case *ast.AnchorNode:
		node = n.Value
	case *ast.AliasNode:
		node = d.anchors[n.Value.String()]
	}
	if _, group := node.(ast.MapNode); !group {
		return false
	}
	d.value(p.value, field, path, depth)
	return true
}
