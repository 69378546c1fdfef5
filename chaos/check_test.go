package chaos

import (
	"slices"
	"strings"
	"testing"

	"showdown"
)

func cell(timeline ...showdown.Step) showdown.Cell {
	return showdown.Cell{
		Name:     "base",
		Topology: showdown.Topology{Instances: []showdown.Instance{web("web-1"), web("web-2")}},
		Traffic:  showdown.Traffic{Phases: []showdown.Phase{{Name: "calm", For: 10 * minute}}},
		Timeline: timeline,
	}
}

func TestCheckSaysWhereAndHow(t *testing.T) {
	lettered := func(s showdown.Step, letter string) showdown.Step { s.Letter = letter; return s }
	phased := func(s showdown.Step, phase string) showdown.Step { s.Phase = phase; return s }
	for _, c := range []struct {
		name     string
		timeline []showdown.Step
		want     []string // empty: no error
	}{
		{"nothing", nil, nil},
		{"good", []showdown.Step{act("A", 0, "kill", "web-1", minute), act("B", 2*minute, "kill", "web-1", 0)}, nil},
		{"misspelt action", []showdown.Step{act("A", 0, "blackhol", "web-1", 0)}, []string{`cell base, A blackhol: unknown action "blackhol": did you mean "blackhole"?`}},
		{"unknown action", []showdown.Step{act("A", 0, "zzz", "web-1", 0)}, []string{`unknown action "zzz": it is one of add-instance, allocate-address, az-slow, blackhole,`}},
		{"no letter", []showdown.Step{lettered(act("A", 0, "kill", "web-1", 0), "")}, []string{"the action has no letter: add letter: A"}},
		{"letter twice", []showdown.Step{act("A", 0, "kill", "web-1", 0), act("A", 0, "hang", "web-2", 0)}, []string{"cell base, A hang: the letter A is taken by kill"}},
		{"no target", []showdown.Step{act("A", 0, "kill", "", 0)}, []string{"kill hits nobody: add target: web-1"}},
		{"target of the traffic", []showdown.Step{act("A", 0, "spike", "web-1", minute)}, []string{"spike hits no instance: remove target"}},
		{"unknown target", []showdown.Step{act("A", 0, "kill", "web-3", 0)}, []string{`target "web-3" matches no instance: did you mean "web-1"?`}},
		{"unknown role", []showdown.Step{act("A", 0, "kill", "role:wep", 0)}, []string{`did you mean "role:web"?`}},
		{"unknown phase", []showdown.Step{phased(act("A", 0, "kill", "web-1", 0), "clam")}, []string{`the traffic has no phase "clam": did you mean "calm"?`}},
		{"endless spike", []showdown.Step{act("A", 0, "spike", "", 0)}, []string{"spike must end: add for: 2m"}},
		{"lasting message", []showdown.Step{act("A", 0, "tell-clients", "", minute)}, []string{"tell-clients is over at once and cannot last 1m: remove for"}},
		{"no type", []showdown.Step{act("A", 0, "resize-instance", "web-1", 0)}, []string{"resize-instance needs type, the new instance type: add with: {type: ...}"}},
		{"unknown type", []showdown.Step{act("A", 0, "resize-instance", "web-1", 0, "type", "m5.larg")}, []string{`type of resize-instance: unknown instance type "m5.larg": did you mean "m5.large"?`}},
		{"unknown parameter", []showdown.Step{act("A", 0, "slow", "web-1", 0, "latenzy", "5ms")}, []string{`slow has no parameter "latenzy": did you mean "latency"?; it has latency`}},
		{"parameter of nothing", []showdown.Step{act("A", 0, "kill", "web-1", 0, "hard", "yes")}, []string{"kill has no parameters: remove hard"}},
		{"no CPU left", []showdown.Step{act("A", 0, "cpu-steal", "web-1", 0, "share", "100%")}, []string{"share of cpu-steal is 100%: at most 99%"}},
		{"no share", []showdown.Step{act("A", 0, "error-500", "web-1", 0, "share", "0%")}, []string{"0% does nothing"}},
		{"bad share", []showdown.Step{act("A", 0, "error-500", "web-1", 0, "share", "half")}, []string{`"half" is not a share`}},
		{"bad factor", []showdown.Step{act("A", 0, "spike", "", minute, "factor", "-1")}, []string{`"-1" is not a factor`}},
		{"bad latency", []showdown.Step{act("A", 0, "slow", "web-1", 0, "latency", "100")}, []string{`"100" is not a latency`}},
		{"endless way", []showdown.Step{act("A", 0, "packet-delay", "web-1", 0, "latency", "2s")}, []string{"latency of packet-delay is 2s: at most 1s"}},
		{"skew that nobody sees", []showdown.Step{act("A", 0, "clock-skew", "web-1", 0, "by", "1s")}, []string{"by of clock-skew is 1s: at least 2s"}},
		{"no duration", []showdown.Step{act("A", 0, "leak", "web-1", 0, "fills-in", "0s")}, []string{`fills-in of leak: "0s" does nothing`}},
		{"duration without unit", []showdown.Step{act("A", 0, "leak", "web-1", 0, "fills-in", "2")}, []string{`fills-in of leak: duration "2" has no unit`}},
		{"overlap", []showdown.Step{act("A", 0, "slow", "web-1", 5*minute), act("B", minute, "slow", "web-1", 0)}, []string{"cell base, B slow: it overlaps with A"}},
		{"one after the other", []showdown.Step{act("A", 0, "slow", "web-1", 5*minute), after("A", act("B", 0, "slow", "web-1", minute)), within("B", act("C", 0, "hang", "web-1", 0)), after("C", act("D", 0, "slow", "web-1", minute))}, nil},
		{"after what is inside", []showdown.Step{act("B", 0, "slow", "web-1", 5*minute), within("B", act("C", 0, "hang", "web-1", minute)), after("C", act("D", 0, "slow", "web-1", minute))}, []string{"D slow: it overlaps with B"}},
		{"far behind", []showdown.Step{act("A", 0, "stop-instance", "web-1", 0), after("A", act("B", 0, "kill", "web-1", minute)), after("B", act("C", 0, "stop-instance", "web-1", 0))}, nil},
		{"inside the same", []showdown.Step{act("A", 0, "slow", "web-1", 5*minute), within("A", act("B", minute, "slow", "web-1", minute))}, []string{"B slow: it overlaps with A"}},
		{"two inside, apart", []showdown.Step{act("A", 0, "hang", "web-2", 5*minute), within("A", act("B", minute, "slow", "web-1", minute)), within("A", act("C", 3*minute, "slow", "web-1", 0)), act("D", 6*minute, "slow", "web-1", 0)}, nil},
		{"two inside, together", []showdown.Step{act("A", 0, "hang", "web-2", 5*minute), within("A", act("B", minute, "slow", "web-1", 0)), within("A", act("C", 3*minute, "slow", "web-1", 0))}, []string{"C slow: it overlaps with B"}},
		{"jitter into the next", []showdown.Step{jittered(minute, act("A", 0, "slow", "web-1", minute)), act("B", 90*showdown.Second, "slow", "web-1", 0)}, []string{"B slow: it overlaps with A"}},
		{"jitter before the next", []showdown.Step{jittered(minute, act("A", 0, "slow", "web-1", minute)), act("B", 2*minute, "slow", "web-1", 0)}, nil},
		{"both orders", []showdown.Step{act("A", 0, "kill", "web-1", minute), after("A", within("A", act("B", 0, "hang", "web-1", 0)))}, []string{"B hang: it has during and after: drop one of the two"}},
		{"order and phase", []showdown.Step{act("A", 0, "kill", "web-1", minute), phased(after("A", act("B", 0, "hang", "web-1", 0)), "calm")}, []string{"B hang: it waits for A and has a phase"}},
		{"waits for nobody", []showdown.Step{after("Z", act("B", 0, "hang", "web-1", 0))}, []string{"there is no step Z to wait for"}},
		{"waits for itself", []showdown.Step{after("B", act("B", 0, "hang", "web-1", 0))}, []string{"it waits for B, which waits for it"}},
		{"circle", []showdown.Step{after("B", act("A", 0, "hang", "web-1", 0)), within("A", act("B", 0, "kill", "web-2", 0))}, []string{"A hang: it waits for B, which waits for it", "B kill: it waits for A, which waits for it"}},
		{"during a moment", []showdown.Step{act("A", 0, "tell-clients", "", 0), within("A", act("B", 0, "hang", "web-1", 0))}, []string{"A (tell-clients) is over at once and nothing can be during it: write after: A"}},
		{"too late inside", []showdown.Step{act("A", 0, "kill", "web-2", minute), within("A", act("B", minute, "hang", "web-1", 0))}, []string{"it fires up to 1m into A, which lasts 1m"}},
		{"still to be repeated", []showdown.Step{{Letter: "A", Do: "kill", Target: "web-1", Repeat: &showdown.Repeat{Times: 2, Every: minute}}}, []string{"it is still to be repeated"}},
		{"negative jitter", []showdown.Step{jittered(-minute, act("A", 0, "kill", "web-1", 0))}, []string{"jitter -1m is below 0"}},
		{"several", []showdown.Step{act("A", 0, "kil", "web-1", 0), act("B", 0, "spike", "", 0)}, []string{"A kil: unknown action", "B spike: spike must end"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Check(&showdown.Stage{Cells: []showdown.Cell{cell(c.timeline...)}})
			if len(c.want) == 0 {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v does not say %q", err, want)
				}
			}
		})
	}
}

