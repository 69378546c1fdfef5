package live

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
	"showdown/results"
	"showdown/results/diagram"
)

// playTest hands a hub the stage as a run does, up to a moment in AWS seconds, in a bubble
// whose clock is at the stage's zero.
func playTest(t *testing.T, h *Hub, until float64) {
	t.Helper()
	zero := time.Now()
	h.Stage(testStage(), testClock(t), nil)
	h.Started("run-1", map[string]float64{showdown.BaseCell: 236.25})
	events, hits := testEvents(zero, showdown.BaseCell), testHits()
	for step := 0.0; step <= until; step += 6 {
		if d := time.Until(zero.Add(time.Duration(step / 60 * float64(time.Second)))); d > 0 {
			time.Sleep(d)
		}
		for len(events) > 0 && events[0].T <= step {
			h.Event(events[0])
			events = events[1:]
		}
		n := 0
		for n < len(hits) && (hits[n].Sent+hits[n].Latency).Seconds()*60 <= step {
			n++
		}
		h.Hits(showdown.BaseCell, hits[:n])
		hits = hits[n:]
	}
}

// TestLive holds what a viewer is told in the middle of a fault, who knows nothing.
func TestLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(time.Now)
		playTest(t, h, 300)
		s := h.State()
		if s.Mode != "live" || s.Run != "run-1" || s.Stage.ID != "test/elb" || len(s.Cells) != 2 || s.Speed != 60 || s.BucketS != 6 {
			t.Errorf("the hello is %+v", s)
		}
		c := s.Cells[0]
		if *c.MonthUSD != 236.25 || c.LengthS != testLength || c.Phase != "steady" || c.Offered != 200 {
			t.Errorf("the cell is %+v", c)
		}
		// 5 s at 200/s, of which the last 200 ms have not settled.
		if c.Totals.OK+c.Totals.Failed != 960 || len(c.Points.OK) != 48 {
			t.Errorf("totals %+v in %d buckets, want 960 requests in 48", c.Totals, len(c.Points.OK))
		}
		// A third of the requests between the kill and the balancer's word.
		var want uint64
		for _, hit := range testHits() {
			if hit.Failed() {
				want++
			}
		}
		f := c.Faults[0]
		if c.Totals.Failed != want || f.Failed != want || f.Phase != Active || *f.FromS != killedAt || *f.DetectedS != noticedAt || f.By != "balancer" || f.ToS != nil {
			t.Errorf("%d failed, the fault is %+v; want %d", c.Totals.Failed, f, want)
		}
		if last := *f.LastFailedS; last < noticedAt-1 || last > noticedAt+7 {
			t.Errorf("the last one failed at %v, want within a bucket of %v", last, noticedAt)
		}
		if n := c.Nodes[diagram.InstanceID("web-2")]; n.State != diagram.Down || n.Belief != diagram.Unhealthy || n.SinceS != killedAt+1 {
			t.Errorf("web-2 is %+v", n)
		}
		if n := c.Nodes[diagram.InstanceID("web-1")]; n.State != diagram.Up || n.Belief != diagram.Healthy {
			t.Errorf("web-1 is %+v", n)
		}
		if n := c.Nodes[diagram.InstanceID("web-3")]; n.State != diagram.Up || n.Belief != diagram.Healthy {
			t.Errorf("web-3, which one node of two finds unhealthy, is %+v", n)
		}
		if n := c.Nodes[diagram.BalancerNodeID("lb", "us-east-1b")]; n.State != diagram.Up {
			t.Errorf("the balancer's node is %+v", n)
		}
		if c.Now.Availability != 1 || c.Now.Goodput != 200 || c.Now.Failed != 0 {
			t.Errorf("now %+v", c.Now)
		}
		var lines []string
		for _, l := range s.Ticker {
			if l.T > 0 {
				lines = append(lines, l.Text[english])
			}
		}
		wanted := "A: kill web-2|A: the probe confirms: connection refused|lb-1b finds web-2 unhealthy (+41 s)|lb-1a finds web-2 unhealthy (+46 s)|lb-1a finds web-3 unhealthy"
		if got := strings.Join(lines, "|"); got != wanted {
			t.Errorf("the ticker says\n%s, want\n%s", got, wanted)
		}
		// A cell of which nothing was heard is not up.
		if o := s.Cells[1]; o.Nodes[diagram.InstanceID("web-1")].State != diagram.Unknown || o.Totals.OK != 0 {
			t.Errorf("the other cell is %+v", o)
		}
	})
}

