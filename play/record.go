package play

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/results"
)

// record joins the run to its record and its observers.
func (s *stage) record(rec *results.Recorder) {
	s.rec = rec
	s.log.out = append(s.log.out, rec.Event)
	for _, o := range s.Observers {
		s.log.out = append(s.log.out, o.Event)
	}
	s.log.emit("", showdown.Event{Kind: showdown.RunStarted, Source: "play", Target: s.Config.Stage.ID()})
}

// recording calls f while the record is written. A record that cannot be written
// ends f, and so does the loss of the machines.
func (s *stage) recording(ctx context.Context, f func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	background, stop := context.WithCancel(ctx)
	group.Go(func() error { return s.rec.Run(background) })
	group.Go(func() error { return s.watch(background) })
	group.Go(func() error {
		defer stop()
		return f(ctx)
	})
	err := group.Wait()
	if s.lost() {
		// What else failed did so for this reason.
		return ErrLost
	}
	return err
}

// lost says whether the machines are gone with the process that held them.
func (s *stage) lost() bool {
	select {
	case <-s.Lost:
		return true
	default:
		return false
	}
}

// beat records when the harness itself is late.
func (s *stage) beat(ctx context.Context) error {
	return heartbeat(ctx, s.limit, func(by time.Duration) {
		// Only the cells that are played now are disturbed by it.
		where := []string{""}
		if len(s.group) < len(s.cells) {
			where = s.names()
		}
		for _, cell := range where {
			s.log.emit(cell, showdown.Event{
				Kind: showdown.Stall, Source: "play",
				Data: map[string]any{"late_ms": float64(by) / 1e6},
			})
		}
	})
}

// watch records the machines that end and nobody asked them to, until ctx ends, and
// fails when the backend loses all of them.
func (s *stage) watch(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-s.Ended:
			s.ended(e)
		case <-s.Lost:
			for {
				select {
				case e := <-s.Ended:
					s.ended(e)
				default:
					return ErrLost
				}
			}
		}
	}
}

// ended records the end of a machine in the cell that it belonged to.
func (s *stage) ended(e Ended) {
	emit := s.log.in("")
	for _, c := range s.cells {
		if c.machines.has(e.Identity) {
			emit = c.emit
		}
	}
	emit(showdown.Event{
		Kind: showdown.MachineLost, Source: "play", Target: e.Name,
		Data: map[string]any{"error": "its process ended, and nobody asked it to", "identity": e.Identity.String()},
	})
}
