package chaos

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"showdown"
)

// wrongHealthCheck lets a target group's health check ask for what no target has, as a
// slip of the keyboard does: good targets are taken for bad.
func wrongHealthCheck() deed {
	return deed{
		evidence: "a target that was healthy turns unhealthy although it gives users good answers",
		made:     "the nodes are told another path or other statuses while they serve, and ask so from their next check on",
		bounds:   map[string]string{"path": "a path that begins with /", "matcher": "statuses: 200, 200,302 or 200-299"},
		check: func(v values) error {
			path, matcher := v.names["path"], v.names["matcher"]
			if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \t\r\n") {
				return fmt.Errorf("path of wrong-health-check is %q: write a path that begins with / and has no spaces", path)
			}
			if matcher != "" && !matchers.MatchString(matcher) {
				return fmt.Errorf("matcher of wrong-health-check is %q: write statuses like 200, 200,302 or 200-299", matcher)
			}
			return nil
		},
		fits: func(c showdown.Cell, _ showdown.Step, v values) error {
			name := v.names["target_group"]
			if err := needTargetGroup(c, name); err != nil {
				return err
			}
			if g, _ := targetGroupOf(c.Topology, name); v.names["matcher"] == "" && g.HealthCheck.Path == v.names["path"] {
				return fmt.Errorf("the health check of %s asks for %s already: name a path that it does not ask for", name, v.names["path"])
			}
			return nil
		},
		effect: func(t *target, v values) effect {
			w := &misled{target: t, group: v.names["target_group"], path: v.names["path"], matcher: v.names["matcher"]}
			if w.matcher != "" && v.names["path"] == wrongPath {
				w.path = "" // the statuses alone are wrong
			}
			return w
		},
	}
}

// wrongPath is a path that no application has.
const wrongPath = "/nonexistent"

var matchers = regexp.MustCompile(`^[1-5]\d\d(-[1-5]\d\d)?(,[1-5]\d\d(-[1-5]\d\d)?)*$`)

type misled struct {
	*target
	group, path, matcher string
	// healthy are the targets that were so before and answered users.
	healthy []string
	// felt is the target that was seen to turn.
	felt    string
	restore func(context.Context) error
}

func (m *misled) ready(ctx context.Context) error {
	b, err := m.balancers()
	if err != nil {
		return err
	}
	m.healthy = nil
	for _, in := range m.instances() {
		if b.TargetHealth(m.group, in.Name) == targetHealthy && m.serves(ctx, in.Name).Good() {
			m.healthy = append(m.healthy, in.Name)
		}
	}
	m.facts["path_before"], m.facts["healthy_before"] = b.HealthCheckPath(m.group), len(m.healthy)
	if len(m.healthy) == 0 {
		return fmt.Errorf("no target of %s was healthy and answered users before", m.group)
	}
	return nil
}

// serves asks a target as its users do.
func (m *misled) serves(ctx context.Context, name string) Sight {
	return m.lookAt(ctx, name, m.env.path(), patience{m.limit.connect, m.limit.request})
}

func (m *misled) inject(ctx context.Context) error {
	b, err := m.balancers()
	if err != nil {
		return err
	}
	m.restore, err = b.SetHealthCheck(ctx, m.group, m.path, m.matcher)
	return err
}

func (m *misled) confirm(ctx context.Context) (string, bool) {
	b, err := m.balancers()
	if err != nil {
		return err.Error(), false
	}
	var answer Sight
	ok := m.until(ctx, m.decides(m.group), func() bool {
		for _, name := range m.healthy {
			if b.TargetHealth(m.group, name) != targetUnhealthy {
				continue
			}
			if answer = m.serves(ctx, name); answer.Good() {
				m.felt = name
				return true
			}
		}
		return false
	})
	m.facts["path"] = b.HealthCheckPath(m.group)
	if !ok {
		return fmt.Sprintf("no target of %s that answers users is unhealthy", m.group), false
	}
	m.facts["unhealthy"] = m.felt
	return fmt.Sprintf("DescribeTargetHealth says unhealthy of %s, which users are %s", m.felt, answer), true
}

func (m *misled) left() remains {
	if m.restore != nil {
		return leavesFault
	}
	return leavesNothing
}

func (m *misled) undo(ctx context.Context) error { return m.restore(ctx) }

// gone waits until the target is healthy again, or another one of the group where an Auto
// Scaling group has terminated it meanwhile or its process has ended.
func (m *misled) gone(ctx context.Context) (string, bool) {
	b, err := m.balancers()
	if err != nil {
		return err.Error(), false
	}
	var fine string
	ok := m.until(ctx, m.decides(m.group), func() bool {
		in, there := m.instance(m.felt)
		for _, other := range m.instances() {
			if other.Name != m.felt && m.felt != "" && there && !ending(in) && m.running(m.felt) {
				continue
			}
			if fine = other.Name; b.TargetHealth(m.group, fine) == targetHealthy {
				return true
			}
		}
		return false
	})
	if !ok {
		return "no target that was taken for bad is healthy again", false
	}
	return fmt.Sprintf("the health check asks for %s, DescribeTargetHealth says healthy of %s", b.HealthCheckPath(m.group), fine), true
}
