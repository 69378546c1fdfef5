package proxy

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// someTargets are targets "1", "2"... with these states: h healthy, u unhealthy, i
// initial, d draining, x unused; a capital letter is in zone b.
func someTargets(states string) []*target {
	var out []*target
	for i, s := range states {
		t := &target{}
		t.Name, t.Zone = fmt.Sprint(i+1), "a"
		if s < 'a' {
			t.Zone, s = "b", s-'A'+'a'
		}
		t.health.state = map[rune]string{
			'h': cloud.TargetHealthy, 'u': cloud.TargetUnhealthy, 'i': cloud.TargetInitial,
			'd': cloud.TargetHealthy, 'x': cloud.TargetHealthy,
		}[s]
		t.Draining, t.Unused = s == 'd', s == 'x'
		out = append(out, t)
	}
	return out
}

func namesOf(list []*target) string {
	var out []string
	for _, t := range list {
		out = append(out, t.Name)
	}
	return strings.Join(out, "")
}

func TestEligible(t *testing.T) {
	for _, test := range []struct {
		states             string
		classic, crossZone bool
		want               string
		registered         bool
	}{
		{"hhh", false, true, "123", true},
		{"hui", false, true, "1", true},
		{"hdx", false, true, "1", true},
		{"uui", false, true, "123", true}, // fail open
		{"uud", false, true, "12", true},  // not to who drains
		{"uux", false, true, "12", true},
		{"uui", true, true, "", true}, // a Classic Load Balancer does not
		{"hui", true, true, "1", true},
		{"dx", false, true, "", false},
		{"", false, true, "", false},
		{"hHuU", false, true, "12", true},
		{"hHuU", false, false, "1", true},
		{"uH", false, false, "1", true}, // fail open in the zone, though another one is well
		{"HH", false, false, "", false}, // an empty zone
		{"HH", true, false, "", false},
	} {
		list, registered := eligible(someTargets(test.states), policy{classic: test.classic, zone: "a", crossZone: test.crossZone})
		if namesOf(list) != test.want || registered != test.registered {
			t.Errorf("%+v: %s, %v", test, namesOf(list), registered)
		}
	}
}

func TestRoundRobin(t *testing.T) {
	u := turn{}
	all := someTargets("hhh")
	u.set(all)
	pick := func(n int) string {
		var out []*target
		for range n {
			out = append(out, u.pick(policy{algorithm: showdown.RoundRobin}, time.Time{}))
		}
		return namesOf(out)
	}
	if got := pick(7); got != "1231231" {
		t.Error(got)
	}
	u.set(all[1:])
	if got := pick(4); got != "2323" && got != "3232" {
		t.Errorf("%s without the first", got)
	}
	u.set(all)
	got := pick(9)
	for _, name := range []string{"1", "2", "3"} {
		// Who comes back gets no burst.
		if n := strings.Count(got, name); n < 2 || n > 4 || strings.Contains(got, name+name) {
			t.Errorf("%s when the first is back", got)
		}
	}
	if u.set(nil); u.pick(policy{}, time.Time{}) != nil {
		t.Error("somebody was chosen of nobody")
	}
}

func TestLeastOutstanding(t *testing.T) {
	for _, p := range []policy{{algorithm: showdown.LeastOutstanding}, {classic: true, algorithm: showdown.RoundRobin}} {
		u := turn{}
		all := someTargets("hhh")
		u.set(all)
		all[0].outstanding = 2
		for range 4 { // 2 and 3 take turns until they have as many
			u.pick(p, time.Time{}).outstanding++
		}
		if all[0].outstanding != 2 || all[1].outstanding != 2 || all[2].outstanding != 2 {
			t.Errorf("%d %d %d in flight", all[0].outstanding, all[1].outstanding, all[2].outstanding)
		}
		seen := map[string]bool{}
		for range 3 {
			seen[u.pick(p, time.Time{}).Name] = true
		}
		if len(seen) != 3 {
			t.Errorf("equals do not take turns: %v", seen)
		}
	}
}

