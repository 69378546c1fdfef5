package proxy

import (
	"strings"
	"testing"
	"time"

	"showdown"
)

func TestSealedCookies(t *testing.T) {
	k, err := newSealer("s")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := newSealer("s")
	other, _ := newSealer("t")
	now := time.Unix(1000, 0)
	to := stickyTo{"web", "web-1", now.Add(time.Minute)}
	value := []byte(k.seal(to, [12]byte{1}))
	if got, ok := again.open(value, now); !ok || got.group != "web" || got.target != "web-1" || !got.until.Equal(to.until) {
		t.Errorf("%+v, %v: another node with the same secret must read it", got, ok)
	}
	if _, ok := other.open(value, now); ok {
		t.Error("a node with another secret reads it")
	}
	if _, ok := k.open(value, to.until); ok {
		t.Error("it is read when its time is over")
	}
	if strings.Contains(string(value), "web") || strings.ContainsAny(string(value), "=;, \"") {
		t.Errorf("%q shows what it says, or is no cookie", value)
	}
	for i := range value {
		bad := []byte(string(value))
		bad[i] ^= 1
		// The last character has bits that say nothing.
		if _, ok := k.open(bad, now); ok && i < len(value)-1 {
			t.Errorf("with byte %d changed it is still read", i)
		}
	}
	for _, text := range []string{"", "a", "!!!", strings.Repeat("A", 100)} {
		if _, ok := k.open([]byte(text), now); ok {
			t.Errorf("%q is read", text)
		}
	}
}

func TestCookieValue(t *testing.T) {
	fields := []field{
		{[]byte("Cookie"), []byte("a=1; AWSALB=x; AWSALBCORS=y")},
		{[]byte("cookie"), []byte("b=2;AWSELB=\"z\";empty=;noequals; a=3")},
	}
	for name, want := range map[string]string{"a": "1", "AWSALB": "x", "AWSALBCORS": "y", "b": "2", "AWSELB": `"z"`, "empty": ""} {
		if got := cookieValue(fields, name); got == nil || string(got) != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"noequals", "AWS", "awsalb", "x"} {
		if got := cookieValue(fields, name); got != nil {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func TestCookiesOfAnAnswer(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name    string
		s       showdown.Stickiness
		classic bool
		want    string
	}{
		{"duration", showdown.Stickiness{Type: showdown.DurationCookie, Duration: showdown.Hour}, false, "" +
			"Set-Cookie: AWSALB=v; Max-Age=3600; Expires=Thu, 26 Nov 2026 13:00:00 GMT; Path=/\r\n" +
			"Set-Cookie: AWSALBCORS=v; Max-Age=3600; Expires=Thu, 26 Nov 2026 13:00:00 GMT; Path=/; SameSite=None\r\n"},
		{"default", showdown.Stickiness{Type: showdown.ApplicationCookie, Cookie: "JSESSIONID"}, false, "" +
			"Set-Cookie: AWSALBAPP-0=v; Max-Age=86400; Expires=Fri, 27 Nov 2026 12:00:00 GMT; Path=/\r\n"},
		{"classic", showdown.Stickiness{Type: showdown.DurationCookie, Duration: showdown.Minute}, true, "" +
			"Set-Cookie: AWSELB=v; Max-Age=60; Expires=Thu, 26 Nov 2026 12:01:00 GMT; Path=/\r\n"},
	} {
		s := newStickiness(test.s, test.classic, clock)
		if got := string(s.appendCookies(nil, "v", now)); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
		if want := clock.Lab(s.Duration); s.lab != want {
			t.Errorf("%s: bound for %s, want %s", test.name, s.lab, want)
		}
	}
}
