package results

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

// memory is a hitFile that lies in memory. It fails once it holds limit bytes, after
// taking those that fit, as a full disk does.
type memory struct {
	bytes.Buffer
	limit  int
	err    error
	synced int
	closed bool
}

func (m *memory) Write(p []byte) (int, error) {
	if m.err != nil && m.Len()+len(p) > m.limit {
		n, _ := m.Buffer.Write(p[:max(0, m.limit-m.Len())])
		return n, m.err
	}
	return m.Buffer.Write(p)
}

func (m *memory) Truncate(size int64) error {
	m.Buffer.Truncate(min(m.Len(), int(size)))
	return nil
}
func (m *memory) Sync() error  { m.synced++; return nil }
func (m *memory) Close() error { m.closed = true; return nil }

// written is the file that a writer makes of batches, with a flush after each.
func written(t testing.TB, batches ...[]showdown.Hit) []byte {
	t.Helper()
	m := &memory{}
	w, err := newHitWriter("hits.bin", m, "run-1", "base", func() {})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		w.Append(slices.Clone(b))
		if err := w.flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
	if m.synced == 0 || !m.closed {
		t.Errorf("finish left the file open or unsynced")
	}
	return m.Bytes()
}

// collect is all hits of a file, in the order of EachInOrder.
func collect(t testing.TB, file []byte) (hits []showdown.Hit, r *HitReader, err error) {
	t.Helper()
	r, err = NewHitReader("hits.bin", bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	err = r.EachInOrder(func(b []showdown.Hit) error {
		hits = append(hits, b...)
		return nil
	})
	return hits, r, err
}

// traffic is n hits as a run at rate gives them, in order of Seq: two instances, one
// of which is lost for a tenth of the time in the middle, so that its requests are
// refused, then time out, then are answered 503.
func traffic(rng *rand.Rand, n int, rate float64) []showdown.Hit {
	hits := make([]showdown.Hit, n)
	body := len("2026-11-23T10:15:00.123456789Z web-1\n")
	for i := range hits {
		h := &hits[i]
		at := time.Duration(float64(i) / rate * 1e9)
		h.Seq, h.Intended = uint64(i), at
		// Mostly punctual within 100 µs, now and then a millisecond late.
		late := 30e3 + 60e3*rng.ExpFloat64()
		if rng.IntN(200) == 0 {
			late += 2e6 * rng.Float64()
		}
		h.Sent = at + time.Duration(late)
		h.Client = uint32(rng.IntN(1000))
		h.Backend = [2]string{"web-1", "web-2"}[rng.IntN(2)]
		h.Latency = time.Duration(400e3 * math.Exp(0.5*rng.NormFloat64()))
		h.Status, h.Reused = 200, rng.IntN(50) != 0
		h.BytesIn = uint32(body)
		for rng.IntN(10) == 0 {
			h.BytesIn-- // a time is printed without its last zeros
		}
		if x := float64(i) / float64(n); h.Backend == "web-1" && x > 0.45 && x < 0.55 {
			h.Status, h.BytesIn, h.Reused = 0, 0, false
			switch {
			case x < 0.48:
				h.Outcome, h.Latency = showdown.Refused, time.Duration(80e3+20e3*rng.ExpFloat64())
			case x < 0.52:
				h.Outcome, h.Latency = showdown.ConnectTimeout, time.Duration(60e6+100e3*rng.ExpFloat64())
			default:
				h.Outcome, h.Status, h.BytesIn = showdown.HTTP5xx, 503, 22
			}
		}
		if rng.IntN(5000) == 0 {
			*h = showdown.Hit{Seq: h.Seq, Intended: at, Sent: at, Client: h.Client, Outcome: showdown.Dropped}
		}
	}
	return hits
}

// resolving is hits as clients of the name servers make them: their addresses, and the
// age of what they know, which differs from client to client and grows up to the TTL.
func resolving(rng *rand.Rand, hits []showdown.Hit, ttl time.Duration) []showdown.Hit {
	phase := make([]time.Duration, 1000)
	for i := range phase {
		phase[i] = time.Duration(rng.Int64N(int64(ttl)))
	}
	hits = slices.Clone(hits)
	for i := range hits {
		h := &hits[i]
		h.Address = map[string]string{"web-1": "127.18.0.4", "web-2": "127.18.0.5"}[h.Backend]
		if h.Address != "" {
			h.DNSAge = codedAge(ageCode((h.Sent + phase[h.Client]) % ttl))
		}
	}
	return hits
}

// batches is hits in the order in which they completed, in pieces of every: what an
// attack hands over.
func batches(hits []showdown.Hit, every time.Duration) [][]showdown.Hit {
	done := slices.Clone(hits)
	end := func(h showdown.Hit) time.Duration { return h.Sent + h.Latency }
	slices.SortStableFunc(done, func(a, b showdown.Hit) int { return int(end(a) - end(b)) })
	var out [][]showdown.Hit
	for len(done) > 0 {
		edge := end(done[0]) + every
		n := 0
		for n < len(done) && end(done[n]) < edge {
			n++
		}
		out = append(out, done[:n])
		done = done[n:]
	}
	return out
}

func TestHitsComeBackInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	want := traffic(rng, 30000, 500)
	file := written(t, batches(want, 500*time.Millisecond)...)
	got, r, err := collect(t, file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("hits differ (-want +got):\n%s", diff[:min(len(diff), 2000)])
	}
	if !r.Complete() || r.run != "run-1" || r.cell != "base" {
		t.Errorf("complete %v, run %q, cell %q", r.Complete(), r.run, r.cell)
	}
}

