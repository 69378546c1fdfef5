package figure

import (
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"showdown"
	"showdown/results"
	"showdown/results/draw"
)

// big is the record of a run of so many requests.
func big(t testing.TB, requests int) results.Run {
	t.Helper()
	f := outage("big", showdown.BaseCell)
	lab := func(share float64) showdown.LabDuration {
		return showdown.LabDuration(time.Duration(float64(requests) * share / 1000 * float64(time.Second)))
	}
	f.stage.Cells[0].Traffic.Phases = []showdown.Phase{
		{Name: "calm", Lab: lab(0.4), Rate: 1000},
		{Name: "ladder", Lab: lab(0.1), Pace: showdown.Steps, Steps: []float64{1000, 2000, 3000}},
	}
	random := rand.New(rand.NewPCG(1, 2))
	f.play = func(_ string, at time.Duration) (showdown.Outcome, time.Duration) {
		if at > 2*time.Second && at < 4*time.Second || random.IntN(1000) == 0 {
			return showdown.ResponseTimeout, 80 * time.Millisecond
		}
		return showdown.OK, time.Duration(random.ExpFloat64()*4e6) + 300*time.Microsecond
	}
	return f.run(t)
}

// BenchmarkFigures draws each figure of a run of a million requests, as SVG, both PNGs and
// CSV; reading the record is measured apart. A figure takes under five seconds.
func BenchmarkFigures(b *testing.B) {
	run := big(b, 1_000_000)
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Load(run); err != nil {
				b.Fatal(err)
			}
		}
	})
	s, err := Load(run)
	if err != nil {
		b.Fatal(err)
	}
	for _, k := range Kinds() {
		if Build(k, s, Page{}).Picture == nil {
			continue
		}
		b.Run(k.ID, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, shape := range []Shape{Print, Slide} {
					f := Build(k, s, Page{Shape: shape, Lang: English})
					if err := f.Picture.PNG(io.Discard, draw.Light(), PrintPixels); err != nil {
						b.Fatal(err)
					}
					if shape == Print {
						if err := f.Picture.SVG(io.Discard, draw.Light(), PrintCM, "cm"); err != nil {
							b.Fatal(err)
						}
						if err := f.Table.CSV(io.Discard); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
		})
	}
}

// Ten times the requests make no larger set and no larger figures: what is allocated to
// draw them stays within a factor of two.
func TestMemoryDoesNotGrowWithRequests(t *testing.T) {
	allocated := func(n int) float64 {
		run := big(t, n)
		s, err := Load(run)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for _, k := range Kinds() {
			if f := Build(k, s, Page{}); f.Picture != nil {
				if err := f.Picture.SVG(io.Discard, draw.Light(), PrintCM, "cm"); err != nil {
					t.Fatal(err)
				}
			}
		}
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc)
	}
	small, large := allocated(30_000), allocated(300_000)
	if large > 2*small+8e6 {
		t.Errorf("the figures of 300,000 requests take %.1f MB, those of 30,000 %.1f MB", large/1e6, small/1e6)
	}
}
