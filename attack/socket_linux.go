package attack

import (
	"syscall"
	"unsafe"
)

// read and write are the plain system calls on a socket that does not block, without
// word to Go's scheduler: it would take such a call for a long one as soon as the
// kernel delivers the bytes on loopback in it, and start another thread, which costs
// more than the call.

func read(fd int, b []byte) (int, error) {
	return call(syscall.SYS_READ, fd, b)
}

func write(fd int, b []byte) (int, error) {
	return call(syscall.SYS_WRITE, fd, b)
}

func call(number uintptr, fd int, b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for {
		n, _, errno := syscall.RawSyscall(number, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return -1, errno
		}
	}
}
