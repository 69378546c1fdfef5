package results

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"net/netip"
	"time"
)

// tableEncoder numbers the names of a block's hits in the order of their first
// appearance; its zero value is ready.
type tableEncoder struct {
	names []string
	// rows is the number of each hit's name.
	rows  []uint64
	index map[string]uint64
}

func (t *tableEncoder) reset() {
	if t.index == nil {
		t.index = map[string]uint64{}
	}
	clear(t.index)
	t.names, t.rows = t.names[:0], t.rows[:0]
}

// add appends the name of the next hit.
func (t *tableEncoder) add(name string) {
	// Neighbours mostly share a name, and a string compares faster than it hashes.
	if n := len(t.rows); n > 0 && name == t.names[t.rows[n-1]] {
		t.rows = append(t.rows, t.rows[n-1])
		return
	}
	n, known := t.index[name]
	if !known {
		n = uint64(len(t.names))
		t.index[name] = n
		t.names = append(t.names, name)
	}
	t.rows = append(t.rows, n)
}

// empty says that no hit has a name.
func (t *tableEncoder) empty() bool { return len(t.names) == 1 && t.names[0] == "" }

// cut is a name as far as it is kept.
func cut(name string) string { return name[:min(len(name), maxBackendName)] }

// How an address of the table begins: the length of an IP address in bytes, or
// textAddress plus the length of a text that is none.
const (
	ipv4Address = 4
	ipv6Address = 16
	textAddress = 32
)

var errAddresses = errors.New("its table of addresses does not decode")

// appendAddresses appends the table that begins the column of addresses. An IP address
// takes its bytes and not its digits: at 20 requests a second the table is most of
// what the column takes.
func appendAddresses(dst []byte, addresses []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(addresses)))
	for _, a := range addresses {
		if ip, err := netip.ParseAddr(a); err == nil && ip.Zone() == "" && ip.String() == a {
			raw := ip.AsSlice()
			dst = binary.AppendUvarint(dst, uint64(len(raw)))
			dst = append(dst, raw...)
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(textAddress+len(a)))
		dst = append(dst, a...)
	}
	return dst
}

// addressTable reads the table that begins a column of count addresses, and returns
// what follows it.
func (d *blockDecoder) addressTable(p []byte, count int) ([]byte, error) {
	d.addresses = d.addresses[:0]
	many, n := binary.Uvarint(p)
	if n <= 0 || many == 0 || many > uint64(count) {
		return nil, errAddresses
	}
	p = p[n:]
	for range many {
		head, n := binary.Uvarint(p)
		if n <= 0 {
			return nil, errAddresses
		}
		p = p[n:]
		size := head
		switch {
		case head == ipv4Address || head == ipv6Address:
		case head >= textAddress && head <= textAddress+maxBackendName:
			size = head - textAddress
		default:
			return nil, errAddresses
		}
		if size > uint64(len(p)) {
			return nil, errAddresses
		}
		raw := p[:size]
		p = p[size:]
		if head < textAddress {
			ip, _ := netip.AddrFromSlice(raw)
			raw = []byte(ip.String())
		}
		d.addresses = append(d.addresses, d.same(raw))
	}
	return p, nil
}

// An age is kept in milliseconds with its first seven binary digits, as a floating
// point number is: up to 128 ms to the millisecond, beyond to 0.8 %. An hour's TTL at
// speed 60 is 60,000 ms, for which 10 bits do instead of 16: ages differ from client
// to client, so that no other coding makes them shorter.
const (
	ageUnit   = time.Millisecond
	ageDigits = 7
	// ageSteps is how many codes a power of two has.
	ageSteps = 1 << (ageDigits - 1)
	// maxAgeCode is the code of the longest time.Duration, 67 x 2^37 ms.
	maxAgeCode = (44-ageDigits)*ageSteps + 67
)

// ageCode is the code of an age, rounded to the nearest; an age below 0, which there
// is not, is that of 0.
func ageCode(d time.Duration) uint64 {
	ms := uint64(max(d, 0)+ageUnit/2) / uint64(ageUnit)
	shift := max(bits.Len64(ms)-ageDigits, 0)
	if shift > 0 {
		ms += 1 << (shift - 1)
		shift = max(bits.Len64(ms)-ageDigits, 0)
	}
	return uint64(shift)*ageSteps + ms>>shift
}

// codedAge is the age that a code of at most maxAgeCode stands for.
func codedAge(code uint64) time.Duration {
	if code < 2*ageSteps {
		return time.Duration(code) * ageUnit
	}
	shift := code/ageSteps - 1
	return time.Duration((code-shift*ageSteps)<<shift) * ageUnit
}
