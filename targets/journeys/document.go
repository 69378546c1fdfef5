package journeys

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Limits of a file. A stage that a person writes is far below them; they keep a
// hostile one from eating the memory, with aliases that name aliases for example.
const (
	maxFile   = 256 << 10
	maxDepth  = 64
	maxValues = 50_000
)

// document parses data and returns the body of its only document. The parser is
// fed with what people type, so a panic of its is a syntax error to us.
func document(data []byte) (body ast.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			body, err = nil, fmt.Errorf("the file is not YAML that can be read (%v): check its indentation and quotes", p)
		}
	}()
	if len(data) > maxFile {
		return nil, fmt.Errorf("the file has %d KiB, more than the %d KiB of a stage: is it the right file?", len(data)>>10, maxFile>>10)
	}
	if depth := nesting(data); depth > maxDepth {
		return nil, fmt.Errorf("the file nests %d levels, more than %d: is it the right file?", depth, maxDepth)
	}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, err
	}
	for _, doc := range file.Docs {
		if doc == nil || doc.Body == nil || doc.Body.Type() == ast.NullType {
			continue
		}
		if doc.Body.Type() == ast.DirectiveType || doc.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			return nil, &Problem{
				Line: position(doc.Body).line, Column: position(doc.Body).column,
				Err: errors.New("a second document starts here: write one stage per file"),
			}
		}
		body = doc.Body
	}
	if body == nil {
		return nil, errors.New("the file is empty: docs/stages.md has a complete small example")
	}
	return body, nil
}

// nesting is an upper bound of how deep data nests on one line or in brackets, the
// meaning of quotes not looked at. It keeps the parser's recursion short.
func nesting(data []byte) int {
	most, open := 0, 0
	for line := range bytes.Lines(data) {
		dashes := 0
		leading := true
		for i, c := range line {
			switch {
			case c == '[' || c == '{':
				open++
				most = max(most, open)
			case c == ']' || c == '}':
				open = max(0, open-1)
			case leading && (c == '-' || c == '?' || c == ':') && i+1 < len(line) && line[i+1] == ' ':
				dashes++
				most = max(most, dashes)
			}
			leading = leading && strings.IndexByte(" -?:\t", c) >= 0
		}
	}
	return most
}

// syntaxPlace is where the parser stumbled and what it says about it.
func syntaxPlace(err error) (place, string) {
	at := place{line: 1, column: 1}
	var here *Problem
	if errors.As(err, &here) {
		return place{line: here.Line, column: here.Column}, here.Err.Error()
	}
	var located yaml.Error
	if errors.As(err, &located) {
		if tk := located.GetToken(); tk != nil && tk.Position != nil {
			at = place{line: tk.Position.Line, column: tk.Position.Column}
		}
		return at, located.GetMessage() + ": check the indentation, the quotes and the colons up to here"
	}
	return at, err.Error()
}
