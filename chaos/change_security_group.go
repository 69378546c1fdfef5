package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"showdown/targets/cloud"
)

// changeSecurityGroup takes an inbound rule from a security group, or adds one. New
// connections follow the rules at once, and open ones go on: they are tracked.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
func changeSecurityGroup() deed {
	return deed{
		needs:    string(cloud.Protect),
		evidence: "new connections from the sources meet what the rules say, an open one goes on",
		early:    true,
		check: func(v values) error {
			if v.names["revoke"] == "" && v.names["authorize"] == "" {
				return errors.New("change-security-group changes nothing: add with: {revoke: internet}, or authorize")
			}
			if v.names["revoke"] == v.names["authorize"] {
				return fmt.Errorf("change-security-group revokes and authorizes %s: name two sources, or one of the two", v.names["revoke"])
			}
			return nil
		},
		effect: func(t *target, v values) effect {
			return &ruled{target: t, group: v.names["group"], revoke: v.names["revoke"], authorize: v.names["authorize"]}
		},
	}
}

type ruled struct {
	*target
	group, revoke, authorize string
	routes                   []route
	before                   met
	open                     held
	// revoked and authorized say what was done of the two.
	revoked, authorized bool
}

func (r *ruled) ready(ctx context.Context) error {
	g, err := r.groups()
	if err != nil {
		return err
	}
	for _, source := range []string{r.revoke, r.authorize} {
		if source != "" {
			r.routes = append(r.routes, r.env.routes(g, source, r.group)...)
		}
	}
	if len(r.routes) == 0 {
		return fmt.Errorf("nobody is there to connect to %s from %s", r.group, strings.TrimSpace(r.revoke+" "+r.authorize))
	}
	r.before = r.tryAll(ctx, r.routes)
	if !r.before.every(r.asRuled(g)) {
		return errors.New("it was not as the rules say before: " + r.before.String())
	}
	if r.revoke != "" {
		r.open = r.holdOne(ctx, r.env.routes(g, r.revoke, r.group))
	}
	return nil
}

// asRuled says that what was met on a route is what the rules promise now.
func (r *ruled) asRuled(g Groups) func(route, string) bool {
	return func(way route, what string) bool {
		source := way.from
		if source == "" {
			source = way.source
		}
		return (what == cloud.Answered) == g.Allowed(source, way.to)
	}
}

func (r *ruled) inject(ctx context.Context) error {
	g, err := r.groups()
	if err != nil {
		return err
	}
	if r.revoke != "" {
		if err := g.Revoke(ctx, r.group, r.revoke); err != nil {
			return err
		}
		r.revoked = true
	}
	if r.authorize != "" {
		if err := g.Authorize(ctx, r.group, r.authorize); err != nil {
			return err
		}
		r.authorized = true
	}
	return nil
}

func (r *ruled) confirm(ctx context.Context) (string, bool) {
	defer r.open.close()
	g, err := r.groups()
	if err != nil {
		return err.Error(), false
	}
	now, ok := r.meet(ctx, r.routes, r.limit.effect, r.asRuled(g))
	r.facts["met_before"], r.facts["met"] = r.before.String(), now.String()
	evidence := fmt.Sprintf("%s; before: %s", now, r.before)
	if r.open.connection != nil {
		s := r.open.connection.ask(healthPath, r.limit.answer)
		r.facts["established_goes_on"] = s.Saw == Answered
		evidence, ok = fmt.Sprintf("%s; open connection: %s", evidence, s), ok && s.Saw == Answered
	}
	r.matrix(ctx)
	return evidence, ok
}

func (r *ruled) left() remains {
	if r.revoked || r.authorized {
		return leavesFault
	}
	return leavesNothing
}

func (r *ruled) undo(ctx context.Context) error {
	g, err := r.groups()
	if err != nil {
		return err
	}
	if r.authorized {
		if err := g.Revoke(ctx, r.group, r.authorize); err != nil {
			return err
		}
		r.authorized = false
	}
	if r.revoked {
		if err := g.Authorize(ctx, r.group, r.revoke); err != nil {
			return err
		}
		r.revoked = false
	}
	return nil
}

func (r *ruled) gone(ctx context.Context) (string, bool) {
	words, ok := r.back(ctx, r.routes, func(way route, what string) bool { return what == r.before[way] })
	r.matrix(ctx)
	return words, ok
}
