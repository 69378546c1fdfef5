package journeys

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a file, and where.
type Problem struct {
	// File is the file's name as it was given.
	File string
	// Line and Column count from 1; 0 is not known.
	Line, Column int
	// Err says what is wrong and how to put it right.
	Err error
}

// Error is the problem as "file:line:column: message".
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(p.Err.Error())
	return b.String()
}

// Unwrap is what is wrong, without the place.
func (p *Problem) Unwrap() error { return p.Err }

// Problems is everything that is wrong with a file, in the order of its lines. As
// an error it has one line for each.
type Problems []*Problem

// Error is one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap is the problems as errors, so that errors.Is and errors.As find them.
func (ps Problems) Unwrap() []error {
	out := make([]error, len(ps))
	for i, p := range ps {
		out[i] = p
	}
	return out
}

// err is nil for no problems, so that no typed nil escapes.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// collect joins problems of several files; other errors become problems without a
// line.
func (ps Problems) collect(file string, err error) Problems {
	if err == nil {
		return ps
	}
	var many Problems
	if errors.As(err, &many) {
		return append(ps, many...)
	}
	return append(ps, &Problem{File: file, Err: err})
}

// finding is a problem before its place is known: path leads to the value, or to
// the key when key is set.
type finding struct {
	path string
	key  bool
	err  error
}

// findings collects what is wrong with a stage.
type findings []finding

func (f *findings) add(path, format string, args ...any) {
	*f = append(*f, finding{path: path, err: fmt.Errorf(format, args...)})
}

func (f *findings) addKey(path, format string, args ...any) {
	*f = append(*f, finding{path: path, key: true, err: fmt.Errorf(format, args...)})
}

// problems gives the findings their places, in the order of the lines.
func (f findings) problems(file string, places places) Problems {
	out := make(Problems, 0, len(f))
	said := map[string]bool{} // the steps of one repeat have the same problems
	for _, x := range f {
		at := places.find(x.path, x.key)
		p := &Problem{File: file, Line: at.line, Column: at.column, Err: x.err}
		if !said[p.Error()] {
			said[p.Error()] = true
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return out
}

// place is a position in a file, from 1.
type place struct{ line, column int }

// places are the positions of a file's keys and values, by path
// ("cells[0].traffic.phases[1].rate").
type places struct {
	keys, values map[string]place
	// steps lead from the path of a stage's step to that of the file's step that it was
	// written out from.
	steps map[string]string
}

func newPlaces() places {
	return places{keys: map[string]place{}, values: map[string]place{}, steps: map[string]string{}}
}

// inFile is the path in the file of what stands at path in the stage.
func (p places) inFile(path string) string {
	i := strings.Index(path, ".timeline[")
	if i < 0 {
		return path
	}
	end := i + strings.IndexByte(path[i:], ']') + 1
	if from, ok := p.steps[path[:end]]; ok {
		return from + path[end:]
	}
	return path
}

// has says that the file holds a value for what stands at path in the stage.
func (p places) has(path string) bool {
	_, ok := p.values[p.inFile(path)]
	return ok
}

// find is the place of path, or of the nearest thing that contains it.
func (p places) find(path string, key bool) place {
	for {
		if key {
			if at, ok := p.keys[path]; ok {
				return at
			}
		}
		if at, ok := p.values[path]; ok {
			return at
		}
		if path == "" {
			return place{line: 1, column: 1}
		}
		path, key = parentPath(path), true
	}
}

func parentPath(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

func child(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
