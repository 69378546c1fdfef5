package machine

import (
	"errors"

	"golang.org/x/sys/unix"
)

// attachFilter puts a filter on a socket in place of the one that it may have; an
// empty program takes it off. Some systems grant it to privileged users only.
func attachFilter(raw control, program []instruction) error {
	var err error
	if e := raw.Control(func(fd uintptr) { err = setFilter(int(fd), program) }); e != nil {
		return e
	}
	return err
}

func setFilter(fd int, program []instruction) error {
	if len(program) == 0 {
		err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
		if errors.Is(err, unix.ENOENT) {
			return nil // there was none
		}
		return err
	}
	filters := make([]unix.SockFilter, len(program))
	for i, in := range program {
		filters[i] = unix.SockFilter{Code: in.code, Jt: in.jt, Jf: in.jf, K: in.k}
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{
		Len: uint16(len(filters)), Filter: &filters[0],
	})
}
