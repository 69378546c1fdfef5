package showdown_test

import (
	"testing"

	"showdown"
)

// A percentage is the same number as its decimal fraction, so that a stage read back
// from a record judges as the one that was played.
func TestShareReadsPercentagesExactly(t *testing.T) {
	for text, want := range map[string]showdown.Share{"99.9%": 0.999, "0.999": 0.999, "7%": 0.07, "33.3 %": 0.333, "100%": 1, "0%": 0} {
		var got showdown.Share
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is %v, error %v, want %v", text, float64(got), err, float64(want))
		}
	}
	for _, text := range []string{"101%", "-1%", "x", "NaN", ""} {
		if err := new(showdown.Share).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