// A record's bound is 16 bytes a request on average, over traffic as it comes: what
// one block a flush costs at each rate is in it.
//
// Where clients resolve a name, the address and the age of the answer cost at most
// 1.5 bytes more, at rates at which a block has requests enough to bear its table.
func TestBytesPerRequest(t *testing.T) {
	for _, rate := range []float64{20, 50, 200, 500, 2000, 20000} {
		rng := rand.New(rand.NewPCG(3, uint64(rate)))
		told := traffic(rng, int(60*min(rate, 5000)), rate)
		bytes := func(hits []showdown.Hit) float64 {
			return float64(len(written(t, batches(hits, 500*time.Millisecond)...))) / float64(len(hits))
		}
		each := bytes(told)
		for _, ttl := range []time.Duration{time.Second, 5 * time.Second, time.Minute} {
			named := bytes(resolving(rng, told, ttl))
			t.Logf("%6.0f requests/s: %.2f bytes each, %.2f with a TTL of %v here", rate, each, named, ttl)
			if named > 16 && rate >= 50 || each > 16 {
				t.Errorf("at %g requests/s a request takes %.2f bytes, or %.2f; more than 16", rate, each, named)
			}
			if more := named - each; more > 1.55 && rate >= 200 {
				t.Errorf("at %g requests/s and a TTL of %v a request takes %.2f bytes more where a name is resolved", rate, ttl, more)
			}
		}
	}
}

// randomHit is any hit that the types allow, mostly near the one before.
func randomHit(rng *rand.Rand, last showdown.Hit) showdown.Hit {
	near := func(v int64) int64 {
		switch rng.IntN(4) {
		case 0:
			return v
		case 1:
			return v + rng.Int64N(1000) - 500
		case 2:
			return v + 1
		}
		return int64(rng.Uint64() >> rng.IntN(64))
	}
	name := func() string {
		b := make([]byte, rng.IntN(12))
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return string(b)
	}
	ip := func() string {
		var b [16]byte
		binary.BigEndian.PutUint64(b[8:], rng.Uint64())
		ip := netip.AddrFrom16(b)
		if rng.IntN(2) == 0 {
			ip = netip.AddrFrom4([4]byte(b[12:]))
		}
		return ip.String()
	}
	h := showdown.Hit{
		Address: last.Address,
		DNSAge:  codedAge(ageCode(time.Duration(near(int64(last.DNSAge))))),

		Seq:      uint64(near(int64(last.Seq))),
		Intended: time.Duration(near(int64(last.Intended))),
		Sent:     time.Duration(near(int64(last.Sent))),
		Latency:  time.Duration(near(int64(last.Latency))),
		Outcome:  showdown.Outcome(rng.IntN(len(showdown.Outcomes()))),
		Status:   uint16(near(int64(last.Status))),
		Client:   uint32(near(int64(last.Client))),
		Backend:  last.Backend,
		BytesIn:  uint32(near(int64(last.BytesIn))),
		BytesOut: uint32(near(int64(last.BytesOut))),
		Reused:   rng.IntN(2) == 0,
		Endpoint: last.Endpoint, Reason: last.Reason,
	}
	if rng.IntN(3) == 0 {
		h.Backend = name()
	}
	switch rng.IntN(8) {
	case 0:
		h.Endpoint = name()
	case 1:
		h.Reason = name()
	case 2:
		h.Endpoint = ip()
	}
	switch rng.IntN(6) {
	case 0:
		h.Address = name()
	case 1:
		h.Address = ip()
	}
	return h
}

// Every hit survives, whatever is in it: the record loses nothing and rounds nothing
// but the age of DNS answers.
func TestAnyHitSurvives(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 7))
		var (
			want, batch []showdown.Hit
			in          [][]showdown.Hit
			last        showdown.Hit
		)
		for range 1 + rng.IntN(200) {
			last = randomHit(rng, last)
			want, batch = append(want, last), append(batch, last)
			if rng.IntN(20) == 0 {
				in, batch = append(in, batch), nil
			}
		}
		got, r, err := collect(t, written(t, append(in, batch)...))
		if err != nil || !r.Complete() {
			t.Fatalf("seed %d: complete %v, error %v", seed, r.Complete(), err)
		}
		// Numbers may repeat here, so only what came back counts, not its order.
		sortAll(want)
		sortAll(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: hits differ (-want +got):\n%s", seed, diff)
		}
	}
}

