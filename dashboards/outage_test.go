package dashboards

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

const ms = time.Millisecond

// kinds turns a string into evidence: '.' good, 'x' bad, 'd' never sent.
func kinds(s string) []evidence {
	var out []evidence
	for _, r := range s {
		out = append(out, map[rune]evidence{'.': good, 'x': bad, 'd': silent}[r])
	}
	return out
}

func TestOutageMeter(t *testing.T) {
	for _, tc := range []struct {
		name, requests string // one every millisecond
		down           time.Duration
		outages        []outage
	}{
		{"none", "....", 0, nil},
		{"nine in a row are chance", "..xxxxxxxxx..", 0, nil},
		{"ten are an outage", "..xxxxxxxxxx..", 10 * ms, []outage{{2 * ms, 12 * ms}}},
		{"a good one between starts again", "xxxxxxxxx.xxxxxxxxx.", 0, nil},
		{"a dropped one neither ends nor makes one", "xxxxxdxxxxxd.", 12 * ms, []outage{{0, 12 * ms}}},
		{"dropped ones alone say nothing", ".dddddddddddd.", 0, nil},
		{"unfinished counts as far as it is seen", ".xxxxxxxxxxxx", 11 * ms, nil},
		{"two", "xxxxxxxxxx.xxxxxxxxxxx.", 21 * ms, []outage{{0, 10 * ms}, {11 * ms, 22 * ms}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			all := kinds(tc.requests)
			order := rand.New(rand.NewPCG(1, 2))
			for _, shuffled := range []bool{false, true} {
				index := make([]int, len(all))
				for i := range index {
					index[i] = i
				}
				if shuffled {
					order.Shuffle(len(index), func(i, j int) { index[i], index[j] = index[j], index[i] })
				}
				var (
					m     outageMeter
					down  time.Duration
					found []outage
				)
				for _, i := range index {
					m.add(uint64(i), time.Duration(i)*ms, all[i])
					added, ended := m.take()
					down += added
					found = append(found, ended...)
				}
				if down != tc.down || !cmp.Equal(found, tc.outages, cmp.AllowUnexported(outage{})) {
					t.Errorf("shuffled %t: down %s, outages %v, want %s, %v", shuffled, down, found, tc.down, tc.outages)
				}
			}
		})
	}
}

func TestOutageMeterGivesUpWhatNeverComes(t *testing.T) {
	var m outageMeter
	m.add(0, 0, good)
	// Request 1 is lost; the rest must come through once it cannot be waited for.
	for i := 2; i < maxReorder+100; i++ {
		m.add(uint64(i), time.Duration(i)*ms, bad)
	}
	if m.next != maxReorder+100 {
		t.Errorf("next is %d, want %d", m.next, maxReorder+100)
	}
	down, _ := m.take()
	if want := time.Duration(maxReorder+97) * ms; down != want {
		t.Errorf("down %s, want %s", down, want)
	}
	// A number from nowhere must not be walked to.
	m.add(1<<60, 0, good)
	if m.next != 1<<60-maxReorder+1 {
		t.Errorf("next is %d", m.next)
	}
}

func FuzzOutageMeter(f *testing.F) {
	f.Add([]byte("....xxxxxxxxxxxx..dd.."))
	f.Add([]byte{0xff, 'x', 0x01})
	f.Fuzz(func(t *testing.T, data []byte) {
		var m outageMeter
		var total time.Duration
		for i, b := range data {
			m.add(uint64(i)+uint64(b>>4)*7, time.Duration(i)*ms, evidence(b%3))
			down, ended := m.take()
			if down < 0 {
				t.Fatalf("negative downtime %s", down)
			}
			total += down
			for _, o := range ended {
				if o.to < o.from {
					t.Fatalf("outage ends before it starts: %v", o)
				}
			}
		}
		if most := time.Duration(len(data)) * ms; total > most {
			t.Fatalf("downtime %s of %s", total, most)
		}
	})
}

func TestRateMeter(t *testing.T) {
	var m rateMeter
	for i := range 400 { // 200/s for two seconds, from the second on
		m.add(time.Second + time.Duration(i)*5*ms)
	}
	for _, tc := range []struct {
		now  time.Duration
		want float64
	}{
		{0, 0},
		{-time.Second, 0},
		{1200 * ms, 0},
		{1700 * ms, 100},
		{2200 * ms, 200},
		{3200 * ms, 200},
		{3700 * ms, 100},
		{4200 * ms, 0},
		{time.Minute, 0},
	} {
		if got := m.rate(tc.now); got != tc.want {
			t.Errorf("at %s: %g/s, want %g", tc.now, got, tc.want)
		}
	}
	m.add(-time.Second) // a request from before the zero has no slot, and does no harm
	m.add(100 * time.Second)
	m.add(time.Second) // too late for its slot
	if got := m.rate(101 * time.Second); got != 1 {
		t.Errorf("after a late one: %g, want 1", got)
	}
}

func TestOfferedAt(t *testing.T) {
	traffic := showdown.Traffic{Phases: []showdown.Phase{
		{Name: "warm", For: 60 * showdown.Second, Pace: showdown.Ramp, From: 0, To: 100},
		{Name: "hold", For: 60 * showdown.Second, Rate: 100},
	}}
	segments := traffic.Segments(clockOf(t, 60))
	for _, tc := range []struct {
		t    time.Duration
		want float64
	}{{-ms, 0}, {0, 0}, {500 * ms, 50}, {1500 * ms, 100}, {2 * time.Second, 0}} {
		if got := offeredAt(segments, tc.t); got != tc.want {
			t.Errorf("at %s: %g, want %g", tc.t, got, tc.want)
		}
	}
}
