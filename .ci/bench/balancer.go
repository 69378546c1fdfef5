package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Many short rounds: a stall of the machine spoils the p99 of the round that it falls into,
// and the median leaves that one out.
const (
	balancerRounds = 25
	balancerLong   = time.Second
)

// proxied is what a proxy took for a load.
type proxied struct {
	spent     time.Duration // user and system
	latencies []float64     // milliseconds
}

// cpu is seconds per 100,000 requests.
func (p proxied) cpu() float64 { return p.spent.Seconds() / float64(len(p.latencies)) * 100_000 }

// p99 is in milliseconds.
func (p proxied) p99() float64 {
	slices.Sort(p.latencies)
	return p.latencies[len(p.latencies)*99/100]
}

// balancer compares a load balancer's node, which runs as a machine of a lab, with
// haproxy: the same generator, one target, connections kept on both sides.
func balancer(ctx context.Context, e *env) error {
	rival, err := exec.LookPath("haproxy")
	if err != nil {
		return fmt.Errorf("%w: apt-get install haproxy", err)
	}
	attacker, err := e.program(ctx, "vegeta")
	if err != nil {
		return err
	}
	target, stop, err := startTarget(ctx)
	if err != nil {
		return err
	}
	defer stop()
	theirs, endTheirs, err := startHaproxy(ctx, e, rival, target)
	if err != nil {
		return err
	}
	defer endTheirs()
	ours, endOurs, err := startNode(ctx, e, target)
	if err != nil {
		return err
	}
	defer endOurs()

	fmt.Fprintf(e.out, "### A load balancer's node against haproxy (one target, kept connections, median of %d rounds)\n\n", balancerRounds)
	fmt.Fprintln(e.out, "| load | CPU s per 100k: haproxy | node | p99 ms: haproxy | node |")
	fmt.Fprintln(e.out, "|---|---|---|---|---|")
	rates := []int{1000, 2000}
	type ratio struct{ cpu, p99 float64 }
	var ratios []ratio
	for _, rate := range rates {
		var cpuA, cpuB, p99A, p99B, cpu, p99 []float64
		for round := range balancerRounds {
			var a, b proxied
			first := func() (err error) { a, err = retried(ctx, e, attacker, theirs, rate); return }
			second := func() (err error) { b, err = retried(ctx, e, attacker, ours, rate); return }
			if round%2 == 1 {
				first, second = second, first
			}
			if err := errors.Join(first(), second()); err != nil {
				return err
			}
			cpuA, cpuB, p99A, p99B = append(cpuA, a.cpu()), append(cpuB, b.cpu()), append(p99A, a.p99()), append(p99B, b.p99())
			cpu, p99 = append(cpu, b.cpu()/a.cpu()), append(p99, b.p99()/a.p99())
		}
		fmt.Fprintf(e.out, "| %d/s | %.2f | %.2f | %.2f | %.2f |\n", rate, median(cpuA), median(cpuB), median(p99A), median(p99B))
		ratios = append(ratios, ratio{median(cpu), median(p99)})
	}
	fmt.Fprintln(e.out, "\n| node / haproxy, median of the rounds' ratios | ratio | bound | |\n|---|---|---|---|")
	for i, rate := range rates {
		e.bound(fmt.Sprintf("%d/s: CPU per proxied request", rate), ratios[i].cpu, false, 1.5)
		e.bound(fmt.Sprintf("%d/s: p99", rate), ratios[i].p99, false, 1.3)
	}
	fmt.Fprintln(e.out)
	return nil
}

// proxy is one that runs.
type proxy struct {
	address string
	pid     int
}

