package attack_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/attack"
)

// recorder is an http.Handler that keeps a line for each request.
type recorder struct {
	mu    sync.Mutex
	lines []string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.lines = append(r.lines, strings.TrimSpace(strings.Join([]string{
		req.Method, req.Host, req.URL.String(), req.Header.Get("X-Test"), req.Header.Get("Authorization"), string(body),
	}, " ")))
	r.mu.Unlock()
	w.Header().Set("X-Instance", "test")
	io.WriteString(w, "ok\n")
}

func (r *recorder) count() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]int)
	for _, l := range r.lines {
		out[l]++
	}
	return out
}

func TestURL(t *testing.T) {
	var r recorder
	s := httptest.NewServer(&r)
	defer s.Close()
	address := strings.TrimPrefix(s.URL, "http://")
	hits := runURL(t, t.Context(), attack.URLConfig{
		URL: "http://user:secret@" + address + "/a?b=c#d", Method: "PUT", Header: http.Header{"X-Test": {"1"}}, Body: []byte("body"),
		Rate: 50, Duration: 200 * time.Millisecond,
	})
	if n := counts(hits)[showdown.OK]; n != 10 || len(hits) != 10 {
		t.Errorf("%v, want 10 ok", counts(hits))
	}
	if got, want := r.count(), "PUT "+address+" /a?b=c 1 Basic dXNlcjpzZWNyZXQ= body"; got[want] != 10 {
		t.Errorf("seen %v, want 10 of %q", got, want)
	}
	if h := hits[0]; h.BytesOut != 4 || h.BytesIn != 3 || h.Backend != "test" {
		t.Errorf("%+v, want 4 bytes out, 3 in, from test", h)
	}
}

