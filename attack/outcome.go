package attack

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"

	"showdown"
)

// phase is how far a request had come when it failed.
type phase int

const (
	resolving phase = iota
	connecting
	handshaking
	exchanging
)

// failure is the outcome of a request that gave no answer.
func failure(at phase, err error) showdown.Outcome {
	switch at {
	case resolving:
		return showdown.DNSFailure
	case connecting:
		switch {
		case exhausted(err):
			return showdown.Dropped
		case timedOut(err):
			return showdown.ConnectTimeout
		}
		return showdown.Refused
	case handshaking:
		if timedOut(err) {
			return showdown.ConnectTimeout
		}
		return showdown.TLSFailure
	}
	switch {
	case timedOut(err):
		return showdown.ResponseTimeout
	case errors.Is(err, errMalformed):
		return showdown.Wrong
	}
	return showdown.Reset
}

// answered is the outcome of an answer with that status, before its content is
// looked at.
func answered(status int) showdown.Outcome {
	switch {
	case status >= 500:
		return showdown.HTTP5xx
	case status >= 400:
		return showdown.HTTP4xx
	}
	return showdown.OK
}

// timedOut says whether time ran out, ours or the kernel's, or an attack that was
// ended did not wait any longer.
func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ETIMEDOUT) ||
		errors.As(err, &n) && n.Timeout()
}

// exhausted says whether this machine lacked what a connection takes: ports, file
// descriptors, memory. Nothing was sent, and the server is not to blame.
func exhausted(err error) bool {
	for _, e := range []error{
		syscall.EADDRNOTAVAIL, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// elsewhere says whether a client that knows another address tries it after such a
// failure to connect.
func elsewhere(o showdown.Outcome) bool {
	return o == showdown.Refused || o == showdown.ConnectTimeout
}
