package proxy

import (
	"bytes"
	"net/http"
)

// request is the head of a request. Its parts lie in the buffer of the connection and
// are valid until more is received.
type request struct {
	method, target []byte
	// old says HTTP/1.0.
	old    bool
	host   []byte
	fields []field
	framing

	// expects asks for 100 Continue before the body comes.
	expects bool
	// forwarders is how many addresses X-Forwarded-For has.
	forwarders int
	// looks is a look by the lab itself, see [cloud.LookHeader].
	looks bool
}

// keeps says whether the client wants the connection kept.
func (r *request) keeps() bool {
	if r.old {
		return r.keepAlive && !r.close
	}
	return !r.close
}

// noBody says that an answer to the request has no body, whatever its headers say.
func (r *request) noBody() bool { return string(r.method) == http.MethodHead }

// parse reads a head, which ends in an empty line. The error is a [refusal].
func (r *request) parse(head []byte) error {
	*r = request{fields: r.fields[:0], framing: framing{length: -1, named: r.named[:0]}}
	end := bytes.IndexByte(head, '\n')
	if err := r.parseLine(head[:end-1]); err != nil {
		return err
	}
	var err error
	if r.fields, err = parseFields(r.fields, head[end+1:]); err != nil {
		return err
	}
	hosts := 0
	kept := r.fields[:0]
	for _, h := range r.fields {
		if framed, err := r.note(h, http.StatusNotImplemented); err != nil {
			return err
		} else if framed {
			continue
		}
		switch {
		case is(h.name, "host"):
			hosts++
			if !validHost(h.value) {
				return bad("a Host that is none")
			}
			if r.host != nil && !bytes.EqualFold(r.host, h.value) {
				return bad("a Host that differs from that of the request's target")
			}
			r.host = h.value
			continue
		case is(h.name, "expect"):
			if !is(h.value, "100-continue") {
				return &refusal{http.StatusExpectationFailed, "an unknown expectation"}
			}
			r.expects = !r.old
			continue
		case is(h.name, "x-forwarded-for"):
			elements(h.value, func([]byte) bool { r.forwarders++; return true })
		case is(h.name, lookHeader):
			r.looks = true
		}
		kept = append(kept, h)
	}
	r.fields = kept
	switch {
	case hosts > 1:
		return bad("two Hosts")
	case hosts == 0 && !r.old:
		return bad("no Host")
	case (r.chunked || r.identity) && r.length >= 0:
		return bad("a Content-Length and a Transfer-Encoding")
	case r.chunked && r.old:
		return bad("a Transfer-Encoding in HTTP/1.0")
	}
	return nil
}

// parseLine reads "GET /path HTTP/1.1": three parts, one blank between them.
func (r *request) parseLine(line []byte) error {
	first, last := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if first <= 0 || last == first {
		return bad("a request line without three parts")
	}
	r.method, r.target = line[:first], line[first+1:last]
	for _, c := range r.method {
		if !isToken(c) {
			return bad("a method that is no token")
		}
	}
	for _, c := range r.target {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return bad("a byte that may not be in a request's target")
		}
	}
	version := line[last+1:]
	if len(version) != len("HTTP/1.1") || string(version[:5]) != "HTTP/" || !isDigit(version[5]) || version[6] != '.' || !isDigit(version[7]) {
		return bad("a version that is none")
	}
	switch string(version[5:]) {
	case "1.1":
	case "1.0":
		r.old = true
	default:
		return &refusal{http.StatusHTTPVersionNotSupported, "a version other than 1.0 and 1.1"}
	}
	switch string(r.method) {
	case http.MethodTrace, http.MethodConnect:
		return &refusal{http.StatusMethodNotAllowed, "a method that load balancers do not pass on"}
	}
	return r.parseTarget()
}

// parseTarget accepts "/path?query", "http://host/path", which becomes the former, and
// the "*" of OPTIONS.
func (r *request) parseTarget() error {
	switch {
	case len(r.target) == 0:
		return bad("an empty target")
	case r.target[0] == '/':
		return nil
	case string(r.target) == "*" && string(r.method) == http.MethodOptions:
		return nil
	}
	const scheme = "http://"
	if len(r.target) <= len(scheme) || !is(r.target[:len(scheme)], scheme) {
		return bad("a target that is neither a path nor an http URL")
	}
	rest := r.target[len(scheme):]
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 || !validHost(rest[:end]) {
		return bad("a target without a host")
	}
	r.host = rest[:end]
	switch rest = rest[end:]; {
	case len(rest) == 0:
		r.target = slash()
	case rest[0] == '/':
		r.target = rest
	default:
		return bad("a target with a query and no path")
	}
	return nil
}

func slash() []byte { return []byte("/") }

// validHost says whether p can be a host with or without a port. Nothing but what host
// names and addresses are made of is let through, since a Host that two readers divide
// differently leads to two places.
func validHost(p []byte) bool {
	for _, c := range p {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', isDigit(c):
		case c == '-', c == '.', c == '_', c == '~', c == ':', c == '[', c == ']', c == '%':
		default:
			return false
		}
	}
	return len(p) > 0
}
