package machine

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// backlog is the length of an open accept queue.
	backlog = 4096
	// fillLimit is how many connections may be tried before the queue counts as one
	// that cannot be filled.
	fillLimit = 16
	// fillWait bounds one of them: on loopback they are answered at once or never.
	fillWait = 250 * time.Millisecond
)

// narrow makes the kernel drop every SYN: it shortens the accept queue to nothing
// and fills it with connections of our own. The accept loop is parked. It returns
// when the kernel says that the queue is full.
func (e *endpoint) narrow() error {
	raw, err := e.listener.SyscallConn()
	if err != nil {
		return err
	}
	if err := relisten(raw, 0); err != nil {
		return err
	}
	for range fillLimit {
		full, err := queueFull(raw)
		if err == nil && full {
			return nil
		}
		if err != nil {
			return errors.Join(err, e.widen())
		}
		c, err := fill(e.addr)
		if err != nil {
			// The queue may have been filled meanwhile, by a real client.
			if full, e := queueFull(raw); e == nil && full {
				return nil
			}
			return errors.Join(fmt.Errorf("fill the accept queue of %s: %w", e.addr, err), e.widen())
		}
		e.fillers = append(e.fillers, c)
	}
	return errors.Join(fmt.Errorf("the accept queue of %s does not get full", e.addr), e.widen())
}

// widen takes narrow back.
func (e *endpoint) widen() error {
	raw, err := e.listener.SyscallConn()
	if err == nil {
		err = relisten(raw, backlog)
	}
	e.dropFillers()
	return err
}

func relisten(raw control, length int) error {
	var err error
	if e := raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), length) }); e != nil {
		return e
	}
	if err != nil {
		return fmt.Errorf("listen again with a backlog of %d: %w", length, err)
	}
	return nil
}

// queueFull asks the kernel: for a listening socket, TCP_INFO's unacked is the length
// of the accept queue and sacked its limit, and the kernel calls it full above that.
func queueFull(raw control) (bool, error) {
	var (
		info *unix.TCPInfo
		err  error
	)
	if e := raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO) }); e != nil {
		return false, e
	}
	if err != nil {
		return false, fmt.Errorf("length of the accept queue: %w", err)
	}
	return info.Unacked > info.Sacked, nil
}

// fill is one connection from the address to itself.
func fill(to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{Timeout: fillWait, LocalAddr: &net.TCPAddr{IP: to.Addr().AsSlice()}}
	d.SetMultipathTCP(false)
	return d.Dial("tcp4", to.String())
}
