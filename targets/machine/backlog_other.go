//go:build !linux

package machine

import "errors"

func (e *endpoint) narrow() error { return errors.ErrUnsupported }

func (e *endpoint) widen() error { return nil }
