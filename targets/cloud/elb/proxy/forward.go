package proxy

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// maxForwarders is how many addresses X-Forwarded-For may have (User Guide for
// Application Load Balancers, Troubleshoot: HTTP 463).
const maxForwarders = 30

// lookHeader is cloud.LookHeader as the parser compares names.
const lookHeader = "x-showdown-look"

// sender is what a node adds to the requests of one client connection.
type sender struct {
	client string // its address
	port   string // that it connected to
	host   string // for requests without one
	rng    rand.PCG
}

// appendRequest adds the head that a target gets for r. Headers that end here are left
// out, Host comes first and framing last.
func (s *sender) appendRequest(dst []byte, r *request, at time.Time) []byte {
	dst = append(dst, r.method...)
	dst = append(dst, ' ')
	dst = append(dst, r.target...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	if r.host != nil {
		dst = append(dst, r.host...)
	} else {
		dst = append(dst, s.host...)
	}
	dst = append(dst, "\r\n"...)
	var trace []byte
	for _, h := range r.fields {
		switch {
		case is(h.name, "x-forwarded-for"), is(h.name, "x-forwarded-proto"), is(h.name, "x-forwarded-port"), r.ends(h.name):
			continue
		case is(h.name, "x-amzn-trace-id"):
			if trace == nil {
				trace = h.value
			}
			continue
		}
		dst = appendField(dst, h)
	}
	dst = append(dst, "X-Forwarded-For: "...)
	for _, h := range r.fields {
		if is(h.name, "x-forwarded-for") && len(h.value) > 0 {
			dst = append(append(dst, h.value...), ", "...)
		}
	}
	dst = append(dst, s.client...)
	dst = append(dst, "\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: "...)
	dst = append(dst, s.port...)
	dst = append(dst, "\r\nX-Amzn-Trace-Id: "...)
	dst = appendTrace(dst, trace, at, &s.rng)
	dst = append(dst, "\r\n"...)
	switch {
	case r.chunked:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	case r.length >= 0:
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, r.length, 10)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

func appendField(dst []byte, h field) []byte {
	dst = append(dst, h.name...)
	dst = append(dst, ": "...)
	dst = append(dst, h.value...)
	return append(dst, "\r\n"...)
}

// delivery is how an answer goes to the client.
type delivery struct {
	// chunked marks the pieces of the body; untilClose ends it with the connection.
	chunked, untilClose bool
	// bodyless says that there is none.
	bodyless bool
	// close says that the connection ends after it; old that the client speaks HTTP/1.0.
	close, old bool
}

// deliver decides it: for the answer a to the request r, where keep says whether the
// node would keep the client's connection.
func deliver(r *request, a *response, keep bool) delivery {
	d := delivery{close: !keep, old: r.old, bodyless: r.noBody() || a.noBody()}
	if !d.bodyless && a.length < 0 {
		if r.old {
			d.untilClose, d.close = true, true
		} else {
			d.chunked = true
		}
	}
	return d
}

// appendResponse adds the head that the client gets, without the empty line that ends
// it, so that the node can add headers.
func (d delivery) appendResponse(dst []byte, a *response) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	dst = append(dst, a.line...)
	dst = append(dst, "\r\n"...)
	for _, h := range a.fields {
		if !a.ends(h.name) {
			dst = appendField(dst, h)
		}
	}
	return d.appendFraming(dst, a.length, a.status)
}

func (d delivery) appendFraming(dst []byte, length int64, status int) []byte {
	switch {
	case d.chunked:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	case length >= 0 && status != 204:
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, length, 10)
		dst = append(dst, "\r\n"...)
	}
	switch {
	case d.close:
		dst = append(dst, "Connection: close\r\n"...)
	case d.old:
		dst = append(dst, "Connection: keep-alive\r\n"...)
	}
	return dst
}
