package play

import (
	"cmp"
	"fmt"
	"path/filepath"
	"time"

	"showdown"
	"showdown/attack"
	"showdown/chaos"
)

// attach makes what acts on a running system, which is there already. It fails where a
// command cannot be run, before anything has happened.
func (c *cell) attach() error {
	var err error
	c.attack, err = attack.NewRunning(attack.RunningConfig{
		Cell: c.spec.Name, Targets: c.spec.Targets, Traffic: c.spec.Traffic, Clock: c.stage.Clock, Seed: c.seed,
		Dir: scenarioDir(c.stage.Stage), Public: c.stage.Public, Sink: func(hits []showdown.Hit) { c.taken(hits) }, OnPhase: c.phase,
	})
	if err != nil {
		return err
	}
	c.experiment, err = chaos.New(chaos.Config{
		Cell: *c.spec, Clock: c.stage.Clock, Seed: c.seed, Load: load{c.attack}, Journal: c.stage.Journal, Emit: c.emit,
		Sync: func() error { return c.stage.rec.Sync() }, StopIf: c.live.Eval,
		Folder: filepath.Dir(c.stage.Config.Stage.Source),
	})
	if err != nil {
		return fmt.Errorf("stage %s: %w", c.stage.Config.Stage.ID(), err)
	}
	return nil
}

// meet says that the running system takes part from here on. The record is open now, and
// was not when the attack was made.
func (c *cell) meet() error {
	c.taken = c.sink()
	c.emit(showdown.Event{
		Kind: showdown.LabUp, Source: "play",
		Data: map[string]any{"lab_ms": 0.0, "instances": 0, "targets": c.spec.TargetNames()},
	})
	return nil
}

// cleanCap bounds everything that follows the traffic of the cells that are played now.
// The commands of a running system have their own time, and so has its steady state.
func (s *stage) cleanCap() time.Duration {
	bound := rollBackCap
	for _, c := range s.group {
		if c.spec.Running() {
			within := s.Clock.Lab(cmp.Or(c.spec.SteadyState.Within, 5*showdown.Minute))
			bound = max(bound, rollBackCap+chaos.RollbackCapOf(*c.spec)+within)
		}
	}
	return bound
}
