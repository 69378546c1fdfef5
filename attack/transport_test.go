package attack_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"showdown"
	"showdown/attack"
)

func TestOutcomes(t *testing.T) {
	rst := func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }
	for _, test := range []struct {
		name   string
		do     script
		want   showdown.Outcome
		status uint16
		in     uint32
	}{
		{"200", always(okAnswer), showdown.OK, 200, 3},
		{"404", always("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"), showdown.HTTP4xx, 404, 2},
		{"500", always("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno"), showdown.HTTP5xx, 500, 2},
		{"a redirect is not followed", always("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.9:1099/\r\nContent-Length: 0\r\n\r\n"), showdown.OK, 302, 0},
		{"wrong content", always("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nno\n"), showdown.Wrong, 200, 3},
		{"no HTTP", always("220 mail ESMTP\r\n"), showdown.Wrong, 0, 0},
		{"chunked", always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n\n\r\n0\r\n\r\n"), showdown.OK, 200, 3},
		{
			"until the end of the connection", func(c net.Conn, _ *bufio.Reader) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nok\n") },
			showdown.OK, 200, 3,
		},
		{"closed without an answer", func(net.Conn, *bufio.Reader) {}, showdown.Reset, 0, 0},
		{"reset without an answer", func(c net.Conn, _ *bufio.Reader) { rst(c) }, showdown.Reset, 0, 0},
		{
			"closed in the middle of the answer", func(c net.Conn, _ *bufio.Reader) {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\nok\n")
			}, showdown.Reset, 0, 0,
		},
		{
			"reset in the middle of the answer", func(c net.Conn, r *bufio.Reader) {
				io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nok\n")
				// Not before the client has read: a reset throws away what is on its way.
				time.AfterFunc(50*time.Millisecond, func() { rst(c); c.Close() })
				readRequest(r)
			}, showdown.Reset, 0, 0,
		},
		{"no answer", hang, showdown.ResponseTimeout, 0, 0},
		{
			"half an answer", func(c net.Conn, r *bufio.Reader) {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\nok\n")
				hang(c, r)
			}, showdown.ResponseTimeout, 0, 0,
		},
	} {
		for _, profile := range []showdown.Profile{showdown.Browser, showdown.Fresh} {
			t.Run(test.name+"/"+string(profile), func(t *testing.T) {
				t.Parallel()
				s := serve(t, "127.0.0.3:0", test.do)
				traffic := steady(profile, 2, 100, 100*time.Millisecond)
				if test.want == showdown.ResponseTimeout {
					traffic.Timeout = showdown.Duration(300 * time.Millisecond)
				}
				hits := play(t, attack.Config{
					Traffic: traffic, Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}},
					Check: func(_ int, body []byte, _ time.Time) error {
						if len(body) > 0 && string(body) != "ok\n" {
							return errors.New("not ok")
						}
						return nil
					},
				})
				if len(hits) != 10 {
					t.Errorf("%d requests, want 10", len(hits))
				}
				for _, h := range hits {
					if h.Outcome != test.want || h.Status != test.status || h.BytesIn != test.in || h.Backend != "web-1" {
						t.Fatalf("%+v (%v), want %v with status %d and %d bytes", h, h.Outcome, test.want, test.status, test.in)
					}
					if h.Outcome == showdown.ResponseTimeout && h.Latency < 300*time.Millisecond {
						t.Errorf("timed out after %v", h.Latency)
					}
				}
			})
		}
	}
}

func TestRefused(t *testing.T) {
	for _, profile := range showdown.Profiles() {
		hits := play(t, attack.Config{
			Traffic: steady(profile, 2, 50, 200*time.Millisecond), Endpoints: []attack.Endpoint{{Name: "web-1", Address: unused}},
		})
		if n := counts(hits)[showdown.Refused]; n != 10 || len(hits) != 10 {
			t.Errorf("%s: %v, want 10 refused", profile, counts(hits))
		}
		if hits[0].Backend != "web-1" || hits[0].Reused {
			t.Errorf("%s: %+v, want the name of the instance that was dialled", profile, hits[0])
		}
	}
}

