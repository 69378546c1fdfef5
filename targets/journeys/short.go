package journeys

import (
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// texted is a group of fields for which a single text may stand, because one of them says
// all in most files.
type texted interface{ SetText(text string) }

// short decodes a node that is one text into a group of fields that has such a form; ok is
// false where either is not so.
func (d *decoder) short(node ast.Node, v reflect.Value, path string) (ok bool) {
	group, ok := v.Addr().Interface().(texted)
	if !ok {
		return false
	}
	switch node.(type) {
	case ast.MapNode, *ast.SequenceNode:
		return false
	}
	if text, ok := d.scalar(node, path, "one text or a group of fields"); ok {
		group.SetText(text)
	}
	return true
}
