package compare

import (
	"math"
	"strconv"
	"strings"

	"showdown/results/analysis"
)

// Unit is what a number is measured in.
type Unit string

// The units of numbers.
const (
	// Share is 0 to 1, written as a percentage.
	Share Unit = "share"
	// AWSSeconds are seconds of AWS time.
	AWSSeconds Unit = "aws_seconds"
	// Milliseconds are real ones, of a latency.
	Milliseconds Unit = "ms"
	// Rate is requests per lab second.
	Rate Unit = "per_second"
	// Dollars are US dollars a month.
	Dollars Unit = "usd_month"
	// Count is a number of requests.
	Count Unit = "count"
)

// Never is what is written for something that did not happen.
const Never = "never"

// Format is v for people: "88.1 s", "99.2 %", "never".
func (u Unit) Format(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case math.IsInf(v, 1):
		return Never
	case math.IsInf(v, -1):
		return "from " + Never
	}
	switch u {
	case Share:
		return formatShare(v)
	case AWSSeconds:
		return analysis.FormatSeconds(v)
	case Milliseconds:
		return digits(v) + " ms"
	case Rate:
		return digits(v) + "/s"
	case Dollars:
		if v < 0 {
			return "-" + u.Format(-v)
		}
		return "$" + strconv.FormatFloat(v, 'f', 2, 64)
	}
	return digits(v)
}

// FormatChange is a difference with its sign: "+3.1 s", "-0.2 points". Differences of
// shares are in percentage points.
func (u Unit) FormatChange(v float64) string {
	switch {
	case math.IsNaN(v):
		return "-"
	case math.IsInf(v, 1):
		return "to " + Never
	case math.IsInf(v, -1):
		return "from " + Never
	case v == 0:
		return "0"
	}
	sign := "+"
	if v < 0 {
		sign = "-"
	}
	if u == Share {
		return sign + digits(math.Abs(v)*100) + " points"
	}
	return sign + u.Format(math.Abs(v))
}

// formatShare is a share with one place after the point, and with one more for each nine:
// 96.4 %, 99.93 %, 99.992 %. It is as [analysis.FormatShare] has it at the ends.
func formatShare(v float64) string {
	if v <= 0.99 || v >= 0.999999 {
		return analysis.FormatShare(v)
	}
	places := 1 + int(math.Floor(-math.Log10(1-v)+1e-9)) - 1
	return trimmed(strconv.FormatFloat(v*100, 'f', places, 64)) + " %"
}

// trimmed is a number without zeros at its end.
func trimmed(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// digits is v with three significant digits, and all digits before the point.
func digits(v float64) string {
	a := math.Abs(v)
	precision := 0
	switch {
	case a == 0 || a >= 100:
	case a >= 10:
		precision = 1
	case a >= 1:
		precision = 2
	default:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return trimmed(strconv.FormatFloat(v, 'f', precision, 64))
}
