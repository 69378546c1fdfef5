package route53

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"showdown"
)

// TestRefusedRecords goes through the record sets that Route 53 does not take.
func TestRefusedRecords(t *testing.T) {
	const apex = "whatisthetime.com."
	good := func() Record { return Record{Name: "www", TTL: showdown.Minute, Values: addresses(2)} }
	checked := func(c showdown.DNSHealthCheck) func(*Record) {
		return func(r *Record) { r.Multivalue, r.HealthCheck = true, &c }
	}
	for _, tc := range []struct {
		name   string
		change func(*Record)
		code   string // empty is accepted
	}{
		{"a simple one", func(*Record) {}, ""},
		{"the whole name", func(r *Record) { r.Name = "www.WhatIsTheTime.com" }, ""},
		{"no name", func(r *Record) { r.Name = "" }, CodeInvalidInput},
		{"another zone's name", func(r *Record) { r.Name = "www.example.org." }, CodeInvalidChangeBatch},
		{"a strange name", func(r *Record) { r.Name = "what time" }, CodeInvalidInput},
		{"an empty label", func(r *Record) { r.Name = "a..b" }, CodeInvalidInput},
		{"a long label", func(r *Record) { r.Name = strings.Repeat("a", 64) }, CodeInvalidInput},
		{"a long name", func(r *Record) { r.Name = strings.Repeat("abcdefg.", 31) + "b" }, CodeInvalidInput},
		{"a name server's name", func(r *Record) { r.Name = "ns1" }, CodeInvalidChangeBatch},
		{"no value", func(r *Record) { r.Values = nil }, CodeInvalidChangeBatch},
		{"a value twice", func(r *Record) { r.Values = append(addresses(2), addresses(1)...) }, CodeInvalidChangeBatch},
		{"an IPv6 value", func(r *Record) { r.Values = []netip.Addr{netip.MustParseAddr("::1")} }, CodeInvalidChangeBatch},
		{"100 multivalue records", func(r *Record) { r.Multivalue, r.Values = true, addresses(100) }, ""},
		{"101 multivalue records", func(r *Record) { r.Multivalue, r.Values = true, addresses(101) }, CodeInvalidChangeBatch},
		{"101 values", func(r *Record) { r.Values = addresses(101) }, ""},
		{"half a second", func(r *Record) { r.TTL = showdown.Second / 2 }, CodeInvalidInput},
		{"a TTL of nothing", func(r *Record) { r.TTL = 0 }, ""},
		{"a TTL below nothing", func(r *Record) { r.TTL = -showdown.Second }, CodeInvalidInput},
		{"the longest TTL", func(r *Record) { r.TTL = 2147483647 * showdown.Second }, ""},
		{"a longer one", func(r *Record) { r.TTL = 2147483648 * showdown.Second }, CodeInvalidInput},
		{"an alias with values", func(r *Record) { r.Alias = func() []netip.Addr { return nil } }, CodeInvalidInput},
		{"a simple one with a health check", func(r *Record) { r.HealthCheck = &showdown.DNSHealthCheck{} }, CodeInvalidInput},
		{"a health check", checked(showdown.DNSHealthCheck{Path: "/health?deep=1", Interval: FastInterval, Threshold: 10, Checkers: 64}), ""},
		{"an interval of 20s", checked(showdown.DNSHealthCheck{Interval: 20 * showdown.Second}), CodeInvalidInput},
		{"a threshold of 11", checked(showdown.DNSHealthCheck{Threshold: 11}), CodeInvalidInput},
		{"a threshold of -1", checked(showdown.DNSHealthCheck{Threshold: -1}), CodeInvalidInput},
		{"65 checkers", checked(showdown.DNSHealthCheck{Checkers: 65}), CodeInvalidInput},
		{"a path without a slash", checked(showdown.DNSHealthCheck{Path: "health"}), CodeInvalidInput},
		{"a path that is none", checked(showdown.DNSHealthCheck{Path: "/%zz"}), CodeInvalidInput},
		{"a second request in the path", checked(showdown.DNSHealthCheck{Path: "/ HTTP/1.1\r\nX: y"}), CodeInvalidInput},
	} {
		r := good()
		tc.change(&r)
		_, err := newSet(clockAt(t, 60), apex, newHosts(apex, make([]netip.AddrPort, 4)), r)
		if Code(err) != tc.code || (err == nil) != (tc.code == "") {
			t.Errorf("%s: %v, want the code %q", tc.name, err, tc.code)
		}
	}
	fast := good()
	checked(showdown.DNSHealthCheck{Interval: FastInterval})(&fast)
	if _, err := newSet(clockAt(t, 1000), apex, nil, fast); err != nil {
		t.Errorf("10s at speed 1000: %v", err)
	}
	if _, err := newSet(clockAt(t, 1001), apex, nil, fast); !errors.Is(err, showdown.ErrTooFast) || !strings.Contains(err.Error(), "works is 1000") {
		t.Errorf("10s at speed 1001: %v, want that it is too fast and what works", err)
	}
}

func TestHealthCheckDefaults(t *testing.T) {
	c, err := checkHealth(clockAt(t, 60), "www", showdown.DNSHealthCheck{})
	want := showdown.DNSHealthCheck{Path: "/", Interval: 30 * showdown.Second, Threshold: 3, Checkers: 16}
	if err != nil || c != want {
		t.Errorf("%+v, %v, want %+v", c, err, want)
	}
}

