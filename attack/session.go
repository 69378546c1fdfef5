package attack

import (
	"cmp"
	"container/heap"
	"sync"
	"time"

	"showdown/attack/scenario"
)

// session is how far a client is in its script. It belongs to whoever took it.
type session struct {
	client *client
	// place is the client's place in the order of turns, which decides between sessions
	// that are free since the same time.
	place int
	// step is the next one, and free when the client is free for it.
	step   int
	free   time.Time
	values []scenario.Value
}

// freeSessions are the sessions of a cohort whose clients have no request in flight, by
// the time from which they are free: a client that thinks is among them, and not free yet.
type freeSessions struct {
	mu   sync.Mutex
	list sessionHeap
}

// take is the session that has been free for the longest time; nil when none is. now is
// asked under the lock: before it, a session that another worker gives back meanwhile would
// seem free in the future only.
func (f *freeSessions) take(now func() time.Time) *session {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) == 0 || f.list[0].free.After(now()) {
		return nil
	}
	return heap.Pop(&f.list).(*session)
}

// give takes a session back whose client is free from that time on.
func (f *freeSessions) give(s *session, free time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.free = free
	heap.Push(&f.list, s)
}

// sessionHeap implements heap.Interface.
type sessionHeap []*session

func (h sessionHeap) Len() int { return len(h) }
func (h sessionHeap) Less(i, j int) bool {
	return cmp.Or(h[i].free.Compare(h[j].free), cmp.Compare(h[i].place, h[j].place)) < 0
}
func (h sessionHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push and Pop are called by package heap only.
func (h *sessionHeap) Push(x any) { *h = append(*h, x.(*session)) }

func (h *sessionHeap) Pop() any {
	n := len(*h) - 1
	s := (*h)[n]
	(*h)[n] = nil
	*h = (*h)[:n]
	return s
}
