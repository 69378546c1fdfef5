package live

import (
	"context"
	"fmt"
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
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	go func() { _ = hub.Run(ctx) }()
	server := httptest.NewServer(NewHandler(hub, Options{Replay: replay}))
	defer server.CloseClientConnections()

	ctx, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)...)
	defer stop()
	ctx, closeTab := chromedp.NewContext(ctx)
	defer closeTab()
	var mu sync.Mutex
	var complaints []string
	if err := chromedp.Do(ctx); err != nil { // it opens the tab
		t.Fatal(err)
	}
	err = chromedp.Listen(ctx, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, "exception: "+e.ExceptionDetails.Text)
			if e.ExceptionDetails.Exception != nil {
				complaints = append(complaints, fmt.Sprintf("%v", e.ExceptionDetails.Exception.Description))
			}
		case *runtime.EventConsoleAPICalled:
			complaints = append(complaints, "console: "+string(e.Type))
		case *log.EventEntryAdded:
			complaints = append(complaints, "log: "+e.Entry.Text+" "+fmt.Sprint(e.Entry.URL))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
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
					if want := "A kill web-2: for 3 min; users are served again after 42 s; balancer noticed after 41 s"; err != nil || !strings.HasPrefix(verdict, want) {
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
	mu.Lock()
	defer mu.Unlock()
	if len(complaints) > 0 {
		t.Errorf("the console is not empty:\n%s", strings.Join(complaints, "\n"))
	}
}
