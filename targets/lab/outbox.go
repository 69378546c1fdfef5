package lab

import (
	"sync"

	"showdown"
)

// outbox passes the events of the lab's services on, one at a time and in the order in
// which they came, outside of every lock.
type outbox struct {
	emit func(showdown.Event)

	mu      sync.Mutex
	queue   []showdown.Event
	sending bool
}

func (o *outbox) add(e showdown.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue = append(o.queue, e)
	if o.sending {
		return // who sends takes it along
	}
	o.sending = true
	for len(o.queue) > 0 {
		e := o.queue[0]
		o.queue = o.queue[1:]
		o.mu.Unlock()
		o.emit(e)
		o.mu.Lock()
	}
	o.sending = false
}
