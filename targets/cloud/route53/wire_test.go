package route53

import (
	"bytes"
	"testing"

	"github.com/miekg/dns"
)

// ask is the answer of the test zone to a message; nil when there is none.
func ask(t testing.TB, m *dns.Msg, via Transport) (*dns.Msg, []byte) {
	t.Helper()
	packet, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return askRaw(t, packet, via)
}

func askRaw(t testing.TB, packet []byte, via Transport) (*dns.Msg, []byte) {
	t.Helper()
	z := testSnapshot(t)
	out, _ := respond(packet, via, func(q dns.Question) reply { return decide(z, nil, nil, q, chance(1)) })
	if out == nil {
		return nil, nil
	}
	var m dns.Msg
	if err := m.Unpack(out); err != nil {
		t.Fatalf("the answer cannot be read: %v\n%x", err, out)
	}
	return &m, out
}

func query(name string, qtype uint16) *dns.Msg {
	m := new(dns.Msg).SetQuestion(name, qtype)
	m.Id = 4711
	return m
}

// TestHeader looks at what is in every answer.
func TestHeader(t *testing.T) {
	m := query("WwW.WhatIsTheTime.com.", dns.TypeA)
	got, _ := ask(t, m, UDP)
	if got.Id != 4711 || !got.Response || !got.Authoritative || !got.RecursionDesired || got.RecursionAvailable || got.Truncated || got.AuthenticatedData {
		t.Errorf("%+v", got.MsgHdr)
	}
	if got.Question[0].Name != "WwW.WhatIsTheTime.com." || got.Answer[0].Header().Name != "WwW.WhatIsTheTime.com." {
		t.Errorf("the case of the question is lost: %v, %v", got.Question[0].Name, got.Answer[0])
	}
	if got.IsEdns0() != nil {
		t.Error("an EDNS record for somebody who has not sent one")
	}
}

// TestSizes cuts answers that do not fit.
func TestSizes(t *testing.T) {
	for _, tc := range []struct {
		name string
		edns int // 0 is none
		via  Transport

		limit     int
		truncated bool
		answers   int // -1 is whatever fits
	}{
		{"www", 0, UDP, 512, false, 3},
		{"big", 0, UDP, 512, true, -1},
		{"big", 100, UDP, 512, true, -1}, // less than 512 is 512 (RFC 6891, section 6.2.3)
		{"big", 1232, UDP, 1232, true, -1},
		{"big", 1650, UDP, 1650, false, 100},
		{"big", 65535, UDP, 4096, false, 100},
		{"big", 0, TCP, 65535, false, 100},
		{"big", 512, TCP, 65535, false, 100},
	} {
		m := query(tc.name+".whatisthetime.com.", dns.TypeA)
		if tc.edns > 0 {
			m.SetEdns0(uint16(tc.edns), false)
		}
		got, out := ask(t, m, tc.via)
		if len(out) > tc.limit || got.Truncated != tc.truncated {
			t.Errorf("%s, EDNS %d, %s: %d bytes, truncated %v", tc.name, tc.edns, tc.via, len(out), got.Truncated)
		}
		if tc.answers >= 0 && len(got.Answer) != tc.answers {
			t.Errorf("%s, EDNS %d, %s: %d answers, want %d", tc.name, tc.edns, tc.via, len(got.Answer), tc.answers)
		}
		if tc.answers < 0 && tc.limit-len(out) >= 16 {
			t.Errorf("%s, EDNS %d, %s: %d of %d bytes, where one more record fits", tc.name, tc.edns, tc.via, len(out), tc.limit)
		}
		if opt := got.IsEdns0(); (opt != nil) != (tc.edns > 0) || opt != nil && opt.UDPSize() != 4096 {
			t.Errorf("%s, EDNS %d, %s: the answer's EDNS record is %v", tc.name, tc.edns, tc.via, opt)
		}
	}
}

