package chaos

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

// looks is a probe that sees what the test says, one word a look.
type looks struct {
	script []string
	took   time.Duration
	at     []time.Duration
	began  time.Time
}

func (l *looks) look(ctx context.Context) (string, bool, bool) {
	l.at = append(l.at, time.Since(l.began))
	word := "nothing"
	if len(l.script) > 0 {
		word, l.script = l.script[0], l.script[1:]
	}
	timer := time.NewTimer(l.took)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return "cut off", false, false
	}
	return word, word == "seen", word != "unknown"
}

// looking is the effect of a command whose probe is l.
func looking(l looker, within time.Duration) *own {
	s := step{Step: showdown.Step{Run: &showdown.Command{}, Probe: &showdown.Probe{Within: showdown.LabDuration(within)}}}
	return &own{target: &target{env: &env{limit: limits{poll: lookEvery}}, facts: map[string]any{}}, step: s, looker: l}
}

func TestOwnWatch(t *testing.T) {
	const nothing = "nothing"
	for _, c := range []struct {
		name   string
		script []string
		took   time.Duration
		gone   bool // look for the end of the fault, not for the fault
		ok     bool
		words  string
		looks  int
		after  time.Duration
	}{
		{"at once", []string{"seen"}, 0, false, true, "seen", 1, 0},
		{"later", []string{nothing, "unknown", nothing, "seen"}, 0, false, true, "seen", 4, 300 * time.Millisecond},
		{"never", nil, 0, false, false, nothing, 10, time.Second},
		{"looks that take their time", nil, 300 * time.Millisecond, false, false, nothing, 3, time.Second},
		{"nobody can look", strings.Fields(strings.Repeat("unknown ", 20)), 0, false, false, "unknown", 10, time.Second},
		{"gone", nil, 0, true, true, nothing, 3, 200 * time.Millisecond},
		{"gone, and there again", []string{nothing, nothing, "seen", nothing, nothing, nothing}, 0, true, true, nothing, 6, 500 * time.Millisecond},
		{"an unknown look is none", []string{nothing, nothing, "unknown", nothing, nothing, nothing}, 0, true, true, nothing, 6, 500 * time.Millisecond},
		{"still there", strings.Fields(strings.Repeat("seen ", 20)), 0, true, false, "seen", 10, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &looks{script: c.script, took: c.took, began: time.Now()}
			o := looking(l, time.Second)
			watch := o.confirm
			if c.gone {
				watch = o.gone
			}
			words, ok := watch(t.Context())
			if ok != c.ok || words != c.words || len(l.at) < c.looks || len(l.at) > c.looks+2 || time.Since(l.began) != c.after {
				t.Errorf("%s: %q %t after %d looks and %s, want %q %t, %d and %s", c.name, words, ok, len(l.at), time.Since(l.began), c.words, c.ok, c.looks, c.after)
			}
		})
	}
}

// An action of a running system is prepared so early that its probe can look before.
func TestReady(t *testing.T) {
	for word, want := range map[string]string{"nothing": "", "seen": "saw the fault before", "unknown": "could not look before"} {
		synctest.Test(t, func(t *testing.T) {
			err := looking(&looks{script: []string{word}}, time.Second).ready(t.Context())
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", word, err)
			}
		})
	}
	s := step{Step: showdown.Step{Run: &showdown.Command{}, Probe: &showdown.Probe{Run: []string{"look"}}}}
	if got := s.begin(10*time.Second, limits{ahead: 100 * time.Millisecond}); got != 4900*time.Millisecond {
		t.Errorf("prepared at %s, want 4.9s: a look of a program may take 5s", got)
	}
}

func TestProbesOfARunningSystem(t *testing.T) {
	silent := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/503":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/moved":
			http.Redirect(w, r, "/503", http.StatusFound)
		case "/silent":
			<-silent
		}
	}))
	defer server.Close()
	defer close(silent)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	open := strings.TrimPrefix(server.URL, "http://")
	short := showdown.LabDuration(100 * time.Millisecond)
	for _, c := range []struct {
		probe       showdown.Probe
		seen, known bool
		words       string
	}{
		{showdown.Probe{HTTP: server.URL}, false, true, "answered 200"},
		{showdown.Probe{HTTP: server.URL, Expect: "works"}, true, true, "answered 200"},
		{showdown.Probe{HTTP: server.URL, Expect: "200"}, true, true, "answered 200"},
		{showdown.Probe{HTTP: server.URL + "/503"}, true, true, "answered 503"},
		{showdown.Probe{HTTP: server.URL + "/503", Expect: "503"}, true, true, "answered 503"},
		{showdown.Probe{HTTP: server.URL + "/503", Expect: "500"}, false, true, "answered 503"},
		{showdown.Probe{HTTP: server.URL + "/moved", Expect: "302"}, true, true, "answered 302"},
		{showdown.Probe{HTTP: server.URL + "/silent", Timeout: short}, true, true, "no answer in"},
		{showdown.Probe{HTTP: "http://" + closed + "/"}, true, true, "connection refused"},
		{showdown.Probe{HTTP: "http://" + closed + "/", Expect: "503"}, false, true, "connection refused"},
		{showdown.Probe{TCP: open}, false, true, "connected to"},
		{showdown.Probe{TCP: open, Expect: "works"}, true, true, "connected to"},
		{showdown.Probe{TCP: closed}, true, true, "connection refused"},
		{showdown.Probe{DNS: "localhost"}, false, true, "127.0.0.1"},
		{showdown.Probe{DNS: "localhost", Expect: "127.0.0.1"}, true, true, "127.0.0.1"},
		{showdown.Probe{DNS: "localhost", Expect: "10.0.0.1"}, false, true, "127.0.0.1"},
		{showdown.Probe{DNS: "no such name"}, true, true, "lookup of no such name"},
		{showdown.Probe{Run: []string{"sh", "-c", "exit 0"}}, true, true, "exit 0"},
		{showdown.Probe{Run: []string{"sh", "-c", "exit 2"}}, false, true, "exit 2"},
		{showdown.Probe{Run: []string{"sh", "-c", "exit 2"}, Expect: "fails"}, true, true, "exit 2"},
		{showdown.Probe{Run: []string{"sh", "-c", "kill -9 $$"}, Expect: "fails"}, false, false, "killed"},
		{showdown.Probe{Run: []string{"sleep", "60"}, Timeout: short, Expect: "fails"}, false, false, "not over in time"},
	} {
		l, err := newLooker(&c.probe, t.TempDir())
		if err != nil {
			t.Errorf("%s: %v", &c.probe, err)
			continue
		}
		if words, seen, known := l.look(t.Context()); seen != c.seen || known != c.known || !strings.Contains(words, c.words) {
			t.Errorf("%s: %q, seen %t, known %t", &c.probe, words, seen, known)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if words, _, known := l.look(over); known && c.words != "127.0.0.1" {
			t.Errorf("%s: a look that is cut off says %q", &c.probe, words)
		}
	}
}
