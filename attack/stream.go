package attack

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"showdown"
	"showdown/attack/scenario"
)

// streams makes HTTP/2 connections, by net/http: what they cost does not matter as much as
// that they are right. A client has one connection to an address and sends all its
// requests on it; each request is one of its streams.
type streams struct {
	lines     *lines
	transport *http.Transport
}

// errNoHTTP2 is the error of a server that does not speak HTTP/2 where it was asked to.
var errNoHTTP2 = errors.New("the server does not speak HTTP/2")

// wanted is the key of what a dial of the transport is for, in its context.
type wanted struct{}

// dialing is one dial: what it is for, and how far it came.
type dialing struct {
	endpoint *endpoint
	secure   *tls.Config
	phase    phase
}

func newStreams(l *lines) *streams {
	s := &streams{lines: l}
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s.transport = &http.Transport{
		Protocols: &protocols, DisableCompression: true, DialContext: s.dial, DialTLSContext: s.dial,
	}
	return s
}

// dial connects to the address of the dialing, with TLS where it has a configuration.
func (s *streams) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	d := ctx.Value(wanted{}).(*dialing)
	d.phase = connecting
	tcp, err := s.lines.dialer.DialContext(ctx, network, d.endpoint.Address)
	if err != nil || d.secure == nil {
		return tcp, err
	}
	d.phase = handshaking
	secure := tls.Client(tcp, d.endpoint.named(d.secure))
	if err := secure.HandshakeContext(ctx); err != nil {
		tcp.Close()
		return nil, err
	}
	if secure.ConnectionState().NegotiatedProtocol != "h2" {
		secure.Close()
		return nil, errNoHTTP2
	}
	return secure, nil
}

// stream is an HTTP/2 connection of a client, shared by its requests.
type stream struct {
	conn          *http.ClientConn
	endpoint      *endpoint
	made, fetched time.Time
	carried       int
	// users are the requests on it, and retired says that there will be no more: the last
	// one closes it. Both are the client's.
	users   int
	retired bool
}

// usable says that the connection may carry a further request.
func (c *client) usable(s *stream) bool {
	return !s.retired && s.conn.Err() == nil && c.profile != showdown.Fresh &&
		(c.ageing.age == 0 || time.Since(s.made) < c.ageing.age) &&
		(c.ageing.requests == 0 || s.carried < c.ageing.requests)
}

// takeStream is the client's connection to e, or to any address when e is nil; nil when
// there is none.
func (c *client) takeStream(site int, e *endpoint) *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &c.places[site]
	for i := len(p.streams) - 1; i >= 0; i-- {
		s := p.streams[i]
		if e != nil && s.endpoint != e {
			continue
		}
		if !c.usable(s) || c.host == nil && !has(p.known, s.endpoint) {
			p.streams = append(p.streams[:i], p.streams[i+1:]...)
			c.retire(s)
			continue
		}
		s.users++
		s.carried++
		return s
	}
	return nil
}

// retire lets no further request onto the connection. The client is locked.
func (c *client) retire(s *stream) {
	s.retired = true
	if s.users == 0 {
		s.conn.Close()
	}
}

// keepStream adds a new connection with its first request.
func (c *client) keepStream(site int, s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.users, s.carried = 1, 1
	if c.profile == showdown.Fresh || c.ageing.requests == 1 {
		s.retired = true
		return
	}
	p := &c.places[site]
	p.streams = append(p.streams, s)
}

// leaveStream ends a request on the connection; broken says that it is to carry no more.
func (c *client) leaveStream(site int, s *stream, broken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.users--
	if broken && !s.retired {
		p := &c.places[site]
		for i := range p.streams {
			if p.streams[i] == s {
				p.streams = append(p.streams[:i], p.streams[i+1:]...)
				break
			}
		}
		s.retired = true
	}
	if s.retired && s.users == 0 {
		s.conn.Close()
	}
}

// askOnStream is askFor with HTTP/2.
func (a *Attack) askOnStream(s *slot, c *client, tgt *target, values []scenario.Value, deadline time.Time) {
	ctx, cancel := context.WithDeadline(a.ctx, deadline)
	defer cancel()
	var r route
	if c.host == nil {
		r = c.route(tgt.site, a.book.Load())
	} else {
		defer a.nameBackend(s)
		for st := c.takeStream(tgt.site, nil); st != nil; st = c.takeStream(tgt.site, nil) {
			if a.onStream(ctx, s, c, tgt, st, values, true) {
				return
			}
		}
		r = a.names.route(c, deadline)
	}
	if len(r.known) == 0 {
		s.address, s.age = "", 0
		s.outcome = failure(resolving, nil)
		return
	}
	for try := range r.tries {
		place := r.at(try)
		e := r.known[place]
		s.backend, s.address = e.Name, e.ip
		for st := c.takeStream(tgt.site, e); st != nil; st = c.takeStream(tgt.site, e) {
			if a.onStream(ctx, s, c, tgt, st, values, true) {
				return
			}
		}
		by := deadline
		if left := r.tries - try; left > 1 {
			by = by.Add(-time.Until(deadline) / time.Duration(left) * time.Duration(left-1))
		}
		if c.host != nil {
			s.age = time.Since(r.fetched)
		}
		st, err := a.newStream(ctx, s, c, tgt, e, by)
		if err != nil {
			if elsewhere(s.outcome) {
				continue
			}
			return
		}
		st.fetched = r.fetched
		c.connected(tgt.site, r, place)
		if !a.onStream(ctx, s, c, tgt, st, values, false) {
			// Not even its first request was sent: the server ended it at once.
			s.outcome = showdown.Reset
		}
		return
	}
}

