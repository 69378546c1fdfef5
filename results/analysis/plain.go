package analysis

import (
	"slices"
	"strings"
)

// Plain is an expectation as a sentence, without a full stop: `outage("A") between 45s and
// 180s` is "the outage of fault A lasts 45 s to 3 min". ok is false for one that Plain has no
// words for, as one with "or".
func Plain(expect string) (sentence string, ok bool) {
	tokens, err := tokenize(expect)
	if err != nil {
		return "", false
	}
	p := &plainer{tokens: tokens}
	var clauses []string
	for {
		clause := p.clause()
		if p.failed || clause == "" {
			return "", false
		}
		clauses = append(clauses, clause)
		if p.i == len(p.tokens) {
			return strings.Join(together(clauses), "; "), true
		}
		if !p.take("and") && !p.take("&&") {
			return "", false
		}
	}
}

// plainer reads an expectation from the left and puts it into words.
type plainer struct {
	tokens []token
	i      int
	depth  int
	failed bool
}

// term is a part of an expectation that has a value.
type term struct {
	// op is that of a sum, a difference or a quotient of left and right; else it is empty.
	op          string
	left, right *term
	// call is the name of a function, args what it is asked for.
	call string
	args []*term
	// literal is a number, a name in quotes or a truth; minus says that the number is below 0.
	literal token
	minus   bool
}

// name is the text of a name in quotes; empty for anything else.
func (t *term) name() string {
	if t == nil || t.literal.kind != stringToken || t.call != "" || t.op != "" {
		return ""
	}
	return strings.Trim(t.literal.code, `"`)
}

func (t *term) isNumber(code string) bool {
	return t.op == "" && t.call == "" && t.literal.kind == numberToken && !t.minus && t.literal.code == code
}

// peek is the next token; the zero token is the end.
func (p *plainer) peek() token {
	if p.i < len(p.tokens) {
		return p.tokens[p.i]
	}
	return token{}
}

// take goes on where the next token is that one.
func (p *plainer) take(code string) bool {
	if p.i < len(p.tokens) && p.tokens[p.i].is(code) {
		p.i++
		return true
	}
	return false
}

func (p *plainer) fail() *term {
	p.failed = true
	return &term{}
}

// clause is one condition.
func (p *plainer) clause() string {
	left := p.value()
	if p.take("between") {
		low := p.value()
		if !p.take("and") && !p.take("&&") {
			p.failed = true
		}
		high := p.value()
		if p.failed {
			return ""
		}
		return p.compared(left, "between", low, high)
	}
	for _, op := range []string{"<=", ">=", "==", "!=", "<", ">"} {
		if p.take(op) {
			right := p.value()
			if p.failed {
				return ""
			}
			return p.compared(left, op, right, nil)
		}
	}
	if p.failed {
		return ""
	}
	return truthOf(left, true)
}

// value is a term, or several with signs between.
func (p *plainer) value() *term {
	if p.depth++; p.depth > maxNesting {
		return p.fail()
	}
	defer func() { p.depth-- }()
	out := p.term()
	for !p.failed {
		op := p.peek()
		if op.kind != opToken || !slices.Contains([]string{"+", "-", "*", "/"}, op.code) {
			break
		}
		if out.op != "" || op.code == "*" {
			return p.fail() // more than two of them have no words
		}
		p.i++
		out = &term{op: op.code, left: out, right: p.term()}
	}
	return out
}

func (p *plainer) term() *term {
	if p.take("(") {
		out := p.value()
		if !p.take(")") {
			return p.fail()
		}
		return out
	}
	minus := p.take("-")
	t := p.peek()
	p.i++
	switch {
	case t.kind == numberToken && t.code != "":
		return &term{literal: t, minus: minus}
	case minus || t.code == "":
		return p.fail()
	case t.kind == stringToken || t.is("true") || t.is("false"):
		return &term{literal: t}
	case t.kind != identToken || !p.take("("):
		return p.fail()
	}
	out := &term{call: t.code}
	for !p.take(")") {
		if len(out.args) > 0 && !p.take(",") {
			return p.fail()
		}
		out.args = append(out.args, p.value())
		if p.failed {
			return out
		}
	}
	return out
}

// together joins neighbours that differ in one word: "it costs less than b" and "it costs
// less than c" become "it costs less than each of b and c".
func together(clauses []string) []string {
	var out []string
	for i := 0; i < len(clauses); {
		words := strings.Fields(clauses[i])
		var items []string
		at, k := -1, i+1
		for ; k < len(clauses); k++ {
			other := strings.Fields(clauses[k])
			differs := -1
			if len(other) == len(words) {
				for w := range words {
					if words[w] != other[w] {
						if differs >= 0 {
							differs = -2
							break
						}
						differs = w
					}
				}
			}
			if differs < 0 || at >= 0 && differs != at || !wordly(words[differs]) || !wordly(other[differs]) {
				break
			}
			at = differs
			items = append(items, other[differs])
		}
		if at >= 0 {
			all := append([]string{words[at]}, items...)
			words[at] = "each of " + strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
		}
		out = append(out, strings.Join(words, " "))
		i = k
	}
	return out
}

// wordly says that a word is a name and not a number, of which two are no list.
func wordly(word string) bool {
	return word != "" && !strings.ContainsAny(word[:1], "0123456789$-")
}
