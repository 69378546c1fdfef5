package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"

	"showdown/dashboards/live"
)

// TestReplayCommand holds that a journey's record is on the page at the address that is
// printed, that it takes commands, and that an interrupt is its end.
func TestReplayCommand(t *testing.T) {
	store, _, journey := filledStore(t)
	said, stderr := io.Pipe()
	ctx, interrupt := context.WithCancelCause(t.Context())
	term := &terminal{stdin: strings.NewReader(""), stdout: io.Discard, stderr: stderr}
	code := make(chan int, 1)
	go func() {
		args := []string{"showdown", "replay", journey, "--listen", "127.0.0.1:0", "--paused", "--out", store.Dir()}
		err := newApp(term).RunContext(ctx, reorder(term, args))
		code <- term.exit(ctx, err)
		stderr.Close()
	}()
	lines := bufio.NewScanner(said)
	if !lines.Scan() {
		t.Fatal("it says nothing")
	}
	url, ok := strings.CutPrefix(lines.Text(), "listening on ")
	if !ok || strings.Contains(url, "token") {
		t.Fatalf("it says %q", lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	state := func() (s live.Hello) {
		t.Helper()
		answer, err := http.Get(url + "api/v1/state")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		// The page's numbers may be null.
		var loose struct {
			Mode   string
			Stage  live.StageInfo
			Stages []live.StageRef
			Replay *live.Position
		}
		if err := json.NewDecoder(answer.Body).Decode(&loose); err != nil {
			t.Fatal(err)
		}
		return live.Hello{Mode: loose.Mode, Stage: loose.Stage, Stages: loose.Stages, Replay: loose.Replay}
	}
	s := state()
	if s.Mode != "replay" || len(s.Stages) < 2 || s.Replay == nil || s.Replay.Speed != serveSpeed || !s.Replay.Paused {
		t.Fatalf("the page knows %+v", s)
	}
	last := s.Stages[len(s.Stages)-1].Name
	answer, err := http.Post(url+"api/v1/stage", "application/json", strings.NewReader(`{"stage":"`+last+`"}`))
	if err != nil || answer.StatusCode != http.StatusAccepted {
		t.Fatalf("another stage: %v, %v", answer, err)
	}
	answer.Body.Close()
	if s = state(); s.Stage.ID != "whatsthetime/"+last {
		t.Errorf("it shows %s, want %s", s.Stage.ID, last)
	}
	interrupt(interrupted{os.Interrupt})
	if got := <-code; got != exitHeld {
		t.Errorf("exit code %d, want %d", got, exitHeld)
	}
}

// TestReplayRefuses holds what is said of a replay that cannot be.
func TestReplayRefuses(t *testing.T) {
	store, single, _ := filledStore(t)
	for _, c := range []struct {
		name string
		args []string
		want string
		code int
	}{
		{"no run", nil, "want one run", exitUsage},
		{"an unknown run", []string{"nothing"}, "no such run", exitUsage},
		{"no speed", []string{single, "--speed", "0"}, "--speed", exitUsage},
		{"no address", []string{single, "--listen", "127.0.0.1:99999"}, "serve the page", exitError},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := command(t, "", append(append([]string{"replay"}, c.args...), "--out", store.Dir())...)
			if got.code != c.code || !strings.Contains(got.stderr, c.want) || bytes.Count([]byte(got.stderr), []byte("\n")) != 2 {
				t.Errorf("exit code %d: %s", got.code, got.stderr)
			}
		})
	}
}

// TestShownAddress holds that what is printed can be typed on another machine.
func TestShownAddress(t *testing.T) {
	prefix := func(s string) net.Addr {
		ip, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		n.IP = ip
		return n
	}
	for _, c := range []struct {
		at   string
		have []net.Addr
		want string
	}{
		{"127.0.0.1:8089", nil, "127.0.0.1:8089"},
		{"192.0.2.9:80", nil, "192.0.2.9:80"},
		{"[::]:8089", []net.Addr{prefix("127.0.0.1/8"), prefix("fe80::1/64"), prefix("2001:db8::7/64"), prefix("192.0.2.7/24")}, "192.0.2.7:8089"},
		{"0.0.0.0:8089", []net.Addr{prefix("2001:db8::7/64")}, "[2001:db8::7]:8089"},
		{"0.0.0.0:8089", []net.Addr{prefix("127.0.0.1/8")}, "127.0.0.1:8089"},
	} {
		got := shownAddress(netip.MustParseAddrPort(c.at), func() ([]net.Addr, error) { return c.have, nil })
		if got != c.want {
			t.Errorf("%s is shown as %s, want %s", c.at, got, c.want)
		}
	}
}