func sortAll(hits []showdown.Hit) {
	slices.SortFunc(hits, func(a, b showdown.Hit) int {
		if c := bySeq(a, b); c != 0 {
			return c
		}
		return bytes.Compare(sortKey(a), sortKey(b))
	})
}

func sortKey(h showdown.Hit) []byte {
	var e blockEncoder
	return e.append(nil, []showdown.Hit{h}, 0)
}

// A record that ends at any byte gives every whole block and says that its end is
// missing.
func TestTruncationAtEveryByte(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var (
		all  = traffic(rng, 400, 200)
		in   = [][]showdown.Hit{all[:90], all[90:200], all[200:201], all[201:]}
		file = written(t, in...)
		ends []int // where each block ends
		at   = len(file)
	)
	m := &memory{}
	w, err := newHitWriter("hits.bin", m, "run-1", "base", func() {})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range in {
		w.Append(slices.Clone(b))
		if err := w.flush(); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, m.Len())
	}
	for at = range len(file) {
		got, r, err := collect(t, file[:at])
		if err != nil {
			t.Fatalf("cut at byte %d: %v", at, err)
		}
		if r.Complete() {
			t.Fatalf("cut at byte %d: complete", at)
		}
		want := 0
		for i, end := range ends {
			if at >= end {
				want += len(in[i])
			}
		}
		if len(got) != want {
			t.Fatalf("cut at byte %d: %d hits, want %d", at, len(got), want)
		}
		if diff := cmp.Diff(all[:want], got, cmp.Comparer(func(a, b []showdown.Hit) bool { return slices.Equal(a, b) })); diff != "" {
			t.Fatalf("cut at byte %d: hits differ:\n%s", at, diff)
		}
	}
}

// A changed byte anywhere is noticed: as damage with its place, or, in the header, as
// an error of opening.
func TestDamageAtEveryByte(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	all := traffic(rng, 120, 200)
	file := written(t, all[:50], all[50:])
	for at := range file {
		bad := slices.Clone(file)
		bad[at] ^= 1 << rng.IntN(8)
		_, r, err := collect(t, bad)
		var corrupt *CorruptError
		switch {
		case r == nil && err != nil: // the header
		case errors.As(err, &corrupt) && corrupt.Offset <= int64(at) && !r.Complete():
		default:
			t.Fatalf("byte %d: error %v, complete %v", at, err, r != nil && r.Complete())
		}
	}
}

func TestDamagedBlockLeavesTheOthers(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	all := traffic(rng, 300, 200)
	file := written(t, all[:100], all[100:200], all[200:])
	second := bytes.Index(file[bytes.Index(file, []byte(frameMark))+1:], []byte(frameMark)) +
		bytes.Index(file, []byte(frameMark)) + 1
	file[second+frameHead+20]++
	got, r, err := collect(t, file)
	var corrupt *CorruptError
	if !errors.As(err, &corrupt) || corrupt.Offset != int64(second) {
		t.Errorf("error %v, want damage at byte %d", err, second)
	}
	if want := append(slices.Clone(all[:100]), all[200:]...); !slices.Equal(got, want) {
		t.Errorf("%d hits, want the %d of the sound blocks", len(got), len(want))
	}
	if r.Complete() {
		t.Error("a damaged record says that it is complete")
	}
}

func TestNotARecord(t *testing.T) {
	sound := written(t, []showdown.Hit{{Seq: 0}})
	newer := slices.Clone(sound)
	newer[len(hitsMagic)] = 9
	for name, file := range map[string]struct {
		file []byte
		want string
	}{
		"other": {[]byte("PK\x03\x04 and so on and on"), "open hits hits.bin: not a record of requests"},
		"newer": {newer, "open hits hits.bin: version 9 is not known here; this build reads version 1"},
	} {
		if _, err := NewHitReader("hits.bin", bytes.NewReader(file.file)); err == nil || err.Error() != file.want {
			t.Errorf("%s: error %v, want %s", name, err, file.want)
		}
	}
}

// One request that hangs for the whole run holds back the order and not the file.
func TestOneHangingRequest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	all := traffic(rng, 40000, 1000)
	var in [][]showdown.Hit
	for part := range slices.Chunk(all[1:], 500) {
		in = append(in, part)
	}
	in = append(in, all[:1])
	got, _, err := collect(t, written(t, in...))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, all) {
		t.Error("hits are not in order")
	}
}

func TestReaderErrorStops(t *testing.T) {
	file := written(t, []showdown.Hit{{Seq: 0}}, []showdown.Hit{{Seq: 1}})
	r, err := NewHitReader("hits.bin", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	stop, calls := errors.New("stop"), 0
	if err := r.EachInOrder(func([]showdown.Hit) error { calls++; return stop }); !errors.Is(err, stop) || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
	broken := io.MultiReader(bytes.NewReader(file[:40]), errReader{})
	r, err = NewHitReader("hits.bin", broken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("error of a broken disk: %v", err)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("input/output error") }
