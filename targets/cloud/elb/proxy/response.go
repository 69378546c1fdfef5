package proxy

import (
	"bytes"
	"net/http"
)

// response is the head of a target's answer. Its parts lie in the buffer of the
// connection and are valid until more is received.
type response struct {
	status int
	// line is the status line behind the version: "200 OK".
	line   []byte
	old    bool
	fields []field
	framing
}

// errResponse is the refusal of an answer that a target may not give.
func errResponse(reason string) error { return &refusal{http.StatusBadGateway, reason} }

// parse reads a head, which ends in an empty line. The error is a [refusal].
func (r *response) parse(head []byte) error {
	*r = response{fields: r.fields[:0], framing: framing{length: -1, named: r.named[:0]}}
	end := bytes.IndexByte(head, '\n')
	if err := r.parseLine(head[:end-1]); err != nil {
		return err
	}
	var err error
	if r.fields, err = parseFields(r.fields, head[end+1:]); err != nil {
		return errResponse(err.Error())
	}
	kept := r.fields[:0]
	for _, h := range r.fields {
		framed, err := r.note(h, http.StatusBadGateway)
		switch {
		case err != nil:
			return errResponse(err.Error())
		case !framed:
			kept = append(kept, h)
		}
	}
	r.fields = kept
	switch {
	case (r.chunked || r.identity) && r.length >= 0:
		return errResponse("a Content-Length and a Transfer-Encoding")
	case r.chunked && r.old:
		return errResponse("a Transfer-Encoding in HTTP/1.0")
	}
	return nil
}

// parseLine reads "HTTP/1.1 200 OK"; the words may be missing.
func (r *response) parseLine(line []byte) error {
	if len(line) < 12 || string(line[:7]) != "HTTP/1." || line[7] != '0' && line[7] != '1' || line[8] != ' ' ||
		len(line) > 12 && line[12] != ' ' {
		return errResponse("a status line that is none")
	}
	r.old = line[7] == '0'
	for _, c := range line[9:12] {
		if !isDigit(c) {
			return errResponse("a status that is no number")
		}
		r.status = 10*r.status + int(c-'0')
	}
	if r.status < 100 || r.status > 599 {
		return errResponse("a status outside 100 to 599")
	}
	for _, c := range line[12:] {
		if c < ' ' && c != '\t' || c == 0x7f {
			return errResponse("a control byte in a status line")
		}
	}
	r.line = line[9:]
	return nil
}

// noBody says that the answer has no body by its status.
func (r *response) noBody() bool {
	return r.status == http.StatusNoContent || r.status == http.StatusNotModified
}

// keeps says whether the target keeps the connection.
func (r *response) keeps() bool { return !r.old && !r.close }
