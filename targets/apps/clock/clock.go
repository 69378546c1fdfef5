// Package clock is WhatIsTheTime.com: an application that tells the time and keeps
// no state.
package clock

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// InstanceHeader is the response header that names the instance which answered.
const InstanceHeader = "X-Instance"

// Handler answers a request for / with 200 and one line: the time in RFC 3339 with
// nanoseconds, a space, and the name of the instance, which the header X-Instance
// carries too. There is no other page: it answers 404, so that a health check which asks
// for the wrong one fails. now is its clock.
func Handler(name string, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set(InstanceHeader, name)
		// What somebody sends with the question is read and not looked at: a server that
		// answers before it was told everything has to close the connection.
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		line := make([]byte, 0, 64)
		line = now().UTC().AppendFormat(line, time.RFC3339Nano)
		line = append(line, ' ')
		line = append(line, name...)
		line = append(line, '\n')
		_, _ = w.Write(line)
	})
}

// Check reports whether body is the application's answer at about the time at: an
// error says what is wrong with its form, or by how much more than tolerance its
// time is off.
func Check(body []byte, at time.Time, tolerance time.Duration) error {
	told, err := Told(body)
	if err != nil {
		return err
	}
	if off := told.Sub(at).Abs(); off > tolerance {
		return fmt.Errorf("check clock: the time told is off by %s, more than %s", off, tolerance)
	}
	return nil
}

// Told is the time that body, an answer of the application, tells.
func Told(body []byte) (time.Time, error) {
	line, ok := strings.CutSuffix(string(body), "\n")
	if !ok {
		return time.Time{}, fmt.Errorf("check clock: %w", io.ErrUnexpectedEOF)
	}
	text, name, ok := strings.Cut(line, " ")
	if !ok || name == "" || strings.ContainsAny(name, " \n") {
		return time.Time{}, fmt.Errorf("check clock: %.80q is not a time and a name", line)
	}
	told, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("check clock: %w", err)
	}
	return told, nil
}
