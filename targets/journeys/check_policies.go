package journeys

import (
	"slices"
	"strings"

	"showdown"
)

// Bounds of scaling policies. A group has at most 50 policies and a step policy 20
// steps (Amazon EC2 Auto Scaling User Guide, Quotas); the periods of an alarm take at
// most a day (Amazon CloudWatch User Guide, Evaluating an alarm).
const (
	maxPolicies     = 50
	maxPolicySteps  = 20
	maxPeriods      = 1440
	maxUtilization  = 100
	maxRequestCount = 1_000_000
)

// policyFields are the fields that a policy of each type must have, and those that it
// may have beside its name, type and metric.
func policyFields() map[showdown.PolicyType]struct{ needs, may []string } {
	return map[showdown.PolicyType]struct{ needs, may []string }{
		showdown.TargetTracking: {[]string{"target"}, []string{"disable_scale_in", "warmup"}},
		showdown.StepScaling:    {[]string{"threshold", "steps"}, []string{"below", "periods", "warmup"}},
		showdown.SimpleScaling:  {[]string{"threshold", "adjustment"}, []string{"below", "periods", "cooldown"}},
	}
}

// policies checks what moves a group's desired capacity.
func (c *checker) policies(g *showdown.AutoScalingGroup, path string) {
	if len(g.Policies) > maxPolicies {
		c.add(path, "the group has %d policies: AWS takes at most %d", len(g.Policies), maxPolicies)
	}
	taken := map[string]bool{}
	for i := range g.Policies {
		p, at := &g.Policies[i], element(path, i)
		c.name(at+".name", "the policy's name", p.Name, taken)
		c.metric(g, p, at)
		if p.Type == "" {
			c.missing(at+".type", "the policy's type")
			continue
		}
		fields, ok := policyFields()[p.Type]
		if !ok {
			c.oneOf(at+".type", "type of a policy", string(p.Type), []string{string(showdown.TargetTracking), string(showdown.StepScaling), string(showdown.SimpleScaling)})
			continue
		}
		all := append(slices.Clone(fields.needs), fields.may...)
		for _, name := range []string{"target", "disable_scale_in", "threshold", "below", "periods", "adjustment", "steps", "cooldown", "warmup"} {
			has := c.places.has(child(at, name))
			switch {
			case has && !slices.Contains(all, name):
				c.addKey(child(at, name), "%s does not belong to a %s policy: it has %s", name, p.Type, strings.Join(all, ", "))
			case !has && slices.Contains(fields.needs, name):
				c.missing(child(at, name), "the "+name+" of a "+string(p.Type)+" policy")
			}
		}
		c.policy(p, at)
	}
}

// metric checks what a policy looks at.
func (c *checker) metric(g *showdown.AutoScalingGroup, p *showdown.ScalingPolicy, path string) {
	at := path + ".metric"
	switch p.Metric {
	case showdown.AverageCPU:
	case showdown.RequestCountPerTarget:
		in := map[string]bool{}
		for _, name := range g.TargetGroups {
			in[name] = true
		}
		if len(in) != 1 {
			c.add(at, "%s counts the requests of one target group, and the group is in %d: name one in target_groups, or write metric: %s", p.Metric, len(in), showdown.AverageCPU)
		}
	default:
		c.oneOf(at, "metric", string(p.Metric), []string{string(showdown.RequestCountPerTarget), string(showdown.AverageCPU)})
	}
}

// policy checks the values of the fields that belong to a policy.
func (c *checker) policy(p *showdown.ScalingPolicy, path string) {
	c.wait(path+".cooldown", p.Cooldown)
	c.wait(path+".warmup", p.Warmup)
	most, unit := float64(maxRequestCount), "requests a minute for each target"
	if p.Metric == showdown.AverageCPU {
		most, unit = maxUtilization, "percent"
	}
	value := func(name string, v float64) {
		if c.places.has(child(path, name)) && !(v > 0 && v <= most) {
			c.add(child(path, name), "%s must be above 0 and at most %.0f: it is in %s", name, most, unit)
		}
	}
	value("target", p.Target)
	value("threshold", p.Threshold)
	if p.Type != showdown.TargetTracking && (p.Periods < 1 || p.Periods > maxPeriods) {
		c.add(path+".periods", "periods must lie between 1 and %d: it is how many minutes in a row the metric is past the threshold", maxPeriods)
	}
	if p.Type == showdown.SimpleScaling && c.places.has(path+".adjustment") {
		c.adjustment(path+".adjustment", p.Adjustment)
	}
	if p.Type == showdown.StepScaling {
		c.steps(p.Steps, path+".steps")
	}
}

// steps checks the steps of step scaling.
func (c *checker) steps(steps []showdown.ScalingStep, path string) {
	if c.places.has(path) && len(steps) == 0 {
		c.add(path, "steps is empty: write them like [{from: 0, adjustment: 1}, {from: 500, adjustment: 2}]")
	}
	if len(steps) > maxPolicySteps {
		c.add(path, "the policy has %d steps: AWS takes at most %d", len(steps), maxPolicySteps)
	}
	for i, s := range steps {
		at := element(path, i)
		switch {
		case i == 0 && s.From < 0:
			c.add(at+".from", "from must not be below 0: it is how far past the threshold the step begins, also with below: true")
		case i > 0 && s.From <= steps[i-1].From:
			c.add(at+".from", "from must be above that of the step before, %g: a step ends where the next one begins", steps[i-1].From)
		}
		if !c.places.has(at + ".adjustment") {
			c.missing(at+".adjustment", "the adjustment of the step")
			continue
		}
		c.adjustment(at+".adjustment", s.Adjustment)
	}
}

func (c *checker) adjustment(path string, n int) {
	if n == 0 || n < -maxSize || n > maxSize {
		c.add(path, "adjustment must lie between %d and %d and not be 0: it is how many instances are added, or removed below 0", -maxSize, maxSize)
	}
}
