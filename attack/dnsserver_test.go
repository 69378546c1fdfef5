package attack

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// DNSQuery is a question that a test's name server got.
type DNSQuery struct {
	*dns.Msg
	// Number counts the server's questions from 1.
	Number int
	TCP    bool
	From   net.Addr
	// Send sends bytes to who asked, as often as it is called.
	Send func(message []byte)
}

// Answer is a good answer with these addresses.
func (q *DNSQuery) Answer(ttl uint32, ips ...string) *dns.Msg {
	m := new(dns.Msg).SetReply(q.Msg)
	m.Authoritative = true
	for _, ip := range ips {
		m.Answer = append(m.Answer, &dns.A{
			Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: ttl}, A: net.ParseIP(ip),
		})
	}
	return m
}

// Absent is the answer that there is no such name, which may be kept for ttl.
func (q *DNSQuery) Absent(ttl uint32) *dns.Msg {
	m := new(dns.Msg).SetRcode(q.Msg, dns.RcodeNameError)
	m.Ns = []dns.RR{&dns.SOA{
		Hdr: dns.RR_Header{Name: "shop.example.", Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 900}, Ns: "ns.", Mbox: "m.", Minttl: ttl,
	}}
	return m
}

// Reply packs the answer and sends it.
func (q *DNSQuery) Reply(m *dns.Msg) {
	message, err := m.Pack()
	if err != nil {
		panic(err)
	}
	q.Send(message)
}

// ServeDNS runs a name server, on UDP and TCP, that does with each question what do
// says, until the test ends. do is called by one goroutine at a time.
func ServeDNS(t testing.TB, ip string, do func(q *DNSQuery)) (address string) {
	t.Helper()
	var (
		udp net.PacketConn
		tcp net.Listener
		err error
	)
	// A port that is free for the one may be taken for the other.
	for range 20 {
		if udp, err = net.ListenPacket("udp", net.JoinHostPort(ip, "0")); err != nil {
			t.Fatal(err)
		}
		if tcp, err = net.Listen("tcp", udp.LocalAddr().String()); err == nil {
			break
		}
		udp.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &dnsServer{do: do}
	s.group.Go(func() { s.serveUDP(udp) })
	s.group.Go(func() { s.serveTCP(tcp) })
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		s.group.Wait()
	})
	return udp.LocalAddr().String()
}

type dnsServer struct {
	group  sync.WaitGroup
	mu     sync.Mutex
	number int
	do     func(*DNSQuery)
}

func (s *dnsServer) serve(message []byte, q *DNSQuery) {
	q.Msg = new(dns.Msg)
	if q.Unpack(message) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	q.Number = s.number
	s.do(q)
}

func (s *dnsServer) serveUDP(c net.PacketConn) {
	buf := make([]byte, 4096)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		s.serve(buf[:n], &DNSQuery{From: from, Send: func(m []byte) { c.WriteTo(m, from) }})
	}
}

func (s *dnsServer) serveTCP(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err == nil {
			message := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(c, message); err == nil {
				s.serve(message, &DNSQuery{TCP: true, From: c.RemoteAddr(), Send: func(m []byte) {
					c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...))
				}})
			}
		}
		c.Close()
	}
}

func addresses(ips ...string) []netip.Addr {
	var out []netip.Addr
	for _, ip := range ips {
		out = append(out, netip.MustParseAddr(ip))
	}
	return out
}
