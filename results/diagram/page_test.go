package diagram

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPage holds what a page needs to change a drawing by itself: every edge with requests is
// in exactly one way that says so, a stack names the nodes that it stands for, and only a
// drawing for a page has any of that.
func TestPage(t *testing.T) {
	edges := regexp.MustCompile(`data-edges="([^"]*)" data-unit="([0-9.]+)"`)
	stacks := regexp.MustCompile(`data-stack="([^"]*)"`)
	for name, topology := range topologies() {
		for _, size := range [][2]float64{{0, 0}, {1000, 330}, {350, 250}} {
			t.Run(fmt.Sprintf("%s-%v", name, size[0]), func(t *testing.T) {
				d := Of(topology, Options{})
				draw := func(v View) string {
					v.W, v.H, v.Size = size[0], size[1], 24
					var out bytes.Buffer
					if err := d.Draw(v).Inline(&out, ""); err != nil {
						t.Fatal(err)
					}
					return out.String()
				}
				svg := draw(View{Dresses: true, Key: true})
				parsed(t, []byte(svg))
				var got, want []string
				for _, m := range edges.FindAllStringSubmatch(svg, -1) {
					if ids := strings.Fields(m[1]); ids[0] != TrunkID {
						got = append(got, ids...)
					}
				}
				tier := map[string]string{}
				for _, n := range d.Nodes {
					tier[n.ID] = n.Tier
				}
				for _, e := range d.Edges {
					if e.To != DNSID && tier[e.From] == "" {
						want = append(want, e.ID())
					}
				}
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("the ways are of\n%q, want\n%q", got, want)
				}
				stacked := map[string]bool{}
				for _, m := range stacks.FindAllStringSubmatch(svg, -1) {
					for _, id := range strings.Fields(m[1]) {
						stacked[id] = true
					}
				}
				for _, n := range d.Nodes {
					if n.Tier != "" && !stacked[n.ID] && !strings.Contains(svg, `id="`+n.ID+`"`) {
						t.Errorf("%s is neither drawn nor in a stack", n.ID)
					}
				}
				if plain := draw(View{Key: true}); strings.Contains(plain, "data-edges") || strings.Contains(plain, "data-stack") {
					t.Error("a picture of its own has what only a page needs")
				}
			})
		}
	}
}

// TestPageKey holds that the key of a page says all that it has to in letters that can be read,
// lies within the picture, and stands where it leaves more to the drawing.
func TestPageKey(t *testing.T) {
	for name, topology := range topologies() {
		for _, lang := range []string{"en", "fr"} {
			for _, size := range [][2]float64{{1075, 400}, {700, 260}, {366, 250}} {
				d := Of(topology, Options{Lang: lang})
				v := View{W: size[0], H: size[1], Size: 20, Dresses: true, Key: true}
				key, rest := d.keyOf(v)
				texts, right := 0, key.widest()
				for _, row := range key.rows {
					texts += len(row)
				}
				if texts != 5 || right > v.W+.01 || key.height() > v.H/2 || key.size < 8 {
					t.Errorf("%s %s %v: %d entries in %v by %v, letters of %v", name, lang, size, texts, right, key.height(), key.size)
				}
				room := v.H - rest.H
				if key.beside {
					room = v.W - rest.W
				}
				if need := key.height(); !key.beside && room < need-.01 || key.beside && room < right {
					t.Errorf("%s %s %v: the key has %v, and the drawing leaves it %v", name, lang, size, need, room)
				}
				below := v
				below.Key, below.H = false, v.H-d.keyBelow(v).height()
				if d.Scale(rest) < d.Scale(below) {
					t.Errorf("%s %s %v: the drawing is smaller than it would be over the key", name, lang, size)
				}
			}
		}
	}
	if key, _ := Of(topologies()["six"], Options{}).keyOf(View{W: 500, H: 300, Key: true}); key != nil {
		t.Error("a picture of its own has a page's key")
	}
}

// TestWayRules holds that each step of a way has a rule, and that no step is told by its
// colour alone.
func TestWayRules(t *testing.T) {
	css := CSS()
	widths := map[string]bool{}
	for i := range 5 {
		m := regexp.MustCompile(fmt.Sprintf(`\[data-flow="%d"\]>polyline\{stroke-width:([^;}]*)`, i)).FindStringSubmatch(css)
		if m == nil || widths[m[1]] {
			t.Fatalf("step %d has no thickness of its own: %v", i, m)
		}
		widths[m[1]] = true
	}
	for i, dash := range []string{"", ".6em .3em", ".28em .28em"} {
		rule := fmt.Sprintf(`[data-fail="%d"]>polyline{stroke:`, i)
		_, rest, ok := strings.Cut(css, rule)
		if body, _, _ := strings.Cut(rest, "}"); !ok || dash != "" && !strings.Contains(body, "stroke-dasharray:"+dash) {
			t.Errorf("%s is %q", rule, body)
		}
	}
}
