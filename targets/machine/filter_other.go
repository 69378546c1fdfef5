//go:build !linux

package machine

import "errors"

func attachFilter(_ control, program []instruction) error {
	if len(program) == 0 {
		return nil
	}
	return errors.ErrUnsupported
}
