package dashboards

import (
	"time"

	"showdown"
)

const (
	// rateSlot is the resolution of the goodput gauge and rateSlots the number of
	// slots kept: more than the window, so that late batches still find theirs.
	rateSlot  = 100 * time.Millisecond
	rateSlots = 64
	// rateWindow is what the gauge is a mean over, and rateLag how far its end lies
	// back: a batch comes up to 100 ms after its requests are complete.
	rateWindow = time.Second
	rateLag    = 200 * time.Millisecond
)

// rateMeter counts good answers by the moment they were complete. Its zero value is
// ready to use.
type rateMeter struct {
	slots [rateSlots]struct {
		index int64
		n     int
	}
}

// add counts a good answer that was complete at lab time t.
func (m *rateMeter) add(t time.Duration) {
	index := int64(t / rateSlot)
	s := &m.slots[uint64(index)%rateSlots]
	if index < s.index {
		return
	}
	if s.index != index {
		s.index, s.n = index, 0
	}
	s.n++
}

// rate is the good answers per second in the window that ends rateLag before now,
// on whole slots.
func (m *rateMeter) rate(now time.Duration) float64 {
	end := int64((now - rateLag) / rateSlot)
	n := 0
	for i := end - int64(rateWindow/rateSlot); i < end; i++ {
		if i < 0 {
			continue
		}
		if s := m.slots[uint64(i)%rateSlots]; s.index == i {
			n += s.n
		}
	}
	return float64(n) / rateWindow.Seconds()
}

// offeredAt is the rate that the segments ask for at lab time t; 0 outside them.
func offeredAt(segments []showdown.Segment, t time.Duration) float64 {
	for _, s := range segments {
		if t >= s.Start && t < s.End {
			return max(0, s.Rate(t))
		}
	}
	return 0
}
