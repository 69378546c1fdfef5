package machine

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// memoryInUse is the share of the type's memory that the system and a healthy
// application take. Ten percent are about what a Linux system with one small server
// takes of the 1 GiB of a t2.micro.
const memoryInUse = 0.1

// memory counts the memory that a machine would have in use. None of it is taken, so
// that a lab of leaking machines leaves its host alone. What happens when it is full
// is somebody else's decision: it stays full.
type memory struct {
	mu     sync.Mutex
	total  float64 // MiB; 0 where the type's memory was not told
	leaked float64 // MiB, until since
	rate   float64 // MiB per second of lab time
	since  time.Time
}

// used is the memory in use, in MiB. mu is not held.
func (m *memory) used(at time.Time) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.usedAt(at)
}

func (m *memory) usedAt(at time.Time) float64 {
	leaked := m.leaked
	if m.rate > 0 {
		leaked += m.rate * at.Sub(m.since).Seconds()
	}
	return min(m.total*memoryInUse+leaked, m.total)
}

// leak lets share of the memory leak per second of lab time from now on. What has
// leaked already stays.
func (m *memory) leak(at time.Time, share float64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case !(share > 0) || math.IsInf(share, 1):
		return fmt.Errorf("a leak of %g of the memory per second: write a number above 0", share)
	case m.total == 0:
		return errors.New("nothing can leak: the capacity does not say the memory, set memory_mib")
	}
	m.leaked = m.usedAt(at) - m.total*memoryInUse
	m.rate, m.since = share*m.total, at
	return nil
}

// release ends the leak and gives back what leaked.
func (m *memory) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leaked, m.rate = 0, 0
}
