package showdown_test

import (
	"maps"
	"testing"

	"showdown"
)

func TestTargetRequest(t *testing.T) {
	for _, c := range []struct{ url, path, want string }{
		{"http://127.0.0.1:8080", "", "http://127.0.0.1:8080/"},
		{"http://127.0.0.1:8080/", "", "http://127.0.0.1:8080/"},
		{"http://127.0.0.1:8080/shop?a=b", "", "http://127.0.0.1:8080/shop?a=b"},
		{"http://127.0.0.1:8080", "/time", "http://127.0.0.1:8080/time"},
		{"http://127.0.0.1:8080/", "/time?a=b", "http://127.0.0.1:8080/time?a=b"},
		{"https://[::1]:8443/a%2Fb", "", "https://[::1]:8443/a%2Fb"},
	} {
		if got := (showdown.Target{URL: c.url}).Request(c.path); got != c.want {
			t.Errorf("%s with the path %q is %s, want %s", c.url, c.path, got, c.want)
		}
	}
}

func TestCommandEnvironment(t *testing.T) {
	set := map[string]string{"TOKEN": "s3cret", "EMPTY": "", "USER": "me"}
	lookup := func(name string) (string, bool) { v, ok := set[name]; return v, ok }
	c := &showdown.Command{Env: map[string]string{"A": "Bearer $TOKEN", "B": "${USER}x", "C": "plain", "D": "5$$", "E": "$EMPTY"}}
	env, secrets, err := c.Environment(lookup)
	if want := map[string]string{"A": "Bearer s3cret", "B": "mex", "C": "plain", "D": "5$", "E": ""}; err != nil || !maps.Equal(env, want) {
		t.Errorf("environment %v, %v, want %v", env, err, want)
	}
	if want := map[string]string{"TOKEN": "s3cret", "USER": "me"}; !maps.Equal(secrets, want) {
		t.Errorf("secrets %v, want %v", secrets, want)
	}
	c.Env["F"] = "$MISSING"
	if _, _, err := c.Environment(lookup); err == nil {
		t.Error("a variable that is not set was taken")
	}
}

func TestCommandsAndProbesInWords(t *testing.T) {
	for want, got := range map[string]string{
		`./stop.sh web-1 '' 'a b' '$X' 'it'\''s'`: (&showdown.Command{Run: []string{"./stop.sh", "web-1", "", "a b", "$X", "it's"}}).String(),
		"GET http://a/ fails":                     (&showdown.Probe{HTTP: "http://a/"}).String(),
		"GET http://a/ works":                     (&showdown.Probe{HTTP: "http://a/", Expect: "works"}).String(),
		"GET http://a/ answers 503":               (&showdown.Probe{HTTP: "http://a/", Expect: "503"}).String(),
		"a connection to a:1 fails":               (&showdown.Probe{TCP: "a:1"}).String(),
		"the lookup of db fails":                  (&showdown.Probe{DNS: "db"}).String(),
		"db has the address 10.0.0.1":             (&showdown.Probe{DNS: "db", Expect: "10.0.0.1"}).String(),
		"./down.sh exits 0":                       (&showdown.Probe{Run: []string{"./down.sh"}}).String(),
		"./up.sh does not exit 0":                 (&showdown.Probe{Run: []string{"./up.sh"}, Expect: "fails"}).String(),
		"":                                        (*showdown.Probe)(nil).String() + (*showdown.Command)(nil).String(),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
