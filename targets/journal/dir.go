package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Dir is the directory of this user's journals and slot locks, made when it is
// missing: $XDG_RUNTIME_DIR/showdown, and where that cannot be used (not set, not
// there, somebody else's) showdown-UID in the system's directory for temporary
// files. It never needs a home directory. It fails when neither can be used, with
// what to set.
func Dir() (string, error) {
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(runtime) {
		dir := filepath.Join(runtime, "showdown")
		if ensure(dir) == nil {
			return dir, nil
		}
	}
	dir := filepath.Join(os.TempDir(), "showdown-"+strconv.Itoa(os.Getuid()))
	if err := ensure(dir); err != nil {
		return "", fmt.Errorf("journal directory: %w (set TMPDIR to a directory that you can write)", err)
	}
	return dir, nil
}

// ensure makes dir, and checks that it is a directory of ours that nobody else can
// write: others could plant a journal there and have us kill for them.
func ensure(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	if err := checkOwner(dir, info); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, "probe-*")
	if err != nil {
		return err
	}
	name := probe.Name()
	_ = probe.Close()
	return os.Remove(name)
}
