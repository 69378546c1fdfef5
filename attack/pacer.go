package attack

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

const (
	// Batch is how late a request may be sent so that it shares a wake-up with the
	// next one: the wake-up, and not the request, is what costs. It is the error of
	// Go's own timers, which is what other generators are late by. Requests that are
	// more than half of it apart, up to 2,000 a second, are not delayed.
	Batch = time.Millisecond
	// longWait is the longest wait that is left to vegeta, whose sleep neither a
	// cancelled context nor a changed rate can end.
	longWait = 20 * time.Millisecond
)

// pacer is a vegeta.Pacer that plays a plan. Its Pace is called by one goroutine,
// once for every request that is sent; all else may be called by any.
type pacer struct {
	ctx   context.Context
	zero  time.Time
	slots *slots
	// drop records a request that is not sent.
	drop func(seq uint64, intended time.Duration)
	// limit is the most requests in flight at factor 1; a fixed one does not grow
	// with the factor.
	limit int
	fixed bool

	// results are taken in by collect whenever the pacer is awake anyway: a goroutine
	// that waits for them would be woken for each, and so would a thread.
	results <-chan *vegeta.Result
	collect func(*vegeta.Result)
	// given hands the pacer its results, which exist only when it runs already.
	given chan (<-chan *vegeta.Result)
	// done is closed when there is nothing more to send.
	done chan struct{}

	// changed wakes a long wait.
	changed chan struct{}
	timer   *time.Timer
	// alarm is for short waits; nil leaves them to vegeta.
	alarm *alarm

	mu   sync.Mutex
	plan *plan
	// next is the number of the request that is due next.
	next uint64
	// factors are the spikes that hold now, and under 0 what [Attack.Scale] asked for; their
	// product multiplies the rate.
	factors map[int]float64
	spikes  int

	issued    uint64
	collected atomic.Uint64
	dropped   atomic.Uint64
}

func newPacer(p *plan, s *slots) *pacer {
	return &pacer{
		slots: s, plan: p, done: make(chan struct{}), given: make(chan (<-chan *vegeta.Result), 1),
		changed: make(chan struct{}, 1), factors: make(map[int]float64),
	}
}

// start must be called before vegeta asks for the first pace.
func (p *pacer) start(ctx context.Context, zero time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx, p.zero = ctx, zero
	p.timer = time.NewTimer(time.Hour)
	p.timer.Stop()
}

// Pace implements vegeta.Pacer: it says how long to wait before request number hits,
// or that there is none. It opens the request's slot. Long waits it waits itself.
//
// elapsed is not used: vegeta measures it from a start of its own, the plan from
// the run's zero.
func (p *pacer) Pace(_ time.Duration, hits uint64) (time.Duration, bool) {
	wait, over := p.pace(hits)
	if over {
		close(p.done)
	}
	return wait, over
}

func (p *pacer) pace(hits uint64) (time.Duration, bool) {
	if hits == 0 {
		p.results = <-p.given
	}
	for {
		p.drain()
		step := p.decide(time.Since(p.zero))
		switch step.do {
		case stop:
			return 0, true
		case send:
			if p.ctx.Err() != nil {
				return 0, true
			}
			s := p.slots.open(hits)
			if s == nil {
				p.dropped.Add(1)
				p.drop(step.seq, step.intended)
				continue
			}
			s.seq, s.intended = step.seq, step.intended
			p.issued++
			if step.wait > 0 && p.alarm != nil && p.alarm.wait(step.wait) {
				return 0, false
			}
			return step.wait, false
		case skip:
			p.dropped.Add(1)
			p.drop(step.seq, step.intended)
		case wait:
			if !p.sleep(step.wait) {
				return 0, true
			}
		}
	}
}

// drain takes in the results that are there.
func (p *pacer) drain() {
	for {
		select {
		case r, ok := <-p.results:
			if !ok {
				return
			}
			p.collect(r)
		default:
			return
		}
	}
}

// Rate implements vegeta.Pacer.
func (p *pacer) Rate(time.Duration) float64 { return p.now() }

