//go:build !linux

package machine

import "syscall"

func bound() *syscall.SysProcAttr { return nil }

func restrict(int) {}

func adopt() {}

func endOrphans() {}
