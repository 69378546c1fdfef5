package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"showdown/targets/cloud"
)

// What a target does wrong, and what the client sees of it (User Guide for Application
// Load Balancers, Troubleshoot).
func TestTargetsThatFail(t *testing.T) {
	reset := func(_ *origin, c net.Conn, _ *http.Request) bool {
		_ = c.(*net.TCPConn).SetLinger(0)
		return false
	}
	silent := func(_ *origin, c net.Conn, _ *http.Request) bool {
		_, _ = io.Copy(io.Discard, c)
		return false
	}
	tests := []struct {
		name  string
		serve func(*origin, net.Conn, *http.Request) bool
		want  int
	}{
		{"closes without an answer", func(*origin, net.Conn, *http.Request) bool { return false }, 502},
		{"resets", reset, 502},
		{"closes in the middle of the head", says2("HTTP/1.1 200 OK\r\nX-A: b"), 502},
		{"says nothing", silent, 504},
		{"says half a head and hangs", func(o *origin, c net.Conn, r *http.Request) bool {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			return silent(o, c, r)
		}, 504},
		{"no HTTP", says("SSH-2.0-OpenSSH\r\n\r\n"), 502},
		{"bare LF", says("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), 502},
		{"two lengths", says("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), 502},
		{"length and chunks", says("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 502},
		{"unknown coding", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"), 502},
		{"obs-fold", says("HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n"), 502},
		{"control byte", says("HTTP/1.1 200 OK\r\nX-A: b\x01\r\nContent-Length: 0\r\n\r\n"), 502},
		{"status 700", says("HTTP/1.1 700 No\r\nContent-Length: 0\r\n\r\n"), 502},
		{"unasked protocol", says("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"), 502},
		{"bad chunk at once", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), 502},
		{"head of 33K", says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: " + strings.Repeat("a", 33<<10) + "\r\n\r\n"), 502},
		{"head of 31K", says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: " + strings.Repeat("a", 31<<10) + "\r\n\r\n"), 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := newOrigin(t, "web-1", test.serve)
			other := newOrigin(t, "web-2", nil)
			b := balancer(o, other)
			b.Idle = 300 * time.Millisecond
			n := start(t, b)
			l := n.dial()
			l.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
			r, _ := l.must("GET", test.want)
			if test.want != 200 {
				if by := r.Header.Get("X-Instance"); by != "web-1a" || r.Header.Get("Server") != "awselb/2.0" {
					t.Errorf("the answer is by %q, %v", by, r.Header)
				}
				n.errors(map[int]uint64{test.want: 1})
			}
			// Nobody else got it, and the client's connection goes on, to the other one.
			if got, _ := o.received(); got != 1 {
				t.Errorf("%d requests at the target", got)
			}
			if got, _ := other.received(); got != 0 {
				t.Error("the request went to another target as well")
			}
			l.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
			if r, _ := l.must("GET", 200); r.Header.Get("X-Instance") != "web-2" {
				t.Errorf("the next answer is by %q", r.Header.Get("X-Instance"))
			}
		})
	}
}

// says2 says text and closes.
func says2(text string) func(*origin, net.Conn, *http.Request) bool {
	return func(_ *origin, c net.Conn, _ *http.Request) bool {
		_, _ = io.WriteString(c, text)
		return false
	}
}

func TestRefusedIs502(t *testing.T) {
	o := newOrigin(t, "web-1", nil)
	n := start(t, balancer(o))
	_ = o.listener.Close()
	if r, _ := n.get(); r.StatusCode != 502 {
		t.Errorf("status %d", r.StatusCode)
	}
	n.errors(map[int]uint64{502: 1})
}

// An answer that has begun cannot be taken back: the client must see that it is not whole.
func TestBrokenBodiesAreSeen(t *testing.T) {
	for _, test := range []struct{ name, version, head, body string }{
		{"length", "1.1", "Content-Length: 100\r\n", "half"},
		{"chunks", "1.1", "Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n"},
		{"bad chunk later", "1.1", "Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n"},
		{"chunks to HTTP/1.0", "1.0", "Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := make(chan bool)
			o := newOrigin(t, "web-1", func(_ *origin, c net.Conn, _ *http.Request) bool {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"+test.head+"\r\n"+test.body)
				<-seen
				if strings.HasPrefix(test.name, "bad") {
					_, _ = io.WriteString(c, "no size\r\n")
					_, _ = io.Copy(io.Discard, c)
				}
				return false
			})
			n := start(t, balancer(o))
			l := n.dial()
			l.send("GET / HTTP/" + test.version + "\r\nHost: web\r\n\r\n")
			r, err := http.ReadResponse(l.in, nil)
			if err != nil || r.StatusCode != 200 {
				t.Fatal(r, err)
			}
			half := make([]byte, 4)
			if _, err := io.ReadFull(r.Body, half); err != nil || string(half) != "half" {
				t.Fatalf("%q, %v", half, err)
			}
			close(seen)
			if rest, err := io.ReadAll(r.Body); err == nil || isTimeout(err) || len(rest) > 0 {
				t.Errorf("%q and %v: the client takes it for whole", rest, err)
			}
			n.errors(nil)
		})
	}
}

func TestNobodyRegistered(t *testing.T) {
	o := newOrigin(t, "web-1", nil)
	for name, edit := range map[string]func(*cloud.Balancer){
		"no target":            func(b *cloud.Balancer) { b.Groups[0].Targets = nil },
		"all drain":            func(b *cloud.Balancer) { b.Groups[0].Targets[0].Draining = true },
		"all unused":           func(b *cloud.Balancer) { b.Groups[0].Targets[0].Unused = true },
		"none in the zone":     func(b *cloud.Balancer) { b.Groups[0].CrossZone, b.Groups[0].Targets[0].Zone = false, "us-east-1b" },
		"weight 0":             func(b *cloud.Balancer) { b.Listeners[0].Forward[0].Weight = 0 },
		"no listener":          func(b *cloud.Balancer) { b.Listeners = nil },
		"classic, none passed": func(b *cloud.Balancer) { b.Classic, b.Groups[0].Targets[0].Known = true, false },
	} {
		t.Run(name, func(t *testing.T) {
			b := balancer(o)
			edit(&b)
			n := start(t, b)
			l := n.dial()
			for range 2 { // the connection goes on
				l.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
				l.must("GET", 503)
			}
			n.errors(map[int]uint64{503: 2})
			if c := n.Counters(); c.Requests != 0 {
				t.Errorf("%d requests were routed", c.Requests)
			}
		})
	}
	if got, _ := o.received(); got != 0 {
		t.Errorf("%d requests reached the target", got)
	}
}

func TestFailOpen(t *testing.T) {
	b := balancer(newOrigin(t, "web-1", nil), newOrigin(t, "web-2", nil))
	b.Groups[0].Targets[0].Known, b.Groups[0].Targets[1].Known = false, false
	n := start(t, b)
	if got := n.spread(10); got["web-1 200"] != 5 || got["web-2 200"] != 5 {
		t.Errorf("answers %v", got)
	}
}

func TestClientThatGoesIsCounted(t *testing.T) {
	arrived, gone := make(chan bool, 1), make(chan bool, 1)
	o := newOrigin(t, "web-1", func(_ *origin, c net.Conn, _ *http.Request) bool {
		arrived <- true
		_, _ = io.Copy(io.Discard, c)
		gone <- true
		return false
	})
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: web\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nhalf",
		"POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
	} {
		n := start(t, balancer(o))
		l := n.dial()
		l.send(request)
		<-arrived
		_ = l.Close()
		<-gone // the target's connection ends with the client's
		eventually(t, func() error {
			if got := n.Counters(); got.Errors[460] != 1 || got.Targets[0].Outstanding != 0 {
				return fmt.Errorf("%+v", got)
			}
			return nil
		})
		n.errors(map[int]uint64{460: 1})
	}
}

func TestSlowClients(t *testing.T) {
	for _, test := range []struct {
		name, sent string
		want       int // -1 is an end without an answer
	}{
		{"nothing", "", -1},
		{"half a line", "GET / HT", 408},
		{"half a head", "GET / HTTP/1.1\r\nHost: web\r\n", 408},
		{"half a body", "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nhalf", 408},
		{"no first chunk", "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n", 408},
		{"half the chunks", "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", 408},
		{"idle after an answer", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := balancer(newOrigin(t, "web-1", nil))
			b.Idle = 200 * time.Millisecond
			n := start(t, b)
			l := n.dial()
			l.send(test.sent)
			if strings.HasPrefix(test.name, "idle") {
				l.must("GET", 200)
			}
			want := map[int]uint64{}
			if test.want > 0 {
				r, _ := l.must("GET", test.want)
				if !r.Close {
					t.Error("the connection shall go on")
				}
				want[test.want] = 1
			}
			l.ends()
			n.errors(want)
		})
	}
	t.Run("a head that trickles", func(t *testing.T) {
		b := balancer(newOrigin(t, "web-1", nil))
		b.Idle = 100 * time.Millisecond
		n := start(t, b)
		l := n.dial()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		done := make(chan bool)
		go func() { // a byte comes long before each idle timeout, for as long as anybody reads
			defer close(done)
			for _, c := range "GET / HTTP/1.1\r\nX-A: " + strings.Repeat("a", 1000) {
				<-tick.C
				if _, err := io.WriteString(l.Conn, string(c)); err != nil {
					return
				}
			}
		}()
		l.must("GET", 408)
		_ = l.Close()
		<-done
	})
}
