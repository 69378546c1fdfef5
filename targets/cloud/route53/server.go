package route53

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"showdown/targets/cloud"
)

const (
	// maxConns is how many TCP connections a name server keeps, and maxLate how many
	// slow answers it has on their way; it drops what is more.
	maxConns, maxLate = 256, 1024
	// idleTCP is how long a connection may say nothing, in lab time (RFC 7766, section
	// 6.2.3, leaves it to the server).
	idleTCP = 10 * time.Second
	// bindTries is how often a port is chosen that must be free for UDP and for TCP.
	bindTries = 16
)

// server is one name server.
type server struct {
	zone *Zone
	at   netip.AddrPort
	seed uint64
	// now is the zone as this server knows it, and asked counts its questions: question
	// n has the n-th source of chance.
	now   atomic.Pointer[snapshot]
	asked atomic.Uint64

	udp *net.UDPConn
	tcp *net.TCPListener
}

// Listen binds every name server's address, for UDP and TCP alike. It binds none when
// one cannot be.
func (z *Zone) Listen() error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.closed {
		return errors.New("listen: the hosted zone is closed")
	}
	for i, s := range z.servers {
		if s.udp != nil {
			return errors.New("listen: the name servers listen already")
		}
		if err := s.bind(); err != nil {
			for _, s := range z.servers[:i] {
				s.release()
			}
			return fmt.Errorf("listen as name server %d of %s: %w", i+1, bare(z.apex), err)
		}
	}
	return nil
}

func (s *server) bind() error {
	var err error
	for range bindTries {
		if s.tcp, err = net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(s.at)); err != nil {
			return err
		}
		at := s.tcp.Addr().(*net.TCPAddr).AddrPort()
		if s.udp, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at)); err == nil {
			return nil
		}
		_ = s.tcp.Close()
		s.tcp = nil
		if s.at.Port() != 0 {
			return err
		}
	}
	return fmt.Errorf("no port is free for both UDP and TCP: %w", err)
}

func (s *server) release() {
	if s.udp != nil {
		_ = s.udp.Close()
		_ = s.tcp.Close()
	}
	s.udp, s.tcp = nil, nil
}

// Servers are the addresses of the name servers; after [Zone.Listen] their ports are
// those that the system chose.
func (z *Zone) Servers() []netip.AddrPort {
	z.mu.Lock()
	defer z.mu.Unlock()
	var out []netip.AddrPort
	for _, s := range z.servers {
		at := s.at
		if s.tcp != nil {
			at = s.tcp.Addr().(*net.TCPAddr).AddrPort()
		}
		out = append(out, at)
	}
	return out
}

// Run serves, carries changes to the name servers and checks endpoints until ctx
// ends or the zone is closed. It returns when everything it started has ended, and
// the addresses are free then. A zone that does not listen answers nobody, and does
// the rest. It fails when it is already running or was closed.
func (z *Zone) Run(ctx context.Context) error {
	z.mu.Lock()
	if z.running || z.closed {
		z.mu.Unlock()
		return fmt.Errorf("hosted zone %s: it runs already or is closed", bare(z.apex))
	}
	z.running = true
	type sockets struct {
		*server
		udp *net.UDPConn
		tcp *net.TCPListener
	}
	var bound []sockets
	for _, s := range z.servers {
		if s.udp != nil {
			bound = append(bound, sockets{s, s.udp, s.tcp})
		}
	}
	z.mu.Unlock()

	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer func() {
		cancel()
		z.Close()
		wg.Wait()
		z.mu.Lock()
		z.running = false
		z.mu.Unlock()
	}()
	failed := make(chan error, 2*len(bound))
	for _, s := range bound {
		wg.Go(func() { failed <- s.serveUDP(ctx, s.udp, &wg) })
		wg.Go(func() { failed <- s.serveTCP(ctx, s.tcp, &wg) })
	}
	return z.look(ctx, &wg, failed)
}

