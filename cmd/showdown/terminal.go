package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// terminal is where a command reads and writes. Results go to stdout, progress and
// complaints to stderr.
type terminal struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// healed says that a lab was set up, which is over and healed by now; recorded is
	// the folder that the newest record is in. An interrupt's last words need them.
	healed   atomic.Bool
	recorded string
	// watching says that the command only shows a record: to interrupt it is to end it.
	watching bool
	// temporary are the folders that packed runs were unpacked into.
	temporary []string
	// targetFile is what --targets named, read once.
	targetFile []byte
}

// readInput is the content of the file of that name, or of standard input for "-".
func (t *terminal) readInput(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(t.stdin)
	}
	return os.ReadFile(name)
}

// progress writes a line to stderr unless the command is quiet.
func (t *terminal) progress(c *cli.Context, format string, args ...any) {
	if !c.Bool("quiet") {
		fmt.Fprintf(t.stderr, format+"\n", args...)
	}
}

// encoder is a result that knows its own JSON form.
type encoder interface{ Encode(w io.Writer) error }

// document writes v to stdout as one indented JSON document.
func (t *terminal) document(v any) error {
	if e, ok := v.(encoder); ok {
		return e.Encode(t.stdout)
	}
	enc := json.NewEncoder(t.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// colour says whether w may be coloured: a terminal, and nobody said no.
func (t *terminal) colour(c *cli.Context, w io.Writer) bool {
	return isTerminal(w) && !c.Bool("no-color") && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is the number of columns of w, or 100 where that is unknown.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 20 {
			return n
		}
	}
	return 100
}
