//go:build !linux

package attack

import "syscall"

// bindLate has no counterpart here.
func bindLate(_, _ string, _ syscall.RawConn) error { return nil }
