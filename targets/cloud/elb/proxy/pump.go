package proxy

import (
	"errors"
	"time"
)

// startPump sends the rest of the request's body while the answer is waited for, which
// may come before the body is whole.
func (e *exchange) startPump() {
	e.pump.on = true
	e.pump.Add(1)
	go func() {
		defer e.pump.Done()
		if err := e.pumpBody(); err != nil {
			e.abort(pumpWhy(err), nil)
			return
		}
		e.pump.mu.Lock()
		e.pump.whole = e.body.done()
		e.pump.mu.Unlock()
		e.waiting(time.Now()) // from now on nobody reads the client
	}()
}

// pumpWhy is what an error of the client's connection means for its request.
func pumpWhy(err error) why {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return whyBad
	case isTimeout(err):
		return whySlow
	}
	return whyGone
}

// pumpBody returns an error of the client's side alone. One of the target's side is met
// by who waits for the answer, which may have come nevertheless.
func (e *exchange) pumpBody() error {
	for {
		p, err := e.body.piece()
		switch {
		case err != nil:
			return err
		case len(p) > 0:
			e.pump.out = appendChunk(e.pump.out, p, e.chunked)
			if len(e.pump.out) < largeBuffer {
				continue
			}
			if !e.pumpOut() {
				return nil
			}
		case e.body.done():
			if e.chunked {
				e.pump.out = append(e.pump.out, "0\r\n\r\n"...)
			}
			e.pumpOut()
			return nil
		default:
			if !e.pumpOut() {
				return nil
			}
			if !e.pumpPatience() {
				return nil
			}
			if err := e.body.more(); err != nil {
				if e.pumpStopped() {
					return nil
				}
				return err
			}
		}
	}
}

// pumpOut sends what was gathered, and gives the target the idle timeout anew.
func (e *exchange) pumpOut() bool {
	if len(e.pump.out) == 0 {
		return true
	}
	_ = e.backend.conn.SetDeadline(time.Now().Add(e.n.patience()))
	n, err := e.backend.conn.Write(e.pump.out)
	e.request += uint64(n)
	e.pump.out = e.pump.out[:0]
	if err != nil {
		e.body.state = bodyLength // never whole
		e.body.left = 1
	}
	return err == nil
}

// pumpPatience gives the client the idle timeout for the next bytes; false when nobody
// wants them any more.
func (e *exchange) pumpPatience() bool {
	e.pump.mu.Lock()
	defer e.pump.mu.Unlock()
	if e.pump.stop {
		return false
	}
	_ = e.conn.SetReadDeadline(time.Now().Add(e.n.patience()))
	// Meanwhile it is the client that is waited for, and not the target.
	_ = e.backend.conn.SetReadDeadline(time.Time{})
	return true
}

func (e *exchange) pumpStopped() bool {
	e.pump.mu.Lock()
	defer e.pump.mu.Unlock()
	return e.pump.stop
}

// sentAll says whether all of the request was sent.
func (e *exchange) sentAll() bool {
	e.pump.mu.Lock()
	defer e.pump.mu.Unlock()
	return e.pump.whole
}

// stopPump ends it and waits for that.
func (e *exchange) stopPump() {
	if !e.pump.on {
		return
	}
	e.pump.mu.Lock()
	e.pump.stop = true
	_ = e.conn.SetReadDeadline(time.Unix(1, 0))
	e.pump.mu.Unlock()
	// A target that does not read holds it in a write.
	if !e.sentAll() {
		_ = e.backend.conn.SetWriteDeadline(time.Unix(1, 0))
	}
	e.pump.Wait()
}
