package chaos

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/ec2"
)

// leak lets the memory of an instance's application grow. When it is full the system
// kills the process: that is done here, so that the record has it as the fault's and
// not as a machine that was lost. The instance then stays down until the fault is
// undone or somebody starts it again.
func leak() deed {
	return deed{
		needs:    string(cloud.Leak),
		evidence: "the memory in use grows as fast as it must to fill in that time",
		perishes: true,
		effect: func(t *target, v values) effect {
			return &leaking{commanded: commanded{target: t}, fillsIn: v.duration, corpse: killed{t}}
		},
	}
}

// leaking is a commanded effect that becomes a killed one.
type leaking struct {
	commanded
	fillsIn showdown.Duration
	// total is the memory of the instance type, base what was in use before, in MiB.
	total, base float64
	// since is when the leak was in place.
	since time.Time
	// death is how long after that the system killed the process, in lab time; 0 while
	// it lives. guard writes it while [ended] may be asked.
	death  atomic.Int64
	corpse killed
}

func (l *leaking) ready(ctx context.Context) error {
	kind, ok := ec2.TypeByName(l.target.before.Type)
	if !ok {
		return fmt.Errorf("the memory of a %s is not known", l.target.before.Type)
	}
	l.total = kind.MemoryGiB * 1024
	used, err := l.used(ctx)
	if err != nil {
		return err
	}
	l.base = used
	l.facts["memory_before_mib"] = used
	if used >= l.total {
		return fmt.Errorf("the memory of %s was full before: %.0f MiB", l.name, used)
	}
	return l.mustAnswer(ctx)
}

// used is the machine's memory in use in MiB, as its own counters have it.
func (l *leaking) used(ctx context.Context) (float64, error) {
	c, err := l.command(ctx, cloud.Command{Verb: cloud.Stats})
	return c.MemoryMiB, err
}

// inject lets what is free now leak in the time that is asked for.
func (l *leaking) inject(ctx context.Context) error {
	share := 0.0
	if l.total > 0 {
		share = leakRate(l.base, l.total, l.clock.Lab(l.fillsIn))
	}
	l.order = cloud.Command{Verb: cloud.Leak, Share: share}
	err := l.commanded.inject(ctx)
	l.since = time.Now()
	return err
}

// leakRate is the share of the memory that leaks in a lab second, so that what is
// free fills in that lab time.
func leakRate(used, total float64, in time.Duration) float64 {
	return (total - used) / total / max(in, time.Microsecond).Seconds()
}

// confirm lets the leak go on for a moment and looks how far it is.
func (l *leaking) confirm(ctx context.Context) (string, bool) {
	l.pause(ctx, l.limit.count)
	grown := time.Since(l.since)
	used, err := l.used(ctx)
	if err != nil {
		return err.Error(), false
	}
	l.facts["memory_mib"] = used
	evidence := fmt.Sprintf("%.1f of %.0f MiB in use, %.1f before", used, l.total, l.base)
	return evidence, used-l.base >= 0.8*l.expected(grown)
}

// expected is what has leaked in that lab time, in MiB.
func (l *leaking) expected(in time.Duration) float64 {
	return min(l.order.Share*l.total*in.Seconds(), l.total-l.base)
}

// guard is the system's out-of-memory killer.
func (l *leaking) guard(ctx context.Context) (killed string) {
	for ctx.Err() == nil && l.machine != nil && !dead(l.machine) {
		used, err := l.used(ctx)
		if err == nil && used >= l.total && l.kill(ctx) {
			return fmt.Sprintf("%.0f of %.0f MiB in use", used, l.total)
		}
		wait := time.NewTimer(untilFull(used, l.total, l.order.Share, l.limit))
		select {
		case <-wait.C:
		case <-l.machine.Done():
		case <-ctx.Done():
		}
		wait.Stop()
	}
	return ""
}

// kill says whether the process is dead by our hand. What is begun is finished, also
// when ctx ends: who is killed must be known as that, or nobody starts it again.
func (l *leaking) kill(ctx context.Context) bool {
	l.death.Store(int64(max(time.Since(l.since), 1)))
	err := l.control(context.WithoutCancel(ctx), func(ctx context.Context, m cloud.Machine) error { return m.Kill(ctx) })
	if err != nil && !dead(l.machine) {
		l.death.Store(0)
		return false
	}
	return true
}

func dead(m cloud.Machine) bool {
	select {
	case <-m.Done():
		return true
	default:
		return false
	}
}

// untilFull is how long the memory needs no look: until it is full at this rate, and
// not longer than the limit, since a machine may be slow or frozen.
func untilFull(used, total, share float64, limit limits) time.Duration {
	seconds := (total - used) / (share * total)
	if !(seconds < limit.guard.Seconds()) {
		return limit.guard
	}
	return max(time.Duration(seconds*float64(time.Second)), limit.poll)
}

// died says that the system has killed the process.
func (l *leaking) died() bool { return l.death.Load() > 0 }

// undo ends the leak, or starts the process again where it was killed. A process that
// ended otherwise took the leak with it.
func (l *leaking) undo(ctx context.Context) error {
	if l.died() {
		return l.corpse.undo(ctx)
	}
	if _, yes := l.replaced(); yes {
		return nil
	}
	return l.commanded.undo(ctx)
}

func (l *leaking) gone(ctx context.Context) (string, bool) {
	if l.died() {
		words := l.obituary()
		evidence, ok := l.corpse.gone(ctx)
		return words + "; " + evidence, ok
	}
	if words, yes := l.replaced(); yes {
		return words, true
	}
	var used float64
	ok := l.until(ctx, l.limit.effect, func() bool {
		now, err := l.used(ctx)
		used = now
		return err == nil && now <= l.base
	})
	return fmt.Sprintf("%.1f MiB in use, %.1f before the leak", used, l.base), ok
}

// ended says that the leak is over: the process that was killed runs again, or the
// leaking one ended otherwise.
func (l *leaking) ended() (words string, yes bool) {
	if !l.died() {
		return l.replaced()
	}
	if words, yes = l.corpse.ended(); yes {
		words = l.obituary() + "; " + words
	}
	return words, yes
}

// obituary writes down when the process was killed, and says it.
func (l *leaking) obituary() string {
	after := l.clock.AWS(time.Duration(l.death.Load())).Seconds()
	l.facts["killed_after_s"] = after
	return fmt.Sprintf("killed with its memory full after %.1f AWS s", after)
}
