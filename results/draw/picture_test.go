package draw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens anew")

// sample uses everything that a picture can hold.
func sample() *Picture {
	p := New(400, 200)
	p.Title, p.Description = "A <sample>", "every kind of item"
	p.Open("node-web-1", "web-1 is down", Attribute{"state", "down"})
	p.RoundRect(20, 20, 100, 60, 6, Style{Fill: Panel, Stroke: Down, Width: 3, Dash: []float64{6, 3}})
	p.Hatch(20, 20, 100, 60, 8, Style{Stroke: Down})
	p.Text(70, 55, "web-1 é ✓ & <x>", Type{Size: 14, Ink: Text, Bold: true, At: Middle})
	p.Close()
	p.Line(Style{Stroke: First, Width: 2}, Point{150, 100}, Point{200, 40}, Point{260, 90})
	p.Polygon(Style{Fill: Chaos, Opacity: 0.2}, Point{280, 20}, Point{380, 20}, Point{330, 90})
	p.Circle(200, 150, 20, Style{Fill: Up})
	p.Text(380, 180, "turned", Type{Size: 12, Ink: Muted, At: End, Turn: -30})
	return p
}

func TestGoldenSVG(t *testing.T) {
	var alone, inside bytes.Buffer
	if err := sample().SVG(&alone, Light(), 16, "cm"); err != nil {
		t.Fatal(err)
	}
	if err := sample().Inline(&inside, "figure"); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"alone.svg": alone.Bytes(), "inline.svg": inside.Bytes()} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from the golden: look at it and run go test -update", name)
		}
	}
	if s := alone.String(); strings.Contains(s, "<text") || strings.Contains(s, "font") {
		t.Error("a document of its own depends on a font")
	}
}

func TestSamePNG(t *testing.T) {
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := sample().PNG(w, Dark(), 800); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same picture gave different bytes")
	}
	img, err := png.Decode(&a)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size(); got.X != 800 || got.Y != 400 {
		t.Errorf("the PNG is %v, want 800x400", got)
	}
	// The middle of the circle, in the ink of what is up.
	want, _ := Dark().Color(Up)
	if r, g, bl, _ := img.At(400, 300).RGBA(); uint8(r>>8) != want.R || uint8(g>>8) != want.G || uint8(bl>>8) != want.B {
		t.Errorf("the circle is %x %x %x, want %v", r>>8, g>>8, bl>>8, want)
	}
}

// A text is drawn as wide as it is measured to be, and what does not fit is cut.
func TestText(t *testing.T) {
	if one, two := Width("MM", 10, false), Width("MMMM", 10, false); one <= 0 || two != 2*one {
		t.Errorf("widths %g and %g", one, two)
	}
	if w := Width("MM", 10, true); w != 2*8.3301 && (w < 16 || w > 17.4) {
		t.Errorf("two bold M are %g wide", w)
	}
	if got := Fit("availability", 10, 30, false); !strings.HasSuffix(got, "…") || Width(got, 10, false) > 30 {
		t.Errorf("Fit = %q, %g wide", got, Width(got, 10, false))
	}
	lines := Wrap("the quick brown fox jumps over the lazy dog", 10, 80, false)
	if len(lines) < 3 || strings.Join(lines, " ") != "the quick brown fox jumps over the lazy dog" {
		t.Errorf("Wrap = %q", lines)
	}
	for _, l := range lines {
		if Width(l, 10, false) > 80 {
			t.Errorf("%q is %g wide", l, Width(l, 10, false))
		}
	}
}

// Whatever a text holds, what is written is XML and nothing of the text becomes an element.
func FuzzText(f *testing.F) {
	f.Add("</svg><script>alert(1)</script>", "id\"><x")
	f.Add("\x00\x1b[31m\u202e\ufffe", "\xff")
	f.Fuzz(func(t *testing.T, text, id string) {
		p := New(100, 100)
		p.Title = text
		p.Open(id, text, Attribute{"state", text})
		p.Text(1, 1, text, Type{Size: 10, Ink: Text})
		p.Close()
		for _, write := range []func(io.Writer) error{
			func(w io.Writer) error { return p.SVG(w, Light(), 100, "px") },
			func(w io.Writer) error { return p.Inline(w, text) },
		} {
			var out bytes.Buffer
			if err := write(&out); err != nil {
				t.Fatal(err)
			}
			d := xml.NewDecoder(&out)
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("not XML: %v", err)
				}
				if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
					t.Fatal("a text became an element")
				}
			}
		}
	})
}
