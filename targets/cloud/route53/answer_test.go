package route53

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"showdown"
)

// testSnapshot is the zone that the tables ask.
func testSnapshot(t testing.TB) *snapshot {
	t.Helper()
	const apex = "whatisthetime.com."
	servers := []netip.AddrPort{
		netip.MustParseAddrPort("127.250.53.1:5353"), netip.MustParseAddrPort("127.250.53.2:5353"),
		netip.MustParseAddrPort("127.250.53.3:5353"), netip.MustParseAddrPort("127.250.53.4:5353"),
	}
	hosts := newHosts(apex, servers)
	sets := map[string]*set{}
	for _, r := range []Record{
		{Name: "@", TTL: showdown.Hour, Values: addresses(1)},
		{Name: "www", TTL: 5 * showdown.Minute, Values: addresses(3)},
		{Name: "many", TTL: showdown.Minute, Values: addresses(20), Multivalue: true, HealthCheck: &showdown.DNSHealthCheck{}},
		{Name: "few", TTL: showdown.Minute, Values: addresses(3), Multivalue: true, HealthCheck: &showdown.DNSHealthCheck{}},
		{Name: "big", TTL: showdown.Minute, Values: addresses(100)},
		{Name: "a.deep.name", TTL: showdown.Minute, Values: addresses(1)},
		{Name: "elb", Alias: func() []netip.Addr { return addresses(10) }},
		{Name: "nobody", Alias: func() []netip.Addr { return nil }},
	} {
		s, err := newSet(clockAt(t, 60), apex, hosts, r)
		if err != nil {
			t.Fatal(err)
		}
		sets[s.name] = s
	}
	return newSnapshot(apex, 15*showdown.Minute+showdown.Second, hosts, sets)
}

