package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A body is passed on while it comes, in both directions.
func TestStreams(t *testing.T) {
	o := newOrigin(t, "web-1", func(_ *origin, c net.Conn, r *http.Request) bool {
		// Says back each line at once, before the request is whole.
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		in := bufio.NewReader(r.Body)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				break
			}
			fmt.Fprintf(c, "%x\r\n%s\r\n", len(line), line)
		}
		_, err := io.WriteString(c, "0\r\n\r\n")
		return err == nil
	})
	n := start(t, balancer(o))
	l := n.dial()
	l.send("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n")
	var body *bufio.Reader
	var answer *http.Response
	for i := range 20 {
		line := fmt.Sprintf("line %d\n", i)
		l.send(fmt.Sprintf("%x\r\n%s\r\n", len(line), line))
		if i == 0 {
			r, err := http.ReadResponse(l.in, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, body = r, bufio.NewReader(r.Body)
		}
		if got, err := body.ReadString('\n'); err != nil || got != line {
			t.Fatalf("%q, %v, want %q", got, err, line)
		}
	}
	l.send("0\r\n\r\n")
	if rest, err := io.ReadAll(body); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
	if !answer.Close {
		t.Error("an answer that began before the request was whole must end the connection")
	}
	l.ends()
	n.errors(nil)
}

func TestEarlyAnswerEndsTheConnection(t *testing.T) {
	o := newOrigin(t, "web-1", says2("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"))
	n := start(t, balancer(o))
	l := n.dial()
	l.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000\r\n\r\nhalf")
	if r, body := l.must("POST", 413); body != "no" || !r.Close {
		t.Errorf("%q %v", body, r.Header)
	}
	l.ends()
	n.errors(nil)
}

func TestContinueIsSaidAtOnce(t *testing.T) {
	o := newOrigin(t, "web-1", nil)
	n := start(t, balancer(o))
	l := n.dial()
	l.send("POST / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
	l.must("POST", 100)
	if got, _ := o.received(); got != 0 {
		t.Error("the target was asked")
	}
	l.send("5\r\nhello\r\n0\r\n\r\n")
	if _, body := l.must("POST", 200); body != "web-1 hello" {
		t.Errorf("%q", body)
	}
	if o.last().Header.Get("Expect") != "" {
		t.Error("the target got the expectation")
	}
}

func TestPipelining(t *testing.T) {
	o := newOrigin(t, "web-1", nil)
	n := start(t, balancer(o))
	l := n.dial()
	l.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1\r\n\r\na" +
		"POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n\r\n" +
		"GET / HTTP/1.1\r\nHost: web\r\n\r\n" +
		"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n" +
		"GET /after HTTP/1.1\r\nHost: web\r\n\r\n")
	for _, want := range []string{"web-1 a", "web-1 b", "web-1 ", "web-1 "} {
		if _, body := l.must("GET", 200); body != want {
			t.Errorf("%q, want %q", body, want)
		}
	}
	l.ends()
	if got, _ := o.received(); got != 4 {
		t.Errorf("%d requests reached the target", got)
	}
}

// The forms of an answer, as HTTP/1.1 and HTTP/1.0 clients get them.
func TestAnswerForms(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 1<<14)
	tests := []struct {
		name, request, answer string
		method, body          string
		status                int
		close                 bool // the client's connection ends
		again                 bool // the target's is used again
	}{
		{"length", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "GET", "hi", 200, false, true},
		{"chunks", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\nT: u\r\n\r\n", "GET", "hi", 200, false, true},
		{"until the end", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nhi", "GET", "hi", 200, false, false},
		{"HTTP/1.0 target", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "GET", "hi", 200, false, false},
		{"close", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", "GET", "hi", 200, false, false},
		{"no reason", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "GET", "hi", 200, false, true},
		{"204", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "GET", "", 204, false, true},
		{"304", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET", "", 304, false, true},
		{"head with a length", "HEAD / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", "", 200, false, true},
		{"head of chunks", "HEAD / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD", "", 200, false, true},
		{"interim answers", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "GET", "hi", 200, false, true},
		{"more than was asked for", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n\r\n", "GET", "hi", 200, false, false},
		{"large", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(big), big), "GET", big, 200, false, true},
		{"large chunks", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(big), big), "GET", big, 200, false, true},
		{"asked to close", "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "GET", "hi", 200, true, true},
		{"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "GET", "hi", 200, true, true},
		{"HTTP/1.0, kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "GET", "hi", 200, false, true},
		{"HTTP/1.0 of chunks", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "GET", "hi", 200, true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			keep := !strings.Contains(test.name, "until")
			o := newOrigin(t, "web-1", func(_ *origin, c net.Conn, _ *http.Request) bool {
				_, err := io.WriteString(c, test.answer)
				return err == nil && keep
			})
			n := start(t, balancer(o))
			l := n.dial()
			l.send(test.request)
			r, body := l.must(test.method, test.status)
			if body != test.body {
				t.Errorf("a body of %d bytes, want %d", len(body), len(test.body))
			}
			for _, h := range []string{"Trailer", "Keep-Alive", "Upgrade"} {
				if r.Header.Get(h) != "" {
					t.Errorf("header %s went through", h)
				}
			}
			if test.close {
				l.ends()
				l = n.dial()
			}
			l.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
			if _, _, err := l.answer(http.MethodGet); err != nil && test.method != "HEAD" {
				t.Errorf("the next request: %v", err)
			}
			want := uint64(2)
			if test.again {
				want = 1
			}
			if got := n.Counters().TargetConnections; got != want && test.method != "HEAD" {
				t.Errorf("%d connections to the target, want %d", got, want)
			}
		})
	}
}

// A connection whose end has arrived is replaced before anything is sent on it.
func TestIdleConnectionsThatEnded(t *testing.T) {
	o := newOrigin(t, "web-1", nil)
	n := start(t, balancer(o))
	l := n.dial()
	const rounds = 20
	for range rounds {
		l.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
		l.must("GET", 200)
		o.hangUp()
		eventually(t, func() error {
			o.mu.Lock()
			defer o.mu.Unlock()
			if len(o.conns) > 0 {
				return fmt.Errorf("%d connections are open", len(o.conns))
			}
			return nil
		})
	}
	n.errors(nil)
	if got, _ := o.received(); got != rounds {
		t.Errorf("%d requests reached the target, want %d", got, rounds)
	}
}
