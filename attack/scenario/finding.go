package scenario

import (
	"errors"
	"fmt"
)

// Finding is one thing that is wrong with a scenario. Path leads to the value, or to its
// key where Key is set: "script[1].extract.token".
type Finding struct {
	Path string
	Key  bool
	Err  error
}

// Error is the finding with its path.
func (f Finding) Error() string { return f.Path + ": " + f.Err.Error() }

// Unwrap is what is wrong, without the path.
func (f Finding) Unwrap() error { return f.Err }

// findings collects what is wrong.
type findings []Finding

func (f *findings) add(path, format string, args ...any) {
	*f = append(*f, Finding{Path: path, Err: fmt.Errorf(format, args...)})
}

func (f *findings) addKey(path, format string, args ...any) {
	*f = append(*f, Finding{Path: path, Key: true, Err: fmt.Errorf(format, args...)})
}

// Join is all findings as one error; nil for none.
func Join(list []Finding) error {
	errs := make([]error, len(list))
	for i, f := range list {
		errs[i] = f
	}
	return errors.Join(errs...)
}
