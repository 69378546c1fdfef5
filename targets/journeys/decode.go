package journeys

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decode reads the one YAML document of data into the struct that v points to. It
// knows where each key and value stands, and goes on after an error, so that a
// teacher sees all of them at once; the library's own decoder ends at the first.
//
// The returned function says that what stands at a path was not understood, so that
// nothing more need be said about it.
func decode(data []byte, v any) (places, findings, func(path string) bool) {
	d := decoder{places: newPlaces(), anchors: map[string]ast.Node{}, misread: map[string]bool{}}
	root, err := document(data)
	if err != nil {
		at, message := syntaxPlace(err)
		d.places.values[""] = at
		d.findings.add("", "%s", message)
		d.misread[""] = true
		return d.places, d.findings, d.unclear
	}
	d.value(root, reflect.ValueOf(v).Elem(), "", 0)
	for _, f := range d.findings {
		d.misread[f.path] = true
	}
	return d.places, d.findings, d.unclear
}

// unclear says that the value at path, or something that it lies in, was misread.
func (d *decoder) unclear(path string) bool {
	for ; path != ""; path = parentPath(path) {
		if d.misread[path] {
			return true
		}
	}
	return d.misread[""]
}

type decoder struct {
	places   places
	findings findings
	// misread are the paths of fields that are there under a wrong name.
	misread map[string]bool
	anchors map[string]ast.Node
	values  int
}

// value decodes node into v, which is settable.
func (d *decoder) value(node ast.Node, v reflect.Value, path string, depth int) {
	d.values++
	if d.values > maxValues || depth > maxDepth {
		if d.values == maxValues+1 || depth == maxDepth+1 {
			d.findings.add(path, "the file is too large or too deep when its aliases are followed: write it out")
		}
		return
	}
	d.at(path, node)
	node, ok := d.resolve(node, path)
	if !ok {
		return
	}
	if node.Type() == ast.NullType {
		d.findings.addKey(path, "%s has no value: fill it in or leave the line out", leaf(path))
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if text, ok := d.scalar(node, path, "a value"); ok {
			if err := u.UnmarshalText([]byte(text)); err != nil {
				d.findings.add(path, "%s: %w", leaf(path), err)
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(node, v.Elem(), path, depth+1)
	case reflect.Struct:
		if d.short(node, v, path) {
			return
		}
		d.structure(node, v, path, depth)
	case reflect.Slice:
		d.slice(node, v, path, depth)
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.Struct {
			d.named(node, v, path, depth)
			return
		}
		d.texts(node, v, path, depth)
	default:
		d.basic(node, v, path)
	}
}

// resolve follows anchors, aliases and the string tag to the node that holds the
// value.
func (d *decoder) resolve(node ast.Node, path string) (ast.Node, bool) {
	for range maxDepth {
		switch n := node.(type) {
		case nil:
			d.findings.addKey(path, "%s has no value: fill it in or leave the line out", leaf(path))
			return nil, false
		case *ast.AnchorNode:
			if n.Name != nil {
				d.anchors[n.Name.String()] = n.Value
			}
			node = n.Value
		case *ast.AliasNode:
			name := n.Value.String()
			target, ok := d.anchors[name]
			if !ok {
				d.findings.add(path, "alias *%s is used before its anchor &%s: %s", name, name, meant(name, sortedKeys(d.anchors)))
				return nil, false
			}
			node = target
		case *ast.TagNode:
			if n.Start == nil || n.Start.Value != string(token.StringTag) {
				d.findings.add(path, "%s has a YAML tag: write the value without one", leaf(path))
				return nil, false
			}
			node = n.Value
		default:
			return node, true
		}
	}
	d.findings.add(path, "%s follows too many aliases: write it out", leaf(path))
	return nil, false
}

// pair is a key with its value.
type pair struct {
	name  string
	key   ast.Node
	value ast.Node
}

// pairs is the entries of a mapping, those merged in with "<<" last and only where
// the mapping does not say otherwise.
func (d *decoder) pairs(node ast.Node, path, what string, depth int) ([]pair, bool) {
	m, ok := node.(ast.MapNode)
	if !ok {
		d.findings.add(path, "%s must be %s, one \"key: value\" a line: found %s", leaf(path), what, describe(node))
		return nil, false
	}
	var own, merged []pair
	seen := map[string]bool{}
	for it := m.MapRange(); it.Next(); {
		kv := it.KeyValue()
		if kv.Key.IsMergeKey() {
			from, ok := d.resolve(kv.Value, path)
			if ok && depth < maxDepth {
				if ps, ok := d.pairs(from, path, "what an alias names", depth+1); ok {
					merged = append(merged, ps...)
				}
			}
			continue
		}
		name := kv.Key.GetToken().Value
		if seen[name] {
			at := child(path, name) + "#again"
			d.places.values[at] = position(kv.Key)
			d.findings.add(at, "%q stands here twice: keep one of the two", name)
			continue
		}
		seen[name] = true
		own = append(own, pair{name: name, key: kv.Key, value: kv.Value})
	}
	for _, p := range merged {
		if !seen[p.name] {
			seen[p.name] = true
			own = append(own, p)
		}
	}
	return own, true
}

func (d *decoder) structure(node ast.Node, v reflect.Value, path string, depth int) {
	pairs, ok := d.pairs(node, path, "a group of fields", depth)
	if !ok {
		return
	}
	fields := fieldsOf(v.Type())
	for _, p := range pairs {
		at := child(path, p.name)
		d.places.keys[at] = position(p.key)
		if d.program(p, v, at, depth+1) {
			continue
		}
		i, ok := fields.index[p.name]
		if !ok {
			d.findings.addKey(at, "unknown field %q in %s: %s", p.name, leaf(path), meant(p.name, fields.names))
			if near, ok := nearest(p.name, fields.names); ok {
				d.misread[child(path, near)] = true
			}
			continue
		}
		if g, ok := fields.groups[p.name]; ok && d.isGroup(p.value) {
			i = []int{g}
		}
		d.value(p.value, v.FieldByIndex(i), at, depth+1)
	}
}

// isGroup says that node is a group of fields, be it behind an anchor or an alias.
func (d *decoder) isGroup(node ast.Node) bool {
	for range maxDepth {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.AliasNode:
			node = d.anchors[n.Value.String()]
		default:
			_, ok := node.(ast.MapNode)
			return ok
		}
	}
	return false
}

func (d *decoder) slice(node ast.Node, v reflect.Value, path string, depth int) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		d.findings.add(path, "%s must be a list, each entry after a dash or all in [brackets]: found %s", leaf(path), describe(node))
		return
	}
	for i, entry := range seq.Values {
		if d.values > maxValues {
			return
		}
		x := reflect.New(v.Type().Elem()).Elem()
		d.value(entry, x, element(path, i), depth+1)
		v.Set(reflect.Append(v, x))
	}
}

