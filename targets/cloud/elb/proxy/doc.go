// Package proxy is the data plane of a load balancer: a node that takes HTTP/1.1
// requests on its zone's address and sends each to one target that it chose.
//
// A [Node] is configured by the control plane while it serves, checks the health of
// every target with timers of its own, and says what it sees as notes. What it decides
// is pure and takes the time as an argument: which target is next (choose.go), when a
// target's health turns (health.go), where a cookie leads (cookie.go), when a check is
// due (schedule.go). What it reads from others is parsed strictly (scan.go, request.go,
// response.go, body.go): a message of which two readers could think differently is
// refused before a byte of it has reached a target.
//
// A request is sent once, to one target. Nothing is ever sent again behind a client's
// back, so that what a target does wrong is seen (User Guide for Application Load
// Balancers, Troubleshoot: HTTP 502 and 504).
package proxy
