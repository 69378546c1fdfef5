package live

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"showdown"
	"showdown/results"
)

// mostPicture is the size of a picture in the documentation in bytes.
const mostPicture = 250_000

// TestShots takes the pictures of the documentation into the folder that SHOWDOWN_DOCS names:
// of the journey's record in SHOWDOWN_RECORD, at a stage in the middle of a zone that fails,
// users of which are hit and nobody has noticed.
func TestShots(t *testing.T) {
	dir := os.Getenv("SHOWDOWN_DOCS")
	if dir == "" {
		t.Skip("the pictures of the documentation are a target of their own: make shots")
	}
	record := os.Getenv("SHOWDOWN_RECORD")
	store, err := results.OpenStore(filepath.Dir(record))
	if err != nil {
		t.Fatal(err)
	}
	run, err := store.Resolve(filepath.Base(record))
	if err != nil {
		t.Fatal(err)
	}
	s := lookAt(t, run.Stages())
	stage, at := zoneFailure(t, run.Stages())
	s.at(stage, at)
	s.hub.mu.Lock()
	s.hub.replay.Paused = false // nobody moves it on, and it does not say that it waits
	s.hub.mu.Unlock()
	for _, shot := range []struct {
		name, query   string
		width, height int64
	}{
		{"wall", "view=wall&theme=light", 1920, 1080},
		{"wall-dark", "view=wall&theme=dark", 1920, 1080},
		{"rehearsal", "view=presenter&theme=light&both=1", 1920, 1080},
		{"student", "view=student&theme=light", 390, 1180},
		{"both", "view=wall&theme=light&both=1", 1920, 1080},
		{"card", "view=wall&theme=light", 1920, 1080},
	} {
		s.open(shot.query, shot.width, shot.height)
		s.wait("all of it", `document.querySelectorAll("#drawing .pane").length === document.querySelectorAll("#drawing svg").length && document.querySelectorAll("#ticker li").length > 0 && document.querySelector("#latency canvas") !== null`)
		if shot.name == "card" {
			s.press("v")
		}
		if err := chromedp.Do(s.ctx, chromedp.Sleep(time.Second)); err != nil {
			t.Fatal(err)
		}
		data, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		small, err := fewColours(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(small) > mostPicture {
			t.Errorf("%s has %d bytes", shot.name, len(small))
		}
		if err := os.WriteFile(filepath.Join(dir, shot.name+".png"), small, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// zoneFailure is the last stage whose base cell has a zone that fails, and a moment in it: the
// middle of the time until somebody noticed.
func zoneFailure(t *testing.T, runs []results.Run) (stage int, at float64) {
	t.Helper()
	stage = -1
	for i, run := range runs {
		r, err := readRecord(run.Dir)
		if err != nil {
			t.Fatal(err)
		}
		spec, ok := r.manifest.Spec.Cell(showdown.BaseCell)
		if !ok {
			continue
		}
		c := newCell(spec, r.clock, 0)
		for _, e := range r.events {
			if e.Cell == showdown.BaseCell {
				c.fold(e)
			}
		}
		for _, f := range c.faults {
			if f.Action == "fail-az" && f.began() && f.DetectedS != nil {
				stage, at = i, *f.FromS+.8*(*f.DetectedS-*f.FromS)
			}
		}
	}
	if stage < 0 {
		t.Fatal("no stage of the record has a zone that fails and is noticed")
	}
	return stage, at
}

// fewColours is a picture with the 255 colours that are most of it: it is flat, and what lies
// between are the edges of letters.
func fewColours(data []byte) ([]byte, error) {
	in, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	// Edges of letters differ by little: five bits of a colour are told apart.
	key := func(c color.Color) color.NRGBA {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		return color.NRGBA{n.R &^ 7, n.G &^ 7, n.B &^ 7, 255}
	}
	b := in.Bounds()
	count, exact := map[color.NRGBA]int{}, map[color.NRGBA]map[color.NRGBA]int{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(in.At(x, y)).(color.NRGBA)
			k := key(c)
			count[k]++
			if exact[k] == nil {
				exact[k] = map[color.NRGBA]int{}
			}
			exact[k][c]++
		}
	}
	most := func(of map[color.NRGBA]int) []color.NRGBA {
		return slices.SortedFunc(maps.Keys(of), func(a, b color.NRGBA) int {
			return cmp.Or(of[b]-of[a], cmp.Compare(int(a.R)<<16|int(a.G)<<8|int(a.B), int(b.R)<<16|int(b.G)<<8|int(b.B)))
		})
	}
	var palette color.Palette
	for _, k := range most(count) {
		if len(palette) < 255 {
			palette = append(palette, most(exact[k])[0])
		}
	}
	out := image.NewPaletted(b, palette)
	nearest := map[color.NRGBA]uint8{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			k := key(in.At(x, y))
			n, known := nearest[k]
			if !known {
				n = uint8(palette.Index(most(exact[k])[0]))
				nearest[k] = n
			}
			out.SetColorIndex(x, y, n)
		}
	}
	var buf bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&buf, out)
	return buf.Bytes(), err
}
