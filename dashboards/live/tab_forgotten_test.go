package live

import (
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"showdown"
)

// TestTabForgotten freezes a tab, as browsers do with one that nobody looks at, and lets hours of a lab pass: the
// server does not wait for it, and when somebody looks again it shows the present.
func TestTabForgotten(t *testing.T) {
	b := openTab(t)
	var clock atomic.Int64
	begin := time.Now()
	hub := NewHub(func() time.Time { return begin.Add(time.Duration(clock.Load())) })
	stage := testStage()
	for i := range stage.Cells {
		stage.Cells[i].Traffic.Phases[0].For = 1000 * showdown.Hour
	}
	hub.Stage(stage, testClock(t), nil)
	tell(hub, begin, -1000, 0)
	server := httptest.NewServer(NewHandler(hub, Options{}))
	defer server.Close()
	defer server.CloseClientConnections()
	pass := func(ticks int) {
		for range ticks {
			lab := time.Duration(clock.Add(int64(tickEvery)))
			hub.Hits(showdown.BaseCell, []showdown.Hit{{Intended: lab - tickEvery, Sent: lab - tickEvery, Latency: time.Millisecond}})
			hub.tick()
		}
	}
	b.visit(strings.TrimPrefix(server.URL, "http://"))
	b.wait("the page", webUp)
	pass(50)
	b.reach(500)
	freeze := func(state cdp.SetWebLifecycleStateState) {
		if _, err := chromedp.Call(b.ctx, cdp.SetWebLifecycleState, cdp.SetWebLifecycleStateParams{State: state}); err != nil {
			t.Fatal(err)
		}
	}
	freeze(cdp.SetWebLifecycleStateStateFrozen)
	pass(20_000)
	tell(hub, begin.Add(time.Duration(clock.Load())), 0, killedAt+1)
	pass(1)
	if at := b.ask(`document.getElementById("clock").textContent`); !strings.HasPrefix(at, "10:00") && !strings.HasPrefix(at, "09:") {
		t.Errorf("the tab was not frozen: its clock is at %s", at)
	}
	freeze(cdp.SetWebLifecycleStateStateActive)
	// A tab that was frozen is hidden, and draws nothing until somebody looks.
	if _, err := chromedp.Call(b.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	b.reach(float64(clock.Load())/1e9*60 - 2)
	b.wait("the present", webUp+" && "+webDown)
}
