package results

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// castagnoli is the table of CRC-32C, which processors compute themselves. It is
// only read.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is a file's header, which says what the file is of.
func header(run, cell string) ([]byte, error) {
	if len(run)+len(cell) > maxNames-2*binary.MaxVarintLen64 {
		return nil, fmt.Errorf("the names of run and cell are longer than %d bytes", maxNames)
	}
	var names []byte
	for _, s := range []string{run, cell} {
		names = binary.AppendUvarint(names, uint64(len(s)))
		names = append(names, s...)
	}
	h := append([]byte(nil), hitsMagic...)
	h = binary.LittleEndian.AppendUint32(h, hitsVersion)
	h = binary.LittleEndian.AppendUint32(h, uint32(len(names)))
	sum := crc32.Update(crc32.Checksum(h, castagnoli), castagnoli, names)
	h = binary.LittleEndian.AppendUint32(h, sum)
	return append(h, names...), nil
}

// parseNames is the run and the cell of a header's variable part.
func parseNames(p []byte) (run, cell string, ok bool) {
	var out [2]string
	for i := range out {
		size, n := binary.Uvarint(p)
		if n <= 0 || size > uint64(len(p)-n) {
			return "", "", false
		}
		out[i], p = string(p[n:][:size]), p[n:][size:]
	}
	return out[0], out[1], len(p) == 0
}

// beginFrame reserves the room of a frame's header at the end of dst, and endFrame
// fills it when the payload has been appended.
func beginFrame(dst []byte) []byte { return append(dst, make([]byte, frameHead)...) }

func closeFrame(dst []byte, start int, kind byte) {
	head, payload := dst[start:][:frameHead], dst[start+frameHead:]
	copy(head, frameMark)
	head[3] = kind
	binary.LittleEndian.PutUint32(head[4:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(head[8:], crc32.Checksum(payload, castagnoli))
	binary.LittleEndian.PutUint32(head[12:], crc32.Checksum(head[:12], castagnoli))
}

// appendEnd appends the frame that ends a file of count hits.
func appendEnd(dst []byte, count uint64) []byte {
	start := len(dst)
	dst = beginFrame(dst)
	dst = binary.LittleEndian.AppendUint64(dst, count)
	closeFrame(dst, start, endFrame)
	return dst
}

// frame is a frame's header.
type frame struct {
	kind byte
	size int
	sum  uint32
}

// parseFrame is the header in head; reason says what is wrong with it.
func parseFrame(head []byte) (f frame, reason string) {
	if string(head[:3]) != frameMark {
		return f, "no block begins there"
	}
	if crc32.Checksum(head[:12], castagnoli) != binary.LittleEndian.Uint32(head[12:]) {
		return f, "the checksum of its header is wrong"
	}
	f = frame{
		kind: head[3],
		size: int(min(binary.LittleEndian.Uint32(head[4:]), math.MaxInt32)),
		sum:  binary.LittleEndian.Uint32(head[8:]),
	}
	switch {
	case f.size > maxPayload:
		return f, fmt.Sprintf("its length %d is more than %d", f.size, maxPayload)
	case f.kind == endFrame && f.size != endPayload:
		return f, fmt.Sprintf("an end mark of %d bytes", f.size)
	}
	return f, ""
}

// CorruptError is the error of a hits.bin that was changed after it was written, or
// written by something else. A file that merely ends early is not corrupt.
type CorruptError struct {
	Path string
	// Offset is where the block begins that does not decode, in bytes.
	Offset int64
	Reason string
}

// Error names the file, the offset and the reason.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s: corrupt block at byte %d: %s", e.Path, e.Offset, e.Reason)
}
