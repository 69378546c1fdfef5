package ec2

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"showdown/targets/cloud"
)

// fakeNetwork notes who came and went.
type fakeNetwork struct {
	mu    sync.Mutex
	calls []string
	in    *cloud.Inbound
	fail  error
}

func (n *fakeNetwork) note(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls = append(n.calls, fmt.Sprintf(format, args...))
}

func (n *fakeNetwork) Attach(_ context.Context, in Interface) (*cloud.Inbound, error) {
	n.note("attach %s %v %t %t", in.Name, in.Groups, in.Private != "", in.Public != "")
	return n.in, n.fail
}

func (n *fakeNetwork) Attached(_ context.Context, name string) { n.note("attached %s", name) }

func (n *fakeNetwork) Detach(_ context.Context, name, private string) {
	n.note("detach %s %t", name, private != "")
}

// TestNetworkFollowsTheMachine: an instance is in its groups before its machine runs,
// through stops, and until it is terminated.
func TestNetworkFollowsTheMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		network := &fakeNetwork{in: &cloud.Inbound{Allow: []cloud.Allowed{{From: netip.MustParsePrefix("127.16.0.0/16"), Port: cloud.Port}}}}
		s.region.cfg.Network = network
		place(t, s, Launch{Name: "web-1", Type: "t2.micro", SecurityGroups: []string{"web"}})
		if d := cmp.Diff(network.in.Allow, s.backend.configs("web-1")[0].Inbound.Allow, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" {
			t.Errorf("the machine's configuration (-want +got):\n%s", d)
		}
		for _, operation := range []func() error{
			func() error { return s.region.StopInstances(s.ctx, "web-1") },
			func() error { until(t, s, "web-1", Stopped); return s.region.StartInstances(s.ctx, "web-1") },
			func() error { return s.region.WaitListening(s.ctx, "web-1") },
			func() error { return s.region.TerminateInstances(s.ctx, "web-1") },
		} {
			if err := operation(); err != nil {
				t.Fatal(err)
			}
		}
		until(t, s, "web-1", Terminated)
		synctest.Wait() // the end is told behind the state
		want := []string{
			"attach web-1 [web] true true", "attached web-1",
			"attach web-1 [web] true true", "attached web-1",
			"detach web-1 true",
		}
		if d := cmp.Diff(want, network.calls); d != "" {
			t.Errorf("calls (-want +got):\n%s", d)
		}
	})
}

func TestARefusedInterfaceStartsNoMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		refused := errors.New("too many groups")
		s.region.cfg.Network = &fakeNetwork{fail: refused}
		if _, err := s.region.Place(s.ctx, Launch{Name: "web-1", Type: "t2.micro"}); !errors.Is(err, refused) {
			t.Errorf("place: %v", err)
		}
		if n := len(s.backend.configs("web-1")); n != 0 {
			t.Errorf("%d machines were started", n)
		}
	})
}
