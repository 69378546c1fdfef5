//go:build !windows

package results

import (
	"path/filepath"

	"github.com/google/renameio/v2"
)

func replaceFile(path string, data []byte) error {
	// The temporary file lies beside its target: probing for a better place would
	// need a writable $TMPDIR.
	return renameio.WriteFile(path, data, 0o644, renameio.WithTempDir(filepath.Dir(path)))
}
