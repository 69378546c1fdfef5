package analysis

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

// smallRun is the folder of a run with an outage and a fault.
func smallRun(t testing.TB) string {
	t.Helper()
	store, err := results.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	stage := testStage()
	rec, err := store.Create("small", &results.Manifest{Journey: "whatsthetime", Stage: "vertical", Spec: stage, Speed: 60, Started: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	rec.Hits(showdown.BaseCell).Append(hitsOf(stage.Cells[0].Traffic, clock, down(2*time.Second, 3*time.Second)))
	for _, e := range life(showdown.BaseCell, "A", 120, 180, 181) {
		rec.Event(e)
	}
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	return rec.Dir()
}

// TestHandEdited analyses records whose manifest or events were changed by hand: an error or a
// summary, soon and in little memory.
func TestHandEdited(t *testing.T) {
	dir := smallRun(t)
	manifest, events := filepath.Join(dir, results.ManifestFile), filepath.Join(dir, results.EventsFile)
	keep := map[string][]byte{}
	for _, path := range []string{manifest, events} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		keep[path] = data
	}
	edit := func(t *testing.T, change func(m map[string]any)) {
		t.Helper()
		var m map[string]any
		if err := json.Unmarshal(keep[manifest], &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(manifest, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	base := func(m map[string]any) map[string]any {
		return m["spec"].(map[string]any)["cells"].([]any)[0].(map[string]any)
	}
	traffic := func(m map[string]any) map[string]any { return base(m)["traffic"].(map[string]any) }
	for name, change := range map[string]func(m map[string]any){
		"no spec":        func(m map[string]any) { delete(m, "spec") },
		"spec of null":   func(m map[string]any) { m["spec"] = nil },
		"no cells":       func(m map[string]any) { m["spec"].(map[string]any)["cells"] = []any{} },
		"negative speed": func(m map[string]any) { m["speed"] = -1 },
		"huge speed":     func(m map[string]any) { m["speed"] = 1e300 },
		"tiny speed":     func(m map[string]any) { m["speed"] = 1e-300 },
		"a billion clients": func(m map[string]any) {
			traffic(m)["clients"] = 1e12
			traffic(m)["cohorts"] = []any{map[string]any{"name": "a", "share": "50%"}, map[string]any{"name": "b", "share": "50%"}}
		},
		"negative clients": func(m map[string]any) {
			traffic(m)["clients"] = -5
			traffic(m)["cohorts"] = []any{map[string]any{"name": "a", "share": "50%"}, map[string]any{"name": "b", "share": "50%"}}
		},
		"a billion steps": func(m map[string]any) {
			traffic(m)["phases"] = []any{map[string]any{"name": "x", "for": "1h", "repeat": 1e12, "rate": 1}}
		},
		"endless phase": func(m map[string]any) {
			traffic(m)["phases"] = []any{map[string]any{"name": "x", "for": "2562047h", "rate": 1e18}}
		},
		"negative phase": func(m map[string]any) {
			traffic(m)["phases"] = []any{map[string]any{"name": "x", "for": "-10m", "rate": -7}}
		},
		"timeline to itself": func(m map[string]any) {
			base(m)["timeline"] = []any{map[string]any{"letter": "A", "after": "A", "do": "kill"}, map[string]any{"letter": "B", "during": "C"}, map[string]any{"letter": "C", "during": "B"}}
		},
		"long names": func(m map[string]any) {
			m["spec"].(map[string]any)["title"] = strings.Repeat("<script>\x1b[2J\u202e", 100_000)
		},
		"source": func(m map[string]any) { m["source"] = map[string]any{"unknown": []any{"intended_ns"}} },
	} {
		t.Run(name, func(t *testing.T) {
			edit(t, change)
			analysed(t, dir)
		})
	}
	if err := os.WriteFile(manifest, keep[manifest], 0o600); err != nil {
		t.Fatal(err)
	}
	for name, line := range map[string]string{
		"huge time":     `{"t":1e300,"at":"2026-11-23T10:15:00Z","cell":"base","kind":"fault.injected","source":"x","target":"A","data":{"action":"kill"}}`,
		"negative time": `{"t":-1e300,"at":"2026-11-23T10:15:00Z","cell":"base","kind":"fault.undone","source":"x","target":"A"}`,
		"wrong types":   `{"t":1,"at":"2026-11-23T10:15:00Z","cell":"base","kind":"traffic.started","source":"x","data":{"timeout_ms":"long","clients":[]}}`,
		"huge timeout":  `{"t":1,"at":"2026-11-23T10:15:00Z","cell":"base","kind":"traffic.started","source":"x","data":{"timeout_ms":1e300}}`,
		"tiny phases":   `{"t":1,"at":"2026-11-23T10:15:00Z","cell":"base","kind":"phase.started","source":"x","target":"p","data":{"from_s":-1e300,"to_s":1e300}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(events, append([]byte(line+"\n"), keep[events]...), 0o600); err != nil {
				t.Fatal(err)
			}
			analysed(t, dir)
		})
	}
}

// analysed analyses a run and fails when that takes long or panics.
func analysed(t *testing.T, dir string) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		s, err := Analyse(dir)
		if err == nil {
			_, err = SeriesOf(dir)
		}
		if err == nil && s.Requests.Scheduled == 0 {
			t.Error("no request")
		}
		done <- err
	}()
	select {
	case err := <-done:
		t.Logf("error %v", err)
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on and on")
	}
}

// Requests that lie far apart, as a changed or an imported record may have them, take no time
// for what lies between.
func TestFarApart(t *testing.T) {
	for name, at := range map[string][]time.Duration{
		"years":    {0, 5 * time.Millisecond, 10 * 365 * 24 * time.Hour},
		"for ever": {0, 1, 1<<63 - 1},
		"before":   {-1 << 62, 0, 1 << 62},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := results.OpenStore(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			rec, err := store.Create("far", &results.Manifest{Speed: 1, Started: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			var hits []showdown.Hit
			for i, d := range at {
				hits = append(hits, showdown.Hit{Seq: uint64(i), Intended: d, Sent: d, Outcome: showdown.Outcome(i % 2)})
			}
			rec.Hits(showdown.BaseCell).Append(hits)
			if err := rec.Close(); err != nil {
				t.Fatal(err)
			}
			analysed(t, rec.Dir())
		})
	}
}

// FuzzAnalyse analyses a record with any manifest and any events: it ends, with a summary or an
// error.
func FuzzAnalyse(f *testing.F) {
	dir := smallRun(f)
	manifest, events := filepath.Join(dir, results.ManifestFile), filepath.Join(dir, results.EventsFile)
	a, err := os.ReadFile(manifest)
	if err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(events)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(a, b)
	f.Add([]byte(`{"version":1,"speed":60,"spec":{"cells":[{"name":"base","traffic":{"clients":3,"phases":[{"name":"p","for":"10m","rate":5}]},"reference":{"fault":"A"}}]}}`), b)
	f.Add([]byte(`{"version":1,"source":{"unknown":["intended_ns"],"notes":["x"]}}`), []byte("{\"kind\":\"run.ended\"}\n"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for path, data := range map[string][]byte{manifest: a, events: b} {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Analyse(dir)
		if err != nil {
			return
		}
		if err := s.Encode(io.Discard); err != nil {
			t.Error(err)
		}
		if _, err := SeriesOf(dir); err != nil {
			t.Error(err)
		}
	})
}
