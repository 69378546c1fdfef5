package pack

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"showdown/results"
)

// Extension is how the name of a packed run ends, unless another is asked for.
const Extension = ".showdown.zip"

// comment is the zip's comment: what it is, and of which version.
const (
	commentMark = "showdown pack "
	comment     = commentMark + "1"
)

// Write packs the run to w. The same record gives the same bytes. Reports and figures are left
// out, since they can be made again, and so is what a name with a leading dot hides; a symbolic
// link is an error, because what it points to is not part of the record.
func Write(ctx context.Context, w io.Writer, run results.Run) error {
	fail := func(err error) error { return fmt.Errorf("pack %s: %w", run.ID, err) }
	root, err := os.OpenRoot(run.Dir)
	if err != nil {
		return fail(err)
	}
	defer root.Close()
	zw := zip.NewWriter(w)
	if err := zw.SetComment(comment); err != nil {
		return fail(err)
	}
	p := packer{ctx: ctx, root: root, zip: zw, top: topName(run)}
	if err := fs.WalkDir(root.FS(), ".", p.add); err != nil {
		return fail(err)
	}
	if err := zw.Close(); err != nil {
		return fail(err)
	}
	return nil
}

// topName is the folder in the zip: the last part of the run's id.
func topName(run results.Run) string {
	name := path.Base(strings.ReplaceAll(run.ID, `\`, "/"))
	if name == "." || name == "/" || name == ".." || checkName(name) != nil {
		return "run"
	}
	return name
}

type packer struct {
	ctx  context.Context
	root *os.Root
	zip  *zip.Writer
	top  string
}

func (p *packer) add(name string, d fs.DirEntry, err error) error {
	if err := errors.Join(err, p.ctx.Err()); err != nil {
		return err
	}
	switch base := d.Name(); {
	case name == ".":
		return nil
	case strings.HasPrefix(base, "."), d.IsDir() && base == "figures", base == "report.html":
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	case d.IsDir():
		return nil
	case !d.Type().IsRegular():
		return fmt.Errorf("%s is no regular file", name)
	}
	entry := p.top + "/" + name
	if err := checkName(entry); err != nil {
		return err
	}
	in, err := p.root.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	// Every entry has the earliest time that a zip can hold: a copy of a record gives the
	// same file.
	out, err := p.zip.CreateHeader(&zip.FileHeader{
		Name: entry, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(out, &cancelled{ctx: p.ctx, in: in})
	return err
}

// cancelled reads until its context ends.
type cancelled struct {
	ctx context.Context
	in  io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.in.Read(p)
}
