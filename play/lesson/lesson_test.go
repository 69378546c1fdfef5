package lesson

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
	"showdown/dashboards/live"
	"showdown/play"
)

func start(name string) live.Start { return live.Start{Stage: name, Speed: 10} }

func nobody(context.Context, *showdown.Stage, showdown.Clock, *play.Open) error {
	return nil
}

// stageHand plays stages by noting them, until they are left.
type stageHand struct {
	mu     sync.Mutex
	played []string
	said   []string
	fails  map[string]error
	after  map[string]error // of stages that were left
}

func (h *stageHand) play(_ context.Context, opened *showdown.Stage, _ showdown.Clock, open *play.Open) error {
	h.mu.Lock()
	h.played = append(h.played, opened.Name)
	err := h.fails[opened.Name]
	h.mu.Unlock()
	if err != nil {
		return err
	}
	<-open.Left()
	return h.after[opened.Name]
}

func (h *stageHand) say(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said = append(h.said, text)
}

// lesson runs a lesson of the journey beside test.
func lessonOf(t *testing.T, h *stageHand, test func(*testing.T, *Lesson)) (err error) {
	synctest.Test(t, func(t *testing.T) {
		l, newErr := New(Config{Stages: builtin(t), Play: h.play, Say: h.say}, start("single"))
		if newErr != nil {
			t.Fatal(newErr)
		}
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- l.Run(ctx) }()
		synctest.Wait()
		test(t, l)
		stop()
		err = <-ran
	})
	return err
}

