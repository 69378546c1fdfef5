package machine_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// silence is how long nothing must come before a probe says that nothing comes: far
// above what an answer takes, and below the first repetition of a SYN.
const silence = 400 * time.Millisecond

// link is one open connection on which requests can be sent.
type link struct {
	net.Conn
	in *bufio.Reader
}

func dial(address string) (*link, error) {
	c, err := net.DialTimeout("tcp4", address, silence)
	if err != nil {
		return nil, err
	}
	return &link{c, bufio.NewReader(c)}, nil
}

func (m *target) mustDial() *link {
	m.t.Helper()
	l, err := dial(m.address)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = l.Close() })
	return l
}

func (l *link) send() error {
	_, err := io.WriteString(l, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	return err
}

// receive reads one answer's status within d.
func (l *link) receive(d time.Duration) (int, error) {
	_ = l.SetReadDeadline(time.Now().Add(d))
	r, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, r.Body)
	return r.StatusCode, err
}

func (l *link) ask(d time.Duration) (int, error) {
	if err := l.send(); err != nil {
		return 0, err
	}
	return l.receive(d)
}

func (m *target) mustAsk(l *link) {
	m.t.Helper()
	if status, err := l.ask(patience); err != nil || status != 200 {
		m.t.Fatalf("a healthy connection answers %d, %v", status, err)
	}
}

// busyAndIdle opens two connections: one on which a request is in flight, whose answer
// takes as long as a probe waits for one, and one on which nothing was asked.
func (m *target) busyAndIdle() (busy, idle *link) {
	m.t.Helper()
	m.do(cloud.Command{Verb: cloud.Delay, Delay: silence})
	busy, idle = m.mustDial(), m.mustDial()
	if err := busy.send(); err != nil {
		m.t.Fatal(err)
	}
	for m.do(cloud.Command{Verb: cloud.Stats}).Requests == 0 { // until it is in flight
	}
	return busy, idle
}

func timedOut(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

func wasReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.EPIPE)
}

func TestRefuse(t *testing.T) {
	m := newSite(t)
	web := m.start(m.config("web-1", 0))
	open := web.mustDial()
	web.mustAsk(open)
	web.do(cloud.Command{Verb: cloud.Refuse})
	for _, address := range []string{web.address, net.JoinHostPort(web.config.Private, fmt.Sprint(cloud.Port))} {
		if _, err := dial(address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a new connection to %s: %v, want it refused", address, err)
		}
	}
	web.mustAsk(open) // open connections go on
	web.do(cloud.Command{Verb: cloud.Refuse, Off: true})
	web.mustAnswer()
	web.mustAsk(open)
}

func TestStartsRefusing(t *testing.T) {
	s := newSite(t)
	c := s.config("web-1", 0)
	c.Refuse = true
	web := s.start(c)
	if _, err := dial(web.address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a machine that starts refusing: %v, want it refused", err)
	}
	web.do(cloud.Command{Verb: cloud.Refuse, Off: true})
	web.mustAnswer()
}

func TestReset(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	open := web.mustDial()
	web.mustAsk(open)
	web.do(cloud.Command{Verb: cloud.Reset})
	if _, err := open.ask(patience); !wasReset(err) {
		t.Errorf("the open connection: %v, want a reset", err)
	}
	for range 20 {
		l, err := dial(web.address)
		if err == nil {
			_, err = l.ask(patience)
			_ = l.Close()
		}
		if !wasReset(err) {
			t.Fatalf("a new connection: %v, want a reset", err)
		}
	}
	web.do(cloud.Command{Verb: cloud.Reset, Off: true})
	web.mustAnswer()
}

func TestBlackhole(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	// What is left over from one must not weaken the next.
	for range 3 {
		open, idle := web.mustDial(), web.mustDial()
		web.mustAsk(open)
		web.do(cloud.Command{Verb: cloud.Blackhole})
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				if l, err := dial(web.address); !timedOut(err) {
					t.Errorf("a new connection: %v %v, want a timeout of the connect", l, err)
				}
			})
		}
		for _, l := range []*link{open, idle} {
			if _, err := l.ask(silence); !timedOut(err) {
				t.Errorf("an open connection: %v, want silence", err)
			}
		}
		wait.Wait()
		web.do(cloud.Command{Verb: cloud.Blackhole, Off: true})
		web.mustAnswer()
		for _, l := range []*link{open, idle} { // what was sent meanwhile was not lost
			if status, err := l.receive(patience); err != nil || status != 200 {
				t.Errorf("an open connection afterwards: %d, %v", status, err)
			}
		}
	}
}

