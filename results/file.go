package results

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// WriteFile replaces the file at path in one step, where the system can: whoever reads it
// meanwhile, or after a full disk, sees the old content whole.
func WriteFile(path string, data []byte) error { return writeFile(path, data) }

// writeFile replaces the file at path in one step, where the system can.
func writeFile(path string, data []byte) error {
	if err := replaceFile(path, data); err != nil {
		return fmt.Errorf("write %s: %w", path, advise(err))
	}
	return nil
}

// advise adds to a file system's error what a user can do about it, where the error
// says enough to know.
func advise(err error) error {
	// The path is in the operation's own message; once is enough.
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: free some space there, or choose another store with --out", err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: choose a store that can be written with --out", err)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w: a file is in the way; choose another store with --out", err)
	}
	return err
}
