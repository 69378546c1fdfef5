package attack

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"showdown"
)

// RunningConfig is what an attack on a running system is made of.
type RunningConfig struct {
	// Cell names the attack in errors.
	Cell string
	// Targets are what clients ask. Traffic says who they are; cohorts know targets by
	// name.
	Targets []showdown.Target
	Traffic showdown.Traffic
	Clock   showdown.Clock
	// Seed decides the order of the clients' turns.
	Seed uint64
	// Public allows hosts that are neither loopback nor private. Without it, Run fails
	// with [ErrPublic] when a name resolves to such an address.
	Public bool
	// Resolver resolves names; nil is one with Go's defaults. TLS is for https; nil is
	// Go's defaults.
	Resolver *net.Resolver
	TLS      *tls.Config
	// Dir, Env, Sink, OnPhase and MaxInFlight are those of a [Config].
	Dir         string
	Env         func(string) (string, bool)
	Sink        func([]showdown.Hit)
	OnPhase     func(showdown.Segment)
	MaxInFlight int
}

// NewRunning makes an attack on the targets of a running system. Each client asks the
// targets that it knows in rotation, each client beginning with another one; clients of
// the profiles pinned and jvm keep to one. A target's name is the backend of its hits
// where no answer names an instance. It fails when a URL or the traffic cannot be played.
func NewRunning(c RunningConfig) (*Attack, error) {
	fail := func(err error) (*Attack, error) { return nil, fmt.Errorf("attack %s: %w", c.Cell, err) }
	if c.Sink == nil {
		return fail(errors.New("no sink"))
	}
	var known []Endpoint
	for _, t := range c.Targets {
		known = append(known, Endpoint{Name: t.Name})
	}
	cohorts, err := cohortsOf(c.Traffic, known, c.Clock)
	if err != nil {
		return fail(err)
	}
	segments := c.Traffic.Segments(c.Clock)
	if err := checkSegments(segments); err != nil {
		return fail(err)
	}
	timeout, floored := c.Clock.Timeout(c.Traffic.Timeout, showdown.FloorClient)
	a := &Attack{
		name: c.Cell, timeout: timeout, floored: floored, sink: c.Sink, onPhase: c.OnPhase,
		lines: newLines(nil), look: &resolver{Resolver: c.Resolver, public: c.Public},
	}
	if a.look.Resolver == nil {
		a.look.Resolver = new(net.Resolver)
	}
	scene, err := newScene(c.Traffic, c.Clock, c.Dir, c.Env, c.Seed)
	if err != nil {
		return fail(err)
	}
	a.speak(scene)
	secure := c.TLS
	if scene.secure != nil {
		secure = scene.secure
	}
	for _, t := range c.Targets {
		if !c.Traffic.Plain() {
			if err := a.stageAt(scene, t, secure); err != nil {
				return fail(fmt.Errorf("%s: %w", t.URL, err))
			}
			continue
		}
		request := vegeta.Target{Method: orDefault(c.Traffic.Method, http.MethodGet), URL: t.Request(c.Traffic.Path)}
		if err := a.addNamed(request, t.Name, secure, scene.http); err != nil {
			return fail(fmt.Errorf("%s %s: %w", request.Method, request.URL, err))
		}
	}
	for i := range cohorts {
		if cohorts[i].hostname != "" {
			return fail(fmt.Errorf("clients of a running system ask its targets and do not resolve %q themselves", cohorts[i].hostname))
		}
		a.spread = append(a.spread, chosen(c.Targets, cohorts[i].knows))
	}
	a.cohorts = cohorts
	a.init(segments, c.Seed, c.MaxInFlight)
	return a, nil
}

// addNamed adds a target as a site of its own, also where another one has its host and
// port.
func (a *Attack) addNamed(t vegeta.Target, name string, config *tls.Config, version showdown.HTTPVersion) error {
	sites := a.sites
	a.sites = nil
	if err := a.addTarget(t, config, version); err != nil {
		return err
	}
	a.sites[0].name = name
	a.targets[len(a.targets)-1].site = len(sites)
	a.sites = append(sites, a.sites...)
	return nil
}

// stageAt makes a target of each step of the scene, on a site of the running system's
// target. As [showdown.Traffic.Path] does, the paths of the steps stand for that of its URL.
func (a *Attack) stageAt(s *scene, t showdown.Target, config *tls.Config) error {
	u, err := parseURL(t.URL)
	if err != nil {
		return err
	}
	sites := a.sites
	a.sites = nil
	a.site(u, config, s.http)
	a.sites[0].name = t.Name
	a.sites = append(sites, a.sites...)
	return a.stage(s, len(sites), "", headerFor(u, nil))
}

// chosen are the places of the targets that a cohort knows, all where it names none.
func chosen(targets []showdown.Target, knows []string) []int {
	var out []int
	for i, t := range targets {
		if len(knows) == 0 || slices.Contains(knows, t.Name) {
			out = append(out, i)
		}
	}
	return out
}

// which is the place of the target that a request of the client asks.
func (a *Attack) which(s *slot, c *client) int {
	if a.spread == nil {
		return int(s.seq % uint64(len(a.targets)))
	}
	known := a.spread[c.cohort]
	at := c.rank
	if c.profile != showdown.Pinned && c.profile != showdown.JVM {
		at += int(c.round.Add(1) - 1)
	}
	return known[at%len(known)]
}
