package proxy

import (
	"fmt"
	"net/http"
)

// refusal is why the node answers a request itself, and with which status.
type refusal struct {
	status int
	reason string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d: %s", r.status, r.reason) }

// bad is a message that is not HTTP, or that two readers could understand differently.
func bad(reason string) error { return &refusal{http.StatusBadRequest, reason} }

// Statuses that only Elastic Load Balancing has (User Guide for Application Load
// Balancers, Troubleshoot).
const (
	// StatusClientClosed is counted, and never sent: the client was gone before the answer.
	StatusClientClosed = 460
	// StatusTooManyForwarders is the answer to an X-Forwarded-For of more than 30 addresses.
	StatusTooManyForwarders = 463
)

// statusText is the words of a status that the node answers with.
func statusText(status int) string {
	switch status {
	case StatusClientClosed:
		return "Client Closed Request"
	case StatusTooManyForwarders:
		return "Bad X-Forwarded-For"
	}
	return http.StatusText(status)
}