// TestNew refuses what cannot be a lab's hosted zone.
func TestNew(t *testing.T) {
	good := func() Config {
		return Config{
			Clock: clockAt(t, 60),
			Zone: showdown.HostedZone{Name: "whatisthetime.com", NegativeTTL: showdown.Minute, Records: []showdown.RecordSet{
				{Name: "@", TTL: showdown.Hour, Values: []string{"127.250.54.1"}},
			}},
			Servers: []netip.AddrPort{netip.MustParseAddrPort("127.250.53.1:0")},
		}
	}
	for _, tc := range []struct {
		want   string // in the error; empty is accepted
		change func(*Config)
	}{
		{"", func(*Config) {}},
		{"", func(c *Config) { c.Zone.Name = "WhatIsTheTime.com." }},
		{"a clock is needed", func(c *Config) { c.Clock = showdown.Clock{} }},
		{"label", func(c *Config) { c.Zone.Name = "" }},
		{"the character '!'", func(c *Config) { c.Zone.Name = "time!" }},
		{"0 name servers: it takes 1 to 4", func(c *Config) { c.Servers = nil }},
		{"5 name servers", func(c *Config) { c.Servers = make([]netip.AddrPort, 5) }},
		{"outside of 127.0.0.0/8", func(c *Config) { c.Servers[0] = netip.MustParseAddrPort("0.0.0.0:5353") }},
		{"outside of 127.0.0.0/8", func(c *Config) { c.Servers[0] = netip.MustParseAddrPort("[::1]:5353") }},
		{"there twice", func(c *Config) {
			c.Servers = []netip.AddrPort{netip.MustParseAddrPort("127.250.53.1:53"), netip.MustParseAddrPort("127.250.53.1:53")}
		}},
		{"the negative TTL is 1.5s", func(c *Config) { c.Zone.NegativeTTL = 3 * showdown.Second / 2 }},
		{"the propagation -1s", func(c *Config) { c.Zone.Propagation = -showdown.Second }},
		{"source ::1", func(c *Config) { c.Source = netip.MustParseAddr("::1") }},
		{"no value", func(c *Config) { c.Zone.Records[0].Values = nil }},
		{`"localhost"`, func(c *Config) { c.Zone.Records[0].Values = []string{"localhost"} }},
		{"there twice", func(c *Config) {
			c.Zone.Records = append(c.Zone.Records, showdown.RecordSet{Name: "whatisthetime.com", Values: []string{"127.250.54.1"}})
		}},
		{"highest speed that works is 3000", func(c *Config) {
			c.Clock = clockAt(t, 3600)
			c.Zone.Records[0].Multivalue, c.Zone.Records[0].HealthCheck = true, &showdown.DNSHealthCheck{}
		}},
	} {
		c := good()
		tc.change(&c)
		z, err := New(c)
		if err != nil && (tc.want == "" || !strings.Contains(err.Error(), tc.want)) || err == nil && tc.want != "" {
			t.Errorf("%v, want %q", err, tc.want)
		}
		if err == nil && z.Name() != "whatisthetime.com" {
			t.Errorf("the zone is called %s", z.Name())
		}
	}
}

func TestNames(t *testing.T) {
	const apex = "whatisthetime.com."
	for _, tc := range []struct{ name, full, relative string }{
		{"@", apex, "@"},
		{"whatisthetime.com", apex, "@"},
		{"www", "www." + apex, "www"},
		{"WWW.whatisthetime.com.", "www." + apex, "www"},
		{"a.b", "a.b." + apex, "a.b"},
		{"example.org", "example.org." + apex, "example.org"}, // relative, as it has no final dot
	} {
		full, err := absolute(tc.name, apex)
		if err != nil || full != tc.full || relative(full, apex) != tc.relative {
			t.Errorf("%s: %s (%s), %v, want %s (%s)", tc.name, full, relative(full, apex), err, tc.full, tc.relative)
		}
	}
}

// FuzzName finds that a name is refused, or is in the zone and stays what it is.
func FuzzName(f *testing.F) {
	for _, s := range []string{"@", "www", "www.whatisthetime.com", "a..b", "\\046.x", "example.org.", "*", "\x00", ".", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		const apex = "whatisthetime.com."
		full, err := absolute(name, apex)
		if err != nil {
			return
		}
		again, err := absolute(full, apex)
		if err != nil || again != full || !strings.HasSuffix("."+full, "."+apex) {
			t.Errorf("%q is %q, and that %q, %v", name, full, again, err)
		}
		back, err := absolute(relative(full, apex), apex)
		if err != nil || back != full {
			t.Errorf("%q is %q, relative %q, and back %q, %v", name, full, relative(full, apex), back, err)
		}
	})
}

func ExampleAPIError() {
	z := &Zone{apex: "whatisthetime.com.", newest: &snapshot{}}
	_, err := z.RemoveValue("www", netip.MustParseAddr("127.250.54.1"))
	fmt.Println(err)
	// Output: ChangeResourceRecordSets: InvalidChangeBatch: tried to delete the value 127.250.54.1 of www.whatisthetime.com, but it was not found
}
