package chaos

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"showdown"
)

// meanwhile does something at an AWS time of the experiment that is made next, in no time.
func (w *world) meanwhile(at showdown.Duration, do func()) {
	begins := time.Second // as experiment has it
	w.tasks.Go(func() {
		wait(context.Background(), begins+w.clock.Lab(at))
		do()
	})
}

// cancelAt plays a timeline, cancels it at an AWS time, and fails unless the roll back
// takes no longer than that and leaves nothing.
func (w *world) cancelAt(t *testing.T, moment showdown.Duration, most time.Duration, timeline ...showdown.Step) {
	t.Helper()
	e := w.experiment(nil, timeline...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.tasks.Go(func() {
		wait(ctx, time.Until(w.zero.Add(w.clock.Lab(moment))))
		cancel()
	})
	if err := e.Run(ctx, w.zero); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("run cancelled at %s: %v", moment, err)
	}
	began := time.Now()
	if err := e.Rollback(ctx); err != nil {
		t.Errorf("cancelled at %s: %v", moment, err)
	}
	if took := time.Since(began); took > most {
		t.Errorf("cancelled at %s: the roll back took %s", moment, took)
	}
	w.tasks.Wait()
	w.healthy()
	if t.Failed() {
		t.Logf("cancelled at %s:\n%s", moment, strings.Join(w.story, "\n"))
	}
}