func TestTargets(t *testing.T) {
	var one, two recorder
	first, second := httptest.NewServer(&one), httptest.NewServer(&two)
	defer first.Close()
	defer second.Close()
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"http": "GET " + first.URL + "/a\nX-Test: 1\n\n# a comment\nPOST " + second.URL + "/b\n@" + file + "\n",
		"json": `{"method":"GET","url":"` + first.URL + `/a","header":{"X-Test":["1"]}}` + "\n" +
			`{"method":"POST","url":"` + second.URL + `/b","body":"ZnJvbSBhIGZpbGU="}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			hits := runURL(t, t.Context(), attack.URLConfig{
				Targets: strings.NewReader(text), Rate: 100, Duration: 200 * time.Millisecond,
			})
			if n := counts(hits)[showdown.OK]; n != 20 {
				t.Errorf("%v, want 20 ok", counts(hits))
			}
		})
	}
	a, b := "GET "+first.Listener.Addr().String()+" /a 1", "POST "+second.Listener.Addr().String()+" /b   from a file"
	if one.count()[a] != 20 || two.count()[b] != 20 || len(one.lines) != 20 || len(two.lines) != 20 {
		t.Errorf("first site saw %v, second %v; want 20 of %q and of %q", one.count(), two.count(), a, b)
	}
}

func TestAsFastAsPossible(t *testing.T) {
	for _, profile := range []showdown.Profile{showdown.Pinned, showdown.Fresh} {
		s := serve(t, "127.0.0.3:0", always(okAnswer))
		hits := runURL(t, t.Context(), attack.URLConfig{
			URL: "http://" + s.Address, Workers: 3, Duration: 200 * time.Millisecond, Profile: profile,
		})
		if n := counts(hits)[showdown.OK]; n != len(hits) || n < 20 {
			t.Errorf("%s: %v", profile, counts(hits))
		}
		for _, h := range hits {
			if h.Intended != h.Sent {
				t.Fatalf("%+v: intended and sent differ", h)
			}
		}
		if n := s.connections(); profile == showdown.Pinned && n != 3 {
			t.Errorf("%d connections for 3 workers", n)
		}
	}
}

// As fast as possible with nobody answering is one request per worker and timeout.
func TestAsFastAsPossibleWithoutAnswers(t *testing.T) {
	s := serve(t, "127.0.0.3:0", hang)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var out sink
	a, err := attack.NewURL(attack.URLConfig{URL: "http://" + s.Address, Workers: 3, Timeout: time.Minute, Sink: out.add})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(ctx, time.Now()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline", err)
	}
	if got := counts(out.all(t)); got[showdown.ResponseTimeout] != 3 || len(out.hits) != 3 {
		t.Errorf("%v, want 3 timeouts", got)
	}
}

func TestTLS(t *testing.T) {
	var r recorder
	s := httptest.NewUnstartedServer(&r)
	s.Config.ErrorLog = discardLog()
	s.StartTLS()
	defer s.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(s.Certificate())
	for _, profile := range showdown.Profiles() {
		hits := runURL(t, t.Context(), attack.URLConfig{
			URL: s.URL, Workers: 1, Duration: 300 * time.Millisecond, Profile: profile, TLS: &tls.Config{RootCAs: trusted},
		})
		if n := counts(hits)[showdown.OK]; n != len(hits) {
			t.Errorf("%s: %v, want all ok", profile, counts(hits))
		}
		for i, h := range hits {
			if want := profile != showdown.Fresh && i > 0; h.Reused != want {
				t.Errorf("%s: request %d on a reused connection: %v", profile, i, h.Reused)
			}
		}
	}
	hits := runURL(t, t.Context(), attack.URLConfig{URL: s.URL, Rate: 50, Duration: 100 * time.Millisecond})
	if n := counts(hits)[showdown.TLSFailure]; n != 5 {
		t.Errorf("%v, want 5 failed handshakes with an unknown authority", counts(hits))
	}
	plain := serve(t, "127.0.0.3:0", always(okAnswer))
	hits = runURL(t, t.Context(), attack.URLConfig{
		URL: "https://" + plain.Address, Rate: 50, Duration: 100 * time.Millisecond, Timeout: 200 * time.Millisecond,
	})
	if n := counts(hits)[showdown.TLSFailure] + counts(hits)[showdown.ConnectTimeout]; n != 5 {
		t.Errorf("%v, want 5 failed handshakes with a server that speaks none", counts(hits))
	}
}

// TLS connections that the server ends while they are idle are replaced too.
func TestTLSEndBeforeSendIsNoFailure(t *testing.T) {
	s := httptest.NewUnstartedServer(new(recorder))
	s.Config.IdleTimeout = 20 * time.Millisecond
	s.StartTLS()
	defer s.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(s.Certificate())
	hits := runURL(t, t.Context(), attack.URLConfig{
		URL: s.URL, Rate: 20, Duration: time.Second, Clients: 5, TLS: &tls.Config{RootCAs: trusted},
	})
	if n := counts(hits)[showdown.OK]; n != 20 {
		t.Errorf("%v, want 20 ok", counts(hits))
	}
}

// deaf is a resolver whose server cannot be reached.
func deaf() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no server")
	}}
}

func TestNames(t *testing.T) {
	s := serve(t, "127.0.0.1:0", always(okAnswer))
	_, port, _ := net.SplitHostPort(s.Address)
	hits := runURL(t, t.Context(), attack.URLConfig{URL: "http://localhost:" + port, Rate: 50, Duration: 100 * time.Millisecond})
	if n := counts(hits)[showdown.OK]; n != 5 {
		t.Errorf("localhost: %v, want 5 ok", counts(hits))
	}
	hits = runURL(t, t.Context(), attack.URLConfig{
		URL: "http://nobody.invalid", Rate: 50, Duration: 100 * time.Millisecond, Resolver: deaf(),
	})
	if n := counts(hits)[showdown.DNSFailure]; n != 5 {
		t.Errorf("a name that is not resolved: %v, want 5 dns", counts(hits))
	}
}

func TestPublicHost(t *testing.T) {
	for _, test := range []struct {
		url  string
		want bool
	}{
		{"http://127.0.0.1:8080/x", false},
		{"http://10.1.2.3", false},
		{"http://192.168.0.1", false},
		{"http://172.16.0.1", false},
		{"http://172.32.0.1", true},
		{"http://169.254.169.254", false},
		{"http://[::1]:80", false},
		{"http://[fd00::1]", false},
		{"http://[::ffff:127.0.0.1]", false},
		{"http://[::ffff:192.0.2.1]", true},
		{"https://192.0.2.1", true},
		{"http://[2001:db8::1]", true},
		{"http://localhost", false},
	} {
		if got, err := attack.PublicHost(t.Context(), nil, test.url); err != nil || got != test.want {
			t.Errorf("%s: %v, %v; want %v", test.url, got, err, test.want)
		}
	}
	for _, url := range []string{"ftp://127.0.0.1", "http://", "127.0.0.1:80", "http://nobody.invalid"} {
		if _, err := attack.PublicHost(t.Context(), deaf(), url); err == nil {
			t.Errorf("%s: no error", url)
		}
	}
	a, err := attack.NewURL(attack.URLConfig{URL: "http://192.0.2.1", Rate: 1, Duration: time.Second, Sink: func([]showdown.Hit) {}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), time.Now()); !errors.Is(err, attack.ErrPublic) {
		t.Errorf("error %v, want that the host is public", err)
	}
}

func TestNewURLRefuses(t *testing.T) {
	for _, test := range []struct {
		want string
		c    attack.URLConfig
	}{
		{"one of URL and targets", attack.URLConfig{}},
		{"one of URL and targets", attack.URLConfig{URL: "http://x", Targets: strings.NewReader("")}},
		{"does not start with http", attack.URLConfig{URL: "localhost:80"}},
		{"does not start with http", attack.URLConfig{URL: "127.0.0.1:80"}},
		{"no host", attack.URLConfig{URL: "http:///x"}},
		{"not one word", attack.URLConfig{URL: "http://x", Method: "GET X"}},
		{"line break", attack.URLConfig{URL: "http://x", Header: http.Header{"A": {"b\r\nc"}}}},
		{"set by showdown itself", attack.URLConfig{URL: "http://x", Header: http.Header{"Connection": {"x"}}}},
		{"cannot be negative", attack.URLConfig{URL: "http://x", Rate: -1}},
		{"unknown profile", attack.URLConfig{URL: "http://x", Profile: "bot"}},
		{"unknown format", attack.URLConfig{Targets: strings.NewReader("GET http://x"), Format: "yaml"}},
		{"no targets", attack.URLConfig{Targets: strings.NewReader("\n")}},
		{"bad method", attack.URLConfig{Targets: strings.NewReader("get http://x\n")}},
		{"required url", attack.URLConfig{Targets: strings.NewReader(` {"method":"GET"}` + "\n")}},
	} {
		test.c.Sink = func([]showdown.Hit) {}
		if _, err := attack.NewURL(test.c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

// FuzzTargets feeds any text as targets: what is accepted can be sent as it is.
func FuzzTargets(f *testing.F) {
	f.Add("GET http://127.0.0.1/\n\nPOST https://example.org/x\nA: b\n")
	f.Add(`{"method":"GET","url":"http://127.0.0.1/"}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "@") {
			return // the name of a file to read
		}
		a, err := attack.NewURL(attack.URLConfig{Targets: strings.NewReader(text), Rate: 1, Sink: func([]showdown.Hit) {}})
		if err == nil && len(a.Hosts()) == 0 {
			t.Error("targets without a host")
		}
	})
}
