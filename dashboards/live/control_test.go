package live

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

// fakeLab is a lab that takes commands: its events run through the hub as a run's do, and
// while web-2 is killed and nobody has noticed, every third request fails.
type fakeLab struct {
	hub   *Hub
	stage *showdown.Stage
	clock showdown.Clock
	// hook is called in each command, before it does anything.
	hook func(command string)
	// busy keeps Buttons waiting until it is closed.
	busy chan struct{}

	mu      sync.Mutex
	zero    time.Time
	seq     int
	letters int
	active  string
	order   Order
	struck  time.Time
	undo    *time.Timer
	calls   map[string]int
	rates   float64
	starts  []Start
	err     error
}

func newFakeLab(h *Hub, speed float64) *fakeLab {
	clock, _ := showdown.NewClock(speed) // of ours
	l := &fakeLab{hub: h, stage: testStage(), clock: clock, calls: map[string]int{}}
	h.Journey([]StageRef{{"single", "One server"}, {"elb", "A load balancer before three servers"}, {"asg", "A group that launches"}})
	l.begin("elb")
	return l
}

// begin starts a stage whose lab is up at once.
func (l *fakeLab) begin(name string) {
	s := *testStage()
	s.Name = name
	l.mu.Lock()
	l.stage, l.zero, l.seq, l.active, l.letters = &s, time.Now(), 0, "", 0
	l.mu.Unlock()
	l.hub.Stage(&s, l.clock, []string{showdown.BaseCell})
	for _, e := range testEvents(l.zero, showdown.BaseCell) {
		if e.T <= 0 && e.Kind != showdown.FaultPlanned {
			l.hub.Event(e)
		}
	}
}

func (l *fakeLab) called(command string) error {
	l.mu.Lock()
	l.calls[command]++
	hook, err := l.hook, l.err
	l.mu.Unlock()
	if hook != nil {
		hook(command)
	}
	return err
}

func (l *fakeLab) count(command string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls[command]
}

func both(en, fr string) map[string]string { return map[string]string{english: en, french: fr} }

