package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// Groups is what an experiment needs of a lab's security groups. A [Lab] that has some
// has these methods too. A side of a cut is a group or [showdown.FromInternet]; a source
// is one of these or a CIDR block. A refusal of EC2's is a [Refusal].
type Groups interface {
	Cut(ctx context.Context, a, b string) error
	Uncut(ctx context.Context, a, b string) error
	Authorize(ctx context.Context, group, source string) error
	Revoke(ctx context.Context, group, source string) error
	// Members are the instances in a group now, Allowed says whether the rules let all of
	// a source reach the application of an instance.
	Members(group string) []string
	Allowed(source, instance string) bool
	// Matrix finds out again who reaches whom, and says it as events.
	Matrix(ctx context.Context) error
}

// groups is the lab as [Groups].
func (e *env) groups() (Groups, error) {
	g, ok := e.lab.(Groups)
	if !ok {
		return nil, errors.New("this lab has no security groups")
	}
	return g, nil
}

// route is a way that a connection can take between two sides.
type route struct {
	// from is an instance or a node whose machine connects, or empty where a probe does as
	// the clients would; to is an instance.
	from, to string
	source   string // as the rules call it
}

// routes are the ways from a source to the members of a group, as far as somebody is
// there who can try them.
func (e *env) routes(g Groups, source, group string) []route {
	var out []route
	outside := source == showdown.FromInternet
	if _, err := netip.ParsePrefix(source); err == nil {
		outside = true // there is nobody but the clients to stand for addresses
	}
	for _, to := range g.Members(group) {
		if !e.running(to) {
			continue
		}
		if outside {
			if in, _ := e.instance(to); in.Public != "" || in.Instance.Private {
				out = append(out, route{to: to, source: showdown.FromInternet})
			}
			continue
		}
		for _, from := range g.Members(source) {
			if from != to && e.running(from) {
				out = append(out, route{from: from, to: to, source: source})
				break
			}
		}
	}
	return out
}

// outside is where the clients would try to reach an instance, be they let in or not.
func outside(in Instance) string {
	if in.Public == "" && in.Instance.Private {
		return address(in.Private, appPort)
	}
	return address(in.Public, appPort)
}

// running says that a machine runs behind an instance.
func (e *env) running(name string) bool {
	_, ok := e.lab.Machine(name)
	return ok
}

// standing are the routes whose ends are still there: nobody can try the others.
func (e *env) standing(routes []route) []route {
	var out []route
	for _, r := range routes {
		_, from := e.machineOf(r.from)
		if (r.from == "" || from) && e.running(r.to) {
			out = append(out, r)
		}
	}
	return out
}

// back waits until the routes whose ends are still there are met as wanted.
func (e *env) back(ctx context.Context, routes []route, want func(route, string) bool) (words string, ok bool) {
	left := e.standing(routes)
	if len(left) == 0 {
		return "nobody is left of those who connected", true
	}
	now, ok := e.meet(ctx, left, e.limit.effect, func(r route, what string) bool {
		// One of them may go while it is waited for.
		return want(r, what) || len(e.standing([]route{r})) == 0
	})
	return now.String(), ok
}

// try makes one connection and says what it met: one of cloud's words.
func (e *env) try(ctx context.Context, r route) string {
	to, _ := e.instance(r.to)
	// A look that is cut short meets nothing: it ends itself in time.
	connect, answer := e.limit.connect, e.limit.answer
	if end, bounded := ctx.Deadline(); bounded {
		left := time.Until(end) * 3 / 4
		connect, answer = min(connect, left), min(answer, left)
	}
	if r.from == "" {
		switch s := e.probe.look(ctx, outside(to), healthPath, patience{connect, answer}); s.Saw {
		case Answered:
			return cloud.Answered
		case Refused, Reset:
			return cloud.Refused
		}
		return cloud.Silent
	}
	m, ok := e.machineOf(r.from)
	if !ok {
		return cloud.Unreachable
	}
	ctx, cancel := context.WithTimeout(ctx, answer+e.limit.command)
	defer cancel()
	c, err := m.Do(ctx, cloud.Command{Verb: cloud.Connect, Address: address(to.Private, appPort), Delay: answer})
	if err != nil {
		return err.Error()
	}
	return c.Met
}

// met is what was met on each of several routes.
type met map[route]string

// tryAll tries routes side by side.
func (e *env) tryAll(ctx context.Context, routes []route) met {
	found := make([]string, len(routes))
	var all sync.WaitGroup
	for i, r := range routes {
		all.Go(func() { found[i] = e.try(ctx, r) })
	}
	all.Wait()
	out := met{}
	for i, r := range routes {
		out[r] = found[i]
	}
	return out
}

// String is what was met in words: "internet to web-1 silent".
func (m met) String() string {
	var parts []string
	for r, what := range m {
		from := r.from
		if from == "" {
			from = r.source
		}
		parts = append(parts, fmt.Sprintf("%s to %s %s", from, r.to, what))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// every says that all was met as wanted, and that there was something.
func (m met) every(want func(route, string) bool) bool {
	for r, what := range m {
		if !want(r, what) {
			return false
		}
	}
	return len(m) > 0
}

// meet tries routes until all is met as wanted, at most limit of lab time.
func (e *env) meet(ctx context.Context, routes []route, limit time.Duration, want func(route, string) bool) (met, bool) {
	var now met
	ok := e.until(ctx, limit, func() bool {
		now = e.tryAll(ctx, routes)
		return now.every(want)
	})
	return now, ok
}

// holdOne opens a connection on the first route that a probe can take, to see later
// what becomes of open connections.
func (e *env) holdOne(ctx context.Context, routes []route) held {
	for _, r := range routes {
		if r.from == "" {
			to, _ := e.instance(r.to)
			c, s := e.probe.open(ctx, outside(to), patience{e.limit.connect, e.limit.answer})
			return held{connection: c, why: s.String()}
		}
	}
	return held{why: "none of these routes is a client's"}
}
