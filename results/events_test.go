package results

import (
	"path/filepath"
	"strings"
	"testing"

	"showdown"
)

func TestReadEvents(t *testing.T) {
	const (
		first = `{"t":-1,"at":"2026-11-23T10:15:00Z","kind":"run.started","source":"play"}` + "\n"
		last  = `{"t":2,"at":"2026-11-23T10:15:02Z","kind":"run.ended","source":"play","data":{"reason":"finished"}}` + "\n"
	)
	for _, c := range []struct {
		name, file string
		events     int
		complete   bool
		err        string
	}{
		{"empty", "", 0, false, ""},
		{"whole", first + last, 2, true, ""},
		{"no end", first, 1, false, ""},
		{"something after the end", last + first, 2, false, ""},
		{"blank lines", first + "\n  \n" + last + "\n", 2, true, ""},
		{"fields of a later version", `{"kind":"x","new":1}` + "\n", 1, false, ""},
		{"torn in the last line", first + last[:40], 1, false, ""},
		{"torn before the last byte", first + last[:len(last)-1], 2, false, ""},
		{"broken in the middle", first + "{\"t\":\n" + last, 1, false, "events.ndjson:2: not an event: unexpected end of JSON input"},
		{"something else", first + "\n7\n", 1, false, "events.ndjson:3: not an event: json: cannot unmarshal number"},
		{"no kind", "{}\n", 0, false, "events.ndjson:1: not an event: it has no kind"},
		{"endless line", first + strings.Repeat("x", maxEventLine+1), 1, false, "events.ndjson:2: bufio.Scanner: token too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, complete, err := readEvents("events.ndjson", strings.NewReader(c.file))
			if len(events) != c.events || complete != c.complete {
				t.Errorf("%d events, complete %v", len(events), complete)
			}
			if (c.err == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
	for at := range len(first + last) {
		if _, complete, err := readEvents("e", strings.NewReader((first + last)[:at])); complete || err != nil {
			t.Errorf("cut at byte %d: complete %v, error %v", at, complete, err)
		}
	}
}

func TestLastEvent(t *testing.T) {
	r := newRecorder(t)
	path := filepath.Join(r.Dir(), EventsFile)
	if _, ok := lastEvent(path); ok {
		t.Error("an empty log has a last event")
	}
	for i := range 3000 {
		r.Event(showdown.Event{T: float64(i), Kind: "x", Target: strings.Repeat("y", 50)})
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if e, ok := lastEvent(path); !ok || e.T != 2999 {
		t.Errorf("last event %+v, %v", e, ok)
	}
}