// look carries out what is due, over and over.
func (z *Zone) look(ctx context.Context, wg *sync.WaitGroup, failed <-chan error) error {
	epoch := time.Now()
	for {
		now := time.Now()
		z.mu.Lock()
		next := z.arrive(now)
		z.reconcile(ctx, wg, epoch, now)
		z.unlock()
		var timer <-chan time.Time
		if !next.IsZero() {
			timer = time.After(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-z.done:
			return nil
		case err := <-failed:
			if err != nil {
				return fmt.Errorf("hosted zone %s: %w", bare(z.apex), err)
			}
			return nil // closed
		case <-z.wake:
		case <-timer:
		}
	}
}

// Close frees the name servers' addresses and lets [Zone.Run] end. What is asked of
// the zone afterwards is refused. Closing twice is no error.
func (z *Zone) Close() error {
	z.mu.Lock()
	defer z.unlock()
	if z.closed {
		return nil
	}
	z.closed = true
	close(z.done)
	for _, s := range z.servers {
		s.release()
	}
	return nil
}

// handle is the answer to a packet and how much later it is to be sent.
func (s *server) handle(packet []byte, via Transport) ([]byte, time.Duration) {
	out, spoken := respond(packet, via, func(q dns.Question) reply {
		return decide(s.now.Load(), *s.zone.failing.Load(), *s.zone.ill.Load(), q, s.chance())
	})
	if spoken == nil {
		return out, 0
	}
	s.zone.tally.count(spoken, via)
	return out, spoken.reply.late
}

// chance is the source of the next question's chances. Each question has its own, so
// that questions do not wait for each other.
func (s *server) chance() *rand.Rand { return rand.New(rand.NewPCG(s.seed, mix(s.asked.Add(1)))) }

// mix spreads a counter over all bits (the finalizer of splitmix64): neighbouring
// seeds must not give neighbouring orders.
func mix(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

func (s *server) serveUDP(ctx context.Context, conn *net.UDPConn, wg *sync.WaitGroup) error {
	buffer := make([]byte, dns.MaxMsgSize)
	late := make(chan struct{}, maxLate)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return ended(err)
		}
		out, delay := s.handle(buffer[:n], UDP)
		switch {
		case out == nil:
		case delay == 0:
			// A lost answer is the network's: the resolver asks again.
			_, _ = conn.WriteToUDPAddrPort(out, from)
		default:
			select {
			case late <- struct{}{}:
			default:
				continue
			}
			wg.Go(func() {
				defer func() { <-late }()
				if cloud.SleepUntil(ctx, time.Now().Add(delay)) == nil {
					_, _ = conn.WriteToUDPAddrPort(out, from)
				}
			})
		}
	}
}

func (s *server) serveTCP(ctx context.Context, l *net.TCPListener, wg *sync.WaitGroup) error {
	slots := make(chan struct{}, maxConns)
	for {
		conn, err := l.Accept()
		if err != nil {
			return ended(err)
		}
		select {
		case slots <- struct{}{}:
		default:
			_ = conn.Close()
			continue
		}
		wg.Go(func() {
			defer func() { <-slots }()
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			s.converse(ctx, conn)
		})
	}
}

// converse answers the questions of one connection, one after the other (RFC 7766).
func (s *server) converse(ctx context.Context, conn net.Conn) {
	buffer := make([]byte, 2+dns.MaxMsgSize)
	for {
		_ = conn.SetDeadline(time.Now().Add(idleTCP))
		if _, err := io.ReadFull(conn, buffer[:2]); err != nil {
			return
		}
		packet := buffer[2 : 2+int(binary.BigEndian.Uint16(buffer))]
		if _, err := io.ReadFull(conn, packet); err != nil {
			return
		}
		out, delay := s.handle(packet, TCP)
		if out == nil {
			continue
		}
		if delay > 0 {
			if cloud.SleepUntil(ctx, time.Now().Add(delay)) != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(idleTCP))
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)); err != nil {
			return
		}
	}
}

// ended is nil for a socket that was closed.
func ended(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
