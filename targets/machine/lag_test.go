package machine

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

const ms = time.Millisecond

func TestDue(t *testing.T) {
	for _, c := range []struct {
		name              string
		sent, born, delay time.Duration // born -1: an old connection
		want              time.Duration
	}{
		{"no lag", 5 * ms, 0, 0, 5 * ms},
		{"an old connection", 5 * ms, -1, 50 * ms, 55 * ms},
		{"at once on a new one: after the handshake", 0, 0, 50 * ms, 150 * ms},
		{"within the handshake", 99 * ms, 0, 50 * ms, 150 * ms},
		{"after the handshake", 101 * ms, 0, 50 * ms, 151 * ms},
		{"the lag is over", 5 * ms, 0, 0, 5 * ms},
	} {
		born := time.Time{}
		if c.born >= 0 {
			born = after(c.born)
		}
		if got := due(after(c.sent), born, c.delay).Sub(epoch); got != c.want {
			t.Errorf("%s: due after %s, want %s", c.name, got, c.want)
		}
	}
}

// receive is the first packet's text and when it came, and takes it.
func receive(t *testing.T, w *wire, from time.Time) (string, time.Duration) {
	t.Helper()
	p, err := w.head(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.take(len(p.data))
	return string(p.data), time.Since(from)
}

func TestWireDeliversInOrderAndAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLag()
		l.set(50 * ms)
		w, from := newWire(l, time.Time{}), time.Now()
		go func() {
			for _, text := range []string{"a", "b", "c"} {
				w.put(packet{data: []byte(text), sent: time.Now()}, nil)
				<-time.After(10 * ms)
			}
		}()
		for _, c := range []struct {
			want string
			at   time.Duration
		}{{"a", 50 * ms}, {"b", 60 * ms}, {"c", 70 * ms}} {
			if got, at := receive(t, w, from); got != c.want || at != c.at {
				t.Errorf("%q after %s, want %q after %s", got, at, c.want, c.at)
			}
		}
		if !w.idle() {
			t.Error("something is still on the way")
		}
	})
}

func TestWireFollowsTheLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLag()
		l.set(time.Minute)
		w, from := newWire(l, time.Now()), time.Now()
		for _, text := range []string{"a", "b"} {
			w.put(packet{data: []byte(text), sent: from}, nil)
		}
		change := func(at, to time.Duration) { time.AfterFunc(at, func() { l.set(to) }) }
		change(time.Second, 2*time.Second)
		change(7*time.Second, 0)
		if got, at := receive(t, w, from); got != "a" || at != 6*time.Second {
			t.Errorf("%q after %s, want a 6 s after the start: three times the lag of 2 s", got, at)
		}
		w.put(packet{data: []byte("c"), sent: time.Now()}, nil)
		for _, want := range []string{"b", "c"} {
			got, at := receive(t, w, from)
			if limit := 7 * time.Second; got != want || at > limit {
				t.Errorf("%q after %s, want %s by %s, when the lag ended", got, at, want, limit)
			}
		}
		synctest.Wait()
	})
}

func TestWireIsNotEndless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLag()
		l.set(time.Second)
		w, from := newWire(l, time.Time{}), time.Now()
		w.put(packet{data: make([]byte, window), sent: from}, nil)
		stop := make(chan struct{})
		time.AfterFunc(100*ms, func() { close(stop) })
		if w.put(packet{data: []byte("x"), sent: from}, stop) {
			t.Error("more than a window is on the way")
		}
		if !w.put(packet{end: errFull, sent: from}, stop) {
			t.Error("the end waits for room")
		}
		sent := make(chan time.Duration, 1)
		go func() {
			w.put(packet{data: []byte("y"), sent: time.Now()}, nil)
			sent <- time.Since(from)
		}()
		receive(t, w, from)
		if at := <-sent; at != time.Second {
			t.Errorf("room after %s, want it when the first has arrived, after 1 s", at)
		}
	})
}

func TestWireGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLag()
		w := newWire(l, time.Time{})
		late := newDeadline()
		late.set(time.Now().Add(50 * ms))
		stop := make(chan struct{})
		buffer := make([]byte, 1)
		if _, err := w.read(buffer, stop, late.done()); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("nothing came: %v", err)
		}
		l.set(time.Hour)
		w.put(packet{data: []byte("a"), sent: time.Now()}, nil)
		late.set(time.Now().Add(50 * ms))
		if _, err := w.read(buffer, stop, late.done()); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("it is on its way: %v", err)
		}
		late.set(time.Time{})
		l.set(0)
		if n, err := w.read(buffer, stop, late.done()); n != 1 || err != nil {
			t.Errorf("after the lag: %d, %v: what was not read in time is not lost", n, err)
		}
		close(stop)
		if _, err := w.read(buffer, stop, late.done()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	})
}

func TestDeadlineMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeadline()
		passed := func() bool {
			synctest.Wait()
			select {
			case <-d.done():
				return true
			default:
				return false
			}
		}
		start := time.Now()
		for _, c := range []struct {
			name string
			to   time.Time
			wait time.Duration
			want bool
		}{
			{"never", time.Time{}, time.Hour, false},
			{"in a second", start.Add(time.Hour + time.Second), 999 * ms, false},
			{"put off", start.Add(time.Hour + 2*time.Second), 1000 * ms, false},
			{"passed", start.Add(time.Hour + 2*time.Second), ms, true},
			{"long ago", time.Unix(1, 0), 0, true},
			{"again", time.Time{}, time.Hour, false},
		} {
			d.set(c.to)
			<-time.After(c.wait)
			if got := passed(); got != c.want {
				t.Errorf("%s: passed is %t, want %t", c.name, got, c.want)
			}
		}
	})
}
