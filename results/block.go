package results

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"showdown"
)

// The parts of a hits.bin; docs/record.md describes them byte by byte.
const (
	hitsMagic   = "SHOWDHIT"
	hitsVersion = 1
	// fileHead is the length of the header's fixed part: magic, version, length of
	// the rest, checksum.
	fileHead = len(hitsMagic) + 4 + 4 + 4
	// maxNames bounds the run's and the cell's name in a header, together.
	maxNames = 4096

	// frameHead is the length of a frame's header: mark and kind, length, checksum of
	// the payload, checksum of the header.
	frameHead = 16
	frameMark = "BLK"
	hitsFrame = 'H'
	endFrame  = 'E'
	// endPayload is the length of an end frame's payload: the number of hits.
	endPayload = 8

	// maxBlockHits is how many hits a block may hold, and maxPayload how many bytes:
	// a reader refuses more before it allocates.
	maxBlockHits = 1 << 16
	maxPayload   = 8 << 20
	// writeBlockHits is how many hits the writer puts into a block: few enough that
	// a decoded one stays in a processor's cache.
	writeBlockHits = 1 << 13
	// maxBackendName is the longest name of a backend that is kept, in bytes; a
	// longer one, which a stranger's header can hold, is cut.
	maxBackendName = 255
)

// The columns of a block by the number that stands before them. A column that is
// all zero is left out; a reader skips numbers that it does not know.
const (
	colSeq = iota
	colIntended
	// colLate is Sent less Intended.
	colLate
	colLatency
	colOutcome
	colStatus
	colClient
	// colBackend is the index in the block's table of names.
	colBackend
	colBytesIn
	colBytesOut
	colReused
	// colAddress is the index in the column's own table of addresses.
	colAddress
	// colDNSAge is the DNSAge, coarsely: see ageCode.
	colDNSAge
	// colEndpoint and colReason are indices in the column's own table of texts.
	colEndpoint
	colReason
	numColumns
)

// get is the word that stands for column c of h, where that is no index in a table.
func get(h *showdown.Hit, c int) uint64 {
	switch c {
	case colSeq:
		return h.Seq
	case colIntended:
		return uint64(h.Intended)
	case colLate:
		return uint64(h.Sent) - uint64(h.Intended)
	case colLatency:
		return uint64(h.Latency)
	case colOutcome:
		return uint64(h.Outcome)
	case colStatus:
		return uint64(h.Status)
	case colClient:
		return uint64(h.Client)
	case colBytesIn:
		return uint64(h.BytesIn)
	case colBytesOut:
		return uint64(h.BytesOut)
	case colReused:
		if h.Reused {
			return 1
		}
	case colDNSAge:
		return ageCode(h.DNSAge)
	}
	return 0
}

// blockEncoder encodes blocks; its zero value is ready.
type blockEncoder struct {
	columns columnEncoder
	values  []uint64
	column  []byte
	names   tableEncoder
	address tableEncoder
	// endpoint and reason are the tables of texts that only scenarios have.
	endpoint, reason tableEncoder
}

// append appends the payload of a block of hits, of which there is at least one and
// at most [maxBlockHits], to dst. All hits with a Seq below low are in this block or
// an earlier one.
func (e *blockEncoder) append(dst []byte, hits []showdown.Hit, low uint64) []byte {
	e.names.reset()
	e.address.reset()
	e.endpoint.reset()
	e.reason.reset()
	for i := range hits {
		h := &hits[i]
		e.names.add(cut(h.Backend))
		e.address.add(cut(h.Address))
	}
	columns := numColumns
	if !named(hits) {
		columns = colEndpoint
	} else {
		for i := range hits {
			e.endpoint.add(cut(hits[i].Endpoint))
			e.reason.add(cut(hits[i].Reason))
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(hits)))
	dst = binary.AppendUvarint(dst, low)
	dst = binary.AppendUvarint(dst, uint64(len(e.names.names)))
	for _, name := range e.names.names {
		dst = binary.AppendUvarint(dst, uint64(len(name)))
		dst = append(dst, name...)
	}
	if cap(e.values) < len(hits) {
		e.values = make([]uint64, len(hits))
	}
	values := e.values[:len(hits)]
	for c := range columns {
		table := e.table(c)
		zero := uint64(0)
		if table != nil {
			copy(values, table.rows)
			zero = uint64(len(table.names) - 1)
		} else {
			for i := range hits {
				values[i] = get(&hits[i], c)
				zero |= values[i]
			}
		}
		e.column = e.column[:0]
		if c == colAddress || c == colEndpoint || c == colReason {
			if table.empty() {
				continue
			}
			e.column = appendAddresses(e.column, table.names)
		} else if zero == 0 {
			continue
		}
		e.column = e.columns.append(e.column, values)
		dst = append(dst, byte(c))
		dst = binary.AppendUvarint(dst, uint64(len(e.column)))
		dst = append(dst, e.column...)
	}
	return dst
}

// blockDecoder decodes blocks into memory that it keeps; its zero value is ready.
type blockDecoder struct {
	hits   []showdown.Hit
	values []uint64
	names  []string
	// addresses is the table of the column that is being read: addresses, or texts.
	addresses []string
	// known makes equal names of different blocks one string.
	known map[string]string
}

// maxKnown bounds the names that a decoder remembers.
const maxKnown = 4096

var (
	errShort    = errors.New("it ends early")
	errHitCount = errors.New("its number of hits is out of bounds")
	errNames    = errors.New("its table of names does not decode")
	errOrder    = errors.New("its columns are out of order")
)

