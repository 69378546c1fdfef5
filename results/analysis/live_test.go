package analysis

import (
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
)

func TestCompileCondition(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`availability(last(30s)) < 50%`, ""},
		{`p99(last(1m)) > 500ms or count(last(10s), "http_5xx") > 20`, ""},
		{`goodput(last(10s)) < 0.5 * offered(last(10s))`, ""},
		{`availability(whole()) < 50%`, "a condition knows only windows of last"},
		{`outage("A") > 3m`, "for claims"},
		{`availability(last(2h)) < 50%`, "at most 1h"},
		{`availability(last(10s + 10s)) < 50%`, "written out"},
		{`1 < 2`, "about the time up to now"},
		{`availability(last(30)) < 50%`, "needs a duration"},
		{`availability(last(30s)) < 50s`, "cannot be compared"},
	} {
		_, err := CompileCondition(tt.text)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.text, err, tt.want)
		}
	}
}

func TestLive(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	var conditions []*Condition
	for _, text := range []string{`p95(last(30s)) > 50ms`, `availability(last(30s)) < 50%`} {
		c, err := CompileCondition(text)
		if err != nil {
			t.Fatal(err)
		}
		conditions = append(conditions, c)
	}
	l := NewLive(clock, conditions)
	at := time.Duration(0)
	feed := func(n int, o showdown.Outcome, latency time.Duration) {
		var hits []showdown.Hit
		for range n {
			at += 5 * time.Millisecond
			hits = append(hits, showdown.Hit{Intended: at, Sent: at, Latency: latency, Outcome: o, Backend: "web-1"})
		}
		l.Add(hits)
	}
	expect := func(want string) {
		t.Helper()
		if got, hit := l.Eval(at); got != want || hit != (want != "") {
			t.Errorf("at %s: %q, want %q", at, got, want)
		}
	}
	expect("")
	feed(40, showdown.Refused, 0) // 0.2 s of the half second that the window is long
	expect("")
	feed(100, showdown.OK, time.Millisecond)
	expect("")
	feed(40, showdown.Refused, 0)
	expect("")
	feed(20, showdown.Refused, 0)
	expect(`availability(last(30s)) < 50%`)
	feed(60, showdown.OK, time.Millisecond)
	expect("")
	feed(30, showdown.OK, 60*time.Millisecond)
	expect(`p95(last(30s)) > 50ms`)
	if len(l.hits) > 250 {
		t.Errorf("keeps %d requests of a window of 100", len(l.hits))
	}
}

// TestLiveIsSafe is for the race detector.
func TestLiveIsSafe(t *testing.T) {
	clock, _ := showdown.NewClock(60)
	c, err := CompileCondition(`availability(last(10s)) < 50%`)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLive(clock, []*Condition{c})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range 500 {
				at := time.Duration(i) * time.Millisecond
				l.Add([]showdown.Hit{{Sent: at, Latency: time.Millisecond}})
				l.Eval(at)
			}
		})
	}
	wg.Wait()
	if _, hit := l.Eval(time.Second); hit {
		t.Error("good requests stopped the experiment")
	}
}
