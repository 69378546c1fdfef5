package ec2

import (
	"math/rand/v2"
	"strings"
	"testing"

	"showdown"
)

// TestAnswers is the whole table of the life cycle. "=" is success without an
// effect, "!" IncorrectInstanceState, "?" InvalidInstanceID.
func TestAnswers(t *testing.T) {
	states := []State{Pending, Running, Stopping, Stopped, ShuttingDown, Terminated}
	rows := []struct {
		op   operation
		want string
	}{
		{opStart, "= = ! pending ! !"},
		{opStop, "! stopping = = ! !"},
		{opReboot, "! running ! ! ! !"},
		{opTerminate, "shutting-down shutting-down shutting-down terminated = ="},
		// EC2 User Guide, Change the instance type: the instance must be stopped.
		{opModify, "! ! ! stopped ! !"},
		{opAssociate, "? running ? stopped ? ?"},
	}
	for _, row := range rows {
		for i, want := range strings.Fields(row.want) {
			a := answerOf(row.op, states[i])
			got := string(a.next)
			switch {
			case a.code == CodeIncorrectInstanceState:
				got = "!"
			case a.code == CodeInvalidInstanceID:
				got = "?"
			case a.noop:
				got = "="
			}
			if got != want {
				t.Errorf("%s of an instance that is %s: %s, want %s", row.op, states[i], got, want)
			}
			if a.code != "" {
				if e := refuse(row.op, "web-1", states[i], a.code); !strings.Contains(e.Error(), string(states[i])) || Code(e) != a.code {
					t.Errorf("the refusal %q does not say the state or the code", e)
				}
			}
		}
	}
}

// TestBootPlan adds up what brevdev's ec2-coldboot-research measured: 21.2 s from
// stopped, 25.8 s for a launch.
func TestBootPlan(t *testing.T) {
	const s = showdown.Second
	rows := []struct {
		name               string
		launch, first      bool
		app, userData      showdown.Duration
		running, listening float64
	}{
		{"start", false, false, 0, 0, 18.2, 21.2},
		{"start with an application", false, false, 10 * s, 0, 18.2, 31.2},
		{"start runs no user data again", false, false, 10 * s, 90 * s, 18.2, 31.2},
		{"launch", true, true, 0, 0, 22.6, 25.8},
		{"launch with user data", true, true, 10 * s, 90 * s, 22.6, 125.8},
		{"start of an instance that was stopped before its first boot was over", false, true, 10 * s, 90 * s, 18.2, 121.2},
	}
	for _, r := range rows {
		b := bootPlan(DefaultTimings(), r.launch, r.first, r.app, r.userData)
		if b.running.Seconds() != r.running || b.listening.Seconds() != r.listening {
			t.Errorf("%s: running after %s and listening after %s, want %g and %g s", r.name, b.running, b.listening, r.running, r.listening)
		}
	}
}

func TestRangeDraws(t *testing.T) {
	r := Range{20 * showdown.Second, 60 * showdown.Second}
	var low, high showdown.Duration = showdown.Hour, 0
	for seed := range uint64(1000) {
		d := r.draw(rand.New(rand.NewPCG(seed, 1)))
		if d < r.Min || d > r.Max {
			t.Fatalf("seed %d draws %s, outside %s to %s", seed, d, r.Min, r.Max)
		}
		if again := r.draw(rand.New(rand.NewPCG(seed, 1))); again != d {
			t.Fatalf("seed %d draws %s, then %s", seed, d, again)
		}
		low, high = min(low, d), max(high, d)
	}
	if low > 21*showdown.Second || high < 59*showdown.Second {
		t.Errorf("1000 seeds draw %s to %s only", low, high)
	}
	if d := (Range{Min: 3 * showdown.Second}).draw(nil); d != 3*showdown.Second {
		t.Errorf("an empty range draws %s", d)
	}
}

func TestTypes(t *testing.T) {
	seen := map[string]bool{}
	for _, it := range Types() {
		if seen[it.Name] {
			t.Errorf("%s is there twice", it.Name)
		}
		seen[it.Name] = true
		if it.VCPUs < 1 || it.MemoryGiB <= 0 || it.CoreMark <= 0 || it.Network == "" {
			t.Errorf("%s lacks something: %+v", it.Name, it)
		}
		burstable := it.Family() == "t2" || it.Family() == "t3"
		if (it.Burst != nil) != burstable {
			t.Errorf("%s: burst %v", it.Name, it.Burst)
		}
		if b := it.Burst; b != nil {
			// EC2 User Guide, Key concepts for burstable performance instances: credits an
			// hour are the baseline of all vCPUs for 60 minutes, the maximum is a day's.
			if want := b.BaselinePerVCPU * float64(it.VCPUs) * 60; !near(b.CreditsPerHour, want) {
				t.Errorf("%s earns %g an hour, its baseline says %g", it.Name, b.CreditsPerHour, want)
			}
			if b.MaxCredits != 24*b.CreditsPerHour {
				t.Errorf("%s keeps %g, a day earns %g", it.Name, b.MaxCredits, 24*b.CreditsPerHour)
			}
		}
		if got, ok := TypeByName(it.Name); !ok || got.CoreMark != it.CoreMark {
			t.Errorf("TypeByName(%q) = %v, %v", it.Name, got, ok)
		}
	}
	if _, ok := TypeByName("t9.huge"); ok {
		t.Error("t9.huge is known")
	}
	// The trap of the resize: 1.28 times while bursting, 12.8 times sustained.
	micro, _ := TypeByName("t2.micro")
	large, _ := TypeByName("m5.large")
	if k := large.CoreMark / micro.CoreMark; k < 1.27 || k > 1.29 {
		t.Errorf("m5.large : bursting t2.micro = %g", k)
	}
	if k := large.Sustained() / micro.Sustained(); k < 12.7 || k > 12.9 {
		t.Errorf("m5.large : sustained t2.micro = %g", k)
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }
