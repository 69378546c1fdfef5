package machine

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"showdown/targets/cloud"
	"showdown/targets/journal"
)

const quiet = 200 * time.Millisecond

// unprivileged is a machine in this process that may not attach filters, as an ordinary
// user's, and an address of a client.
func unprivileged(t *testing.T, in *cloud.Inbound, allowed *atomic.Bool) (m *machine, address, client string) {
	t.Helper()
	dir, err := journal.Dir()
	if err != nil {
		t.Fatal(err)
	}
	slot, err := journal.AcquireSlot(dir)
	limit := time.After(time.Minute)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for err != nil { // other tests on this computer may hold them all
		select {
		case <-again.C:
			slot, err = journal.AcquireSlot(dir)
		case <-limit:
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = slot.Release() })
	at := func(r journal.Role) string {
		a, err := journal.Address(slot.Number(), r, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		return a.String()
	}
	m, err = newMachine(cloud.MachineConfig{
		Name: "web-1", Lab: "base", App: "clock", Port: port, Speed: 60, Private: at(journal.RolePrivate), Inbound: in,
		Capacity: cloud.Capacity{Type: "m5.large", VCPUs: 2, Iterations: 28470, Work: 1, Queue: 100},
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	m.attach = func(raw control, program []instruction) error {
		if len(program) > 0 && !allowed.Load() {
			return syscall.EPERM
		}
		return attachFilter(raw, program)
	}
	if err := m.listen(); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- m.serve() }()
	t.Cleanup(func() {
		m.close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return m, net.JoinHostPort(at(journal.RolePrivate), "8080"), at(journal.RoleClients)
}

func connection(t *testing.T, source, address string) net.Conn {
	t.Helper()
	d := net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	c, err := d.Dial("tcp4", address)
	if err != nil {
		t.Fatalf("without privilege a connection is accepted: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// ask sends a request and waits for the status of its answer.
func ask(c net.Conn, wait time.Duration) (int, error) {
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return 0, err
	}
	_ = c.SetReadDeadline(time.Now().Add(wait))
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, r.Body)
	return r.StatusCode, err
}

func TestWithoutPrivilegeTheConnectionStaysSilent(t *testing.T) {
	var allowed atomic.Bool
	m, address, client := unprivileged(t, inbound(), &allowed)
	if got := m.counters().Guard; got != guardSilence {
		t.Errorf("it says that it keeps out by %q", got)
	}
	c := connection(t, client, address)
	for range 3 { // whatever the client says, and as long as it waits
		if _, err := ask(c, quiet); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("who is not let in gets %v, want silence", err)
		}
	}
	if got := m.counters(); got.Denied != 1 || got.Requests != 0 {
		t.Errorf("%d denied, %d requests, want 1 and 0", got.Denied, got.Requests)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	limit := time.After(5 * time.Second)
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for open := 1; open > 0; { // the machine lets go when the client does
		select {
		case <-again.C:
			open = 0
			m.conns.each(func(*conn) { open++ })
		case <-limit:
			t.Fatal("the connection of a client that has left is still there")
		}
	}

	if err := m.protect(inbound(client + "/32")); err != nil {
		t.Fatal(err)
	}
	tracked := connection(t, client, address)
	if status, err := ask(tracked, 5*time.Second); err != nil || status != 200 {
		t.Fatalf("who is let in gets %d, %v", status, err)
	}
	if err := m.protect(inbound()); err != nil {
		t.Fatal(err)
	}
	if status, err := ask(tracked, 5*time.Second); err != nil || status != 200 {
		t.Errorf("an open connection after its rule is gone: %d, %v", status, err)
	}
}

func TestWithoutPrivilegeACutSourceIsSilentUntilItIsHealed(t *testing.T) {
	var allowed atomic.Bool
	m, address, client := unprivileged(t, cutting(inbound("0.0.0.0/0"), "127.0.0.0/8"), &allowed)
	c := connection(t, client, address)
	if _, err := ask(c, quiet); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("a cut source gets %v, want silence", err)
	}
	if err := m.protect(nil); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != 200 {
		t.Errorf("what it sent meanwhile: %v, %v, want its answer", r, err)
	}
	if got := m.counters(); got.Denied != 0 || got.Guard != "" {
		t.Errorf("%d denied and guard %q, want none", got.Denied, got.Guard)
	}
}

// A filter that cannot be replaced must not stay with its old rules.
func TestAFilterThatCannotBeReplacedComesOff(t *testing.T) {
	var allowed atomic.Bool
	allowed.Store(true)
	m, address, client := unprivileged(t, inbound(), &allowed)
	if m.counters().Guard != guardFilter {
		t.Skip("filters are not granted here: there is none to replace")
	}
	allowed.Store(false)
	if err := m.protect(inbound(client + "/32")); err != nil {
		t.Fatal(err)
	}
	if got := m.counters().Guard; got != guardSilence {
		t.Errorf("it says that it keeps out by %q", got)
	}
	if status, err := ask(connection(t, client, address), 5*time.Second); err != nil || status != 200 {
		t.Errorf("who is let in now gets %d, %v", status, err)
	}
}
