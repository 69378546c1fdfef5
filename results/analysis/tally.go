package analysis

import (
	"time"

	"showdown"
	"showdown/results"
)

const outcomes = int(showdown.Dropped) + 1

// tally counts the requests of a stretch of time.
type tally struct {
	outcomes [outcomes]uint64
	// lost is the lab time that failed requests stand for, waited the lab time that
	// requests waited for a timeout.
	lost, waited time.Duration
	// ownLost is lost as the cohort's own requests tell it, where there are cohorts.
	ownLost time.Duration
	// service is the latency of good answers.
	service histogram
	// backends counts by instance, by the number that the pass gave it.
	backends []answers
	// statuses counts by HTTP status, in the order in which they came first. There are
	// few, and the first is nearly always the one that is looked for.
	statuses []statusCount
	// reasons counts why requests of a scenario were wrong or not sent, at most
	// [maxReasons] and what remains as [otherReasons]; nil without one.
	reasons map[string]uint64
}

// statusCount is how many answers had a status.
type statusCount struct {
	status uint16
	n      uint64
}

// answers counts what an instance answered well and what it failed.
type answers struct{ ok, failed uint64 }

func (t *tally) add(h *showdown.Hit, backend int) {
	t.outcomes[min(int(h.Outcome), outcomes-1)]++
	if h.Status != 0 {
		t.answered(h.Status, 1)
	}
	if backend >= 0 {
		for len(t.backends) <= backend {
			t.backends = append(t.backends, answers{})
		}
	}
	switch h.Outcome {
	case showdown.OK:
		t.service.add(h.Latency)
		if backend >= 0 {
			t.backends[backend].ok++
		}
		return
	case showdown.ConnectTimeout, showdown.ResponseTimeout:
		t.waited += h.Latency
	}
	if backend >= 0 {
		t.backends[backend].failed++
	}
}

// answered counts n answers of a status.
func (t *tally) answered(status uint16, n uint64) {
	for i := range t.statuses {
		if t.statuses[i].status == status {
			t.statuses[i].n += n
			return
		}
	}
	t.statuses = append(t.statuses, statusCount{status, n})
}

// merge adds the counts of o, without its latencies.
func (t *tally) merge(o *tally) {
	for i, n := range o.outcomes {
		t.outcomes[i] += n
	}
	t.lost += o.lost
	t.ownLost += o.ownLost
	t.waited += o.waited
	for _, s := range o.statuses {
		t.answered(s.status, s.n)
	}
	for r, n := range o.reasons {
		t.reason(r, n)
	}
	for i, b := range o.backends {
		if len(t.backends) <= i {
			t.backends = append(t.backends, answers{})
		}
		t.backends[i].ok += b.ok
		t.backends[i].failed += b.failed
	}
}

func (t *tally) ok() uint64      { return t.outcomes[showdown.OK] }
func (t *tally) dropped() uint64 { return t.outcomes[showdown.Dropped] }

func (t *tally) scheduled() (n uint64) {
	for _, c := range t.outcomes {
		n += c
	}
	return n
}

// requests is the tally in the form of a summary.
func (t *tally) requests() results.Requests {
	r := results.Requests{Scheduled: t.scheduled(), OK: t.ok(), Dropped: t.dropped()}
	r.Sent = r.Scheduled - r.Dropped
	r.Failed = r.Sent - r.OK
	r.Outcomes = t.byOutcome()
	return r
}

func (t *tally) byOutcome() map[string]uint64 {
	out := map[string]uint64{}
	for i, n := range t.outcomes {
		if n > 0 {
			out[showdown.Outcome(i).String()] = n
		}
	}
	return out
}

// availability is the share of the scheduled requests that were answered well; nil
// when none was scheduled.
func (t *tally) availability() *float64 {
	n := t.scheduled()
	if n == 0 {
		return nil
	}
	a := float64(t.ok()) / float64(n)
	return &a
}
