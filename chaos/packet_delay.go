package chaos

import (
	"context"
	"fmt"
	"time"

	"showdown/targets/cloud"
)

// packetDelay delays what comes in and what goes out of an instance, as a longer way
// does. The latency is real time and that of one direction, so a request on an open
// connection takes twice as much longer, and one on a new connection four times: the
// handshake is a round trip too.
func packetDelay() deed {
	return deed{
		needs:    string(cloud.Lag),
		evidence: "the round trip grew by twice the latency on an open connection, by four times on a new one",
		bound:    true,
		bounds:   map[string]string{"latency": "real time above 0, at most " + maxLag.String()},
		check: func(v values) error {
			if v.latency > maxLag {
				return fmt.Errorf("latency of packet-delay is %s: at most %s, for more take blackhole", v.latency, maxLag)
			}
			return nil
		},
		effect: func(t *target, v values) effect {
			return &lagging{commanded: commanded{t, cloud.Command{Verb: cloud.Lag, Delay: v.latency}}}
		},
	}
}

// maxLag is a second: no way on Earth is longer, and clients give up before.
const maxLag = time.Second

type lagging struct {
	commanded
	open held
	// openBase and newBase are the round trips before, on an open connection and on a
	// new one.
	openBase, newBase time.Duration
}

func (l *lagging) ready(ctx context.Context) error {
	if err := l.mustAnswer(ctx); err != nil {
		return err
	}
	l.newBase = l.fastest(ctx, healthPath, roundTrips).Took
	l.open = l.hold(ctx)
	l.openBase = l.open.fastest(l.limit.answer)
	if l.newBase == 0 || l.openBase == 0 && !l.open.inside {
		return fmt.Errorf("%s did not answer on a new and on an open connection before: %s", l.name, l.open.why)
	}
	return nil
}

// confirm looks once on each: a busy host makes both longer, and what is asked is
// whether they are long enough.
func (l *lagging) confirm(ctx context.Context) (string, bool) {
	defer l.open.close()
	open := l.open.ask(l.patient().answer)
	fresh := l.lookAt(ctx, l.name, healthPath, l.patient())
	if l.open.inside {
		l.facts["round_trip_before_ms"], l.facts["round_trip_ms"] = ms(l.newBase), ms(fresh.Took)
		return fmt.Sprintf("new connection from a node: %s, %s before", fresh, round(l.newBase)), l.late(fresh)
	}
	l.facts["open_round_trip_before_ms"], l.facts["open_round_trip_ms"] = ms(l.openBase), ms(open.Took)
	l.facts["round_trip_before_ms"], l.facts["round_trip_ms"] = ms(l.newBase), ms(fresh.Took)
	evidence := fmt.Sprintf("open connection: %s, %s before; new connection: %s, %s before", open, round(l.openBase), fresh, round(l.newBase))
	return evidence, open.answered() && open.Took-l.openBase >= 2*l.order.Delay*8/10 && l.late(fresh)
}

// late says that a look with a new connection took as much longer as it must. A timer is
// at most late, so a growth below the latency is not this fault.
func (l *lagging) late(fresh Sight) bool {
	return fresh.answered() && fresh.Took-l.newBase >= 4*l.order.Delay*8/10
}

// patient is how long an answer may take that is late four times.
func (l *lagging) patient() patience {
	return patience{l.limit.connect, l.limit.request + 4*l.order.Delay}
}

func (l *lagging) gone(ctx context.Context) (string, bool) {
	var last Sight
	ok := l.until(ctx, l.limit.effect, func() bool {
		last = l.lookAt(ctx, l.name, healthPath, l.patient())
		return last.answered() && last.Took-l.newBase < 2*l.order.Delay
	})
	return fmt.Sprintf("new connection: %s, %s before", last, round(l.newBase)), ok
}
