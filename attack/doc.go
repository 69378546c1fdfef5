// Package attack sends a cell's traffic and says what became of every request.
//
// It drives vegeta: one Attacker per attack, with a [vegeta.Pacer] that plays all
// phases of the traffic in that one attack, so that connections survive from phase
// to phase, and a transport of its own beneath vegeta's client. Nothing else in
// the project drives vegeta.
//
// # Time
//
// The model is open: the k-th request is due when the integral of the offered rate
// reaches k + 1/2, whatever earlier requests do. That instant is the request's
// intended time. A request is never sent early; one that is sent late (the machine
// stalled, or several were due within [Batch] and went out in one wake-up) keeps
// its intended time, so lateness is measured and never hidden. When more requests
// are in flight than [Config.MaxInFlight] the next one is not sent at all: it is
// recorded as dropped, with its intended time.
//
// # Clients
//
// A client is a user with connections of its own, a profile and the addresses it
// was told. Clients take turns, and cohorts are interleaved so that any stretch of
// requests is divided by their shares. A connection whose end arrived before the
// send is replaced and not counted as a failure, as browsers do; an end after the
// send is a reset. No request is ever sent twice.
//
// # Answers
//
// The transport speaks HTTP/1.1, follows no redirects and keeps no bodies, except
// to hand them to [Config.Check].
package attack
