package results

import (
	"math"

	"showdown"
)

// prefix follows how far a gapless sequence has come whose numbers arrive out of
// order. Its zero value has seen nothing.
type prefix struct {
	// next is the lowest number that has not come.
	next uint64
	// ahead are the numbers that came too early, apart and in order.
	ahead, spare []span
}

// span is the numbers from from to before to.
type span struct{ from, to uint64 }

// add takes in the numbers of hits, which are sorted, and returns next. A number
// behind which more than [maxWaiting] others wait is given up.
func (p *prefix) add(hits []showdown.Hit) uint64 {
	merged := p.spare[:0]
	push := func(s span) {
		if n := len(merged); n > 0 && s.from <= merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
			return
		}
		merged = append(merged, s)
	}
	early := p.ahead
	for i := 0; i < len(hits); {
		s := span{hits[i].Seq, hits[i].Seq + 1}
		if s.from == math.MaxUint64 {
			break
		}
		for i++; i < len(hits) && hits[i].Seq <= s.to && hits[i].Seq < math.MaxUint64; i++ {
			s.to = hits[i].Seq + 1
		}
		for len(early) > 0 && early[0].from <= s.from {
			push(early[0])
			early = early[1:]
		}
		push(s)
	}
	for _, s := range early {
		push(s)
	}
	waiting := uint64(0)
	for _, s := range merged {
		waiting += s.to - s.from
	}
	done := 0
	for done < len(merged) && (merged[done].from <= p.next || waiting > maxWaiting) {
		waiting -= merged[done].to - merged[done].from
		p.next = max(p.next, merged[done].to)
		done++
	}
	p.spare = p.ahead[:0]
	p.ahead = append(merged[:0], merged[done:]...)
	return p.next
}
