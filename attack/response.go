package attack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
)

const (
	// maxHead bounds the bytes of everything in an answer that is not body: interim
	// answers, status line, headers, chunk sizes and trailers.
	maxHead = 64 << 10
	// maxKept bounds how much of a body is kept for a content check.
	maxKept = 1 << 20
	// smallBuffer holds a whole answer of the usual size; bodies that are longer are
	// read through a largeBuffer.
	smallBuffer = 4 << 10
	largeBuffer = 32 << 10
)

// errMalformed is the error of an answer that is not HTTP/1.x.
var errMalformed = errors.New("malformed answer")

func malformed(what string) error { return fmt.Errorf("%w: %s", errMalformed, what) }

// answer is what an attack wants to know of an HTTP response.
type answer struct {
	status int
	// body is the length of the body in bytes, without its transfer encoding.
	body int64
	// instance is the value of X-Instance. It points into the reader's buffer and is
	// valid until the next read.
	instance []byte
	// closes says that the connection cannot be used again.
	closes bool
}

// answerReader reads HTTP/1.x responses from a connection.
type answerReader struct {
	source io.Reader
	// buf[r:w] is what was received and not used yet.
	buf  []byte
	r, w int
	// head is how much of maxHead is left.
	head int
	// name keeps the value of X-Instance, which refilling the buffer would overwrite.
	name []byte
	// keep asks for the body, at most maxKept bytes of it, in kept.
	keep bool
	kept []byte
	// keepHead asks for the header lines, each with a line feed after it, in headLines.
	keepHead  bool
	headLines []byte
}

// read reads one answer, body included. noBody says that the request was one whose
// answer has none, a HEAD. Errors are the source's, io.ErrUnexpectedEOF when the
// source ended in the middle (io.EOF before the first byte), or wrap errMalformed.
func (a *answerReader) read(noBody bool) (answer, error) {
	a.head = maxHead
	a.kept = a.kept[:0]
	a.name = a.name[:0]
	a.headLines = a.headLines[:0]
	for {
		ans, f, err := a.readHead()
		if err != nil {
			return ans, err
		}
		if ans.status == 101 {
			return ans, malformed("protocol switched unasked")
		}
		if ans.status < 200 {
			continue
		}
		if !noBody && ans.status != 204 && ans.status != 304 {
			err = a.readBody(&ans, f)
		}
		ans.instance = a.name
		if a.r != a.w {
			// More than was asked for: what follows cannot be trusted.
			ans.closes = true
		}
		return ans, err
	}
}

// framing is what the headers say of the body's extent.
type framing struct {
	length  int64 // -1 when not given
	chunked bool
}

func (a *answerReader) readHead() (answer, framing, error) {
	f := framing{length: -1}
	line, err := a.line()
	if err != nil {
		return answer{}, f, err
	}
	ans, ok := parseStatus(line)
	if !ok {
		return answer{}, f, malformed("bad status line")
	}
	for {
		line, err := a.line()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return ans, f, err
		}
		if len(line) == 0 {
			break
		}
		if err := a.header(line, &ans, &f); err != nil {
			return ans, f, err
		}
	}
	if f.chunked && f.length >= 0 {
		// Two lengths: the chunks win, and the connection is not trusted further.
		f.length, ans.closes = -1, true
	}
	return ans, f, nil
}

// parseStatus reads "HTTP/1.1 200 OK"; the reason may be missing.
func parseStatus(line []byte) (answer, bool) {
	if len(line) < 12 || string(line[:7]) != "HTTP/1." || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return answer{}, false
	}
	status := 0
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return answer{}, false
		}
		status = 10*status + int(c-'0')
	}
	if status < 100 || line[7] < '0' || line[7] > '9' {
		return answer{}, false
	}
	return answer{status: status, closes: line[7] == '0'}, true
}

func (a *answerReader) header(line []byte, ans *answer, f *framing) error {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return malformed("header without a name")
	}
	if a.keepHead {
		a.headLines = append(append(a.headLines, line...), '\n')
	}
	name := line[:colon]
	switch len(name) {
	case len("connection"):
		switch {
		case same(name, "connection"):
			// Of several options in one line only these two matter.
			value := trim(line[colon+1:])
			switch {
			case same(value, "keep-alive"):
				ans.closes = false
			case listed(value, "close"):
				ans.closes = true
			}
		case same(name, "x-instance"):
			a.name = append(a.name[:0], trim(line[colon+1:])...)
		}
	case len("content-length"):
		if !same(name, "content-length") {
			return nil
		}
		n, ok := parseDecimal(trim(line[colon+1:]))
		if !ok || f.length >= 0 && f.length != n {
			return malformed("bad content length")
		}
		f.length = n
	case len("transfer-encoding"):
		if !same(name, "transfer-encoding") {
			return nil
		}
		switch value := trim(line[colon+1:]); {
		case f.chunked:
			return malformed("two transfer encodings")
		case same(value, "chunked"):
			f.chunked = true
		case same(value, "identity"):
		default:
			return malformed("unknown transfer encoding")
		}
	}
	return nil
}

