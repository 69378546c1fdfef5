//go:build unix

package proxy

import "syscall"

func lookEnded(raw syscall.RawConn) bool {
	over := false
	var one [1]byte
	err := raw.Control(func(fd uintptr) {
		for {
			_, err := syscall.Read(int(fd), one[:])
			if err == syscall.EINTR {
				continue
			}
			over = err != syscall.EAGAIN
			return
		}
	})
	return over || err != nil
}

func lookGone(raw syscall.RawConn) bool {
	over := false
	var one [1]byte
	err := raw.Control(func(fd uintptr) {
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		over = err == nil && n == 0 || err != nil && err != syscall.EAGAIN && err != syscall.EINTR
	})
	return over || err != nil
}