// texts decodes a mapping of names to text, where a number is text as well.
func (d *decoder) texts(node ast.Node, v reflect.Value, path string, depth int) {
	pairs, ok := d.pairs(node, path, "a group of parameters", depth)
	if !ok {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, p := range pairs {
		at := child(path, p.name)
		d.places.keys[at] = position(p.key)
		d.at(at, p.value)
		value, ok := d.resolve(p.value, at)
		if !ok {
			continue
		}
		if text, ok := d.scalar(value, at, "one value"); ok {
			v.SetMapIndex(reflect.ValueOf(p.name), reflect.ValueOf(text))
		}
	}
}

// named decodes a mapping of names to groups of fields.
func (d *decoder) named(node ast.Node, v reflect.Value, path string, depth int) {
	pairs, ok := d.pairs(node, path, "names, each with a group of fields", depth)
	if !ok {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, p := range pairs {
		at := child(path, p.name)
		d.places.keys[at] = position(p.key)
		x := reflect.New(v.Type().Elem()).Elem()
		d.value(p.value, x, at, depth+1)
		v.SetMapIndex(reflect.ValueOf(p.name), x)
	}
}

func (d *decoder) basic(node ast.Node, v reflect.Value, path string) {
	text, ok := d.scalar(node, path, "one value")
	if !ok {
		return
	}
	bare := strings.TrimSpace(text)
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		switch bare {
		case "true", "false":
			v.SetBool(bare == "true")
		default:
			d.findings.add(path, "%s must be true or false: found %q", leaf(path), bare)
		}
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(bare, 10, 32)
		if err != nil {
			d.findings.add(path, "%s must be a whole number without a unit: found %q", leaf(path), bare)
			return
		}
		v.SetInt(n)
	case reflect.Float64:
		x, err := strconv.ParseFloat(bare, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			d.findings.add(path, "%s must be a number without a unit: found %q", leaf(path), bare)
			return
		}
		v.SetFloat(x)
	default:
		panic("journeys: no decoder for " + v.Type().String())
	}
}

// scalar is the text of a single value, as it was written.
func (d *decoder) scalar(node ast.Node, path, what string) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	d.findings.add(path, "%s must be %s: found %s", leaf(path), what, describe(node))
	return "", false
}

func (d *decoder) at(path string, node ast.Node) {
	if node == nil {
		return
	}
	d.places.values[path] = position(node)
}

func position(node ast.Node) place {
	if m, ok := node.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return position(m.Values[0].Key)
	}
	if m, ok := node.(*ast.MappingValueNode); ok {
		return position(m.Key)
	}
	if tk := node.GetToken(); tk != nil && tk.Position != nil {
		return place{line: max(1, tk.Position.Line), column: max(1, tk.Position.Column)}
	}
	return place{line: 1, column: 1}
}

func describe(node ast.Node) string {
	switch node.(type) {
	case ast.MapNode:
		return "a group of fields"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	}
	if tk := node.GetToken(); tk != nil {
		// A file that is none of YAML's is one text as long as itself.
		const most = 60
		if text := []rune(tk.Value); len(text) > most {
			return fmt.Sprintf("%q", string(text[:most])+"...")
		}
		return fmt.Sprintf("%q", tk.Value)
	}
	return "something else"
}

// leaf is the last name of a path, for messages: "rate" of
// "cells[0].traffic.phases[1].rate", "phases entry 2" of "cells[0].traffic.phases[1]".
func leaf(path string) string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	if name == "" {
		return "the file"
	}
	if head, index, ok := strings.Cut(name, "["); ok {
		n, _ := strconv.Atoi(strings.TrimSuffix(index, "]"))
		return fmt.Sprintf("%s entry %d", head, n+1)
	}
	return name
}
