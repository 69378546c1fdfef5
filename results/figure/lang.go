package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Lang is a language that figures are written in.
type Lang string

// The languages.
const (
	English Lang = "en"
	French  Lang = "fr"
)

// Langs lists the languages.
func Langs() []Lang { return []Lang{English, French} }

// LangNamed is the language of that name.
func LangNamed(name string) (Lang, error) {
	for _, l := range Langs() {
		if string(l) == name {
			return l, nil
		}
	}
	return "", fmt.Errorf("no language %q: there are en and fr", name)
}

// say is an English text in the language, with its arguments filled in. Every text has
// its French in the tables of french.go.
func (l Lang) say(english string, args ...any) string {
	text := english
	if l == French {
		for _, table := range frenchTables() {
			if f, ok := table[english]; ok {
				text = frenchSpaces.Replace(f)
				break
			}
		}
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// frenchSpaces are the spaces before signs in French, which keep them on the line.
var frenchSpaces = strings.NewReplacer(" :", "\u00a0:", " ;", "\u202f;", " ?", "\u202f?", " !", "\u202f!", " %%", "\u202f%%")

const (
	// thinSpace is the narrow space that does not break, which French has before % and among
	// the digits of a large number; fixedSpace the usual one, before units.
	thinSpace  = "\u202f"
	fixedSpace = "\u00a0"
)

// decimals is v with exactly so many decimals.
func (l Lang) decimals(v float64, n int) string {
	text := strconv.FormatFloat(v, 'f', n, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	whole, part, pointed := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "−", whole[1:]
	}
	if len(whole) > 4 { // 2580, but 12 000
		var groups []string
		for len(whole) > 3 {
			groups = append([]string{whole[len(whole)-3:]}, groups...)
			whole = whole[:len(whole)-3]
		}
		whole = strings.Join(append([]string{whole}, groups...), thinSpace)
	}
	if !pointed {
		return sign + whole
	}
	point := "."
	if l == French {
		point = ","
	}
	return sign + whole + point + part
}

// number is v with three significant digits and all digits before the point.
func (l Lang) number(v float64) string {
	a := math.Abs(v)
	n := 0
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "?"
	case a >= 99.95 || a == 0:
	case a >= 9.995:
		n = 1
	case a >= 0.9995:
		n = 2
	default:
		n = min(2-int(math.Floor(math.Log10(a))), 9)
	}
	text := strconv.FormatFloat(v, 'f', n, 64)
	if n > 0 {
		text = strings.TrimRight(text, "0")
		_, part, _ := strings.Cut(text, ".")
		n = len(part)
	}
	return l.decimals(v, n)
}

// count is a whole number.
func (l Lang) count(n uint64) string { return l.decimals(float64(n), 0) }

// seconds is AWS seconds for people: "88.1 s", "313 s".
func (l Lang) seconds(v float64) string {
	if math.Abs(v) >= 10 {
		text := strconv.FormatFloat(v, 'f', 1, 64)
		if strings.HasSuffix(text, ".0") {
			return l.decimals(v, 0) + fixedSpace + "s"
		}
		return l.decimals(v, 1) + fixedSpace + "s"
	}
	return l.number(v) + fixedSpace + "s"
}

// ms is a latency of so many milliseconds.
func (l Lang) ms(v float64) string { return l.number(v) + fixedSpace + "ms" }

// rate is requests per second of the lab.
func (l Lang) rate(v float64) string { return l.number(v) + "/s" }

// share is a share as a percentage. It never rounds to 100 % or 0 % what is not.
func (l Lang) share(v float64) string {
	p := v * 100
	space := fixedSpace
	if l == French {
		space = thinSpace
	}
	for n := 1; n <= 6; n++ {
		text := strconv.FormatFloat(p, 'f', n, 64)
		rounded, _ := strconv.ParseFloat(text, 64)
		if (rounded == 100) != (p == 100) || (rounded == 0) != (p == 0) {
			continue
		}
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		_, part, _ := strings.Cut(text, ".")
		return l.decimals(rounded, len(part)) + space + "%"
	}
	return l.number(p) + space + "%"
}

// dollars is an amount of money.
func (l Lang) dollars(v float64) string {
	if l == French {
		return l.decimals(v, 2) + fixedSpace + "$"
	}
	return "$" + l.decimals(v, 2)
}

// list joins texts with commas and a last "and".
func (l Lang) list(texts []string) string {
	switch n := len(texts); n {
	case 0:
		return ""
	case 1:
		return texts[0]
	default:
		return l.say("%s and %s", strings.Join(texts[:n-1], ", "), texts[n-1])
	}
}

// plain is a value in a CSV.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ""
		}
		return strconv.FormatFloat(round(v, 6), 'f', -1, 64)
	case *float64:
		if v == nil {
			return ""
		}
		return plain(*v)
	}
	return fmt.Sprint(v)
}

// plainCount is a whole number without groups: a seed is copied.
func (l Lang) plainCount(n uint64) string { return strconv.FormatUint(n, 10) }
