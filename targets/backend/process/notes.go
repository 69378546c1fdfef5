package process

import (
	"sync"

	"showdown/targets/cloud"
)

// notes are what a machine says on its own, on the way to whom it concerns. They have a
// goroutine of their own, so that who is told may ask the machine in turn. nil takes
// notes and drops them.
type notes struct {
	tell func(cloud.Note)

	mu    sync.Mutex
	queue []cloud.Note
	ended bool
	more  chan struct{} // holds a token when there is something new
}

func newNotes(tell func(cloud.Note)) *notes {
	if tell == nil {
		return nil
	}
	return &notes{tell: tell, more: make(chan struct{}, 1)}
}

// put adds a note. It never waits.
func (n *notes) put(note cloud.Note) {
	if n == nil {
		return
	}
	n.mu.Lock()
	n.queue = append(n.queue, note)
	n.mu.Unlock()
	n.wake()
}

// end says that no note comes any more.
func (n *notes) end() {
	if n == nil {
		return
	}
	n.mu.Lock()
	n.ended = true
	n.mu.Unlock()
	n.wake()
}

func (n *notes) wake() {
	select {
	case n.more <- struct{}{}:
	default:
	}
}

// run tells the notes in their order, until the end and all that came before it.
func (n *notes) run() {
	for range n.more {
		for {
			n.mu.Lock()
			queue, ended := n.queue, n.ended
			n.queue = nil
			n.mu.Unlock()
			for _, note := range queue {
				n.tell(note)
			}
			if len(queue) == 0 {
				if ended {
					return
				}
				break
			}
		}
	}
}