func TestBlackholeHoldsBackAnswersOfRequestsInFlight(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	web.do(cloud.Command{Verb: cloud.Delay, Delay: silence / 2})
	l := web.mustDial()
	if err := l.send(); err != nil {
		t.Fatal(err)
	}
	web.do(cloud.Command{Verb: cloud.Blackhole})
	if _, err := l.receive(2 * silence); !timedOut(err) {
		t.Errorf("the answer of a request in flight: %v, want silence", err)
	}
	web.do(cloud.Command{Verb: cloud.Blackhole, Off: true})
	if status, err := l.receive(patience); err != nil || status != 200 {
		t.Errorf("afterwards: %d, %v", status, err)
	}
}

func TestFaultsCombine(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	web.do(cloud.Command{Verb: cloud.Refuse})
	web.do(cloud.Command{Verb: cloud.Blackhole})
	if _, err := dial(web.address); !timedOut(err) {
		t.Errorf("blackhole over refuse: %v, want a timeout", err)
	}
	extra := s.address(journal.RolePublic, 9)
	web.do(cloud.Command{Verb: cloud.Listen, Address: extra})
	if _, err := dial(net.JoinHostPort(extra, fmt.Sprint(cloud.Port))); !timedOut(err) {
		t.Errorf("an address that comes during a blackhole: %v, want a timeout", err)
	}
	web.do(cloud.Command{Verb: cloud.Blackhole, Off: true})
	if _, err := dial(web.address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refuse is still on: %v", err)
	}
	web.do(cloud.Command{Verb: cloud.Refuse, Off: true})
	web.mustAnswer()
}

func TestListenAndUnlisten(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	elastic := s.address(journal.RoleElastic, 0)
	at := net.JoinHostPort(elastic, fmt.Sprint(cloud.Port))
	if _, err := dial(at); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("before: %v", err)
	}
	web.do(cloud.Command{Verb: cloud.Listen, Address: elastic})
	web.do(cloud.Command{Verb: cloud.Listen, Address: elastic})
	open, err := dial(at)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	web.mustAsk(open)
	web.do(cloud.Command{Verb: cloud.Unlisten, Address: elastic})
	if _, err := dial(at); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("afterwards: %v", err)
	}
	if _, err := open.ask(patience); !wasReset(err) {
		t.Errorf("its open connection: %v", err)
	}
	web.mustAnswer() // the other addresses stay

	// Two machines cannot have one address.
	other := s.start(s.config("web-2", 1))
	other.do(cloud.Command{Verb: cloud.Listen, Address: elastic})
	if _, err := web.Do(t.Context(), cloud.Command{Verb: cloud.Listen, Address: elastic}); err == nil ||
		!strings.Contains(err.Error(), "address already in use") {
		t.Errorf("an address in use: %v", err)
	}
}

func TestDelay(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	measure := func() time.Duration {
		l := web.mustDial()
		at := time.Now()
		web.mustAsk(l)
		return time.Since(at)
	}
	const added = 300 * time.Millisecond
	web.do(cloud.Command{Verb: cloud.Delay, Delay: added})
	if d := measure(); d < added {
		t.Errorf("an answer took %s, want %s more than none", d, added)
	}
	web.do(cloud.Command{Verb: cloud.Delay, Off: true})
	best := time.Hour
	for range 10 {
		best = min(best, measure())
	}
	if best >= added {
		t.Errorf("without it an answer still takes %s", best)
	}
}

func TestErrors(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	count := func(n int) map[int]int {
		l, got := web.mustDial(), map[int]int{}
		for range n {
			status, err := l.ask(patience)
			if err != nil {
				t.Fatal(err)
			}
			got[status]++
		}
		return got
	}
	web.do(cloud.Command{Verb: cloud.Errors, Share: 1, Status: 502})
	if got := count(20); got[502] != 20 {
		t.Errorf("all of 20: %v", got)
	}
	web.do(cloud.Command{Verb: cloud.Errors, Share: 0.5})
	// 200 of a half lie outside 60 to 140 once in 10^8, and the seed is fixed.
	if got := count(200); got[500] < 60 || got[500] > 140 || got[200]+got[500] != 200 {
		t.Errorf("half of 200: %v", got)
	}
	failed := web.do(cloud.Command{Verb: cloud.Stats}).Errors
	web.do(cloud.Command{Verb: cloud.Errors, Off: true})
	if got := count(20); got[200] != 20 {
		t.Errorf("none of 20: %v", got)
	}
	if c := web.do(cloud.Command{Verb: cloud.Stats}); c.Errors != failed || c.Requests != 240 || c.Rejected != 0 {
		t.Errorf("counters %+v, want 240 requests and %d errors", c, failed)
	}
}

