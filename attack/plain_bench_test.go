package attack

import (
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
