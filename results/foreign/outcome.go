package foreign

import (
	"fmt"
	"strings"

	"showdown"
)

// classifier gives each request its outcome, and remembers what it could not place: our set is
// closed, and an error of an unknown kind counts as reset.
type classifier struct {
	unplaced uint64
	example  string
}

// unknown is the outcome of an error of an unknown kind.
func (c *classifier) unknown(text string) showdown.Outcome {
	if c.unplaced++; c.example == "" {
		if c.example = text; c.example == "" {
			c.example = "no error and no status"
		}
		if len(c.example) > 120 {
			c.example = c.example[:120] + "..."
		}
	}
	return showdown.Reset
}

// notes says what could not be placed.
func (c *classifier) notes() []string {
	if c.unplaced == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d failures are of no kind that is known here and count as reset; the first was %q", c.unplaced, c.example)}
}

// answered is the outcome of a request with a status.
func answered(status uint16) (o showdown.Outcome, ok bool) {
	switch {
	case status >= 500:
		return showdown.HTTP5xx, true
	case status >= 400:
		return showdown.HTTP4xx, true
	case status >= 200:
		return showdown.OK, true
	}
	return 0, false
}

// of is the outcome of a request with that status and the text of its error, as Go's client
// words it.
func (c *classifier) of(status uint16, text string) showdown.Outcome {
	if o, ok := answered(status); ok {
		if o == showdown.OK && text != "" {
			return showdown.Wrong
		}
		return o
	}
	// Our own exports have the outcome's name there.
	if o, err := showdown.ParseOutcome(text); err == nil && o != showdown.OK && o != showdown.Dropped {
		return o
	}
	if o, ok := worded(text); ok {
		return o
	}
	return c.unknown(text)
}

// worded is the outcome that an error's text means.
func worded(text string) (showdown.Outcome, bool) {
	text = strings.ToLower(text)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	late := has("timeout", "timed out", "deadline exceeded")
	switch {
	case has("no such host", "lookup ", "server misbehaving"):
		return showdown.DNSFailure, true
	case has("connection refused"):
		return showdown.Refused, true
	case has("tls:", "tls handshake", "x509:", "certificate"):
		return showdown.TLSFailure, true
	case late && has("dial tcp", "dial:", "connect:"):
		return showdown.ConnectTimeout, true
	case late:
		return showdown.ResponseTimeout, true
	case has("eof", "connection reset", "broken pipe", "closed connection", "connection closed", "server closed"):
		return showdown.Reset, true
	}
	return 0, false
}
