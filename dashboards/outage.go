package dashboards

import "time"

// minOutage is how many failures in a row make an outage; a shorter streak under a
// partial failure is chance.
const minOutage = 10

// maxReorder bounds how many requests may be waited for. Beyond it the missing ones
// are given up: a live number must not stop because one answer is lost.
const maxReorder = 1 << 16

// outage is a finished stretch without service, in lab time since the run's zero.
type outage struct{ from, to time.Duration }

// outageMeter finds the outages of one cell while requests finish in any order. Its
// zero value is ready to use. It is a fold over the requests in the order of their
// numbers: an outage runs from the intended send of the first failure to that of the
// next good answer.
type outageMeter struct {
	// next is the number of the first request that is not folded yet; ring holds the
	// later ones that are known, at their number modulo its length.
	next uint64
	last uint64
	ring []waiting

	streak       int
	from, folded time.Duration
	// added is downtime that was found and not yet taken, ended the outages.
	added time.Duration
	ended []outage
}

type waiting struct {
	intended time.Duration
	known    bool
	kind     evidence
}

// evidence is what a request says about the service.
type evidence uint8

const (
	good evidence = iota
	bad
	// silent is a request that was never sent: it says nothing about the service and
	// neither makes nor ends an outage.
	silent
)

// add takes request number seq.
func (m *outageMeter) add(seq uint64, intended time.Duration, kind evidence) {
	if seq < m.next {
		return
	}
	if seq-m.next >= maxReorder {
		first := seq - maxReorder + 1
		for m.next < first && m.next <= m.last {
			m.step()
		}
		m.next = max(m.next, first)
	}
	for seq-m.next >= uint64(len(m.ring)) {
		m.grow()
	}
	m.ring[seq%uint64(len(m.ring))] = waiting{intended: intended, known: true, kind: kind}
	m.last = max(m.last, seq)
	for m.ring[m.next%uint64(len(m.ring))].known {
		m.step()
	}
}

// grow doubles the ring and puts what waits where the new length wants it.
func (m *outageMeter) grow() {
	old := m.ring
	m.ring = make([]waiting, max(1024, 2*len(old)))
	for i := range uint64(len(old)) {
		seq := m.next + i
		m.ring[seq%uint64(len(m.ring))] = old[seq%uint64(len(old))]
	}
}

// step folds the request numbered next, or gives it up when it is not known.
func (m *outageMeter) step() {
	if len(m.ring) == 0 {
		m.next++
		return
	}
	slot := &m.ring[m.next%uint64(len(m.ring))]
	w := *slot
	*slot = waiting{}
	m.next++
	switch {
	case !w.known || w.kind == silent:
	case w.kind == bad:
		if m.streak == 0 {
			m.from, m.folded = w.intended, w.intended
		}
		m.streak++
		m.count(w.intended)
	default:
		m.count(w.intended)
		if m.streak >= minOutage {
			m.ended = append(m.ended, outage{m.from, w.intended})
		}
		m.streak = 0
	}
}

// count adds the downtime up to t once the streak is long enough. It grows with
// each further failure, so the sum at the end is the outage's length and a scrape in
// its midst sees the part that is over.
func (m *outageMeter) count(t time.Duration) {
	if m.streak >= minOutage && t > m.folded {
		m.added += t - m.folded
		m.folded = t
	}
}

// take is the downtime found and the outages ended since the last call.
func (m *outageMeter) take() (time.Duration, []outage) {
	added, ended := m.added, m.ended
	m.added, m.ended = 0, nil
	return added, ended
}
