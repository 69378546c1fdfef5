package chaos

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

// opened runs an open experiment beside test, and ends and rolls it back after it.
func opened(t *testing.T, test func(t *testing.T, w *world, e *Experiment), timeline ...showdown.Step) {
	t.Helper()
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(func(c *Config) {
			c.Open = true
			for i := range c.Cell.Traffic.Phases {
				c.Cell.Traffic.Phases[i].Rate = 100 // the world's
			}
		}, timeline...)
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- e.Run(ctx, w.zero) }()
		synctest.Wait()
		test(t, w, e)
		stop()
		if err := <-ran; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := e.Inject(act("Z", 0, "kill", "web-1", 0)); !errors.Is(err, ErrNotNow) {
			t.Errorf("after the end an injection is %v", err)
		}
		w.healthy()
	})
}

// pass lets time of a bubble pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestInject(t *testing.T) {
	opened(t, func(t *testing.T, w *world, e *Experiment) {
		pass(3 * time.Second)
		asked := time.Since(w.zero)
		got, err := e.Inject(act("A", 7*minute, "blackhole", "web-1", minute))
		if err != nil {
			t.Fatal(err)
		}
		pass(3 * time.Second)
		want := []string{
			"fault.planned T", "fault.planned A", "record A blackhole web-1", "sync",
			"fault.injecting A", "blackhole web-1", "fault.injected A", "fault.confirmed A",
			"fault.healing A", "off blackhole web-1", "done A blackhole web-1", "fault.undone A",
		}
		if !slices.Equal(w.story, want) {
			t.Errorf("it happened\n%s\nnot\n%s", strings.Join(w.story, "\n"), strings.Join(want, "\n"))
		}
		at := w.when("A", showdown.FaultInjecting)
		if at < asked || at > asked+time.Second || w.clock.Lab(got.At).Round(time.Millisecond) != at.Round(time.Millisecond) {
			t.Errorf("asked for at %s, planned for %s, fired at %s", asked, w.clock.Lab(got.At), at)
		}
		if lasted := w.when("A", showdown.FaultHealing) - at; lasted.Round(10*time.Millisecond) != time.Second {
			t.Errorf("it lasted %s", lasted)
		}
		// The letter is free again, and a timeline of its own goes on beside.
		if _, err := e.Inject(act("A", 0, "hang", "web-2", minute)); err != nil {
			t.Error(err)
		}
	}, act("T", 11*minute, "slow", "web-2", minute))
}

