package results

import (
	"math/rand/v2"
	"testing"
	"time"

	"showdown"
)

// Requests that were sent late come in the order in which they were sent, all of them, and
// few wait.
func TestSentOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var last time.Duration
	count, most := 0, 0
	o := sentOrder{fn: func(h *showdown.Hit) error {
		if h.Sent < last {
			t.Fatalf("hit %d was sent at %v, after one at %v", h.Seq, h.Sent, last)
		}
		last = h.Sent
		count++
		return nil
	}}
	const n = 50_000
	for i := range n {
		at := time.Duration(i) * time.Millisecond
		h := showdown.Hit{Seq: uint64(i), Intended: at, Sent: at + time.Duration(rng.IntN(3_000_000))}
		if i > 20_000 && i < 20_400 { // the generator stalls
			h.Sent = 20_400*time.Millisecond + time.Duration(rng.IntN(5_000_000))
		}
		if err := o.add(&h); err != nil {
			t.Fatal(err)
		}
		most = max(most, len(o.waiting)-o.head)
	}
	if err := o.close(); err != nil || count != n {
		t.Errorf("%d of %d came, %v", count, n, err)
	}
	if most > 500 {
		t.Errorf("%d waited", most)
	}
}
