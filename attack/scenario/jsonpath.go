package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
)

// JSONPath leads to a value in a JSON document: the keys of objects and the numbers of
// list entries, from the outside in.
type JSONPath struct {
	source string
	parts  []string
}

// ParseJSONPath parses a path like "items.0.id": keys, and numbers of entries from 0,
// with dots between them. A backslash takes the meaning from the dot, bracket or
// backslash after it.
func ParseJSONPath(source string) (JSONPath, error) {
	p := JSONPath{source: source}
	if source == "" {
		return p, errors.New("the JSON path is empty: write it like items.0.id")
	}
	if rest, ok := strings.CutPrefix(source, "$."); ok {
		return p, fmt.Errorf("%q is no JSON path: leave the $ out, like %q", short(source), short(rest))
	}
	var part strings.Builder
	begun := false
	end := func() error {
		if part.Len() == 0 && !begun {
			return fmt.Errorf("%q is no JSON path: a dot stands between two names, like items.0.id", short(source))
		}
		p.parts = append(p.parts, part.String())
		part.Reset()
		begun = false
		return nil
	}
	for i := 0; i < len(source); i++ {
		switch c := source[i]; c {
		case '.':
			if err := end(); err != nil {
				return p, err
			}
		case '[', ']':
			return p, fmt.Errorf("%q is no JSON path: entries of a list are numbers between dots, like items.0.id", short(source))
		case '\\':
			if i++; i == len(source) {
				return p, fmt.Errorf("%q is no JSON path: nothing follows its last backslash", short(source))
			}
			part.WriteByte(source[i])
		default:
			part.WriteByte(c)
		}
	}
	return p, end()
}

// String is the path as it was written.
func (p JSONPath) String() string { return p.source }

// errNoJSON is the error of a body that is not one JSON document.
var errNoJSON = errors.New("the body is no JSON")

// document is the JSON document in body.
func document(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil, errNoJSON
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errNoJSON
	}
	return v, nil
}

// In is the value that the path leads to in a decoded document; ok is false where it
// leads nowhere.
func (p JSONPath) In(v any) (value any, ok bool) {
	for _, part := range p.parts {
		switch x := v.(type) {
		case map[string]any:
			if v, ok = x[part]; !ok {
				return nil, false
			}
		case []any:
			n, err := strconv.ParseUint(part, 10, 31)
			if err != nil || int(n) >= len(x) {
				return nil, false
			}
			v = x[n]
		default:
			return nil, false
		}
	}
	return v, true
}

// textOf is a single value as text: that of a string, a number as it was written, true,
// false or null. ok is false for objects and lists.
func textOf(v any) (text string, ok bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case json.Number:
		return x.String(), true
	case bool:
		return strconv.FormatBool(x), true
	case nil:
		return "null", true
	}
	return "", false
}

// equal says whether a value of a document is the one that was written in a check:
// numbers by what they are, all else letter for letter.
func equal(v any, want string) bool {
	text, ok := textOf(v)
	if !ok {
		return false
	}
	if text == want {
		return true
	}
	n, isNumber := v.(json.Number)
	return isNumber && sameNumber(n.String(), want)
}

// maxNumber bounds the digits of a number that is compared by value: 1e999999999 is short
// and huge.
const maxNumber = 64

func sameNumber(a, b string) bool {
	if len(a) > maxNumber || len(b) > maxNumber || exponent(a) > maxNumber || exponent(b) > maxNumber {
		return false
	}
	x, ok1 := new(big.Rat).SetString(a)
	y, ok2 := new(big.Rat).SetString(b)
	return ok1 && ok2 && !strings.ContainsAny(b, "/_xX") && x.Cmp(y) == 0
}

// exponent is the size of the number's exponent.
func exponent(s string) int {
	i := strings.IndexAny(s, "eEpP")
	if i < 0 {
		return 0
	}
	n, err := strconv.Atoi(s[i+1:])
	if err != nil {
		return maxNumber + 1
	}
	return max(n, -n)
}
