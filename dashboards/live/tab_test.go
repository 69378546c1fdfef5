package live

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"showdown"
)

// browserTab is a tab that looks at a page.
type browserTab struct {
	*testing.T
	ctx        context.Context
	complaints func() []string
}

// openTab opens a tab of the browser of SHOWDOWN_BROWSER.
func openTab(t *testing.T) *browserTab {
	t.Helper()
	browser := os.Getenv("SHOWDOWN_BROWSER")
	if browser == "" {
		t.Skip("a browser is a target of its own: make browser")
	}
	path, err := exec.LookPath(browser)
	if err != nil {
		t.Fatal(err)
	}
	ctx, complaints := tab(t, path)
	return &browserTab{t, ctx, complaints}
}

func (b *browserTab) visit(address string) {
	b.Helper()
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(1280, 720), chromedp.Navigate("http://"+address+"/?view=student&lang=en&theme=light")); err != nil {
		b.Fatal(err)
	}
}

func (b *browserTab) wait(what, condition string) {
	b.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(40*time.Second))); err != nil {
		now, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText + [...document.querySelectorAll("#drawing [id^=node-]")].map((e) => e.id + "=" + e.dataset.state).join()`))
		b.Fatalf("%s: %v; the page says\n%s", what, err, now)
	}
}

func (b *browserTab) ask(expression string) string {
	b.Helper()
	said, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		b.Fatal(err)
	}
	return said
}

// Conditions of the page.
const (
	webUp   = `document.getElementById("node-web-1")?.dataset.state === "up"`
	webDown = `document.getElementById("node-web-2")?.dataset.state === "down"`
	// noWord is a page that says that it knows nothing.
	noWord = `!document.getElementById("banner").hidden && document.getElementById("word").textContent === "NO DATA" && ` +
		`document.getElementById("availability").textContent === "?" && ![...document.querySelectorAll("#drawing [id^=node-web]")].some((e) => e.dataset.state !== "unknown")`
)

// serveHub serves a hub, and the end closes all connections.
func serveHub(t *testing.T, hub *Hub, address string) (at string, end func()) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() { _ = hub.Run(ctx) }()
	server := &http.Server{Handler: NewHandler(hub, Options{}), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	end = sync.OnceFunc(func() { stop(); server.Close() })
	t.Cleanup(end)
	return listener.Addr().String(), end
}

// load sends requests to a hub as they end, 200 a second, until the test or the returned function ends it.
func load(t *testing.T, hub *Hub, zero time.Time) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		every := time.NewTicker(50 * time.Millisecond)
		defer every.Stop()
		for seq := 0; ; {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				var hits []showdown.Hit
				for at := time.Duration(seq) * 5 * time.Millisecond; at < time.Since(zero); at = time.Duration(seq) * 5 * time.Millisecond {
					hits = append(hits, showdown.Hit{Seq: uint64(seq), Intended: at, Sent: at, Latency: 3 * time.Millisecond})
					seq++
				}
				hub.Hits(showdown.BaseCell, hits)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// tell hands a hub the events of the test's stage between two moments, as if they were now.
func tell(hub *Hub, zero time.Time, from, to float64) {
	for _, e := range testEvents(zero, showdown.BaseCell) {
		if e.T > from && e.T <= to {
			hub.Event(e)
		}
	}
}

// cable is a connection to an address that can be cut without either end being told, as by the lid
// of a laptop: what goes through it from then on is lost. What is connected after it was mended works.
type cable struct {
	address string
	cut     atomic.Bool
	lost    atomic.Int64
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{address: l.Addr().String()}
	var mu sync.Mutex
	var open []net.Conn
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, conn := range open {
			conn.Close()
		}
	})
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			mu.Lock()
			open = append(open, near, far)
			mu.Unlock()
			dead := &atomic.Bool{}
			go c.carry(far, near, dead)
			go c.carry(near, far, dead)
		}
	}()
	return c
}

// carry copies until an end closes, or for ever nothing once the cable was cut.
func (c *cable) carry(to, from net.Conn, dead *atomic.Bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if c.cut.Load() {
			dead.Store(true)
		}
		switch {
		case dead.Load() && err == nil:
			c.lost.Add(int64(n))
			continue
		case dead.Load():
			return // the other end is not told
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				from.Close()
				return
			}
		}
		if err != nil {
			if err == io.EOF {
				to.Close()
			}
			return
		}
	}
}

// TestTabDeadConnection holds that a page whose connection is dead without being told says so by itself, and comes
// back by itself, with what happened meanwhile.
func TestTabDeadConnection(t *testing.T) {
	b := openTab(t)
	hub := NewHub(time.Now)
	hub.Stage(testStage(), testClock(t), nil)
	zero := time.Now()
	tell(hub, zero, -1000, 0)
	load(t, hub, zero)
	address, _ := serveHub(t, hub, "127.0.0.1:0")
	line := newCable(t, address)
	b.visit(line.address)
	b.wait("the page", webUp+` && document.getElementById("word").textContent === "UP"`)
	cut := time.Now()
	line.cut.Store(true)
	b.wait("it says that nothing is heard", noWord)
	t.Logf("it says so after %v", time.Since(cut).Round(10*time.Millisecond))
	tell(hub, zero, 0, killedAt+10)
	mended := time.Now()
	line.cut.Store(false)
	b.wait("it comes back", webUp+" && "+webDown+` && document.getElementById("banner").hidden && document.getElementById("word").textContent === "UP"`)
	t.Logf("it is back after %v", time.Since(mended).Round(10*time.Millisecond))
	if line.lost.Load() == 0 {
		t.Error("nothing was lost, so that the line was not cut")
	}
}

// TestTabSleep holds that a page that wakes up after an hour does not show for one moment as present what it knew before.
func TestTabSleep(t *testing.T) {
	b := openTab(t)
	hub := NewHub(time.Now)
	hub.Stage(testStage(), testClock(t), nil)
	zero := time.Now()
	tell(hub, zero, -1000, 0)
	load(t, hub, zero)
	address, _ := serveHub(t, hub, "127.0.0.1:0")
	line := newCable(t, address)
	b.visit(line.address)
	b.wait("the page", webUp)
	// A laptop that sleeps stops performance.now and nothing else: its page finds the clock of the day an
	// hour on.
	line.cut.Store(true)
	b.ask(`{ const now = Date.now; Date.now = () => now() + 3600e3; window.woke = performance.now();
		window.took = new Promise((done) => { const look = () => ` + noWord + ` ? done(performance.now() - window.woke) : setTimeout(look, 10); look(); }); "" }`)
	took, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`window.took`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("it says that nothing is known %.0f ms after it woke up", took)
	// By its own silence it would say so after three seconds.
	if took > 2000 {
		t.Errorf("it shows for %.0f ms what it knew an hour ago", took)
	}
	line.cut.Store(false)
	b.wait("it comes back", webUp+` && document.getElementById("banner").hidden`)
}

// TestTabRestartInAFault holds that a page whose server dies in the middle of a fault, and which then hears another
// one, shows nothing as up, down or broken that the new one did not report.
func TestTabRestartInAFault(t *testing.T) {
	b := openTab(t)
	hub := NewHub(time.Now)
	hub.Stage(testStage(), testClock(t), nil)
	zero := time.Now().Add(-2500 * time.Millisecond)
	tell(hub, zero, -1000, killedAt+10)
	stop := load(t, hub, zero)
	address, end := serveHub(t, hub, "127.0.0.1:0")
	b.visit(address)
	b.wait("the page in a fault", webDown+` && document.getElementById("verdict").textContent.includes("kill web-2") && document.getElementById("word").textContent === "UP"`)
	end()
	stop()
	b.wait("it says that nothing is heard", noWord)
	// From now on everything that it shows is noted.
	b.ask(`window.wrong = []; {
		const look = () => {
			for (const e of document.querySelectorAll("#drawing [id^=node-web]")) if (e.dataset.state !== "unknown") window.wrong.push(e.id + " is " + e.dataset.state);
			const word = document.getElementById("word").textContent, verdict = document.getElementById("verdict").textContent;
			if (["UP", "DOWN", "SOME FAIL"].includes(word)) window.wrong.push("users: " + word);
			if (verdict && document.getElementById("banner").hidden) window.wrong.push("verdict: " + verdict);
		};
		window.looking = new MutationObserver(look);
		window.looking.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
	} ""`)
	second := NewHub(time.Now)
	serveHub(t, second, address)
	b.wait("it hears the new server, which knows of no lab", `document.getElementById("banner").hidden && document.getElementById("word").textContent === "WAITING"`)
	if left := b.ask(`document.getElementById("drawing").innerHTML + document.getElementById("verdict").textContent + document.getElementById("clock").textContent`); left != "" {
		t.Errorf("of the old server is left: %.300s", left)
	}
	second.Stage(testStage(), testClock(t), nil)
	b.wait("a lab that comes up", `document.getElementById("node-web-2")?.dataset.state === "unknown"`)
	second.Step("labs coming up")
	b.wait("what it does", `document.getElementById("word").textContent === "STARTING"`)
	if wrong := b.ask(`window.looking.disconnect(); [...new Set(window.wrong)].join("; ")`); wrong != "" {
		t.Errorf("meanwhile it showed: %s", wrong)
	}
	fresh := time.Now()
	tell(second, fresh, -1000, 0)
	load(t, second, fresh)
	b.wait("the new lab", webUp+` && document.getElementById("node-web-2").dataset.state === "up" && document.getElementById("word").textContent === "UP" && document.getElementById("verdict").textContent === ""`)
	if said := b.complaints(); len(said) > 0 && !onlyNetwork(said) {
		t.Errorf("the console says\n%s", strings.Join(said, "\n"))
	}
}

// onlyNetwork says that a console complains of nothing but connections that failed.
func onlyNetwork(said []string) bool {
	for _, s := range said {
		if !strings.Contains(s, "net::ERR_") && !strings.Contains(s, "Failed to load resource") {
			return false
		}
	}
	return true
}

// TestTabInACrowd holds that a page for which there is no room says that it knows nothing, and is served
// as soon as another one leaves.
func TestTabInACrowd(t *testing.T) {
	b := openTab(t)
	hub := NewHub(time.Now)
	hub.Stage(testStage(), testClock(t), nil)
	tell(hub, time.Now(), -1000, 0)
	var crowd []*viewer
	for range maxViewers {
		v, _, err := hub.join("", 0)
		if err != nil {
			t.Fatal(err)
		}
		crowd = append(crowd, v)
	}
	address, _ := serveHub(t, hub, "127.0.0.1:0")
	b.visit(address)
	b.wait("it says that nothing is known", noWord)
	hub.leave(crowd[0])
	b.wait("it is served", webUp+` && document.getElementById("banner").hidden`)
	hub.mu.Lock()
	n := len(hub.viewers)
	hub.mu.Unlock()
	if n != maxViewers {
		t.Errorf("%d viewers are known, want %d", n, maxViewers)
	}
	if said := b.complaints(); len(said) == 0 || !strings.Contains(fmt.Sprint(said), "503") {
		t.Errorf("the page was not refused: %v", said)
	}
}
