package machine_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// dialFrom is dial from an address of its own.
func dialFrom(source, address string) (*link, error) {
	d := net.Dialer{Timeout: silence, LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	c, err := d.Dial("tcp4", address)
	if err != nil {
		return nil, err
	}
	return &link{c, bufio.NewReader(c)}, nil
}

// allow lets sources reach the application.
func allow(sources ...string) *cloud.Inbound {
	in := &cloud.Inbound{}
	for _, s := range sources {
		in.Allow = append(in.Allow, cloud.Allowed{From: netip.PrefixFrom(netip.MustParseAddr(s), 32), Port: cloud.Port})
	}
	return in
}

// mustBeAnswered asks from a source over a connection of its own, and returns that.
func (m *target) mustBeAnswered(source string) *link {
	m.t.Helper()
	l, err := dialFrom(source, m.address)
	if err != nil {
		m.t.Fatalf("from %s: %v, want an answer", source, err)
	}
	m.t.Cleanup(func() { _ = l.Close() })
	m.mustAsk(l)
	return l
}

// mustBeSilent holds that a source meets what the machine says that it uses: no
// connection behind a filter, a connection without an answer otherwise.
func (m *target) mustBeSilent(source string) {
	m.t.Helper()
	guard := m.do(cloud.Command{Verb: cloud.Stats}).Guard
	l, err := dialFrom(source, m.address)
	switch {
	case guard == "filter":
		if !timedOut(err) {
			m.t.Fatalf("from %s: connected or %v, want a timeout of the connect", source, err)
		}
	case guard != "silence" || err != nil:
		m.t.Fatalf("from %s: %v with the guard %q", source, err, guard)
	default:
		if _, err := l.ask(silence); !timedOut(err) {
			m.t.Fatalf("from %s: %v, want silence", source, err)
		}
		_ = l.Close()
	}
}

func TestProtect(t *testing.T) {
	s := newSite(t)
	client, stranger := s.address(journal.RoleClients, 0), s.address(journal.RoleClients, 1)
	c := s.config("web-1", 0)
	c.Inbound = allow(client)
	web := s.start(c)
	if web.do(cloud.Command{Verb: cloud.Stats}).Guard == "" {
		t.Error("a protected machine does not say how it keeps out")
	}
	open := web.mustBeAnswered(client)
	web.mustBeSilent(stranger)

	// An address that comes later is protected too.
	elastic := s.address(journal.RoleElastic, 0)
	web.do(cloud.Command{Verb: cloud.Listen, Address: elastic})
	at := *web
	at.address = net.JoinHostPort(elastic, "8080")
	at.mustBeAnswered(client)
	at.mustBeSilent(stranger)

	// Revoked: the open connection is tracked and goes on.
	web.do(cloud.Command{Verb: cloud.Protect, Inbound: &cloud.Inbound{}})
	web.mustBeSilent(client)
	web.mustAsk(open)

	// The other way round, and then nothing is kept out.
	web.do(cloud.Command{Verb: cloud.Protect, Inbound: allow(stranger)})
	web.mustBeAnswered(stranger)
	web.mustBeSilent(client)
	web.do(cloud.Command{Verb: cloud.Protect, Off: true})
	web.mustBeAnswered(client)
	if guard := web.do(cloud.Command{Verb: cloud.Stats}).Guard; guard != "" {
		t.Errorf("an open machine keeps out by %q", guard)
	}
}

// A machine reaches itself, and the metrics are the observer's channel.
func TestProtectionLeavesTheHostAlone(t *testing.T) {
	s := newSite(t)
	c := s.config("web-1", 0)
	c.Inbound = &cloud.Inbound{}
	web := s.start(c)
	at := *web
	at.address = net.JoinHostPort(c.Private, "8080")
	at.mustBeAnswered(c.Private)
	at.mustBeSilent(s.address(journal.RoleClients, 0))
	at.address = net.JoinHostPort(c.Private, "8081")
	if r, err := at.get("/metrics"); err != nil || r.StatusCode != 200 {
		t.Errorf("metrics: %v, %v", r, err)
	}
	// The accept queue is filled by connections of the machine to itself.
	web.do(cloud.Command{Verb: cloud.Blackhole})
	if _, err := dialFrom(c.Private, net.JoinHostPort(c.Private, "8080")); !timedOut(err) {
		t.Errorf("blackhole of a protected machine: %v", err)
	}
}

func TestCutSilencesOpenConnectionsOfItsSourceAlone(t *testing.T) {
	s := newSite(t)
	near, far := s.address(journal.RoleClients, 0), s.address(journal.RoleClients, 1)
	web := s.start(s.config("web-1", 0))
	in := allow(near, far)
	web.do(cloud.Command{Verb: cloud.Protect, Inbound: in})
	nearOpen, farOpen := web.mustBeAnswered(near), web.mustBeAnswered(far)

	cut := *in
	cut.Cut = []netip.Prefix{netip.MustParsePrefix(far + "/32")}
	web.do(cloud.Command{Verb: cloud.Protect, Inbound: &cut})
	if _, err := farOpen.ask(silence); !timedOut(err) {
		t.Errorf("the open connection of a cut source: %v, want silence", err)
	}
	web.mustBeSilent(far)
	web.mustAsk(nearOpen)
	web.mustBeAnswered(near)

	web.do(cloud.Command{Verb: cloud.Protect, Inbound: in})
	if status, err := farOpen.receive(patience); err != nil || status != 200 {
		t.Errorf("what was sent while it was cut: %d, %v, want its answer", status, err)
	}
	web.mustBeAnswered(far)
}

func TestConnect(t *testing.T) {
	s := newSite(t)
	web, db := s.start(s.config("web-1", 0)), s.start(s.config("db-1", 1))
	to := net.JoinHostPort(db.config.Private, "8080")
	meets := func(address string) string {
		return web.do(cloud.Command{Verb: cloud.Connect, Address: address, Delay: silence}).Met
	}
	check := func(what, address, want string) {
		t.Helper()
		if got := meets(address); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	check("an open machine", to, cloud.Answered)
	check("nobody", net.JoinHostPort(s.address(journal.RolePrivate, 9), "8080"), cloud.Refused)
	check("an address that is not on this computer", "192.0.2.1:8080", cloud.Unreachable)

	db.do(cloud.Command{Verb: cloud.Protect, Inbound: allow(web.config.Private)})
	check("its own private address is the source", to, cloud.Answered)
	// Its public address opens nothing: rules mean private ones.
	db.do(cloud.Command{Verb: cloud.Protect, Inbound: allow(web.config.Public[0])})
	check("a public address is let in", to, cloud.Silent)
	db.do(cloud.Command{Verb: cloud.Protect, Off: true})
	db.do(cloud.Command{Verb: cloud.Reset})
	check("one that resets", to, cloud.Refused)
	db.do(cloud.Command{Verb: cloud.Reset, Off: true})
	if err := db.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("one that hangs", to, cloud.Silent)
}

// What a look saw beside: the answer to the path, and whether there was a connection.
func TestConnectLooks(t *testing.T) {
	s := newSite(t)
	web, db := s.start(s.config("web-1", 0)), s.start(s.config("db-1", 1))
	to := net.JoinHostPort(db.config.Private, "8080")
	looks := func(path string) cloud.Counters {
		return web.do(cloud.Command{Verb: cloud.Connect, Address: to, Path: path, Delay: silence})
	}
	db.do(cloud.Command{Verb: cloud.Errors, Share: 1, Status: 500, Deep: true})
	if c := looks(""); c.Met != cloud.Answered || c.Look.Status != 200 || c.Look.Took <= 0 {
		t.Errorf("health path: %s %+v", c.Met, c.Look)
	}
	if c := looks("/"); c.Met != cloud.Answered || c.Look.Status != 500 || !c.Look.Connected {
		t.Errorf("broken behind it: %s %+v", c.Met, c.Look)
	}
	db.do(cloud.Command{Verb: cloud.Errors, Deep: true, Off: true})
	if c := looks("/"); c.Look.Status != 200 || !strings.Contains(c.Look.Body, "db-1") {
		t.Errorf("what it tells: %+v", c.Look)
	}
	db.do(cloud.Command{Verb: cloud.Blackhole})
	if c := looks(""); c.Met != cloud.Silent || c.Look.Connected || c.Look.Status != 0 {
		t.Errorf("a blackhole: %s %+v", c.Met, c.Look)
	}
	db.do(cloud.Command{Verb: cloud.Blackhole, Off: true})
	if err := db.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := looks(""); c.Met != cloud.Silent || !c.Look.Connected {
		t.Errorf("one that hangs: %s %+v", c.Met, c.Look)
	}
}

// Looks do not wait for each other, nor other orders for them.
func TestConnectKeepsNobodyWaiting(t *testing.T) {
	s := newSite(t)
	web, gone := s.start(s.config("web-1", 0)), s.start(s.config("web-2", 1))
	gone.do(cloud.Command{Verb: cloud.Blackhole})
	looks := make(chan string, 5)
	for range cap(looks) {
		go func() {
			c, err := web.Do(context.Background(), cloud.Command{
				Verb: cloud.Connect, Address: net.JoinHostPort(gone.config.Private, "8080"), Delay: patience,
			})
			if err != nil {
				c.Met = err.Error()
			}
			looks <- c.Met
		}()
	}
	for range 100 { // the looks go on all the while
		web.do(cloud.Command{Verb: cloud.Stats})
	}
	select {
	case met := <-looks:
		t.Errorf("a look of %s ended with %q while other orders were answered", patience, met)
	default:
	}
	gone.do(cloud.Command{Verb: cloud.Blackhole, Off: true})
	for range cap(looks) { // their SYNs are sent again
		if met := <-looks; met != cloud.Answered {
			t.Errorf("a look met %q, want %q", met, cloud.Answered)
		}
	}
}

func TestVacate(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	busy, idle := web.busyAndIdle()
	vacated := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, err := web.Do(ctx, cloud.Command{Verb: cloud.Vacate})
		vacated <- err
	}()
	if status, err := busy.receive(patience); err != nil || status != 200 {
		t.Errorf("the request in flight: %d, %v", status, err)
	}
	if err := <-vacated; err != nil {
		t.Fatal(err)
	}
	for what, l := range map[string]*link{"the connection that was busy": busy, "the idle one": idle} {
		if _, err := l.ask(patience); !wasReset(err) {
			t.Errorf("%s: %v, want it ended", what, err)
		}
	}
	for _, address := range []string{web.address, net.JoinHostPort(web.config.Private, "8080")} {
		if l, err := dial(address); !timedOut(err) {
			t.Errorf("a new connection to %s: %v %v, want a timeout of the connect", address, l, err)
		}
	}
	if !journal.Identity(web.Identity()).Alive() {
		t.Error("its process has ended, so that its address refuses")
	}
	web.do(cloud.Command{Verb: cloud.Vacate}) // twice is no error
	web.do(cloud.Command{Verb: cloud.Delay, Off: true})
	web.do(cloud.Command{Verb: cloud.Vacate, Off: true})
	web.mustAnswer()
	web.mustAsk(web.mustDial()) // connections are kept alive again
}

func TestVacateDoesNotWaitForEver(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	web.do(cloud.Command{Verb: cloud.Delay, Delay: patience})
	busy := web.mustDial()
	if err := busy.send(); err != nil {
		t.Fatal(err)
	}
	for web.do(cloud.Command{Verb: cloud.Stats}).Requests == 0 { // until it is in flight
	}
	web.do(cloud.Command{Verb: cloud.Vacate, Delay: 20 * time.Millisecond})
	if _, err := busy.receive(patience / 2); !wasReset(err) {
		t.Errorf("the request in flight: %v, want its connection ended", err)
	}
	// It can be stopped as any machine can.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := web.Stop(ctx); err != nil {
		t.Error(err)
	}
	if _, err := dial(web.address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after the stop: %v", err)
	}
}

func TestWrongProtectionSaysWhy(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	for _, c := range []struct {
		command cloud.Command
		want    string
	}{
		{cloud.Command{Verb: cloud.Protect}, "no inbound rules"},
		{cloud.Command{Verb: cloud.Protect, Inbound: &cloud.Inbound{Cut: []netip.Prefix{netip.MustParsePrefix("::/0")}}}, "no IPv4 block"},
		{cloud.Command{Verb: cloud.Connect, Address: "nowhere"}, "write it like 127.19.0.4:8080"},
		{cloud.Command{Verb: cloud.Connect, Address: "127.19.0.4:8080", Delay: -1}, "negative"},
		{cloud.Command{Verb: cloud.Vacate, Delay: -1}, "negative"},
	} {
		if _, err := web.Do(t.Context(), c.command); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q in it", c.command, err, c.want)
		}
	}
	web.mustAnswer()
}
