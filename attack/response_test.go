package attack

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func readerOf(source io.Reader) *answerReader {
	return &answerReader{source: source, buf: make([]byte, 64), keep: true}
}

func TestReadAnswer(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, test := range []struct {
		name, in string
		noBody   bool
		tooMuch  bool // seen only when it comes with the rest
		want     answer
		instance string
		kept     string
	}{
		{
			name: "content length", in: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Instance: web-1\r\n\r\nhello",
			want: answer{status: 200, body: 5}, instance: "web-1", kept: "hello",
		},
		{name: "no body", in: "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", want: answer{status: 200}},
		{
			name: "chunked", in: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, world...\r\n0\r\nTrailer: 1\r\n\r\n",
			want: answer{status: 200, body: 15}, kept: "hello, world...",
		},
		{
			name: "until the end", in: "HTTP/1.1 200 OK\r\nX-Instance: a\r\n\r\n" + long,
			want: answer{status: 200, body: 100_000, closes: true}, instance: "a", kept: long,
		},
		{
			name: "long body", in: "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + long,
			want: answer{status: 200, body: 100_000}, kept: long,
		},
		{name: "HEAD", in: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", noBody: true, want: answer{status: 200}},
		{name: "204", in: "HTTP/1.1 204 No Content\r\n\r\n", want: answer{status: 204}},
		{name: "304 with a length", in: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", want: answer{status: 304}},
		{
			name: "interim answers", in: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
			want: answer{status: 200, body: 2}, kept: "ok",
		},
		{name: "no reason", in: "HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", want: answer{status: 503}},
		{name: "line feeds alone", in: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", want: answer{status: 200, body: 2}, kept: "ok"},
		{name: "close", in: "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 0\r\n\r\n", want: answer{status: 200, closes: true}},
		{name: "HTTP/1.0", in: "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", want: answer{status: 200, closes: true}},
		{name: "HTTP/1.0 that stays", in: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", want: answer{status: 200}},
		{name: "more than was asked for", tooMuch: true, in: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1", want: answer{status: 200, body: 2, closes: true}, kept: "ok"},
		{name: "the same length twice", in: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", want: answer{status: 200, body: 2}, kept: "ok"},
		{
			name: "length and chunks", in: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
			want: answer{status: 200, body: 1, closes: true}, kept: "x",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			sources := map[string]io.Reader{"at once": strings.NewReader(test.in)}
			if !test.tooMuch {
				sources["byte by byte"] = iotest.OneByteReader(strings.NewReader(test.in))
			}
			for how, source := range sources {
				r := readerOf(source)
				r.buf = make([]byte, 4096)
				got, err := r.read(test.noBody)
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				instance := string(got.instance)
				got.instance = nil
				if got.status != test.want.status || got.body != test.want.body || got.closes != test.want.closes ||
					instance != test.instance || string(r.kept) != test.kept {
					t.Errorf("%s: %+v of %q with body %.20q, want %+v of %q with %.20q",
						how, got, instance, r.kept, test.want, test.instance, test.kept)
				}
			}
		})
	}
}

func TestReadBadAnswer(t *testing.T) {
	for _, test := range []struct {
		name, in string
		want     error
	}{
		{"nothing", "", io.EOF},
		{"half a status line", "HTTP/1.1 20", io.ErrUnexpectedEOF},
		{"half the headers", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", io.ErrUnexpectedEOF},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", io.ErrUnexpectedEOF},
		{"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", io.ErrUnexpectedEOF},
		{"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n", io.ErrUnexpectedEOF},
		{"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", errMalformed},
		{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", errMalformed},
		{"status of two digits", "HTTP/1.1 20 OK\r\n\r\n", errMalformed},
		{"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", errMalformed},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok", errMalformed},
		{"length beyond counting", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", errMalformed},
		{"unknown encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", errMalformed},
		{"header without a colon", "HTTP/1.1 200 OK\r\nfoo\r\n\r\n", errMalformed},
		{"bad chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", errMalformed},
		{"chunk longer than its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n0\r\n\r\n", errMalformed},
		{"protocol switched", "HTTP/1.1 101 Switching Protocols\r\n\r\n", errMalformed},
		{"header line too long", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead) + "\r\n\r\n", errMalformed},
		{"too many headers", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", maxHead/6) + "\r\n", errMalformed},
		{"interim answers without end", strings.Repeat("HTTP/1.1 100 C\r\n\r\n", maxHead/18+1), errMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			for how, source := range map[string]io.Reader{
				"at once":      strings.NewReader(test.in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(test.in)),
			} {
				if _, err := readerOf(source).read(false); !errors.Is(err, test.want) {
					t.Errorf("%s: error %v, want %v", how, err, test.want)
				}
			}
		})
	}
}

func TestKeptBodyIsBounded(t *testing.T) {
	body := strings.Repeat("x", maxKept+5000)
	r := readerOf(strings.NewReader("HTTP/1.1 200 OK\r\n\r\n" + body))
	ans, err := r.read(false)
	if err != nil || ans.body != int64(len(body)) || len(r.kept) != maxKept {
		t.Errorf("body %d, kept %d, error %v; want all counted and %d kept", ans.body, len(r.kept), err, maxKept)
	}
}

// FuzzResponse feeds anything to the reader: it must end, must not count more body
// than there is input, must see the same whether bytes come at once or one by one,
// and must agree with net/http where both accept.
func FuzzResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Instance: web-1\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\nuntil the end",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 204 No Content\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
	} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, in []byte, noBody bool) {
		whole := readerOf(bytes.NewReader(in))
		ans, err := whole.read(noBody)
		slow := readerOf(iotest.OneByteReader(bytes.NewReader(in)))
		again, errAgain := slow.read(noBody)
		if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Fatalf("at once: %v, byte by byte: %v", err, errAgain)
		}
		if ans.status != again.status || ans.body != again.body || !bytes.Equal(whole.kept, slow.kept) ||
			!bytes.Equal(ans.instance, again.instance) {
			t.Fatalf("at once: %+v %q, byte by byte: %+v %q", ans, whole.kept, again, slow.kept)
		}
		if err != nil {
			return
		}
		if ans.body > int64(len(in)) || ans.status < 200 || ans.status > 999 {
			t.Fatalf("%+v of %d bytes", ans, len(in))
		}
		method := http.MethodGet
		if noBody {
			method = http.MethodHead
		}
		from := bufio.NewReader(bytes.NewReader(in))
		var theirs *http.Response
		for {
			if theirs, err = http.ReadResponse(from, &http.Request{Method: method}); err != nil {
				return
			}
			if theirs.StatusCode >= 200 {
				break
			}
		}
		body, err := io.ReadAll(theirs.Body)
		if err != nil {
			return
		}
		if theirs.StatusCode != ans.status || int64(len(body)) != ans.body {
			t.Errorf("net/http reads %d with %d bytes, we %d with %d", theirs.StatusCode, len(body), ans.status, ans.body)
		}
	})
}
