package results

import "showdown"

// sentOrder puts hits that come in the order of their intended times into that in which they
// were sent, which differs where the generator was late. It holds back no more than what was
// late at once.
type sentOrder struct {
	fn func(h *showdown.Hit) error
	// waiting is sorted by Sent from head on.
	waiting []showdown.Hit
	head    int
}

// add takes the next hit, and calls fn with what was sent before all that is still to come:
// nothing is sent before it is due.
func (o *sentOrder) add(h *showdown.Hit) error {
	due := h.Intended
	for o.head < len(o.waiting) && (o.waiting[o.head].Sent <= due || len(o.waiting)-o.head >= maxWaiting) {
		if err := o.fn(&o.waiting[o.head]); err != nil {
			return err
		}
		o.head++
	}
	if o.head == len(o.waiting) {
		o.waiting, o.head = o.waiting[:0], 0
	} else if o.head > len(o.waiting)/2 && o.head > writeBlockHits {
		o.waiting = o.waiting[:copy(o.waiting, o.waiting[o.head:])]
		o.head = 0
	}
	// What was late at once was sent nearly in order, so that the place is near the end.
	i := len(o.waiting)
	for o.waiting = append(o.waiting, *h); i > o.head && o.waiting[i-1].Sent > h.Sent; i-- {
		o.waiting[i] = o.waiting[i-1]
	}
	o.waiting[i] = *h
	return nil
}

// close calls fn with the rest.
func (o *sentOrder) close() error {
	for ; o.head < len(o.waiting); o.head++ {
		if err := o.fn(&o.waiting[o.head]); err != nil {
			return err
		}
	}
	return nil
}
