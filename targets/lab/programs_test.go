package lab

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/targets/apps/clock"
)

// program is the path of a program of somebody else's. Root's tests have installed what
// they need, so one that is missing fails there; it skips the test of an ordinary user.
func program(t *testing.T, name, debian string) string {
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

// public is a balanced lab that everybody may reach, as an internet-facing load balancer's
// group lets in 0.0.0.0/0: other programs cannot choose the address that they come from.
func public(t *testing.T) (l *Lab, url string) {
	t.Helper()
	topology := balanced("web-1", "web-2")
	topology.SecurityGroups[0].Inbound = []showdown.SecurityRule{{From: "0.0.0.0/0"}}
	for i := range topology.Instances {
		topology.Instances[i].Queue = 200 // so that nobody is turned away
	}
	l = newBench(t, 60).labOf(topology)
	return l, "http://" + l.Nodes()[0].Address + "/"
}

// carried is how many requests the balancer has sent to its targets.
func carried(t *testing.T, l *Lab) uint64 {
	t.Helper()
	b, err := l.Balancer("lb")
	if err != nil {
		t.Fatal(err)
	}
	return b.Requests("web-servers")
}

// run runs a program to its end within half a minute.
func run(t *testing.T, input []byte, path string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %.200v: %v\n%s", path, args, err, stderr.String())
	}
	return stdout.String()
}

// transfer is what curl says of one request.
type transfer struct {
	status, connects, sent, received int
	version                          string
}

const transferFormat = `=> %{http_code} %{num_connects} %{size_upload} %{size_download} %{http_version}\n`

// curl asks for the URL several times in one call, which uses a connection again where it
// may; it returns what was said of each and who answered.
func curl(t *testing.T, url string, times int, input []byte, args ...string) (transfers []transfer, by map[string]int) {
	t.Helper()
	all := slices.Concat([]string{"-sS", "-m", "20", "-i", "-w", transferFormat}, args, slices.Repeat([]string{url}, times))
	by = map[string]int{}
	for line := range strings.Lines(run(t, input, program(t, "curl", "curl"), all...)) {
		if _, said, ok := strings.Cut(line, "=> "); ok {
			var one transfer
			if _, err := fmt.Sscanf(said, "%d %d %d %d %s", &one.status, &one.connects, &one.sent, &one.received, &one.version); err != nil {
				t.Fatalf("curl said %q: %v", said, err)
			}
			transfers = append(transfers, one)
		}
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, clock.InstanceHeader) {
			by[strings.TrimSpace(value)]++
		}
	}
	if len(transfers) != times {
		t.Fatalf("curl told of %d transfers, want %d", len(transfers), times)
	}
	return transfers, by
}

// TestCurl sends what a program that others wrote makes of HTTP through a node of a load
// balancer, and counts what comes of it.
func TestCurl(t *testing.T) {
	l, url := public(t)
	megabyte := make([]byte, 1<<20)
	header := func(name string, size int) []string { return []string{"-H", name + ": " + strings.Repeat("x", size)} }
	for _, c := range []struct {
		name  string
		times int
		input []byte
		args  []string
		// status is that of each request, connects how many connections all of them took,
		// sent and received the bytes of each body; below 0 is any above 0. Of what is sent
		// curl counts the framing of the chunks too.
		status, connects, sent, received int
		// carried says that they came as far as the targets.
		carried bool
	}{
		{"keep-alive", 10, nil, nil, 200, 1, 0, -1, true},
		{"a connection each", 4, nil, []string{"-H", "Connection: close"}, 200, 4, 0, -1, true},
		{"a body with its length", 2, nil, []string{"-d", "so=much"}, 200, 1, 7, -1, true},
		{"chunked upload of 1 MiB", 1, megabyte, []string{"-T", "-", "-X", "POST"}, 200, 1, 1 << 20, -1, true},
		{"upload of 1 MiB with its length", 1, megabyte, []string{"--data-binary", "@-"}, 200, 1, 1 << 20, -1, true},
		{"HEAD", 3, nil, []string{"-I"}, 200, 1, 0, 0, true},
		{"HTTP/1.0", 3, nil, []string{"-0"}, 200, 3, 0, -1, true},
		{"HTTP/1.0 with keep-alive", 3, nil, []string{"-0", "-H", "Connection: keep-alive"}, 200, 1, 0, -1, true},
		{"a cookie of 4 KB", 2, nil, header("Cookie", 4<<10), 200, 1, 0, -1, true},
		{"a header of 17 KB", 2, nil, header("X-Big", 17<<10), 400, 2, 0, -1, false},
		{"headers of 75 KB", 1, nil, slices.Concat(header("A", 15<<10), header("B", 15<<10), header("C", 15<<10), header("D", 15<<10), header("E", 15<<10)), 400, 1, 0, -1, false},
		{"no page", 2, nil, []string{"--path-as-is", "--request-target", "/nowhere"}, 404, 1, 0, -1, true},
		// It takes longer than the idle timeout, and nobody is idle meanwhile.
		{"a slow upload of 1 MiB", 1, megabyte, []string{"--data-binary", "@-", "--limit-rate", "600K"}, 200, 1, 1 << 20, -1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := carried(t, l)
			transfers, by := curl(t, url, c.times, c.input, c.args...)
			connects := 0
			for i, one := range transfers {
				connects += one.connects
				if framing := one.sent - c.sent; one.status != c.status || framing < 0 || framing > c.sent/1000 || c.received == 0 && one.received > 0 || c.received < 0 && one.received <= 0 {
					t.Errorf("request %d: %+v, want %d, %d bytes sent, %d received", i, one, c.status, c.sent, c.received)
				}
			}
			if connects != c.connects {
				t.Errorf("%d connections, want %d", connects, c.connects)
			}
			want := 0
			if c.carried {
				want = c.times
			}
			// The node's counters come at their own time.
			eventually(t, fmt.Sprintf("%d requests to be counted, not %d", want, carried(t, l)-before), func() bool { return carried(t, l)-before == uint64(want) })
			// Round robin: each instance gets its share, give or take one.
			if c.carried && (by["web-1"]+by["web-2"] != c.times || by["web-1"] < c.times/2 || by["web-2"] < c.times/2) {
				t.Errorf("answered by %v", by)
			}
		})
	}
}

