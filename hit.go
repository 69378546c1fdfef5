package showdown

import (
	"fmt"
	"time"
)

// Outcome is what became of a request: a closed set, so that every projection of a
// run counts the same classes.
type Outcome uint8

// The outcomes.
const (
	// OK is an answer below 400 with the right content.
	OK Outcome = iota
	// HTTP5xx and HTTP4xx are answers of those classes.
	HTTP5xx
	HTTP4xx
	// Refused is a connection that was refused.
	Refused
	// Reset is a connection that ended after the request was sent and before the
	// answer was whole, end of file included.
	Reset
	// ConnectTimeout is a connection that was not made in time.
	ConnectTimeout
	// ResponseTimeout is an answer that did not come in time.
	ResponseTimeout
	// DNSFailure is a name that was not resolved.
	DNSFailure
	// TLSFailure is a failed handshake.
	TLSFailure
	// Wrong is a right status with wrong content.
	Wrong
	// Dropped is a request that was never sent because the generator was full.
	Dropped
	numOutcomes
)

// Outcomes lists every outcome in order.
func Outcomes() []Outcome {
	out := make([]Outcome, numOutcomes)
	for i := range out {
		out[i] = Outcome(i)
	}
	return out
}

var outcomeNames = [numOutcomes]string{
	"ok", "http_5xx", "http_4xx", "refused", "reset", "connect_timeout",
	"response_timeout", "dns", "tls", "wrong", "dropped",
}

// String is the outcome's name in records and metrics.
func (o Outcome) String() string {
	if o < numOutcomes {
		return outcomeNames[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// ParseOutcome is the outcome of that name.
func ParseOutcome(name string) (Outcome, error) {
	for i, n := range outcomeNames {
		if n == name {
			return Outcome(i), nil
		}
	}
	return 0, fmt.Errorf("unknown outcome %q", name)
}

// NoBackend is the backend of a request that no instance answered.
const NoBackend = ""

// Hit is one request as the record keeps it. Times are lab time since the run's
// zero.
type Hit struct {
	// Seq numbers the requests of a cell by intended time, from 0, gapless: a
	// dropped request has a number too.
	Seq uint64
	// Intended is when the schedule wanted the request sent; Sent is when it was.
	// A dropped request has Sent equal to Intended.
	Intended, Sent time.Duration
	// Latency is the service time: from Sent to the end of the answer.
	Latency time.Duration
	Outcome Outcome
	// Status is the HTTP status; 0 when no answer came.
	Status uint16
	// Client numbers the users of the cell, from 0.
	Client uint32
	// Backend is the name of the instance that answered, or of the one whose address
	// was dialled in vain; [NoBackend] when neither is known.
	Backend string
	// BytesIn and BytesOut count the bytes of body received and sent.
	BytesIn, BytesOut uint32
	// Reused says that the connection had carried a request before.
	Reused bool
	// Address is the IP address of the connection, or the one that was dialled last in
	// vain; empty when none was.
	Address string
	// DNSAge is how old the client's knowledge of the name's addresses was when the
	// request was sent, in lab time since the name server's answer. It is 0 for a client
	// that was told its addresses.
	DNSAge time.Duration
	// Endpoint is the name of the scenario's request; empty without a scenario.
	Endpoint string
	// Reason says why a request of a scenario has the outcome wrong, or was never sent:
	// one of few sentences, with nothing in it that came from a server or the environment.
	Reason string
}

// Response is the time from the intended send to the end of the answer, which is
// what a user of an open system waits.
func (h Hit) Response() time.Duration { return h.Sent + h.Latency - h.Intended }

// Failed says that the request was sent, or should have been, and gave no good
// answer.
func (h Hit) Failed() bool { return h.Outcome != OK }
