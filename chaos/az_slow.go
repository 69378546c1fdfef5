package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// azSlow delays every packet to and from the machines of an Availability Zone: a gray
// failure, in which everything is there and nothing is well.
func azSlow() deed {
	return deed{
		needs:    string(cloud.Lag),
		evidence: "the round trip to each instance and node of the zone grew by four times the latency on a new connection",
		bounds:   map[string]string{"latency": "real time above 0, at most " + maxLag.String()},
		check: func(v values) error {
			if v.latency > maxLag {
				return fmt.Errorf("latency of az-slow is %s: at most %s, for more take fail-az", v.latency, maxLag)
			}
			return nil
		},
		fits: func(c showdown.Cell, _ showdown.Step, v values) error { return needZone(c, v.names["zone"]) },
		effect: func(t *target, v values) effect {
			return &slowZone{target: t, zone: v.names["zone"], latency: v.latency, base: map[string]time.Duration{}}
		},
	}
}

type slowZone struct {
	*target
	zone    string
	latency time.Duration
	base    map[string]time.Duration // round trips before, by name

	mu  sync.Mutex
	hit []*victim
}

func (s *slowZone) victims() map[string]cloud.Identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return identities(s.hit)
}

func (s *slowZone) find() []*victim {
	nodes, instances, _ := s.machinesIn(s.zone)
	return append(nodes, instances...)
}

func (s *slowZone) moved() bool {
	now := s.find()
	s.mu.Lock()
	defer s.mu.Unlock()
	return !same(s.hit, now)
}

func (s *slowZone) ready(ctx context.Context) error {
	now := s.find()
	s.mu.Lock()
	s.hit = now
	s.mu.Unlock()
	if len(now) == 0 {
		return fmt.Errorf("no machine runs in %s", s.zone)
	}
	s.facts["zone"], s.facts["machines"] = s.zone, len(now)
	took := make([]time.Duration, len(now))
	s.beside(func(i int, v *victim) { took[i] = s.quickest(ctx, v) })
	answered := 0
	for i, v := range now {
		s.base[v.name] = took[i]
		if took[i] > 0 {
			answered++
		}
	}
	if answered == 0 {
		return fmt.Errorf("nothing in %s gave an answer before", s.zone)
	}
	return nil
}

// beside does something with all victims side by side.
func (s *slowZone) beside(do func(i int, v *victim)) {
	var all sync.WaitGroup
	for i, v := range s.hit {
		all.Go(func() { do(i, v) })
	}
	all.Wait()
}

// patient is how long a look may take that is late four times, behind a node as often
// again.
func (s *slowZone) patient() patience {
	return patience{s.limit.connect, s.limit.request + 8*s.latency}
}

// quickest is the shortest of several round trips to a victim; 0 where none was answered.
func (s *slowZone) quickest(ctx context.Context, v *victim) (best time.Duration) {
	for range roundTrips {
		if ctx.Err() != nil {
			return best
		}
		if look := s.seeVictim(ctx, v, s.patient()); look.answered() && (best == 0 || look.Took < best) {
			best = look.Took
		}
	}
	return best
}

func (s *slowZone) inject(ctx context.Context) error {
	problems := make([]error, len(s.hit))
	s.beside(func(i int, v *victim) { problems[i] = s.slow(ctx, v) })
	return errors.Join(problems...)
}

func (s *slowZone) slow(ctx context.Context, v *victim) error {
	v.down = true
	if err := s.askOf(ctx, v.machine, order(cloud.Command{Verb: cloud.Lag, Delay: s.latency})); err != nil && !dead(v.machine) {
		return fmt.Errorf("slow %s: %w", v.name, err)
	}
	return nil
}

// look waits until the round trip to every victim that answered before is as wanted.
func (s *slowZone) look(ctx context.Context, want func(grew time.Duration) bool) (string, bool) {
	words, seen := make([]string, len(s.hit)), make([]bool, len(s.hit))
	s.beside(func(i int, v *victim) {
		base := s.base[v.name]
		if base == 0 || s.over(v) != "" {
			words[i], seen[i] = v.name+" "+s.over(v), true
			if base == 0 {
				words[i] = v.name + " gave no answer before"
			}
			return
		}
		var took time.Duration
		seen[i] = s.until(ctx, s.limit.effect, func() bool {
			took = s.quickest(ctx, v)
			return took > 0 && want(took-base) || s.over(v) != ""
		})
		words[i] = fmt.Sprintf("%s %s, %s before", v.name, round(took), round(base))
	})
	ok := true
	for _, yes := range seen {
		ok = ok && yes
	}
	return strings.Join(words, "; "), ok
}

func (s *slowZone) confirm(ctx context.Context) (string, bool) {
	// A timer is at most late, so a growth below the latency is not this fault.
	return s.look(ctx, func(grew time.Duration) bool { return grew >= 4*s.latency*8/10 })
}

// guard slows what is launched in the zone meanwhile.
func (s *slowZone) guard(ctx context.Context) (killed string) {
	for ctx.Err() == nil {
		s.pause(ctx, s.limit.guard)
		known := s.victims()
		for _, v := range s.find() {
			if known[v.name] == v.id || ctx.Err() != nil {
				continue
			}
			if s.slow(ctx, v) == nil {
				s.mu.Lock()
				s.hit = append(s.hit, v)
				s.mu.Unlock()
			}
		}
	}
	return ""
}

func (s *slowZone) left() remains {
	for _, v := range s.hit {
		if v.down {
			return leavesFault
		}
	}
	return leavesNothing
}

// over says in words that a victim's process runs no more, and its part of the fault is
// gone with it.
func (s *slowZone) over(v *victim) string {
	m, lives := s.machineOf(v.name)
	switch {
	case !lives:
		return "lost its process " + v.id.String() + ", and the fault with it"
	case m.Identity() != v.id:
		return fmt.Sprintf("runs as process %s in the place of %s", m.Identity(), v.id)
	}
	return ""
}

func (s *slowZone) undo(ctx context.Context) error {
	problems := make([]error, len(s.hit))
	s.beside(func(i int, v *victim) {
		if !v.down || v.back || s.over(v) != "" {
			return
		}
		err := s.askOf(ctx, v.machine, order(cloud.Command{Verb: cloud.Lag, Off: true}))
		if err != nil && s.over(v) == "" {
			problems[i] = fmt.Errorf("let packets of %s go at once: %w", v.name, err)
			return
		}
		v.back = true
	})
	return errors.Join(problems...)
}

func (s *slowZone) gone(ctx context.Context) (string, bool) {
	return s.look(ctx, func(grew time.Duration) bool { return grew < 2*s.latency })
}
