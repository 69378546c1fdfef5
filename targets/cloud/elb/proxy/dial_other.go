//go:build !linux

package proxy

import "syscall"

func bindLate(_, _ string, _ syscall.RawConn) error { return nil }
