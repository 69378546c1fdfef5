package proxy

import (
	"bytes"
	"math/rand/v2"
	"time"
)

// maxTrace is the longest X-Amzn-Trace-Id that is kept (User Guide for Application Load
// Balancers, Request tracing: limitations).
const maxTrace = 7 << 10

// appendTrace adds the value of X-Amzn-Trace-Id to dst, given that of the request: an id
// as Root where there is none, else as Self in front of what is there (User Guide for
// Application Load Balancers, Request tracing: syntax).
func appendTrace(dst, given []byte, at time.Time, rng *rand.PCG) []byte {
	if len(given) == 0 || len(given) > maxTrace {
		return appendID(append(dst, "Root="...), at, rng)
	}
	rooted := false
	traceFields(given, func(name, _ []byte) { rooted = rooted || string(name) == "Root" })
	if rooted {
		dst = append(dst, "Self="...)
	} else {
		dst = append(dst, "Root="...)
	}
	dst = appendID(dst, at, rng)
	traceFields(given, func(name, one []byte) {
		if string(name) != "Self" {
			dst = append(append(dst, ';'), one...)
		}
	})
	return dst
}

// traceFields calls fn with each field "name=value" of a trace header.
func traceFields(p []byte, fn func(name, one []byte)) {
	for len(p) > 0 {
		var one []byte
		if i := bytes.IndexByte(p, ';'); i >= 0 {
			one, p = p[:i], p[i+1:]
		} else {
			one, p = p, nil
		}
		one = trim(one)
		name, _, _ := bytes.Cut(one, []byte{'='})
		if len(one) > 0 {
			fn(name, one)
		}
	}
}

// appendID adds "1-<8 hex of the time>-<24 hex>".
func appendID(dst []byte, at time.Time, rng *rand.PCG) []byte {
	dst = append(dst, "1-"...)
	dst = appendHexWidth(dst, uint64(at.Unix()), 8)
	dst = append(dst, '-')
	dst = appendHexWidth(dst, rng.Uint64(), 8)
	return appendHexWidth(dst, rng.Uint64(), 16)
}

func appendHexWidth(dst []byte, n uint64, width int) []byte {
	const digits = "0123456789abcdef"
	for shift := 4 * (width - 1); shift >= 0; shift -= 4 {
		dst = append(dst, digits[n>>shift&0xf])
	}
	return dst
}
