package analysis

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unit is what a value of the language of claims is measured in. It is known when an
// expression is compiled, so that seconds are never compared with shares.
type unit int

const (
	plain unit = iota
	// awsSeconds is AWS time, realSeconds a latency, which no speed divides. The two
	// run on different clocks and are never compared.
	awsSeconds
	realSeconds
	// timeLiteral is a written duration: it takes the clock of what it is compared with.
	timeLiteral
	share
	// shareLiteral is a written percentage.
	shareLiteral
	rate
	dollars
	count
	truth
	text
	window
	// anything is a fact, whose type the record decides.
	anything
)

// String is the unit in the words of an error message.
func (u unit) String() string {
	switch u {
	case awsSeconds:
		return "AWS time"
	case realSeconds:
		return "a latency in real time"
	case timeLiteral:
		return "a duration"
	case share, shareLiteral:
		return "a share"
	case rate:
		return "requests per second"
	case dollars:
		return "dollars a month"
	case count:
		return "a count"
	case truth:
		return "true or false"
	case text:
		return "text"
	case window:
		return "a window"
	case anything:
		return "a fact"
	}
	return "a number"
}

// comparable says whether values of u and v can be compared, added or subtracted.
func (u unit) comparable(v unit) bool {
	if u == v || u == anything || v == anything {
		return true
	}
	is := func(a, b unit) bool { return u == a && v == b || u == b && v == a }
	switch {
	case is(timeLiteral, awsSeconds), is(timeLiteral, realSeconds), is(share, shareLiteral):
		return true
	case u == plain || v == plain:
		other := u
		if u == plain {
			other = v
		}
		return other == share || other == shareLiteral || other == rate || other == dollars || other == count
	case is(count, rate), is(count, shareLiteral), is(rate, shareLiteral):
		return false
	}
	return false
}

// format is value in unit u for people.
func (u unit) format(value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case string:
		return v
	case float64:
		return u.formatNumber(v)
	case nil:
		return "nothing"
	}
	return fmt.Sprint(value)
}

func (u unit) formatNumber(v float64) string {
	switch u {
	case awsSeconds, timeLiteral:
		return FormatSeconds(v)
	case realSeconds:
		return digits(v*1000) + " ms"
	case share, shareLiteral:
		return FormatShare(v)
	case rate:
		return digits(v) + "/s"
	case dollars:
		return "$" + strconv.FormatFloat(v, 'f', 2, 64)
	case count:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return digits(v)
}

// FormatSeconds is seconds of AWS time for people, to a tenth of a second from ten
// seconds on and with three digits below: "88.1 s", "600 s", "0.29 s".
func FormatSeconds(v float64) string {
	if math.Abs(v) >= 10 {
		return trimZeros(strconv.FormatFloat(v, 'f', 1, 64)) + " s"
	}
	return digits(v) + " s"
}

// FormatShare is a share as a percentage for people. It never rounds to 100 % or 0 %
// what is not: "99.99 %".
func FormatShare(v float64) string {
	p := v * 100
	for prec := 1; prec <= 6; prec++ {
		s := strconv.FormatFloat(p, 'f', prec, 64)
		rounded, _ := strconv.ParseFloat(s, 64)
		if (rounded == 100) == (p == 100) && (rounded == 0) == (p == 0) {
			return trimZeros(s) + " %"
		}
	}
	return strconv.FormatFloat(p, 'g', 6, 64) + " %"
}

// digits is v with three significant digits, and all digits before the point.
func digits(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsInf(v, 0) || math.IsNaN(v):
		return "not a number"
	case a >= 100 || a == 0:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return trimZeros(strconv.FormatFloat(v, 'f', 1, 64))
	case a >= 1:
		return trimZeros(strconv.FormatFloat(v, 'f', 2, 64))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
