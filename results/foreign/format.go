package foreign

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"showdown"
)

// Format is a form of requests that another tool wrote.
type Format string

// The formats.
const (
	VegetaGob  Format = "vegeta-gob"
	VegetaJSON Format = "vegeta-json"
	VegetaCSV  Format = "vegeta-csv"
	// K6 is what "k6 run --out json=FILE" writes: a point of a metric a line.
	K6 Format = "k6"
	// Oha is what "oha --output-format csv" writes. Its JSON has no requests in it.
	Oha Format = "oha"
)

// Formats lists every format.
func Formats() []Format { return []Format{VegetaGob, VegetaJSON, VegetaCSV, K6, Oha} }

// ParseFormat is the format of that name.
func ParseFormat(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if string(f) == name {
			return f, nil
		}
		names = append(names, string(f))
	}
	return "", fmt.Errorf("import: no format %q: choose %s", name, strings.Join(names, ", "))
}

// request is a request as a source says it: at is when it was sent, in nanoseconds since 1970,
// or since the source's own zero where it has no clock. Of the hit all but the times is used.
type request struct {
	at  int64
	hit showdown.Hit
}

// decoder reads requests in any order.
type decoder interface {
	// next is the next request; [io.EOF] at the end.
	next() (request, error)
	// about is what is known of the source once everything was read.
	about() about
}

// about is what a source does not say.
type about struct {
	// clock says that times are those of a wall clock.
	clock   bool
	unknown []string
	notes   []string
}

const (
	// maxRecord bounds a line or a message, bodies that were kept included.
	maxRecord = 64 << 20
	// sniffed is how much of a file its format is told from.
	sniffed = 64 << 10
)

// errForeign is the error of a file in none of the formats.
var errForeign = errors.New("it is neither vegeta's results (gob, json, csv) nor points of k6 run --out json nor oha's csv")

// open is the decoder of in. An empty format is told from the content.
func open(in io.Reader, f Format) (decoder, Format, error) {
	buffered := bufio.NewReaderSize(in, sniffed)
	if head, _ := buffered.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		zr, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, "", fmt.Errorf("decompress: %w", err)
		}
		buffered = bufio.NewReaderSize(zr, sniffed)
	}
	head, err := buffered.Peek(sniffed)
	if errors.Is(err, io.ErrUnexpectedEOF) { // only of gzip: its last block or its sum is missing
		return nil, "", errors.New("it ends in the middle of what gzip compressed: the file is truncated")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, "", errors.New("it is empty")
	}
	if err := aggregates(head); err != nil {
		return nil, "", err
	}
	if f == "" {
		if f = detect(head); f == "" {
			return nil, "", errForeign
		}
	}
	switch f {
	case VegetaGob:
		return newGob(buffered), f, nil
	case VegetaJSON:
		return newVegetaJSON(buffered), f, nil
	case VegetaCSV:
		return newVegetaCSV(buffered), f, nil
	case K6:
		return newK6(buffered), f, nil
	case Oha:
		d, err := newOha(buffered)
		return d, f, err
	}
	return nil, "", fmt.Errorf("no format %q", f)
}

// detect is the format of a file that begins so; empty when it is none of them.
func detect(head []byte) Format {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	text := strings.TrimSpace(string(line))
	switch {
	case strings.HasPrefix(text, "{"):
		switch {
		case strings.Contains(text, `"metric"`) && strings.Contains(text, `"type"`):
			return K6
		case strings.Contains(text, `"timestamp"`) && strings.Contains(text, `"latency"`):
			return VegetaJSON
		}
	case strings.HasPrefix(text, ohaStart+","):
		return Oha
	case len(text) > 10 && text[0] >= '0' && text[0] <= '9' && strings.Count(text, ",") >= vegetaColumns-1:
		return VegetaCSV
	case bytes.Contains(head[:min(len(head), 512)], []byte("Result")) && bytes.Contains(head[:min(len(head), 512)], []byte("Latency")):
		return VegetaGob
	}
	return ""
}

// aggregates fails for the results of these tools that have no requests in them.
func aggregates(head []byte) error {
	if head[0] != '{' {
		return nil
	}
	has := func(words ...string) bool {
		for _, w := range words {
			if !bytes.Contains(head, []byte(`"`+w+`"`)) {
				return false
			}
		}
		return true
	}
	switch {
	case has("responseTimeHistogram", "summary"):
		return errors.New("oha's JSON holds sums and a histogram and not one request, so no record can be made of it; " +
			"oha --output-format csv writes the requests")
	case has("root_group", "metrics"):
		return errors.New("k6's summary holds sums and not one request, so no record can be made of it; " +
			"k6 run --out json=FILE writes the requests")
	case has("latencies", "status_codes", "success"):
		return errors.New("this is a report of vegeta's, with sums and not one request, so no record can be made of it; " +
			"import the results that vegeta attack wrote")
	}
	return nil
}

// placed is err with where in the file it is.
func placed(place string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: it ends in the middle of a request: the file is truncated", place)
	}
	return fmt.Errorf("%s: %w", place, err)
}

// lines reads a file line by line.
type lines struct {
	in     *bufio.Reader
	number int
	line   []byte
}

// next is the next line without its end, valid until the next call. whole is false for a last
// line without an end.
func (l *lines) next() (line []byte, whole bool, err error) {
	l.line = l.line[:0]
	l.number++
	for {
		part, err := l.in.ReadSlice('\n')
		l.line = append(l.line, part...)
		switch {
		case err == nil:
			return bytes.TrimRight(l.line, "\r\n"), true, nil
		case errors.Is(err, io.EOF) && len(l.line) > 0:
			return l.line, false, nil
		case errors.Is(err, bufio.ErrBufferFull):
			if len(l.line) > maxRecord {
				return nil, false, fmt.Errorf("%s: it is longer than %d MiB", l.place(), maxRecord>>20)
			}
		case errors.Is(err, io.EOF):
			return nil, false, io.EOF
		default:
			return nil, false, placed(l.place(), err)
		}
	}
}

func (l *lines) place() string { return fmt.Sprintf("line %d", l.number) }

// torn is err of a line that does not decode: a last line without its end was cut off.
func (l *lines) torn(whole bool, err error) error {
	if !whole {
		err = io.ErrUnexpectedEOF
	}
	return placed(l.place(), err)
}

// guard stops a reader that takes too much for one record.
type guard struct {
	in   io.Reader
	used int
	all  int64
}

func (g *guard) Read(p []byte) (int, error) {
	if g.used > maxRecord {
		return 0, fmt.Errorf("a request of more than %d MiB", maxRecord>>20)
	}
	n, err := g.in.Read(p)
	g.used += n
	g.all += int64(n)
	return n, err
}

// next begins the next record.
func (g *guard) next() { g.used = 0 }
