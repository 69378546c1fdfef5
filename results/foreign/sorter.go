package foreign

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"showdown"
	"showdown/results"
)

// chunkHits is how many requests are sorted in memory at once.
const chunkHits = 1 << 17

// sorter puts requests into the order in which they were sent. Tools write them as they end,
// so they are nearly in order; what does not fit into memory waits in files, of which only
// those are open that overlap in time.
type sorter struct {
	// dir is where the files are, made when it is needed in the folder beside.
	beside, dir string
	// size is how many requests are kept in memory.
	size   int
	hits   []showdown.Hit
	chunks []chunk
	first  int64
	any    bool
	read   uint64
}

// chunk is a file of sorted requests, the first of which was sent at from.
type chunk struct {
	path string
	from time.Duration
}

func newSorter(beside string) *sorter { return &sorter{beside: beside, size: chunkHits} }

// add takes a request. Times are kept from the first one on.
func (s *sorter) add(r request) error {
	if !s.any {
		s.first, s.any = r.at, true
	}
	h := r.hit
	h.Sent = time.Duration(r.at - s.first)
	h.Intended = h.Sent
	s.hits = append(s.hits, h)
	s.read++
	if len(s.hits) < s.size {
		return nil
	}
	return s.spill()
}

func bySent(a, b showdown.Hit) int { return cmp.Compare(a.Sent, b.Sent) }

// spill moves what is in memory into a file.
func (s *sorter) spill() error {
	if s.dir == "" {
		dir, err := os.MkdirTemp(s.beside, ".import-")
		if err != nil {
			return fmt.Errorf("make room beside the record: %w", err)
		}
		s.dir = dir
	}
	slices.SortStableFunc(s.hits, bySent)
	for i := range s.hits {
		s.hits[i].Seq = uint64(i)
	}
	c := chunk{path: filepath.Join(s.dir, fmt.Sprintf("%06d", len(s.chunks))), from: s.hits[0].Sent}
	if err := results.WriteHits(c.path, "", "", s.hits); err != nil {
		return err
	}
	s.chunks = append(s.chunks, c)
	s.hits = s.hits[:0]
	return nil
}

// remove removes the files.
func (s *sorter) remove() error {
	if s.dir == "" {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// each calls fn with all requests in the order in which they were sent, numbered, and with
// times from that of the first one on; zero is that one's, as [request] has it.
func (s *sorter) each(ctx context.Context, begin func(zero int64) error, fn func(h *showdown.Hit) error) error {
	slices.SortStableFunc(s.hits, bySent)
	var m merge
	defer m.close()
	if len(s.hits) > 0 {
		m.waiting = append(m.waiting, source{from: s.hits[0].Sent, open: func() (*cursor, error) { return &cursor{hits: s.hits}, nil }})
	}
	for _, c := range s.chunks {
		m.waiting = append(m.waiting, source{from: c.from, open: func() (*cursor, error) { return openCursor(c.path) }})
	}
	slices.SortStableFunc(m.waiting, func(a, b source) int { return cmp.Compare(a.from, b.from) })
	if len(m.waiting) == 0 {
		return nil
	}
	zero := m.waiting[0].from
	if err := begin(s.first + int64(zero)); err != nil {
		return err
	}
	for seq := uint64(0); ; seq++ {
		if seq%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		h, err := m.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		h.Seq = seq
		h.Sent -= zero
		h.Intended = h.Sent
		if err := fn(&h); err != nil {
			return err
		}
	}
}

// source is requests that are not read yet.
type source struct {
	from time.Duration
	open func() (*cursor, error)
}

// cursor is requests that are being read.
type cursor struct {
	hits   []showdown.Hit
	reader *results.HitReader
}

func openCursor(path string) (*cursor, error) {
	r, err := results.OpenHits(path)
	if err != nil {
		return nil, err
	}
	c := &cursor{reader: r}
	if c.hits, err = r.Next(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return c, nil
}

// step goes on by one request; more is false at the end.
func (c *cursor) step() (more bool, err error) {
	if c.hits = c.hits[1:]; len(c.hits) > 0 {
		return true, nil
	}
	if c.reader == nil {
		return false, nil
	}
	c.hits, err = c.reader.Next()
	if errors.Is(err, io.EOF) {
		err = c.reader.Close()
		c.reader = nil
		return false, err
	}
	return err == nil, err
}

// merge merges sources.
type merge struct {
	waiting []source
	open    cursors
}

func (m *merge) next() (showdown.Hit, error) {
	for len(m.waiting) > 0 && (len(m.open) == 0 || m.waiting[0].from <= m.open[0].hits[0].Sent) {
		c, err := m.waiting[0].open()
		if err != nil {
			return showdown.Hit{}, err
		}
		m.waiting = m.waiting[1:]
		heap.Push(&m.open, c)
	}
	if len(m.open) == 0 {
		return showdown.Hit{}, io.EOF
	}
	top := m.open[0]
	h := top.hits[0]
	more, err := top.step()
	switch {
	case err != nil:
		return h, err
	case more:
		heap.Fix(&m.open, 0)
	default:
		heap.Pop(&m.open)
	}
	return h, nil
}

func (m *merge) close() {
	for _, c := range m.open {
		if c.reader != nil {
			c.reader.Close()
		}
	}
}

// cursors is a heap by the time of the next request.
type cursors []*cursor

func (c cursors) Len() int           { return len(c) }
func (c cursors) Less(i, j int) bool { return c[i].hits[0].Sent < c[j].hits[0].Sent }
func (c cursors) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *cursors) Push(x any)        { *c = append(*c, x.(*cursor)) }
func (c *cursors) Pop() any {
	old := *c
	x := old[len(old)-1]
	*c = old[:len(old)-1]
	return x
}
