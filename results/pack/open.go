package pack

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"showdown/results"
)

// Limits bound what is unpacked.
type Limits struct {
	// Files is how many files there may be.
	Files int
	// Bytes is how large all of them together may become.
	Bytes int64
	// Ratio is how much larger than the packed file they may become, beyond the first
	// [freeBytes].
	Ratio int64
}

// DefaultLimits are those of records that were made here, with room: a hundred million
// requests are 800 MB and hardly smaller when packed.
func DefaultLimits() Limits { return Limits{Files: 10_000, Bytes: 16 << 30, Ratio: 100} }

// freeBytes is how large a packed run may become whatever its ratio: the events of a small one
// repeat themselves.
const freeBytes = 64 << 20

// ErrNotPacked is the error of a file that is no packed run.
var ErrNotPacked = errors.New("not a packed run")

// Open unpacks the packed run at file into the folder dir, which exists and is empty, and
// returns where the run lies in it. When it fails, what it wrote is left in dir for the caller
// to remove.
func Open(ctx context.Context, file, dir string, limits Limits) (results.Run, error) {
	run, err := open(ctx, file, dir, limits)
	if err != nil {
		return results.Run{}, fmt.Errorf("unpack %s: %w", file, err)
	}
	return run, nil
}

func open(ctx context.Context, file, dir string, limits Limits) (results.Run, error) {
	f, err := os.Open(file)
	if err != nil {
		return results.Run{}, errors.Unwrap(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return results.Run{}, err
	}
	if !info.Mode().IsRegular() {
		return results.Run{}, fmt.Errorf("%w: it is no regular file", ErrNotPacked)
	}
	return unpack(ctx, f, info.Size(), dir, limits)
}

func unpack(ctx context.Context, in io.ReaderAt, size int64, dir string, limits Limits) (results.Run, error) {
	zr, err := zip.NewReader(in, size)
	switch {
	case errors.Is(err, zip.ErrInsecurePath): // said below, with the name
	case err != nil && startsAsZip(in):
		return results.Run{}, fmt.Errorf("%w: the file is damaged or its end is missing", err)
	case err != nil:
		return results.Run{}, fmt.Errorf("%w: it is no zip file", ErrNotPacked)
	}
	if version, ours := strings.CutPrefix(zr.Comment, commentMark); ours && zr.Comment != comment {
		return results.Run{}, fmt.Errorf("version %.20q is not known here; this build reads version 1", version)
	}
	top, err := survey(zr.File, limits)
	if err != nil {
		return results.Run{}, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return results.Run{}, err
	}
	defer root.Close()
	left := min(limits.Bytes, freeBytes+size*limits.Ratio)
	for _, entry := range zr.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		n, err := extract(ctx, root, entry, left)
		if err != nil {
			return results.Run{}, fmt.Errorf("%s: %w", entry.Name, err)
		}
		left -= n
	}
	return found(filepath.Join(dir, top))
}

func startsAsZip(in io.ReaderAt) bool {
	var head [2]byte
	n, _ := in.ReadAt(head[:], 0)
	return n == len(head) && string(head[:]) == "PK"
}

// survey checks the list of entries before anything is written, and returns the folder that
// all of them are in.
func survey(entries []*zip.File, limits Limits) (top string, err error) {
	if len(entries) > limits.Files {
		return "", fmt.Errorf("%d entries, and %d are allowed", len(entries), limits.Files)
	}
	seen := map[string]bool{}
	manifest := false
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name, "/")
		if err := checkName(name); err != nil {
			return "", err
		}
		switch mode := e.Mode(); {
		case e.FileInfo().IsDir() != strings.HasSuffix(e.Name, "/"):
			return "", fmt.Errorf("%q is both a file and a folder", e.Name)
		case !mode.IsRegular() && !mode.IsDir():
			return "", fmt.Errorf("%q is a %s, and only files and folders are allowed", e.Name, kind(mode))
		}
		// Not every system tells the two apart.
		if lower := strings.ToLower(name); seen[lower] && !e.FileInfo().IsDir() {
			return "", fmt.Errorf("%q is there twice", e.Name)
		} else {
			seen[lower] = true
		}
		first, rest, _ := strings.Cut(name, "/")
		if top == "" {
			top = first
		}
		if first != top {
			return "", fmt.Errorf("%w: it has the folders %q and %q, and a run is one", ErrNotPacked, top, first)
		}
		manifest = manifest || rest == results.ManifestFile || rest == results.JourneyFile
	}
	if !manifest {
		return "", fmt.Errorf("%w: it has neither %s nor %s", ErrNotPacked, results.ManifestFile, results.JourneyFile)
	}
	return top, nil
}

func kind(mode os.FileMode) string {
	if mode&os.ModeSymlink != 0 {
		return "symbolic link"
	}
	return "special file"
}

// The bounds of a name in a packed run.
const (
	maxName  = 512
	maxDepth = 8
)

// checkName fails for a name that could leave the folder, here or on another system.
func checkName(name string) error {
	switch {
	case len(name) > maxName:
		return fmt.Errorf("%.40q...: a name of %d bytes", name, len(name))
	case !filepath.IsLocal(name), path.Clean(name) != name, strings.ContainsAny(name, "\\:\x00"):
		return fmt.Errorf("%q would leave its folder", name)
	case strings.Count(name, "/") >= maxDepth:
		return fmt.Errorf("%q is more than %d folders deep", name, maxDepth)
	}
	return nil
}

// extract writes an entry of at most so many bytes, whatever its header says of its size.
func extract(ctx context.Context, root *os.Root, e *zip.File, most int64) (n int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	tooLarge := fmt.Errorf("it grows beyond what a packed run may become: %d bytes are left", most)
	if e.UncompressedSize64 > uint64(max(most, 0)) {
		return 0, tooLarge
	}
	in, err := e.Open()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	if dir := path.Dir(e.Name); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return 0, err
		}
	}
	out, err := root.OpenFile(e.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return 0, err
	}
	n, err = io.Copy(out, io.LimitReader(&cancelled{ctx: ctx, in: in}, most+1))
	if err == nil && n > most {
		err = tooLarge
	}
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	return n, err
}

// found is the run in the folder that was unpacked.
func found(dir string) (results.Run, error) {
	store, err := results.OpenStore(filepath.Dir(dir))
	if err != nil {
		return results.Run{}, err
	}
	return store.Resolve(dir)
}
