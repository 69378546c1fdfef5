package foreign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"showdown"
	"showdown/results"
)

// Config says what is imported into which store.
type Config struct {
	Store *results.Store
	// File is the name of the file, which the record keeps without its folder.
	File string
	// Format is the file's; empty is told from the content.
	Format Format
	// Command is the command line, for the record.
	Command []string
}

// Imported is a record that was made.
type Imported struct {
	Run      results.Run
	Format   Format
	Requests uint64
	// Source is what the record says of where it comes from.
	Source results.Source
}

// Import reads in to its end and makes a record of it: one cell, at speed 1, without chaos. When
// it fails there is no record; the error says at which line or byte.
func Import(ctx context.Context, in io.Reader, c Config) (Imported, error) {
	out, err := importFrom(ctx, in, c)
	if err != nil {
		return Imported{}, fmt.Errorf("import %s: %w", c.File, err)
	}
	return out, nil
}

func importFrom(ctx context.Context, in io.Reader, c Config) (out Imported, err error) {
	decoder, format, err := open(in, c.Format)
	if err != nil {
		return out, err
	}
	if err := c.Store.Writable(); err != nil {
		return out, err
	}
	s := newSorter(c.Store.Dir())
	defer func() { err = errors.Join(err, s.remove()) }()
	for {
		if s.read%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return out, err
			}
		}
		r, err := decoder.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = s.add(r)
		}
		if err != nil {
			return out, err
		}
	}
	if s.read == 0 {
		return out, errors.New("there is no request in it")
	}
	about := decoder.about()
	file := filepath.Base(c.File)
	if c.File == "-" || c.File == "" {
		file = "standard input"
	}
	out = Imported{
		Format: format, Requests: s.read,
		Source: results.Source{Format: string(format), File: file, Unknown: about.unknown, Notes: about.notes},
	}
	w := &writer{config: c, source: out.Source, clock: about.clock}
	err = s.each(ctx, w.begin, w.add)
	if err == nil {
		err = w.end()
	}
	if err != nil {
		return Imported{}, errors.Join(err, w.discard())
	}
	out.Run = results.Run{ID: w.rec.ID(), Dir: w.rec.Dir()}
	return out, nil
}

// writer writes the record.
type writer struct {
	config Config
	source results.Source
	clock  bool
	zero   time.Time
	rec    *results.Recorder
	batch  []showdown.Hit
	last   time.Duration
	n      uint64
}

// batchHits is how many requests are written at once.
const batchHits = 1 << 13

func (w *writer) begin(zero int64) error {
	now := time.Now()
	w.zero = now
	if w.clock {
		w.zero = time.Unix(0, zero)
	}
	name := strings.TrimSuffix(w.source.File, filepath.Ext(w.source.File))
	manifest := &results.Manifest{
		Journey: "import", Stage: w.source.Format, Speed: 1, Started: now, Zero: w.zero.UTC(), Command: w.config.Command,
		Source: &w.source,
		Spec: &showdown.Stage{
			Version: showdown.FormatVersion, Journey: "import", Name: w.source.Format, Title: "Requests of " + w.source.File,
			SLO:   showdown.SLO{Availability: 0.99, Latency: showdown.LabDuration(250 * time.Millisecond)},
			Cells: []showdown.Cell{{Name: showdown.BaseCell}},
		},
	}
	rec, err := w.config.Store.Create("import-"+name, manifest)
	if err != nil {
		return err
	}
	w.rec = rec
	w.event(0, showdown.RunStarted, "", map[string]any{"imported": w.source.Format})
	return nil
}

func (w *writer) event(at time.Duration, kind showdown.EventKind, target string, data map[string]any) {
	e := showdown.Event{T: at.Seconds(), At: w.zero.Add(at), Kind: kind, Source: "import", Target: target, Data: data}
	if kind != showdown.RunStarted && kind != showdown.RunEnded {
		e.Cell = showdown.BaseCell
	}
	w.rec.Event(e)
}

func (w *writer) add(h *showdown.Hit) error {
	w.batch = append(w.batch, *h)
	w.last = h.Sent
	if w.n++; len(w.batch) < batchHits {
		return nil
	}
	return w.flush()
}

func (w *writer) flush() error {
	w.rec.Hits(showdown.BaseCell).Append(w.batch)
	w.batch = make([]showdown.Hit, 0, batchHits)
	return w.rec.Flush()
}

// end writes what is left and the events that frame the traffic: what is known of it is how
// long it lasted and how many requests there were.
func (w *writer) end() error {
	if err := w.flush(); err != nil {
		return err
	}
	length := w.last
	if w.n > 1 {
		length += w.last / time.Duration(w.n-1)
	}
	w.event(0, showdown.TrafficStarted, "", nil)
	if length > 0 {
		w.event(0, showdown.PhaseStarted, "requests", map[string]any{
			"from_s": 0.0, "to_s": length.Seconds(), "offered": float64(w.n) / length.Seconds(), "phase": "requests",
		})
	}
	w.event(length, showdown.TrafficEnded, "", nil)
	w.event(length, showdown.RunEnded, "", map[string]any{"reason": "imported"})
	return w.rec.Close()
}

// discard removes the record.
func (w *writer) discard() error {
	if w.rec == nil {
		return nil
	}
	// What it could not write is what was said already.
	_ = w.rec.Close()
	return os.RemoveAll(w.rec.Dir())
}