func TestHealGoesOn(t *testing.T) {
	opened(t, func(t *testing.T, w *world, e *Experiment) {
		for _, s := range []showdown.Step{
			act("A", 0, "stop-instance", "web-1", 0), act("B", 0, "blackhole", "web-2", 0), act("C", 0, "spike", "", 10*minute),
		} {
			if _, err := e.Inject(s); err != nil {
				t.Fatal(err)
			}
		}
		pass(5 * time.Second)
		for range 10 {
			go func() {
				if err := e.Heal(t.Context()); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		if _, err := e.Inject(act("D", 0, "kill", "web-1", 0)); !errors.Is(err, ErrNotNow) {
			t.Errorf("while everything is healed an injection is %v", err)
		}
		pass(10 * time.Second)
		for _, letter := range []string{"A", "B", "C"} {
			kinds := w.kinds(letter)
			if n := len(kinds); n == 0 || kinds[n-1] != "fault.undone" && kinds[n-1] != "change.undone" {
				t.Errorf("%s: %v", letter, kinds)
			}
			if slices.Index(kinds, "fault.healing") != len(kinds)-2 {
				t.Errorf("%s is healed more than once: %v", letter, kinds)
			}
		}
		w.healthy()
		if _, err := e.Inject(act("E", 0, "kill", "web-1", minute)); err != nil {
			t.Errorf("after it: %v", err)
		}
		pass(3 * time.Second)
		if kinds := w.kinds("E"); len(kinds) == 0 || kinds[len(kinds)-1] != "fault.undone" {
			t.Errorf("E: %v", kinds)
		}
	})
}

// What is not in place yet when everything is healed is not played.
func TestHealBeforeItFires(t *testing.T) {
	opened(t, func(t *testing.T, w *world, e *Experiment) {
		if _, err := e.Inject(act("A", 0, "kill", "web-1", 0)); err != nil {
			t.Fatal(err)
		}
		if err := e.Heal(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if kinds := w.kinds("A"); !slices.Equal(kinds, []string{"fault.planned", "fault.failed"}) {
			t.Errorf("A: %v", kinds)
		}
	})
}

func TestInjectRefuses(t *testing.T) {
	opened(t, func(t *testing.T, _ *world, e *Experiment) {
		if _, err := e.Inject(act("A", 0, "blackhole", "web-1", 0)); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			step showdown.Step
			now  bool // that it may be possible later
			says string
		}{
			{act("B", 0, "blow-up", "web-1", 0), false, `unknown action "blow-up"`},
			{act("B", 0, "kill", "web-9", 0), false, `web-9`},
			{act("B", 0, "kill", "", 0), false, "hits nobody"},
			{act("B", 0, "slow", "web-1", 0, "latency", "a lot"), false, "latency"},
			{act("B", 0, "spike", "", 0), false, "must end"},
			{act("", 0, "kill", "web-1", 0), false, "no letter"},
			{act("A", 0, "kill", "web-2", 0), false, "letter A is taken"},
			{act("B", 0, "blackhole", "web-1", minute), true, "blackhole of web-1 is in place already, as A"},
		} {
			_, err := e.Inject(c.step)
			if err == nil || errors.Is(err, ErrNotNow) != c.now || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s %s: %v", c.step.Do, c.step.Target, err)
			}
		}
	})
}

// A spike is seen and healed by what arrives, also when somebody has changed the rate meanwhile.
func TestSpikeBesideAnotherRate(t *testing.T) {
	for _, factor := range []float64{4, 0.25} {
		opened(t, func(t *testing.T, w *world, e *Experiment) {
			pass(2 * time.Second) // there is traffic
			if _, err := e.Inject(act("A", 0, "spike", "", 20*minute, "factor", "3")); err != nil {
				t.Fatal(err)
			}
			pass(4 * time.Second)
			e.Replan(100 * factor)
			w.mu.Lock()
			w.multiply(factor)
			w.mu.Unlock()
			pass(2 * time.Second)
			if err := e.Heal(t.Context()); err != nil {
				t.Errorf("at %g times the rate: %v", factor, err)
			}
			if kinds := w.kinds("A"); kinds[len(kinds)-1] != "fault.undone" {
				t.Errorf("at %g times the rate: %v", factor, kinds)
			}
			w.mu.Lock()
			w.multiply(1 / factor) // as the world's own check wants it
			w.mu.Unlock()
		})
	}
}

// The same action with other parameters is another one.
func TestInjectTwice(t *testing.T) {
	opened(t, func(t *testing.T, _ *world, e *Experiment) {
		for _, c := range []struct{ letter, latency string }{{"A", "20ms"}, {"B", "30ms"}} {
			if _, err := e.Inject(act(c.letter, 0, "slow", "web-1", 0, "latency", c.latency)); err != nil {
				t.Errorf("%s: %v", c.letter, err)
			}
		}
		if _, err := e.Inject(act("C", 0, "slow", "web-1", 0, "latency", "20ms")); !errors.Is(err, ErrNotNow) {
			t.Errorf("the first once more: %v", err)
		}
	})
}

// The end of a stage may come while somebody heals.
func TestRollbackWhileHealing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(func(c *Config) { c.Open = true })
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- e.Run(ctx, w.zero) }()
		pass(2 * time.Second)
		for _, s := range []showdown.Step{act("A", 0, "stop-instance", "web-1", 0), act("B", 0, "blackhole", "web-2", 0), act("C", 0, "kill", "web-2", 0)} {
			if _, err := e.Inject(s); err != nil {
				t.Fatal(err)
			}
		}
		healed := make(chan error, 1)
		go func() { healed <- e.Heal(t.Context()) }()
		time.Sleep(10 * time.Millisecond)
		stop()
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-healed; err != nil {
			t.Error(err)
		}
		<-ran
		w.healthy()
	})
}

// What heals by itself does so at its time, whether the probe has seen it by then or not.
func TestHealsInTime(t *testing.T) {
	opened(t, func(t *testing.T, w *world, e *Experiment) {
		w.mu.Lock()
		w.deaf["blackhole"] = true // the probe looks in vain
		w.mu.Unlock()
		if _, err := e.Inject(act("A", 0, "blackhole", "web-1", 12*showdown.Second)); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Second)
		if lasted := w.when("A", showdown.FaultHealing) - w.when("A", showdown.FaultInjecting); lasted < 190*time.Millisecond || lasted > 300*time.Millisecond {
			t.Errorf("it lasted %s, 200ms was asked for", lasted)
		}
		if kinds := w.kinds("A"); kinds[len(kinds)-1] != "fault.undone" {
			t.Errorf("%v", kinds)
		}
	})
}
