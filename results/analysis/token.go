package analysis

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxExpression bounds an expression, in bytes.
const maxExpression = 4096

type tokenKind int

const (
	identToken tokenKind = iota
	numberToken
	stringToken
	opToken
)

// token is a piece of an expression. Code is what the expression library gets for
// it; from and to are its place in the text that the user wrote, in bytes.
type token struct {
	kind     tokenKind
	code     string
	from, to int
	unit     unit
}

func (t token) is(code string) bool {
	return (t.kind == opToken || t.kind == identToken) && t.code == code
}

// SyntaxError is an error in an expectation or a condition, with its place in the
// text that the user wrote.
type SyntaxError struct {
	// Offset is the byte at which the error is, from 0; Column the same in
	// characters, from 1.
	Offset, Column int
	// Message says what is wrong and, where it can be guessed, what was meant.
	Message string
}

// Error is the message with its column.
func (e *SyntaxError) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Message) }

func syntaxError(source string, offset int, format string, args ...any) *SyntaxError {
	offset = min(max(offset, 0), len(source))
	return &SyntaxError{
		Offset: offset, Column: utf8.RuneCountInString(source[:offset]) + 1,
		Message: fmt.Sprintf(format, args...),
	}
}

// tokenize splits source into tokens. Durations and percentages become plain numbers
// here, in seconds and shares, and keep their unit beside.
func tokenize(source string) ([]token, *SyntaxError) {
	if len(source) > maxExpression {
		return nil, syntaxError(source, 0, "the expression has %d bytes, more than %d", len(source), maxExpression)
	}
	if !utf8.ValidString(source) {
		return nil, syntaxError(source, 0, "the expression is not UTF-8")
	}
	var out []token
	for i := 0; i < len(source); {
		r, size := utf8.DecodeRuneInString(source[i:])
		switch {
		case unicode.IsSpace(r):
			i += size
		case isLetter(r):
			j := i + size
			for j < len(source) {
				r, size := utf8.DecodeRuneInString(source[j:])
				if !isLetter(r) && !isDigit(r) {
					break
				}
				j += size
			}
			out = append(out, token{kind: identToken, code: source[i:j], from: i, to: j})
			i = j
		case isDigit(r) || r == '.' && i+1 < len(source) && isDigit(rune(source[i+1])):
			t, err := number(source, i)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
			i = t.to
		case r == '"' || r == '\'':
			t, err := quoted(source, i)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
			i = t.to
		default:
			op, err := operator(source, i)
			if err != nil {
				return nil, err
			}
			out = append(out, token{kind: opToken, code: op, from: i, to: i + len(op)})
			i += len(op)
		}
	}
	if len(out) == 0 {
		return nil, syntaxError(source, 0, "the expression is empty")
	}
	return out, nil
}

func isLetter(r rune) bool { return r == '_' || unicode.IsLetter(r) }
func isDigit(r rune) bool  { return r >= '0' && r <= '9' }

// number reads a number with its unit, if it has one: 45s, 1h30m, 250ms, 99.9%, 0.98.
func number(source string, i int) (token, *SyntaxError) {
	j := i
	for j < len(source) && (isDigit(rune(source[j])) || source[j] == '.') {
		j++
	}
	digits := j
	for j < len(source) {
		r, size := utf8.DecodeRuneInString(source[j:])
		if !isLetter(r) && !isDigit(r) && r != '.' {
			break
		}
		j += size
	}
	t := token{kind: numberToken, from: i, to: j}
	var value float64
	if digits < j {
		d, err := time.ParseDuration(source[i:j])
		if err != nil {
			return t, syntaxError(source, i, "%q is not a duration: write it like 45s, 3m, 1h30m or 250ms", source[i:j])
		}
		t.unit, value = timeLiteral, d.Seconds()
	} else {
		v, err := strconv.ParseFloat(source[i:j], 64)
		if err != nil {
			return t, syntaxError(source, i, "%q is not a number", source[i:j])
		}
		value = v
		if j < len(source) && source[j] == '%' {
			t.to++
			// In decimal, so that 99.9% is 0.999 and not its neighbour.
			value, _ = strconv.ParseFloat(source[i:j]+"e-2", 64)
			t.unit = shareLiteral
		}
	}
	t.code = strconv.FormatFloat(value, 'f', -1, 64)
	if !strings.Contains(t.code, ".") {
		t.code += ".0"
	}
	return t, nil
}

func quoted(source string, i int) (token, *SyntaxError) {
	for j := i + 1; j < len(source); j++ {
		switch source[j] {
		case '\\':
			return token{}, syntaxError(source, j, "a name has no backslash")
		case '\n', '\r':
			return token{}, syntaxError(source, i, "the quote is not closed on its line")
		case source[i]:
			return token{
				kind: stringToken, code: strconv.Quote(source[i+1 : j]),
				from: i, to: j + 1, unit: text,
			}, nil
		}
	}
	return token{}, syntaxError(source, i, "the quote is not closed")
}

func operator(source string, i int) (string, *SyntaxError) {
	for _, op := range []string{"<=", ">=", "==", "!=", "&&", "||", "<", ">", "+", "-", "*", "/", "(", ")", ",", "?", ":", "!"} {
		if strings.HasPrefix(source[i:], op) {
			return op, nil
		}
	}
	switch r, _ := utf8.DecodeRuneInString(source[i:]); r {
	case '=':
		return "", syntaxError(source, i, "write == to compare")
	case '%':
		return "", syntaxError(source, i, "a percentage is written without a space: 99%%")
	case '“', '”', '„', '‘', '’':
		return "", syntaxError(source, i, "write names in straight quotes: \"A\"")
	default:
		return "", syntaxError(source, i, "%q has no meaning here", r)
	}
}
