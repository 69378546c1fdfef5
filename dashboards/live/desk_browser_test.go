package live

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// screen is a tab that looks at a fake lab.
type screen struct {
	t   *testing.T
	ctx context.Context
	url string
}

// labScreens is a fake lab whose page is served, and a first tab.
func labScreens(t *testing.T, speed float64, o Options) (*fakeLab, *screen, func() []string) {
	t.Helper()
	browser := os.Getenv("SHOWDOWN_BROWSER")
	if browser == "" {
		t.Skip("a browser is a target of its own: make browser")
	}
	path, err := exec.LookPath(browser)
	if err != nil {
		t.Fatal(err)
	}
	l := newFakeLab(NewHub(time.Now), speed)
	o.Control = l
	go func() { _ = l.hub.Run(t.Context()) }()
	go l.run(t.Context())
	server := httptest.NewServer(NewHandler(l.hub, o))
	ctx, complaints := tab(t, path)
	// Streams end with the browser; the server waits for them otherwise.
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return l, &screen{t, ctx, server.URL}, complaints
}

// another is a tab more, on the same lab.
func (s *screen) another() *screen {
	s.t.Helper()
	ctx, end := chromedp.NewContext(s.ctx)
	s.t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		s.t.Fatal(err)
	}
	return &screen{s.t, ctx, s.url}
}

func (s *screen) open(what string, w, h int64) {
	s.t.Helper()
	if err := chromedp.Do(s.ctx, chromedp.EmulateViewport(w, h), chromedp.Navigate(s.url+"/?"+what+"&lang=en&theme=light")); err != nil {
		s.t.Fatal(err)
	}
	s.wait("the page", `document.querySelector("#drawing svg") !== null`)
}

