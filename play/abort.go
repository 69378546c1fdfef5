package play

import (
	"context"
	"errors"
	"fmt"
	"time"

	"showdown"
	"showdown/chaos"
	"showdown/results/analysis"
)

// errAborted ends the run of a stage whose abort_if came true. It is a result and no
// error of the run: what was recorded says which gate failed.
var errAborted = errors.New("the stage was aborted")

// abortsOf watches the requests of a cell for the conditions of abort_if that are about it.
func abortsOf(stage *showdown.Stage, spec *showdown.Cell, clock showdown.Clock) (*analysis.Live, error) {
	var conditions []*analysis.Condition
	for _, a := range stage.AbortIf {
		if showdown.CellOr(a.Cell) != spec.Name {
			continue
		}
		condition, err := analysis.CompileCondition(a.If)
		if err != nil {
			return nil, fmt.Errorf("abort_if %q: %w", a.If, err)
		}
		conditions = append(conditions, condition)
	}
	if len(conditions) == 0 {
		return nil, nil
	}
	return analysis.NewLive(clock, conditions), nil
}

// abort waits for a condition of abort_if about the cell, and fails with [errAborted] when
// one holds. It returns nil when ctx or the cell's traffic ends.
func (c *cell) abort(ctx context.Context, zero time.Time) error {
	if c.aborts == nil {
		return nil
	}
	condition, hit := chaos.Watch(ctx, c.aborts.Eval, zero, c.spec.Traffic.Length(c.stage.Clock))
	if !hit {
		return nil
	}
	c.emit(showdown.Event{Kind: showdown.StageAborted, Source: "play", Data: map[string]any{"condition": condition}})
	return fmt.Errorf("%w: %s", errAborted, condition)
}

// unlessAborted is err without what only says that the stage was aborted or left.
func unlessAborted(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var left []error
		for _, e := range joined.Unwrap() {
			left = append(left, unlessAborted(e))
		}
		return errors.Join(left...)
	}
	if errors.Is(err, errAborted) || errors.Is(err, errLeft) {
		return nil
	}
	return err
}
