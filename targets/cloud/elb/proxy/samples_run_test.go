package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// try sends a sample over a connection of its own and has the status of the answer, -1
// for an end without one.
func try(t *testing.T, address, raw string) int {
	t.Helper()
	c, err := net.Dial("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	// What is refused may be refused before all of it was sent.
	go func() { _, _ = io.WriteString(c, raw) }()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadResponse(in, &http.Request{Method: strings.SplitN(raw, " ", 2)[0]})
		if err != nil {
			if isTimeout(err) {
				t.Errorf("no answer and no end")
			}
			return -1
		}
		if r.StatusCode == 100 {
			continue
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
		return r.StatusCode
	}
}

func TestSamples(t *testing.T) {
	o := newOrigin(t, "web-1", nil)
	n := start(t, balancer(o))
	errors := map[int]uint64{}
	good := 0
	for _, s := range samples() {
		before, raw := o.received()
		got := try(t, n.address, s.raw)
		if got != s.want {
			t.Errorf("%s: %d, want %d", s.name, got, s.want)
		}
		after, all := o.received()
		switch {
		case s.want == 200:
			good++
			if after != before+1 {
				t.Errorf("%s: %d requests reached the target", s.name, after-before)
			}
		default:
			errors[s.want]++
			if len(all) != len(raw) || after != before {
				t.Errorf("%s reached the target: %q", s.name, all[len(raw):])
			}
		}
	}
	n.errors(errors)
	if c := n.Counters(); c.Requests != uint64(good) {
		t.Errorf("counters %+v, want %d requests", c, good)
	}
	if r, _ := n.get(); r.StatusCode != 200 {
		t.Errorf("a good request at the end: %d", r.StatusCode)
	}
}

// haproxyAt starts haproxy before a target.
func haproxyAt(t *testing.T, target string) string {
	t.Helper()
	path, err := exec.LookPath("haproxy")
	if err != nil {
		t.Skip("no haproxy: apt-get install haproxy, or run make test-deps as root")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	text := fmt.Sprintf(`
global
  nbthread 1
  tune.bufsize 65536
defaults
  mode http
  option forwardfor
  timeout client 1s
  timeout server 1s
  timeout connect 1s
  timeout http-request 1s
frontend f
  bind %s
  default_backend b
backend b
  http-reuse always
  server s1 %s
`, address, target)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-db", "-q", "-f", config)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	eventually(t, func() error {
		c, err := net.Dial("tcp4", address)
		if err == nil {
			_ = c.Close()
		}
		return err
	})
	return address
}

func TestSamplesThroughHaproxy(t *testing.T) {
	o := newOrigin(t, "web-1", nil)
	address := haproxyAt(t, o.address())
	for _, s := range samples() {
		// A newer haproxy refuses more of them, as the node does.
		if got := try(t, address, s.raw); got != s.want && got != s.haproxy {
			t.Errorf("%s: haproxy answers %d, want %d", s.name, got, s.want)
		}
		if (s.haproxy != 0) != (s.why != "") {
			t.Errorf("%s: a difference needs its reason, and nothing else does", s.name)
		}
	}
}
