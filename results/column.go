package results

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// A column is the values of one field of a block's hits, as 64-bit words. It is
// stored as a tag of one byte, the transform in its high and the coding in its low
// four bits, and the transformed values in that coding. The writer takes the pair
// that is shortest. All arithmetic wraps, so every sequence of words survives.

// The transforms.
const (
	// asIs leaves the values.
	asIs = iota
	// delta writes the first value as a varint; the rest are differences to the
	// value before, zigzag coded.
	delta
	// delta2 writes the first value and the first difference as varints; the rest
	// are differences of the differences, zigzag coded. A steady rate becomes zeros.
	delta2
	numTransforms
)

// The codings.
const (
	// varints writes each value as an unsigned varint.
	varints = iota
	// runs writes pairs of varints: a value, and how many times it stands there.
	runs
	// packed writes the smallest value as a varint, a width as one byte, and each
	// value less the smallest in that many bits, lowest bit first.
	packed
	numCodings
)

// maxWidth is the widest packed value: with an offset of up to seven bits it still
// lies within one word.
const maxWidth = 57

var errColumn = errors.New("column does not decode")

func zigzag(v uint64) uint64   { return v<<1 ^ uint64(int64(v)>>63) }
func unzigzag(v uint64) uint64 { return v>>1 ^ -(v & 1) }

