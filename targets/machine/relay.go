package machine

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"time"

	"showdown/targets/apps/clock"
	"showdown/targets/cloud"
)

const (
	// relayIdle is how long a connection to a program is kept without a request. It is
	// short: a program that ends one at the moment of a request fails that.
	relayIdle = time.Second
	// relayConns is how many of them are kept.
	relayConns = 1000
)

// relay passes requests on to the program, as if they had reached it directly: headers,
// host and connection are those of the program. A request that it does not answer ends
// the client's connection, as its own would have ended.
func relay(p *program) http.Handler {
	transport := &http.Transport{
		DialContext:         (&net.Dialer{}).DialContext,
		MaxIdleConnsPerHost: relayConns,
		IdleConnTimeout:     relayIdle,
		DisableCompression:  true,
	}
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", p.address
			r.Out.Host = r.In.Host
			for name, values := range r.In.Header {
				if strings.HasPrefix(name, "X-Forwarded-") || name == "Forwarded" {
					r.Out.Header[name] = slices.Clone(values)
				}
			}
			r.Out.Header.Del(cloud.LookHeader)
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del(clock.InstanceHeader) // the machine's own is there
			if r.Close {
				r.Header.Set("Connection", "close")
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:     log.New(io.Discard, "", 0),
	}
}

// looking says that a request is one of the lab itself, which looks whether the program
// lives: it asks for /healthz, whatever the program's own health path is.
func looking(r *http.Request) bool {
	return r.URL.Path == healthPath && r.Header.Get(cloud.LookHeader) != ""
}

// toHealth is a look as a request for the program's health path.
func toHealth(r *http.Request, path string) *http.Request {
	to, err := url.ParseRequestURI(path)
	if err != nil {
		return r
	}
	out := r.Clone(r.Context())
	out.URL.Path, out.URL.RawPath, out.URL.RawQuery = to.Path, to.RawPath, to.RawQuery
	return out
}
