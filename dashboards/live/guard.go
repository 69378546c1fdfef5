package live

import (
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	// commandRate and commandBurst bound the commands of one address.
	commandRate  = 10
	commandBurst = 20
	// voteRate and voteBurst bound the votes of one address, behind which a whole class may be.
	voteRate  = 100
	voteBurst = 500
	// maxAddresses bounds of how many addresses the pace is remembered.
	maxAddresses = 1024
	// maxCommand is the longest command in bytes.
	maxCommand = 16 << 10
)

// policy is what a browser may do with the page: nothing that does not come from here.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard decides who may ask for what before a handler sees it.
//
// A page elsewhere can make a browser send requests here in three ways: by a name that it
// points at this address (DNS rebinding), which the Host header shows; from a script or a
// form of another origin, which Origin and Sec-Fetch-Site show; and by showing this page in
// a frame, which the policy forbids.
type guard struct {
	next http.Handler
	// hosts are names by which the page may be asked for, beside IP addresses and localhost.
	hosts []string
	// token is asked of whoever commands; empty asks nothing.
	token string
	// commands and votes are the paces of each.
	commands, votes pacer
}

// newGuard guards a handler.
func newGuard(next http.Handler, o Options) *guard {
	return &guard{
		next: next, hosts: o.Hosts, token: o.Token,
		commands: pacer{now: o.Now, rate: commandRate, burst: commandBurst, paces: map[string]*pace{}},
		votes:    pacer{now: o.Now, rate: voteRate, burst: voteBurst, paces: map[string]*pace{}},
	}
}

// pacer bounds how often each address may do something.
type pacer struct {
	now         func() time.Time
	rate, burst float64

	mu    sync.Mutex
	paces map[string]*pace
}

// pace is a bucket of commands that an address may still send.
type pace struct {
	left float64
	at   time.Time
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Cache-Control", "no-cache")
	if !g.known(r.Host) && !scraped(r) {
		refuse(w, http.StatusForbidden, "the host "+quoted(r.Host)+" is not known here", "use the address that showdown printed")
		return
	}
	api := strings.HasPrefix(r.URL.Path, "/api/")
	if site := r.Header.Get("Sec-Fetch-Site"); api && site != "" && site != "same-origin" && site != "none" {
		refuse(w, http.StatusForbidden, "the request comes from another site", "use the page itself")
		return
	}
	if origin := r.Header.Get("Origin"); api && origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host {
		refuse(w, http.StatusForbidden, "the request comes from another origin", "use the page itself")
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !g.command(w, r) {
		return
	}
	g.next.ServeHTTP(w, r)
}

// command says whether a command may pass; otherwise it has answered. HEAL ALL has no pace,
// and a vote needs no token.
func (g *guard) command(w http.ResponseWriter, r *http.Request) bool {
	heal, vote := r.URL.Path == healPath, r.URL.Path == votePath
	pace := &g.commands
	if vote {
		pace = &g.votes
	}
	// Before the pace: where many have one address, who has no token shall not use up the presenter's.
	if g.token != "" && !vote {
		given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(given), []byte(g.token)) != 1 {
			refuse(w, http.StatusUnauthorized, "the presenter's token is missing or wrong", "open the presenter's address that showdown printed")
			return false
		}
	}
	if !heal && !pace.take(r.RemoteAddr) {
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, "too many commands", "wait a second")
		return false
	}
	// A form of another page cannot have this type without asking first.
	if t, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(t) != "application/json" {
		refuse(w, http.StatusBadRequest, "a command is JSON", "send Content-Type: application/json")
		return false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxCommand)
	return true
}

// known says whether a Host header names this server. An address cannot be pointed here by
// somebody else's name server; a name can.
func (g *guard) known(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	for _, h := range g.hosts {
		if strings.EqualFold(name, h) {
			return true
		}
	}
	return false
}

// scraped says whether a request is a scrape or a health check. A scraper names this server as its own
// network does (in a container, by the service's name), and what it is told changes nothing.
func scraped(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	return r.URL.Path == "/metrics" || strings.HasPrefix(r.URL.Path, "/metrics/") || r.URL.Path == "/healthz"
}

// take takes one from what the address may still send; it is false where nothing is left.
func (g *pacer) take(remote string) bool {
	if h, _, err := net.SplitHostPort(remote); err == nil {
		remote = h
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	p := g.paces[remote]
	if p == nil {
		if len(g.paces) >= maxAddresses {
			clear(g.paces)
		}
		p = &pace{g.burst, now}
		g.paces[remote] = p
	}
	p.left = min(g.burst, p.left+g.rate*now.Sub(p.at).Seconds())
	p.at = now
	if p.left < 1 {
		return false
	}
	p.left--
	return true
}

// refuse answers with an error and what can be done about it.
func refuse(w http.ResponseWriter, code int, text, hint string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text, "hint": hint}) // the caller may be gone
}

// quoted is a header's text for a message.
func quoted(s string) string {
	data, _ := json.Marshal(short(s))
	return string(data)
}