func TestSteal(t *testing.T) {
	s := newSite(t)
	c := s.config("web-1", 0)
	c.Capacity.VCPUs, c.Capacity.Iterations, c.Capacity.Work = 1, 1000, 20 // 20 ms a request
	web := s.start(c)
	measure := func() time.Duration {
		at := time.Now()
		web.mustAsk(web.mustDial())
		return time.Since(at)
	}
	web.do(cloud.Command{Verb: cloud.Steal, Share: 0.95})
	if d := measure(); d < 390*time.Millisecond {
		t.Errorf("with 5 %% of the CPU 20 ms of work took %s", d)
	}
	if speed := web.do(cloud.Command{Verb: cloud.Stats}).Speed; speed < 0.049 || speed > 0.051 {
		t.Errorf("speed %g", speed)
	}
	// A request under way feels the end of the steal too.
	web.do(cloud.Command{Verb: cloud.Steal, Share: 1})
	l := web.mustDial()
	if err := l.send(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.receive(silence); !timedOut(err) {
		t.Errorf("with no CPU at all: %v", err)
	}
	web.do(cloud.Command{Verb: cloud.Steal, Off: true})
	best := time.Hour
	for range 10 {
		best = min(best, measure())
	}
	if best > 300*time.Millisecond {
		t.Errorf("without steal 20 ms of work still take %s", best)
	}
}

func TestPauseAndResume(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	open := web.mustDial()
	web.mustAsk(open)
	for range 2 { // pausing twice is pausing once
		if err := web.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	fresh := web.mustDial() // the kernel accepts
	for _, l := range []*link{open, fresh} {
		if _, err := l.ask(silence); !timedOut(err) {
			t.Errorf("a paused machine: %v, want a timeout of the read", err)
		}
	}
	if _, err := web.Do(t.Context(), cloud.Command{Verb: cloud.Stats}); err == nil || !strings.Contains(err.Error(), "paused") {
		t.Errorf("a command to a paused machine: %v", err)
	}
	if err := web.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*link{open, fresh} {
		if status, err := l.receive(patience); err != nil || status != 200 {
			t.Errorf("afterwards: %d, %v", status, err)
		}
	}
	web.mustAnswer()
}

func TestWrongCommandsSayWhy(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	for _, c := range []struct {
		command cloud.Command
		want    string
	}{
		{cloud.Command{Verb: "explode"}, "unknown verb"},
		{cloud.Command{Verb: cloud.Delay, Delay: -1}, "negative"},
		{cloud.Command{Verb: cloud.Lag, Delay: -1}, "negative"},
		{cloud.Command{Verb: cloud.Leak, Share: 0.1}, "nothing can leak"},
		{cloud.Command{Verb: cloud.Steal, Share: 1.5}, "outside 0 to 1"},
		{cloud.Command{Verb: cloud.Errors, Share: 1, Status: 200}, "is no error"},
		{cloud.Command{Verb: cloud.Listen, Address: "nowhere"}, `address "nowhere"`},
		{cloud.Command{Verb: cloud.Listen, Address: "192.0.2.1"}, "cannot assign"},
	} {
		if _, err := web.Do(t.Context(), c.command); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q in it", c.command, err, c.want)
		}
	}
	web.mustAnswer()
}

func TestMachinesThatCannotStartSayWhy(t *testing.T) {
	s := newSite(t)
	s.start(s.config("web-1", 0))
	for _, c := range []struct {
		name   string
		change func(*cloud.MachineConfig)
		want   string
	}{
		{"address in use", func(c *cloud.MachineConfig) {}, "address already in use"},
		{"unknown application", func(c *cloud.MachineConfig) { c.App = "sundial" }, `unknown application "sundial"; known: clock`},
		{"no vCPU", func(c *cloud.MachineConfig) { c.Capacity.VCPUs = 0 }, "0 vCPUs"},
		{"not ours to bind", func(c *cloud.MachineConfig) { c.Private = "192.0.2.1" }, "cannot assign"},
		{"no port", func(c *cloud.MachineConfig) { c.Port = 0 }, "port from 1 to 65534"},
	} {
		config := s.config("web-2", 0)
		c.change(&config)
		_, err := s.backend.Start(t.Context(), config)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "start machine web-2: ") {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
		}
	}
	if left := s.journal.Pending(); len(left) != 2 { // the spawner and web-1
		t.Errorf("the journal still holds %v", left)
	}
}