func TestReuse(t *testing.T) {
	for _, profile := range showdown.Profiles() {
		s := serve(t, "127.0.0.3:0", always(okAnswer))
		hits := play(t, attack.Config{
			Traffic: steady(profile, 4, 100, 400*time.Millisecond), Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}},
		})
		first := 0
		for _, h := range hits {
			if !h.Reused {
				first++
			}
		}
		if len(hits) != 40 || s.connections() != first {
			t.Errorf("%s: %d requests, %d of them the first of their connection, on %d connections; want 40, and as many firsts as connections",
				profile, len(hits), first, s.connections())
		}
		// Four would do; a machine that stalls makes turns overlap, and these open more.
		if kept := s.connections() < 20; kept == (profile == showdown.Fresh) {
			t.Errorf("%s: %d connections for 40 requests of 4 clients", profile, s.connections())
		}
	}
}

// A connection that the server ended while it was idle is replaced, and the request
// is sent once.
func TestEndBeforeSendIsNoFailure(t *testing.T) {
	for name, do := range map[string]script{
		"fin": func(c net.Conn, _ *bufio.Reader) { io.WriteString(c, okAnswer) },
		"rst": func(c net.Conn, _ *bufio.Reader) {
			io.WriteString(c, okAnswer)
			// The client reads its answer long before its next turn.
			time.AfterFunc(20*time.Millisecond, func() { c.(*net.TCPConn).SetLinger(0); c.Close() })
			<-time.After(30 * time.Millisecond)
		},
		"a word of farewell": func(c net.Conn, _ *bufio.Reader) {
			io.WriteString(c, okAnswer)
			<-time.After(10 * time.Millisecond)
			io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, "127.0.0.3:0", do)
			hits := play(t, attack.Config{
				Traffic: steady(showdown.Pinned, 4, 20, time.Second), Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}},
			})
			if n := counts(hits)[showdown.OK]; n != 20 || s.connections() != 20 {
				t.Errorf("%v on %d connections, want 20 ok on 20", counts(hits), s.connections())
			}
		})
	}
}

// The end of a connection after the send is a failure, on a connection that was
// used before as on a new one; the request is not sent again.
func TestEndAfterSendIsReset(t *testing.T) {
	var requests atomic.Int64
	s := serve(t, "127.0.0.3:0", func(c net.Conn, r *bufio.Reader) {
		requests.Add(1)
		io.WriteString(c, okAnswer)
		if readRequest(r) == nil {
			requests.Add(1)
		}
	})
	hits := play(t, attack.Config{
		Traffic: steady(showdown.Browser, 1, 20, 500*time.Millisecond), Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}},
	})
	s.close()
	if got := counts(hits); got[showdown.OK]+got[showdown.Reset] != 10 || got[showdown.Reset] == 0 || requests.Load() != 10 {
		t.Errorf("%v of %d requests, want ok and reset and each sent once", got, requests.Load())
	}
	for i, h := range hits {
		if h.Reused != (h.Outcome == showdown.Reset) {
			t.Errorf("request %d: %v, reused %v", i, h.Outcome, h.Reused)
		}
	}
}

// Who knows a second address gets an answer when the first refuses; who does not
// gets none.
func TestFallback(t *testing.T) {
	for _, test := range []struct {
		profile showdown.Profile
		ok      int
	}{
		{showdown.Browser, 20},
		{showdown.AddressList, 20},
		{showdown.Pinned, 10},
		{showdown.Fresh, 10},
	} {
		s := serve(t, "127.0.0.3:0", always(okAnswer))
		hits := play(t, attack.Config{
			Traffic:   steady(test.profile, 4, 100, 200*time.Millisecond),
			Endpoints: []attack.Endpoint{{Name: "dead", Address: unused}, {Name: "alive", Address: s.Address}},
		})
		got := counts(hits)
		if got[showdown.OK] != test.ok || got[showdown.Refused] != 20-test.ok {
			t.Errorf("%s: %v, want %d ok and the rest refused", test.profile, got, test.ok)
		}
		for _, h := range hits {
			if want := map[bool]string{true: "alive", false: "dead"}[h.Outcome == showdown.OK]; h.Backend != want {
				t.Errorf("%s: %v from %s", test.profile, h.Outcome, h.Backend)
			}
		}
	}
}

