package autoscaling

import (
	"testing"

	"showdown"
)

// TestDescribeRefresh: the latest refresh is the one that is asked for without an id, as
// DescribeInstanceRefreshes has it first.
func TestDescribeRefresh(t *testing.T) {
	t.Parallel()
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(Config{
		Clock: clock, Spec: showdown.AutoScalingGroup{Name: "fleet", Max: 4, Zones: []string{"us-east-1a"}},
		Fleet: struct{ Fleet }{}, Emit: func(showdown.Event) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := g.DescribeRefresh(""); ok {
		t.Errorf("before any: %+v", r)
	}
	for range 2 {
		g.core.startRefresh(DefaultRefresh())
		g.core.endRefresh(g.core.activeRefresh(), RefreshCancelled, "for a test")
	}
	g.core.startRefresh(DefaultRefresh())
	for id, want := range map[string]RefreshStatus{"": RefreshInProgress, "refresh-3": RefreshInProgress, "refresh-1": RefreshCancelled} {
		if r, ok := g.DescribeRefresh(id); !ok || r.Status != want {
			t.Errorf("%q: %+v, %t, want %s", id, r, ok, want)
		}
	}
	if r, _ := g.DescribeRefresh(""); r.ID != "refresh-3" {
		t.Errorf("the latest is %s", r.ID)
	}
	if _, ok := g.DescribeRefresh("refresh-4"); ok {
		t.Error("there is one that nobody started")
	}
}
