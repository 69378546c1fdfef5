package machine

import (
	"fmt"
	"math"
	"time"

	"showdown/targets/cloud"
)

// pool is the virtual CPU: one worker per vCPU and a bounded queue before them. It
// counts in full-speed seconds: the time that has passed on a vCPU which ran at its
// full speed all along. Credits and steal slow that time down, so a request that is
// under way takes longer from the moment on at which the CPU gets slower, and is
// never asked again. pool is pure: time comes in as an argument that never runs
// backwards.
type pool struct {
	service float64   // full-speed seconds that one request takes
	free    []float64 // per worker: when it is free, on the full-speed clock
	starts  []float64 // starts of the requests that still wait, in order
	queue   int
	steal   float64
	held    bool     // every worker and every place, see setHeld
	credits *account // nil when the type is not burstable

	now      float64 // the full-speed clock
	at       time.Time
	admitted float64 // full-speed seconds of all requests so far
}

// newPool checks c and makes its CPU, idle at that time. speed is AWS seconds per lab
// second.
func newPool(c cloud.Capacity, speed float64, at time.Time) (*pool, error) {
	switch {
	case c.VCPUs < 1:
		return nil, fmt.Errorf("capacity: %d vCPUs, it needs one", c.VCPUs)
	case !(c.Iterations > 0):
		return nil, fmt.Errorf("capacity: %g iterations/s, it needs more than 0", c.Iterations)
	case !(c.Work >= 0):
		return nil, fmt.Errorf("capacity: work of %g iterations", c.Work)
	case c.Queue < 0:
		return nil, fmt.Errorf("capacity: a queue of %d", c.Queue)
	case c.MemoryMiB < 0:
		return nil, fmt.Errorf("capacity: a memory of %d MiB", c.MemoryMiB)
	case !(speed > 0):
		return nil, fmt.Errorf("capacity: speed %g", speed)
	}
	p := &pool{
		service: c.Work / (c.Iterations / float64(c.VCPUs)),
		free:    make([]float64, c.VCPUs),
		queue:   c.Queue,
		at:      at,
	}
	if c.Credits != nil {
		p.credits = newAccount(*c.Credits, c.VCPUs, speed)
	}
	return p, nil
}

// share is the part of full speed at which each vCPU runs now, 0 to 1.
func (p *pool) share() float64 {
	s := 1 - p.steal
	if p.credits != nil {
		s *= p.credits.share()
	}
	return s
}

// advance lets time pass until at.
func (p *pool) advance(at time.Time) {
	for left := at.Sub(p.at); left > 0; {
		share := p.share()
		step, busy := left, 0.0
		for _, f := range p.free {
			if f <= p.now {
				continue
			}
			busy++
			// A step ends when a worker does: from then on less is consumed.
			if d := lab((f - p.now) / share); d < step {
				step = d
			}
		}
		if p.credits != nil {
			step = min(step, p.credits.steady(busy, share))
		}
		step = min(max(step, time.Microsecond), left)
		work := p.unfinished()
		p.now += share * step.Seconds()
		if p.credits != nil {
			p.credits.pass(step, work-p.unfinished())
		}
		left -= step
		p.at = p.at.Add(step)
	}
}

// lab is s seconds as a duration, the longest one when s is too many.
func lab(s float64) time.Duration {
	if !(s < math.MaxInt64/float64(time.Second)/2) {
		return math.MaxInt64 / 2
	}
	return time.Duration(s * float64(time.Second))
}

// unfinished is the admitted work that is not done yet, in full-speed seconds.
func (p *pool) unfinished() float64 {
	sum := 0.0
	for _, f := range p.free {
		sum += max(0, f-p.now)
	}
	return sum
}

// waiting is how many admitted requests have no worker yet.
func (p *pool) waiting() int {
	n := 0
	for _, start := range p.starts {
		if start > p.now {
			n++
		}
	}
	return n
}

// busy is the CPU time consumed so far, in vCPU seconds at full speed.
func (p *pool) busy() float64 { return p.admitted - p.unfinished() }

// admit gives a request that comes at that time its place: the worker that is free
// first, from the moment on at which it is free. ok is false when it would have to
// wait and the queue is full, or when all is held. end is on the full-speed clock.
func (p *pool) admit(at time.Time) (end float64, ok bool) {
	p.advance(at)
	if p.held {
		return 0, false
	}
	waiting := 0
	for waiting < len(p.starts) && p.starts[waiting] <= p.now {
		waiting++
	}
	p.starts = p.starts[:copy(p.starts, p.starts[waiting:])]
	first := 0
	for i, f := range p.free {
		if f < p.free[first] {
			first = i
		}
	}
	start := p.now
	if f := p.free[first]; f > p.now {
		if len(p.starts) >= p.queue {
			return 0, false
		}
		start = f
		p.starts = append(p.starts, start)
	}
	p.free[first] = start + p.service
	p.admitted += p.service
	return p.free[first], true
}

// remaining is the lab time until the full-speed clock shows end, as long as the CPU
// runs as it does now: who waits asks again when that time is over.
func (p *pool) remaining(end float64) time.Duration {
	if end-p.now < 1e-6 {
		return 0
	}
	return lab((end - p.now) / p.share())
}

// setSteal takes that share of the CPU away from now on.
func (p *pool) setSteal(at time.Time, share float64) {
	p.advance(at)
	p.steal = share
}

// setHeld lets something hold every worker and every place of the queue from now on,
// or lets go of them at once. A request that has its place keeps it. Who holds a
// worker waits and does not compute, as a thread does that is stuck on a dependency
// which does not answer, so no CPU time is consumed and no credit is spent.
func (p *pool) setHeld(at time.Time, on bool) {
	p.advance(at)
	p.held = on
}
