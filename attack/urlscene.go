package attack

import (
	"errors"
	"math"
	"net/http"
	"strings"
	"time"

	"showdown"
	"showdown/attack/scenario"
)

// traffic is the attack in the form of a cell's traffic, as far as a scenario needs it.
func (c URLConfig) traffic() showdown.Traffic {
	t := showdown.Traffic{Clients: c.Clients}
	if c.Scenario != nil {
		t.Scenario = *c.Scenario
	}
	if c.Rate > 0 && c.Duration > 0 {
		t.Phases = []showdown.Phase{{Name: "attack", For: showdown.Duration(c.Duration), Rate: c.Rate}}
	}
	return t
}

// scene compiles the scenario of the configuration.
func (c URLConfig) scene() (*scene, error) {
	clock, err := showdown.NewClock(1)
	if err != nil {
		return nil, err
	}
	t := c.traffic()
	s, err := newScene(t, clock, c.Dir, c.Env, c.Seed)
	if err != nil {
		return nil, err
	}
	switch {
	case t.Plain():
		return s, nil
	case c.URL == "":
		return nil, errors.New("a scenario needs the URL that its paths are appended to, and no targets")
	case c.Method != "" && c.Method != http.MethodGet || len(c.Body) > 0:
		return nil, errors.New("the requests of a scenario have methods and bodies of their own")
	case c.Rate == 0 && t.MeanThink() > 0:
		return nil, errors.New("as fast as possible leaves no time to think: give a rate, or a script without think times")
	}
	return s, nil
}

// scriptAnswer is the time of an answer that clients are counted for where their number is
// not given.
const scriptAnswer = time.Second

// maxScriptClients bounds the number of clients where it is not given.
const maxScriptClients = 100_000

// scriptClients is how many clients a script gets where their number is not given: those
// that keep the schedule while answers take up to a second.
func (c URLConfig) scriptClients() int {
	think := time.Duration(c.Scenario.MeanThink())
	return min(scenario.Clients(c.Rate, think, scriptAnswer), maxScriptClients, math.MaxInt32)
}

// addScene makes a target of each request of the scenario, at the URL.
func (a *Attack) addScene(s *scene, c URLConfig) error {
	u, err := parseURL(c.URL)
	if err != nil {
		return err
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return errors.New("the URL before the paths of a scenario has no query: write it into the paths")
	}
	prefix := strings.TrimSuffix(u.EscapedPath(), "/")
	return a.stage(s, a.site(u, c.TLS, s.http), prefix, headerFor(u, c.Header))
}
