package attack

import (
	"crypto/tls"
	"errors"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"showdown"
	"showdown/attack/scenario"
)

// scene is what clients ask for by a scenario, and how they speak to servers.
type scene struct {
	plan *scenario.Plan
	// think is how long a client is not free after each step, in lab time.
	think  []time.Duration
	secure *tls.Config
	http   showdown.HTTPVersion
	// single says that a connection carries one request.
	single bool
	seed   uint64
	// begun counts sessions, and sessions are the free ones of each cohort.
	begun    atomic.Uint64
	sessions []freeSessions
}

// newScene compiles the scenario of the traffic. An error names everything that is wrong.
func newScene(t showdown.Traffic, clock showdown.Clock, dir string, env func(string) (string, bool), seed uint64) (*scene, error) {
	if env == nil {
		env = os.LookupEnv
	}
	plan, found := scenario.Compile(t.Scenario, scenario.Options{Dir: dir, Env: env})
	if err := scenario.Join(found); err != nil {
		return nil, err
	}
	if err := scenario.Join(scenario.Fit(t, clock)); err != nil {
		return nil, err
	}
	s := &scene{plan: plan, seed: seed, http: t.HTTP, single: t.KeepAlive != nil && !*t.KeepAlive}
	for i := range plan.Steps {
		s.think = append(s.think, clock.Lab(plan.Steps[i].Think))
	}
	if t.TLS != nil {
		// What is wrong with it was found above.
		s.secure, found = scenario.TLSConfig(*t.TLS, dir)
		if err := scenario.Join(found); err != nil {
			return nil, err
		}
		s.secure.NextProtos = protocols(t.HTTP)
	}
	return s, nil
}

// CheckScenario says what would keep [New] from playing the traffic's scenario: a value of
// the environment that is not set, a file that is not there. dir and env are those of
// [Config].
func CheckScenario(t showdown.Traffic, clock showdown.Clock, dir string, env func(string) (string, bool)) error {
	_, err := newScene(t, clock, dir, env, 0)
	return err
}

// protocols is what a client offers in the TLS handshake.
func protocols(v showdown.HTTPVersion) []string {
	if v == showdown.HTTP2 {
		return []string{"h2"}
	}
	return []string{"http/1.1"}
}

// play takes the scene of a lab in.
func (a *Attack) play(s *scene, t showdown.Traffic) error {
	a.speak(s)
	if t.Plain() {
		tgt, err := newTarget(orDefault(t.Method, http.MethodGet), orDefault(t.Path, "/"), nil, nil)
		a.targets = []target{tgt}
		return err
	}
	// The check is that of the lab's application, which answers other paths otherwise: a
	// scenario has checks of its own.
	a.check = nil
	return a.stage(s, 0, "", nil)
}

// speak takes in how clients speak to servers.
func (a *Attack) speak(s *scene) {
	if s.single {
		for i := range a.cohorts {
			a.cohorts[i].ageing.requests = 1
		}
	}
	if s.http == showdown.HTTP2 {
		a.streams = newStreams(a.lines)
	}
}

// stage makes a target of each step of the scene, on that site, with a prefix for its
// paths and header fields that steps do not have.
func (a *Attack) stage(s *scene, site int, prefix string, more http.Header) error {
	a.scene = s
	for i := range s.plan.Steps {
		tgt, err := stepTarget(&s.plan.Steps[i], prefix, more)
		if err != nil {
			return err
		}
		tgt.site = site
		a.targets = append(a.targets, tgt)
	}
	return nil
}

// stepTarget is the target of a step: whole where it is the same every time, else all of
// it but what the step fills in.
func stepTarget(step *scenario.Step, prefix string, more http.Header) (target, error) {
	header := more.Clone()
	if header == nil {
		header = http.Header{}
	}
	fixed := step.Fixed()
	for _, f := range step.Header {
		text, ok := f.Value.Static()
		// What a step has of its own counts.
		header.Del(f.Name)
		if ok {
			header.Set(f.Name, text)
		}
	}
	path, body := "/", ""
	if fixed {
		path, _ = step.Path.Static()
		path = prefix + path
		body, _ = step.Body.Static()
	}
	t, err := newTarget(step.Method, path, header, []byte(body))
	if err != nil {
		// The reason may quote what came from the environment.
		return t, errors.New("request " + step.Name + " cannot be written as HTTP: look at its header and path")
	}
	t.step, t.needsBody, t.needsHeader = step, step.NeedsBody(), step.NeedsHeader()
	if !fixed {
		t.fixed, t.path, t.header = false, prefix, linesOf(t.fields, step)
	}
	return t, nil
}

// begin makes the sessions of a script: one of each client, all free at once, in the order
// of their turns.
func (s *scene) begin(order []*client, cohorts int) {
	if !s.plan.Script {
		return
	}
	s.sessions = make([]freeSessions, cohorts)
	for i, c := range order {
		s.sessions[c.cohort].give(&session{client: c, place: i, values: make([]scenario.Value, s.plan.Slots())}, time.Time{})
	}
}

// reasonNoClient is the reason of a request that no client could send.
const reasonNoClient = "no client was free"

// perform sends the request of the slot: one by its weight, by the client whose turn it
// is, or the next step of a client that is free.
func (a *Attack) perform(s *slot) {
	sc := a.scene
	if !sc.plan.Script {
		c := a.turn(s)
		a.sendStep(s, c, sc.plan.Pick(s.seq, sc.seed), sc.plan.Row(s.seq, sc.seed))
		if a.workers > 0 {
			a.free.put(c)
		}
		return
	}
	turn := a.order[s.seq%uint64(len(a.order))]
	free := &sc.sessions[turn.cohort]
	ses := free.take(time.Now)
	if ses == nil {
		a.unsent(s, turn, showdown.Dropped, reasonNoClient)
		return
	}
	at := ses.step
	if at == 0 {
		sc.plan.Begin(ses.values, sc.plan.Row(sc.begun.Add(1)-1, sc.seed))
	}
	a.sendStep(s, ses.client, at, ses.values)
	ses.step = (at + 1) % len(sc.plan.Steps)
	free.give(ses, time.Now().Add(sc.think[at]))
}

// sendStep lets the client send a step, if the values for it are there.
func (a *Attack) sendStep(s *slot, c *client, at int, values []scenario.Value) {
	if a.spread != nil { // a running system has the steps once for each of its targets
		at += a.which(s, c) * len(a.scene.plan.Steps)
	}
	step := a.targets[at].step
	s.endpoint = step.Name
	if reason := step.Unready(values); reason != "" {
		a.unsent(s, c, showdown.Wrong, reason)
	} else {
		a.askFor(s, c, at, values)
	}
	if s.status == 0 {
		// No answer came: an old value must not stand for the one that it would have had.
		step.Forget(values)
	}
}

// unsent notes a request that is not sent.
func (a *Attack) unsent(s *slot, c *client, o showdown.Outcome, reason string) {
	s.client, s.outcome, s.reason, s.status = c.number, o, reason, 0
	s.bytesIn, s.bytesOut, s.reused = 0, 0, false
	s.backend, s.address, s.age = showdown.NoBackend, "", 0
}

// judge extracts a step's values from an answer, and notes in the slot where it is not
// right. An answer that failed already keeps its outcome.
func judge(s *slot, step *scenario.Step, answer scenario.Answer, values []scenario.Value) {
	if reason := step.Judge(answer, values); reason != "" && s.outcome == showdown.OK {
		s.outcome, s.reason = showdown.Wrong, reason
	}
}
