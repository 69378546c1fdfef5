package attack_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/attack"
)

// start runs a server of the application that does what is changed in it.
func (s *shop) start(t testing.TB, secure bool, change func(*httptest.Server)) *httptest.Server {
	t.Helper()
	web := httptest.NewUnstartedServer(s)
	web.Config.ConnState = s.state
	web.Config.ErrorLog = discardLog()
	if change != nil {
		change(web)
	}
	if secure {
		web.StartTLS()
	} else {
		web.Start()
	}
	t.Cleanup(web.Close)
	return web
}

// write puts a file into the folder and returns its name.
func write(t testing.TB, dir, name, kind string, der []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := pem.Encode(&b, &pem.Block{Type: kind, Bytes: der}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// clientCertificate writes a certificate that signs itself, and its key.
func clientCertificate(t testing.TB, dir string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "client.pem", "CERTIFICATE", der)
	write(t, dir, "client.key", "EC PRIVATE KEY", raw)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// The same script is played over HTTP/1.1 and HTTP/2, with TLS and without, on one
// connection a client where it is kept and on one a request where it is not.
func TestScriptOverEveryProtocol(t *testing.T) {
	no := false
	for name, test := range map[string]struct {
		secure bool
		http   showdown.HTTPVersion
		alive  *bool
		proto  string
	}{
		"1.1":                     {false, "", nil, "HTTP/1.1"},
		"1.1, not kept":           {false, "1.1", &no, "HTTP/1.1"},
		"1.1 over TLS":            {true, "", nil, "HTTP/1.1"},
		"2 over TLS":              {true, "2", nil, "HTTP/2.0"},
		"2 over TLS, not kept":    {true, "2", &no, "HTTP/2.0"},
		"2 by prior knowledge":    {false, "2", nil, "HTTP/2.0"},
		"2 without TLS, not kept": {false, "2", &no, "HTTP/2.0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(shop)
			dir := folder(t, 10_000)
			web := s.start(t, test.secure, func(w *httptest.Server) {
				w.EnableHTTP2 = true
				var p http.Protocols
				p.SetHTTP1(true)
				p.SetHTTP2(true)
				p.SetUnencryptedHTTP2(true)
				w.Config.Protocols = &p
			})
			scenario := session()
			scenario.HTTP, scenario.KeepAlive = test.http, test.alive
			length := 200 * time.Millisecond
			if test.secure {
				// Handshakes take long on a busy machine.
				length = time.Second
				scenario.TLS = &showdown.TLS{CA: write(t, dir, "ca.pem", "CERTIFICATE", web.Certificate().Raw)}
			}
			hits := runURL(t, t.Context(), attack.URLConfig{
				URL: web.URL, Scenario: scenario, Dir: dir, Env: shopEnv, Workers: 4, Duration: length,
			})
			s.checkSessions(t, s.users(), hits)
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.proto) != 1 || s.proto[test.proto] != len(hits) {
				t.Errorf("protocols %v, want %d of %s", s.proto, len(hits), test.proto)
			}
			conns := 4
			if test.alive != nil {
				conns = len(hits)
			}
			if s.conns != conns {
				t.Errorf("%d connections, want %d", s.conns, conns)
			}
			reused := 0
			for _, h := range hits {
				if h.Reused {
					reused++
				}
			}
			if reused != len(hits)-conns {
				t.Errorf("%d requests on a used connection, want %d", reused, len(hits)-conns)
			}
		})
	}
}

// Who is trusted, by which name, and with which certificate of the client's own.
func TestTLSOfAScenario(t *testing.T) {
	dir := t.TempDir()
	client := clientCertificate(t, dir)
	s := new(recorder)
	plain := httptest.NewTLSServer(s)
	defer plain.Close()
	plain.Config.ErrorLog = discardLog()
	strict := httptest.NewUnstartedServer(s)
	strict.Config.ErrorLog = discardLog()
	pool := x509.NewCertPool()
	pool.AddCert(client)
	strict.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	strict.StartTLS()
	defer strict.Close()
	ca := write(t, dir, "ca.pem", "CERTIFICATE", plain.Certificate().Raw)
	for name, test := range map[string]struct {
		url  string
		tls  *showdown.TLS
		want showdown.Outcome
	}{
		"unknown authority":     {plain.URL, nil, showdown.TLSFailure},
		"known authority":       {plain.URL, &showdown.TLS{CA: ca}, showdown.OK},
		"another name":          {plain.URL, &showdown.TLS{CA: ca, ServerName: "other.example"}, showdown.TLSFailure},
		"the right name":        {plain.URL, &showdown.TLS{CA: ca, ServerName: "example.com"}, showdown.OK},
		"anybody":               {plain.URL, &showdown.TLS{Insecure: true}, showdown.OK},
		"with a certificate":    {strict.URL, &showdown.TLS{CA: ca, Certificate: "client.pem", Key: "client.key"}, showdown.OK},
		"without a certificate": {strict.URL, &showdown.TLS{CA: ca}, showdown.Reset},
	} {
		for _, version := range []showdown.HTTPVersion{showdown.HTTP1, showdown.HTTP2} {
			hits := runURL(t, t.Context(), attack.URLConfig{
				URL: test.url, Dir: dir, Scenario: &showdown.Scenario{TLS: test.tls, HTTP: version}, Rate: 50, Duration: 60 * time.Millisecond,
			})
			want := test.want
			if version == showdown.HTTP2 && want == showdown.OK {
				// These servers speak HTTP/1.1 alone.
				want = showdown.TLSFailure
			}
			// That a certificate is missing comes as the first thing on the connection.
			for _, h := range hits {
				if h.Outcome != want && (want != showdown.Reset || h.Outcome != showdown.TLSFailure) {
					t.Errorf("%s, HTTP/%s: %s, want %s", name, version, h.Outcome, want)
				}
			}
			if len(hits) != 3 {
				t.Errorf("%s: %d requests", name, len(hits))
			}
		}
	}
}