// decode is the hits of a payload, and the Seq below which all hits are in this
// block or an earlier one. The hits are valid until the next call.
func (d *blockDecoder) decode(p []byte) (hits []showdown.Hit, low uint64, err error) {
	var head [3]uint64
	for i := range head {
		v, n := binary.Uvarint(p)
		if n <= 0 {
			return nil, 0, errShort
		}
		head[i], p = v, p[n:]
	}
	count, low, names := head[0], head[1], head[2]
	if count == 0 || count > maxBlockHits {
		return nil, 0, errHitCount
	}
	if names == 0 || names > count {
		return nil, 0, errNames
	}
	if p, err = d.table(p, int(names)); err != nil {
		return nil, 0, err
	}
	if cap(d.hits) < int(count) {
		d.hits = make([]showdown.Hit, count)
		d.values = make([]uint64, count)
	}
	hits = d.hits[:count]
	clear(hits)
	named := false
	for last := -1; len(p) > 0; {
		c := int(p[0])
		size, n := binary.Uvarint(p[1:])
		if n <= 0 || size > uint64(len(p)-1-n) {
			return nil, 0, errShort
		}
		if c <= last {
			return nil, 0, errOrder
		}
		col := p[1+n:][:size]
		p, last = p[1+n:][size:], c
		if c >= numColumns {
			continue
		}
		values := d.values[:count]
		if c == colAddress || c == colEndpoint || c == colReason {
			if col, err = d.addressTable(col, int(count)); err != nil {
				return nil, 0, fmt.Errorf("column %d: %w", c, err)
			}
		}
		if err := decodeColumn(col, values); err != nil {
			return nil, 0, fmt.Errorf("column %d: %w", c, err)
		}
		named = named || c == colBackend
		if most := d.set(hits, c, values); most > d.limit(c) {
			return nil, 0, fmt.Errorf("column %d: value %d is out of bounds", c, most)
		}
	}
	for i := range hits {
		hits[i].Sent += hits[i].Intended
	}
	if !named && d.names[0] != showdown.NoBackend {
		// One backend alone is a column of zeros, which is left out.
		for i := range hits {
			hits[i].Backend = d.names[0]
		}
	}
	return hits, low, nil
}

// table reads count names from p and returns what follows them.
func (d *blockDecoder) table(p []byte, count int) ([]byte, error) {
	if d.known == nil || len(d.known) > maxKnown {
		d.known = map[string]string{}
	}
	d.names = d.names[:0]
	for range count {
		size, n := binary.Uvarint(p)
		if n <= 0 || size > maxBackendName || size > uint64(len(p)-n) {
			return nil, errNames
		}
		raw := p[n:][:size]
		p = p[n:][size:]
		d.names = append(d.names, d.same(raw))
	}
	return p, nil
}

// same is raw as a string: the same one for the same bytes.
func (d *blockDecoder) same(raw []byte) string {
	s, ok := d.known[string(raw)]
	if !ok {
		s = string(raw)
		d.known[s] = s
	}
	return s
}

// limit is the largest word that column c may hold.
func (d *blockDecoder) limit(c int) uint64 {
	switch c {
	case colOutcome:
		return uint64(len(showdown.Outcomes()) - 1)
	case colStatus:
		return 1<<16 - 1
	case colClient, colBytesIn, colBytesOut:
		return 1<<32 - 1
	case colBackend:
		return uint64(len(d.names) - 1)
	case colReused:
		return 1
	case colAddress, colEndpoint, colReason:
		return uint64(len(d.addresses) - 1)
	case colDNSAge:
		return maxAgeCode
	}
	return 1<<64 - 1
}

// set puts column c into hits and returns its largest word. Sent is left without
// Intended.
func (d *blockDecoder) set(hits []showdown.Hit, c int, values []uint64) (most uint64) {
	values = values[:len(hits)]
	for _, v := range values {
		most = max(most, v)
	}
	switch c {
	case colSeq:
		for i, v := range values {
			hits[i].Seq = v
		}
	case colIntended:
		for i, v := range values {
			hits[i].Intended = time.Duration(v)
		}
	case colLate:
		for i, v := range values {
			hits[i].Sent = time.Duration(v)
		}
	case colLatency:
		for i, v := range values {
			hits[i].Latency = time.Duration(v)
		}
	case colOutcome:
		for i, v := range values {
			hits[i].Outcome = showdown.Outcome(v)
		}
	case colStatus:
		for i, v := range values {
			hits[i].Status = uint16(v)
		}
	case colClient:
		for i, v := range values {
			hits[i].Client = uint32(v)
		}
	case colBackend:
		if most < uint64(len(d.names)) {
			for i, v := range values {
				hits[i].Backend = d.names[v]
			}
		}
	case colBytesIn:
		for i, v := range values {
			hits[i].BytesIn = uint32(v)
		}
	case colBytesOut:
		for i, v := range values {
			hits[i].BytesOut = uint32(v)
		}
	case colReused:
		for i, v := range values {
			hits[i].Reused = v != 0
		}
	case colAddress:
		if most < uint64(len(d.addresses)) {
			for i, v := range values {
				hits[i].Address = d.addresses[v]
			}
		}
	case colEndpoint:
		if most < uint64(len(d.addresses)) {
			for i, v := range values {
				hits[i].Endpoint = d.addresses[v]
			}
		}
	case colReason:
		if most < uint64(len(d.addresses)) {
			for i, v := range values {
				hits[i].Reason = d.addresses[v]
			}
		}
	case colDNSAge:
		if most <= maxAgeCode {
			for i, v := range values {
				hits[i].DNSAge = codedAge(v)
			}
		}
	}
	return most
}