// An address that is silent takes its share of the timeout, and the wait counts.
func TestFallbackFromSilence(t *testing.T) {
	silent := silentAddress(t)
	s := serve(t, "127.0.0.3:0", always(okAnswer))
	traffic := steady(showdown.Browser, 1, 10, 300*time.Millisecond)
	traffic.Timeout = showdown.Duration(400 * time.Millisecond)
	hits := play(t, attack.Config{
		Traffic:   traffic,
		Endpoints: []attack.Endpoint{{Name: "silent", Address: silent}, {Name: "alive", Address: s.Address}},
	})
	if n := counts(hits)[showdown.OK]; n != 3 || len(hits) != 3 {
		t.Fatalf("%v, want 3 ok", counts(hits))
	}
	if l := hits[0].Latency; l < 200*time.Millisecond || l >= 400*time.Millisecond {
		t.Errorf("the first request took %v, want half of the timeout for the silent address and little for the other", l)
	}
	// Three requests were due before the first one fell back; a browser stays where
	// it got through.
	traffic.Phases[0].For = showdown.Second
	hits = play(t, attack.Config{
		Traffic:   traffic,
		Endpoints: []attack.Endpoint{{Name: "silent", Address: silent}, {Name: "alive", Address: s.Address}},
	})
	if l := hits[len(hits)-1].Latency; l >= 200*time.Millisecond {
		t.Errorf("the last request took %v: the browser still tries the silent address first", l)
	}
}

func TestConnectTimeout(t *testing.T) {
	silent := silentAddress(t)
	for _, profile := range showdown.Profiles() {
		traffic := steady(profile, 1, 20, 100*time.Millisecond)
		traffic.Timeout = showdown.Duration(150 * time.Millisecond)
		hits := play(t, attack.Config{Traffic: traffic, Endpoints: []attack.Endpoint{{Name: "web-1", Address: silent}}})
		if n := counts(hits)[showdown.ConnectTimeout]; n != 2 || len(hits) != 2 {
			t.Errorf("%s: %v, want 2 connect timeouts", profile, counts(hits))
		}
		for _, h := range hits {
			if h.Latency < 150*time.Millisecond || h.Backend != "web-1" {
				t.Errorf("%s: %+v, want the whole timeout and the instance's name", profile, h)
			}
		}
	}
}

func TestXInstanceNamesTheBackend(t *testing.T) {
	var n atomic.Int64
	s := serve(t, "127.0.0.3:0", func(c net.Conn, r *bufio.Reader) {
		for {
			io.WriteString(c, fmt.Sprintf("HTTP/1.1 200 OK\r\nX-Instance: web-%d\r\nContent-Length: 0\r\n\r\n", n.Add(1)%2))
			if readRequest(r) != nil {
				return
			}
		}
	})
	hits := play(t, attack.Config{
		Traffic: steady(showdown.Pinned, 1, 50, 200*time.Millisecond), Endpoints: []attack.Endpoint{{Name: "elb", Address: s.Address}},
	})
	got := make(map[string]int)
	for _, h := range hits {
		got[h.Backend]++
	}
	if got["web-0"] != 5 || got["web-1"] != 5 {
		t.Errorf("answers by instance %v, want 5 of each", got)
	}
}

// What is written is what was asked for, from the source that was asked for.
func TestRequestOnTheWire(t *testing.T) {
	seen := make(chan string, 100)
	s := serveRaw(t, "127.0.0.3:0", func(c net.Conn) {
		buf := make([]byte, 4096)
		n, _ := c.Read(buf)
		host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
		seen <- host + "\n" + string(buf[:n])
		io.WriteString(c, okAnswer)
	})
	traffic := steady(showdown.Fresh, 1, 10, 100*time.Millisecond)
	traffic.Method, traffic.Path = "POST", "/cart?x=1"
	hits := play(t, attack.Config{
		Traffic: traffic, Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}}, Source: "127.0.0.77",
	})
	if len(hits) != 1 || hits[0].Outcome != showdown.OK {
		t.Fatalf("%+v", hits)
	}
	want := strings.Join([]string{
		"127.0.0.77\nPOST /cart?x=1 HTTP/1.1", "Host: " + s.Address, "User-Agent: showdown", "Content-Length: 0", "Connection: close", "", "",
	}, "\r\n")
	if got := <-seen; got != want {
		t.Errorf("request\n%q, want\n%q", got, want)
	}
}