// TestStrangeQueries are questions that are none, and what they get.
func TestStrangeQueries(t *testing.T) {
	packed := func(change func(*dns.Msg)) []byte {
		m := query("www.whatisthetime.com.", dns.TypeA)
		change(m)
		out, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	good := packed(func(*dns.Msg) {})
	with := func(at int, b byte) []byte {
		out := bytes.Clone(good)
		out[at] = b
		return out
	}
	opt := func(name string, version uint8) dns.RR {
		o := &dns.OPT{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeOPT}}
		o.SetUDPSize(1232)
		o.SetVersion(version)
		return o
	}
	for _, tc := range []struct {
		name   string
		packet []byte
		rcode  int // -1 is no answer
	}{
		{"a good one", good, dns.RcodeSuccess},
		{"nothing", nil, -1},
		{"half a header", good[:11], -1},
		{"an answer", packed(func(m *dns.Msg) { m.Response = true }), -1},
		{"a header alone", good[:12], dns.RcodeFormatError},
		{"a torn name", good[:20], dns.RcodeFormatError},
		{"no question", packed(func(m *dns.Msg) { m.Question = nil }), dns.RcodeFormatError},
		{"two questions", packed(func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }), dns.RcodeFormatError},
		{"two announced", with(5, 2), dns.RcodeFormatError},
		{"a name that points to itself", append(bytes.Clone(good[:12]), 0xc0, 0x0c, 0, 1, 0, 1), dns.RcodeFormatError},
		{"a notification", packed(func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }), dns.RcodeNotImplemented},
		{"an update", packed(func(m *dns.Msg) { m.Opcode = dns.OpcodeUpdate }), dns.RcodeNotImplemented},
		{"a status request", packed(func(m *dns.Msg) { m.Opcode = dns.OpcodeStatus }), dns.RcodeNotImplemented},
		{"EDNS version 1", packed(func(m *dns.Msg) { m.Extra = append(m.Extra, opt(".", 1)) }), dns.RcodeBadVers},
		{"two EDNS records", packed(func(m *dns.Msg) { m.Extra = append(m.Extra, opt(".", 0), opt(".", 0)) }), dns.RcodeFormatError},
		{"a named EDNS record", packed(func(m *dns.Msg) { m.Extra = append(m.Extra, opt("x.", 0)) }), dns.RcodeFormatError},
	} {
		for _, via := range []Transport{UDP, TCP} {
			got, _ := askRaw(t, tc.packet, via)
			switch {
			case got == nil:
				if tc.rcode != -1 {
					t.Errorf("%s: no answer, want %s", tc.name, dns.RcodeToString[tc.rcode])
				}
			case got.Rcode != tc.rcode:
				t.Errorf("%s: %s, want %d", tc.name, dns.RcodeToString[got.Rcode], tc.rcode)
			case got.Id != 4711 || !got.Response:
				t.Errorf("%s: %+v", tc.name, got.MsgHdr)
			case got.Rcode != dns.RcodeSuccess && len(got.Answer) > 0:
				t.Errorf("%s: %v", tc.name, got.Answer)
			}
		}
	}
	m := query("www.whatisthetime.com.", dns.TypeA)
	m.SetEdns0(1232, true)
	if got, _ := ask(t, m, UDP); !got.IsEdns0().Do() {
		t.Error("the DNSSEC bit is not copied (RFC 3225)")
	}
	m.Extra = []dns.RR{opt(".", 1)}
	if got, _ := ask(t, m, UDP); got.IsEdns0() == nil || got.IsEdns0().Version() != 0 {
		t.Error("BADVERS without the version that is spoken")
	}
}

// FuzzAnswer sends arbitrary packets. Whatever comes back is a response with the
// packet's id that can be read and packed again, and not larger than allowed.
func FuzzAnswer(f *testing.F) {
	for _, name := range []string{"www.whatisthetime.com.", "big.whatisthetime.com.", "no.whatisthetime.com.", "example.org.", "."} {
		for _, qtype := range []uint16{dns.TypeA, dns.TypeNS, dns.TypeSOA, dns.TypeANY, dns.TypeAXFR, dns.TypeOPT} {
			m := query(name, qtype)
			packet, _ := m.Pack()
			f.Add(packet, false)
			m.SetEdns0(600, true)
			packet, _ = m.Pack()
			f.Add(packet, true)
			f.Add(packet[:len(packet)-3], false)
		}
	}
	z := testSnapshot(f)
	f.Fuzz(func(t *testing.T, packet []byte, tcp bool) {
		via, limit := UDP, 512
		if tcp {
			via, limit = TCP, 65535
		}
		out, spoken := respond(packet, via, func(q dns.Question) reply { return decide(z, nil, nil, q, chance(1)) })
		if out == nil {
			if len(packet) >= headerSize && packet[2]&0x80 == 0 {
				t.Fatal("no answer to what may be a question")
			}
			return
		}
		var query, answer dns.Msg
		if query.Unpack(packet) == nil && !tcp {
			for _, rr := range query.Extra {
				if o, ok := rr.(*dns.OPT); ok {
					limit = min(max(512, int(o.UDPSize())), 4096)
				}
			}
		}
		if len(out) > limit {
			t.Errorf("%d bytes, and %d are allowed", len(out), limit)
		}
		if err := answer.Unpack(out); err != nil {
			t.Fatalf("cannot be read: %v", err)
		}
		if _, err := answer.Pack(); err != nil {
			t.Errorf("cannot be packed again: %v", err)
		}
		if !bytes.Equal(out[:2], packet[:2]) || !answer.Response {
			t.Errorf("it answers another packet: %+v", answer.MsgHdr)
		}
		if spoken != nil && answer.Question[0] != spoken.question {
			t.Errorf("it answers %v, and %v was asked", answer.Question[0], spoken.question)
		}
	})
}

func BenchmarkRespond(b *testing.B) {
	z := testSnapshot(b)
	packet, err := query("www.whatisthetime.com.", dns.TypeA).Pack()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		respond(packet, UDP, func(q dns.Question) reply { return decide(z, nil, nil, q, chance(1)) })
	}
}