// newStream connects the client to e until by, or finds the connection that another of
// its requests has made meanwhile. It notes a failure in the slot.
func (a *Attack) newStream(ctx context.Context, s *slot, c *client, tgt *target, e *endpoint, by time.Time) (*stream, error) {
	c.dialing.Lock()
	defer c.dialing.Unlock()
	if st := c.takeStream(tgt.site, e); st != nil {
		return st, nil
	}
	d := &dialing{endpoint: e, secure: a.sites[tgt.site].secure, phase: connecting}
	ctx, cancel := context.WithDeadline(context.WithValue(ctx, wanted{}, d), by)
	defer cancel()
	scheme := "http"
	if d.secure != nil {
		scheme = "https"
	}
	conn, err := a.streams.transport.NewClientConn(ctx, scheme, e.Address)
	if err != nil {
		s.outcome = failure(d.phase, err)
		if errors.Is(err, errNoHTTP2) {
			s.reason = errNoHTTP2.Error()
		}
		return nil, err
	}
	st := &stream{conn: conn, endpoint: e, made: time.Now()}
	c.keepStream(tgt.site, st)
	return st, nil
}

// onStream sends the request as a stream of the connection and notes what came of it. It
// is false when the connection took nothing: then nothing was sent.
func (a *Attack) onStream(ctx context.Context, s *slot, c *client, tgt *target, st *stream, values []scenario.Value, reused bool) bool {
	s.address = st.endpoint.ip
	if c.host != nil {
		s.age = time.Since(st.fetched)
	}
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	req, size := tgt.request(ctx, st.endpoint, a.sites[tgt.site].secure != nil, values)
	res, err := st.conn.RoundTrip(req)
	var body body
	if err == nil {
		body, err = readBody(res, a.check != nil || tgt.needsBody)
	}
	// A connection that does not answer in time may be dead without a sign; the next
	// request would wait for nothing as well.
	c.leaveStream(tgt.site, st, err != nil)
	if err != nil && !sent.Load() && ctx.Err() == nil {
		return false
	}
	s.reused, s.bytesOut = reused, size
	if err != nil {
		s.outcome = failure(exchanging, err)
		return true
	}
	s.status, s.outcome = uint16(res.StatusCode), answered(res.StatusCode)
	s.bytesIn = uint32(min(body.size, math.MaxUint32))
	if name := res.Header.Get("X-Instance"); name != "" {
		s.backend = name
	}
	if s.outcome == showdown.OK && a.check != nil && !tgt.noBody && a.check(res.StatusCode, body.kept, time.Now()) != nil {
		s.outcome = showdown.Wrong
	}
	if tgt.step != nil {
		header := func(name string, yield func(string) bool) {
			for _, v := range res.Header.Values(name) {
				if !yield(v) {
					return
				}
			}
		}
		judge(s, tgt.step, scenario.Answer{Status: res.StatusCode, Header: header, Body: body.kept}, values)
	}
	return true
}

// body is what is known of the body of an answer: its size, and as much of it as is kept.
type body struct {
	size int64
	kept []byte
}

func readBody(res *http.Response, keep bool) (b body, err error) {
	defer res.Body.Close()
	if keep {
		if b.kept, err = io.ReadAll(io.LimitReader(res.Body, maxKept)); err != nil {
			return b, err
		}
	}
	rest, err := io.Copy(io.Discard, res.Body)
	b.size = int64(len(b.kept)) + rest
	return b, err
}

// request is the target as a request of net/http, and the size of its body.
func (t *target) request(ctx context.Context, e *endpoint, secure bool, values []scenario.Value) (*http.Request, uint32) {
	path, header, content := t.path, t.fields, t.body
	if !t.fixed {
		path = string(t.step.Path.Append([]byte(t.path), values))
		content = t.step.Body.Append(nil, values)
		header = header.Clone()
		for i := range t.step.Header {
			f := &t.step.Header[i]
			header.Set(f.Name, string(f.Value.Append(nil, values)))
		}
		header.Del("Host")
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	host := orDefault(t.host, e.host)
	req := &http.Request{
		Method: t.method, URL: &url.URL{Scheme: scheme, Host: host, Opaque: path}, Host: host, Header: header,
		Proto: "HTTP/2.0", ProtoMajor: 2, Body: http.NoBody,
	}
	if len(content) > 0 || hasBody(t.method) {
		req.ContentLength = int64(len(content))
		if len(content) > 0 {
			req.Body = io.NopCloser(bytes.NewReader(content))
		}
	}
	return req.WithContext(ctx), uint32(len(content))
}

// closeAll ends the connections of the clients.
func (s *streams) closeAll(clients []*client) {
	for _, c := range clients {
		c.mu.Lock()
		for i := range c.places {
			for _, st := range c.places[i].streams {
				st.conn.Close()
			}
			c.places[i].streams = nil
		}
		c.mu.Unlock()
	}
	s.transport.CloseIdleConnections()
}