func (s *screen) wait(what, condition string) {
	s.t.Helper()
	if _, err := chromedp.Run(s.ctx, chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(30*time.Second))); err != nil {
		seen, _ := chromedp.Run(s.ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("#buttons button, #refusal, #prediction-state, #banner, #announce")].map(e => (e.dataset.state ?? e.id) + ": " + e.textContent).join("\n")`))
		s.t.Fatalf("%s: %v\n%s", what, err, seen)
	}
}

func (s *screen) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		if err := chromedp.Do(s.ctx, chromedp.KeyEvent(k)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// rest waits out that a second press is not a double click.
func (s *screen) rest() { s.wait("a moment", `new Promise(r => setTimeout(() => r(true), 400))`) }

// shot keeps a picture where SHOWDOWN_SHOTS names a folder.
func (s *screen) shot(name string, whole bool) {
	s.t.Helper()
	dir := os.Getenv("SHOWDOWN_SHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if whole {
		picture, err = chromedp.Run(s.ctx, chromedp.FullScreenshot(100))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// is is a condition on a button's state.
func is(n int, states ...string) string {
	return fmt.Sprintf(`%q.split(" ").includes(document.querySelectorAll("#buttons button")[%d]?.dataset.state)`, strings.Join(states, " "), n-1)
}

// TestButtons plays faults from the button to healed: armed, confirmed, taken back, watched by
// a second presenter, reloaded in the middle, by keyboard alone.
func TestButtons(t *testing.T) {
	l, one, complaints := labScreens(t, 20, Options{})
	one.open("view=presenter", 1280, 720)
	one.wait("buttons", `document.querySelectorAll("#buttons button").length === 3 && !document.getElementById("healbar").hidden`)
	two := one.another()
	two.open("view=presenter", 1280, 720)
	wall := one.another()
	wall.open("view=wall", 1920, 1080)
	one.shot("presenter-ready-1280", true)

	// A double click by accident is one press.
	one.wait("twice at once", `[1, 2].every(() => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "1", bubbles: true, cancelable: true })) || true)`)
	one.wait("armed", is(1, "armed")+` && document.getElementById("announce").textContent.includes("Enter or 1 fires")`)
	one.shot("presenter-armed-1280", false)
	one.press("\x1b")
	one.wait("taken back", is(1, "ready")+` && document.getElementById("announce").textContent === "taken back"`)
	one.press("1")
	one.wait("armed runs out", is(1, "ready"))
	if n := l.count("chaos"); n != 0 {
		t.Fatalf("%d fired without being confirmed", n)
	}
	// A key that is held down does not fire.
	held := `document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "1", bubbles: true, repeat: true })), true`
	one.press("1")
	one.rest()
	one.wait("held", held)
	if n := l.count("chaos"); n != 0 {
		t.Fatalf("%d fired by a key that was held", n)
	}
	one.press("\r")
	one.wait("active", is(1, "active")+` && document.querySelector("#buttons button").textContent.includes("heals by itself in")`)
	two.wait("the second presenter sees it", is(1, "active")+` && document.querySelector("#buttons button").getAttribute("aria-disabled") === "true"`)
	one.shot("presenter-active-1280", true)
	two.press("1")
	two.rest()
	two.press("1")
	two.press("2")
	two.rest()
	two.press("2")
	two.wait("the answer stands near the buttons", `!document.getElementById("refusal").hidden && document.getElementById("refusal").textContent === "slow web-1: fault A is in place. HEAL ALL first, or wait until it heals" && document.getElementById("banner").hidden`)
	two.shot("presenter-refused-1280", false)
	if n := l.count("chaos"); n != 2 {
		t.Errorf("%d orders, want 2: a button in place does not fire", n)
	}
	if err := chromedp.Do(one.ctx, chromedp.Reload()); err != nil {
		t.Fatal(err)
	}
	one.wait("a reload shows it", is(1, "active", "healing")+` && document.querySelector("#buttons button").getAttribute("aria-disabled") === "true"`)
	one.wait("healed by itself", is(1, "healed"))
	two.wait("healed by itself", is(1, "healed")+` && document.querySelector("#buttons button").getAttribute("aria-disabled") === "false"`)

	// By keyboard alone: Tab to the third one, which stays until HEAL ALL.
	for range 40 {
		one.press("\t")
		if on, _ := chromedp.Run(one.ctx, chromedp.Evaluate[bool](`document.activeElement === document.querySelectorAll("#buttons button")[2]`)); on {
			break
		}
	}
	seen, err := chromedp.Run(one.ctx, chromedp.Evaluate[string](`getComputedStyle(document.activeElement).outlineStyle + " " + document.activeElement.className`))
	if err != nil || seen != "solid chaos" {
		t.Errorf("the focus is %q (%v)", seen, err)
	}
	one.press("\r")
	one.wait("armed by Enter", is(3, "armed"))
	one.rest()
	one.press("\r")
	one.wait("active until it is healed", is(3, "active")+` && document.querySelectorAll("#buttons button")[2].textContent.includes("until HEAL ALL")`)
	for range 10 {
		one.press("0")
	}
	one.wait("healed", is(3, "healed"))
	if n := l.count("heal"); n == 0 || n > 10 {
		t.Errorf("ten HEAL ALL are %d calls", n)
	}

	// A stage is pressed twice too, and its buttons come by themselves.
	one.wait("a speed", `(document.getElementById("start-speed").value = "30", document.getElementById("start-rate").value = "300", true)`)
	one.press("\x1b")
	one.wait("no field", `(document.activeElement.blur(), true)`)
	one.press("\u0303")
	one.wait("the next stage is armed", `document.getElementById("next").dataset.state === "armed"`)
	one.rest()
	one.press("\r")
	for _, s := range []*screen{one, two} {
		s.wait("the next stage", `document.querySelectorAll("#buttons button").length === 1 && document.getElementById("number").textContent === "3/3" && document.querySelector("#buttons .label").textContent === "kill web-1"`)
	}
	l.mu.Lock()
	if want := (Start{"asg", 30, 300}); len(l.starts) != 1 || l.starts[0] != want {
		t.Errorf("it starts %+v, want %+v", l.starts, want)
	}
	l.mu.Unlock()
	one.wait("apply the load", `(document.getElementById("rate-now").click(), true)`)
	one.wait("it is said", `document.getElementById("announce").textContent === "asked for 300 requests/s"`)

	wall.press("1", "\r", "0")
	wall.rest()
	if shown, err := chromedp.Run(wall.ctx, chromedp.Evaluate[bool](`["chaos", "healbar", "start", "predict"].some((id) => document.getElementById(id).checkVisibility())`)); err != nil || shown {
		t.Errorf("the wall has buttons (%v)", err)
	}
	if c, h := l.count("chaos"), l.count("heal"); c != 3 || h > 10 {
		t.Errorf("the wall commands: %d orders, %d heals", c, h)
	}
	if said := complaints(); len(said) > 0 && !onlyRefused(said) {
		t.Errorf("the console is not empty:\n%s", strings.Join(said, "\n"))
	}
}

// onlyRefused says that the console has nothing but what Chromium writes of answers such as 409.
func onlyRefused(said []string) bool {
	for _, s := range said {
		if !strings.Contains(s, "Failed to load resource: the server responded with a status of 4") {
			return false
		}
	}
	return true
}

// TestTokenAndSilence holds what the page says without a token, and that HEAL ALL is tried
// when nothing is heard of the server.
func TestTokenAndSilence(t *testing.T) {
	l, one, _ := labScreens(t, 20, Options{Token: "secret"})
	one.open("view=presenter", 1280, 720)
	one.wait("buttons", is(1, "ready"))
	one.press("1")
	one.rest()
	one.press("1")
	one.wait("the hint", `document.getElementById("refusal").textContent === "kill web-2: the presenter's token is missing or wrong. open the presenter's address that showdown printed"`)
	if n := l.count("chaos"); n != 0 {
		t.Errorf("%d orders without a token", n)
	}
	// A hash alone does not load the page.
	if err := chromedp.Do(one.ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(one.url+"/?lang=en&view=presenter#token=secret")); err != nil {
		t.Fatal(err)
	}
	one.wait("buttons", is(1, "ready")+` && location.hash === ""`)
	one.press("1")
	one.rest()
	one.press("1")
	one.wait("active", is(1, "active"))
	one.press("0")
	one.wait("healed", is(1, "healed"))
}

// TestPredictionPage plays a question: on the wall, by a student who votes and cannot
// command, and by the presenter.
func TestPredictionPage(t *testing.T) {
	l, presenter, complaints := labScreens(t, 60, Options{Token: "secret", Address: "http://192.0.2.7:8089/"})
	if err := chromedp.Do(presenter.ctx, chromedp.Navigate(presenter.url+"/?view=presenter&lang=en&theme=light#token=secret")); err != nil {
		t.Fatal(err)
	}
	presenter.wait("buttons", is(1, "ready"))
	wall, student := presenter.another(), presenter.another()
	wall.open("view=wall", 1920, 1080)
	student.open("view=student", 390, 844)
	presenter.press("a")
	presenter.wait("the mode", `document.getElementById("predict-on").getAttribute("aria-pressed") === "true"`)
	wall.wait("the way for phones", `!document.getElementById("qr").hidden && document.getElementById("qr-code").naturalWidth > 0 && document.getElementById("qr-address").textContent === "192.0.2.7:8089/?view=student"`)
	wall.shot("wall-qr", false)
	presenter.press("1")
	presenter.rest()
	presenter.press("1")
	wall.wait("the question", `!document.getElementById("prediction").hidden && document.getElementById("prediction-state").textContent.includes("fires in")`)
	if n := l.count("chaos"); n != 0 {
		t.Fatalf("%d fired before the room was asked", n)
	}
	student.wait("it votes", `(document.querySelectorAll("button.choice")[0].click(), true)`)
	student.wait("it is counted", `document.querySelectorAll(".choice")[0].getAttribute("aria-pressed") === "true" && document.querySelectorAll(".choice .count")[0].textContent === "1"`)
	student.wait("it changes its mind", `(document.querySelectorAll("button.choice")[1].click(), true)`)
	for i := range 8 {
		if w := post(handlerOf(l), "/api/v1/vote", fmt.Sprintf(`{"question":"question-1","voter":"browser-%d","choice":%d}`, i, i%3)); w.Code != 202 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	wall.wait("the counts", `[...document.querySelectorAll(".choice .count")].map((e) => e.textContent).join() === "3,4,2" && document.querySelectorAll("button.choice").length === 0`)
	student.wait("the counts", `[...document.querySelectorAll(".choice .count")].map((e) => e.textContent).join() === "3,4,2" && document.querySelectorAll(".choice")[1].getAttribute("aria-pressed") === "true"`)
	wall.shot("wall-question", false)
	student.shot("student-question-390", true)
	presenter.shot("presenter-question", true)
	student.press("1", "1", "0", "a")
	student.wait("it cannot command", `fetch("/api/v1/chaos/kill", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } }).then((a) => a.status === 401)`)
	if err := chromedp.Do(student.ctx, chromedp.Reload()); err != nil {
		t.Fatal(err)
	}
	student.wait("its vote after a reload", `document.querySelectorAll(".choice")[1]?.getAttribute("aria-pressed") === "true"`)
	presenter.wait("closed early", `(document.getElementById("predict-fire").click(), true)`)
	wall.wait("the charts again", `document.getElementById("prediction").hidden`)
	presenter.wait("active", is(1, "active"))
	for _, s := range []*screen{wall, student, presenter} {
		s.wait("what came true", `document.querySelectorAll(".choice")[1].dataset.came === "true" && document.getElementById("prediction-state").textContent.includes("4 of 9 were right")`)
	}
	wall.shot("wall-result", false)
	student.shot("student-result-390", true)
	presenter.shot("presenter-result", true)
	presenter.press("a")
	presenter.wait("off", `document.getElementById("predict-on").getAttribute("aria-pressed") === "false"`)
	wall.wait("no way for phones", `document.getElementById("qr").hidden`)
	wall.press("q")
	wall.wait("asked for", `!document.getElementById("qr").hidden`)
	if l.count("chaos") != 1 || l.count("heal") != 0 {
		t.Errorf("%d orders, %d heals", l.count("chaos"), l.count("heal"))
	}
	if said := complaints(); len(said) > 0 && !onlyRefused(said) {
		t.Errorf("the console is not empty:\n%s", strings.Join(said, "\n"))
	}
}

// handlerOf is the handler of a lab, beside the one that serves it: voters more.
func handlerOf(l *fakeLab) http.Handler {
	mux := http.NewServeMux()
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.hub.desk.routes(mux)
	return mux
}
