package attack

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"showdown"
)

// URLConfig is what an attack on any URL is made of.
type URLConfig struct {
	// URL is what is asked for; Targets, in one of vegeta's formats, are what is
	// asked for in rotation instead. One of the two is given.
	URL     string
	Targets io.Reader
	// Format is vegeta's name of the format of Targets, "http" or "json"; empty is
	// json when the first byte is a brace, else http.
	Format string
	// Method, Header and Body are those of the URL; targets that lack a header or
	// body have these.
	Method string
	Header http.Header
	Body   []byte
	// Scenario is what is asked for in place of Method, Body and the path of the URL, which
	// its paths are appended to; its steps have Header where they have none of that name.
	// nil has no requests of its own, and may be one that only says how clients speak.
	Scenario *showdown.Scenario
	// Dir is the folder that the files of the scenario are looked for in, and Env gives the
	// values of the environment that it names; nil is that of the process.
	Dir string
	Env func(name string) (value string, ok bool)

	// Rate is requests per second; 0 is as fast as Workers can, each with one request
	// at a time. Then a request's intended time is the time at which it was sent.
	Rate    float64
	Workers int
	// Duration is how long requests are sent; 0 is until the context ends.
	Duration time.Duration
	// Timeout bounds a request, connecting included.
	Timeout time.Duration
	// Profile is what clients do with the addresses that a name resolves to; empty is
	// browser.
	Profile showdown.Profile
	// Clients is how many users take turns; 0 is 10, or Workers when Rate is 0.
	Clients int

	Seed        uint64
	Source      string
	MaxInFlight int
	Check       func(status int, body []byte, at time.Time) error
	Sink        func([]showdown.Hit)

	// Public allows hosts that are neither loopback nor private. Without it, Run
	// fails with [ErrPublic] when a name resolves to such an address.
	Public bool
	// Resolver resolves names; nil is one with Go's defaults.
	Resolver *net.Resolver
	// TLS is the configuration for https; nil is Go's defaults.
	TLS *tls.Config
}

// Defaults of an attack on a URL.
const (
	DefaultWorkers    = 10
	DefaultURLClients = 10
	DefaultURLTimeout = 5 * time.Second
)

// forever is the length of an attack that only its context ends.
const forever = 10 * 365 * 24 * time.Hour

// NewURL makes an attack on a URL, or on targets. Names are resolved when the attack
// runs. It fails when a URL, a header or a target cannot be sent.
func NewURL(c URLConfig) (*Attack, error) {
	fail := func(err error) (*Attack, error) { return nil, fmt.Errorf("attack: %w", err) }
	if c.Sink == nil {
		return fail(errors.New("no sink"))
	}
	if c.Rate < 0 || c.Workers < 0 || c.Duration < 0 || c.Timeout < 0 || c.Clients < 0 {
		return fail(errors.New("rate, workers, duration, timeout and clients cannot be negative"))
	}
	scene, err := c.scene()
	if err != nil {
		return fail(err)
	}
	list, err := readTargets(c)
	if err != nil {
		return fail(err)
	}
	source, err := parseSource(c.Source)
	if err != nil {
		return fail(err)
	}
	a := &Attack{
		name: list[0].URL, timeout: c.Timeout, check: c.Check, sink: c.Sink, lines: newLines(source),
		look: &resolver{Resolver: c.Resolver, public: c.Public},
	}
	if a.timeout == 0 {
		a.timeout = DefaultURLTimeout
	}
	if a.look.Resolver == nil {
		a.look.Resolver = new(net.Resolver)
	}
	if scene.secure != nil {
		c.TLS = scene.secure
	}
	if len(scene.plan.Steps) > 0 {
		if err := a.addScene(scene, c); err != nil {
			return fail(err)
		}
	} else {
		for _, t := range list {
			if err := a.addTarget(t, c.TLS, scene.http); err != nil {
				return fail(fmt.Errorf("%s %s: %w", t.Method, t.URL, err))
			}
		}
	}
	clients := c.Clients
	var segments []showdown.Segment
	if c.Rate == 0 {
		a.workers, a.length = c.Workers, c.Duration
		if a.workers == 0 {
			a.workers = DefaultWorkers
		}
		if clients == 0 {
			clients = a.workers
		}
	} else {
		length := c.Duration
		if length == 0 {
			length = forever
		}
		segments = []showdown.Segment{{Phase: "attack", End: length, From: c.Rate, To: c.Rate}}
		if clients == 0 {
			clients = DefaultURLClients
		}
		if c.Clients == 0 && scene.plan.Script {
			clients = max(clients, c.scriptClients())
		}
	}
	profile := showdown.Profile(orDefault(string(c.Profile), string(showdown.Browser)))
	if !slices.Contains(showdown.Profiles(), profile) {
		return fail(fmt.Errorf("unknown profile %q; profiles are %v", profile, showdown.Profiles()))
	}
	a.cohorts = []cohort{{profile: profile, size: clients}}
	a.speak(scene)
	a.init(segments, c.Seed, c.MaxInFlight)
	return a, nil
}

