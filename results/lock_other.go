//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package results

import "io"

// hold and held know of nobody here.
func hold(string) io.Closer { return nil }
func held(string) bool      { return false }
