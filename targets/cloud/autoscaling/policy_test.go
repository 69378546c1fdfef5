package autoscaling

import (
	"fmt"
	"slices"
	"testing"

	"showdown"
)

func TestTracked(t *testing.T) {
	for _, c := range []struct {
		n             int
		value, target float64
		want          int
	}{
		{2, 1800, 1000, 4}, // 3.6
		{2, 1500, 1000, 3}, // exact
		{3, 0.1, 0.3, 1},   // exact but for the rounding of floats
		{10, 1001, 1000, 11},
		{4, 450, 1000, 2},
		{3, 600, 1000, 2},
		{2, 600, 1000, 2}, // 1.2: nothing to gain
		{5, 0, 1000, 0},
		{0, 5000, 1000, 0},
	} {
		if got := tracked(c.n, c.value, c.target); got != c.want {
			t.Errorf("%d instances at %g of %g: %d, want %d", c.n, c.value, c.target, got, c.want)
		}
	}
}

func TestStepAdjustment(t *testing.T) {
	steps := []showdown.ScalingStep{{From: 20, Adjustment: 3}, {From: 0, Adjustment: 0}, {From: 10, Adjustment: 1}}
	for _, c := range []struct {
		past float64
		want int
	}{{0, 0}, {9.9, 0}, {10, 1}, {19.9, 1}, {20, 3}, {500, 3}} {
		if got := stepAdjustment(steps, c.past); got != c.want {
			t.Errorf("%g past the threshold: %d, want %d", c.past, got, c.want)
		}
	}
	if got := stepAdjustment([]showdown.ScalingStep{{From: 5, Adjustment: 2}}, 4); got != 0 {
		t.Errorf("before the first step: %d", got)
	}
}

// TestAlarm feeds datapoints: h breaches, l does not, - is missing.
func TestAlarm(t *testing.T) {
	for _, c := range []struct {
		points string
		want   string // the state after each: A(larm), O(k), I(nsufficient)
	}{
		{"hhh", "OOA"},
		{"hhlhhh", "OOOOOA"},
		{"hhhhl", "OOAAO"},
		{"hhhl", "OOAO"},
		{"-", "I"},
		{"hhh--", "OOAAA"},
		{"hhh---", "OOAAAI"},
		{"hh-hh", "OOOOO"},
		{"---h", "IIIO"},
	} {
		a := &alarm{above: true, threshold: 1000, periods: 3, state: InsufficientData}
		got := ""
		for _, p := range c.points {
			before := a.state
			changed := a.observe(map[rune]float64{'h': 1000.1, 'l': 1000}[p], p != '-')
			if changed != (a.state != before) {
				t.Errorf("%s: changed is %t", c.points, changed)
			}
			got += string(a.state[:1])
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.points, got, c.want)
		}
	}
}

func TestAlarmsOfPolicies(t *testing.T) {
	for _, c := range []struct {
		p    showdown.ScalingPolicy
		want []string
	}{
		{
			showdown.ScalingPolicy{Name: "r", Type: showdown.TargetTracking, Target: 50},
			[]string{"TargetTracking-web-AlarmHigh-r high >50 3", "TargetTracking-web-AlarmLow-r low <35 15"},
		},
		{
			showdown.ScalingPolicy{Name: "r", Type: showdown.TargetTracking, Target: 50, DisableScaleIn: true},
			[]string{"TargetTracking-web-AlarmHigh-r high >50 3"},
		},
		{showdown.ScalingPolicy{Name: "out", Type: showdown.StepScaling, Threshold: 60, Periods: 2}, []string{"out-AlarmHigh high >60 2"}},
		{showdown.ScalingPolicy{Name: "in", Type: showdown.SimpleScaling, Threshold: 30, Below: true}, []string{"in-AlarmLow low <30 1"}},
	} {
		var got []string
		for _, a := range newPolicy("web", c.p).alarms {
			got = append(got, fmt.Sprintf("%s %s %s%g %d", a.name, a.label, map[bool]string{true: ">", false: "<"}[a.above], a.threshold, a.periods))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v:\n got %q\nwant %q", c.p, got, c.want)
		}
	}
}

// scaled is the desired capacity after the policies of a group have seen metrics for
// long enough for every alarm, and before any instance is launched or terminated.
func scaled(spec showdown.AutoScalingGroup, value map[showdown.Metric]float64) int {
	c := newCore(spec, false, 1)
	for _, in := range spec.Initial() {
		c.adopt(in.Name, "a", in.Type)
	}
	c.counted = len(c.members)
	for tick := range int64(lowPeriods) {
		c.now = moment(tick) * CheckEvery
		if tick < lowPeriods-1 {
			c.suspended["AlarmNotification"] = true
		} else {
			delete(c.suspended, "AlarmNotification")
		}
		var readings []reading
		for _, m := range []showdown.Metric{showdown.AverageCPU, showdown.RequestCountPerTarget} {
			if v, ok := value[m]; ok {
				readings = append(readings, reading{tick, m, v, true})
			}
		}
		c.evaluate(tick, readings)
	}
	return c.desired
}

