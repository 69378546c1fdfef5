package attack

import (
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"

	"showdown/attack/scenario"
)

// target is a request as it is written, but for the host.
type target struct {
	site   int
	method string
	// path is the request's target: path and query.
	path string
	// host is the Host header; empty is the address.
	host string
	// header is the remaining header lines, each with its end.
	header string
	body   []byte
	size   uint32
	// noBody says that the answer has no body.
	noBody bool
	// fixed says that the request is the same every time; else step fills it in.
	fixed bool
	// fields is the header for HTTP/2.
	fields http.Header
	// step is the scenario's request; nil without a scenario. needsBody and needsHeader
	// say what it looks at of the answer.
	step                   *scenario.Step
	needsBody, needsHeader bool
}

// newTarget makes a target. It fails when a part of it could not be written as
// HTTP without changing its meaning.
func newTarget(method, path string, header http.Header, body []byte) (target, error) {
	t := target{method: method, path: path, body: body, size: uint32(len(body)), noBody: method == http.MethodHead, fixed: true, fields: http.Header{}}
	if !token(method) {
		return t, fmt.Errorf("method %q is not one word", method)
	}
	if !strings.HasPrefix(path, "/") && path != "*" || strings.ContainsAny(path, " \r\n") {
		return t, fmt.Errorf("path %q does not start with / or has a space in it", path)
	}
	var lines strings.Builder
	agent := false
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if !token(name) {
			return t, fmt.Errorf("header name %q is not one word", name)
		}
		for _, value := range header[name] {
			if strings.ContainsAny(value, "\r\n\x00") {
				return t, fmt.Errorf("header %s: the value has a line break", name)
			}
			switch strings.ToLower(name) {
			case "host":
				t.host = value
				continue
			case "content-length", "transfer-encoding", "connection":
				return t, fmt.Errorf("header %s is set by showdown itself", name)
			case "user-agent":
				agent = true
			}
			lines.WriteString(name + ": " + value + "\r\n")
			t.fields.Add(name, value)
		}
	}
	if !agent {
		lines.WriteString("User-Agent: " + userAgent + "\r\n")
		t.fields.Set("User-Agent", userAgent)
	}
	if len(body) > 0 || hasBody(method) {
		lines.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	t.header = lines.String()
	return t, nil
}

// userAgent is what requests without a User-Agent header have.
const userAgent = "showdown"

// hasBody says that a request of the method says how long its body is, be it empty.
func hasBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

// bytes is the request to that address, for a connection that stays and for one
// that does not.
func (t *target) bytes(address string) (keep, last []byte) {
	start := t.method + " " + t.path + " HTTP/1.1\r\nHost: " + orDefault(t.host, address) + "\r\n" + t.header
	keep = append([]byte(start+"\r\n"), t.body...)
	last = append([]byte(start+"Connection: close\r\n\r\n"), t.body...)
	return keep, last
}

// token says whether s is one word as HTTP's grammar has it.
func token(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
