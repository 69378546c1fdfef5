package cloud

import "sync"

// Outbox sends what was put into it, one at a time and in that order, outside of every
// lock: who receives it may call the sender. Its zero value sends nothing; set Send
// before it is used.
type Outbox[T any] struct {
	Send func(T)

	mu      sync.Mutex
	queue   []T
	sending bool
}

// Put adds to what is to be sent. It may be called with any lock held.
func (o *Outbox[T]) Put(v T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue = append(o.queue, v)
}

// Flush sends what is there. Where somebody is sending already, that one takes it along.
func (o *Outbox[T]) Flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sending {
		return
	}
	o.sending = true
	for len(o.queue) > 0 {
		v := o.queue[0]
		o.queue = o.queue[1:]
		o.mu.Unlock()
		if o.Send != nil {
			o.Send(v)
		}
		o.mu.Lock()
	}
	o.sending = false
}