func TestStages(t *testing.T) {
	h := &stageHand{fails: map[string]error{"dns": errors.New("no room")}}
	err := lessonOf(t, h, func(t *testing.T, l *Lesson) {
		for _, s := range []live.Start{{Stage: "elb"}, {Speed: 20}, {Stage: "dns"}, {Stage: "asg", Rate: 100}} {
			if _, err := l.Stage(t.Context(), s); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		if l.want.Speed != 20 || l.opened.Cells[0].Traffic.Phases[0].Rate != 100 {
			t.Errorf("it plays at speed %g and %+v", l.want.Speed, l.opened.Cells[0].Traffic.Phases)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if want := []string{"single", "elb", "elb", "dns", "asg"}; !slices.Equal(h.played, want) {
		t.Errorf("it played %v, want %v", h.played, want)
	}
	if len(h.said) != 1 || !strings.Contains(h.said[0], "dns: no room") {
		t.Errorf("it said %q", h.said)
	}
}

// The last of several wishes counts, however fast they come.
func TestManyWishes(t *testing.T) {
	h := &stageHand{}
	_ = lessonOf(t, h, func(t *testing.T, l *Lesson) {
		for _, name := range []string{"elb", "dns", "asg", "vertical"} {
			if _, err := l.Stage(t.Context(), live.Start{Stage: name}); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
	})
	if n := len(h.played); h.played[n-1] != "vertical" || n > 3 {
		t.Errorf("it played %v", h.played)
	}
}

func TestRefusals(t *testing.T) {
	h := &stageHand{}
	_ = lessonOf(t, h, func(t *testing.T, l *Lesson) {
		for name, c := range map[string]struct {
			do   func() error
			code int
			says string
		}{
			"no such stage":  {func() error { _, err := l.Stage(t.Context(), live.Start{Stage: "moon"}); return err }, http.StatusBadRequest, "no stage"},
			"no such speed":  {func() error { _, err := l.Stage(t.Context(), live.Start{Speed: -1}); return err }, http.StatusBadRequest, "speed"},
			"too fast":       {func() error { _, err := l.Stage(t.Context(), live.Start{Speed: 1e5}); return err }, http.StatusBadRequest, "speed"},
			"too much":       {func() error { _, err := l.Stage(t.Context(), live.Start{Rate: 1e9}); return err }, http.StatusBadRequest, "bounds"},
			"no rate":        {func() error { _, err := l.Rate(t.Context(), 0); return err }, http.StatusBadRequest, "bounds"},
			"not up yet":     {func() error { _, err := l.Rate(t.Context(), 100); return err }, http.StatusConflict, "does not run"},
			"unknown action": {func() error { _, err := l.Chaos(t.Context(), live.Order{Action: "boom"}); return err }, http.StatusBadRequest, "boom"},
			"chaos too soon": {func() error { _, err := l.Chaos(t.Context(), live.Order{Action: "kill"}); return err }, http.StatusConflict, "does not run"},
		} {
			var why *live.Refusal
			if err := c.do(); !errors.As(err, &why) || why.Code != c.code || !strings.Contains(why.Error(), c.says) || why.Hint == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	if _, err := New(Config{Stages: builtin(t), Play: nobody, Say: h.say}, start("moon")); err == nil {
		t.Error("a lesson begins with a stage that is not there")
	}
}

// What could not be undone is the error of the whole lesson, which goes on; machines that are
// gone end it.
func TestErrors(t *testing.T) {
	h := &stageHand{fails: map[string]error{"single": play.ErrNotUndone}}
	err := lessonOf(t, h, func(t *testing.T, l *Lesson) {
		if _, err := l.Stage(t.Context(), live.Start{Stage: "elb"}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
	if !errors.Is(err, play.ErrNotUndone) || !slices.Equal(h.played, []string{"single", "elb"}) {
		t.Errorf("%v, %v", err, h.played)
	}
	h = &stageHand{fails: map[string]error{"single": play.ErrLost}}
	if err := lessonOf(t, h, func(*testing.T, *Lesson) {}); !errors.Is(err, play.ErrLost) {
		t.Errorf("it ended with %v", err)
	}
}

// Every button means itself, also where several have one action.
func TestStepOfEveryButton(t *testing.T) {
	for _, stage := range builtin(t) {
		h := &stageHand{}
		_ = lessonOf(t, h, func(t *testing.T, l *Lesson) {
			if _, err := l.Stage(t.Context(), live.Start{Stage: stage.Name}); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			for _, b := range l.Buttons() {
				s := l.step(live.Order{Action: b.Action, Target: b.Target, For: -1, With: b.With}, l.opened)
				if !same(b, s) || string(s.Target) != b.Target || s.For.Seconds() != b.ForS || len(s.With) != len(b.With) || !fits(l.opened, 0, s) {
					t.Errorf("%s: %s means %+v", stage.Name, b.Label["en"], s)
				}
			}
		})
	}
}

// What an order leaves open is as on the button.
func TestStepOfAnOrder(t *testing.T) {
	h := &stageHand{}
	_ = lessonOf(t, h, func(t *testing.T, l *Lesson) {
		if _, err := l.Stage(t.Context(), live.Start{Stage: "elb"}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		own := l.step(live.Order{Action: "kill", For: -1}, l.opened)
		if own.Target == "" || own.For <= 0 {
			t.Errorf("kill alone is %+v", own)
		}
		asked := l.step(live.Order{Action: "fail-az", For: time.Minute, With: map[string]any{"mode": "hang"}}, l.opened)
		if asked.For != showdown.Minute || asked.With["mode"] != "hang" || asked.With["zone"] == "" {
			t.Errorf("fail-az is %+v", asked)
		}
		other := l.step(live.Order{Action: "kill", Target: "web-9"}, l.opened)
		if other.Target != "web-9" || other.For != 0 {
			t.Errorf("kill of another is %+v", other)
		}
	})
}

// What is wished for when the lesson ends is not played any more, and what the last stage
// could not do is the lesson's error.
func TestEnd(t *testing.T) {
	for range 20 {
		h := &stageHand{after: map[string]error{"single": errors.New("no space left")}}
		err := lessonOf(t, h, func(t *testing.T, l *Lesson) {
			l.mu.Lock()
			l.next <- start("elb")
			l.mu.Unlock()
		})
		if !slices.Equal(h.played, []string{"single"}) || err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Fatalf("it played %v and ended with %v", h.played, err)
		}
	}
}

// Commands that come before the first stage count from what it will be.
func TestBeforeTheFirstStage(t *testing.T) {
	l, err := New(Config{Stages: builtin(t), Play: nobody, Say: func(string) {}}, start("single"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Stage(t.Context(), live.Start{Stage: "elb"}); err != nil || l.want.Speed != 10 {
		t.Errorf("%v, %+v", err, l.want)
	}
	if _, err := l.Heal(t.Context()); err == nil {
		t.Error("there is something to heal before anything runs")
	}
}

// Cells that do not fit the machine side by side are not played one after the other.
func TestTooManyCells(t *testing.T) {
	cells := []string{"base", "load", "wrong-check", "by-hand", "without-asg", "without-elb", "without-route53", "whole"}
	_, err := New(Config{Stages: builtin(t), Cells: cells, Play: nobody, Say: func(string) {}}, start("asg"))
	var why *live.Refusal
	if !errors.As(err, &why) || !strings.Contains(why.Text, "too much load") {
		t.Errorf("%v", err)
	}
	slow := start("asg")
	slow.Rate = 50
	if _, err := New(Config{Stages: builtin(t), Cells: cells, Play: nobody, Say: func(string) {}}, slow); err != nil {
		t.Errorf("at 50/s each: %v", err)
	}
}
