package lab

import (
	"showdown"
	"showdown/targets/cloud"
)

// outbox passes the events of the lab's services on.
type outbox struct{ cloud.Outbox[showdown.Event] }

func (o *outbox) add(e showdown.Event) {
	o.Put(e)
	o.Flush()
}
