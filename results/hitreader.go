package results

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"showdown"
)

// HitReader reads the requests of a cell from a hits.bin. A file that ends anywhere,
// as that of a killed run does, gives all its whole blocks and then
// [HitReader.Complete] is false. It is not safe for concurrent use.
type HitReader struct {
	path      string
	closer    io.Closer
	in        *bufio.Reader
	run, cell string
	// offset is where the next frame begins.
	offset   int64
	payload  []byte
	decoder  blockDecoder
	low      uint64
	count    uint64
	damaged  bool
	done     bool
	complete bool
}

// OpenHits opens the hits.bin at path. It fails when there is none, and when the
// file is something else or of a newer version; not when it ends early.
func OpenHits(path string) (*HitReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open hits: %w", err)
	}
	r, err := NewHitReader(path, f)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.closer = f
	return r, nil
}

// NewHitReader reads a hits.bin from in; path names it in errors.
func NewHitReader(path string, in io.Reader) (*HitReader, error) {
	r := &HitReader{path: path, in: bufio.NewReaderSize(in, 64<<10)}
	if err := r.readHeader(); err != nil {
		return nil, fmt.Errorf("open hits %s: %w", path, err)
	}
	return r, nil
}

func (r *HitReader) readHeader() error {
	head := make([]byte, fileHead)
	n, err := r.read(head)
	if err != nil {
		return err
	}
	if m := min(n, len(hitsMagic)); string(head[:m]) != hitsMagic[:m] {
		return errors.New("not a record of requests")
	}
	if n < len(head) {
		r.done = true
		return nil
	}
	rest := head[len(hitsMagic):]
	if v := binary.LittleEndian.Uint32(rest); v != hitsVersion {
		return fmt.Errorf("version %d is not known here; this build reads version %d", v, hitsVersion)
	}
	size := binary.LittleEndian.Uint32(rest[4:])
	if size > maxNames {
		return &CorruptError{Path: r.path, Reason: "the length in the header is out of bounds"}
	}
	names := make([]byte, size)
	if n, err = r.read(names); err != nil {
		return err
	}
	if n < len(names) {
		r.done = true
		return nil
	}
	sum := crc32.Update(crc32.Checksum(head[:fileHead-4], castagnoli), castagnoli, names)
	if sum != binary.LittleEndian.Uint32(rest[8:]) {
		return &CorruptError{Path: r.path, Reason: "the checksum of the header is wrong"}
	}
	var ok bool
	if r.run, r.cell, ok = parseNames(names); !ok {
		return &CorruptError{Path: r.path, Reason: "the names in the header do not decode"}
	}
	r.offset = int64(fileHead + len(names))
	return nil
}

// read fills p and returns how many bytes there were; fewer than len(p) only at the
// end of the file.
func (r *HitReader) read(p []byte) (int, error) {
	n, err := io.ReadFull(r.in, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("read %s: %w", r.path, err)
	}
	return n, err
}

// Complete says, once everything was read, that the end of the file was there and
// nothing on the way was damaged.
func (r *HitReader) Complete() bool { return r.complete && !r.damaged }

// Next is the next block of hits, sorted by Seq, which is valid until the next call;
// see [HitReader.EachInOrder] for hits in order across blocks. The error is [io.EOF]
// at the end and at a torn end, and a [*CorruptError] for a block that does not
// decode. Where only the block's content is damaged the call after that goes on with
// the next one; where its header is, it returns io.EOF.
func (r *HitReader) Next() ([]showdown.Hit, error) {
	for !r.done {
		at := r.offset
		f, p, err := r.nextFrame()
		if err != nil {
			return nil, err
		}
		switch f.kind {
		case hitsFrame:
			hits, low, err := r.decoder.decode(p)
			if err != nil {
				return nil, r.corrupt(at, err.Error())
			}
			r.low = max(r.low, low)
			r.count += uint64(len(hits))
			return hits, nil
		case endFrame:
			return nil, r.end(at, p)
		}
		// A frame of another kind is a later version's and holds no hits.
	}
	return nil, io.EOF
}

// nextFrame reads a frame; its payload is valid until the next call.
func (r *HitReader) nextFrame() (f frame, p []byte, err error) {
	at := r.offset
	var head [frameHead]byte
	if n, err := r.read(head[:]); n < len(head) {
		return f, nil, r.stop(err)
	}
	f, reason := parseFrame(head[:])
	if reason != "" {
		return f, nil, r.stop(r.corrupt(at, reason))
	}
	if cap(r.payload) < f.size {
		r.payload = make([]byte, f.size)
	}
	p = r.payload[:f.size]
	if n, err := r.read(p); n < len(p) {
		return f, nil, r.stop(err)
	}
	r.offset += frameHead + int64(f.size)
	if crc32.Checksum(p, castagnoli) != f.sum {
		return f, nil, r.corrupt(at, "the checksum of its content is wrong")
	}
	return f, p, nil
}

// stop ends the reading, with io.EOF when nothing else is wrong.
func (r *HitReader) stop(err error) error {
	r.done = true
	if err == nil {
		err = io.EOF
	}
	return err
}

// end takes in the end mark at offset at and returns io.EOF when all is well.
func (r *HitReader) end(at int64, p []byte) error {
	r.done = true
	if want := binary.LittleEndian.Uint64(p); want != r.count && !r.damaged {
		return r.corrupt(at, fmt.Sprintf("the end mark counts %d requests and there are %d", want, r.count))
	}
	if _, err := r.in.Peek(1); err == nil {
		return r.corrupt(r.offset, "something follows the end mark")
	}
	r.complete = true
	return io.EOF
}

func (r *HitReader) corrupt(at int64, reason string) error {
	r.damaged = true
	return &CorruptError{Path: r.path, Offset: at, Reason: reason}
}

// Close closes the file.
func (r *HitReader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// HitsEnded says whether the hits.bin at path has its end mark, from the last bytes
// of the file alone.
func HitsEnded(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("open hits: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, fmt.Errorf("open hits: %w", err)
	}
	tail := make([]byte, frameHead+endPayload)
	if info.Size() < int64(fileHead+len(tail)) {
		return false, nil
	}
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return false, fmt.Errorf("read %s: %w", path, err)
	}
	fr, reason := parseFrame(tail[:frameHead])
	return reason == "" && fr.kind == endFrame &&
		fr.sum == crc32.Checksum(tail[frameHead:], castagnoli), nil
}
