package attack

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"time"
)

// exchanges asks name servers over the network, from one source address.
type exchanges struct {
	udp, tcp net.Dialer
}

// newExchanges asks from the address source; nil is any.
func newExchanges(source net.IP) *exchanges {
	x := new(exchanges)
	if source != nil {
		x.udp.LocalAddr = &net.UDPAddr{IP: source}
		x.tcp.LocalAddr, x.tcp.Control = &net.TCPAddr{IP: source}, bindLate
	}
	return x
}

// ask puts the question to one name server and waits for its answer until the
// deadline, or until ctx ends.
//
// Each question has a socket of its own, and with it a port of its own, so that an
// answer which comes late or twice finds nobody. The socket is connected: the kernel
// drops what comes from elsewhere, and says when nobody listens there.
func (x *exchanges) ask(ctx context.Context, server string, q question, deadline time.Time) (reply, error) {
	message, err := q.pack()
	if err != nil {
		return reply{}, err
	}
	c, err := x.udp.DialContext(ctx, "udp", server)
	if err != nil {
		return reply{}, err
	}
	defer c.Close()
	defer until(ctx, c, deadline)()
	if _, err := c.Write(message); err != nil {
		return reply{}, err
	}
	// Almost every answer is small; a larger one is cut here, does not parse, and
	// would have come with TC from a server that keeps to 512 bytes.
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return reply{}, err
		}
		switch r := q.parse(buf[:n]); r.verdict {
		case foreign:
		case truncated:
			return x.askTCP(ctx, server, q, message, deadline)
		default:
			return r, nil
		}
	}
}

// askTCP asks again over TCP, since the answer does not fit into a datagram.
func (x *exchanges) askTCP(ctx context.Context, server string, q question, message []byte, deadline time.Time) (reply, error) {
	d := x.tcp
	d.Deadline = deadline
	c, err := d.DialContext(ctx, "tcp", server)
	if err != nil {
		return reply{}, err
	}
	defer c.Close()
	defer until(ctx, c, deadline)()
	framed := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	if _, err := c.Write(append(framed, message...)); err != nil {
		return reply{}, err
	}
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return reply{}, err
		}
		answer := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, answer); err != nil {
			return reply{}, err
		}
		// An answer that is truncated here too is no answer.
		if r := q.parse(answer); r.verdict != foreign && r.verdict != truncated {
			return r, nil
		}
	}
}

// until bounds what is waited for on c by the deadline and by ctx. What it returns
// ends its watch on ctx.
func until(ctx context.Context, c net.Conn, deadline time.Time) (stop func()) {
	c.SetDeadline(deadline)
	watch := context.AfterFunc(ctx, func() { c.SetDeadline(past()) })
	return func() { watch() }
}