// now is the offered rate now.
func (p *pacer) now() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.zero.IsZero() {
		return 0
	}
	return p.plan.factor() * p.plan.schedule.rate(time.Since(p.zero))
}

type doing int

const (
	send doing = iota // request seq, after wait
	skip              // request seq is dropped
	wait              // ask again after wait
	stop              // the schedule is over
)

type step struct {
	do       doing
	seq      uint64
	intended time.Duration
	wait     time.Duration
}

// decide says what to do at lab time now.
func (p *pacer) decide(now time.Duration) step {
	p.mu.Lock()
	defer p.mu.Unlock()
	due, ok := p.plan.due(p.next)
	if !ok {
		// A spike may still bring requests before the end.
		if left := p.plan.schedule.end() - now; left > 0 {
			return step{do: wait, wait: left}
		}
		return step{do: stop}
	}
	ahead := due - now
	if ahead > longWait {
		return step{do: wait, wait: ahead}
	}
	if p.issued-p.collected.Load() >= uint64(p.full()) {
		if ahead > 0 {
			return step{do: wait, wait: ahead}
		}
		s := step{do: skip, seq: p.next, intended: due}
		p.next++
		return s
	}
	s := step{do: send, seq: p.next, intended: due}
	p.next++
	if ahead > 0 {
		s.wait = p.gather(due) - now
	}
	return s
}

// gather is when to wake up for a request that is due at that instant: when the
// last one that is due within [Batch] of it is due too, if they are that close.
func (p *pacer) gather(due time.Duration) time.Duration {
	last := due
	for k := p.next; ; k++ {
		d, ok := p.plan.due(k)
		if apart := d - due; !ok || apart > Batch || k == p.next && apart > Batch/2 {
			return last
		}
		last = d
	}
}

// maxInFlight bounds what one attack may hold open, whatever the rate: each request
// in flight is a connection.
const maxInFlight = 16384

func (p *pacer) full() int {
	if p.fixed {
		return p.limit
	}
	return min(int(float64(p.limit)*max(p.plan.factor(), 1)), maxInFlight)
}

// sleep waits for d, for a change of the plan, or for the end of the context, which
// is the only case in which it says false. Results are taken in meanwhile.
func (p *pacer) sleep(d time.Duration) bool {
	p.timer.Reset(d)
	defer p.timer.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return false
		case <-p.changed:
			return true
		case <-p.timer.C:
			return true
		case r := <-p.results:
			p.collect(r)
		}
	}
}

// spike multiplies the rate by factor until restore is called.
func (p *pacer) spike(factor float64) (restore func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spikes++
	id := p.spikes
	p.factors[id] = factor
	p.rescale()
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if _, ok := p.factors[id]; ok {
			delete(p.factors, id)
			p.rescale()
		}
	}
}

// hold multiplies the rate by factor until it is called again.
func (p *pacer) hold(factor float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.factors[0] = factor
	p.rescale()
}

func (p *pacer) rescale() {
	product := 1.0
	for _, f := range p.factors {
		product *= max(f, 0)
	}
	var now time.Duration
	if !p.zero.IsZero() {
		now = max(time.Since(p.zero), 0)
	}
	p.plan.scale(now, product)
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// rush is a vegeta.Pacer that sends as fast as its workers can until a length of
// time is over.
type rush struct {
	ctx    context.Context
	zero   time.Time
	length time.Duration // 0 is until the context ends
	slots  *slots
}

// Pace implements vegeta.Pacer.
func (r *rush) Pace(_ time.Duration, hits uint64) (time.Duration, bool) {
	for {
		now := time.Since(r.zero)
		if r.ctx.Err() != nil || r.length > 0 && now >= r.length {
			return 0, true
		}
		if now < 0 {
			pause(r.ctx, -now)
			continue
		}
		if s := r.slots.open(hits); s != nil {
			s.seq = hits
			return 0, false
		}
		pause(r.ctx, time.Millisecond)
	}
}

// Rate implements vegeta.Pacer; it is not known.
func (r *rush) Rate(time.Duration) float64 { return 0 }

// pause waits for d or the end of the context.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