// TestReplay holds that a record shows at a moment what the lab showed then, forwards,
// backwards and at once.
func TestReplay(t *testing.T) {
	run := testRecord(t)
	h := NewHub(time.Now)
	r, err := NewReplay(h, []results.Run{run}, 600, false)
	if err != nil {
		t.Fatal(err)
	}
	at := func(s float64) HelloCell {
		h.mu.Lock()
		r.jump(s)
		h.mu.Unlock()
		return h.State().Cells[0]
	}
	if s := h.State(); s.Mode != "replay" || !s.Controls || s.Replay.Length != testLength || s.Replay.At != 0 || len(s.Stages) != 1 {
		t.Fatalf("the hello is %+v", s)
	}
	middle, end := at(300), at(1e9)
	if middle.Totals.OK+middle.Totals.Failed != 1000 || middle.Faults[0].Phase != Active || middle.T != 300 {
		t.Errorf("in the middle: %+v", middle.Totals)
	}
	if end.Totals.OK+end.Totals.Failed != 2000 || end.Faults[0].Phase != Healed || *end.Faults[0].ToS != undoneAt || end.T != testLength || !end.Ended {
		t.Errorf("at the end: %+v %+v", end.Totals, end.Faults[0])
	}
	again, first := at(300), at(-5)
	one, _ := json.Marshal(middle)
	two, _ := json.Marshal(again)
	if string(one) != string(two) {
		t.Errorf("back in the middle it shows\n%s\nand showed\n%s", two, one)
	}
	if first.Totals.OK != 0 || first.Faults[0].Phase != Planned || first.T != 0 {
		t.Errorf("at the start: %+v", first)
	}
	for range 10 {
		r.advance(100 * time.Millisecond)
	}
	if s := h.State(); s.Replay.At < 599 || s.Cells[0].Totals.OK+s.Cells[0].Totals.Failed != 2000 {
		t.Errorf("played on it is at %v: %+v", s.Replay.At, s.Cells[0].Totals)
	}
}

// reader reads a stream's messages.
type reader struct {
	lines *bufio.Scanner
}

func (r reader) next() (id, name, data string) {
	for r.lines.Scan() {
		key, value, _ := strings.Cut(r.lines.Text(), ": ")
		switch key {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			return id, name, value
		}
	}
	return id, name, data
}

// TestStream holds that a viewer is told everything once, then what happens, and after a
// lost connection only what was missed, unless the server is another one.
func TestStream(t *testing.T) {
	h := NewHub(time.Now)
	h.Stage(testStage(), testClock(t), nil)
	server := httptest.NewServer(NewHandler(h, Options{}))
	defer server.Close()
	open := func(last string) (reader, func()) {
		ctx, cancel := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/v1/events", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if last != "" {
			req.Header.Set("Last-Event-ID", last)
		}
		answer, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
			t.Fatalf("the type is %q", got)
		}
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 1<<20)
		return reader{lines}, func() { cancel(); answer.Body.Close() }
	}
	events := testEvents(time.Now(), showdown.BaseCell)
	first, leave := open("")
	if _, name, data := first.next(); name != "hello" || !strings.Contains(data, `"test/elb"`) {
		t.Fatalf("it begins with %s %.200s", name, data)
	}
	h.Event(events[0])
	last, name, data := first.next()
	if name != "event" || !strings.Contains(data, `"node-web-1":{"state":"up"`) {
		t.Errorf("then %s %s", name, data)
	}
	leave()
	h.Event(events[2])
	back, leave := open(last)
	if _, name, data := back.next(); name != "event" || !strings.Contains(data, `"node-web-2"`) {
		t.Errorf("who comes back is told %s %s", name, data)
	}
	leave()
	for _, id := range []string{"another-" + last, "nonsense", strings.Split(last, "-")[0] + "-99999999"} {
		stranger, leave := open(id)
		if _, name, _ := stranger.next(); name != "hello" {
			t.Errorf("after %q it is told %s, want everything", id, name)
		}
		leave()
	}
}

// TestSlowViewer holds that a viewer who does not read costs nobody anything, and is told
// everything anew.
func TestSlowViewer(t *testing.T) {
	h := NewHub(time.Now)
	h.Stage(testStage(), testClock(t), nil)
	v, first, err := h.join("", 0)
	if err != nil || len(first) != 1 {
		t.Fatal(err, len(first))
	}
	for range 10 * waiting {
		h.mu.Lock()
		h.send("event", Event{})
		h.mu.Unlock()
	}
	if len(v.messages) != waiting {
		t.Errorf("%d messages wait, want %d", len(v.messages), waiting)
	}
	m, lost := h.again(v)
	if !lost || m.name != "hello" || m.seq != h.seq || len(v.messages) != 0 {
		t.Errorf("it is told %s %d, %d wait", m.name, m.seq, len(v.messages))
	}
	if _, lost := h.again(v); lost {
		t.Error("it is told everything twice")
	}
	h.leave(v)
	for range maxViewers {
		if _, _, err := h.join("", 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := h.join("", 0); err == nil {
		t.Errorf("there is room for more than %d", maxViewers)
	}
}

// TestTicks holds that a hub speaks up while something changes, and once a second else.
func TestTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(time.Now)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- h.Run(ctx) }()
		v, _, _ := h.join("", 0)
		time.Sleep(10*time.Second + 50*time.Millisecond)
		if n := len(v.messages); n != 10 {
			t.Errorf("%d messages in 10 idle seconds, want 10", n)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestMemory holds that an hour of a lab needs no more than some minutes of it.
func TestMemory(t *testing.T) {
	s := series{width: longestBucket, keep: keepBuckets}
	for i := range 36_000 {
		s.add([]showdown.Hit{{Intended: time.Duration(i) * longestBucket}})
	}
	if len(s.buckets) > 2*keepBuckets || s.end() != 36_000 {
		t.Errorf("%d buckets are held up to %d", len(s.buckets), s.end())
	}
	if n := s.totals(s.end()).OK; n != 36_000 {
		t.Errorf("%d requests are counted, want 36000", n)
	}
}
