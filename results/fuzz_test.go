package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"showdown"
)

// FuzzHits reads anything as a hits.bin. With resealed every checksum is made right
// first, so that the fuzzer gets behind them.
func FuzzHits(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	all := traffic(rng, 60, 200)
	sound := written(f, all[:20], all[20:])
	f.Add(sound, false)
	f.Add(sound, true)
	f.Add(sound[:len(sound)/2], true)
	f.Add([]byte{}, false)
	f.Add(written(f), true)
	f.Add(written(f, []showdown.Hit{randomHit(rng, showdown.Hit{}), randomHit(rng, showdown.Hit{})}), true)
	f.Fuzz(func(t *testing.T, file []byte, resealed bool) {
		if resealed {
			file = reseal(file)
		}
		r, err := NewHitReader("hits.bin", bytes.NewReader(file))
		if err != nil {
			return
		}
		blocks, hits := 0, 0
		for {
			block, err := r.Next()
			var corrupt *CorruptError
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil && !errors.As(err, &corrupt) {
				t.Fatalf("error %v is neither the end nor damage", err)
			}
			if len(block) > maxBlockHits {
				t.Fatalf("a block of %d hits", len(block))
			}
			if blocks++; blocks > len(file)/frameHead+1 {
				t.Fatal("more blocks than fit in the file")
			}
			hits += len(block)
		}
		if cap(r.payload) > maxPayload {
			t.Errorf("%d bytes were allocated", cap(r.payload))
		}
		ordered := 0
		r, err = NewHitReader("hits.bin", bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.EachInOrder(func(b []showdown.Hit) error { ordered += len(b); return nil }); err == nil && r.damaged {
			t.Error("damage was not reported")
		}
		if ordered != hits {
			t.Errorf("%d hits in order of %d", ordered, hits)
		}
	})
}

// reseal makes the checksums of a hits.bin right, as far as it has its shape.
func reseal(file []byte) []byte {
	file = slices.Clone(file)
	for at := bytes.Index(file, []byte(frameMark)); at >= 0 && at+frameHead <= len(file); {
		size := int(file[at+4]) | int(file[at+5])<<8
		file[at+6], file[at+7] = 0, 0
		if at+frameHead+size > len(file) {
			size = len(file) - at - frameHead
			file[at+4], file[at+5] = byte(size), byte(size>>8)
		}
		closeFrame(file[at:][:frameHead+size], 0, file[at+3])
		next := bytes.Index(file[at+frameHead+size:], []byte(frameMark))
		if next < 0 {
			break
		}
		at += frameHead + size + next
	}
	if at := bytes.Index(file, []byte(frameMark)); at >= fileHead && bytes.HasPrefix(file, []byte(hitsMagic)) {
		sum := crc32.Update(crc32.Checksum(file[:fileHead-4], castagnoli), castagnoli, file[fileHead:at])
		for i := range 4 {
			file[fileHead-4+i] = byte(sum >> (8 * i))
		}
	}
	return file
}

// FuzzColumn decodes anything as a column, and what decodes must survive being
// encoded again.
func FuzzColumn(f *testing.F) {
	var e columnEncoder
	for _, values := range [][]uint64{{0}, {1, 2, 3, 4}, {5, 5, 5, 5, 5}, {9, 1 << 60, 3}, {1 << 63, 1<<64 - 1}} {
		f.Add(e.append(nil, values), len(values))
	}
	f.Fuzz(func(t *testing.T, col []byte, n int) {
		if n < 1 || n > 1000 {
			return
		}
		values := make([]uint64, n)
		if decodeColumn(col, values) != nil {
			return
		}
		again := make([]uint64, n)
		encoded := (&columnEncoder{}).append(nil, values)
		if err := decodeColumn(encoded, again); err != nil || !slices.Equal(values, again) {
			t.Fatalf("%v became %v, error %v", values, again, err)
		}
		if len(encoded) > len(col) && col[0]&15 == varints && col[0]>>4 == asIs {
			t.Errorf("%d bytes, and %d do", len(encoded), len(col))
		}
	})
}

// FuzzEvents reads anything as an event log; what it takes must survive being
// written again.
func FuzzEvents(f *testing.F) {
	f.Add([]byte(`{"t":0,"at":"2026-11-23T10:15:00Z","kind":"run.started","source":"play"}` + "\n" +
		`{"t":1.5,"at":"2026-11-23T10:15:01Z","cell":"base","kind":"fault.injected","source":"chaos","target":"A","data":{"x":1}}` + "\n" +
		`{"t":2,"at":"2026-11-23T10:15:02Z","kind":"run.ended","source":"play","data":{"reason":"finished"}}` + "\n"))
	f.Add([]byte("{\"kind\":\"x\"}\n\n{\"kind"))
	f.Add([]byte("null\n7\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		events, _, err := readEvents("events.ndjson", bytes.NewReader(file))
		if err != nil {
			return
		}
		var again bytes.Buffer
		for _, e := range events {
			line, err := json.Marshal(e)
			if err != nil {
				return // a year beyond 9999 is read and not written
			}
			again.Write(append(line, '\n'))
		}
		second, _, err := readEvents("events.ndjson", &again)
		if err != nil || len(second) != len(events) {
			t.Fatalf("%d events became %d: %v", len(events), len(second), err)
		}
		for i := range events {
			if events[i].Kind != second[i].Kind || events[i].T != second[i].T || !events[i].At.Truncate(time.Nanosecond).Equal(second[i].At) {
				t.Fatalf("%+v became %+v", events[i], second[i])
			}
		}
	})
}

// FuzzResolve asks for anything in a store: it never panics, and a run it finds is
// there.
func FuzzResolve(f *testing.F) {
	dir := f.TempDir()
	s, err := OpenStore(dir)
	if err != nil {
		f.Fatal(err)
	}
	r, err := s.Create("single", &Manifest{})
	if err != nil {
		f.Fatal(err)
	}
	if err := r.Close(); err != nil {
		f.Fatal(err)
	}
	for _, ref := range []string{"latest", "2", "/", "", "..", r.ID(), r.ID() + "/x", "latest/"} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		if run, err := s.Resolve(ref); err == nil && !isRun(run.Dir) && !isJourney(run.Dir) {
			t.Errorf("%q is %+v", ref, run)
		}
	})
}
