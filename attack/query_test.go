package attack

import (
	"reflect"
	"testing"

	"github.com/miekg/dns"
)

const asked = "www.shop.example."

// message makes an answer from records in the notation of zone files.
func message(t testing.TB, change func(*dns.Msg), answer []string, authority ...string) []byte {
	t.Helper()
	var m dns.Msg
	m.SetQuestion(asked, dns.TypeA)
	m.Id, m.Response = 7, true
	records := func(texts []string) (out []dns.RR) {
		for _, text := range texts {
			rr, err := dns.NewRR(text)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, rr)
		}
		return out
	}
	m.Answer, m.Ns = records(answer), records(authority)
	if change != nil {
		change(&m)
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseAnswer(t *testing.T) {
	good := []string{"www.shop.example. 300 A 127.0.0.5", "www.shop.example. 60 A 127.0.0.3"}
	const soa = "shop.example. 1800 SOA ns.aws. hostmaster.aws. 1 7200 900 1209600 900"
	rcode := func(code int) func(*dns.Msg) { return func(m *dns.Msg) { m.Rcode = code } }
	for name, test := range map[string]struct {
		message []byte
		want    reply
	}{
		"nothing":         {nil, reply{}},
		"noise":           {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), reply{}},
		"half an answer":  {message(t, nil, good)[:40], reply{}},
		"wrong id":        {message(t, func(m *dns.Msg) { m.Id = 8 }, good), reply{}},
		"a query":         {message(t, func(m *dns.Msg) { m.Response = false }, good), reply{}},
		"another opcode":  {message(t, func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }, good), reply{}},
		"no question":     {message(t, func(m *dns.Msg) { m.Question = nil }, good), reply{}},
		"two questions":   {message(t, func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }, good), reply{}},
		"another name":    {message(t, func(m *dns.Msg) { m.Question[0].Name = "shop.example." }, good), reply{}},
		"another type":    {message(t, func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeAAAA }, good), reply{}},
		"another class":   {message(t, func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }, good), reply{}},
		"truncated":       {message(t, func(m *dns.Msg) { m.Truncated = true }, good[:1]), reply{verdict: truncated}},
		"servfail":        {message(t, rcode(dns.RcodeServerFailure), nil), reply{verdict: failing}},
		"refused":         {message(t, rcode(dns.RcodeRefused), nil), reply{verdict: failing}},
		"in order":        {message(t, nil, good), reply{resolved, addresses("127.0.0.5", "127.0.0.3"), 60}},
		"in capitals":     {message(t, func(m *dns.Msg) { m.Question[0].Name = "WWW.Shop.Example." }, good), reply{resolved, addresses("127.0.0.5", "127.0.0.3"), 60}},
		"not to be kept":  {message(t, nil, []string{"www.shop.example. 0 A 127.0.0.5"}), reply{resolved, addresses("127.0.0.5"), 0}},
		"a negative TTL":  {message(t, nil, []string{"www.shop.example. 2147483648 A 127.0.0.5"}), reply{resolved, addresses("127.0.0.5"), 0}},
		"others' records": {message(t, nil, []string{"shop.example. 5 A 127.0.0.9", "www.shop.example. 60 AAAA ::1", "www.shop.example. 60 A 127.0.0.5"}), reply{resolved, addresses("127.0.0.5"), 60}},
		"an alias":        {message(t, nil, []string{"www.shop.example. 30 CNAME a.example.", "a.example. 90 A 127.0.0.5"}), reply{resolved, addresses("127.0.0.5"), 30}},
		"a circle":        {message(t, nil, []string{"www.shop.example. 30 CNAME a.example.", "a.example. 90 CNAME www.shop.example."}, soa), reply{verdict: absent, ttl: 900}},
		"nxdomain":        {message(t, rcode(dns.RcodeNameError), nil, soa), reply{verdict: absent, ttl: 900}},
		"nodata":          {message(t, nil, nil, soa), reply{verdict: absent, ttl: 900}},
		"a short-lived SOA": {
			message(t, rcode(dns.RcodeNameError), nil, "shop.example. 20 SOA ns.aws. hostmaster.aws. 1 7200 900 1209600 900"),
			reply{verdict: absent, ttl: 20},
		},
		"nxdomain without SOA": {message(t, rcode(dns.RcodeNameError), nil), reply{verdict: absent}},
	} {
		got := question{id: 7, name: asked}.parse(test.message)
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestQuestion(t *testing.T) {
	b, err := question{id: 7, name: asked}.pack()
	var m dns.Msg
	if err != nil || m.Unpack(b) != nil {
		t.Fatalf("error %v", err)
	}
	want := dns.Question{Name: asked, Qtype: dns.TypeA, Qclass: dns.ClassINET}
	if m.Id != 7 || m.Response || !m.RecursionDesired || len(m.Question) != 1 || m.Question[0] != want {
		t.Errorf("question %v", m)
	}
}

// FuzzAnswer parses anything; what counts as an answer is one to the question, with
// what its verdict says.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte{})
	f.Add(message(f, nil, []string{"www.shop.example. 60 A 127.0.0.3", "www.shop.example. 60 CNAME a.example."}))
	f.Add(message(f, func(m *dns.Msg) { m.Rcode = dns.RcodeNameError }, nil, "shop.example. 20 SOA ns.aws. m.aws. 1 2 3 4 900"))
	f.Add(message(f, func(m *dns.Msg) { m.Truncated = true }, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		q := question{id: 7, name: asked}
		r := q.parse(b)
		if r.verdict != foreign && (len(b) < 12 || b[0] != 0 || b[1] != 7 || b[2]&0x80 == 0) {
			t.Fatalf("%x is an answer", b)
		}
		if (len(r.addresses) > 0) != (r.verdict == resolved) || len(r.addresses) > len(b)/12 {
			t.Fatalf("verdict %d with %d addresses from %d bytes", r.verdict, len(r.addresses), len(b))
		}
		for _, ip := range r.addresses {
			if !ip.Is4() {
				t.Fatalf("address %v", ip)
			}
		}
		if r.ttl >= 1<<31 || r.ttl > 0 && r.verdict != resolved && r.verdict != absent {
			t.Fatalf("verdict %d with a TTL of %d", r.verdict, r.ttl)
		}
		if other := (question{id: 8, name: asked}).parse(b); other.verdict != foreign && r.verdict != foreign {
			t.Fatal("one message answers two questions")
		}
	})
}
