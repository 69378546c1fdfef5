package journeys

import "testing"

func TestLoadRefusesBadPolicies(t *testing.T) {
	refuses(t, map[string]struct{ old, with, want string }{
		"no name":                     {"{name: track, type", "{type", `mine.yaml:44:15: the policy's name is missing: add "name:" here`},
		"a name twice":                {"name: stairs", "name: track", `mine.yaml:45:22: the policy's name "track" exists already: names are used once, choose another one`},
		"no type":                     {"name: track, type: target_tracking", "name: track", `mine.yaml:44:15: the policy's type is missing: add "type:" here`},
		"an unknown type":             {"type: target_tracking", "type: tracking", `mine.yaml:44:35: unknown type of a policy "tracking": write one of target_tracking, step, simple`},
		"an unknown metric":           {"metric: ASGAverageCPUUtilization", "metric: ASGAverageCPU", `mine.yaml:45:50: unknown metric "ASGAverageCPU": write one of ALBRequestCountPerTarget, ASGAverageCPUUtilization`},
		"requests of no target group": {"min: 1, max: 2}", "min: 1, max: 2, policies: [{name: p, type: target_tracking, target: 5}]}", "mine.yaml:52:80: ALBRequestCountPerTarget counts the requests of one target group, and the group is in 0: name one in target_groups, or write metric: ASGAverageCPUUtilization"},
		"no target":                   {"target: 1000, ", "", `mine.yaml:44:15: the target of a target_tracking policy is missing: add "target:" here`},
		"target of nothing":           {"target: 1000", "target: 0", "mine.yaml:44:60: target must be above 0 and at most 1000000: it is in requests a minute for each target"},
		"more than all of the CPU":    {"threshold: 70", "threshold: 101", "mine.yaml:45:87: threshold must be above 0 and at most 100: it is in percent"},
		"no threshold":                {"threshold: 70, ", "", `mine.yaml:45:15: the threshold of a step policy is missing: add "threshold:" here`},
		"a step's field in tracking":  {"target: 1000", "target: 1000, periods: 3", "mine.yaml:44:66: periods does not belong to a target_tracking policy: it has target, disable_scale_in, warmup"},
		"tracking's field in steps":   {"threshold: 70", "threshold: 70, target: 5", "mine.yaml:45:91: target does not belong to a step policy: it has threshold, steps, below, periods, warmup"},
		"a cooldown of steps":         {"threshold: 70", "threshold: 70, cooldown: 5m", "mine.yaml:45:91: cooldown does not belong to a step policy: it has threshold, steps, below, periods, warmup"},
		"a warm-up of simple scaling": {"cooldown: 2m", "warmup: 2m", "mine.yaml:46:99: warmup does not belong to a simple policy: it has threshold, adjustment, below, periods, cooldown"},
		"no steps":                    {"steps: [{adjustment: 1}, {from: 20, adjustment: 2}], ", "", `mine.yaml:45:15: the steps of a step policy is missing: add "steps:" here`},
		"an empty list of steps":      {"[{adjustment: 1}, {from: 20, adjustment: 2}]", "[]", "mine.yaml:45:98: steps is empty: write them like [{from: 0, adjustment: 1}, {from: 500, adjustment: 2}]"},
		"21 steps":                    {"[{adjustment: 1}, {from: 20, adjustment: 2}]", "[{from: 0, adjustment: 1}, {from: 1, adjustment: 1}, {from: 2, adjustment: 1}, {from: 3, adjustment: 1}, {from: 4, adjustment: 1}, {from: 5, adjustment: 1}, {from: 6, adjustment: 1}, {from: 7, adjustment: 1}, {from: 8, adjustment: 1}, {from: 9, adjustment: 1}, {from: 10, adjustment: 1}, {from: 11, adjustment: 1}, {from: 12, adjustment: 1}, {from: 13, adjustment: 1}, {from: 14, adjustment: 1}, {from: 15, adjustment: 1}, {from: 16, adjustment: 1}, {from: 17, adjustment: 1}, {from: 18, adjustment: 1}, {from: 19, adjustment: 1}, {from: 20, adjustment: 1}]", "mine.yaml:45:98: the policy has 21 steps: AWS takes at most 20"},
		"a step below 0":              {"[{adjustment: 1}", "[{from: -1, adjustment: 1}", "mine.yaml:45:106: from must not be below 0: it is how far past the threshold the step begins, also with below: true"},
		"steps in no order":           {"from: 20", "from: 0", "mine.yaml:45:123: from must be above that of the step before, 0: a step ends where the next one begins"},
		"no adjustment":               {"{from: 20, adjustment: 2}", "{from: 20}", `mine.yaml:45:116: the adjustment of the step is missing: add "adjustment:" here`},
		"an adjustment of nothing":    {"adjustment: -1", "adjustment: 0", "mine.yaml:46:95: adjustment must lie between -50 and 50 and not be 0: it is how many instances are added, or removed below 0"},
		"a large adjustment":          {"adjustment: -1", "adjustment: -51", "mine.yaml:46:95: adjustment must lie between -50 and 50 and not be 0: it is how many instances are added, or removed below 0"},
		"periods":                     {"periods: 5", "periods: 0", "mine.yaml:46:80: periods must lie between 1 and 1440: it is how many minutes in a row the metric is past the threshold"},
		"a long cooldown":             {"cooldown: 2m", "cooldown: 25h", "mine.yaml:46:109: cooldown is longer than 24h: is the unit right?"},
	})
}