// TestSlowClient: a client that begins a request and does not go on is cut off when the
// idle timeout has passed, a minute of AWS here, and one that is slow and goes on is not.
func TestSlowClient(t *testing.T) {
	l, url := public(t)
	bash := program(t, "bash", "bash")
	host, port, err := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	talk := func(script string) (answer string, took time.Duration) {
		t.Helper()
		start := time.Now()
		answer = run(t, nil, bash, "-c", fmt.Sprintf("exec 3<>/dev/tcp/%s/%s; %s; cat <&3", host, port, script))
		return answer, time.Since(start)
	}
	idle := l.cfg.Clock.Lab(showdown.Minute)
	before := carried(t, l)
	answer, took := talk(`printf 'GET / HTTP/1.1\r\nHo' >&3`)
	if !strings.HasPrefix(answer, "HTTP/1.1 408 ") || took < idle {
		t.Errorf("after %s of silence in the head it got %.40q", took, answer)
	}
	answer, took = talk(`true`)
	if answer != "" || took < idle {
		t.Errorf("after %s without a word it got %.40q", took, answer)
	}
	if n := carried(t, l) - before; n != 0 {
		t.Errorf("%d requests went to a target", n)
	}
	answer, _ = talk(`for part in 'GET / HT' 'TP/1.1' '\r\nHost: a' '\r\nConnection: close' '\r\n\r\n'; do printf "$part" >&3; sleep 0.05; done`)
	if !strings.HasPrefix(answer, "HTTP/1.1 200 ") {
		t.Errorf("a slow head got %.40q", answer)
	}
}

var (
	wrkRequests = regexp.MustCompile(`(?m)^\s*(\d+) requests in `)
	wrkTrouble  = regexp.MustCompile(`Non-2xx or 3xx responses|Socket errors`)
)

// TestWrk loads a node with fifty connections for two seconds: every answer is a good one,
// and as many requests went through as wrk has counted, but for what was under way.
func TestWrk(t *testing.T) {
	l, url := public(t)
	const connections = 50
	before := carried(t, l)
	said := run(t, nil, program(t, "wrk", "wrk"), "-t", "2", "-c", strconv.Itoa(connections), "-d", "2s", url)
	found := wrkRequests.FindStringSubmatch(said)
	if found == nil || wrkTrouble.MatchString(said) {
		t.Fatalf("wrk said:\n%s", said)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil || n < 2*connections {
		t.Errorf("%d requests, %v: too few to say anything\n%s", n, err, said)
	}
	eventually(t, "the node to have counted them", func() bool {
		got := int(carried(t, l) - before)
		return got >= n && got <= n+connections
	})
	if _, status := through(t, l, l.Nodes()[0].Address); status != http.StatusOK {
		t.Errorf("afterwards it answers %d", status)
	}
}

// TestChromium lets a browser load the page through a node: it shows the time. A browser
// is too much to install for every run of the tests, so that it is looked for only where
// SHOWDOWN_BROWSER names it, which make browser does.
func TestChromium(t *testing.T) {
	browser := os.Getenv("SHOWDOWN_BROWSER")
	if browser == "" {
		t.Skip("a browser is a target of its own: make browser")
	}
	l, url := public(t)
	before := carried(t, l)
	page := run(t, nil, program(t, browser, "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--user-data-dir="+t.TempDir(), "--dump-dom", url)
	_, text, _ := strings.Cut(page, "<pre")
	_, text, _ = strings.Cut(text, ">")
	text, _, ok := strings.Cut(text, "</pre>")
	if !ok {
		t.Fatalf("it shows:\n%s", page)
	}
	if err := clock.Check([]byte(text), time.Now(), time.Minute); err != nil {
		t.Errorf("%v; it shows %q", err, text)
	}
	// It also asks for an icon.
	eventually(t, "its requests to be counted", func() bool { n := carried(t, l) - before; return n >= 1 && n <= 2 })
}
