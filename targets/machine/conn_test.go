package machine

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"
)

// pair is both ends of a connection over loopback, the second as a machine has it.
func pair(t *testing.T, l *lag) (*net.TCPConn, *conn) {
	t.Helper()
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := listener.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(tcp, netip.Addr{}, &gate{}, l, func(*conn) {})
	t.Cleanup(func() { _ = client.Close(); _ = c.end() })
	return client.(*net.TCPConn), c
}

// echo sends back what comes, and closes at its end.
func echo(c *conn) error {
	buffer := make([]byte, 1000)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			_ = c.Close()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if _, err := c.Write(buffer[:n]); err != nil {
			return err
		}
	}
}

// No byte is lost, doubled or out of its place, however the lag changes meanwhile.
func TestConnectionKeepsEveryByteUnderAChangingLag(t *testing.T) {
	l := newLag()
	client, c := pair(t, l)
	const length = 6 << 20 // more than a window
	data := make([]byte, length)
	for i := range data {
		data[i] = byte(i * i >> 7)
	}
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() {
		if err := echo(c); err != nil {
			t.Error(err)
		}
	})
	all.Go(func() {
		if _, err := io.Copy(client, bytes.NewReader(data)); err != nil {
			t.Error(err)
		}
		_ = client.CloseWrite()
	})
	got, sum := 0, sha256.New()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		got += n
		sum.Write(buffer[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		// A new lag with each piece: none, 1 to 4 ms, and none again at the end.
		l.set(time.Duration(got>>16%5) * ms)
	}
	if want := sha256.Sum256(data); got != length || !bytes.Equal(sum.Sum(nil), want[:]) {
		t.Errorf("%d bytes came back, of %d, or others", got, length)
	}
}

// Packets are on their way side by side: a thousand pieces through a lag take little
// more than one.
func TestLagIsPipelined(t *testing.T) {
	l := newLag()
	client, c := pair(t, l)
	const delay, pieces, size = 50 * ms, 1000, 1000 // of echo's buffer
	l.set(delay)
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() {
		if err := echo(c); err != nil {
			t.Error(err)
		}
	})
	at := time.Now()
	if _, err := client.Write(make([]byte, pieces*size)); err != nil {
		t.Fatal(err)
	}
	_ = client.CloseWrite()
	n, err := io.Copy(io.Discard, client)
	took := time.Since(at)
	if n != pieces*size || err != nil {
		t.Errorf("%d bytes came back, %v", n, err)
	}
	if took < 2*delay || took > pieces*delay/10 {
		t.Errorf("%d pieces took %s through a lag of %s each way", pieces, took, delay)
	}
}

// The lag begins while a read waits: what it gets is late already.
func TestLagOnAnOpenConnection(t *testing.T) {
	l := newLag()
	client, c := pair(t, l)
	read := make(chan time.Time, 1)
	begun := make(chan struct{})
	go func() {
		close(begun)
		buffer := make([]byte, 10)
		if n, err := io.ReadFull(c, buffer[:3]); n != 3 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		read <- time.Now()
	}()
	<-begun
	const delay = 100 * ms
	l.set(delay)
	at := time.Now()
	if _, err := client.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	if d := (<-read).Sub(at); d < delay {
		t.Errorf("read after %s, want %s at least", d, delay)
	}
	// What is on its way when the lag ends comes at once.
	l.set(time.Hour)
	if _, err := c.Write([]byte("def")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadFrom(bytes.NewReader([]byte("ghi"))); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	l.set(0)
	if got, err := io.ReadAll(client); string(got) != "defghi" || err != nil {
		t.Errorf("%q, %v, want what was written before the close", got, err)
	}
	<-c.gone
}

func TestReadDeadlineUnderLag(t *testing.T) {
	l := newLag()
	client, c := pair(t, l)
	if err := c.SetDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 10)
	if _, err := c.Read(buffer); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("without lag: %v", err)
	}
	l.set(ms)
	if _, err := c.Read(buffer); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the first read under lag: %v, want the deadline that was set before", err)
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(buffer); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	waits := make(chan error, 1)
	go func() {
		_, err := c.Read(buffer)
		waits <- err
	}()
	// What net/http does to a read that it has no use for any more.
	if err := c.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a read that waits: %v", err)
	}
}