// A lab's clients speak TLS to the instances where the traffic says so, by the name that
// they must have.
func TestTLSOfALab(t *testing.T) {
	s := new(recorder)
	web := httptest.NewTLSServer(s)
	defer web.Close()
	dir := t.TempDir()
	traffic := steady("", 2, 50, 100*time.Millisecond)
	traffic.TLS = &showdown.TLS{CA: write(t, dir, "ca.pem", "CERTIFICATE", web.Certificate().Raw)}
	hits := play(t, attack.Config{Traffic: traffic, Dir: dir, Endpoints: []attack.Endpoint{{Name: "web-1", Address: strings.TrimPrefix(web.URL, "https://")}}})
	if n := counts(hits)[showdown.OK]; n != 5 {
		t.Errorf("%v, want 5 ok", counts(hits))
	}
}

// What fails over HTTP/2 has the outcome that it has over HTTP/1.1.
func TestOutcomesOverHTTP2(t *testing.T) {
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		want  showdown.Outcome
	}{
		"fine":      {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }, showdown.OK},
		"not found": {http.NotFound, showdown.HTTP4xx},
		"busy":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, showdown.HTTP5xx},
		"silence":   {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, showdown.ResponseTimeout},
		"abort":     {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, showdown.Reset},
		"half": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, showdown.Reset},
	} {
		web := httptest.NewUnstartedServer(test.serve)
		web.EnableHTTP2 = true
		web.Config.ErrorLog = discardLog()
		web.StartTLS()
		timeout := 10 * time.Second
		if test.want == showdown.ResponseTimeout {
			timeout = time.Second
		}
		hits := runURL(t, t.Context(), attack.URLConfig{
			URL: web.URL, Scenario: &showdown.Scenario{HTTP: showdown.HTTP2, TLS: &showdown.TLS{Insecure: true}},
			Rate: 50, Duration: 100 * time.Millisecond, Timeout: timeout,
		})
		if n := counts(hits)[test.want]; n != 5 {
			t.Errorf("%s: %v, want 5 %s", name, counts(hits), test.want)
		}
		web.Close()
	}
	hits := runURL(t, t.Context(), attack.URLConfig{
		URL: "http://" + unused, Scenario: &showdown.Scenario{HTTP: showdown.HTTP2}, Timeout: 10 * time.Second, Rate: 50, Duration: 100 * time.Millisecond,
	})
	if n := counts(hits)[showdown.Refused]; n != 5 {
		t.Errorf("nobody there: %v, want 5 refused", counts(hits))
	}
}

// A server that went away and came back costs no more than the requests sent meanwhile:
// a connection that ended before a request is replaced.
func TestStreamIsReplaced(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	l, err := net.Listen("tcp", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	begin := func(l net.Listener) *http.Server {
		s := &http.Server{Handler: handler, Protocols: &p, ErrorLog: discardLog()}
		go s.Serve(l)
		return s
	}
	first := begin(l)
	// Closed between two requests, at 150 ms of 300, and open again at once.
	swap := time.AfterFunc(150*time.Millisecond, func() {
		first.Close()
		again, err := net.Listen("tcp", l.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		second := begin(again)
		t.Cleanup(func() { second.Close() })
	})
	defer swap.Stop()
	hits := runURL(t, t.Context(), attack.URLConfig{
		URL: "http://" + l.Addr().String(), Scenario: &showdown.Scenario{HTTP: showdown.HTTP2}, Clients: 2, Rate: 20, Duration: 300 * time.Millisecond,
	})
	if n := counts(hits)[showdown.OK]; n < 5 || len(hits) != 6 {
		t.Errorf("%v, want 6 ok, or 5 and one that was cut", counts(hits))
	}
}

// Clients that resolve a name speak HTTP/2 to its addresses, and try the next one when one
// cannot be reached.
func TestNamesOverHTTP2(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	hosts := make(chan string, 100)
	s := &http.Server{Protocols: &p, ErrorLog: discardLog(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts <- r.Host
	})}
	go s.Serve(l)
	defer s.Close()
	port := l.Addr().(*net.TCPAddr).Port
	traffic := steady(showdown.Browser, 4, 50, 400*time.Millisecond)
	traffic.Host, traffic.HTTP = "www", showdown.HTTP2
	hits := play(t, attack.Config{
		Traffic: traffic, Domain: "shop.example", Port: port,
		Servers: []string{attack.ServeDNS(t, "127.0.0.53", func(q *attack.DNSQuery) { q.Reply(q.Answer(60, "127.0.0.99", "127.0.0.3")) })},
		Names: func(ip string) string {
			return map[string]string{"127.0.0.3": "web-1"}[ip]
		},
	})
	if n := counts(hits)[showdown.OK]; n != 20 || len(hits) != 20 {
		t.Errorf("%v, want 20 ok", counts(hits))
	}
	for _, h := range hits {
		if h.Address != "127.0.0.3" || h.Backend != "web-1" || h.DNSAge <= 0 {
			t.Errorf("%+v", h)
		}
	}
	if host := <-hosts; !strings.HasPrefix(host, "www.shop.example:") {
		t.Errorf("host %q", host)
	}
}
