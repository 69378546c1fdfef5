package results

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

func TestAgeCode(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		age  time.Duration
		code uint64
		want time.Duration
	}{
		{-ms, 0, 0},
		{0, 0, 0},
		{499 * time.Microsecond, 0, 0},
		{500 * time.Microsecond, 1, ms},
		{127 * ms, 127, 127 * ms},
		{128 * ms, 128, 128 * ms},
		{129 * ms, 129, 130 * ms},
		{255 * ms, 192, 256 * ms},
		{time.Minute, 693, 59904 * ms},
		{math.MaxInt64, maxAgeCode, 67 << 37 * ms},
	} {
		code := ageCode(test.age)
		if got := codedAge(code); code != test.code || got != test.want {
			t.Errorf("%v has code %d for %v, want %d for %v", test.age, code, got, test.code, test.want)
		}
	}
	var last time.Duration = -1
	for code := range uint64(maxAgeCode + 1) {
		age := codedAge(code)
		if age <= last || ageCode(age) != code {
			t.Fatalf("code %d is %v after %v and comes back as %d", code, age, last, ageCode(age))
		}
		last = age
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		age := time.Duration(random.Int64N(int64(100 * time.Hour)))
		got := codedAge(ageCode(age))
		if miss := (got - age).Abs(); miss > ageUnit/2+age/128 {
			t.Fatalf("%v is kept as %v", age, got)
		}
	}
}

// A record that was written before there were addresses is read as it was, with zeros
// for what it lacks, and hits without addresses are still written the same way.
func TestRecordWithoutAddresses(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("testdata", "hits-without-addresses.bin"))
	if err != nil {
		t.Fatal(err)
	}
	want := traffic(rand.New(rand.NewPCG(8, 9)), 60, 200)
	got, r, err := collect(t, file)
	if err != nil || !r.Complete() {
		t.Fatalf("complete %v, error %v", r.Complete(), err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hits differ (-want +got):\n%s", diff)
	}
	if !bytes.Equal(written(t, want[:40], want[40:]), file) {
		t.Error("the same hits are written in other bytes")
	}
}

// The table of addresses is part of its column: what is not an IP address in its usual
// notation is text, and none is lost.
func TestAddresses(t *testing.T) {
	hits := make([]showdown.Hit, 9)
	for i, a := range []string{"127.0.0.1", "127.0.0.1", "", "::1", "::ffff:1.2.3.4", "fe80::1%eth0", "web", "0001", "010.1.1.1"} {
		hits[i] = showdown.Hit{Seq: uint64(i), Address: a}
	}
	got, _, err := collect(t, written(t, hits))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hits, got); diff != "" {
		t.Errorf("hits differ (-want +got):\n%s", diff)
	}
	one := []showdown.Hit{{Seq: 1, Address: "127.0.0.1"}}
	if got, _, err := collect(t, written(t, one)); err != nil || !slices.Equal(got, one) {
		t.Errorf("one address alone became %+v, error %v", got, err)
	}
}

// FuzzAddresses reads anything as the table of a column; what it takes must survive
// being written again.
func FuzzAddresses(f *testing.F) {
	f.Add(appendAddresses(nil, []string{"127.0.0.1", "", "::1", "web"}), 9)
	f.Add([]byte{1, 4, 127, 0, 0}, 1)
	f.Add([]byte{0}, 0)
	f.Fuzz(func(t *testing.T, p []byte, count int) {
		if count < 0 || count > maxBlockHits {
			return
		}
		d := blockDecoder{known: map[string]string{}}
		rest, err := d.addressTable(p, count)
		if err != nil {
			return
		}
		if len(d.addresses) == 0 || len(d.addresses) > count {
			t.Fatalf("%d addresses of %d hits", len(d.addresses), count)
		}
		first := slices.Clone(d.addresses)
		again := append(appendAddresses(nil, first), rest...)
		if left, err := d.addressTable(again, count); err != nil || !slices.Equal(first, d.addresses) || !bytes.Equal(left, rest) {
			t.Fatalf("%q became %q, error %v", first, d.addresses, err)
		}
	})
}