func (l *fakeLab) Buttons() []Button {
	l.mu.Lock()
	busy := l.busy
	l.mu.Unlock()
	if busy != nil {
		<-busy
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	kill := Button{
		Action: "kill", Target: "web-2", ForS: 240, Label: both("kill web-2", "tuer web-2"), Hits: []string{"web-2"},
		Blast:  both("hits web-2, 1 of 3 servers", "touche web-2, 1 serveur sur 3"),
		Expect: both("Every third request fails until the balancer notices.", "Une requête sur trois échoue jusqu’à ce que l’équilibreur le remarque."),
	}
	if l.stage.Name != "elb" {
		kill.Target, kill.Hits, kill.Label = "web-1", []string{"web-1"}, both("kill web-1", "tuer web-1")
		return []Button{kill}
	}
	return []Button{
		kill,
		{
			Action: "slow", Target: "web-1", ForS: 120, Label: both("slow web-1", "ralentir web-1"), Hits: []string{"web-1"},
			Blast: both("hits web-1, 1 of 3 servers", "touche web-1, 1 serveur sur 3"), With: map[string]any{"by": "2s"},
		},
		{
			Action: "fail-az", Target: "us-east-1a", Label: both("fail zone 1a", "panne de la zone 1a"), Hits: []string{"web-1", "web-3"},
			Blast: both("hits web-1 and web-3, 2 of 3 servers", "touche web-1 et web-3, 2 serveurs sur 3"),
		},
	}
}

// event tells the hub of something now. The lock is not held.
func (l *fakeLab) event(kind showdown.EventKind, target string, data map[string]any) {
	now := time.Now()
	l.mu.Lock()
	t := l.clock.AWS(now.Sub(l.zero)).Seconds()
	l.mu.Unlock()
	l.hub.Event(showdown.Event{T: t, At: now, Cell: showdown.BaseCell, Kind: kind, Source: "test", Target: target, Data: data})
}

func (l *fakeLab) Chaos(_ context.Context, o Order) (string, error) {
	if err := l.called("chaos"); err != nil {
		return "", err
	}
	var b Button
	for _, known := range l.Buttons() {
		if known.Action == o.Action && (o.Target == "" || o.Target == known.Target) {
			b = known
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case b.Action == "":
		return "", &Refusal{http.StatusBadRequest, fmt.Sprintf("no action %q on %q", o.Action, o.Target), "GET /api/v1/chaos lists what there is"}
	case l.active != "":
		return "", &Refusal{http.StatusConflict, "fault " + l.active + " is in place", "HEAL ALL first, or wait until it heals"}
	}
	if o.For < 0 {
		o.For = time.Duration(b.ForS * float64(time.Second))
	}
	letter := string(rune('A' + l.letters))
	l.letters++
	l.active, l.order, l.struck = letter, o, time.Now()
	data := map[string]any{"action": b.Action, "targets": b.Hits, "for_s": o.For.Seconds(), "planned_s": l.clock.AWS(time.Since(l.zero)).Seconds()}
	l.after(0, func() { l.event(showdown.FaultPlanned, letter, data); l.event(showdown.FaultInjecting, letter, data) })
	l.after(100*time.Millisecond, func() { l.event(showdown.FaultInjected, letter, data) })
	l.after(200*time.Millisecond, func() {
		l.event(showdown.FaultConfirmed, letter, map[string]any{"action": b.Action, "targets": b.Hits, "evidence": "connection refused"})
	})
	if b.Action == "kill" {
		l.after(l.clock.Lab(41*showdown.Second), func() {
			l.event(showdown.TargetHealth, b.Hits[0], map[string]any{"balancer": "lb", "node": "lb-1b", "zone": "us-east-1b", "to": "unhealthy", "reason": "2 checks failed"})
		})
	}
	if o.For > 0 {
		l.undo = time.AfterFunc(l.clock.Lab(showdown.Duration(o.For)), func() { l.end(letter) })
	}
	return letter, nil
}

func (l *fakeLab) after(d time.Duration, f func()) { time.AfterFunc(d, f) }

// end undoes a fault that is in place.
func (l *fakeLab) end(letter string) {
	l.mu.Lock()
	if l.active != letter || letter == "" {
		l.mu.Unlock()
		return
	}
	l.active = ""
	order := l.order
	l.mu.Unlock()
	data := map[string]any{"action": order.Action}
	l.event(showdown.FaultHealing, letter, data)
	l.after(300*time.Millisecond, func() {
		l.event(showdown.FaultUndone, letter, data)
		if order.Action == "kill" {
			l.event(showdown.TargetHealth, "web-2", map[string]any{"balancer": "lb", "node": "lb-1b", "zone": "us-east-1b", "to": "healthy"})
		}
	})
}

func (l *fakeLab) Heal(context.Context) (string, error) {
	if err := l.called("heal"); err != nil {
		return "", err
	}
	l.mu.Lock()
	letter := l.active
	l.mu.Unlock()
	l.end(letter)
	return "heal", nil
}

func (l *fakeLab) Stage(_ context.Context, s Start) (string, error) {
	if err := l.called("stage"); err != nil {
		return "", err
	}
	if s.Stage != "single" && s.Stage != "elb" && s.Stage != "asg" {
		return "", &Refusal{http.StatusBadRequest, "no stage " + quoted(s.Stage), "single, elb or asg"}
	}
	l.mu.Lock()
	l.starts = append(l.starts, s)
	l.mu.Unlock()
	l.begin(s.Stage)
	return "stage", nil
}

func (l *fakeLab) Rate(_ context.Context, rate float64) (string, error) {
	if err := l.called("rate"); err != nil {
		return "", err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rates = rate
	return "rate", nil
}

// run sends 200 requests a second until ctx ends.
func (l *fakeLab) run(ctx context.Context) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			l.send(time.Now())
		}
	}
}

// send is the requests that were due before now.
func (l *fakeLab) send(now time.Time) {
	l.mu.Lock()
	var hits []showdown.Hit
	for ; l.zero.Add(time.Duration(l.seq) * 5 * time.Millisecond).Before(now); l.seq++ {
		at := time.Duration(l.seq) * 5 * time.Millisecond
		h := showdown.Hit{Seq: uint64(l.seq), Intended: at, Sent: at, Latency: time.Duration(2+l.seq%5) * time.Millisecond, Status: 200}
		since := l.zero.Add(at).Sub(l.struck)
		if l.active != "" && l.order.Action == "kill" && since >= 0 && since < l.clock.Lab(41*showdown.Second) && l.seq%3 == 0 {
			h.Outcome, h.Status = showdown.HTTP5xx, 502
		}
		hits = append(hits, h)
	}
	l.mu.Unlock()
	l.hub.Hits(showdown.BaseCell, hits)
}

// post gives a command as the page does, and is its answer.
func post(h http.Handler, path, body string, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8089"
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "127.0.0.1:8089"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// lab is a fake lab and its handler, in a bubble of synctest with the hub running.
func lab(t *testing.T, o Options, test func(t *testing.T, l *fakeLab, h http.Handler)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newFakeLab(NewHub(time.Now), 60)
		o.Control = l
		h := NewHandler(l.hub, o)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = l.hub.Run(ctx) })
		running.Go(func() { l.run(ctx) })
		test(t, l, h)
		stop()
		running.Wait()
		if l.undo != nil {
			l.undo.Stop()
		}
	})
}
