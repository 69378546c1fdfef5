package attack

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"showdown"
)

// slot is what is known of one request between the moment at which the pacer lets
// it go and the moment at which its result is collected. vegeta carries only its
// own sequence number from one to the other, so slots are found by that.
type slot struct {
	// seq and intended come from the pacer. seq differs from vegeta's number, which
	// does not count dropped requests.
	seq      uint64
	intended time.Duration
	// The rest comes from the transport.
	client            uint32
	status            uint16
	outcome           showdown.Outcome
	reused            bool
	bytesIn, bytesOut uint32
	backend, address  string
	// age is how old the client's answer of the name servers was at the send.
	age time.Duration
	// endpoint and reason are of a scenario's request.
	endpoint, reason string
	// response is what vegeta's client gets; it lives here to spare an allocation.
	response http.Response
}

const (
	chunkSize = 256
	// directory times chunkSize is how far apart, in requests, two requests in
	// flight may be.
	directory = 1 << 14
)

// slots finds a slot by vegeta's number. Numbers are opened in order by the pacer
// and closed in any order by the collector; memory is bounded by the chunks that
// hold an open one.
type slots struct {
	directory [directory]atomic.Pointer[chunk]

	mu   sync.Mutex
	free []*chunk
}

type chunk struct {
	// open counts down to 0, when the chunk can be used again.
	open  int
	slots [chunkSize]slot
}

// open makes the slot of number n, which must be one more than the last. It is nil
// while a request is in flight that is so much older that it has the same place.
func (s *slots) open(n uint64) *slot {
	place := &s.directory[n/chunkSize%directory]
	c := place.Load()
	if n%chunkSize == 0 {
		if c != nil {
			return nil
		}
		c = s.chunk()
		place.Store(c)
	}
	return &c.slots[n%chunkSize]
}

// at is the open slot of number n.
func (s *slots) at(n uint64) *slot {
	return &s.directory[n/chunkSize%directory].Load().slots[n%chunkSize]
}

// close says that the slot of number n is not used any more. Only one goroutine
// may close.
func (s *slots) close(n uint64) {
	place := &s.directory[n/chunkSize%directory]
	c := place.Load()
	if c.open--; c.open > 0 {
		return
	}
	place.Store(nil)
	s.mu.Lock()
	s.free = append(s.free, c)
	s.mu.Unlock()
}

func (s *slots) chunk() *chunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	var c *chunk
	if n := len(s.free); n > 0 {
		c, s.free = s.free[n-1], s.free[:n-1]
	} else {
		c = new(chunk)
	}
	c.open = chunkSize
	return c
}