func TestSlowStart(t *testing.T) {
	p := policy{algorithm: showdown.RoundRobin, slowStart: 100 * time.Second, zone: "a", crossZone: true}
	begin := time.Unix(1000, 0)
	all := someTargets("hhhi")
	late := all[3]
	late.fresh = true
	late.health.state = cloud.TargetHealthy
	late.turned(p, all, begin)
	u := turn{}
	u.set(all)
	counts := func(from, to time.Duration) float64 {
		const n = 3000
		mine := 0
		for i := range n {
			if u.pick(p, begin.Add(from+(to-from)*time.Duration(i)/n)) == late {
				mine++
			}
		}
		return float64(mine) / n
	}
	// With a weight of w beside three of 1 the share is w / (3+w).
	for _, test := range []struct{ from, to, want float64 }{
		{0, 20, 0.1 / 3.1}, {40, 60, 0.5 / 3.5}, {80, 100, 0.9 / 3.9}, {100, 200, 0.25},
	} {
		got := counts(time.Duration(test.from)*time.Second, time.Duration(test.to)*time.Second)
		if math.Abs(got-test.want) > 0.005 {
			t.Errorf("from %g s to %g s: a share of %.3f, want %.3f", test.from, test.to, got, test.want)
		}
	}
	if late.fresh || !late.slow.IsZero() {
		t.Error("slow start has no end")
	}
	// One that had its full share gets it at once when it is healthy again.
	late.turned(p, all, begin.Add(time.Hour))
	if !late.slow.IsZero() {
		t.Error("slow start for one that had its full share")
	}
	// One that turned unhealthy in the middle begins anew.
	late.fresh = true
	late.turned(p, all, begin)
	late.health.state = cloud.TargetUnhealthy
	late.turned(p, all, begin.Add(50*time.Second))
	late.health.state = cloud.TargetHealthy
	late.turned(p, all, begin.Add(60*time.Second))
	if got := late.weight(p.slowStart, begin.Add(85*time.Second)); got != 0.25 {
		t.Errorf("a weight of %g", got)
	}
	// Alone, or with least outstanding requests, there is none.
	for name, p := range map[string]policy{
		"least": {algorithm: showdown.LeastOutstanding, slowStart: time.Minute}, "classic": {classic: true, slowStart: time.Minute}, "off": {},
	} {
		all := someTargets("hh")
		all[1].fresh = true
		if all[1].turned(p, all, begin); !all[1].slow.IsZero() || all[1].fresh {
			t.Errorf("%s: slow start", name)
		}
	}
	alone := someTargets("hu")
	alone[0].fresh = true
	if alone[0].turned(p, alone, begin); !alone[0].slow.IsZero() {
		t.Error("slow start of the only healthy target")
	}
}

func TestWeightedForward(t *testing.T) {
	a, b, c := &group{}, &group{}, &group{}
	shares := []share{{group: a, weight: 8}, {group: b, weight: 2}, {group: c}}
	got := map[*group]int{}
	for range 100 {
		got[pickGroup(shares)]++
	}
	if got[a] != 80 || got[b] != 20 || got[c] != 0 {
		t.Errorf("%d, %d and %d of 100", got[a], got[b], got[c])
	}
	if pickGroup([]share{{group: a}}) != nil || pickGroup(nil) != nil {
		t.Error("somebody was chosen of nobody")
	}
}

// Whatever comes and goes, everybody gets what is due, and nobody who may not.
func TestChoiceProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const states = "huidxHUIDX"
	for range 500 {
		text := make([]byte, 1+rng.IntN(6))
		for i := range text {
			text[i] = states[rng.IntN(len(states))]
		}
		all := someTargets(string(text))
		p := policy{
			classic: rng.IntN(2) == 0, crossZone: rng.IntN(2) == 0, zone: "a",
			algorithm: []showdown.Algorithm{showdown.RoundRobin, showdown.LeastOutstanding}[rng.IntN(2)],
		}
		u := turn{}
		list, _ := eligible(all, p)
		u.set(list)
		got := map[*target]int{}
		rounds := 10
		for range rounds * len(list) {
			got[u.pick(p, time.Time{})]++
		}
		for _, one := range all {
			want := 0
			for _, may := range list {
				if may == one {
					want = rounds
				}
			}
			if got[one] != want {
				t.Fatalf("%s, %+v: target %s got %d, want %d", text, p, one.Name, got[one], want)
			}
			if want > 0 && (one.Draining || one.Unused || !p.crossZone && one.Zone != "a") {
				t.Fatalf("%s, %+v: target %s may get nothing", text, p, one.Name)
			}
		}
	}
}
