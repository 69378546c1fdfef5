package proxy_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"showdown/targets/cloud"
)

func TestForwards(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 1<<15) // 512 KiB
	tests := []struct {
		name, request, method, body string
	}{
		{"get", "GET /a?b=c HTTP/1.1\r\nHost: web\r\n\r\n", "GET", ""},
		{"head", "HEAD / HTTP/1.1\r\nHost: web\r\n\r\n", "HEAD", ""},
		{"post", "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\nhello", "POST", "hello"},
		{"post of nothing", "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n", "POST", ""},
		{"chunks", "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: u\r\n\r\n", "POST", "hello"},
		{"identity", "GET / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: identity\r\n\r\n", "GET", ""},
		{"large body", fmt.Sprintf("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: %d\r\n\r\n%s", len(big), big), "POST", big},
		{"large chunk", fmt.Sprintf("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(big), big), "POST", big},
		{"whole URL", "GET http://web/a?b=c HTTP/1.1\r\nHost: web\r\n\r\n", "GET", ""},
		{"same length twice", "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", "POST", "hi"},
	}
	o := newOrigin(t, "web-1", nil)
	n := start(t, balancer(o))
	l := n.dial()
	for i, test := range tests {
		l.send(test.request)
		r, body := l.must(test.method, 200)
		want := "web-1 " + test.body
		if test.method == http.MethodHead {
			want = ""
		}
		if body != want || r.Header.Get("X-Instance") != "web-1" || r.Header.Get("Connection") != "" {
			t.Fatalf("%s: body of %d bytes, headers %v", test.name, len(body), r.Header)
		}
		if got, _ := o.received(); got != i+1 {
			t.Fatalf("%s: %d requests reached the target, want %d", test.name, got, i+1)
		}
	}
	c := n.Counters()
	// The large bodies end after their answer's head was not sent yet: the connection to
	// the target is used again.
	if c.Requests != uint64(len(tests)) || c.NewConnections != 1 || c.ActiveConnections != 1 || c.TargetConnections != 1 {
		t.Errorf("counters %+v", c)
	}
	if len(c.Targets) != 1 || c.Targets[0].Requests != uint64(len(tests)) || c.Targets[0].Health != cloud.TargetHealthy || c.Targets[0].Outstanding != 0 {
		t.Errorf("targets %+v", c.Targets)
	}
	n.errors(nil)
}

func TestHeadersToTheTarget(t *testing.T) {
	o := newOrigin(t, "web-1", nil)
	n := start(t, balancer(o))
	l := n.dial()
	l.send("GET / HTTP/1.1\r\nHost: web.example:80\r\nX-Forwarded-For: 10.0.0.1, 10.0.0.2\r\nX-Forwarded-For: 10.0.0.3\r\n" +
		"X-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n" +
		"TE: trailers\r\nUpgrade: h2c\r\nProxy-Connection: x\r\nTrailer: T\r\nX-Other: a\r\nx-other:\tb \r\nCookie: k=v\r\n\r\n")
	l.must("GET", 200)
	got := o.last()
	want := http.Header{
		"X-Forwarded-For": {"10.0.0.1, 10.0.0.2, 10.0.0.3, 127.0.0.1"}, "X-Forwarded-Proto": {"http"}, "X-Forwarded-Port": {"8080"},
		"X-Other": {"a", "b"}, "Cookie": {"k=v"}, "X-Amzn-Trace-Id": got.Header["X-Amzn-Trace-Id"],
	}
	if fmt.Sprint(got.Header) != fmt.Sprint(want) {
		t.Errorf("headers\n%v, want\n%v", got.Header, want)
	}
	if got.Host != "web.example:80" {
		t.Errorf("host %q", got.Host)
	}
	if id := got.Header.Get("X-Amzn-Trace-Id"); !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`).MatchString(id) {
		t.Errorf("trace id %q", id)
	}
}
