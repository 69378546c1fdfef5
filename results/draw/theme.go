package draw

import (
	"fmt"
	"image/color"
	"maps"
	"slices"
)

// Ink is the role of a colour. A theme gives it its value, so that a picture is drawn once
// for light and dark. The empty Ink draws nothing.
type Ink string

// The inks.
const (
	// None draws nothing.
	None Ink = ""
	// Paper is the background, Text what is written on it, Muted less important text,
	// Grid guide lines, and Panel a surface that stands out from the paper.
	Paper Ink = "paper"
	Text  Ink = "text"
	Muted Ink = "muted"
	Grid  Ink = "grid"
	Panel Ink = "panel"
	// Up, Degraded, Down, Chaos and Off are the states; state is never colour alone.
	Up       Ink = "up"
	Degraded Ink = "degraded"
	Down     Ink = "down"
	Chaos    Ink = "chaos"
	Off      Ink = "off"
	// First to Fourth tell series apart, beside their dashes and the labels at their ends.
	First  Ink = "first"
	Second Ink = "second"
	Third  Ink = "third"
	Fourth Ink = "fourth"
)

// Theme is the colours of the inks.
type Theme struct {
	Name string
	inks map[Ink]color.NRGBA
}

// Light is the theme for paper and for rooms with daylight, Dark for screens in the dark.
// The colours of the states are those of Okabe and Ito where they stand out enough.
func Light() Theme {
	return Theme{"light", map[Ink]color.NRGBA{
		Paper: rgb(0xFFFFFF), Text: rgb(0x1A1A1A), Muted: rgb(0x595959), Grid: rgb(0xD9D9D9), Panel: rgb(0xF3F4F6),
		Up: rgb(0x0072B2), Degraded: rgb(0xB35C00), Down: rgb(0xC1440E), Chaos: rgb(0xAA3377), Off: rgb(0x5A5A5A),
		First: rgb(0x0072B2), Second: rgb(0xB35C00), Third: rgb(0x007A5A), Fourth: rgb(0xAA3377),
	}}
}

// Dark is the theme for screens in the dark.
func Dark() Theme {
	return Theme{"dark", map[Ink]color.NRGBA{
		Paper: rgb(0x111827), Text: rgb(0xF3F4F6), Muted: rgb(0xB6BDC9), Grid: rgb(0x374151), Panel: rgb(0x1F2937),
		Up: rgb(0x56B4E9), Degraded: rgb(0xE69F00), Down: rgb(0xFF6B3D), Chaos: rgb(0xCC79A7), Off: rgb(0x9CA3AF),
		First: rgb(0x56B4E9), Second: rgb(0xE69F00), Third: rgb(0x2CC295), Fourth: rgb(0xCC79A7),
	}}
}

// Themes lists the names of the themes.
func Themes() []string { return []string{"light", "dark"} }

// ThemeNamed is the theme of that name.
func ThemeNamed(name string) (Theme, error) {
	switch name {
	case "light":
		return Light(), nil
	case "dark":
		return Dark(), nil
	}
	return Theme{}, fmt.Errorf("no theme %q: there are light and dark", name)
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xFF}
}

// Color is the colour of an ink; ok is false where the theme has none.
func (t Theme) Color(i Ink) (c color.NRGBA, ok bool) {
	c, ok = t.inks[i]
	return c, ok
}

// Inks lists the inks of the theme in the order of their names.
func (t Theme) Inks() []Ink { return slices.Sorted(maps.Keys(t.inks)) }

// hex is the colour as SVG and CSS write it.
func hex(c color.NRGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

// CSS is the theme as custom properties for pictures inside a page: "--draw-up:#0072B2;".
func (t Theme) CSS() string {
	out := ""
	for _, i := range t.Inks() {
		out += "--draw-" + string(i) + ":" + hex(t.inks[i]) + ";"
	}
	return out
}
