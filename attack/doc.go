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
// A client is a user with connections of its own, a profile, and the addresses it
// was told or the name that it resolves. Clients take turns, and cohorts are interleaved so that any stretch of
// requests is divided by their shares. A connection whose end arrived before the
// send is replaced and not counted as a failure, as browsers do; an end after the
// send is a reset. No request is ever sent twice.
//
// # Names
//
// A client with a host has a DNS cache of its own and asks the lab's name servers as a
// stub resolver does: a fresh socket and a random id for each question, whatever is no
// answer to it ignored until its time is over, TCP after a truncated answer, two
// attempts of 5 AWS seconds each on different servers, as resolv.conf has by default.
// The wait is part of the request's latency and timeout, and overlapping turns of a
// client share it. At zero the caches hold answers of that moment at ages spread
// evenly over the TTL, and the first picks are spread evenly over the addresses. A
// connection that is kept outlives its answer; [showdown.Ageing] bounds it.
//
// # Answers
//
// The transport speaks HTTP/1.1, follows no redirects and keeps no bodies, except
// to hand them to [Config.Check].
package attack
