package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"showdown"
)

// The example reader, which knows docs/record.md and not this package, comes to our counts and
// percentiles: of traffic with an outage, of values of any size, and of a file that ends in the
// middle.
func TestExampleReader(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed; make test installs it as root")
	}
	rng := rand.New(rand.NewPCG(11, 12))
	busy := resolving(rng, traffic(rng, 30_000, 500), time.Minute)
	var wild []showdown.Hit
	var last showdown.Hit
	for range 3000 {
		last = randomHit(rng, last)
		last.Latency = max(last.Latency, 0) // Python has no end of an integer's bits
		wild = append(wild, last)
	}
	file := written(t, batches(busy, 500*time.Millisecond)...)
	for name, data := range map[string][]byte{
		"traffic": file,
		"torn":    file[:len(file)*2/3],
		"wild":    written(t, wild[:1000], wild[1000:1001], wild[1001:]),
		"one":     written(t, wild[:1]),
		"two":     written(t, wild[:2]),
		"none":    written(t),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), HitsFile)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(python, "../examples/reader/read_hits.py", path).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			hits, _, err := collect(t, data)
			if err != nil {
				t.Fatal(err)
			}
			counts := map[showdown.Outcome]int{}
			var good []time.Duration
			for _, h := range hits {
				counts[h.Outcome]++
				if h.Outcome == showdown.OK {
					good = append(good, h.Latency)
				}
			}
			slices.Sort(good)
			var want strings.Builder
			for _, o := range showdown.Outcomes() {
				if n := counts[o]; n > 0 {
					fmt.Fprintln(&want, o, n)
				}
			}
			for _, p := range []float64{50, 99} {
				if len(good) > 0 {
					v := good[int(math.Ceil(p/100*float64(len(good))))-1]
					fmt.Fprintf(&want, "p%g %.3f ms\n", p, float64(v)/1e6)
				}
			}
			if got := string(out); got != want.String() {
				t.Errorf("it prints\n%swe count\n%s", got, want.String())
			}
		})
	}
}
