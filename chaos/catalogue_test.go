package chaos

import (
	"slices"
	"testing"

	"showdown"
)

// TestBoundsAreTrue holds that what is said of a parameter is what [Check] does.
func TestBoundsAreTrue(t *testing.T) {
	for _, c := range []struct {
		action, param, says string
		good, bad           []string
	}{
		{"slow", "latency", "real time above 0, at most 1m", []string{"1us", "1m"}, []string{"0s", "61s"}},
		{"packet-delay", "latency", "real time above 0, at most 1s", []string{"1us", "1s"}, []string{"0s", "1001ms"}},
		{"cpu-steal", "share", "above 0%, at most 99%", []string{"1%", "99%"}, []string{"0%", "99.1%", "100%"}},
		{"error-500", "share", "above 0%, at most 100%", []string{"1%", "100%"}, []string{"0%", "101%"}},
		{"spike", "factor", "above 0, at most 1000", []string{"0.1", "1000"}, []string{"0", "1001"}},
		{"allocate-address", "count", "1 to 1000", []string{"1", "1000"}, []string{"0", "1001"}},
		{"clock-skew", "by", "at least 2s of AWS time", []string{"2s", "1h"}, []string{"1999ms"}},
		{"leak", "fills-in", "AWS time above 0", []string{"1s"}, []string{"0s"}},
		{"remove-instance", "leaves", "silence, refusal", []string{"silence", "refusal"}, []string{"noise"}},
	} {
		about := described(t, c.action)
		if got := about.Bounds[c.param]; got != c.says {
			t.Errorf("%s of %s is said to be %q, want %q", c.param, c.action, got, c.says)
		}
		target, lasts := "web-1", minute
		if about.NoTarget {
			target = ""
		}
		for want, values := range map[bool][]string{true: c.good, false: c.bad} {
			for _, v := range values {
				problems := checkStep(cell(), act("A", minute, c.action, target, lasts, c.param, v))
				if (len(problems) == 0) != want {
					t.Errorf("%s with %s %s: problems %v", c.action, c.param, v, problems)
				}
			}
		}
	}
}

func described(t *testing.T, name string) Description {
	t.Helper()
	all := Describe()
	i := slices.IndexFunc(all, func(d Description) bool { return d.Name == name })
	if i < 0 {
		t.Fatalf("%s is not described", name)
	}
	return all[i]
}

func TestEverythingIsDescribed(t *testing.T) {
	var names []string
	for _, d := range Describe() {
		names = append(names, d.Name)
		if d.Evidence == "" || (len(d.Needs) == 0) == (d.Made == "") {
			t.Errorf("%s: evidence %q, needs %v, made %q", d.Name, d.Evidence, d.Needs, d.Made)
		}
		for _, p := range d.Params {
			if d.Bounds[p.Name] == "" {
				t.Errorf("%s of %s has no bounds: add its kind, %s, to bounds", p.Name, d.Name, p.Kind)
			}
		}
	}
	if len(names) != len(showdown.Actions()) || !slices.IsSorted(names) {
		t.Errorf("described %v", names)
	}
}

// What leaves silence needs something else than what leaves a refusal.
func TestNeedsByChoice(t *testing.T) {
	want := []Need{{"leaves: silence", "vacate"}, {"leaves: refusal", "stop"}}
	if got := described(t, "remove-instance").Needs; !slices.Equal(got, want) {
		t.Errorf("needs %v, want %v", got, want)
	}
	if got := described(t, "hang").Needs; !slices.Equal(got, []Need{{What: "pause"}}) {
		t.Errorf("needs of a hang %v", got)
	}
}
