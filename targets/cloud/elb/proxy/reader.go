package proxy

import (
	"io"
	"net"
)

// The sizes of a connection's buffer: that of small messages, and that for a head that
// is long or a body that streams.
const (
	smallBuffer = 4 << 10
	largeBuffer = 32 << 10
)

// reader holds what was received on a connection and not used yet, in buf[r:w].
type reader struct {
	src  io.Reader
	buf  []byte
	r, w int
	// took counts the bytes that were received.
	took uint64
}

func newReader(src net.Conn) reader { return reader{src: src, buf: make([]byte, smallBuffer)} }

func (b *reader) buffered() []byte { return b.buf[b.r:b.w] }

// fill receives what there is, at least a byte. What was buffered stays, at another
// place: slices of it are not valid any more.
func (b *reader) fill() error {
	switch {
	case b.r == b.w:
		b.r, b.w = 0, 0
	case b.w == len(b.buf) && b.r > 0:
		b.w = copy(b.buf, b.buf[b.r:b.w])
		b.r = 0
	}
	if b.w == len(b.buf) {
		b.grow(2 * len(b.buf))
	}
	n, err := b.src.Read(b.buf[b.w:])
	b.w += n
	b.took += uint64(n)
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// grow makes room for size bytes in all.
func (b *reader) grow(size int) {
	if len(b.buf) >= size {
		return
	}
	buf := make([]byte, size)
	b.w = copy(buf, b.buf[b.r:b.w])
	b.r, b.buf = 0, buf
}

// rest gives back the room of a long message, when nothing is buffered.
func (b *reader) rest() {
	if b.r == b.w && len(b.buf) > smallBuffer {
		b.buf = make([]byte, smallBuffer)
		b.r, b.w = 0, 0
	}
}

// line is the next line without its end, when all of it is buffered. It fails with a
// [refusal] when the line is longer than limit, or does not end in CRLF.
func (b *reader) line(limit int) (line []byte, ok bool, err error) {
	p := b.buffered()
	for i, c := range p {
		switch {
		case c == '\n':
			if i == 0 || p[i-1] != '\r' {
				return nil, false, bad("a line ends in a bare LF")
			}
			b.r += i + 1
			return p[:i-1], true, nil
		case i > 0 && p[i-1] == '\r':
			return nil, false, bad("a bare CR")
		case i > limit:
			return nil, false, bad("a line of a chunk is too long")
		}
	}
	return nil, false, nil
}

// head receives until the head of a message is whole, and has its length. It fails with
// io.EOF when the connection ends before its first byte.
func (b *reader) head(l limits) (int, error) {
	var s scan
	for {
		if b.r < b.w {
			if n, err := s.next(b.buffered(), l); n > 0 || err != nil {
				return n, err
			}
		}
		if err := b.fill(); err != nil {
			if err == io.EOF && b.r < b.w {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
	}
}