func varintLen(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// columnEncoder holds the scratch space of encoding columns; its zero value is ready.
type columnEncoder struct{ forms [numTransforms][]uint64 }

// append appends the column of values, of which there is at least one, to dst.
func (e *columnEncoder) append(dst []byte, values []uint64) []byte {
	e.transform(values)
	transform, coding, least := 0, 0, -1
	for t, form := range e.forms {
		head, rest := split(t, form)
		lead := 0
		for _, v := range head {
			lead += varintLen(v)
		}
		for c, size := range codingSizes(rest) {
			if size >= 0 && (least < 0 || lead+size < least) {
				transform, coding, least = t, c, lead+size
			}
		}
	}
	dst = append(dst, byte(transform<<4|coding))
	head, rest := split(transform, e.forms[transform])
	for _, v := range head {
		dst = binary.AppendUvarint(dst, v)
	}
	return appendCoded(dst, coding, rest)
}

// transform fills e.forms from values.
func (e *columnEncoder) transform(values []uint64) {
	n := len(values)
	for i := range e.forms {
		if cap(e.forms[i]) < n {
			e.forms[i] = make([]uint64, n)
		}
		e.forms[i] = e.forms[i][:n]
	}
	raw, d1, d2 := e.forms[asIs], e.forms[delta], e.forms[delta2]
	copy(raw, values)
	var last, lastDiff uint64
	for i, v := range values {
		diff := v - last
		d1[i], d2[i] = zigzag(diff), zigzag(diff-lastDiff)
		last, lastDiff = v, diff
	}
	// What stands at the head is not a difference of the same kind.
	d1[0], d2[0] = values[0], values[0]
	if n > 1 {
		d2[1] = zigzag(values[1] - values[0])
	}
}

// split parts the values that a transform writes as plain varints from the rest.
func split(transform int, form []uint64) (head, rest []uint64) {
	n := min(transform, len(form))
	return form[:n], form[n:]
}

// codingSizes is the length in bytes of values in each coding, and -1 where a coding
// cannot hold them.
func codingSizes(values []uint64) (sizes [numCodings]int) {
	if len(values) == 0 {
		sizes[packed] = -1
		return sizes
	}
	var (
		least, most = values[0], values[0]
		run         = 0
	)
	for i, v := range values {
		l := varintLen(v)
		sizes[varints] += l
		least, most = min(least, v), max(most, v)
		if run++; i == len(values)-1 || values[i+1] != v {
			sizes[runs] += l + varintLen(uint64(run))
			run = 0
		}
	}
	width := bits.Len64(most - least)
	sizes[packed] = varintLen(least) + 1 + (width*len(values)+7)/8
	if width > maxWidth {
		sizes[packed] = -1
	}
	return sizes
}

func appendCoded(dst []byte, coding int, values []uint64) []byte {
	switch coding {
	case runs:
		run := uint64(0)
		for i, v := range values {
			if run++; i == len(values)-1 || values[i+1] != v {
				dst = binary.AppendUvarint(dst, v)
				dst = binary.AppendUvarint(dst, run)
				run = 0
			}
		}
	case packed:
		dst = appendPacked(dst, values)
	default:
		for _, v := range values {
			dst = binary.AppendUvarint(dst, v)
		}
	}
	return dst
}

func appendPacked(dst []byte, values []uint64) []byte {
	least, most := values[0], values[0]
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	width := bits.Len64(most - least)
	dst = binary.AppendUvarint(dst, least)
	dst = append(dst, byte(width))
	var word uint64
	have := 0
	for _, v := range values {
		// have is at most 7 here, so the value fits.
		word |= (v - least) << have
		for have += width; have >= 8; have -= 8 {
			dst = append(dst, byte(word))
			word >>= 8
		}
	}
	if have > 0 {
		dst = append(dst, byte(word))
	}
	return dst
}

// decodeColumn fills values from a column. The column must hold exactly as many.
func decodeColumn(col []byte, values []uint64) error {
	if len(col) == 0 || len(values) == 0 {
		return errColumn
	}
	transform, coding := int(col[0]>>4), int(col[0]&15)
	if transform >= numTransforms {
		return errColumn
	}
	p := col[1:]
	head, rest := split(transform, values)
	for i := range head {
		v, n := binary.Uvarint(p)
		if n <= 0 {
			return errColumn
		}
		head[i], p = v, p[n:]
	}
	var ok bool
	switch coding {
	case varints:
		ok = decodeVarints(p, rest)
	case runs:
		ok = decodeRuns(p, rest)
	case packed:
		ok = decodePacked(p, rest)
	}
	if !ok {
		return errColumn
	}
	switch transform {
	case delta:
		last := values[0]
		for i := 1; i < len(values); i++ {
			last += unzigzag(values[i])
			values[i] = last
		}
	case delta2:
		last, diff := values[0], uint64(0)
		for i := 1; i < len(values); i++ {
			diff += unzigzag(values[i])
			last += diff
			values[i] = last
		}
	}
	return nil
}

func decodeVarints(p []byte, values []uint64) bool {
	for i := range values {
		if len(p) > 0 && p[0] < 0x80 {
			values[i], p = uint64(p[0]), p[1:]
			continue
		}
		v, n := binary.Uvarint(p)
		if n <= 0 {
			return false
		}
		values[i], p = v, p[n:]
	}
	return len(p) == 0
}

func decodeRuns(p []byte, values []uint64) bool {
	for len(values) > 0 {
		v, n := binary.Uvarint(p)
		if n <= 0 {
			return false
		}
		p = p[n:]
		run, n := binary.Uvarint(p)
		if n <= 0 || run == 0 || run > uint64(len(values)) {
			return false
		}
		p = p[n:]
		for i := range values[:run] {
			values[i] = v
		}
		values = values[run:]
	}
	return len(p) == 0
}

func decodePacked(p []byte, values []uint64) bool {
	least, n := binary.Uvarint(p)
	if n <= 0 || len(p) == n {
		return false
	}
	width := int(p[n])
	p = p[n+1:]
	if width > maxWidth || len(p) != (width*len(values)+7)/8 {
		return false
	}
	mask := uint64(1)<<width - 1
	for i := range values {
		bit := i * width
		at := bit >> 3
		var word uint64
		if at+8 <= len(p) {
			word = binary.LittleEndian.Uint64(p[at:])
		} else {
			for j, b := range p[at:] {
				word |= uint64(b) << (8 * j)
			}
		}
		values[i] = least + word>>(bit&7)&mask
	}
	return true
}
