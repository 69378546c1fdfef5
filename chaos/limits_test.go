package chaos

import (
	"testing"

	"showdown"
)

// What a group launches later counts as well, though none of it may be there yet.
func TestLongestBootKnowsWhatGroupsLaunch(t *testing.T) {
	slow := showdown.Instance{AppBoot: showdown.Minute, UserData: 5 * showdown.Minute}
	for name, c := range map[string]struct {
		topology showdown.Topology
		want     showdown.Duration
	}{
		"none":        {showdown.Topology{}, 0},
		"an instance": {showdown.Topology{Instances: []showdown.Instance{{AppBoot: showdown.Second}, slow}}, 6 * showdown.Minute},
		"a group": {showdown.Topology{
			Instances:         []showdown.Instance{{AppBoot: showdown.Second}},
			AutoScalingGroups: []showdown.AutoScalingGroup{{Name: "web", Template: slow, Max: 3}},
		}, 6 * showdown.Minute},
	} {
		if got := longestBoot(c.topology); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
