package live

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"showdown/results"
)

// TestPage looks at the page in a browser: every view in both themes says what the record
// says, in a size that fits the screen, and the console stays empty. The pictures are kept
// where SHOWDOWN_SHOTS names a folder, of the record in SHOWDOWN_RECORD where that is one.
func TestPage(t *testing.T) {
	browser := os.Getenv("SHOWDOWN_BROWSER")
	if browser == "" {
		t.Skip("a browser is a target of its own: make browser")
	}
	path, err := exec.LookPath(browser)
	if err != nil {
		t.Fatal(err)
	}
	runs, at := []results.Run{testRecord(t)}, 300.0
	if dir := os.Getenv("SHOWDOWN_RECORD"); dir != "" {
		runs = []results.Run{{ID: filepath.Base(dir), Dir: dir}}
		if _, err := fmt.Sscan(os.Getenv("SHOWDOWN_AT"), &at); err != nil {
			at = 360
		}
	}
	hub := NewHub(time.Now)
	replay, err := NewReplay(hub, runs, 10, true)
	if err != nil {
		t.Fatal(err)
	}
	hub.mu.Lock()
	replay.jump(at)
	hub.mu.Unlock()
	ctx, complaints := tab(t, path)
	go func() { _ = hub.Run(t.Context()) }()
	server := httptest.NewServer(NewHandler(hub, Options{Replay: replay}))
	defer server.Close()
	defer server.CloseClientConnections()
	for _, view := range []string{"wall", "presenter", "student"} {
		for _, theme := range []string{"light", "dark"} {
			for _, size := range [][2]int64{{1920, 1080}, {1280, 720}, {390, 844}} {
				name := fmt.Sprintf("%s-%s-%d", view, theme, size[0])
				t.Run(name, func(t *testing.T) {
					err := chromedp.Do(ctx, chromedp.EmulateViewport(size[0], size[1]),
						chromedp.Navigate(server.URL+"/?view="+view+"&theme="+theme+"&lang=en"))
					if err != nil {
						t.Fatal(err)
					}
					if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector("#drawing svg") !== null && document.querySelectorAll("#ticker li").length > 0 && document.querySelector("#throughput canvas") !== null`, chromedp.WithPollingTimeout(10*time.Second))); err != nil {
						t.Fatal(err)
					}
					if err := chromedp.Do(ctx, chromedp.Sleep(700*time.Millisecond)); err != nil {
						t.Fatal(err)
					}
					if dir := os.Getenv("SHOWDOWN_SHOTS"); dir != "" {
						picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
						if view != "wall" || size[0] < 500 {
							picture, err = chromedp.Run(ctx, chromedp.FullScreenshot(100))
						}
						if err != nil {
							t.Fatal(err)
						}
						if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
							t.Fatal(err)
						}
					}
					wide, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`document.documentElement.scrollWidth - innerWidth`))
					if err != nil || wide > 0 {
						t.Errorf("the page is %v pixels too wide (%v)", wide, err)
					}
					if os.Getenv("SHOWDOWN_RECORD") != "" {
						return
					}
					verdict, err := chromedp.Run(ctx, chromedp.TextContent("#verdict"))
					if want := "A kill web-2: for 3 min; users are served again after 42 s; the balancer noticed after 41 s"; err != nil || !strings.HasPrefix(verdict, want) {
						t.Errorf("the verdict is %q (%v), want %q", verdict, err, want)
					}
					state, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.getElementById("node-web-2").dataset.state + " " + document.getElementById("node-web-2").dataset.belief`))
					if err != nil || state != "down unhealthy" {
						t.Errorf("web-2 is drawn %q (%v)", state, err)
					}
				})
			}
		}
	}
	if said := complaints(); len(said) > 0 {
		t.Errorf("the console is not empty:\n%s", strings.Join(said, "\n"))
	}
}

// tab opens a tab of a browser, and what its console says.
func tab(t *testing.T, path string) (context.Context, func() []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil { // it opens the tab
		t.Fatal(err)
	}
	var mu sync.Mutex
	var said []string
	err := chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			said = append(said, "exception: "+e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			said = append(said, "console: "+string(e.Type))
		case *log.EventEntryAdded:
			said = append(said, "log: "+e.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string{}, said...)
	}
}

// TestComeback holds that a page whose server is gone says so and shows nothing as up, and
// that it recovers alone when there is one again; and that keys do what they say.
func TestComeback(t *testing.T) {
	browser := os.Getenv("SHOWDOWN_BROWSER")
	if browser == "" {
		t.Skip("a browser is a target of its own: make browser")
	}
	path, err := exec.LookPath(browser)
	if err != nil {
		t.Fatal(err)
	}
	run := testRecord(t)
	serve := func(address string) (at string, end func()) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		hub := NewHub(time.Now)
		replay, err := NewReplay(hub, []results.Run{run}, 10, true)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		go func() { _ = hub.Run(ctx) }()
		go func() { _ = replay.Run(ctx) }()
		server := &http.Server{Handler: NewHandler(hub, Options{Replay: replay})}
		go func() { _ = server.Serve(listener) }()
		return listener.Addr().String(), func() { stop(); server.Close() }
	}
	address, end := serve("127.0.0.1:0")
	ctx, _ := tab(t, path)
	wait := func(what, condition string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	press := func(key string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.KeyEvent(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 720), chromedp.Navigate("http://"+address+"/?lang=en&theme=light")); err != nil {
		t.Fatal(err)
	}
	const isUp = `document.getElementById("node-web-1")?.dataset.state === "up"`
	wait("the page", isUp)
	press("l")
	press("l")
	press("l")
	wait("three minutes on", `document.getElementById("clock").textContent.startsWith("03:00") && document.getElementById("node-web-2").dataset.state === "down"`)
	press("p")
	wait("it plays", `document.getElementById("mode").textContent.includes("REPLAY")`)
	press("p")
	press("t")
	wait("it is dark", `document.documentElement.dataset.theme === "dark"`)
	press("g")
	wait("it is French", `document.documentElement.lang === "fr" && document.getElementById("word").textContent === "EN MARCHE"`)
	press("?")
	wait("help", `document.getElementById("help").open`)
	press("?")
	wait("no help", `!document.getElementById("help").open`)

	end()
	wait("it says that nothing is heard", `!document.getElementById("banner").hidden && document.getElementById("node-web-1").dataset.state === "unknown" && document.getElementById("word").textContent === "RIEN DE CONNU"`)
	_, end = serve(address)
	defer end()
	wait("it recovers", isUp+` && document.getElementById("banner").hidden`)
}
