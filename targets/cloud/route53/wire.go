package route53

import (
	"encoding/binary"

	"github.com/miekg/dns"
)

const (
	headerSize = 12
	// maxUDP is the largest answer over UDP, whatever the question allows; Route 53's
	// servers advertise the same (seen with dig, unverified).
	maxUDP = 4096
)

// Transport is how a question came: "udp" or "tcp".
type Transport string

// The transports.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
)

// spoken is a question that was understood and what was decided about it.
type spoken struct {
	question dns.Question
	reply    reply
}

// respond is the packet that answers a packet; nil is no answer. decide is asked when
// the packet holds one question that is well formed, and what it decided comes back
// with the packet.
//
// What is no question is dropped, other operations are NOTIMP, what cannot be read
// and what has not exactly one question is FORMERR. An answer over UDP is at most 512
// bytes, or as many as the question's EDNS record allows (RFC 6891); one that does
// not fit is cut and says so (TC), and the resolver asks again over TCP.
func respond(packet []byte, via Transport, decide func(dns.Question) reply) ([]byte, *spoken) {
	if len(packet) < headerSize || packet[2]&0x80 != 0 {
		return nil, nil
	}
	if opcode := int(packet[2]>>3) & 0xF; opcode != dns.OpcodeQuery {
		return header(packet, dns.RcodeNotImplemented), nil
	}
	var query dns.Msg
	if err := query.Unpack(packet); err != nil || len(query.Question) != 1 {
		return header(packet, dns.RcodeFormatError), nil
	}
	opt, ok := edns(&query)
	if !ok {
		return header(packet, dns.RcodeFormatError), nil
	}
	limit := dns.MaxMsgSize
	if via == UDP {
		limit = dns.MinMsgSize
	}
	var m dns.Msg
	m.SetReply(&query)
	m.Compress = true
	var mine *dns.OPT
	if opt != nil {
		if via == UDP {
			limit = min(max(int(opt.UDPSize()), dns.MinMsgSize), maxUDP)
		}
		mine = &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
		mine.SetUDPSize(maxUDP)
		// The DNSSEC bit is copied (RFC 3225, section 3); there are no signatures.
		mine.SetDo(opt.Do())
		m.Extra = []dns.RR{mine}
		if opt.Version() != 0 {
			m.Rcode = dns.RcodeBadVers
			return fit(&m, mine, limit, packet), nil
		}
	}
	s := &spoken{question: query.Question[0]}
	s.reply = decide(s.question)
	if s.reply.silent {
		return nil, s
	}
	m.Rcode, m.Authoritative = s.reply.rcode, s.reply.authoritative
	m.Answer, m.Ns = s.reply.answer, s.reply.authority
	m.Extra = append(m.Extra, s.reply.extra...)
	return fit(&m, mine, limit, packet), s
}

// fit packs a message into limit bytes. What an answer carries beside the answer goes
// first, which is no truncation (RFC 2181, section 9).
func fit(m *dns.Msg, opt *dns.OPT, limit int, packet []byte) []byte {
	out, err := m.Pack()
	if err == nil && len(out) > limit && len(m.Answer) > 0 {
		m.Ns, m.Extra = nil, nil
		if opt != nil {
			m.Extra = []dns.RR{opt}
		}
		out, err = m.Pack()
	}
	if err == nil && len(out) > limit {
		m.Truncate(limit)
		out, err = m.Pack()
	}
	if err != nil || len(out) > limit {
		return header(packet, dns.RcodeServerFailure)
	}
	return out
}

// edns is the EDNS record of a query, nil when it has none; ok is false when there are
// several or it has a name (RFC 6891, section 6.1.1).
func edns(query *dns.Msg) (opt *dns.OPT, ok bool) {
	for _, rr := range query.Extra {
		o, is := rr.(*dns.OPT)
		if !is {
			continue
		}
		if opt != nil || o.Hdr.Name != "." {
			return nil, false
		}
		opt = o
	}
	return opt, true
}

// header is an answer without a question, to a packet whose question could not be
// read.
func header(packet []byte, rcode int) []byte {
	out := make([]byte, headerSize)
	copy(out, packet[:2])
	// Operation and recursion desired are copied; it is a response.
	binary.BigEndian.PutUint16(out[2:], 0x8000|binary.BigEndian.Uint16(packet[2:])&0x7900|uint16(rcode))
	return out
}
