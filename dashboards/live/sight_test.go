package live

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"showdown/results"
)

// seen is a page of a journey's replay in a browser: the second stage follows the first, in
// whose base cell and the other one different things happen.
type seen struct {
	*testing.T
	ctx    context.Context
	url    string
	hub    *Hub
	replay *Replay
}

func look(t *testing.T) seen {
	t.Helper()
	second := testStage()
	second.Name, second.Title, second.Teach.Cures = "asg", "An Auto Scaling group", "nights without sleep."
	return lookAt(t, []results.Run{recordOf(t, testStage(), testHits()), recordOf(t, second, testHits()[:1000])})
}

// lookAt opens a browser for the replay of stages.
func lookAt(t *testing.T, runs []results.Run) seen {
	t.Helper()
	name := os.Getenv("SHOWDOWN_BROWSER")
	if name == "" {
		t.Skip("a browser is a target of its own: make browser")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	hub := NewHub(time.Now)
	replay, err := NewReplay(hub, runs, 10, true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, complaints := tab(t, path)
	go func() { _ = hub.Run(t.Context()) }()
	server := httptest.NewServer(NewHandler(hub, Options{Replay: replay}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		if said := complaints(); len(said) > 0 {
			t.Errorf("the console is not empty:\n%s", strings.Join(said, "\n"))
		}
	})
	return seen{t, ctx, server.URL, hub, replay}
}

func (s seen) open(query string, w, h int64) {
	s.Helper()
	if err := chromedp.Do(s.ctx, chromedp.EmulateViewport(w, h), chromedp.Navigate(s.url+"/?lang=en&"+query)); err != nil {
		s.Fatal(err)
	}
	s.wait("the page", `document.querySelector("#drawing svg") !== null`)
}

func (s seen) wait(what, condition string) {
	s.Helper()
	if _, err := chromedp.Run(s.ctx, chromedp.Poll[bool](condition, chromedp.WithPollingTimeout(10*time.Second))); err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}

func (s seen) press(key string) {
	s.Helper()
	if err := chromedp.Do(s.ctx, chromedp.KeyEvent(key)); err != nil {
		s.Fatal(err)
	}
}

func (s seen) text(js string) string {
	s.Helper()
	out, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](js))
	if err != nil {
		s.Fatal(err)
	}
	return out
}

// at opens a stage at a moment.
func (s seen) at(stage int, seconds float64) {
	s.Helper()
	if err := s.replay.open(stage); err != nil {
		s.Fatal(err)
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.replay.jump(seconds)
}

// TestTwoDrawings holds that two cells stand beside each other where a stage has two, each
// with its name, state and count; that one key shows one of them; and that they stand above
// each other on a phone.
func TestTwoDrawings(t *testing.T) {
	s := look(t)
	s.at(0, 150)
	const panes = `[...document.querySelectorAll(".pane")]`
	s.open("view=wall", 1920, 1080)
	s.wait("two drawings", panes+`.length === 2 && `+panes+`.every((p) => p.querySelector("svg"))`)
	s.wait("their states", `document.getElementById("node-web-2").dataset.state === "down" && document.getElementById("second-node-web-2").dataset.state === "down"`)
	s.wait("their names", panes+`.map((p) => p.querySelector(".pane-name").textContent).join() === "base,direct"`)
	if head := s.text(`document.querySelector(".pane-head").textContent`); !strings.Contains(head, "base~ 6") || !strings.Contains(head, "✕ 3") {
		t.Errorf("the head is %q", head)
	}
	beside := s.text(`(([a, b]) => String(a.getBoundingClientRect().right <= b.getBoundingClientRect().left))(` + panes + `)`)
	ids := s.text(`String(document.querySelectorAll("[id]").length === new Set([...document.querySelectorAll("[id]")].map((e) => e.id)).size)`)
	if beside != "true" || ids != "true" {
		t.Errorf("they are beside each other: %s; no id is there twice: %s", beside, ids)
	}
	s.press("b")
	s.wait("one drawing", panes+`.length === 1 && getComputedStyle(document.getElementById("felt")).display !== "none"`)
	s.press("b")
	s.wait("two again", panes+`.length === 2`)
	for _, view := range []string{"wall", "presenter"} {
		s.open("view="+view, 390, 844)
		s.wait("two drawings", panes+`.length === 2`)
		if above := s.text(`(([a, b]) => String(a.getBoundingClientRect().bottom <= b.getBoundingClientRect().top))(` + panes + `)`); above != "true" {
			t.Errorf("on a phone the %s's drawings are not above each other", view)
		}
	}
	s.open("view=student", 390, 844)
	s.wait("one for a student", panes+`.length === 1`)
}

// TestWays holds that the ways of a drawing are as thick as their requests and dashed where
// some fail, also after another drawing came.
func TestWays(t *testing.T) {
	s := look(t)
	s.at(0, 60)
	s.open("view=wall&both=0", 1920, 1080)
	const trunk = `document.getElementById("edge-users--balancer-lb")`
	s.wait("all is well", trunk+`.dataset.flow === "4" && `+trunk+`.dataset.fail === "0"`)
	thick := s.text(`getComputedStyle(` + trunk + `.querySelector("polyline")).strokeWidth`)
	s.at(0, 150)
	s.wait("some fail", trunk+`.dataset.fail === "1"`)
	if dash := s.text(`getComputedStyle(` + trunk + `.querySelector("polyline")).strokeDasharray`); dash == "none" {
		t.Error("a way of which some requests fail is not dashed")
	}
	idle := s.text(`getComputedStyle(document.getElementById("edge-balancer-lb--node-web-1").querySelector("polyline")).strokeWidth`)
	if wide, narrow := pixels(t, thick), pixels(t, idle); narrow < 4 || wide < 3*narrow {
		t.Errorf("a way with all requests is %s thick, one with none %s", thick, idle)
	}
}

// pixels is a length of a browser's style.
func pixels(t *testing.T, length string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(strings.TrimSuffix(length, "px"), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestGhostAndCard holds that the stage before is on the page of the next one, after a reload
// too, and that the two are compared when the stage changes and with a key.
func TestGhostAndCard(t *testing.T) {
	s := look(t)
	s.at(0, 500)
	s.open("view=wall&both=0", 1920, 1080)
	const card = `document.getElementById("card")`
	if hidden := s.text(`String(` + card + `.hidden)`); hidden != "true" {
		t.Error("the first stage is compared with nothing")
	}
	strip := `document.getElementById("strip").toDataURL()`
	alone := s.text(strip)
	s.at(1, 0)
	s.wait("the card", `!`+card+`.hidden && `+card+`.innerText.includes("A load balancer before three servers")`)
	text := s.text(card + `.innerText`)
	for _, want := range []string{"An Auto Scaling group", "97.7 %", "A kill: 42 s", "$236.25", "nights without sleep.", "not played yet"} {
		if !strings.Contains(text, want) {
			t.Errorf("the card does not say %q:\n%s", want, text)
		}
	}
	s.press("t")
	s.wait("a key closes it", card+`.hidden`)
	s.press("t")
	s.at(1, 150)
	s.wait("it is later", `document.getElementById("clock").textContent.startsWith("02:30")`)
	if hidden := s.text(`String(` + card + `.hidden)`); hidden != "true" {
		t.Error("the card comes again without another stage")
	}
	s.press("v")
	s.wait("V shows it", `!`+card+`.hidden && `+card+`.innerText.includes("A kill: not over yet")`)
	s.press("v")
	s.wait("V hides it", card+`.hidden`)
	if s.text(strip) == alone {
		t.Error("the strip has no row of the stage before")
	}
	// The ghost's line is dotted where this stage has none yet: there is its colour.
	const colour = `(() => {
		const u = document.querySelector("#latency canvas"), g = u.getContext("2d"), d = g.getImageData(u.width * 0.6, 0, u.width * 0.3, u.height).data;
		let n = 0;
		for (let i = 0; i < d.length; i += 4) if (d[i] < 20 && d[i + 1] > 100 && d[i + 1] < 140 && d[i + 2] > 70 && d[i + 2] < 110) n++;
		return String(n > 50);
	})()`
	s.wait("the ghost", colour+` === "true"`)
	s.open("view=wall&both=0", 1920, 1080)
	s.wait("the ghost after a reload", colour+` === "true"`)
}

// TestFigure holds that a key saves what the charts show as a picture, whatever the screen.
func TestFigure(t *testing.T) {
	s := look(t)
	s.at(1, 200)
	dir := t.TempDir()
	_, err := chromedp.Call(s.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int64{{1920, 1080}, {390, 844}} {
		s.open("view=presenter", size[0], size[1])
		s.wait("the charts", `document.querySelector("#latency canvas") !== null`)
		s.press("s")
		var data []byte
		var name string
		s.eventually(func() bool {
			names, _ := filepath.Glob(filepath.Join(dir, "showdown-*-test-asg-*-03-*.png"))
			if len(names) != 1 {
				err = fmt.Errorf("the pictures are %q", names)
				return false
			}
			name = names[0]
			data, err = os.ReadFile(name)
			return err == nil && bytes.HasSuffix(data, []byte("IEND\xaeB`\x82"))
		})
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if b := picture.Bounds(); b.Dx() != 1920 || b.Dy() != 1080 {
			t.Errorf("the picture is %v", b)
		}
		colours := map[uint32]int{}
		for y := 178; y < 998; y += 2 {
			for x := 0; x < 1920; x += 2 {
				r, g, b, _ := picture.At(x, y).RGBA()
				colours[r>>12<<8|g>>12<<4|b>>12]++
			}
		}
		if len(colours) < 20 {
			t.Errorf("there are %d colours where the charts are", len(colours))
		}
		if keep := os.Getenv("SHOWDOWN_SHOTS"); keep != "" {
			_ = os.WriteFile(filepath.Join(keep, "figure.png"), data, 0o644) // to be looked at
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if left := s.text(`String(document.querySelectorAll(".figure-stage").length)`); left != "0" {
		t.Errorf("%s figures are left in the page", left)
	}
}

// eventually waits for what another program does.
func (s seen) eventually(done func() bool) {
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for range 200 {
		if done() {
			return
		}
		<-every.C
	}
}

// TestStill holds that nothing moves for whoever asked for that.
func TestStill(t *testing.T) {
	s := look(t)
	s.at(0, 425) // web-2 recovers
	const moving = `String([...document.querySelectorAll('[data-state=recovering] > [data-dress=recovering] > rect')].some((e) => getComputedStyle(e).animationName !== "none"))`
	s.open("view=wall", 1920, 1080)
	s.wait("it recovers", `document.getElementById("node-web-2").dataset.state === "recovering"`)
	if s.text(moving) != "true" {
		t.Error("a recovering node does not move")
	}
	_, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.text(moving) != "false" {
		t.Error("it moves for who asked for stillness")
	}
}
