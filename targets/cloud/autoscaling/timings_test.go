package autoscaling

import (
	"strings"
	"testing"

	"showdown"
)

// TestTimings measures what a group does against the table, from many moments within the
// group's period.
func TestTimings(t *testing.T) {
	spec := twoZones()
	spec.Warmup = 2 * showdown.Minute
	table := map[string]Timing{}
	for _, m := range Timings(spec) {
		if m.Name == "" || m.Source == "" || m.Min > m.Max {
			t.Errorf("%+v", m)
		}
		table[m.Name] = m
	}
	for _, c := range []struct {
		name string
		// begin is what happens; seen says that it has had its effect.
		begin func(w *world)
		seen  func(w *world) bool
	}{
		{"instance not running -> marked unhealthy", func(w *world) {
			w.instances["web-1"].down(shuttingDown, terminated, w.now)
		}, func(w *world) bool { return w.core.find("web-1") == nil }},
		{"target unhealthy -> marked unhealthy", func(w *world) {
			b := w.instances["web-1"]
			b.sick, b.sickAt = true, w.now-turnTakes
		}, func(w *world) bool { return w.core.find("web-1").state == Terminating }},
		{"status check impaired -> marked unhealthy", func(w *world) {
			b := w.instances["web-1"]
			b.impaired, b.impairedAt = true, w.now
		}, func(w *world) bool { return w.core.find("web-1").state == Terminating }},
		{"load above the target -> AlarmHigh", func(w *world) { w.load = 9000 }, func(w *world) bool { return w.core.desired == 4 }},
		{"load below 70 % of the target -> AlarmLow", func(w *world) { w.load = 100 }, func(w *world) bool {
			return w.core.policies[0].ringing("low") != nil
		}},
	} {
		m, ok := table[c.name]
		if !ok {
			t.Errorf("%s is not in the table", c.name)
			continue
		}
		for offset := showdown.Second; offset < showdown.Minute; offset += 7 * showdown.Second {
			w := newWorld(spec, true, 1, nil)
			w.load = 1800
			w.to(20*showdown.Minute + offset)
			from := w.now
			c.begin(w)
			w.settle()
			for w.now < from+showdown.Hour && !c.seen(w) {
				w.to(w.now + showdown.Second)
			}
			if took := w.now - from; took < m.Min || took > m.Max {
				t.Errorf("%s: %s at %s past the minute, documented %s to %s", c.name, took, offset, m.Min, m.Max)
			}
		}
	}
	if !strings.Contains(table["zone has capacity again -> rebalancing launch"].Source, "unverified") {
		t.Error("the back-off is not marked as unverified")
	}
}

// TestRebalanceTiming is how long a group takes to find that a zone has capacity again.
func TestRebalanceTiming(t *testing.T) {
	var m Timing
	for _, m = range Timings(twoZones()) {
		if strings.HasPrefix(m.Name, "zone has capacity again") {
			break
		}
	}
	for minutes := 1; minutes < 40; minutes++ {
		w := newWorld(twoZones(), true, 1, nil)
		w.to(90 * showdown.Second)
		w.closed["us-east-1a"] = true
		w.instances["web-1"].down(shuttingDown, terminated, w.now)
		w.settle()
		w.to(w.now + showdown.Duration(minutes)*47*showdown.Second)
		w.closed["us-east-1a"] = false
		from := w.now
		for w.now < from+showdown.Hour && w.core.counts()["us-east-1a"] == 0 {
			w.to(w.now + showdown.Second)
		}
		if took := w.now - from; took > m.Max {
			t.Errorf("after %s without the zone: %s, at most %s", from, took, m.Max)
		}
	}
}
