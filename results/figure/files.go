package figure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"showdown/results/draw"
)

// Formats lists the forms in which a figure is written: svg as a document of 16 cm, png
// as the same at 300 dots an inch and as a slide of 1920 by 1080, csv as its numbers.
func Formats() []string { return []string{"svg", "png", "csv"} }

// Files is how figures are written.
type Files struct {
	// Dir is made where it is missing.
	Dir     string
	Formats []string
	Lang    Lang
	Theme   draw.Theme
}

// Write writes a figure in the formats that are asked for and returns the paths of the
// files, none where it has nothing to show. A file is there whole or not at all, and what
// was there before it stays until it is.
func (o Files) Write(k Kind, s *Set) (f *Figure, paths []string, err error) {
	f = Build(k, s, Page{Shape: Print, Lang: o.Lang})
	if f.Picture == nil {
		return f, nil, nil
	}
	save := func(suffix string, write func(io.Writer) error) error {
		path := filepath.Join(o.Dir, f.File()+suffix)
		if err := replace(path, write); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		paths = append(paths, path)
		return nil
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return f, nil, fmt.Errorf("make the folder %s: %w", o.Dir, advise(err))
	}
	for _, format := range o.Formats {
		switch format {
		case "svg":
			err = save(".svg", func(w io.Writer) error { return f.Picture.SVG(w, o.Theme, PrintCM, "cm") })
		case "csv":
			err = save(".csv", f.Table.CSV)
		case "png":
			if err = save(".png", func(w io.Writer) error { return f.Picture.PNG(w, o.Theme, PrintPixels) }); err != nil {
				break
			}
			slide := Build(k, s, Page{Shape: Slide, Lang: o.Lang})
			err = save("-slide.png", func(w io.Writer) error { return slide.Picture.PNG(w, o.Theme, SlidePixels) })
		default:
			err = fmt.Errorf("no format %q: there are svg, png and csv", format)
		}
		if err != nil {
			return f, paths, err
		}
	}
	return f, paths, nil
}

// replace puts what write writes into the file at path in one step.
func replace(path string, write func(io.Writer) error) (err error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return advise(err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(b.Bytes())
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	return advise(err)
}

// advise adds to a file system's error what a user can do about it.
func advise(err error) error {
	if err == nil {
		return nil
	}
	var in *fs.PathError
	if errors.As(err, &in) {
		err = in.Err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: free some space there, or choose another folder with --to", err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: choose a folder that can be written with --to", err)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: a file is in the way; choose another folder with --to", err)
	}
	return err
}
