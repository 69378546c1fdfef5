//go:build !unix

package attack

import "time"

// look is how long a portable look for a connection's end takes.
const look = 100 * time.Microsecond

type exchanger struct{}

func (c *conn) prepare() {}

// send looks for the connection's end and sends request.
func (c *conn) send(request []byte, deadline time.Time) error {
	if c.used && c.ended() {
		return errStale
	}
	if err := c.until(deadline); err != nil {
		return err
	}
	_, err := c.tcp.Write(request)
	return err
}

// ended says whether the connection's end has arrived: whether a read does anything
// but time out.
func (c *conn) ended() bool {
	if err := c.tcp.SetReadDeadline(time.Now().Add(look)); err != nil {
		return true
	}
	_, err := c.tcp.Read(make([]byte, 1))
	return err == nil || !timedOut(err)
}
