package attack

import (
	"testing"
	"time"
)

// The client that has been free for the longest time takes the next step, one that thinks
// takes none, and of those free since the same time the first in the order of turns.
func TestFreeSessions(t *testing.T) {
	var f freeSessions
	at := func(s float64) time.Time { return time.Unix(0, 0).Add(time.Duration(s * 1e9)) }
	if f.take(at(1)) != nil {
		t.Error("there is a session where nobody is")
	}
	a, b, c, d := &session{place: 0}, &session{place: 1}, &session{place: 2}, &session{place: 3}
	f.give(d, at(0))
	f.give(b, at(0))
	f.give(a, at(5))
	f.give(c, at(2))
	for _, step := range []struct {
		at   float64
		want *session
	}{{1, b}, {1, d}, {1, nil}, {2, c}, {4.9, nil}, {5, a}, {9, nil}} {
		if got := f.take(at(step.at)); got != step.want {
			t.Errorf("at %g s: %+v, want %+v", step.at, got, step.want)
		}
	}
	f.give(a, at(11))
	f.give(b, at(10))
	if got := f.take(at(12)); got != b {
		t.Errorf("%+v, want the one that is free for longer", got)
	}
}
