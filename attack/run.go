package attack

import (
	"context"
	"net/http"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"showdown"
)

const (
	// lastWait is how long requests in flight may go on when the attack is cancelled.
	lastWait = 100 * time.Millisecond
	// flush is how often results are handed to the sink.
	flush = 50 * time.Millisecond
	// firstWorkers is how many goroutines send from the start; vegeta adds more when
	// all wait for answers.
	firstWorkers = 10
)

// running is an attack while it runs.
type running struct {
	*Attack
	group sync.WaitGroup
	over  chan struct{}
}

func (r *running) run(ctx context.Context, zero time.Time) error {
	dialing, stopDialing := context.WithCancel(context.Background())
	defer stopDialing()
	r.over = make(chan struct{})
	r.ctx, r.zero = dialing, zero
	if r.look != nil {
		if err := r.look.first(ctx, r.Attack); err != nil {
			return err
		}
		r.spawn(func() { r.look.keep(r.over, r.Attack) })
	}
	if r.names != nil {
		r.names.ctx = dialing
		defer r.names.group.Wait()
		defer stopDialing()
		r.names.fill(ctx, r.order, zero)
		if r.emit != nil {
			r.spawn(r.watchHolders)
		}
	}

	var pacer vegeta.Pacer = r.pacer
	// There is always a worker to spare: the pacer may not be kept waiting for one.
	workers, most := uint64(firstWorkers), uint64(max(maxInFlight, r.MaxInFlight())+firstWorkers)
	if r.workers > 0 {
		pacer = &rush{ctx: ctx, zero: zero, length: r.length, slots: r.slots}
		workers, most = uint64(r.workers), uint64(r.workers)
	}
	if r.workers == 0 {
		if r.pacer.alarm = newAlarm(); r.pacer.alarm != nil {
			defer r.pacer.alarm.close()
		}
	}
	r.pacer.start(ctx, zero)
	attacker := vegeta.NewAttacker(
		vegeta.Client(&http.Client{Transport: (*transport)(r.Attack)}),
		vegeta.Workers(workers),
		vegeta.MaxWorkers(most),
		vegeta.MaxBody(0),
		vegeta.Redirects(vegeta.NoFollow),
	)
	r.spawn(r.deliver)
	r.spawn(r.announce)
	r.spawn(func() {
		select {
		case <-r.over:
			return
		case <-ctx.Done():
		}
		attacker.Stop()
		r.pause(lastWait)
		stopDialing()
		r.lines.cutAll()
	})
	r.attack(ctx, attacker, pacer)
	cause := context.Cause(ctx)
	close(r.over)
	r.group.Wait()
	r.lines.closeAll()
	if r.streams != nil {
		r.streams.closeAll(r.order)
	}
	return cause
}

// attack lets vegeta attack and collects all results: while the pacer runs it takes
// them in itself, when it has no more to send they are waited for here.
func (r *running) attack(ctx context.Context, attacker *vegeta.Attacker, pacer vegeta.Pacer) {
	results := attacker.Attack(oneTarget, pacer, 0, "")
	if r.workers == 0 {
		r.pacer.given <- results
		select {
		case <-ctx.Done():
		case <-r.pacer.done:
		}
	}
	for result := range results {
		r.collect(result)
	}
}

func (r *running) spawn(f func()) {
	r.group.Add(1)
	go func() {
		defer r.group.Done()
		f()
	}()
}

// pause waits for d or the end of the attack, which it tells.
func (r *running) pause(d time.Duration) (over bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-r.over:
		return true
	case <-t.C:
		return false
	}
}

// collect turns vegeta's result, and what the transport noted of it, into a hit.
// It only appends to memory: a slow reader of results would distort the load.
func (a *Attack) collect(r *vegeta.Result) {
	a.collecting.Lock()
	defer a.collecting.Unlock()
	s := a.slots.at(r.Seq)
	h := showdown.Hit{
		Seq: s.seq, Intended: s.intended, Sent: r.Timestamp.Sub(a.zero), Latency: r.Latency,
		Outcome: s.outcome, Status: s.status, Client: s.client, Backend: s.backend,
		BytesIn: s.bytesIn, BytesOut: s.bytesOut, Reused: s.reused, Address: s.address, DNSAge: s.age,
		Endpoint: s.endpoint, Reason: s.reason,
	}
	a.slots.close(r.Seq)
	a.pacer.collected.Add(1)
	switch {
	case a.workers > 0:
		h.Intended = h.Sent
	case h.Outcome == showdown.Dropped:
		h.Sent, h.Latency = h.Intended, 0
	}
	a.outbox.put(h)
}

// dropped records a request that is not sent.
func (a *Attack) dropped(seq uint64, intended time.Duration) {
	a.outbox.put(showdown.Hit{
		Seq: seq, Intended: intended, Sent: intended, Outcome: showdown.Dropped,
		Client: a.order[seq%uint64(len(a.order))].number,
	})
}

// outbox holds results until they are handed to the sink.
type outbox struct {
	mu   sync.Mutex
	hits []showdown.Hit
}

func (o *outbox) put(h showdown.Hit) {
	o.mu.Lock()
	o.hits = append(o.hits, h)
	o.mu.Unlock()
}

// take empties the outbox.
func (o *outbox) take() []showdown.Hit {
	o.mu.Lock()
	defer o.mu.Unlock()
	hits := o.hits
	// Room for as many again, and the quarter more that saves a growth.
	o.hits = make([]showdown.Hit, 0, len(hits)+len(hits)/4)
	return hits
}

// deliver hands results to the sink until the attack is over.
func (r *running) deliver() {
	tick := time.NewTicker(flush)
	defer tick.Stop()
	for over := false; !over; {
		select {
		case <-tick.C:
		case <-r.over:
			over = true
		}
		if hits := r.outbox.take(); len(hits) > 0 {
			r.sink(hits)
		}
	}
}

// announce calls OnPhase as each segment starts.
func (r *running) announce() {
	if r.onPhase == nil {
		return
	}
	for _, s := range r.plan.schedule.segments {
		if r.pause(time.Until(r.zero.Add(s.Start))) {
			return
		}
		r.onPhase(s)
	}
}
