package chaos

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// listener is a TCP listener on loopback whose connections are handled by serve.
func listener(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
		}
	}()
	return l.Addr().String()
}

func answer(status string) func(net.Conn) {
	return func(c net.Conn) {
		go func() {
			defer c.Close()
			r := bufio.NewReader(c)
			for {
				if _, err := http.ReadRequest(r); err != nil {
					return
				}
				if _, err := io.WriteString(c, "HTTP/1.1 "+status+"\r\nContent-Length: 2\r\n\r\nok"); err != nil {
					return
				}
			}
		}()
	}
}

var short = patience{connect: 200 * time.Millisecond, answer: 100 * time.Millisecond}

func TestProbeTellsTheDeathsApart(t *testing.T) {
	closed, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	held := make(chan net.Conn, 1)
	for _, c := range []struct {
		name, place string
		want        Sighting
		status      int
	}{
		{"good", listener(t, answer("200 OK")), Answered, 200},
		{"error", listener(t, answer("500 Internal Server Error")), Answered, 500},
		{"killed", closed.Addr().String(), Refused, 0},
		{"hangs up", listener(t, func(c net.Conn) { c.Close() }), Reset, 0},
		{"hangs", listener(t, func(c net.Conn) { held <- c }), Silent, 0},
		{"no address", "", Nowhere, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			// A busy host may answer late, so what is good is given time.
			wait := patience{5 * time.Second, 5 * time.Second}
			if c.want == Silent {
				wait = short
			}
			s := tcpProbe{}.look(t.Context(), c.place, healthPath, wait)
			if s.Saw != c.want || s.Status != c.status {
				t.Errorf("saw %s (%+v), want %s", s, s, c.want)
			}
			if s.Good() != (c.status == 200) {
				t.Errorf("good is %t", s.Good())
			}
		})
	}
	(<-held).Close()
}

func TestProbeSeesAnOpenConnectionFallSilent(t *testing.T) {
	mute := make(chan struct{})
	place := listener(t, func(c net.Conn) {
		go func() {
			defer c.Close()
			r := bufio.NewReader(c)
			for {
				if _, err := http.ReadRequest(r); err != nil {
					return
				}
				select {
				case <-mute:
					continue
				default:
				}
				if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
					return
				}
			}
		}()
	})
	wait := patience{5 * time.Second, 5 * time.Second}
	c, s := tcpProbe{source: "127.0.0.9"}.open(t.Context(), place, wait)
	if c == nil {
		t.Fatalf("saw %s", s)
	}
	defer c.close()
	if s := c.ask(healthPath, 5*time.Second); !s.Good() {
		t.Errorf("saw %s on the open connection", s)
	}
	close(mute)
	if s := c.ask(healthPath, 50*time.Millisecond); s.Saw != Silent {
		t.Errorf("saw %s on the open connection, want silence", s)
	}
}

func TestProbeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	held := make(chan net.Conn, 1)
	place := listener(t, func(c net.Conn) { cancel(); held <- c })
	if s := (tcpProbe{}).look(ctx, place, healthPath, patience{time.Minute, time.Minute}); s.Saw == Answered {
		t.Errorf("saw %s", s)
	}
	(<-held).Close()
}
