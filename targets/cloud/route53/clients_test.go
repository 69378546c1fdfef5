package route53

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

// tool is the path of a DNS client program. Root's tests have installed what they
// need, so one that is missing fails there; it skips the test of an ordinary user.
func tool(t testing.TB, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Geteuid() == 0 {
		t.Fatalf("%s is not installed: run .ci/test-deps", name)
	}
	t.Skipf("%s is not installed: what it would have proven was not tested (Debian: apt-get install %s)", name, debian)
	return ""
}

func output(t testing.TB, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// client is a program or library that others wrote, and what it says of a name:
// sorted lines of "ttl address", or the rcode alone. A TTL that it hides is "-".
type client struct {
	name string
	ask  func(t testing.TB, at netip.AddrPort, name string) []string
	// hides says that it shows no TTL.
	hides bool
}

func clients(t testing.TB) []client {
	dig, drill := tool(t, "dig", "bind9-dnsutils"), tool(t, "drill", "ldnsutils")
	return []client{
		{"dig", func(t testing.TB, at netip.AddrPort, name string) []string {
			return readAnswer(output(t, dig, "@"+at.Addr().String(), "-p", port(at), name, "A", "+tries=1", "+time=15"))
		}, false},
		{"dig +tcp", func(t testing.TB, at netip.AddrPort, name string) []string {
			return readAnswer(output(t, dig, "@"+at.Addr().String(), "-p", port(at), name, "A", "+tcp", "+tries=1", "+time=15"))
		}, false},
		{"dig +noedns", func(t testing.TB, at netip.AddrPort, name string) []string {
			return readAnswer(output(t, dig, "@"+at.Addr().String(), "-p", port(at), name, "A", "+noedns", "+tries=1", "+time=15"))
		}, false},
		{"drill -a", func(t testing.TB, at netip.AddrPort, name string) []string {
			return readAnswer(output(t, drill, "-a", "-p", port(at), "@"+at.Addr().String(), name, "A"))
		}, false},
		{"drill -t", func(t testing.TB, at netip.AddrPort, name string) []string {
			return readAnswer(output(t, drill, "-t", "-p", port(at), "@"+at.Addr().String(), name, "A"))
		}, false},
		{"net.Resolver", func(t testing.TB, at netip.AddrPort, name string) []string {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, at.String())
			}}
			found, err := r.LookupNetIP(ctx, "ip4", name+".")
			var not *net.DNSError
			switch {
			case errors.As(err, &not) && not.IsNotFound:
				return []string{"NXDOMAIN"}
			case err != nil:
				return []string{err.Error()}
			}
			var out []string
			for _, a := range found {
				out = append(out, "- "+a.String())
			}
			slices.Sort(out)
			return out
		}, true},
	}
}

func port(at netip.AddrPort) string {
	_, p, _ := strings.Cut(at.String(), ":")
	return p
}

// readAnswer reads what dig and drill print.
func readAnswer(text string) []string {
	var out []string
	rcode := ""
	for line := range strings.Lines(text) {
		if _, rest, ok := strings.Cut(line, "rcode: "); ok && rcode == "" { // drill
			rcode, _, _ = strings.Cut(rest, ",")
		}
		if _, rest, ok := strings.Cut(line, "status: "); ok && rcode == "" { // dig
			rcode, _, _ = strings.Cut(rest, ",")
		}
		if f := strings.Fields(line); len(f) == 5 && f[2] == "IN" && f[3] == "A" {
			out = append(out, f[1]+" "+f[4])
		}
	}
	if len(out) == 0 {
		return []string{rcode}
	}
	slices.Sort(out)
	return out
}

// TestRealClients lets programs that others wrote follow a record through its changes.
func TestRealClients(t *testing.T) {
	all := clients(t)
	z, _ := serve(t, nil)
	two := addresses(2)[1]
	change := func(_ ChangeInfo, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	big := []string{}
	for _, a := range addresses(100) {
		big = append(big, "60 "+a.String())
	}
	slices.Sort(big)
	for i, step := range []struct {
		what string
		do   func()
		name string
		want []string
	}{
		{"simple", func() {}, "www", []string{"300 127.250.54.1", "300 127.250.54.2", "300 127.250.54.3"}},
		{"the apex", func() {}, "", []string{"3600 127.250.54.1"}},
		{"more than fits into UDP", func() {}, "big", big},
		{"one removed", func() { change(z.RemoveValue("www", two)) }, "www", []string{"300 127.250.54.1", "300 127.250.54.3"}},
		{"put back", func() { change(z.RestoreValue("www", two)) }, "www", []string{"300 127.250.54.1", "300 127.250.54.2", "300 127.250.54.3"}},
		{"another TTL", func() {
			change(z.Upsert(Record{Name: "www", TTL: showdown.Minute, Values: addresses(1)}))
		}, "www", []string{"60 127.250.54.1"}},
		{"the last removed", func() { change(z.RemoveValue("www", addresses(1)[0])) }, "www", []string{"NXDOMAIN"}},
		{"an alias", func() {
			change(z.Upsert(Record{Name: "www", Alias: func() []netip.Addr { return addresses(2) }}))
		}, "www", []string{"60 127.250.54.1", "60 127.250.54.2"}},
	} {
		step.do()
		at := z.Servers()[i%4]
		name := "whatisthetime.com"
		if step.name != "" {
			name = step.name + "." + name
		}
		for _, c := range all {
			want := slices.Clone(step.want)
			if c.hides {
				for i, line := range want {
					if _, a, ok := strings.Cut(line, " "); ok {
						want[i] = "- " + a
					}
				}
				slices.Sort(want)
			}
			if d := cmp.Diff(want, c.ask(t, at, name)); d != "" {
				t.Errorf("%s, by %s (-want +got):\n%s", step.what, c.name, d)
			}
		}
	}
	// drill without -a does not ask again and shows the truncated answer.
	at := z.Servers()[0]
	if cut := output(t, tool(t, "drill", "ldnsutils"), "-p", port(at), "@"+at.Addr().String(), "big.whatisthetime.com", "A"); !strings.Contains(cut, "flags: qr aa tc rd") {
		t.Errorf("no TC over UDP:\n%s", cut)
	}
	// TC over UDP, and again over TCP: both were counted for the large name.
	over := map[Transport]bool{}
	for _, q := range z.Usage(time.Now()).Queries {
		over[q.Transport] = over[q.Transport] || q.Name == "big.whatisthetime.com"
	}
	if !over[UDP] || !over[TCP] {
		t.Errorf("the large name was asked over %v", over)
	}
}
