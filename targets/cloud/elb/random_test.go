package elb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

// TestRandomOperations: whatever happens at once, every node that lives ends up with the
// register as it is, the name always has an answer, and nothing stays behind.
func TestRandomOperations(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, func(showdown.Event) {})
			ctx := t.Context()
			for i := range 4 {
				s.world.add(fmt.Sprintf("web-%d", i+3), []string{"us-east-1a", "us-east-1b", "us-east-1c"}[i%3])
			}
			var wg sync.WaitGroup
			for worker := range uint64(3) {
				rng := rand.New(rand.NewPCG(seed, worker))
				wg.Go(func() {
					for range 40 {
						<-time.After(time.Duration(rng.Int64N(int64(2 * time.Second))))
						s.disturb(ctx, rng)
						if len(s.b.Addresses()) == 0 {
							t.Error("nobody answers")
						}
					}
				})
			}
			wg.Wait()
			for _, n := range s.b.Nodes() {
				if !n.Alive {
					if err := s.b.RestartNode(ctx, n.Name); err != nil {
						t.Error(err)
					}
				}
			}
			s.after(10 * showdown.Minute)
			s.b.mu.Lock()
			defer s.b.mu.Unlock()
			for _, n := range s.b.nodes {
				want, got := s.b.plan(n), s.world.node(n.name).config()
				if fmt.Sprint(want.Groups) != fmt.Sprint(got.Groups) {
					t.Errorf("seed %d: %s has\n%v, want\n%v", seed, n.name, got.Groups, want.Groups)
				}
				if n.seen.dead || n.told != s.b.version {
					t.Errorf("seed %d: %s is dead or was told version %d of %d", seed, n.name, n.told, s.b.version)
				}
			}
			for _, x := range s.b.groups[0].targets {
				if x.leaving != nil || x.unused == "" && x.beliefs["web-1a"].state != Healthy {
					t.Errorf("seed %d: %s is %+v", seed, x.name, x)
				}
			}
		})
	}
}

// disturb does one thing at random.
func (s *stage) disturb(ctx context.Context, rng *rand.Rand) {
	in := fmt.Sprintf("web-%d", 1+rng.IntN(6))
	node := []string{"web-1a", "web-1b"}[rng.IntN(2)]
	// Refusals and what comes too late are part of it.
	switch rng.IntN(9) {
	case 0:
		_ = s.b.Register(ctx, "web", in)
	case 1:
		_ = s.b.Deregister(ctx, "web", in)
	case 2:
		s.world.change(in, func(i *fakeInstance) { i.Running = false })
		s.b.InstanceChanged(in)
		s.world.change(in, func(i *fakeInstance) { i.Running = true })
		s.b.InstanceChanged(in)
	case 3:
		_ = s.world.node(node).Kill(ctx)
	case 4:
		_ = s.b.RestartNode(ctx, node)
	case 5:
		n := s.world.node(node)
		_ = n.Pause(ctx)
		<-time.After(time.Duration(rng.Int64N(int64(time.Second))))
		_ = n.Resume(ctx)
	case 6:
		_ = s.b.StartZonalShift("us-east-1a", showdown.Minute)
	case 7:
		_, _ = s.b.SetCrossZone(ctx, "web", rng.IntN(2) == 0)
	case 8:
		s.b.Requests("web")
		s.b.Usage(time.Now())
		s.b.Health("web")
	}
}
