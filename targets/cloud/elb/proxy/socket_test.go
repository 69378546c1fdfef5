//go:build unix

package proxy

import (
	"net"
	"testing"
	"time"
)

// socketPair is a connection and its other end.
func socketPair(t *testing.T) (*Socket, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(); _ = other.Close() })
	return NewSocket(c.(*net.TCPConn)), other.(*net.TCPConn)
}

// What came before a deadline is read though the deadline has passed meanwhile.
func TestSocketReadsWhatCameInTime(t *testing.T) {
	s, other := socketPair(t)
	p := make([]byte, 10)
	_ = s.SetDeadline(time.Unix(1, 0))
	if n, err := s.Read(p); n != 0 || !isTimeout(err) {
		t.Errorf("%d, %v of nothing", n, err)
	}
	if _, err := other.Write([]byte("late")); err != nil {
		t.Fatal(err)
	}
	for {
		n, err := s.Read(p)
		if isTimeout(err) {
			continue // it is still on its way
		}
		if n != 4 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		break
	}
}

func TestSocketAsks(t *testing.T) {
	s, other := socketPair(t)
	answer := func(text string) chan string {
		got := make(chan string)
		go func() {
			p := make([]byte, 100)
			n, _ := other.Read(p)
			_, _ = other.Write([]byte(text))
			got <- string(p[:n])
		}()
		return got
	}
	p := make([]byte, 100)
	for _, used := range []bool{false, true} {
		got := answer("answer")
		if n, err := s.Ask([]byte("request"), p, used); err != nil || string(p[:n]) != "answer" || <-got != "request" {
			t.Errorf("%q, %v", p[:n], err)
		}
	}
	_ = s.SetDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := s.Ask([]byte("request"), p, true); !isTimeout(err) {
		t.Errorf("no answer is %v", err)
	}
	_, _ = other.Read(p)
	_ = s.SetDeadline(time.Time{})
	_ = other.Close()
	for !s.Ended() {
		<-time.After(time.Millisecond)
	}
	if _, err := s.Ask([]byte("request"), p, true); err != ErrStale() {
		t.Errorf("after its end: %v", err)
	}
	own, _ := socketPair(t)
	_ = own.Close()
	if _, err := own.Ask([]byte("request"), p, true); err != ErrStale() {
		t.Errorf("closed on this side: %v", err)
	}
}

// A request that the kernel does not take at once is sent in pieces.
func TestSocketAsksLargely(t *testing.T) {
	s, other := socketPair(t)
	request := make([]byte, 32<<20)
	go func() {
		p := make([]byte, 1<<20)
		for left := len(request); left > 0; {
			n, err := other.Read(p)
			if err != nil {
				return
			}
			left -= n
		}
		_, _ = other.Write([]byte("answer"))
	}()
	p := make([]byte, 100)
	if n, err := s.Ask(request, p, true); err != nil || string(p[:n]) != "answer" {
		t.Errorf("%q, %v", p[:n], err)
	}
}
