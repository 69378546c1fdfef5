package play

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"showdown"
)

func TestUnlessAborted(t *testing.T) {
	aborted := fmt.Errorf("%w: x", errAborted)
	full := errors.New("no space left on device")
	for name, tt := range map[string]struct{ err, want error }{
		"nothing":           {nil, nil},
		"aborted":           {aborted, nil},
		"aborted, joined":   {errors.Join(aborted, nil), nil},
		"another":           {full, full},
		"both":              {errors.Join(aborted, full), full},
		"interrupted":       {context.Canceled, context.Canceled},
		"deep, both":        {errors.Join(errors.Join(nil, aborted), errors.Join(full)), full},
		"an aborted cell's": {fmt.Errorf("cell base: %w", aborted), nil},
	} {
		got := unlessAborted(tt.err)
		if tt.want == nil && got != nil || tt.want != nil && !errors.Is(got, tt.want) || errors.Is(got, errAborted) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestAbortsOf(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	stage := &showdown.Stage{AbortIf: []showdown.Abort{
		{If: "availability(last(30s)) < 50%"}, {If: "failed(last(30s)) > 10", Cell: "other"}, {If: "availability(whole()) < 50%", Cell: "wrong"},
	}}
	for cell, want := range map[string]string{showdown.BaseCell: "live", "other": "live", "third": "none", "wrong": "column 14"} {
		live, err := abortsOf(stage, &showdown.Cell{Name: cell}, clock)
		got := "none"
		if live != nil {
			got = "live"
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("cell %s: %s, want %s", cell, got, want)
		}
	}
}
