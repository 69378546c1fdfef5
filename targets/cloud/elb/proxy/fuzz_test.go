package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// readHead finds and parses a head as a connection does, byte by byte or at once.
func readHead(data []byte, one bool, l limits, parse func([]byte) error) (size int, err error) {
	var src io.Reader = bytes.NewReader(data)
	if one {
		src = iotest.OneByteReader(src)
	}
	in := reader{src: src, buf: make([]byte, 16)}
	if size, err = in.head(l); err != nil {
		return 0, err
	}
	return size, parse(in.buffered()[:size])
}

// What is accepted is understood alike by Go's own server, before and after the node has
// changed it, and nothing in it can be taken for another line.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: web\r\n\r\n",
		"POST http://web:80/a?b HTTP/1.1\r\nHost: web:80\r\nContent-Length: 5\r\nX-Forwarded-For: 10.0.0.1, ::1\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\nConnection: X-A, close\r\nX-A: b\r\n\r\n",
		"GET / HTTP/1.0\r\nConnection: keep-alive\r\nCookie: AWSALB=x\r\nX-Amzn-Trace-Id: Root=1-2-3;Self=4\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nTE: trailers\r\nExpect: 100-continue\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: web\r\nX-A: b\r\n c\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r, again request
		size, err := readHead(data, false, requestLimits(), r.parse)
		sizeAgain, errAgain := readHead(data, true, requestLimits(), again.parse)
		var refused *refusal
		if err != nil && !errors.As(err, &refused) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("error %v", err)
		}
		if size != sizeAgain || (err == nil) != (errAgain == nil) {
			t.Fatalf("%d, %v at once and %d, %v byte by byte", size, err, sizeAgain, errAgain)
		}
		if err != nil {
			return
		}
		theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data[:size])))
		if err != nil && !strings.Contains(err.Error(), "invalid URI") && !strings.Contains(err.Error(), "parse ") {
			t.Fatalf("accepted %q, which Go's server refuses: %v", data[:size], err)
		}
		s := sender{client: "127.0.0.1", port: "80", host: "127.0.0.2:80", rng: *rand.NewPCG(1, 2)}
		out := s.appendRequest(nil, &r, time.Unix(1, 0))
		sent, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(out)))
		if err != nil {
			if theirs == nil {
				return // a URL that Go does not take
			}
			t.Fatalf("%q becomes %q: %v", data[:size], out, err)
		}
		if theirs != nil && sent.Method != theirs.Method {
			t.Fatalf("%q becomes %q", data[:size], out)
		}
		chunked := len(sent.TransferEncoding) == 1
		if chunked != r.chunked || !chunked && sent.ContentLength != max(r.length, 0) {
			t.Fatalf("%q has another body in %q", data[:size], out)
		}
		if got := sent.Header.Get("X-Forwarded-For"); !strings.HasSuffix(got, "127.0.0.1") || len(sent.Header["X-Forwarded-For"]) != 1 {
			t.Fatalf("forwarders %q", sent.Header["X-Forwarded-For"])
		}
		n := 0
		elements([]byte(sent.Header.Get("X-Forwarded-For")), func([]byte) bool { n++; return true })
		if n != r.forwarders+1 {
			t.Fatalf("%d forwarders, of %d", n, r.forwarders)
		}
		if bytes.Count(out, []byte("\r\n\r\n")) != 1 || bytes.Count(out, []byte("\n")) != bytes.Count(out, []byte("\r\n")) {
			t.Fatalf("lines that are not ours in %q", out)
		}
		for _, h := range []string{"Connection", "Keep-Alive", "Te", "Upgrade", "Trailer", "Expect"} {
			if sent.Header.Get(h) != "" {
				t.Fatalf("%s goes through in %q", h, out)
			}
		}
	})
}

func FuzzResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=b; Path=/\r\n\r\n",
		"HTTP/1.0 304\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\nConnection: X-A\r\nX-A: b\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r response
		size, err := readHead(data, len(data)%2 == 0, responseLimits(), r.parse)
		if err != nil || r.status < 200 {
			return // interim answers go no further
		}
		theirs, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(data[:size])), nil)
		if err != nil {
			t.Fatalf("accepted %q, which Go's client refuses: %v", data[:size], err)
		}
		get := request{}
		d := deliver(&get, &r, true)
		out := append(d.appendResponse(nil, &r), "\r\n"...)
		sent, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(out)), nil)
		if err != nil || sent.StatusCode != theirs.StatusCode {
			t.Fatalf("%q becomes %q: %v", data[:size], out, err)
		}
		if bytes.Count(out, []byte("\r\n\r\n")) != 1 || bytes.Count(out, []byte("\n")) != bytes.Count(out, []byte("\r\n")) {
			t.Fatalf("lines that are not ours in %q", out)
		}
		if !d.bodyless && !d.chunked && sent.ContentLength != r.length {
			t.Fatalf("%q has another length in %q", data[:size], out)
		}
	})
}

// What is accepted of a chunked body is what Go's own reader makes of it, however it is
// cut into pieces.
func FuzzChunks(f *testing.F) {
	for _, s := range []string{"5\r\nhello\r\n0\r\n\r\n", "1;a=b\r\nx\r\n0\r\nT: u\r\n\r\n", "A\r\n0123456789\r\n0\r\n\r\nGET", "5\nhello\r\n0\r\n\r\n"} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		read := func(src io.Reader) (got, framed []byte, rest int, err error) {
			in := reader{src: src, buf: make([]byte, 16)}
			b := newBody(&in, &framing{length: -1, chunked: true}, false)
			for !b.done() {
				p, err := b.piece()
				if err != nil {
					return got, framed, 0, err
				}
				got, framed = append(got, p...), appendChunk(framed, p, true)
				if len(p) == 0 && !b.done() {
					if err := b.more(); err != nil {
						return got, framed, 0, err
					}
				}
			}
			return got, append(framed, "0\r\n\r\n"...), in.w - in.r, nil
		}
		got, framed, _, err := read(bytes.NewReader(data))
		slow, _, _, errSlow := read(iotest.OneByteReader(bytes.NewReader(data)))
		if (err == nil) != (errSlow == nil) || err == nil && !bytes.Equal(got, slow) {
			t.Fatalf("%q, %v at once and %q, %v byte by byte", got, err, slow, errSlow)
		}
		if err != nil {
			return
		}
		theirs, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(data)))
		if err != nil || !bytes.Equal(got, theirs) {
			t.Fatalf("%q is %q here and %q, %v in Go", data, got, theirs, err)
		}
		if back, _, rest, err := read(bytes.NewReader(framed)); err != nil || rest != 0 || !bytes.Equal(back, got) {
			t.Fatalf("%q becomes %q, which is %q, %v", data, framed, back, err)
		}
	})
}

func FuzzCookies(f *testing.F) {
	k, err := newSealer("s")
	if err != nil {
		f.Fatal(err)
	}
	now := time.Unix(1000, 0)
	f.Add("a=1; AWSALB=x", "web", "web-1")
	f.Add("AWSALB="+k.seal(stickyTo{"web", "web-1", now.Add(1)}, [12]byte{}), "", "x")
	f.Fuzz(func(t *testing.T, header, group, target string) {
		fields := []field{{[]byte("Cookie"), []byte(header)}}
		if v := cookieValue(fields, "AWSALB"); v != nil {
			if !strings.Contains(header, "AWSALB=") || bytes.ContainsAny(v, ";") {
				t.Fatalf("value %q of %q", v, header)
			}
			k.open(v, now)
		}
		if len(group) > 255 {
			return
		}
		value := k.seal(stickyTo{group, target, now.Add(time.Second)}, [12]byte{})
		got, ok := k.open([]byte(value), now)
		if !ok || got.group != group || got.target != target {
			t.Fatalf("%q and %q come back as %+v, %v", group, target, got, ok)
		}
		if v := cookieValue([]field{{[]byte("Cookie"), []byte("AWSALB=" + value)}}, "AWSALB"); string(v) != value {
			t.Fatalf("%q is cut to %q", value, v)
		}
	})
}

func FuzzMatcher(f *testing.F) {
	for _, s := range []string{"200", "200,302", "200-299", "", "200-", "499-200"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMatcher(text)
		if err != nil {
			return
		}
		any := false
		for s := range 1000 {
			if m.matches(s) {
				any = true
				if s < 200 || s > 499 {
					t.Fatalf("%q matches %d", text, s)
				}
			}
		}
		if !any || strings.Trim(text, "0123456789,-") != "" {
			t.Fatalf("%q is taken", text)
		}
	})
}
