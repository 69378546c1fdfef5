package scenario

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"showdown"
)

// Answer is what a step looks at.
type Answer struct {
	Status int
	Header HeaderValues
	Body   []byte
}

// HeaderValues is the header of an answer: each calls yield with the values of a field, in
// their order, until it says false.
type HeaderValues func(name string, yield func(value string) bool)

// check is a [showdown.Check] that can be used.
type check struct {
	status   int
	contains []byte
	json     []jsonCheck
	// The reasons are made once, so that there are few.
	notStatus, notContained string
}

type jsonCheck struct {
	path              JSONPath
	want              string
	lacking, anything string
}

// reasonNoJSON is the reason of an answer whose body is no JSON and should be.
const reasonNoJSON = "the body is no JSON"

// check compiles the check of a request.
func (c *compiler) check(r showdown.Request, path string) *check {
	if r.Check == nil {
		return nil
	}
	k := &check{status: r.Check.Status, contains: []byte(r.Check.Contains)}
	if k.status != 0 && (k.status < 200 || k.status > 399) {
		c.add(path+".status", "status %d cannot be right: 200 to 399 can, and an answer of 400 or more is a failure whatever is expected", k.status)
	}
	if k.status == 0 && len(k.contains) == 0 && len(r.Check.JSON) == 0 {
		c.addKey(path, "check says nothing: add status, contains or json")
	}
	k.notStatus = fmt.Sprintf("the status is not %d", k.status)
	k.notContained = fmt.Sprintf("the body does not contain \"%s\"", short(r.Check.Contains))
	for _, source := range sortedKeys(r.Check.JSON) {
		p, err := ParseJSONPath(source)
		if err != nil {
			c.addKey(path+".json."+source, "%w", err)
		}
		k.json = append(k.json, jsonCheck{
			path: p, want: r.Check.JSON[source],
			lacking:  fmt.Sprintf("the body has no %s", short(source)),
			anything: fmt.Sprintf("%s has another value", short(source)),
		})
	}
	return k
}

// needsBody says that the check looks at the body.
func (k *check) needsBody() bool { return k != nil && (len(k.contains) > 0 || len(k.json) > 0) }

// extraction is a [showdown.Extract] that can be used.
type extraction struct {
	name string
	slot int
	// One of the three is set.
	cookie, header string
	json           *JSONPath
	// lack is why the value is not there when it is not.
	lack string
}

// extractions compiles what a request extracts, in the order of the names.
func (c *compiler) extractions(r showdown.Request, path string) []extraction {
	var out []extraction
	for _, name := range sortedKeys(r.Extract) {
		e, at := r.Extract[name], path+"."+name
		x := extraction{name: name, cookie: e.Cookie, header: e.Header}
		n, what := 0, ""
		for _, place := range []struct{ kind, value string }{{"cookie", e.Cookie}, {"header", e.Header}, {"json", e.JSON}} {
			if place.value != "" {
				n++
				what = place.kind + " " + short(place.value)
			}
		}
		if n != 1 {
			c.addKey(at, "%q is taken from one place: write {cookie: NAME}, {header: NAME} or {json: PATH}", short(name))
			continue
		}
		if e.JSON != "" {
			p, err := ParseJSONPath(e.JSON)
			if err != nil {
				c.add(at+".json", "%w", err)
			}
			x.json = &p
		}
		if e.Cookie != "" && !token(e.Cookie) || e.Header != "" && !token(e.Header) {
			c.add(at, "%s is not one word", what)
		}
		x.lack = fmt.Sprintf("no {{%s}}: %s had no %s", name, short(r.Name), what)
		out = append(out, x)
	}
	return out
}

// NeedsBody says that the step looks at the body of the answer, NeedsHeader that it looks
// at the header.
func (s *Step) NeedsBody() bool {
	if s.check.needsBody() {
		return true
	}
	for i := range s.extract {
		if s.extract[i].json != nil {
			return true
		}
	}
	return false
}

// NeedsHeader says that the step looks at the header of the answer.
func (s *Step) NeedsHeader() bool {
	for i := range s.extract {
		if s.extract[i].json == nil {
			return true
		}
	}
	return false
}

// Forget takes the values that the step extracts from the session, before its request is
// sent: an answer that does not come must not leave an old one.
func (s *Step) Forget(values []Value) {
	for i := range s.extract {
		x := &s.extract[i]
		values[x.slot] = Value{lack: x.lack}
	}
}

// Judge extracts the step's values from an answer, and says why the answer is not right;
// empty when it is.
func (s *Step) Judge(a Answer, values []Value) (reason string) {
	var (
		parsed any
		bad    error
		known  bool
	)
	body := func() (any, error) {
		if !known {
			known = true
			parsed, bad = document(a.Body)
		}
		return parsed, bad
	}
	for i := range s.extract {
		x := &s.extract[i]
		values[x.slot] = Value{lack: x.lack}
		if text, ok := x.from(a, body); ok {
			values[x.slot] = Value{text: text, there: true}
		}
	}
	k := s.check
	if k == nil {
		return ""
	}
	if k.status != 0 && a.Status != k.status {
		return k.notStatus
	}
	if len(k.contains) > 0 && !bytes.Contains(a.Body, k.contains) {
		return k.notContained
	}
	for i := range k.json {
		j := &k.json[i]
		doc, err := body()
		if err != nil {
			return reasonNoJSON
		}
		v, ok := j.path.In(doc)
		switch {
		case !ok:
			return j.lacking
		case !equal(v, j.want):
			return j.anything
		}
	}
	return ""
}

// from is the value in an answer.
func (x *extraction) from(a Answer, body func() (any, error)) (text string, ok bool) {
	switch {
	case x.json != nil:
		doc, err := body()
		if err != nil {
			return "", false
		}
		v, found := x.json.In(doc)
		if !found || v == nil {
			return "", false
		}
		return textOf(v)
	case x.header != "":
		a.Header(x.header, func(v string) bool {
			text, ok = v, true
			return false
		})
	default:
		a.Header("Set-Cookie", func(v string) bool {
			if c, err := http.ParseSetCookie(v); err == nil && c.Name == x.cookie {
				// The last one of a name is what a client would keep.
				if text, ok = c.Value, true; c.Quoted {
					// The quotes are part of what a client sends back (RFC 6265, 5.2).
					text = `"` + c.Value + `"`
				}
			}
			return true
		})
	}
	return strings.Clone(text), ok
}
