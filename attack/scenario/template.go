package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Place is where in a request a template stands, which decides how values are written.
type Place int

// The places of templates.
const (
	// InPath percent-encodes all but letters, digits and "-._~", so that a value is one
	// part of a path or query whatever it holds.
	InPath Place = iota
	// InHeader and InBody leave values as they are.
	InHeader
	InBody
)

// filter is how a value is written.
type filter int

const (
	raw filter = iota
	// percent is percent-encoding (RFC 3986, 2.1).
	percent
	// quoted is the inside of a JSON string.
	quoted
)

// Template is text with values in it.
type Template struct {
	place Place
	parts []part
}

// part is a stretch of a template: text, or the value of a slot.
type part struct {
	text   string
	name   string
	slot   int
	filter filter
}

// NamePattern is what the name of a value looks like.
const NamePattern = `[A-Za-z_][A-Za-z0-9_]*`

var (
	namePattern = regexp.MustCompile(`^` + NamePattern + `$`)
	errUnclosed = errors.New("{{ has no }} after it: write {{name}}, or \\{{ for the two braces")
)

// Environment gives the value of an environment variable. A nil Environment is for
// scenarios that are only looked at: every variable is empty.
type Environment func(name string) (value string, ok bool)

// expand is the value of an environment variable.
func (e Environment) expand(name string) (string, error) {
	if e == nil {
		return "", nil
	}
	value, ok := e(name)
	if !ok {
		return "", fmt.Errorf("the environment variable %s is not set", name)
	}
	return value, nil
}

// ParseTemplate parses text: {{name}} is a value, {{name|raw}}, {{name|url}} and
// {{name|json}} say how it is written, {{$NAME}} is a value of the environment, and \{{
// stands for the braces. In a header $NAME and ${NAME} are values of the environment as
// well, and $$ stands for a dollar. The slots of the values are not set yet.
//
// Errors quote names and nothing else of the text.
func ParseTemplate(text string, place Place, env Environment) (Template, error) {
	t := Template{place: place}
	literal := func(s string) {
		if n := len(t.parts); n > 0 && t.parts[n-1].name == "" {
			t.parts[n-1].text += s
		} else if s != "" {
			t.parts = append(t.parts, part{text: s})
		}
	}
	for text != "" {
		open := strings.Index(text, "{{")
		if open < 0 {
			open = len(text)
		}
		plain := text[:open]
		escaped := open < len(text) && strings.HasSuffix(plain, `\`)
		if escaped {
			plain = plain[:len(plain)-1]
		}
		if place == InHeader {
			var err error
			if plain, err = dollars(plain, env); err != nil {
				return t, err
			}
		}
		literal(plain)
		if open == len(text) {
			break
		}
		text = text[open+2:]
		if escaped {
			literal("{{")
			continue
		}
		inside, rest, ok := strings.Cut(text, "}}")
		if !ok {
			return t, errUnclosed
		}
		text = rest
		inside = strings.TrimSpace(inside)
		if name, ok := strings.CutPrefix(inside, "$"); ok {
			if !namePattern.MatchString(name) {
				return t, fmt.Errorf("{{$%s}} names no environment variable: write {{$NAME}}", short(name))
			}
			value, err := env.expand(name)
			if err != nil {
				return t, err
			}
			literal(value)
			continue
		}
		p, err := parseValue(inside, place)
		if err != nil {
			return t, err
		}
		t.parts = append(t.parts, p)
	}
	return t, nil
}

// parseValue parses what stands between the braces.
func parseValue(inside string, place Place) (part, error) {
	name, how, filtered := strings.Cut(inside, "|")
	p := part{name: strings.TrimSpace(name)}
	if !namePattern.MatchString(p.name) {
		return p, fmt.Errorf("{{%s}} names no value: write letters, digits and _, like {{token}}", short(inside))
	}
	if !filtered {
		if place == InPath {
			p.filter = percent
		}
		return p, nil
	}
	switch how = strings.TrimSpace(how); how {
	case "raw":
	case "url":
		p.filter = percent
	case "json":
		p.filter = quoted
	default:
		return p, fmt.Errorf("{{%s}}: a value is written raw, url or json", short(inside))
	}
	return p, nil
}

// ExpandHeader is a header value with the values of the environment in it: $NAME and
// ${NAME}, and $$ for a dollar. It has no other values.
func ExpandHeader(text string, env Environment) (string, error) { return dollars(text, env) }

// dollars replaces $NAME and ${NAME}.
func dollars(text string, env Environment) (string, error) {
	var out strings.Builder
	for {
		before, after, ok := strings.Cut(text, "$")
		out.WriteString(before)
		if !ok {
			return out.String(), nil
		}
		if rest, ok := strings.CutPrefix(after, "$"); ok {
			out.WriteByte('$')
			text = rest
			continue
		}
		name, rest := leadingName(after)
		if braced, ok := strings.CutPrefix(after, "{"); ok {
			var closed bool
			if name, rest, closed = strings.Cut(braced, "}"); !closed || !namePattern.MatchString(name) {
				return "", errors.New("${ is followed by no name and }: write ${NAME}, or $$ for a dollar")
			}
		}
		if name == "" {
			out.WriteByte('$')
			text = after
			continue
		}
		value, err := env.expand(name)
		if err != nil {
			return "", fmt.Errorf("%w: set it, or write $$ for a dollar", err)
		}
		out.WriteString(value)
		text = rest
	}
}

// leadingName splits the name of a variable off the beginning of s.
func leadingName(s string) (name, rest string) {
	n := 0
	for n < len(s) && namePattern.MatchString(s[:n+1]) {
		n++
	}
	return s[:n], s[n:]
}

// short is text as far as a message quotes it.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "..."
	}
	return strings.Trim(fmt.Sprintf("%q", s), `"`)
}

// Static is the text of a template without values.
func (t Template) Static() (text string, ok bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].name == "":
		return t.parts[0].text, true
	}
	return "", false
}

