package route53

import (
	"net/netip"
	"sync"

	"showdown"
)

// outbox sends events in the order in which they were added, outside of every lock.
type outbox struct {
	emit func(showdown.Event)
	// names finds whom an event with an address is about; it is asked when the event is
	// sent, since it belongs to somebody who has locks of their own.
	names func(netip.Addr) string

	mu      sync.Mutex
	queue   []letter
	sending bool
}

// letter is an event on its way; about is valid when its target is still to be named.
type letter struct {
	showdown.Event
	about netip.Addr
}

func (o *outbox) add(kind showdown.EventKind, target string, data map[string]any) {
	o.push(letter{Event: showdown.Event{Kind: kind, Source: "route53", Target: target, Data: data}})
}

// addAbout adds an event whose target is the instance at an address.
func (o *outbox) addAbout(kind showdown.EventKind, about netip.Addr, data map[string]any) {
	o.push(letter{showdown.Event{Kind: kind, Source: "route53", Target: about.String(), Data: data}, about})
}

func (o *outbox) push(l letter) {
	o.mu.Lock()
	o.queue = append(o.queue, l)
	o.mu.Unlock()
}

func (o *outbox) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sending {
		return
	}
	o.sending = true
	for len(o.queue) > 0 {
		l := o.queue[0]
		o.queue = o.queue[1:]
		o.mu.Unlock()
		if l.about.IsValid() && o.names != nil {
			if name := o.names(l.about); name != "" {
				l.Target = name
			}
		}
		if o.emit != nil {
			o.emit(l.Event)
		}
		o.mu.Lock()
	}
	o.sending = false
}
