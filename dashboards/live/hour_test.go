package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

// phone is a viewer's end of a stream: it reads for as long as it pleases.
type phone struct {
	header http.Header
	// pause is how long it takes over a message; never is one that reads none.
	pause time.Duration
	never bool

	mu       sync.Mutex
	deadline time.Time

	messages, bytes, code int
}

func (p *phone) Header() http.Header  { return p.header }
func (p *phone) WriteHeader(code int) { p.code = code }
func (p *phone) Flush()               {}

func (p *phone) SetWriteDeadline(at time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = at
	return nil
}

func (p *phone) Write(b []byte) (int, error) {
	p.mu.Lock()
	left := time.Until(p.deadline)
	p.mu.Unlock()
	pause := p.pause
	if p.never {
		pause = left + 1
	}
	if pause > left {
		time.Sleep(left)
		return 0, os.ErrDeadlineExceeded
	}
	if pause > 0 {
		time.Sleep(pause)
	}
	p.messages++
	p.bytes += len(b)
	return len(b), nil
}

// watch opens a stream for that long, and returns when it has ended.
func (p *phone) watch(ctx context.Context, h http.Handler, length time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	p.header = http.Header{}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/api/v1/events", http.NoBody)
	h.ServeHTTP(p, r)
}

// TestHour plays an hour of a lab that keeps running: 80 requests a second, a fault each minute, an
// instance that a group launches each five minutes, and viewers who come, read slowly, do not read at all and go. The heap
// after it is that after ten minutes.
func TestHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(time.Now)
		handler := NewHandler(h, Options{})
		h.Stage(testStage(), testClock(t), []string{showdown.BaseCell})
		h.Started("run-1", nil)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = h.Run(ctx) })
		zero := time.Now()
		for _, e := range testEvents(zero, showdown.BaseCell) {
			if e.T <= 0 {
				h.Event(e)
			}
		}
		var reading, dropped atomic.Int64
		come := func(p *phone, length time.Duration) {
			running.Go(func() {
				before := time.Now()
				p.watch(ctx, handler, length)
				reading.Add(int64(p.messages))
				if ctx.Err() == nil && time.Since(before) < length {
					dropped.Add(1)
				}
			})
		}
		random := rand.New(rand.NewPCG(7, 7))
		const batch = 500 * time.Millisecond
		heap := map[int]uint64{}
		largest := 0
		letters := 0
		for step := 0; ; step++ {
			time.Sleep(batch - time.Since(zero)%batch)
			lab := time.Since(zero)
			if step%1200 == 1199 || step == 600 {
				synctest.Wait()
				runtime.GC()
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				minute := int(lab.Minutes() + .5)
				heap[minute] = m.HeapAlloc
				h.mu.Lock()
				last := h.past[len(h.past)-1]
				h.mu.Unlock()
				largest = max(largest, len(last.text))
				t.Logf("minute %d: heap %.2f MB, %d goroutines, %d messages read, %d viewers dropped, the newest message has %d bytes", minute, float64(m.HeapAlloc)/1e6, runtime.NumGoroutine(), reading.Load(), dropped.Load(), len(last.text))
			}
			if lab >= time.Hour+time.Second {
				break
			}
			var hits []showdown.Hit
			for i := range 40 {
				at := lab - batch + time.Duration(i)*12500*time.Microsecond
				hit := showdown.Hit{Seq: uint64(step*40 + i), Intended: at, Sent: at, Latency: time.Duration(1+random.IntN(50)) * time.Millisecond}
				if step%120 < 10 && i%3 == 0 {
					hit.Outcome = showdown.HTTP5xx
				}
				hits = append(hits, hit)
			}
			h.Hits(showdown.BaseCell, hits)
			event := func(kind showdown.EventKind, target string, data map[string]any) {
				h.Event(showdown.Event{T: lab.Seconds() * 60, At: time.Now(), Cell: showdown.BaseCell, Kind: kind, Target: target, Data: data})
			}
			kill := map[string]any{"action": "kill", "targets": []string{"web-2"}}
			letter := fmt.Sprintf("F%d", letters)
			switch step % 120 {
			case 0:
				event(showdown.FaultInjecting, letter, kill)
			case 2:
				event(showdown.FaultConfirmed, letter, kill)
			case 10:
				event(showdown.FaultHealing, letter, kill)
			case 20:
				event(showdown.FaultUndone, letter, kill)
				letters++
			}
			if step%600 == 300 {
				name := fmt.Sprintf("web-asg-%d", step/600)
				event(showdown.ScalingActivity, "web", map[string]any{"description": "Launching a new EC2 instance", "instance": name, "zone": "us-east-1a", "status": "InProgress"})
				event(showdown.InstanceState, name, map[string]any{"to": "pending"})
				event(showdown.TargetState, name, map[string]any{"balancer": "lb", "group": "web", "to": "registered"})
				event(showdown.InstanceState, name, map[string]any{"to": "running"})
				if step > 600 {
					event(showdown.InstanceState, fmt.Sprintf("web-asg-%d", step/600-1), map[string]any{"to": "terminated"})
				}
			}
			if step%80 == 0 {
				come(&phone{}, time.Duration(30+random.IntN(60))*time.Second)
			}
			if step%200 == 0 {
				come(&phone{pause: 3 * time.Second}, 2*time.Minute)
				come(&phone{never: true}, 2*time.Minute)
			}
		}
		stop()
		running.Wait()
		if len(h.viewers) != 0 {
			t.Errorf("%d viewers are known after all have gone", len(h.viewers))
		}
		// One who does not read is let go after the time for a message, and costs as long as that.
		if dropped.Load() < 30 {
			t.Errorf("%d viewers were let go, want those who do not read", dropped.Load())
		}
		if a, b := heap[10], heap[60]; a == 0 || float64(b) > 1.05*float64(a) {
			t.Errorf("the heap is %d bytes after ten minutes, and %d after an hour, of %v", a, b, heap)
		}
		if len(h.cells[showdown.BaseCell].faults) > keepFaults+1 || largest > 32<<10 {
			t.Errorf("%d faults are told, in messages of %d bytes", len(h.cells[showdown.BaseCell].faults), largest)
		}
	})
}
