package proxy

import (
	"io"
	"math"
)

// Bounds of what is in a chunked body and no data.
const (
	maxChunkLine = 1 << 10
	maxTrailers  = 16 << 10
)

// body reads the body of a message piece by piece, without the marks of its chunks.
type body struct {
	in    *reader
	state bodyState
	// left is what is left of the body, or of the chunk.
	left     int64
	trailers int
}

type bodyState int

const (
	bodyDone bodyState = iota
	bodyLength
	bodyClose // until the connection ends
	chunkSize
	chunkData
	chunkEnd
	chunkTrailer
)

// newBody is the body that f tells of. Without a word in it there is none, or all until
// the connection's end where untilClose is set.
func newBody(in *reader, f *framing, untilClose bool) body {
	b := body{in: in}
	switch {
	case f.chunked:
		b.state = chunkSize
	case f.length > 0:
		b.state, b.left = bodyLength, f.length
	case f.length < 0 && untilClose:
		b.state = bodyClose
	}
	return b
}

func (b *body) done() bool { return b.state == bodyDone }

// piece is the next piece of what is buffered, nil when more must be received first or
// the body is done. It is valid until then. The error is a [refusal].
func (b *body) piece() ([]byte, error) {
	for {
		switch b.state {
		case bodyDone:
			return nil, nil
		case bodyLength, chunkData, bodyClose:
			p := b.in.buffered()
			if len(p) == 0 {
				return nil, nil
			}
			if b.state == bodyClose {
				b.in.r += len(p)
				return p, nil
			}
			if int64(len(p)) > b.left {
				p = p[:b.left]
			}
			b.in.r += len(p)
			b.left -= int64(len(p))
			if b.left == 0 {
				if b.state == chunkData {
					b.state = chunkEnd
				} else {
					b.state = bodyDone
				}
			}
			return p, nil
		default:
			if ok, err := b.mark(); err != nil || !ok {
				return nil, err
			}
		}
	}
}

// mark reads what divides two chunks, or ends the last; ok is false when it is not all
// there.
func (b *body) mark() (ok bool, err error) {
	limit := maxChunkLine
	switch b.state {
	case chunkEnd:
		limit = 2
	case chunkTrailer:
		limit = maxTrailers - b.trailers
	}
	line, ok, err := b.in.line(limit)
	if err != nil || !ok {
		return false, err
	}
	switch b.state {
	case chunkEnd:
		if len(line) > 0 {
			return false, bad("a chunk that is longer than its size")
		}
		b.state = chunkSize
	case chunkSize:
		n, ok := parseChunkSize(line)
		if !ok {
			return false, bad("a chunk size that is none")
		}
		b.left, b.state = n, chunkData
		if n == 0 {
			b.state = chunkTrailer
		}
	case chunkTrailer:
		b.trailers += len(line) + 2
		switch {
		case len(line) == 0:
			b.state = bodyDone
		case b.trailers > maxTrailers:
			return false, bad("too long trailers")
		default: // they end here
			if _, err := parseFields(nil, append(line[:len(line):len(line)], "\r\n"...)); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// more receives more of the body. The end of the connection is that of a body which
// has no other, and an error of any other.
func (b *body) more() error {
	if b.state == bodyLength && b.left > smallBuffer || b.state == chunkData && b.left > smallBuffer || b.state == bodyClose {
		b.in.grow(largeBuffer)
	}
	err := b.in.fill()
	if err == io.EOF {
		if b.state == bodyClose {
			b.state = bodyDone
			return nil
		}
		return io.ErrUnexpectedEOF
	}
	return err
}

// parseChunkSize reads "1a" or "1a;name=value", the size of a chunk. Extensions are
// taken for what they are and go no further.
func parseChunkSize(line []byte) (int64, bool) {
	var n int64
	i := 0
	for ; i < len(line); i++ {
		digit, ok := hexDigit(line[i])
		if !ok {
			break
		}
		if n > math.MaxInt64>>5 {
			return 0, false
		}
		n = n<<4 | digit
	}
	if i == 0 || i > 16 {
		return 0, false
	}
	ext := line[i:]
	if len(ext) > 0 && ext[0] != ';' {
		return 0, false
	}
	for _, c := range ext {
		if c < ' ' && c != '\t' || c >= 0x7f {
			return 0, false
		}
	}
	return n, true
}

func hexDigit(c byte) (int64, bool) {
	switch {
	case isDigit(c):
		return int64(c - '0'), true
	case 'a' <= c && c <= 'f':
		return int64(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return int64(c-'A') + 10, true
	}
	return 0, false
}

// appendChunk adds p to dst, as a chunk where chunked is set.
func appendChunk(dst, p []byte, chunked bool) []byte {
	if !chunked {
		return append(dst, p...)
	}
	if len(p) == 0 {
		return dst
	}
	dst = appendHex(dst, uint64(len(p)))
	dst = append(dst, "\r\n"...)
	dst = append(dst, p...)
	return append(dst, "\r\n"...)
}

func appendHex(dst []byte, n uint64) []byte {
	const digits = "0123456789abcdef"
	shift := 60
	for shift > 0 && n>>shift == 0 {
		shift -= 4
	}
	for ; shift >= 0; shift -= 4 {
		dst = append(dst, digits[n>>shift&0xf])
	}
	return dst
}