// startHaproxy starts it with one thread, which is what a node has.
func startHaproxy(ctx context.Context, e *env, path, target string) (proxy, func(), error) {
	l, err := net.Listen("tcp4", "127.0.0.3:0")
	if err != nil {
		return proxy{}, nil, err
	}
	p := proxy{address: l.Addr().String()}
	l.Close()
	config := filepath.Join(e.temp, "haproxy.cfg")
	err = os.WriteFile(config, fmt.Appendf(nil, `
global
  nbthread 1
defaults
  mode http
  option forwardfor
  timeout client 10s
  timeout server 1s
  timeout connect 1s
frontend f
  bind %s
  default_backend b
backend b
  http-reuse always
  server s1 %s check inter 500ms
`, p.address, target), 0o600)
	if err != nil {
		return p, nil, err
	}
	cmd := exec.CommandContext(ctx, path, "-db", "-q", "-f", config)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // as the machines of a lab, which the scheduler heeds
	if err := cmd.Start(); err != nil {
		return p, nil, err
	}
	p.pid = cmd.Process.Pid
	end := func() { cmd.Process.Kill(); cmd.Wait() }
	for range 200 {
		if c, err := net.Dial("tcp4", p.address); err == nil {
			c.Close()
			return p, end, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	end()
	return p, nil, errors.New("haproxy does not listen")
}

// startNode starts a node as a machine of a lab, with a process of its own.
func startNode(ctx context.Context, e *env, targets ...string) (proxy, func(), error) {
	binary, err := e.program(ctx, "showdown")
	if err != nil {
		return proxy{}, nil, err
	}
	child, err := e.program(ctx, "benchchild")
	if err != nil {
		return proxy{}, nil, err
	}
	cmd := exec.CommandContext(ctx, child, append([]string{"node", "-showdown", binary}, targets...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return proxy{}, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return proxy{}, nil, err
	}
	if err := cmd.Start(); err != nil {
		return proxy{}, nil, err
	}
	lines := bufio.NewReader(out)
	end := func() {
		in.Close()
		io.Copy(io.Discard, lines)
		cmd.Wait()
	}
	line, err := lines.ReadBytes('\n')
	var said struct {
		Address string
		PID     int
	}
	if err == nil {
		err = json.Unmarshal(line, &said)
	}
	if err != nil {
		end()
		return proxy{}, nil, fmt.Errorf("node: %w", err)
	}
	return proxy{said.Address, said.PID}, end, nil
}

// errUnwell is the error of a load of which requests failed, as they do when the machine
// stalls for longer than the timeouts.
var errUnwell = errors.New("requests failed")

// retried repeats a load of which requests failed, twice at most.
func retried(ctx context.Context, e *env, attacker string, p proxy, rate int) (got proxied, err error) {
	for range 3 {
		if got, err = throughProxy(ctx, e, attacker, p, rate); !errors.Is(err, errUnwell) {
			break
		}
		fmt.Fprintln(os.Stderr, "balancer: again,", err)
	}
	return got, err
}

// throughProxy sends a paced load through a proxy.
func throughProxy(ctx context.Context, e *env, attacker string, p proxy, rate int) (proxied, error) {
	before, err := scheduled(p.pid)
	if err != nil {
		return proxied{}, err
	}
	record := filepath.Join(e.temp, "proxied.gob")
	cmd := exec.CommandContext(ctx, attacker, "attack", "-duration="+balancerLong.String(), "-output="+record, fmt.Sprintf("-rate=%d/s", rate))
	cmd.Stdin, cmd.Stderr = strings.NewReader("GET http://"+p.address+"/\n"), os.Stderr
	if err := cmd.Run(); err != nil {
		return proxied{}, fmt.Errorf("vegeta: %w", err)
	}
	after, err := scheduled(p.pid)
	if err != nil {
		return proxied{}, err
	}
	f, err := os.Open(record)
	if err != nil {
		return proxied{}, err
	}
	defer f.Close()
	got := proxied{spent: after - before}
	failed := ""
	decode := vegeta.NewDecoder(bufio.NewReader(f))
	for {
		var r vegeta.Result
		if err := decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return proxied{}, err
		}
		got.latencies = append(got.latencies, float64(r.Latency)/float64(time.Millisecond))
		if r.Code != 200 {
			failed = fmt.Sprintf("%d %s", r.Code, r.Error)
		}
	}
	if failed != "" || len(got.latencies) == 0 {
		return proxied{}, fmt.Errorf("through %s: %w: %s", p.address, errUnwell, failed)
	}
	return got, nil
}

// scheduled is how long the threads of a process have run, in the scheduler's own
// nanoseconds.
func scheduled(pid int) (sum time.Duration, err error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	if len(threads) == 0 {
		return 0, fmt.Errorf("process %d is not there", pid)
	}
	for _, path := range threads {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		n, err := strconv.ParseInt(string(bytes.Fields(data)[0]), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		sum += time.Duration(n)
	}
	return sum, nil
}
