package attack

import (
	"fmt"
	"testing"

	"showdown"
)

// BenchmarkPlain is one plain request on a connection that is kept, without vegeta: its
// allocations are those that every request costs.
func BenchmarkPlain(b *testing.B) {
	a := benchAttack(b, showdown.Pinned, 1, benchServer(b, "127.0.0.3"), 0)
	b.ReportAllocs()
	var s slot
	for b.Loop() {
		a.serve(&s)
		if s.outcome != showdown.OK {
			b.Fatal(s.outcome)
		}
		s.seq++
	}
}

// BenchmarkScript is one step of a script that is filled in from values, checked, and a
// value extracted from, on a connection that is kept.
func BenchmarkScript(b *testing.B) {
	port := benchServer(b, "127.0.0.3")
	clock, err := showdown.NewClock(1)
	if err != nil {
		b.Fatal(err)
	}
	a, err := New(Config{
		Cell: "bench", Clock: clock, Seed: 1, Sink: func([]showdown.Hit) {},
		Endpoints: []Endpoint{{Name: "web-1", Address: fmt.Sprintf("127.0.0.3:%d", port)}},
		Traffic: showdown.Traffic{
			Clients: 1, Profile: showdown.Pinned, Timeout: 2 * showdown.Minute,
			Phases: []showdown.Phase{{Name: "all", Rate: 1, For: showdown.Hour}},
			Scenario: showdown.Scenario{Script: []showdown.Request{
				{Name: "first", Path: "/first", Extract: map[string]showdown.Extract{"who": {Header: "X-Instance"}}, Check: &showdown.Check{Contains: "ok"}},
				{Name: "second", Path: "/second/{{who}}"},
			}},
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	a.ctx = b.Context()
	b.Cleanup(a.lines.closeAll)
	b.ReportAllocs()
	var s slot
	for b.Loop() {
		a.serve(&s)
		if s.outcome != showdown.OK {
			b.Fatal(s.outcome, s.reason)
		}
		s.seq++
	}
}
