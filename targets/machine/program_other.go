//go:build !linux

package machine

import "syscall"

func mortal() *syscall.SysProcAttr { return nil }

func restrict(int) {}

func adopt() {}

func endOrphans() {}

func resident(int) int64 { return 0 }
