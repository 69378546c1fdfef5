package attack

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"showdown/attack/scenario"
)

// linesOf is the header lines of fields but for those that the step has itself: it writes
// them each time.
func linesOf(fields http.Header, step *scenario.Step) string {
	var out strings.Builder
	names := make([]string, 0, len(fields))
	for name := range fields {
		if !slices.ContainsFunc(step.Header, func(f scenario.Field) bool { return strings.EqualFold(f.Name, name) }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range fields[name] {
			out.WriteString(name + ": " + value + "\r\n")
		}
	}
	return out.String()
}

// fill writes the request to that address with its values into buf, which it may enlarge:
// for a connection that stays, or for one that serves this request only. size is that of
// the body. The request is valid until buf is used again.
func (t *target) fill(buf *[]byte, address string, last bool, values []scenario.Value) (request []byte, size uint32) {
	// The body comes first, since its length stands before it, and then once more.
	b := t.step.Body.Append((*buf)[:0], values)
	n := len(b)
	b = append(b, t.method...)
	b = append(b, ' ')
	b = append(b, t.path...)
	b = t.step.Path.Append(b, values)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, orDefault(t.host, address)...)
	b = append(b, "\r\n"...)
	b = append(b, t.header...)
	for i := range t.step.Header {
		f := &t.step.Header[i]
		if strings.EqualFold(f.Name, "host") {
			continue
		}
		b = append(b, f.Name...)
		b = append(b, ": "...)
		b = f.Value.Append(b, values)
		b = append(b, "\r\n"...)
	}
	if n > 0 || hasBody(t.method) {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(n), 10)
		b = append(b, "\r\n"...)
	}
	if last {
		b = append(b, "Connection: close\r\n"...)
	}
	b = append(b, "\r\n"...)
	b = append(b, b[:n]...)
	*buf = b
	return b[n:], uint32(n)
}

// values calls yield with the values of a header field of the last answer, in their order.
func (a *answerReader) values(name string, yield func(value string) bool) {
	rest := string(a.headLines)
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		field, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(field, name) && !yield(strings.Trim(value, " \t")) {
			return
		}
	}
}
