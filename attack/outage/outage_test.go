package outage_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"showdown/attack/outage"
)

func TestListenRefusesBadScripts(t *testing.T) {
	second := time.Second
	for _, test := range []struct {
		name    string
		windows []outage.Window
		want    string
	}{
		{"unknown mode", []outage.Window{{Mode: "melt", End: second}}, "unknown mode"},
		{"empty window", []outage.Window{{Mode: outage.Reset, Start: second, End: second}}, "empty"},
		{"overlap", []outage.Window{
			{Mode: outage.Reset, End: 2 * second}, {Mode: outage.Hang, Start: second, End: 3 * second},
		}, "before the end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := outage.Listen("127.0.0.1:0", test.windows...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
		})
	}
}

// Each mode is looked at from a plain connection, while it holds and after.
func TestModes(t *testing.T) {
	for _, mode := range outage.Modes() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			// The window begins at once and ends when the test has seen enough of it.
			target, err := outage.Listen("127.0.0.1:0", outage.Window{Mode: mode, Start: time.Millisecond, End: 400 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			zero := time.Now()
			go func() { done <- target.Run(ctx, zero) }()
			defer func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			}()

			end := zero.Add(400 * time.Millisecond)
			bad := 0
			var last time.Time // of the last bad answer
			for len(target.Seen()) == 0 {
				sent := time.Now()
				if got := ask(target.Address()); got == want[mode] {
					bad++
					last = sent
				} else if cutShort := mode == outage.Refuse && (got == "reset" || got == "end"); got != "200" && !cutShort {
					t.Fatalf("seen %q, want %q or 200", got, want[mode])
				}
			}
			if bad == 0 || last.After(end.Add(100*time.Millisecond)) {
				t.Errorf("%d answers of the mode, the last %s after its end", bad, last.Sub(end))
			}
			if got := ask(target.Address()); got != "200" {
				t.Errorf("after the window: %q, want 200", got)
			}
			w := target.Seen()[0]
			if w.Mode != mode || w.Start < time.Millisecond || w.End < 400*time.Millisecond || w.End <= w.Start {
				t.Errorf("window seen: %+v", w)
			}
		})
	}
}

var want = map[outage.Mode]string{
	outage.Refuse: "refused", outage.Reset: "reset", outage.Status500: "500", outage.Hang: "end",
}

// ask is what one request gets.
func ask(address string) string {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return "refused"
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		return "reset"
	}
	answer, err := io.ReadAll(c)
	switch {
	case err != nil:
		return "reset"
	case len(answer) == 0:
		return "end"
	}
	return strings.Fields(string(answer))[1]
}
