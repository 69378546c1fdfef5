package analysis

import (
	"strings"
	"unicode/utf8"
)

// maxNesting bounds the parentheses of an expression.
const maxNesting = 100

// translation is an expression in the expression library's own language, and how its
// places map back to the text that the user wrote.
type translation struct {
	source string
	code   string
	tokens []token
	// starts are the offsets of tokens in code, in runes, as the library counts.
	starts []int
}

// translate turns the text of a claim into the library's language: units are
// resolved, and "x between a and b" becomes between(x, a, b).
func translate(source string) (*translation, *SyntaxError) {
	tokens, err := tokenize(source)
	if err != nil {
		return nil, err
	}
	if err := checkWords(source, tokens); err != nil {
		return nil, err
	}
	if err := checkParentheses(source, tokens); err != nil {
		return nil, err
	}
	tokens, err = betweens(source, tokens)
	if err != nil {
		return nil, err
	}
	t := &translation{source: source, tokens: tokens, starts: make([]int, len(tokens))}
	var b strings.Builder
	at := 0
	for i, tok := range tokens {
		if i > 0 {
			b.WriteByte(' ')
			at++
		}
		t.starts[i] = at
		b.WriteString(tok.code)
		at += utf8.RuneCountInString(tok.code)
	}
	t.code = b.String()
	return t, nil
}

// token is the index of the token at offset at of the code, in runes.
func (t *translation) token(at int) int {
	found := 0
	for i, start := range t.starts {
		if start > at {
			break
		}
		found = i
	}
	return found
}

// origin is the byte of the source that offset at of the code comes from.
func (t *translation) origin(at int) int {
	if at >= utf8.RuneCountInString(t.code) {
		return len(t.source)
	}
	return t.tokens[t.token(at)].from
}

// call is the source text of the call whose name is at offset at of the code.
func (t *translation) call(at int) string {
	i := t.token(at)
	depth := 0
	for j := i + 1; j < len(t.tokens); j++ {
		switch {
		case t.tokens[j].is("("):
			depth++
		case t.tokens[j].is(")"):
			if depth--; depth == 0 {
				from, to := t.tokens[i].from, t.tokens[j].to
				if from < to {
					return t.source[from:to]
				}
			}
		}
		if depth == 0 {
			break
		}
	}
	return t.tokens[i].code
}

func checkParentheses(source string, tokens []token) *SyntaxError {
	var open []token
	for _, t := range tokens {
		switch {
		case t.is("("):
			open = append(open, t)
			if len(open) > maxNesting {
				return syntaxError(source, t.from, "parentheses are nested deeper than %d", maxNesting)
			}
		case t.is(")"):
			if len(open) == 0 {
				return syntaxError(source, t.from, "this parenthesis was never opened")
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return syntaxError(source, open[len(open)-1].from, "this parenthesis is never closed")
	}
	return nil
}

// boundary says that t ends the operand of a "between" to its left or right.
func boundary(t token) bool {
	if t.kind == identToken {
		return t.code == "and" || t.code == "or" || t.code == "not"
	}
	if t.kind != opToken {
		return false
	}
	switch t.code {
	case "+", "-", "*", "/", "(", ")":
		return false
	}
	return true
}

// betweens rewrites each "x between a and b" as a call. The synthetic tokens carry
// the place of the word.
func betweens(source string, tokens []token) ([]token, *SyntaxError) {
	var (
		out   []token
		start int // of the operand that may stand before a "between"
	)
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch {
		case t.is("("):
			end := closing(tokens, i)
			inner, err := betweens(source, tokens[i+1:end])
			if err != nil {
				return nil, err
			}
			out = append(out, t)
			out = append(out, inner...)
			out = append(out, tokens[end])
			i = end
		case t.is("between"):
			if start == len(out) {
				return nil, syntaxError(source, t.from, "between needs a value before it: outage(\"A\") between 30s and 3m")
			}
			and := operand(tokens, i+1)
			if and == len(tokens) || !(tokens[and].is("and") || tokens[and].is("&&")) || and == i+1 {
				return nil, syntaxError(source, t.from, "between needs two bounds: between 30s and 3m")
			}
			end := operand(tokens, and+1)
			if end == and+1 {
				return nil, syntaxError(source, tokens[and].from, "between needs a second bound: between 30s and 3m")
			}
			low, err := betweens(source, tokens[i+1:and])
			if err != nil {
				return nil, err
			}
			high, err := betweens(source, tokens[and+1:end])
			if err != nil {
				return nil, err
			}
			at := func(kind tokenKind, code string, place token) token {
				return token{kind: kind, code: code, from: place.from, to: place.to}
			}
			value := append([]token(nil), out[start:]...)
			out = append(out[:start], at(identToken, "between", t), at(opToken, "(", t))
			out = append(out, value...)
			out = append(out, at(opToken, ",", t))
			out = append(out, low...)
			out = append(out, at(opToken, ",", tokens[and]))
			out = append(out, high...)
			out = append(out, at(opToken, ")", tokens[end-1]))
			i = end - 1
		default:
			out = append(out, t)
			if boundary(t) {
				start = len(out)
			}
		}
	}
	return out, nil
}

// closing is the index of the parenthesis that closes the one at i.
func closing(tokens []token, i int) int {
	depth := 0
	for j := i; j < len(tokens); j++ {
		if tokens[j].is("(") {
			depth++
		}
		if tokens[j].is(")") {
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return len(tokens) - 1
}

// operand is the index after the arithmetic operand that starts at i.
func operand(tokens []token, i int) int {
	for i < len(tokens) {
		switch {
		case tokens[i].is("("):
			i = closing(tokens, i) + 1
			continue
		case tokens[i].is(")") || tokens[i].is("between") || boundary(tokens[i]):
			return i
		}
		i++
	}
	return i
}

// checkWords finds names that the language does not have, with what was meant.
func checkWords(source string, tokens []token) *SyntaxError {
	functions := functions()
	for i, t := range tokens {
		if t.kind != identToken {
			continue
		}
		called := i+1 < len(tokens) && tokens[i+1].is("(")
		switch t.code {
		case "and", "or", "not", "true", "false", "between", "contains", "startsWith", "endsWith":
			continue
		}
		_, known := functions[t.code]
		switch {
		case known && called:
		case known:
			return syntaxError(source, t.from, "%s is a function: write %s", t.code, functions[t.code].usage)
		case called:
			return syntaxError(source, t.from, "unknown function %q%s", t.code, meant(t.code, functions))
		default:
			return syntaxError(source, t.from, "unknown word %q: write names in quotes, like \"%s\"", t.code, t.code)
		}
	}
	return nil
}

// meant suggests the function whose name is closest to name.
func meant(name string, functions map[string]function) string {
	best, distance := "", 3
	for known := range functions {
		d := editDistance(strings.ToLower(name), known)
		if d < distance || d == distance && known < best {
			best, distance = known, d
		}
	}
	if best == "" {
		return ""
	}
	return ": did you mean " + best + "?"
}

// editDistance is the number of inserted, removed and changed characters between a
// and b.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