// Names are the values that the template needs, each once.
func (t Template) Names() []string {
	var out []string
	for _, p := range t.parts {
		if p.name != "" && !slices.Contains(out, p.name) {
			out = append(out, p.name)
		}
	}
	return out
}

// bind sets the slots.
func (t Template) bind(slots map[string]int) {
	for i := range t.parts {
		if p := &t.parts[i]; p.name != "" {
			p.slot = slots[p.name]
		}
	}
}

// Append appends the text with its values to dst. [Template.Unready] must have said that
// it is ready.
func (t Template) Append(dst []byte, values []Value) []byte {
	for i := range t.parts {
		p := &t.parts[i]
		if p.name == "" {
			dst = append(dst, p.text...)
			continue
		}
		switch v := values[p.slot].text; p.filter {
		case percent:
			dst = appendPercent(dst, v)
		case quoted:
			dst = appendQuoted(dst, v)
		default:
			dst = append(dst, v...)
		}
	}
	return dst
}

// Value is the value of a slot.
type Value struct {
	text string
	// there says that it has one; lack says, where it has none, why.
	there bool
	lack  string
}

// Unready says why the template cannot be filled in with the values; empty when it can.
func (t Template) Unready(values []Value) (reason string) {
	for i := range t.parts {
		p := &t.parts[i]
		if p.name == "" {
			continue
		}
		v := &values[p.slot]
		switch {
		case !v.there && v.lack != "":
			return v.lack
		case !v.there:
			return "no {{" + p.name + "}}"
		case t.place == InHeader && p.filter == raw && !fits(v.text, false):
			return "the value of {{" + p.name + "}} cannot stand in a header"
		case t.place == InPath && p.filter != percent && !fits(v.text, true):
			return "the value of {{" + p.name + "}} cannot stand in a path"
		case t.place == InPath && i == 0 && (p.filter != raw || v.text == "" || v.text[0] != '/'):
			return "the value of {{" + p.name + "}} is no path"
		}
	}
	return ""
}

// fits says that s has no control characters, and where it is in a path no blanks and
// nothing beyond ASCII.
func fits(s string, path bool) bool {
	for _, c := range []byte(s) {
		if c < ' ' && (path || c != '\t') || c == 0x7f || path && (c == ' ' || c == '#' || c >= 0x80) {
			return false
		}
	}
	return true
}

const hexDigits = "0123456789ABCDEF"

func appendPercent(dst []byte, s string) []byte {
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

// appendQuoted appends s as it stands between the quotes of a JSON string.
func appendQuoted(dst []byte, s string) []byte {
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
