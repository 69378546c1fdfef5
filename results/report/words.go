package report

import (
	"fmt"
	"math"
	"strconv"

	"showdown/results/analysis"
)

// times writes AWS time with the lab time beside it.
type times struct{ speed float64 }

// aside says how to read durations.
func (t times) aside() string {
	if t.speed == 1 {
		return ""
	}
	return "durations are AWS time, with the lab time in brackets; latencies are real"
}

// both is s AWS seconds with the lab time in brackets.
func (t times) both(s float64) string {
	if s == 0 || t.speed <= 1 {
		return seconds(s)
	}
	return fmt.Sprintf("%s (%s)", seconds(s), lab(s/t.speed))
}

func seconds(s float64) string { return analysis.FormatSeconds(s) }

// lab is s lab seconds, in milliseconds below one.
func lab(s float64) string {
	if s < 1 {
		return number(math.Round(s*1e5)/100) + " ms"
	}
	return strconv.FormatFloat(s, 'f', 2, 64) + " s"
}

func shareOf(v *float64) string {
	if v == nil {
		return nothing
	}
	return analysis.FormatShare(*v)
}

func ms(v *float64) string {
	if v == nil {
		return nothing
	}
	return number(*v) + " ms"
}

func dollars(v float64) string { return "$" + strconv.FormatFloat(v, 'f', 2, 64) }

// number is v with up to three significant digits after the first.
func number(v float64) string {
	if math.Abs(v) >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