func clockAt(t testing.TB, speed float64) showdown.Clock {
	t.Helper()
	c, err := showdown.NewClock(speed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// addresses are 127.250.54.1 and so on.
func addresses(n int) []netip.Addr {
	var out []netip.Addr
	for i := range n {
		out = append(out, netip.AddrFrom4([4]byte{127, 250, 54, byte(i + 1)}))
	}
	return out
}

func chance(n uint64) *rand.Rand { return rand.New(rand.NewPCG(1, n)) }

func question(name string, qtype uint16) dns.Question {
	return dns.Question{Name: dns.Fqdn(name), Qtype: qtype, Qclass: dns.ClassINET}
}

// values are the addresses of A records, sorted.
func values(rrs []dns.RR) []netip.Addr {
	out := inOrder(rrs)
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}

func inOrder(rrs []dns.RR) []netip.Addr {
	var out []netip.Addr
	for _, rr := range rrs {
		if a, ok := rr.(*dns.A); ok {
			v, _ := netip.AddrFromSlice(a.A.To4())
			out = append(out, v)
		}
	}
	return out
}

// TestAnswers goes through the kinds of questions. Types are those of the answer,
// authority and additional sections.
func TestAnswers(t *testing.T) {
	z := testSnapshot(t)
	const (
		apex     = "whatisthetime.com"
		negative = 901 // seconds, the zone's
	)
	for _, tc := range []struct {
		name  string
		qtype uint16

		rcode     int
		answer    string
		ttl       uint32 // of the first record of the answer, or of the authority when there is none
		authority string
		extra     string
		counted   string
	}{
		// Simple routing: all values. AWS's servers add the zone's NS records.
		{apex, dns.TypeA, dns.RcodeSuccess, "1 A", 3600, "4 NS", "", apex},
		{"www." + apex, dns.TypeA, dns.RcodeSuccess, "3 A", 300, "4 NS", "", "www." + apex},
		{"WwW.WhatIsTheTime.COM", dns.TypeA, dns.RcodeSuccess, "3 A", 300, "4 NS", "", "www." + apex},
		// Multivalue answer routing: eight at most.
		{"many." + apex, dns.TypeA, dns.RcodeSuccess, "8 A", 60, "4 NS", "", "many." + apex},
		// An alias: TTL 60 and at most eight.
		{"elb." + apex, dns.TypeA, dns.RcodeSuccess, "8 A", 60, "4 NS", "", "elb." + apex},
		{"nobody." + apex, dns.TypeA, dns.RcodeSuccess, "", negative, "1 SOA", "", "nobody." + apex},
		// The records that every hosted zone has.
		{apex, dns.TypeNS, dns.RcodeSuccess, "4 NS", 172800, "", "4 A", apex},
		{apex, dns.TypeSOA, dns.RcodeSuccess, "1 SOA", 901, "4 NS", "", apex},
		{"ns3." + apex, dns.TypeA, dns.RcodeSuccess, "1 A", 172800, "4 NS", "", "ns3." + apex},
		// No data, and no name.
		{"www." + apex, dns.TypeAAAA, dns.RcodeSuccess, "", negative, "1 SOA", "", "www." + apex},
		{"www." + apex, dns.TypeNS, dns.RcodeSuccess, "", negative, "1 SOA", "", "www." + apex},
		{"www." + apex, dns.TypeSOA, dns.RcodeSuccess, "", negative, "1 SOA", "", "www." + apex},
		{"deep.name." + apex, dns.TypeA, dns.RcodeSuccess, "", negative, "1 SOA", "", "deep.name." + apex},
		{"name." + apex, dns.TypeA, dns.RcodeSuccess, "", negative, "1 SOA", "", "name." + apex},
		{"nothing." + apex, dns.TypeA, dns.RcodeNameError, "", negative, "1 SOA", "", "*." + apex},
		{"x.www." + apex, dns.TypeA, dns.RcodeNameError, "", negative, "1 SOA", "", "*." + apex},
		{"ns5." + apex, dns.TypeA, dns.RcodeNameError, "", negative, "1 SOA", "", "*." + apex},
		{"nothing." + apex, dns.TypeANY, dns.RcodeNameError, "", negative, "1 SOA", "", "*." + apex},
		// RFC 8482.
		{"www." + apex, dns.TypeANY, dns.RcodeSuccess, "1 HINFO", 3600, "", "", "www." + apex},
		// Others' business.
		{"example.org", dns.TypeA, dns.RcodeRefused, "", 0, "", "", ""},
		{"notwhatisthetime.com", dns.TypeA, dns.RcodeRefused, "", 0, "", "", ""},
		{"com", dns.TypeNS, dns.RcodeRefused, "", 0, "", "", ""},
		{".", dns.TypeNS, dns.RcodeRefused, "", 0, "", "", ""},
		{apex, dns.TypeAXFR, dns.RcodeRefused, "", 0, "", "", apex},
		{apex, dns.TypeIXFR, dns.RcodeRefused, "", 0, "", "", apex},
	} {
		t.Run(fmt.Sprintf("%s %s", tc.name, dns.TypeToString[tc.qtype]), func(t *testing.T) {
			r := z.answer(question(tc.name, tc.qtype), nil, chance(1))
			if r.rcode != tc.rcode {
				t.Errorf("rcode %s, want %s", dns.RcodeToString[r.rcode], dns.RcodeToString[tc.rcode])
			}
			if r.authoritative != (tc.rcode != dns.RcodeRefused) {
				t.Errorf("authoritative %v", r.authoritative)
			}
			got := []string{sort(r.answer), sort(r.authority), sort(r.extra), bare(r.name)}
			if d := cmp.Diff([]string{tc.answer, tc.authority, tc.extra, tc.counted}, got); d != "" {
				t.Errorf("answer, authority, additional, counted as (-want +got):\n%s", d)
			}
			if all := slices.Concat(r.answer, r.authority); len(all) > 0 && all[0].Header().Ttl != tc.ttl {
				t.Errorf("TTL %d, want %d", all[0].Header().Ttl, tc.ttl)
			}
			for _, rr := range r.answer {
				if rr.Header().Name != dns.Fqdn(tc.name) {
					t.Errorf("the answer is of %s, not of the name as it was asked", rr.Header().Name)
				}
			}
		})
	}
	if r := z.answer(dns.Question{Name: "whatisthetime.com.", Qtype: dns.TypeA, Qclass: dns.ClassCHAOS}, nil, chance(1)); r.rcode != dns.RcodeRefused {
		t.Errorf("class CH: %s", dns.RcodeToString[r.rcode])
	}
}

// sort says what a section holds: "3 A".
func sort(rrs []dns.RR) string {
	if len(rrs) == 0 {
		return ""
	}
	return fmt.Sprint(len(rrs), " ", dns.TypeToString[rrs[0].Header().Rrtype])
}

// TestSOA holds the SOA record against the default of the Developer Guide.
func TestSOA(t *testing.T) {
	r := testSnapshot(t).answer(question("NO.WhatIsTheTime.com", dns.TypeA), nil, chance(1))
	want := "WhatIsTheTime.com.\t901\tIN\tSOA\tns1.whatisthetime.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 901"
	if got := r.authority[0].String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestMultivalue picks healthy values: up to eight of them, and of all when none is
// healthy (Route 53 Developer Guide, Multivalue answer routing).
func TestMultivalue(t *testing.T) {
	z := testSnapshot(t)
	for _, tc := range []struct {
		name string
		ill  []int
		from []int // who may be in the answer, by the last number of the address
		n    int
	}{
		{"few", nil, []int{1, 2, 3}, 3},
		{"few", []int{2}, []int{1, 3}, 2},
		{"few", []int{1, 3}, []int{2}, 1},
		{"few", []int{1, 2, 3}, []int{1, 2, 3}, 3},
		{"many", upTo(1, 14), upTo(15, 20), 6},
		{"many", upTo(1, 10), upTo(11, 20), 8},
		{"many", upTo(1, 20), upTo(1, 20), 8},
		{"www", []int{1, 2}, []int{1, 2, 3}, 3}, // simple routing looks at no health
	} {
		t.Run(fmt.Sprint(tc.name, " without ", len(tc.ill)), func(t *testing.T) {
			s := z.sets[tc.name+"."+z.apex]
			ill := sick{}
			for _, i := range tc.ill {
				ill[endpoint{s.name, s.values[i-1], s.check}] = struct{}{}
			}
			seen := map[byte]int{}
			for n := range uint64(400) {
				got := values(z.answer(question(s.name, dns.TypeA), ill, chance(mix(n))).answer)
				if len(slices.Compact(got)) != tc.n {
					t.Fatalf("%v, want %d values", got, tc.n)
				}
				for _, v := range got {
					seen[v.As4()[3]]++
				}
			}
			for _, i := range tc.from {
				if want := 400 * tc.n / len(tc.from); seen[byte(i)] < want*3/4 || seen[byte(i)] > want*5/4 {
					t.Errorf("value %d is in %d of 400 answers, want about %d", i, seen[byte(i)], want)
				}
				delete(seen, byte(i))
			}
			if len(seen) > 0 {
				t.Errorf("others are in the answers: %v", seen)
			}
		})
	}
}

func upTo(from, to int) []int {
	var out []int
	for i := from; i <= to; i++ {
		out = append(out, i)
	}
	return out
}

// TestOrder finds every order of three values about as often as the others: the first
// is what most clients use.
func TestOrder(t *testing.T) {
	z := testSnapshot(t)
	s := &server{seed: 7}
	const n = 6000
	orders := map[string]int{}
	for range n {
		orders[fmt.Sprint(inOrder(z.answer(question("www.whatisthetime.com", dns.TypeA), nil, s.chance()).answer))]++
	}
	if len(orders) != 6 {
		t.Fatalf("%d orders of three values", len(orders))
	}
	for o, count := range orders {
		if count < n/6*9/10 || count > n/6*11/10 {
			t.Errorf("%s came %d times of %d", o, count, n)
		}
	}
	again := &server{seed: 7}
	var one, two []netip.Addr
	one = inOrder(z.answer(question("www.whatisthetime.com", dns.TypeA), nil, again.chance()).answer)
	again = &server{seed: 7}
	two = inOrder(z.answer(question("www.whatisthetime.com", dns.TypeA), nil, again.chance()).answer)
	if !slices.Equal(one, two) {
		t.Errorf("the same seed gives %v and %v", one, two)
	}
}

// TestDecide lets the name servers fail, for all and for one name.
func TestDecide(t *testing.T) {
	z := testSnapshot(t)
	www, apex := "www."+z.apex, z.apex
	for _, tc := range []struct {
		name    string
		failing failures
		ask     string
		want    string
	}{
		{"nothing fails", nil, www, "NOERROR 3 A"},
		{"all are denied", failures{"": {mode: NXDomain}}, www, "NXDOMAIN 1 SOA"},
		{"all are refused", failures{"": {mode: ServFail}}, www, "SERVFAIL"},
		{"all are silent", failures{"": {mode: Silent}}, www, "silent"},
		{"all are slow", failures{"": {Slow, 70}}, www, "NOERROR 3 A late 70"},
		{"another name fails", failures{apex: {mode: ServFail}}, www, "NOERROR 3 A"},
		{"one name fails", failures{www: {mode: ServFail}}, "WWW.whatisthetime.com.", "SERVFAIL"},
		{"its own failure counts first", failures{www: {Slow, 5}, "": {mode: Silent}}, www, "NOERROR 3 A late 5"},
		{"a name that is not there", failures{"": {Slow, 5}}, "no." + apex, "NXDOMAIN 1 SOA late 5"},
		{"outside of the zone", failures{"": {mode: ServFail}}, "example.org.", "REFUSED"},
		{"outside of a silent zone", failures{"": {mode: Silent}}, "example.org.", "silent"},
	} {
		r := decide(z, tc.failing, nil, question(tc.ask, dns.TypeA), chance(1))
		got := dns.RcodeToString[r.rcode]
		for _, section := range []string{sort(r.answer), sort(r.authority)} {
			if section != "" && (section == "1 SOA" || len(r.answer) > 0 && section != "4 NS") {
				got += " " + section
			}
		}
		if r.silent {
			got = "silent"
		}
		if r.late > 0 {
			got += fmt.Sprint(" late ", int(r.late))
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}
