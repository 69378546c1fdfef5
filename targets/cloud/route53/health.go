package route53

import (
	"time"

	"showdown"
)

// healthyAbove is the share of the checkers that an endpoint must convince: it is
// healthy when more than 18 % of them find it healthy (Route 53 Developer Guide, How
// Amazon Route 53 determines whether a health check is healthy).
const healthyAbove = showdown.Share(0.18)

// The limits of a check over HTTP: it connects within four seconds, and has a status
// of 2xx or 3xx within two seconds after that (the same page).
const (
	connectWithin = 4 * showdown.Second
	answerWithin  = 2 * showdown.Second
)

// CheckTimeouts is how long a health check waits for a connection and for an answer,
// in lab time. floored says that the clock's floor applied to one of them, which
// delays the detection of a silent endpoint: the record must say so.
func CheckTimeouts(clock showdown.Clock) (connect, answer time.Duration, floored bool) {
	connect, one := clock.Timeout(connectWithin, showdown.FloorHealthCheck)
	answer, two := clock.Timeout(answerWithin, showdown.FloorHealthCheck)
	return connect, answer, one || two
}

// opinion is what one checker thinks of an endpoint.
type opinion struct {
	healthy bool
	// against counts the checks in a row that spoke against it.
	against int
	// number is that of the newest check.
	number int64
}

// observe is the opinion after one more check: threshold checks in a row that speak
// against it turn it. A check that comes in after a newer one says nothing any more.
func (o opinion) observe(number int64, good bool, threshold int) opinion {
	if number <= o.number {
		return o
	}
	o.number = number
	if good == o.healthy {
		o.against = 0
		return o
	}
	if o.against++; o.against >= threshold {
		return opinion{healthy: good, number: number}
	}
	return o
}

// newOpinions are those of the checkers of a new health check, which is healthy until
// there is enough data (Route 53 Developer Guide, Values that you specify when you
// create or update health checks).
func newOpinions(n int) []opinion {
	out := make([]opinion, n)
	for i := range out {
		out[i] = opinion{healthy: true, number: -1}
	}
	return out
}

// shareOf is the share of the opinions that are healthy.
func shareOf(opinions []opinion) showdown.Share {
	n := 0
	for _, o := range opinions {
		if o.healthy {
			n++
		}
	}
	return showdown.Share(n) / showdown.Share(len(opinions))
}

// nextCheck is the number of the first check at or after a moment, and when it is
// due. A checker asks at epoch + offset + number x interval, so that no check is put
// off by the one before.
func nextCheck(epoch time.Time, offset, interval time.Duration, now time.Time) (int64, time.Time) {
	first := epoch.Add(offset)
	if !now.After(first) {
		return 0, first
	}
	number := int64((now.Sub(first) + interval - 1) / interval)
	return number, first.Add(time.Duration(number) * interval)
}
