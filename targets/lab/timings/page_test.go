package timings

import (
	"strings"
	"testing"
	"time"

	"showdown"
)

const second = showdown.Second

func TestVerdict(t *testing.T) {
	interval := Timing{Min: 30 * second, Max: 60 * second}
	for _, c := range []struct {
		name   string
		row    Row
		want   string
		inside int
	}{
		{"within", Row{Timing: interval, Speed: 60, Values: []showdown.Duration{30 * second, 60 * second}}, "yes", 2},
		{"within the resolution", Row{Timing: interval, Speed: 60, Values: []showdown.Duration{29500 * second / 1000, 60500 * second / 1000}}, "yes", 2},
		{"beyond it", Row{Timing: interval, Speed: 60, Values: []showdown.Duration{40 * second, 62 * second}}, "**1 of 2**", 1},
		{"below", Row{Timing: interval, Speed: 60, Values: []showdown.Duration{29 * second, 40 * second}}, "**1 of 2**", 1},
		{"a faster clock sees less", Row{Timing: interval, Speed: 300, Values: []showdown.Duration{62 * second}}, "yes", 1},
		{"the machine was late", Row{Timing: interval, Speed: 60, Late: 50 * time.Millisecond, Values: []showdown.Duration{62 * second}}, "0 of 1, late", 0},
		{"later than the machine", Row{Timing: interval, Speed: 60, Late: 50 * time.Millisecond, Values: []showdown.Duration{64 * second}}, "**0 of 1**", 0},
		{"a hundredth", Row{Timing: Timing{Min: 300 * second, Max: 300 * second}, Speed: 60, Values: []showdown.Duration{302 * second, 304 * second}}, "**1 of 2**", 1},
		{"a setting", Row{Timing: Timing{Min: second, Max: 900 * second, Set: 180 * second}, Speed: 60, Values: []showdown.Duration{100 * second, 180 * second}}, "**1 of 2**", 1},
		{"a grain", Row{Timing: Timing{Min: 60 * second, Max: 60 * second, Grain: 3 * second}, Speed: 60, Values: []showdown.Duration{57 * second, 64 * second}}, "**1 of 2**", 1},
	} {
		if got, n := c.row.verdict(), c.row.inside(); got != c.want || n != c.inside {
			t.Errorf("%s: %s, %d inside, want %s, %d", c.name, got, n, c.want, c.inside)
		}
	}
}

func TestRatio(t *testing.T) {
	for _, c := range []struct {
		row  Row
		want string
	}{
		{Row{Timing: Timing{Min: 30 * second, Max: 60 * second}, Values: []showdown.Duration{30 * second, 54 * second, 60 * second}}, "1.200"},
		{Row{Timing: Timing{Min: second, Max: 900 * second, Set: 200 * second}, Values: []showdown.Duration{150 * second, 250 * second}}, "1.000"},
		{Row{Timing: Timing{}, Values: []showdown.Duration{second}}, "-"},
		{Row{Timing: Timing{Min: second, Max: second}}, "-"},
	} {
		if got := c.row.ratio(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.row, got, c.want)
		}
	}
}

func TestSaid(t *testing.T) {
	for d, want := range map[showdown.Duration]string{
		0: "0 s", 100 * second: "100 s", 45250 * second / 1000: "45.2 s", 900 * second: "900 s", 960 * second: "16 min",
		3600 * second: "60 min", 24 * showdown.Hour: "24 h", -20 * second / 1000: "0 s",
	} {
		if got := said(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

func TestRowWithoutValues(t *testing.T) {
	m := Measured{Rows: []Row{{Timing: Timing{Service: Groups, Name: "x", Source: "y"}, Speed: 60}}}
	if err := m.Complete(); err == nil || !strings.Contains(err.Error(), `"x" at speed 60 has no value`) {
		t.Errorf("error %v", err)
	}
	if got := m.Rows[0].text(); got != "| x | at once | 60 | not measured | | 0 | - | - | y |\n" {
		t.Errorf("row %q", got)
	}
}
