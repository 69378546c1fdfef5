package live

import (
	"encoding/json"
	"errors"
	"math"
)

// ErrFull is the error of a viewer beyond those that a hub serves.
var ErrFull = errors.New("too many viewers")

// message is an encoded message of a viewer's stream: text is what every viewer gets, data
// the part of it that is JSON.
type message struct {
	seq        uint64
	name       string
	text, data []byte
}

// viewer is one stream. It is full when it has lost a message, and is then told everything
// anew.
type viewer struct {
	messages chan message
	full     bool
}

// send encodes a message once and hands it to every viewer.
func (h *Hub) send(name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		return // a value of ours always encodes
	}
	h.seq++
	m := h.framed(h.seq, name, data)
	if h.past = append(h.past, m); len(h.past) > 2*backlog {
		h.past = append(h.past[:0], h.past[backlog:]...)
	}
	for v := range h.viewers {
		if v.full {
			continue
		}
		select {
		case v.messages <- m:
		default:
			v.full = true
		}
	}
}

// announce tells everybody everything anew.
func (h *Hub) announce() {
	for _, c := range h.cells {
		c.shown, c.dirty = h.limit(c), math.MaxInt
	}
	h.send("hello", h.hello())
}

// join begins a stream. A viewer who has seen everything up to message last of this server
// is told what came since, another one everything.
func (h *Hub) join(server string, last uint64) (*viewer, []message, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.viewers) >= maxViewers {
		return nil, nil, ErrFull
	}
	v := &viewer{messages: make(chan message, waiting)}
	h.viewers[v] = true
	if missed := h.seq - last; server == h.server && last <= h.seq && missed <= uint64(len(h.past)) {
		return v, append([]message{}, h.past[len(h.past)-int(missed):]...), nil
	}
	return v, []message{h.greeting()}, nil
}

// greeting is a hello for one viewer, which is as old as the newest message. All who come before
// the next message get the same: a class that comes back at once costs one.
func (h *Hub) greeting() message {
	if h.greeted.seq == h.seq && h.greeted.text != nil {
		return h.greeted
	}
	data, err := json.Marshal(h.hello())
	if err != nil {
		data = []byte("{}") // a value of ours always encodes
	}
	h.greeted = h.framed(h.seq, "hello", data)
	return h.greeted
}

// again is what a viewer who has lost messages is told; ok is false for one who has not.
func (h *Hub) again(v *viewer) (m message, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !v.full {
		return m, false
	}
	for len(v.messages) > 0 {
		<-v.messages
	}
	v.full = false
	return h.greeting(), true
}

func (h *Hub) leave(v *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.viewers, v)
}
