package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"time"

	"showdown/targets/cloud"
)

// lateness is how late a check may start before it counts as late: a heartbeat.
const lateness = 10 * time.Millisecond

// watcher checks the health of one target until its context ends.
type watcher struct {
	n        *Node
	t        *target
	ctx      context.Context
	check    cloud.BalancerCheck
	matcher  matcher
	address  string
	began    time.Time
	schedule schedule
}

// result is what a check found; failure is empty for a pass.
type result struct {
	seq                       int
	failure                   string
	scheduled, started, ended time.Time
}

// offset is when the first check of a target comes after its checks begin: anywhere in
// an interval, so that the checks of many targets and of many nodes are spread.
func offset(seed uint64, node string, t *target, interval time.Duration) time.Duration {
	rng := rand.New(rand.NewPCG(seed, hash(node, t.group, t.Name, t.Registered.UTC().String())))
	return time.Duration(rng.Int64N(int64(interval)))
}

// run starts each check when it is due, in a goroutine of its own, and counts the results
// in the order in which the checks were started.
func (w *watcher) run() {
	results := make(chan result)
	timer := time.NewTimer(time.Until(w.schedule.at(0)))
	defer timer.Stop()
	k, started := 0, 0
	var line queue
	for {
		select {
		case <-timer.C:
			now := time.Now()
			scheduled := w.schedule.at(k)
			w.n.checks.Add(1)
			if now.Sub(scheduled) > lateness {
				w.n.late.Add(1)
			}
			r := result{seq: started, scheduled: scheduled, started: now}
			started++
			w.n.mu.Lock()
			alive := w.ctx.Err() == nil
			if alive {
				w.n.work.Add(1)
			}
			w.n.mu.Unlock()
			if !alive {
				return
			}
			go func() {
				defer w.n.work.Done()
				r.failure = w.look(now.Add(w.check.Timeout))
				r.ended = time.Now()
				select {
				case results <- r:
				case <-w.ctx.Done():
				}
			}()
			k = w.schedule.after(k, now)
			timer.Reset(time.Until(w.schedule.at(k)))
		case r := <-results:
			for _, r := range line.add(r) {
				w.n.judge(w, r)
			}
		case <-w.ctx.Done():
			return
		}
	}
}

// queue puts results into the order of their checks.
type queue struct {
	next int
	wait map[int]result
}

// add takes a result, and has those whose turn it is now.
func (q *queue) add(r result) []result {
	if q.wait == nil {
		q.wait = map[int]result{}
	}
	q.wait[r.seq] = r
	var out []result
	for {
		r, ok := q.wait[q.next]
		if !ok {
			return out
		}
		delete(q.wait, q.next)
		q.next++
		out = append(out, r)
	}
}

// judge lets a result have its say.
func (n *Node) judge(w *watcher, r result) {
	n.mu.Lock()
	t := w.t
	g := n.groups[t.group]
	if w.ctx.Err() != nil || g == nil {
		n.mu.Unlock()
		return // it is about a target or a check that is not there any more
	}
	was := t.health.state
	next, reason := t.health.step(r.failure, w.check)
	t.health = next
	if reason != "" {
		t.turned(g.policy, g.targets, r.ended)
		g.refresh()
		n.outbox.Put(cloud.Note{At: time.Now(), Health: &cloud.HealthNote{
			Group: t.group, Target: t.Name, From: was, To: next.state, Reason: reason,
			Scheduled: r.scheduled, Started: r.started, Ended: r.ended,
		}})
	}
	n.mu.Unlock()
	n.outbox.Flush()
}

// look is one check: a connection of its own, a request, and the status of the answer.
// What failed is said in a few words.
func (w *watcher) look(deadline time.Time) string {
	dialing, cancel := context.WithDeadline(w.ctx, deadline)
	defer cancel()
	conn, err := w.n.config.Dial(dialing, w.address)
	if err != nil {
		if isTimeout(err) {
			return "connect timed out"
		}
		return failureOf(err)
	}
	conn = quick(conn)
	defer conn.Close()
	if now := time.Now(); now.After(deadline) {
		deadline = now.Add(secondTry) // this process slept meanwhile, see Dial
	}
	_ = conn.SetDeadline(deadline)
	stop := context.AfterFunc(w.ctx, func() { _ = conn.Close() })
	defer stop()
	if tcp, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0) // checks come often, and their ports must not stay taken
	}
	_, err = io.WriteString(conn, "GET "+w.check.Path+" HTTP/1.1\r\nHost: "+w.address+
		"\r\nUser-Agent: ELB-HealthChecker/2.0\r\nConnection: close\r\nAccept-Encoding: gzip, compressed\r\n\r\n")
	if err != nil {
		return failureOf(err)
	}
	status, err := readStatus(conn)
	switch {
	case err != nil:
		return failureOf(err)
	case !w.matcher.matches(status):
		return fmt.Sprintf("status %d", status)
	}
	return ""
}

// readStatus is the status of the answer that comes, when its head is whole.
func readStatus(conn net.Conn) (int, error) {
	in := reader{src: conn, buf: make([]byte, smallBuffer)}
	for {
		size, err := in.head(responseLimits())
		if err != nil {
			return 0, err
		}
		var r response
		if err := r.parse(in.buffered()[:size]); err != nil {
			return 0, err
		}
		if r.status >= 200 {
			return r.status, nil
		}
		in.r += size
	}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// failureOf is an error of a check in a few words.
func failureOf(err error) string {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return "no HTTP answer"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed"
	case errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return "request timed out"
	}
	return "no connection"
}