func TestPolicies(t *testing.T) {
	const cpu, requests = showdown.AverageCPU, showdown.RequestCountPerTarget
	track := func(m showdown.Metric, target float64, noIn bool) showdown.ScalingPolicy {
		return showdown.ScalingPolicy{Name: "track " + string(m), Type: showdown.TargetTracking, Metric: m, Target: target, DisableScaleIn: noIn}
	}
	step := func(threshold float64, below bool, steps ...showdown.ScalingStep) showdown.ScalingPolicy {
		return showdown.ScalingPolicy{Name: "step", Type: showdown.StepScaling, Metric: cpu, Threshold: threshold, Below: below, Steps: steps}
	}
	simple := func(threshold float64, below bool, n int) showdown.ScalingPolicy {
		return showdown.ScalingPolicy{Name: "simple", Type: showdown.SimpleScaling, Metric: cpu, Threshold: threshold, Below: below, Adjustment: n}
	}
	values := func(c, r float64) map[showdown.Metric]float64 {
		return map[showdown.Metric]float64{cpu: c, requests: r}
	}
	for _, c := range []struct {
		name     string
		policies []showdown.ScalingPolicy
		values   map[showdown.Metric]float64
		suspend  string
		want     int // of 2..10, desired 4
	}{
		{"at the target", []showdown.ScalingPolicy{track(cpu, 50, false)}, values(50, 0), "", 4},
		{"a little above", []showdown.ScalingPolicy{track(cpu, 50, false)}, values(51, 0), "", 5},
		{"double", []showdown.ScalingPolicy{track(cpu, 50, false)}, values(100, 0), "", 8},
		{"beyond the maximum", []showdown.ScalingPolicy{track(requests, 1000, false)}, values(0, 9000), "", 10},
		{"between 70 % and the target", []showdown.ScalingPolicy{track(cpu, 50, false)}, values(36, 0), "", 4},
		{"below 70 %, one at a time", []showdown.ScalingPolicy{track(cpu, 50, false)}, values(5, 0), "", 3},
		{"scale-in disabled", []showdown.ScalingPolicy{track(cpu, 50, true)}, values(5, 0), "", 4},
		{"no data", []showdown.ScalingPolicy{track(cpu, 50, false)}, nil, "", 4},
		{"out: the largest wins", []showdown.ScalingPolicy{track(cpu, 50, false), track(requests, 1000, false)}, values(60, 2000), "", 8},
		{"out by one against in by the other", []showdown.ScalingPolicy{track(cpu, 50, false), track(requests, 1000, false)}, values(5, 2000), "", 8},
		{"in only when all agree", []showdown.ScalingPolicy{track(cpu, 50, false), track(requests, 1000, false)}, values(5, 900), "", 4},
		{"all agree", []showdown.ScalingPolicy{track(cpu, 50, false), track(requests, 1000, false)}, values(5, 100), "", 3},
		{"one that never scales in has no say", []showdown.ScalingPolicy{track(cpu, 50, false), track(requests, 1000, true)}, values(5, 900), "", 3},
		{"first step", []showdown.ScalingPolicy{step(60, false, showdown.ScalingStep{Adjustment: 1}, showdown.ScalingStep{From: 20, Adjustment: 4})}, values(65, 0), "", 5},
		{"second step", []showdown.ScalingPolicy{step(60, false, showdown.ScalingStep{Adjustment: 1}, showdown.ScalingStep{From: 20, Adjustment: 4})}, values(80, 0), "", 8},
		{"step in", []showdown.ScalingPolicy{step(30, true, showdown.ScalingStep{Adjustment: -1}, showdown.ScalingStep{From: 20, Adjustment: -2})}, values(10, 0), "", 2},
		{"step in below the minimum", []showdown.ScalingPolicy{step(30, true, showdown.ScalingStep{Adjustment: -9})}, values(10, 0), "", 2},
		{"in: the largest wins", []showdown.ScalingPolicy{step(30, true, showdown.ScalingStep{Adjustment: -2}), simple(30, true, -1)}, values(10, 0), "", 3},
		{"simple out", []showdown.ScalingPolicy{simple(60, false, 2)}, values(80, 0), "", 6},
		{"simple in", []showdown.ScalingPolicy{simple(30, true, -1)}, values(10, 0), "", 3},
		{"no launches", []showdown.ScalingPolicy{simple(60, false, 2)}, values(80, 0), "Launch", 4},
		{"no terminations", []showdown.ScalingPolicy{simple(30, true, -1)}, values(10, 0), "Terminate", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := showdown.AutoScalingGroup{
				Name: "web", Min: 2, Desired: 4, Max: 10, Zones: []string{"a"}, Warmup: showdown.Minute, Policies: c.policies,
			}
			if c.suspend != "" {
				spec.Suspended = []string{c.suspend}
			}
			if got := scaled(spec, c.values); got != c.want {
				t.Errorf("desired capacity %d, want %d", got, c.want)
			}
		})
	}
}

func TestSizesChange(t *testing.T) {
	n := func(n int) *int { return &n }
	for _, c := range []struct {
		least, most, desired *int
		want                 sizes
		refused              bool
	}{
		{nil, nil, nil, sizes{2, 8, 4}, false},
		{n(5), nil, nil, sizes{5, 8, 5}, false},
		{nil, n(3), nil, sizes{2, 3, 3}, false},
		{n(1), n(9), n(9), sizes{1, 9, 9}, false},
		{n(9), nil, nil, sizes{}, true},
		{n(-1), nil, nil, sizes{}, true},
		{nil, nil, n(9), sizes{}, true},
		{nil, nil, n(1), sizes{}, true},
	} {
		got, err := sizes{2, 8, 4}.change("UpdateAutoScalingGroup", c.least, c.most, c.desired)
		if (err != nil) != c.refused || !c.refused && got != c.want {
			t.Errorf("%v %v %v: %v, %v", c.least, c.most, c.desired, got, err)
		}
	}
}
