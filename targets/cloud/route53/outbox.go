package route53

import (
	"net/netip"

	"showdown"
	"showdown/targets/cloud"
)

// outbox sends the zone's events.
type outbox struct{ cloud.Outbox[letter] }

// letter is an event on its way; about is valid when its target is still to be named.
type letter struct {
	showdown.Event
	about netip.Addr
}

// newOutbox sends events to emit, where it is not nil. names finds whom an event with an
// address is about; it is asked when the event is sent, since it belongs to somebody who
// has locks of their own.
func newOutbox(emit func(showdown.Event), names func(netip.Addr) string) outbox {
	return outbox{cloud.Outbox[letter]{Send: func(l letter) {
		if l.about.IsValid() && names != nil {
			if name := names(l.about); name != "" {
				l.Target = name
			}
		}
		if emit != nil {
			emit(l.Event)
		}
	}}}
}

func (o *outbox) add(kind showdown.EventKind, target string, data map[string]any) {
	o.Put(letter{Event: showdown.Event{Kind: kind, Source: "route53", Target: target, Data: data}})
}

// addAbout adds an event whose target is the instance at an address.
func (o *outbox) addAbout(kind showdown.EventKind, about netip.Addr, data map[string]any) {
	o.Put(letter{showdown.Event{Kind: kind, Source: "route53", Target: about.String(), Data: data}, about})
}
