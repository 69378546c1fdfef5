package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// logLimit is the most that the output of a program takes on disk, over all of its
	// starts in a run; logHead is its beginning, which is always kept.
	logLimit = 1 << 20
	logHead  = 512 << 10
	// logTail is how much of the end stays when the middle is dropped.
	logTail = 256 << 10
	// lineLimit is where a line that does not end is cut.
	lineLimit = 16 << 10
	// tailLines and tailBytes bound what an error shows of the output.
	tailLines = 12
	tailBytes = 2 << 10
	// leastSecret is the shortest value of a variable that is taken for a secret.
	leastSecret = 4
	// hidden stands for a secret in the output.
	hidden = "[secret]"
)

// gap begins the line that stands for what was dropped.
const gap = "[showdown left out "

// logbook keeps the output of a program: the beginning and the end in a file, and the
// last lines at hand. The values of secrets are replaced in both.
type logbook struct {
	path    string
	secrets [][]byte

	mu     sync.Mutex
	file   *os.File // nil where nothing is kept
	size   int64
	rest   []byte // of a line that has no end yet
	last   []byte
	closed bool
}

// openLogbook opens the file at path, behind what is in it; no path keeps only the last
// lines.
func openLogbook(path string, secrets []string) (*logbook, error) {
	b := &logbook{path: path}
	for _, s := range secrets {
		b.secrets = append(b.secrets, []byte(s))
	}
	if path == "" {
		return b, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("keep the program's output: %w", err)
	}
	if err := b.open(); err != nil {
		return nil, fmt.Errorf("keep the program's output: %w", err)
	}
	return b, nil
}

func (b *logbook) open() (err error) {
	if b.file, err = os.OpenFile(b.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return err
	}
	info, err := b.file.Stat()
	if err != nil {
		return errors.Join(err, b.file.Close())
	}
	b.size = info.Size()
	return nil
}

// begin notes a start.
func (b *logbook) begin(at time.Time, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep(b.clean(fmt.Appendf(nil, "--- %s %s\n", at.UTC().Format("2006-01-02T15:04:05.000Z"), what)))
	b.last = nil
}

// copy keeps what is read from r, until its end.
func (b *logbook) copy(r io.Reader) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := r.Read(buffer)
		b.write(buffer[:n])
		if err != nil {
			b.mu.Lock()
			b.line(b.rest)
			b.rest = nil
			b.mu.Unlock()
			return
		}
	}
}

func (b *logbook) write(data []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rest = append(b.rest, data...)
	// Whole lines only: a secret may lie across two reads.
	end := bytes.LastIndexByte(b.rest, '\n') + 1
	if end == 0 && len(b.rest) >= lineLimit {
		end = len(b.rest)
	}
	b.line(b.rest[:end])
	b.rest = append(b.rest[:0], b.rest[end:]...)
}

// line keeps whole lines. mu is held.
func (b *logbook) line(text []byte) {
	if len(text) == 0 {
		return
	}
	text = b.clean(text)
	b.keep(text)
	b.last = append(b.last, text...)
	if over := len(b.last) - tailBytes; over > 0 {
		b.last = append(b.last[:0], b.last[over:]...)
	}
}

func (b *logbook) clean(text []byte) []byte {
	for _, s := range b.secrets {
		text = bytes.ReplaceAll(text, s, []byte(hidden))
	}
	return text
}

// keep writes to the file, and drops its middle when it is full. What cannot be written
// is lost: the program is what matters. mu is held.
func (b *logbook) keep(text []byte) {
	if b.file == nil || b.closed {
		return
	}
	n, _ := b.file.Write(text)
	if b.size += int64(n); b.size > logLimit {
		b.shorten()
	}
}

// shorten drops the middle of the file, in one step for who reads it. mu is held.
func (b *logbook) shorten() {
	data, err := os.ReadFile(b.path)
	if err != nil || len(data) <= logHead+logTail {
		return
	}
	head := bytes.LastIndexByte(data[:logHead], '\n') + 1
	if head == 0 {
		head = logHead
	}
	dropped, end := int64(0), "\n"
	if data[head-1] == '\n' {
		end = ""
	}
	if at := bytes.Index(data[:logHead+len(gap)+1], []byte("\n"+gap)); at >= 0 {
		// It was shortened before: what the line says is gone as well.
		head, end = at+1, ""
		line, _, _ := bytes.Cut(data[head:], []byte("\n"))
		number, _, _ := strings.Cut(strings.TrimPrefix(string(line), gap), " ")
		dropped, _ = strconv.ParseInt(number, 10, 64)
		dropped -= int64(len(line) + 1) // the line itself is none of it
	}
	tail := len(data) - logTail
	if at := bytes.IndexByte(data[tail:], '\n'); at >= 0 {
		tail += at + 1
	}
	dropped += int64(tail - head)
	short := fmt.Appendf(bytes.Clone(data[:head]), "%s%s%d bytes here]\n", end, gap, dropped)
	short = append(short, data[tail:]...)
	temporary := b.path + ".new"
	if os.WriteFile(temporary, short, 0o644) != nil || os.Rename(temporary, b.path) != nil {
		_ = os.Remove(temporary)
		return
	}
	_ = b.file.Close()
	if b.open() != nil {
		b.file = nil
	}
}

// tail is the last lines.
func (b *logbook) tail() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := append(bytes.Clone(b.last), b.clean(bytes.Clone(b.rest))...)
	lines := strings.Split(strings.TrimRight(strings.ToValidUTF8(string(text), "?"), "\n"), "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	return strings.Map(printable, strings.Join(lines, "\n"))
}

// printable drops what would move a terminal's cursor or colour it.
func printable(r rune) rune {
	if r == '\n' || r == '\t' || r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f) {
		return r
	}
	return -1
}

func (b *logbook) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.file != nil {
		_ = b.file.Close()
	}
}
