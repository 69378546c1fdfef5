package draw

import (
	"image/color"
	"math"
	"testing"
)

// luminance is the relative luminance of WCAG 2.2.
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Text needs 4.5 to 1 and graphics 3 to 1 (WCAG 2.2, success criteria 1.4.3 and 1.4.11);
// every ink that is not a guide line may be text.
func TestContrast(t *testing.T) {
	for _, theme := range []Theme{Light(), Dark()} {
		paper, _ := theme.Color(Paper)
		panel, _ := theme.Color(Panel)
		for _, ink := range theme.Inks() {
			if ink == Paper || ink == Panel || ink == Grid {
				continue
			}
			c, _ := theme.Color(ink)
			if got := contrast(c, paper); got < 4.5 {
				t.Errorf("%s: %s on paper has a contrast of %.2f, want at least 4.5", theme.Name, ink, got)
			}
			if got := contrast(c, panel); got < 4 {
				t.Errorf("%s: %s on a panel has a contrast of %.2f, want at least 4", theme.Name, ink, got)
			}
		}
	}
}

func TestThemeNamed(t *testing.T) {
	for _, name := range Themes() {
		if theme, err := ThemeNamed(name); err != nil || theme.Name != name {
			t.Errorf("ThemeNamed(%q) = %q, %v", name, theme.Name, err)
		}
	}
	if _, err := ThemeNamed("sepia"); err == nil {
		t.Error("a theme that is not there was found")
	}
}