// Every action that a file may name can be done, and nothing else can.
func TestTablesAgree(t *testing.T) {
	named, done := []string{}, []string{}
	for name := range showdown.Actions() {
		named = append(named, name)
	}
	for name, d := range deeds() {
		done = append(done, name)
		if d.effect == nil || d.evidence == "" {
			t.Errorf("%s has no effect or does not say its evidence", name)
		}
		if asks := d.needs != "" || d.needsFor != nil; asks == (d.made != "") {
			t.Errorf("%s: either a backend says how it is made, or the deed does", name)
		}
	}
	slices.Sort(named)
	slices.Sort(done)
	if !slices.Equal(named, done) {
		t.Errorf("named %v, done %v", named, done)
	}
}

func TestNewRefusesWhatTheBackendCannot(t *testing.T) {
	w := newWorld(t, web("web-1"), web("web-2"))
	_, err := New(Config{
		Cell: cell(act("A", 0, "blackhole", "web-1", 0)), Clock: w.clock, Lab: w, Journal: w, Emit: w.emit,
		Fidelity: func(what string) (string, bool) { return "no privilege for " + what, what != "blackhole" },
	})
	if err == nil || !strings.Contains(err.Error(), "cell base, A blackhole: this backend cannot do blackhole: no privilege for blackhole") {
		t.Errorf("error %v", err)
	}
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"hang", "hang", 0}, {"hnag", "hang", 2}, {"kil", "kill", 1}, {"slow", "low", 1}} {
		if got := edits(c.a, c.b); got != c.want {
			t.Errorf("edits(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestPlausibleShare(t *testing.T) {
	for _, c := range []struct {
		hits, n int
		share   float64
		want    bool
	}{
		{5, 5, 1, true},
		{4, 5, 1, false},
		{0, 5, 0.5, false},
		{5, 10, 0.5, true},
		{20, 200, 0.1, true},
		{60, 200, 0.1, false},
		{1, 10, 0.1, true},
	} {
		if got := plausible(c.hits, c.n, c.share); got != c.want {
			t.Errorf("%d of %d at %g: %t", c.hits, c.n, c.share, got)
		}
	}
}

func FuzzParseParams(f *testing.F) {
	f.Add("slow", "latency", "100ms")
	f.Add("spike", "factor", "1e300")
	f.Add("cpu-steal", "share", "80%")
	f.Add("resize-instance", "type", "m5.large")
	f.Add("error-500", "share", "NaN%")
	f.Add("clock-skew", "by", "10m")
	f.Add("leak", "fills-in", "1e9h")
	f.Add("kill", "", "")
	f.Add("allocate-address", "count", "5")
	f.Add("dns-fail", "mode", "silent")
	f.Add("remove-instance", "leaves", "")
	f.Add("add-instance", "name", "web-3")
	f.Fuzz(func(t *testing.T, action, name, text string) {
		a, ok := showdown.Actions()[action]
		if !ok {
			return
		}
		v, err := parseParams(a, map[string]string{name: text})
		if err != nil {
			return
		}
		for _, p := range a.Params {
			switch {
			case p.Kind == "share" && !(v.share > 0 && v.share <= 1),
				p.Kind == "factor" && !(v.factor > 0 && v.factor <= 1000),
				p.Kind == "latency" && v.latency <= 0,
				p.Kind == "duration" && v.duration <= 0,
				p.Kind == "type" && v.instanceType == "",
				p.Kind == "count" && !(v.count > 0 && v.count <= maxCount),
				p.Kind == "choice" && !slices.Contains(p.Choices, v.choice),
				slices.Contains([]string{"name", "instance", "group", "source", "host"}, p.Kind) && !p.Optional && v.names[p.Name] == "":
				t.Errorf("%s of %s accepts %q as %+v", name, action, text, v)
			}
		}
	})
}

// TestCheckRefusesWhatNobodyCouldSee: probes come from where the clients are.
func TestCheckRefusesWhatNobodyCouldSee(t *testing.T) {
	front, back := web("web-1"), web("db-1")
	front.SecurityGroups, back.SecurityGroups = []string{"front"}, []string{"back"}
	cell := showdown.Cell{
		Name: "base",
		Topology: showdown.Topology{
			Instances: []showdown.Instance{front, back},
			SecurityGroups: []showdown.SecurityGroup{
				{Name: "front", Inbound: []showdown.SecurityRule{{From: showdown.FromInternet}}},
				{Name: "back", Inbound: []showdown.SecurityRule{{From: "front"}}},
			},
		},
		Traffic: showdown.Traffic{Phases: []showdown.Phase{{Name: "all", For: 10 * minute, Rate: 100}}},
	}
	for step, refused := range map[string]bool{
		"kill web-1": false, "kill db-1": true, "hang all": true, "blackhole one role:web": true, "remove-dns-record db-1": false,
	} {
		do, target, _ := strings.Cut(step, " ")
		cell.Timeline = []showdown.Step{act("A", minute, do, target, 0)}
		err := Check(&showdown.Stage{Cells: []showdown.Cell{cell}})
		if said := err != nil && strings.Contains(err.Error(), "nobody could see what happens to db-1"); said != refused {
			t.Errorf("%s: refused %t, want %t: %v", step, said, refused, err)
		}
	}
}
