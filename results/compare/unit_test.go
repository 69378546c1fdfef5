package compare

import (
	"math"
	"testing"
)

func TestFormat(t *testing.T) {
	tests := []struct {
		unit         Unit
		v            float64
		text, change string
	}{
		{Share, 0, "0 %", "0"},
		{Share, 1, "100 %", "+100 points"},
		{Share, 0.964, "96.4 %", "+96.4 points"},
		{Share, 0.9934, "99.34 %", "+99.3 points"},
		{Share, 0.99927, "99.927 %", "+99.9 points"},
		{Share, 0.0005, "0.1 %", "+0.05 points"},
		{AWSSeconds, 902, "902 s", "+902 s"},
		{AWSSeconds, -0.448, "-0.448 s", "-0.448 s"},
		{Milliseconds, 10.94, "10.9 ms", "+10.9 ms"},
		{Milliseconds, 1.204, "1.2 ms", "+1.2 ms"},
		{Rate, 300, "300/s", "+300/s"},
		{Dollars, 105.124, "$105.12", "+$105.12"},
		{Dollars, -2, "-$2.00", "-$2.00"},
		{Count, 12345, "12345", "+12345"},
		{AWSSeconds, math.Inf(1), "never", "to never"},
		{AWSSeconds, math.Inf(-1), "from never", "from never"},
		{AWSSeconds, math.NaN(), "-", "-"},
	}
	for _, test := range tests {
		if got := test.unit.Format(test.v); got != test.text {
			t.Errorf("%v in %s is %q, want %q", test.v, test.unit, got, test.text)
		}
		if got := test.unit.FormatChange(test.v); got != test.change {
			t.Errorf("a change of %v in %s is %q, want %q", test.v, test.unit, got, test.change)
		}
	}
}
