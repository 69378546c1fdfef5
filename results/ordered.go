package results

import (
	"cmp"
	"errors"
	"io"
	"math"
	"slices"
	"sort"

	"showdown"
)

// maxWaiting is how many hits may wait for one with a lower Seq, at the writer and
// at the reader: so many requests in flight behind one that hangs.
const maxWaiting = 1 << 20

// EachInOrder calls fn with all hits in strict order of Seq, and so of intended
// time, in batches that are valid until fn returns. It holds no more hits in memory
// than were in flight at once.
//
// It stops at fn's error and returns it. A damaged block does not stop it: the
// first one's [*CorruptError] is returned after all that can be read.
func (r *HitReader) EachInOrder(fn func(hits []showdown.Hit) error) error {
	var (
		o       order
		damaged error
	)
	for {
		hits, err := r.Next()
		var corrupt *CorruptError
		switch {
		case errors.Is(err, io.EOF):
			if err := o.release(math.MaxUint64, fn); err != nil {
				return err
			}
			return damaged
		case errors.As(err, &corrupt):
			if damaged == nil {
				damaged = err
			}
		case err != nil:
			return err
		default:
			if err := o.add(hits, r.low, fn); err != nil {
				return err
			}
		}
	}
}

// order puts blocks of hits in order. It keeps what has come too early as sorted
// runs, one for each block, and merges those when their turn has come.
type order struct {
	runs    []sortedRun
	waiting int
	merge   [][]showdown.Hit
	out     []showdown.Hit
	// spare is the memory of runs that were merged: add takes from it, so what
	// release puts there is not touched before emit has copied it.
	spare [][]showdown.Hit
}

// sortedRun is hits in order of Seq; rest is the part of all that still waits.
type sortedRun struct{ all, rest []showdown.Hit }

func bySeq(a, b showdown.Hit) int { return cmp.Compare(a.Seq, b.Seq) }

// below is how many of hits, which are sorted, have a Seq below low.
func below(hits []showdown.Hit, low uint64) int {
	if n := len(hits); n == 0 || hits[n-1].Seq < low {
		return n
	}
	return sort.Search(len(hits), func(i int) bool { return hits[i].Seq >= low })
}

// add takes a block, and calls fn with what is in order now that all hits below low
// have come.
func (o *order) add(hits []showdown.Hit, low uint64, fn func([]showdown.Hit) error) error {
	if !slices.IsSortedFunc(hits, bySeq) {
		slices.SortStableFunc(hits, bySeq)
	}
	if len(o.runs) == 0 && below(hits, low) == len(hits) {
		return fn(hits)
	}
	var keep []showdown.Hit
	if n := len(o.spare); n > 0 {
		keep, o.spare = o.spare[n-1], o.spare[:n-1]
	}
	keep = append(keep[:0], hits...)
	o.runs = append(o.runs, sortedRun{all: keep, rest: keep})
	o.waiting += len(keep)
	if o.waiting > maxWaiting {
		low = math.MaxUint64
	}
	return o.release(low, fn)
}

// release calls fn with the waiting hits below low, in order. A low of the largest
// number releases all.
func (o *order) release(low uint64, fn func([]showdown.Hit) error) error {
	o.merge = o.merge[:0]
	left := o.runs[:0]
	for _, run := range o.runs {
		n := below(run.rest, low)
		if low == math.MaxUint64 {
			n = len(run.rest)
		}
		if n > 0 {
			o.merge = append(o.merge, run.rest[:n])
			o.waiting -= n
		}
		if run.rest = run.rest[n:]; len(run.rest) > 0 {
			left = append(left, run)
		} else {
			o.spare = append(o.spare, run.all)
		}
	}
	clear(o.runs[len(left):])
	o.runs = left
	return o.emit(fn)
}

// emit merges o.merge and calls fn with batches of the result.
func (o *order) emit(fn func([]showdown.Hit) error) error {
	heap := o.merge
	for i := len(heap)/2 - 1; i >= 0; i-- {
		sink(heap, i)
	}
	o.out = o.out[:0]
	for len(heap) > 0 {
		// Everything of the first run up to the head of the next one is in order.
		top, n := heap[0], 0
		if next, ok := second(heap); ok {
			for n < len(top) && top[n].Seq <= next {
				n++
			}
		} else {
			n = len(top)
		}
		o.out = append(o.out, top[:n]...)
		if heap[0] = top[n:]; n == len(top) {
			heap[0] = heap[len(heap)-1]
			heap = heap[:len(heap)-1]
		}
		sink(heap, 0)
		if len(o.out) >= writeBlockHits || len(heap) == 0 {
			if err := fn(o.out); err != nil {
				return err
			}
			o.out = o.out[:0]
		}
	}
	return nil
}

// second is the lowest Seq in a heap of runs outside its first run.
func second(heap [][]showdown.Hit) (seq uint64, ok bool) {
	for _, run := range heap[min(1, len(heap)):min(3, len(heap))] {
		if first := run[0].Seq; !ok || first < seq {
			seq, ok = first, true
		}
	}
	return seq, ok
}

// sink restores the heap below i.
func sink(heap [][]showdown.Hit, i int) {
	for {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(heap) && heap[child][0].Seq < heap[least][0].Seq {
				least = child
			}
		}
		if least == i {
			return
		}
		heap[i], heap[least] = heap[least], heap[i]
		i = least
	}
}
