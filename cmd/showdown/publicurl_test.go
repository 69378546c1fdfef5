package main

import "testing"

func TestPublicURL(t *testing.T) {
	cases := []struct{ given, address, host string }{
		{"", "", ""},
		{"http://192.0.2.7:8089/", "http://192.0.2.7:8089/", "192.0.2.7"},
		{"http://192.0.2.7:8089", "http://192.0.2.7:8089/", "192.0.2.7"},
		{"https://lab.example/", "https://lab.example/", "lab.example"},
		{"http://[2001:db8::7]:8089/", "http://[2001:db8::7]:8089/", "2001:db8::7"},
	}
	for _, tc := range cases {
		address, host, err := publicURL(tc.given)
		if err != nil || address != tc.address || host != tc.host {
			t.Errorf("%q: %q, %q, %v; want %q, %q", tc.given, address, host, err, tc.address, tc.host)
		}
	}
	for _, bad := range []string{
		"192.0.2.7:8089", "lab.example", "//lab.example/", "ftp://lab.example/", "http://", "http:///", "http://:8089/",
		"http://lab.example/page", "http://lab.example/?view=wall", "http://lab.example/#x", "http://me:pw@lab.example/", "http://a b/", "javascript:alert(1)",
	} {
		if address, _, err := publicURL(bad); err == nil {
			t.Errorf("%q is taken as %q", bad, address)
		}
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.8.9.1": true, "::1": true, "localhost": true, "::ffff:127.0.0.1": true,
		"192.0.2.7": false, "class.example": false, "localhost.example": false, "": false,
	} {
		if got := loopback(host); got != want {
			t.Errorf("%q: %t", host, got)
		}
	}
}
