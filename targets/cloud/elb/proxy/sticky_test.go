package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// visitor is a client with cookies, whose every request has a connection of its own.
type visitor struct {
	*running
	cookies map[string]*http.Cookie
}

func (r *running) visitor() *visitor { return &visitor{r, map[string]*http.Cookie{}} }

// visit has the target that answers.
func (v *visitor) visit() string {
	v.t.Helper()
	var pairs []string
	for name, c := range v.cookies {
		pairs = append(pairs, name+"="+c.Value)
	}
	var headers []string
	if len(pairs) > 0 {
		headers = append(headers, "Cookie: "+strings.Join(pairs, "; ")+"\r\n")
	}
	r, _ := v.get(headers...)
	for _, c := range r.Cookies() {
		v.cookies[c.Name] = c
	}
	return r.Header.Get("X-Instance")
}

func sticky(s showdown.Stickiness, origins ...*origin) cloud.Balancer {
	b := balancer(origins...)
	b.Groups[0].Stickiness = &s
	return b
}

func threeOrigins(t *testing.T) []*origin {
	return []*origin{newOrigin(t, "web-1", nil), newOrigin(t, "web-2", nil), newOrigin(t, "web-3", nil)}
}

func TestDurationCookie(t *testing.T) {
	for _, classic := range []bool{false, true} {
		b := sticky(showdown.Stickiness{Type: showdown.DurationCookie, Duration: showdown.Hour}, threeOrigins(t)...)
		b.Classic = classic
		n := start(t, b)
		c := config(b)
		c.Name, c.Zone, c.Seed = "web-1b", "us-east-1b", 99
		second := startWith(t, c)
		name := map[bool]string{false: "AWSALB", true: "AWSELB"}[classic]
		first := map[string]bool{}
		for range 3 {
			v := n.visitor()
			at := v.visit()
			first[at] = true
			for range 4 {
				before := v.cookies[name].Value
				if got := v.visit(); got != at {
					t.Errorf("one that is bound to %s got to %s", at, got)
				}
				if v.cookies[name].Value == before {
					t.Error("the cookie is not made anew with each answer")
				}
			}
			v.running = second
			if got := v.visit(); got != at {
				t.Errorf("the other node sends it to %s, not to %s", got, at)
			}
			if classic != (v.cookies["AWSALBCORS"] == nil) || v.cookies[name].MaxAge != 3600 {
				t.Errorf("cookies %v", v.cookies)
			}
			if !classic {
				// A script on another origin's page sends this one alone.
				delete(v.cookies, name)
				if got := v.visit(); got != at {
					t.Errorf("AWSALBCORS leads to %s, not to %s", got, at)
				}
			}
		}
		if len(first) != 3 {
			t.Errorf("new clients are not spread: %v", first)
		}
		// A forged cookie binds nobody.
		got := map[string]int{}
		for range 6 {
			r, _ := n.get("Cookie: " + name + "=" + strings.Repeat("A", 80) + "\r\n")
			got[r.Header.Get("X-Instance")]++
		}
		if len(got) != 3 {
			t.Errorf("a forged cookie binds to %v", got)
		}
	}
}

func TestStickyTargetGoes(t *testing.T) {
	origins := threeOrigins(t)
	for name, take := range map[string]func(*cloud.BalancerTarget){
		"drains":     func(b *cloud.BalancerTarget) { b.Draining, b.Until = true, time.Now().Add(time.Hour) },
		"stopped":    func(b *cloud.BalancerTarget) { b.Unused = true },
		"not itself": func(b *cloud.BalancerTarget) { b.Name = "web-9" },
		"new":        func(b *cloud.BalancerTarget) { b.Known, b.Registered = false, time.Unix(2, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			b := sticky(showdown.Stickiness{Type: showdown.DurationCookie, Duration: showdown.Hour}, origins...)
			n := start(t, b)
			v := n.visitor()
			at := v.visit()
			back := b.Groups[0].Targets
			b.Groups[0].Targets = append([]cloud.BalancerTarget(nil), back...)
			for i := range b.Groups[0].Targets {
				if one := &b.Groups[0].Targets[i]; one.Name == at {
					take(one)
				}
			}
			if err := n.Configure(b); err != nil {
				t.Fatal(err)
			}
			next := v.visit()
			if next == at && name != "not itself" {
				t.Fatalf("it still gets to %s", at)
			}
			b.Groups[0].Targets = back
			if err := n.Configure(b); err != nil {
				t.Fatal(err)
			}
			for range 4 {
				// It stays with the new one though the old one is back (User Guide for
				// Application Load Balancers, Sticky sessions).
				if got := v.visit(); got != next && name != "not itself" {
					t.Errorf("it went from %s to %s", next, got)
				}
			}
		})
	}
}

func TestCookieEnds(t *testing.T) {
	// An hour of AWS time is a second here, and less is left of it with each look.
	b := sticky(showdown.Stickiness{Type: showdown.DurationCookie, Duration: 6 * showdown.Second}, threeOrigins(t)...)
	n := start(t, b)
	v := n.visitor()
	at := v.visit()
	old := v.cookies["AWSALB"].Value
	eventually(t, func() error {
		for range 3 {
			if r, _ := n.get("Cookie: AWSALB=" + old + "\r\n"); r.Header.Get("X-Instance") != at {
				return nil
			}
		}
		return fmt.Errorf("a cookie of 100 ms of lab time still binds")
	})
}

func TestApplicationCookie(t *testing.T) {
	session := func(o *origin, c net.Conn, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body)
		more := ""
		if _, err := r.Cookie("CART"); err != nil {
			more = "Set-Cookie: CART=" + o.name + "; Path=/\r\n"
		}
		_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Instance: "+o.name+"\r\n"+more+"\r\n")
		return err == nil
	}
	plain := threeOrigins(t)
	n := start(t, sticky(showdown.Stickiness{Type: showdown.ApplicationCookie, Cookie: "CART"}, plain...))
	free := n.visitor()
	if first, second := free.visit(), free.visit(); first == second || len(free.cookies) != 0 {
		t.Error("a session without the application's cookie")
	}
	var origins []*origin
	for i := range 3 {
		origins = append(origins, newOrigin(t, fmt.Sprintf("web-%d", i+1), session))
	}
	n = start(t, sticky(showdown.Stickiness{Type: showdown.ApplicationCookie, Cookie: "CART"}, origins...))
	v := n.visitor()
	at := v.visit()
	if v.cookies["AWSALBAPP-0"] == nil || v.cookies["CART"].Value != at {
		t.Fatalf("cookies %v", v.cookies)
	}
	for range 4 {
		if got := v.visit(); got != at {
			t.Errorf("the session went from %s to %s", at, got)
		}
	}
	// Without the application's cookie the balancer's is nothing.
	delete(v.cookies, "CART")
	seen := map[string]bool{}
	for range 3 {
		seen[v.visit()] = true
		delete(v.cookies, "CART")
	}
	if len(seen) != 3 {
		t.Errorf("it is bound without the application's cookie: %v", seen)
	}
}
