package analysis

import (
	"errors"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// Program is a compiled expectation. It is immutable and safe for concurrent use.
type Program struct {
	source  string
	program *vm.Program
	// sides are the measured sides of the comparisons, in the order of the text, and
	// windows the windows that are named, so that one pass over the requests can
	// collect them all.
	sides   []side
	windows []*vm.Program
	// names are what the expectation names in quotes.
	names []name
}

// side is what an expectation measures: one side of a comparison, or a truth.
type side struct {
	label   string
	unit    unit
	program *vm.Program
	// over and under are the two parts of a quotient of two measurements.
	over, under *side
}

// name is a quoted name with what it should be the name of.
type name struct {
	kind     argument
	value    string
	function string
	offset   int
}

// Compile checks an expectation in the language of claims: its syntax, the names of
// functions, the number and the types of their arguments and the units that are
// compared. The error is a [*SyntaxError].
func Compile(expect string) (*Program, error) {
	p, err := compile(expect, func(f function) bool { return f.claims })
	if err != nil {
		return nil, err
	}
	return p, nil
}

func compile(source string, allowed func(function) bool) (*Program, *SyntaxError) {
	t, serr := translate(source)
	if serr != nil {
		return nil, serr
	}
	program, err := expr.Compile(t.code, append(options(), expr.AsBool())...)
	if err != nil {
		return nil, t.explain(err)
	}
	root := program.Node()
	c := &checker{translation: t, functions: functions(), allowed: allowed, units: map[ast.Node]unit{}}
	u := c.visit(root)
	if c.err == nil && u != truth && u != anything {
		c.fail(root, "the expression is %s: compare it with something", u)
	}
	if c.err != nil {
		return nil, c.err
	}
	p := &Program{source: source, program: program, names: c.names}
	if p.sides, err = c.sides(root); err == nil {
		for _, w := range c.windows {
			var sub *vm.Program
			if sub, err = subprogram(w); err != nil {
				break
			}
			p.windows = append(p.windows, sub)
		}
	}
	if err != nil {
		return nil, t.explain(err)
	}
	return p, nil
}

// options configure the expression library: our functions and nothing of its own.
// Both sides of "and" are always evaluated, so that everything is measured.
func options() []expr.Option {
	return []expr.Option{
		expr.Env(env{}), expr.DisableAllBuiltins(), expr.DisableShortCircuit(),
		expr.DisableIfOperator(), expr.Optimize(false), expr.MaxNodes(1000),
	}
}

func subprogram(n ast.Node) (*vm.Program, error) { return expr.Compile(n.String(), options()...) }

// explain turns an error of the library into one about the user's text.
func (t *translation) explain(err error) *SyntaxError {
	var at *file.Error
	if !errors.As(err, &at) {
		at = &file.Error{Message: err.Error()}
	}
	message := firstLine(at.Message)
	if _, called, ok := strings.Cut(message, " to call "); ok {
		if f, known := functions()[called]; known {
			message = "wrong arguments: write " + f.usage
		}
	}
	switch {
	case strings.HasPrefix(message, "unexpected token EOF"):
		message = "the expression ends too early"
	case strings.HasPrefix(message, "unexpected token"):
		message = "something is missing or too much here"
	case strings.HasPrefix(message, "expected bool"):
		message = "the expression has a value and no answer: compare it with something"
	}
	return syntaxError(t.source, t.origin(at.From), "%s", message)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}