func (a *answerReader) readBody(ans *answer, f framing) error {
	switch {
	case f.chunked:
		return a.readChunks(ans)
	case f.length >= 0:
		ans.body = f.length
		return a.skip(f.length)
	}
	ans.closes = true
	for {
		ans.body += int64(a.w - a.r)
		a.use(a.w - a.r)
		switch err := a.fill(); err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

func (a *answerReader) readChunks(ans *answer) error {
	for {
		line, err := a.line()
		if err != nil {
			return unexpected(err)
		}
		size, ok := parseChunkSize(line)
		if !ok || ans.body > math.MaxInt64-size {
			return malformed("bad chunk size")
		}
		if size == 0 {
			break
		}
		ans.body += size
		if err := a.skip(size); err != nil {
			return err
		}
		if line, err = a.line(); err != nil {
			return unexpected(err)
		}
		if len(line) != 0 {
			return malformed("chunk longer than its size")
		}
	}
	for {
		line, err := a.line()
		if err != nil {
			return unexpected(err)
		}
		if len(line) == 0 {
			return nil
		}
	}
}

// skip uses n bytes of body.
func (a *answerReader) skip(n int64) error {
	for {
		have := min(int64(a.w-a.r), n)
		a.use(int(have))
		if n -= have; n == 0 {
			return nil
		}
		if n > smallBuffer && len(a.buf) < largeBuffer {
			a.buf, a.r, a.w = make([]byte, largeBuffer), 0, 0
		}
		if err := a.fill(); err != nil {
			return unexpected(err)
		}
	}
}

// use advances over n received bytes of body.
func (a *answerReader) use(n int) {
	if a.keep {
		a.kept = append(a.kept, a.buf[a.r:a.r+min(n, maxKept-len(a.kept))]...)
	}
	a.r += n
}

// line is the next line without its end. It is valid until the next call.
func (a *answerReader) line() ([]byte, error) {
	seen := 0
	for {
		if i := bytes.IndexByte(a.buf[a.r+seen:a.w], '\n'); i >= 0 {
			line := a.buf[a.r : a.r+seen+i]
			a.r += seen + i + 1
			if a.head -= len(line) + 1; a.head < 0 {
				return nil, malformed("header too long")
			}
			if n := len(line); n > 0 && line[n-1] == '\r' {
				line = line[:n-1]
			}
			return line, nil
		}
		if seen = a.w - a.r; seen > a.head {
			return nil, malformed("header too long")
		}
		if err := a.fill(); err != nil {
			if err == io.EOF && seen > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// fill receives more, at least one byte unless there is an error.
func (a *answerReader) fill() error {
	switch {
	case a.r == a.w:
		a.r, a.w = 0, 0
	case a.w == len(a.buf) && a.r > 0:
		a.w = copy(a.buf, a.buf[a.r:a.w])
		a.r = 0
	}
	if a.w == len(a.buf) {
		// A line longer than the buffer; line stops at maxHead.
		bigger := make([]byte, max(2*len(a.buf), smallBuffer))
		copy(bigger, a.buf)
		a.buf = bigger
	}
	for range 100 {
		n, err := a.source.Read(a.buf[a.w:])
		a.w += n
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// same compares b with a lower-case word, without regard to the case of b.
func same(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// listed says whether a lower-case word is among the comma-separated ones of b.
func listed(b []byte, lower string) bool {
	for {
		comma := bytes.IndexByte(b, ',')
		if comma < 0 {
			return same(trim(b), lower)
		}
		if same(trim(b[:comma]), lower) {
			return true
		}
		b = b[comma+1:]
	}
}

func parseDecimal(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// parseChunkSize reads a hexadecimal size; an extension after a semicolon is
// ignored.
func parseChunkSize(line []byte) (int64, bool) {
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	line = trim(line)
	if len(line) == 0 || len(line) > 15 {
		return 0, false
	}
	var n int64
	for _, c := range line {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		n = n<<4 | int64(c)
	}
	return n, true
}
