// Package route53 imitates Amazon Route 53 in its own words: a public hosted zone
// with its record sets, four name servers that really answer over UDP and TCP,
// changes that take time to reach them, and health checks of multivalue answers.
//
// A [Zone] is one hosted zone with its name servers. Its methods are named like the
// operations of the Route 53 API and refuse with an [APIError] that carries the code
// Route 53 uses. [Zone.Listen] binds the name servers' addresses, and [Zone.Run]
// owns every goroutine: the servers, the changes on their way, the health checkers.
//
// What a name server answers is a function of an immutable snapshot of the zone, the
// question, the health of the values and a source of chance (answer.go); from packet
// to packet it is one too (wire.go). When a change reaches which server (change.go)
// and what a check makes of an endpoint (health.go) are functions of values with time
// as an argument. zone.go, server.go and checkers.go carry them out.
//
// TTLs on the wire are whole AWS seconds, whatever the speed: a resolver of the lab
// divides them, and dig shows what it would show on AWS.
//
// Rules carry the page of the AWS documentation that they imitate, in its edition of
// mid 2023, or the RFC. A value without such a page says "unverified".
package route53
