package chaos

import (
	"testing"
	"time"

	"showdown"
)

// The choice of targets depends on seed, cell and letter alone.
func TestPickerIsSeeded(t *testing.T) {
	draw := func(seed uint64, cell, letter string) (out [16]int) {
		pick := picker(seed, cell, letter)
		for i := range out {
			out[i] = pick(1000)
		}
		return out
	}
	first := draw(1, "base", "A")
	if again := draw(1, "base", "A"); again != first {
		t.Error("the same seed chooses differently")
	}
	if first == draw(1, "base", "B") || first == draw(2, "base", "A") || first == draw(1, "other", "A") {
		t.Error("another seed, cell or letter chooses the same")
	}
}

// Jitter depends on seed, cell and letter alone, lies within its bounds and fills them.
func TestJitterIsSeeded(t *testing.T) {
	const most = 2 * minute
	s := jittered(most, act("A", minute, "kill", "one", 0))
	var least, longest, sum showdown.Duration = most, 0, 0
	const seeds = 2000
	for seed := range uint64(seeds) {
		d := jitter(seed, "base", s)
		if d < 0 || d >= most {
			t.Fatalf("seed %d gives %s of %s", seed, d, most)
		}
		least, longest, sum = min(least, d), max(longest, d), sum+d/seeds
		if again := jitter(seed, "base", jittered(most, act("A", 5*minute, "hang", "web-2", minute))); again != d {
			t.Fatalf("seed %d gives %s and %s", seed, d, again)
		}
	}
	// An even distribution of 2,000 draws has its mean within 0.65 % of the middle at one
	// deviation.
	if least > most/100 || longest < most*99/100 || sum < most*47/100 || sum > most*53/100 {
		t.Errorf("from %s to %s, %s on average", least, longest, sum)
	}
	other := s
	other.Letter = "B"
	if d := jitter(1, "base", s); d == jitter(2, "base", s) || d == jitter(1, "other", s) || d == jitter(1, "base", other) {
		t.Error("another seed, cell or letter gives the same")
	}
	if d := jitter(1, "base", act("A", 0, "kill", "one", 0)); d != 0 {
		t.Errorf("%s without jitter", d)
	}
}

func TestStepsHaveTheirPlan(t *testing.T) {
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	c := cell(
		jittered(2*minute, act("A", minute, "kill", "web-1", minute)),
		after("A", jittered(minute, act("B", 30*showdown.Second, "kill", "web-1", minute))),
		within("B", act("C", 10*showdown.Second, "slow", "web-2", 0)),
	)
	for seed := range uint64(20) {
		list, err := steps(c, clock, seed)
		if err != nil {
			t.Fatal(err)
		}
		a, b, in := list[0], list[1], list[2]
		first, second := clock.Lab(jitter(seed, c.Name, a.Step)), clock.Lab(jitter(seed, c.Name, b.Step))
		if want := clock.Lab(minute) + first; a.at != want || a.end != want+clock.Lab(minute) {
			t.Errorf("A at %s to %s, want %s", a.at, a.end, want)
		}
		if want := a.end + clock.Lab(30*showdown.Second) + second; b.at != want || b.lag != want-a.end {
			t.Errorf("B at %s, %s behind A, want %s", b.at, b.lag, want)
		}
		if want := b.at + clock.Lab(10*showdown.Second); in.at != want || in.end != 0 {
			t.Errorf("C at %s to %s, want %s and no end of its own", in.at, in.end, want)
		}
	}
}

func TestStepThatWaitsFiresNeverEarly(t *testing.T) {
	s := step{at: 5 * time.Second, lag: time.Second, length: 2 * time.Second}
	for _, c := range []struct{ happened, due, until time.Duration }{
		{3 * time.Second, 5 * time.Second, 7 * time.Second},
		{4 * time.Second, 5 * time.Second, 7 * time.Second},
		{6 * time.Second, 7 * time.Second, 9 * time.Second},
	} {
		if due := s.due(c.happened); due != c.due || s.until(due) != c.until {
			t.Errorf("after %s at %s until %s, want %s and %s", c.happened, due, s.until(due), c.due, c.until)
		}
	}
	if s.length = 0; s.until(time.Second) != 0 {
		t.Error("a step without a length has an end")
	}
}

func TestStepIsPreparedBefore(t *testing.T) {
	l := limits{ahead: 100 * time.Millisecond, census: time.Second}
	for _, c := range []struct {
		early    bool
		at, want time.Duration
	}{
		{false, time.Second, 900 * time.Millisecond},
		{false, 0, -100 * time.Millisecond},
		{true, 5 * time.Second, 3900 * time.Millisecond},
		{true, time.Second, 0},
		{true, 0, -100 * time.Millisecond},
	} {
		if got := (step{deed: deed{early: c.early}}).begin(c.at, l); got != c.want {
			t.Errorf("at %s, early %t: %s, want %s", c.at, c.early, got, c.want)
		}
	}
}
