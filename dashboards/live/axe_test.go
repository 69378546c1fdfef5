package live

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestAccessible lets axe-core look at each view in both themes, at rest and with a question
// and a fault: nothing that it calls serious or critical.
func TestAccessible(t *testing.T) {
	for _, state := range []string{"at rest", "asked"} {
		t.Run(state, func(t *testing.T) { accessible(t, state) })
	}
}

func accessible(t *testing.T, state string) {
	l, one, _ := labScreens(t, 20, Options{Address: "http://192.0.2.7:8089/"})
	file, err := os.Open("testdata/axe-core/axe.min.js.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	axe, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	var looked atomic.Int32
	look := func(name string) {
		t.Helper()
		// The page's policy allows no script but its own; a debugger's is not the page's.
		if _, err := chromedp.Run(one.ctx, chromedp.Evaluate[bool](string(axe)+`; true`)); err != nil {
			t.Fatal(err)
		}
		found, err := chromedp.Run(one.ctx, chromedp.Poll[string](`axe.run(document, { resultTypes: ["violations"] }).then((r) => "looked " + r.violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => v.impact + " " + v.id + ": " + v.nodes.slice(0, 4).map((n) => n.target.join(" ") + " " + n.failureSummary).join("; ")).join("\n"))`, chromedp.WithPollingTimeout(30*time.Second)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if found != "looked " {
			t.Errorf("%s: %s", name, found)
		}
		looked.Add(1)
	}
	views := func(ready string) {
		for _, view := range []string{"wall", "presenter", "student"} {
			for _, theme := range []string{"light", "dark"} {
				for _, wide := range []int64{1280, 390} {
					one.open("view="+view+"&theme="+theme, wide, 800)
					one.wait("the theme", fmt.Sprintf(`document.documentElement.dataset.theme === %q && %s`, theme, ready))
					name := fmt.Sprintf("%s %s %s %d", state, view, theme, wide)
					look(name)
					one.shot(strings.ReplaceAll("axe "+name, " ", "-"), wide < 500)
					if view == "wall" {
						continue
					}
					small, err := chromedp.Run(one.ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("button, input")].filter((e) => e.checkVisibility() && (e.offsetHeight < 44 || e.offsetWidth < 44)).map((e) => e.id || e.className || e.textContent).join()`))
					if err != nil || small != "" {
						t.Errorf("%s: too small for a finger: %s (%v)", name, small, err)
					}
					over, err := chromedp.Run(one.ctx, chromedp.Evaluate[float64](`document.documentElement.scrollWidth - innerWidth`))
					if err != nil || over > 0 {
						t.Errorf("%s: %v pixels too wide (%v)", name, over, err)
					}
				}
			}
		}
	}
	if state == "at rest" {
		views(`document.querySelectorAll("#ticker li").length > 0`)
	} else {
		h := handlerOf(l)
		post(h, "/api/v1/chaos/fail-az", `{}`)
		post(h, "/api/v1/prediction", `{"on":true,"seconds":200}`)
		post(h, "/api/v1/chaos/kill", `{}`)
		views(`!document.getElementById("prediction").hidden`)
	}
	if n := looked.Load(); n != 12 {
		t.Errorf("axe looked %d times, want 12", n)
	}
}
