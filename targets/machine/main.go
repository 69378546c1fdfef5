package machine

import (
	"context"
	"errors"
	"io"
)

// Main is the life of a machine's process.
func Main(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	return errors.New("machine: not built yet")
}
