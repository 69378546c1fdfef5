package proxy

import (
	"bytes"
	"net/http"
)

// limits bound the head of a message, in bytes.
type limits struct {
	first, line, head int
	// tooLong and tooBig are the statuses of a first line, and of anything else, that is
	// over its limit.
	tooLong, tooBig int
}

// The limits of Elastic Load Balancing (Elastic Load Balancing User Guide, How it
// works: HTTP headers; User Guide for Application Load Balancers, Troubleshoot).
func requestLimits() limits {
	return limits{16 << 10, 16 << 10, 64 << 10, http.StatusRequestURITooLong, http.StatusBadRequest}
}

func responseLimits() limits {
	return limits{32 << 10, 32 << 10, 32 << 10, http.StatusBadGateway, http.StatusBadGateway}
}

// scan looks for the end of a head while it is received. Its zero value is at the
// beginning of a message.
type scan struct {
	line int // where the current line begins
	at   int // the first byte that was not looked at
}

// next is the length of the head that p begins with, 0 while its end is not there. p is
// the same as at the last call, with more behind it.
func (s *scan) next(p []byte, l limits) (int, error) {
	if len(p) > 0 && s.line == 0 && !isToken(p[0]) {
		return 0, bad("a message begins with what is no letter")
	}
	for {
		limit, status := l.line, l.tooBig
		if s.line == 0 {
			limit, status = l.first, l.tooLong
		}
		i := bytes.IndexByte(p[s.at:], '\n')
		end := s.at + i
		if i < 0 {
			end = len(p)
		}
		switch {
		case end-s.line > limit+1:
			return 0, &refusal{status, "a line of the head is too long"}
		case end >= l.head:
			return 0, &refusal{l.tooBig, "the head is too long"}
		case i < 0:
			s.at = len(p)
			return 0, nil
		case end == 0 || p[end-1] != '\r':
			return 0, bad("a line ends in a bare LF")
		}
		s.at = end + 1
		if end-1 == s.line {
			return s.at, nil
		}
		s.line = s.at
	}
}

// field is a header field. Its parts lie in the buffer of the connection.
type field struct{ name, value []byte }

// parseFields adds the fields of head, which ends in an empty line, to fields. A line
// that goes on the one before (obs-fold), blanks before a colon, and control bytes are
// refused.
func parseFields(fields []field, head []byte) ([]field, error) {
	for len(head) > 2 {
		end := bytes.IndexByte(head, '\n')
		line := head[:end-1]
		head = head[end+1:]
		colon := 0
		for colon < len(line) && isToken(line[colon]) {
			colon++
		}
		if colon == 0 || colon == len(line) || line[colon] != ':' {
			return fields, bad("a header without a name and a colon behind it")
		}
		value := trim(line[colon+1:])
		for _, c := range value {
			if c < ' ' && c != '\t' || c == 0x7f {
				return fields, bad("a control byte in a header")
			}
		}
		fields = append(fields, field{line[:colon], value})
	}
	return fields, nil
}

// trim is p without blanks at its ends.
func trim(p []byte) []byte {
	for len(p) > 0 && isBlank(p[0]) {
		p = p[1:]
	}
	for len(p) > 0 && isBlank(p[len(p)-1]) {
		p = p[:len(p)-1]
	}
	return p
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isToken says whether c may be part of a token (RFC 9110, 5.6.2).
func isToken(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return false
}

// is says whether name is want, which is in small letters, in any case.
func is(name []byte, want string) bool {
	if len(name) != len(want) {
		return false
	}
	for i := range name {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

// elements calls fn with each element of a list that is divided by commas, without the
// blanks around it, until fn returns false.
func elements(list []byte, fn func([]byte) bool) {
	for len(list) > 0 {
		var one []byte
		if i := bytes.IndexByte(list, ','); i >= 0 {
			one, list = list[:i], list[i+1:]
		} else {
			one, list = list, nil
		}
		if one = trim(one); len(one) > 0 && !fn(one) {
			return
		}
	}
}

// framing is what the headers of a message say of its body and its connection.
type framing struct {
	// length is the Content-Length, -1 without one.
	length  int64
	chunked bool
	// identity is a Transfer-Encoding that says nothing, and is let through where nothing
	// else could be meant.
	identity bool
	// close and keepAlive are what Connection says.
	close, keepAlive bool
	// named are the values of Connection: they name headers that end here.
	named [][]byte
}

// note takes a header into account, and says whether it was one of the framing. coded
// is the status of a transfer encoding that is unknown.
func (f *framing) note(h field, coded int) (bool, error) {
	switch {
	case is(h.name, "content-length"):
		n, ok := parseLength(h.value)
		switch {
		case !ok:
			return true, bad("a Content-Length that is no number")
		case f.length >= 0 && f.length != n:
			return true, bad("two Content-Lengths that differ")
		}
		f.length = n
	case is(h.name, "transfer-encoding"):
		switch {
		case f.chunked || f.identity:
			return true, bad("two Transfer-Encodings")
		case is(h.value, "chunked"):
			f.chunked = true
		case is(h.value, "identity"):
			f.identity = true
		default:
			return true, &refusal{coded, "an unknown Transfer-Encoding"}
		}
	case is(h.name, "connection"):
		elements(h.value, func(one []byte) bool {
			switch {
			case is(one, "close"):
				f.close = true
			case is(one, "keep-alive"):
				f.keepAlive = true
			default:
				f.named = append(f.named, one)
			}
			return true
		})
	default:
		return false, nil
	}
	return true, nil
}

// ends says whether a header ends at this hop (RFC 9110, 7.6.1).
func (f *framing) ends(name []byte) bool {
	switch len(name) {
	case len("te"):
		if is(name, "te") {
			return true
		}
	case len("upgrade"): // and Trailer
		if is(name, "upgrade") || is(name, "trailer") {
			return true
		}
	case len("keep-alive"):
		if is(name, "keep-alive") {
			return true
		}
	case len("proxy-connection"):
		if is(name, "proxy-connection") {
			return true
		}
	}
	for _, n := range f.named {
		if bytes.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// parseLength is the value of a Content-Length: digits alone, less than 2^62.
func parseLength(p []byte) (int64, bool) {
	if len(p) == 0 {
		return 0, false
	}
	var n int64
	for _, c := range p {
		if !isDigit(c) || n >= 1<<58 {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}
