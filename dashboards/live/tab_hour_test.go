package live

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"showdown"
)

// tabUse is what a tab holds after a collection of garbage.
type tabUse struct {
	heap                        float64 // bytes of JavaScript
	nodes, listeners, documents float64
}

func (b *browserTab) use() tabUse {
	b.Helper()
	var u tabUse
	for range 2 {
		if _, err := chromedp.Call(b.ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			b.Fatal(err)
		}
	}
	h, err := chromedp.Call(b.ctx, runtime.GetHeapUsage, cdp.Empty{})
	if err != nil {
		b.Fatal(err)
	}
	m, err := chromedp.Call(b.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		b.Fatal(err)
	}
	u.heap = h.UsedSize
	for _, one := range m.Metrics {
		switch one.Name {
		case "Nodes":
			u.nodes = one.Value
		case "JSEventListeners":
			u.listeners = one.Value
		case "Documents":
			u.documents = one.Value
		}
	}
	return u
}

// reach waits until the page's clock is at that many AWS seconds. The expression is always the same: the browser
// keeps each one that it was asked.
func (b *browserTab) reach(seconds float64) {
	b.Helper()
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for range 2000 {
		at, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`document.getElementById("clock").textContent.split(" ")[0].split(":").reduce((a, x) => a * 60 + Number(x), 0)`))
		if err != nil {
			b.Fatal(err)
		}
		if at >= seconds {
			return
		}
		<-every.C
	}
	b.Fatalf("the page does not reach %.0f s", seconds)
}

// TestTabHour shows a page an hour of a lab, with all its ticks, a fault and a new drawing each minute, as fast
// as the page takes it. What the tab holds at the end is what it held in the middle.
func TestTabHour(t *testing.T) {
	b := openTab(t)
	var clock atomic.Int64
	begin := time.Now()
	hub := NewHub(func() time.Time { return begin.Add(time.Duration(clock.Load())) })
	stage := testStage()
	for i := range stage.Cells {
		stage.Cells[i].Traffic.Phases[0].For = 100 * showdown.Hour // as a lab that keeps running
	}
	hub.Stage(stage, testClock(t), nil)
	for _, e := range testEvents(begin, showdown.BaseCell) {
		if e.T <= 0 {
			hub.Event(e)
		}
	}
	// Nobody but this test tells time: no loop of the hub runs.
	server := httptest.NewServer(NewHandler(hub, Options{}))
	defer server.Close()
	defer server.CloseClientConnections()
	b.visit(strings.TrimPrefix(server.URL, "http://"))
	b.wait("the page", webUp)
	if _, err := chromedp.Call(b.ctx, performance.Enable, performance.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	const ticks = 18_000 // 200 ms each
	uses := map[int]tabUse{}
	letter, seq := "", 0
	for n := 1; n <= ticks; n++ {
		lab := time.Duration(n) * tickEvery
		clock.Store(int64(lab))
		var hits []showdown.Hit
		for ; time.Duration(seq)*5*time.Millisecond < lab; seq++ {
			hit := showdown.Hit{Seq: uint64(seq), Intended: time.Duration(seq) * 5 * time.Millisecond, Latency: time.Duration(1+seq%40) * time.Millisecond}
			hit.Sent = hit.Intended
			if n%300 < 20 && seq%3 == 0 {
				hit.Outcome = showdown.HTTP5xx
			}
			hits = append(hits, hit)
		}
		hub.Hits(showdown.BaseCell, hits)
		event := func(kind showdown.EventKind, target string, data map[string]any) {
			hub.Event(showdown.Event{T: lab.Seconds() * 60, At: begin.Add(lab), Cell: showdown.BaseCell, Kind: kind, Target: target, Data: data})
		}
		kill := map[string]any{"action": "kill", "targets": []string{"web-2"}}
		switch n % 300 {
		case 0:
			letter = fmt.Sprintf("F%d", n/300)
			event(showdown.FaultInjecting, letter, kill)
		case 10, 20, 30:
			event(map[int]showdown.EventKind{10: showdown.FaultConfirmed, 20: showdown.FaultHealing, 30: showdown.FaultUndone}[n%300], letter, kill)
		case 100:
			name := fmt.Sprintf("web-asg-%d", n/300)
			event(showdown.ScalingActivity, "web", map[string]any{"description": "Launching a new EC2 instance", "instance": name, "zone": "us-east-1a"})
			event(showdown.InstanceState, name, map[string]any{"to": "running"})
			event(showdown.InstanceState, fmt.Sprintf("web-asg-%d", n/300-1), map[string]any{"to": "terminated"})
		}
		hub.tick()
		// The page is never so far behind that it is told everything anew, which would hide what grows.
		if n%(waiting/2) == 0 {
			b.reach(lab.Seconds()*60 - 2)
		}
		if n%3000 == 0 {
			uses[n/300] = b.use()
			u := uses[n/300]
			t.Logf("minute %d: heap %.2f MB, %v nodes, %v listeners, %v documents", n/300, u.heap/1e6, u.nodes, u.listeners, u.documents)
		}
	}
	// After half an hour everything that is bounded is full: the series, the ticker, the faults. It is cut in halves,
	// so that two moments of each half count.
	half, end := max(uses[30].heap, uses[40].heap), max(uses[50].heap, uses[60].heap)
	if half == 0 || end > 1.08*half {
		t.Errorf("the tab's heap is %.2f MB after half an hour, and %.2f MB after an hour", half/1e6, end/1e6)
	}
	if a, b := uses[10], uses[60]; b.nodes > 1.05*a.nodes || b.listeners > a.listeners || b.documents > a.documents {
		t.Errorf("the tab holds %+v after ten minutes, and %+v after an hour", a, b)
	}
	if said := b.complaints(); len(said) > 0 {
		t.Errorf("the console says %q", said)
	}
}