// readTargets is the targets of the configuration, as vegeta reads them.
func readTargets(c URLConfig) ([]vegeta.Target, error) {
	if (c.URL == "") == (c.Targets == nil) {
		return nil, errors.New("one of URL and targets is needed")
	}
	if c.URL != "" {
		return []vegeta.Target{{
			Method: orDefault(c.Method, http.MethodGet), URL: c.URL, Header: c.Header, Body: c.Body,
		}}, nil
	}
	in := bufio.NewReader(c.Targets)
	format := c.Format
	if format == "" {
		format = sniff(in)
	}
	var read vegeta.Targeter
	switch format {
	case vegeta.HTTPTargetFormat:
		read = vegeta.NewHTTPTargeter(in, c.Body, c.Header)
	case vegeta.JSONTargetFormat:
		read = vegeta.NewJSONTargeter(in, c.Body, c.Header)
	default:
		return nil, fmt.Errorf("unknown format of targets %q; formats are %v", format, vegeta.TargetFormats)
	}
	list, err := vegeta.ReadAllTargets(read)
	if err != nil {
		return nil, fmt.Errorf("read targets: %w", err)
	}
	return list, nil
}

// sniff is the format that the first byte which is no space tells.
func sniff(in *bufio.Reader) string {
	for n := 1; ; n++ {
		b, err := in.Peek(n)
		if err != nil {
			return vegeta.HTTPTargetFormat
		}
		switch b[n-1] {
		case ' ', '\t', '\r', '\n':
			continue
		case '{':
			return vegeta.JSONTargetFormat
		}
		return vegeta.HTTPTargetFormat
	}
}

// addTarget adds a target, and the site it lies on when that is new.
func (a *Attack) addTarget(t vegeta.Target, config *tls.Config, version showdown.HTTPVersion) error {
	u, err := parseURL(t.URL)
	if err != nil {
		return err
	}
	header := headerFor(u, t.Header)
	out, err := newTarget(t.Method, u.RequestURI(), header, t.Body)
	if err != nil {
		return err
	}
	out.site = a.site(u, config, version)
	a.targets = append(a.targets, out)
	return nil
}

// site is the number of the site that a URL lies on, which it adds when it is new.
func (a *Attack) site(u *url.URL, config *tls.Config, version showdown.HTTPVersion) int {
	s := site{host: u.Hostname(), port: port(u)}
	at := slices.IndexFunc(a.sites, func(x site) bool {
		return x.host == s.host && x.port == s.port && (x.secure != nil) == (u.Scheme == "https")
	})
	if at >= 0 {
		return at
	}
	if u.Scheme == "https" {
		s.secure = config.Clone()
		if s.secure == nil {
			s.secure = new(tls.Config)
		}
		s.secure.NextProtos = protocols(version)
		if s.secure.ServerName == "" {
			s.secure.ServerName = s.host
		}
	}
	a.sites = append(a.sites, s)
	return len(a.sites) - 1
}

// headerFor is the header with what a URL adds to it: its host, and its user.
func headerFor(u *url.URL, header http.Header) http.Header {
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if u.User != nil && header.Get("Authorization") == "" {
		password, _ := u.User.Password()
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	}
	if header.Get("Host") == "" {
		header.Set("Host", u.Host)
	}
	return header
}

func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case !strings.Contains(raw, "://"): // a host and a port alone; url.Parse takes either for something else
		return nil, fmt.Errorf("url %q does not start with http:// or https://", raw)
	case err != nil:
		return nil, err
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("url %q does not start with http:// or https://", raw)
	case u.Hostname() == "" || strings.ContainsAny(u.Host, " \r\n"):
		return nil, fmt.Errorf("url %q has no host", raw)
	}
	return u, nil
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
