package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"showdown/results"
)

// The requests of a scenario stand in a table, and why they were wrong in another, the
// most frequent reasons by name.
func TestEndpoints(t *testing.T) {
	s := vertical()
	s.Endpoints = []results.Endpoint{
		{Name: "log\x1b[2Jin", Requests: results.Requests{Scheduled: 1200, Outcomes: map[string]uint64{"wrong": 7}}, Availability: ptr(0.5), LatencyMS: results.Percentiles{P50: ptr(1.5), P99: ptr(9)}},
		{Name: "checkout"},
	}
	s.RequestReasons = map[string]uint64{"the status is not 200": 90}
	for i := range 12 {
		s.RequestReasons[fmt.Sprintf("rare %02d", i)] = 1
	}
	var out bytes.Buffer
	if err := Terminal(&out, s, false); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"log[2Jin 1200 50 % 1.5 ms 9 ms 7", "checkout 0 - - - 0", "reason requests the status is not 200 90 rare 00 1", "3 further reasons 3",
	} {
		if !strings.Contains(strings.ReplaceAll(text, "log [2Jin", "log[2Jin"), want) {
			t.Errorf("the report has no %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b[2J") || strings.Contains(out.String(), "rare 10") {
		t.Errorf("the report has what it should not:\n%s", out.String())
	}
}
