package machine_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown/targets/apps/clock"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

func TestServesTheApplicationOnEveryAddress(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	for _, host := range []string{web.config.Private, web.config.Public[0]} {
		r, err := http.Get("http://" + net.JoinHostPort(host, "8080") + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil || r.StatusCode != 200 || r.Header.Get("X-Instance") != "web-1" {
			t.Errorf("%s: %d %v %v", host, r.StatusCode, r.Header, err)
		}
		if err := clock.Check(body, time.Now(), time.Minute); err != nil {
			t.Error(err)
		}
		if !strings.HasSuffix(string(body), " web-1\n") {
			t.Errorf("body %q", body)
		}
	}
	if r, err := web.get("/healthz"); err != nil || r.StatusCode != 200 {
		t.Errorf("/healthz: %v %v", r, err)
	}
	if c := web.do(cloud.Command{Verb: cloud.Stats}); c.Requests != 2 || c.Speed != 1 {
		t.Errorf("counters %+v, want 2 requests: health checks are none", c)
	}
}

func TestOverloadIsAnswered503(t *testing.T) {
	s := newSite(t)
	c := s.config("web-1", 0)
	// One request takes 250 ms of its vCPU, and two may wait.
	c.Capacity.VCPUs, c.Capacity.Iterations, c.Capacity.Work, c.Capacity.Queue = 1, 1000, 250, 2
	web := s.start(c)
	got := map[int]int{}
	var (
		mu   sync.Mutex
		wait sync.WaitGroup
	)
	const n = 12
	for range n {
		wait.Go(func() {
			r, err := web.get("/")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			got[r.StatusCode]++
			mu.Unlock()
			if r.Header.Get("X-Instance") != "web-1" {
				t.Error("an answer without its instance's name")
			}
		})
	}
	wait.Wait()
	// At once, 3 find a place; a slow host brings some later, when there is room again.
	if got[200] < 3 || got[503] == 0 || got[200]+got[503] != n {
		t.Errorf("answers %v", got)
	}
	counters := web.do(cloud.Command{Verb: cloud.Stats})
	if counters.Requests != n || counters.Rejected != uint64(got[503]) {
		t.Errorf("counters %+v, answers %v", counters, got)
	}
	if want := 0.25 * float64(got[200]); counters.Busy < want-0.001 || counters.Busy > want+0.001 {
		t.Errorf("busy %g s, want %g", counters.Busy, want)
	}
}

func TestMetrics(t *testing.T) {
	s := newSite(t)
	c := s.config("web-1", 0)
	c.Mark, c.Capacity.MemoryMiB = "run-7", 1000
	c.Capacity.Credits = &cloud.Credits{Baseline: 0.1, PerHour: 0, Max: 144, Launch: 30, Earned: 10}
	web := s.start(c)
	web.do(cloud.Command{Verb: cloud.Errors, Share: 1})
	web.mustFail(500)
	web.do(cloud.Command{Verb: cloud.Errors, Off: true})
	web.mustAnswer()
	if n := web.do(cloud.Command{Verb: cloud.Stats}); n.Launch >= 30 || n.Launch < 29.9 || n.Balance-n.Launch != 10 {
		t.Errorf("%+v: two requests were paid with launch credits", n)
	}
	web.do(cloud.Command{Verb: cloud.Steal, Share: 0.25})
	for _, fault := range []cloud.Verb{cloud.Refuse, cloud.Blackhole} { // the observer's channel stays
		web.do(cloud.Command{Verb: fault})
	}
	r, err := http.Get("http://" + net.JoinHostPort(web.config.Private, "8081") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	const labels = `{cell="base",node="web-1",run_id="run-7"} `
	for _, want := range []string{
		"showdown_machine_requests_total" + labels + "2\n",
		"showdown_machine_failed_requests_total" + labels + "1\n",
		"showdown_machine_rejected_requests_total" + labels + "0\n",
		"showdown_machine_queued_requests" + labels + "0\n",
		"go_goroutines" + labels,
		"process_cpu_seconds_total" + labels,
		"showdown_machine_cpu_speed_ratio" + labels + "0.75\n",
		"showdown_machine_memory_used_bytes" + labels + "1.048576e+08\n",
		"showdown_machine_credit_balance_credits" + labels + "39.9",
		"showdown_machine_cpu_busy_seconds_total" + labels + "0.00014",
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
}

// Where no signal tells a machine that its parent is dead, the end of its orders does.
func TestEndsWithItsOrders(t *testing.T) {
	s := newSite(t)
	config, err := json.Marshal(s.config("web-1", 0))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "machine")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if _, err := fmt.Fprintf(stdin, "%s\nno order\n{\"id\":7,\"command\":{\"verb\":\"delay\"}}\n", config); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(stdout)
	for _, want := range []string{`{"ready":true}`, `{"id":7}`} {
		if line, err := in.ReadString('\n'); err != nil || strings.TrimSpace(line) != want {
			t.Fatalf("%q, %v, want %s", line, err, want)
		}
	}
	open, err := dial(net.JoinHostPort(s.address(journal.RolePublic, 0), "8080"))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if _, err := open.ask(patience); !wasReset(err) {
		t.Errorf("its connection: %v", err)
	}
}

func (m *target) mustFail(status int) {
	m.t.Helper()
	if r, err := m.get("/"); err != nil || r.StatusCode != status {
		m.t.Fatalf("answer %v, %v, want %d", r, err, status)
	}
}

// A request that is waited out on a vCPU leaves at its turn whatever the host does:
// more than its type's rate never comes out.
func TestGoodputOverTheWireIsBounded(t *testing.T) {
	s := newSite(t)
	c := s.config("web-1", 0)
	c.Capacity.VCPUs, c.Capacity.Iterations, c.Capacity.Work, c.Capacity.Queue = 1, 1000, 10, 100 // 100/s
	web := s.start(c)
	const each, clients = 10, 8
	at := time.Now()
	var wait sync.WaitGroup
	for range clients {
		l := web.mustDial()
		wait.Go(func() {
			for range each {
				if status, err := l.ask(patience); err != nil || status != 200 {
					t.Errorf("%d %v", status, err)
				}
			}
		})
	}
	wait.Wait()
	if took, least := time.Since(at), each*clients*10*time.Millisecond; took < least {
		t.Errorf("%d requests of 10 ms took %s", each*clients, took)
	}
}
