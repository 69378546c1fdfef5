package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"showdown/results"
)

// TestCameTrue holds which choice a fault came to.
func TestCameTrue(t *testing.T) {
	at := func(s float64) *float64 { return &s }
	cases := []struct {
		name string
		f    Fault
		want Choice
		ok   bool
	}{
		{"nothing failed", Fault{Phase: Healed, FromS: at(10), HealingS: at(70), ToS: at(71)}, Nothing, true},
		{"it healed alone", Fault{Phase: Healed, FromS: at(10), HealingS: at(70), ToS: at(71), Failed: 30, LastFailedS: at(51)}, ForAWhile, true},
		{"who was answered may have waited for the repair", Fault{Phase: Healed, FromS: at(10), HealingS: at(70), ToS: at(71), Failed: 30, LastFailedS: at(56)}, UntilRepair, true},
		{"it failed until the repair", Fault{Phase: Healed, FromS: at(10), HealingS: at(70), ToS: at(71), Failed: 30, LastFailedS: at(70)}, UntilRepair, true},
		{"and after it", Fault{Phase: Healed, FromS: at(10), HealingS: at(70), ToS: at(71), Failed: 30, LastFailedS: at(90)}, UntilRepair, true},
		{"it ended by itself", Fault{Phase: Healed, FromS: at(10), ToS: at(71), Failed: 30, LastFailedS: at(60)}, ForAWhile, true},
		{"it is active", Fault{Phase: Active, FromS: at(10), Failed: 30, LastFailedS: at(60)}, 0, false},
		{"it is being undone", Fault{Phase: Healing, FromS: at(10), HealingS: at(70)}, 0, false},
		{"it is still there", Fault{Phase: NotHealed, FromS: at(10), HealingS: at(70)}, 0, false},
		{"it could not be done", Fault{Phase: Failed, FromS: at(10), ToS: at(12)}, 0, false},
		{"it never struck", Fault{Phase: Healed}, 0, false},
	}
	for _, tc := range cases {
		tc.f.SelfHealed = selfHealed(&tc.f, 15)
		if got, ok := cameTrue(&tc.f); got != tc.want || ok != tc.ok {
			t.Errorf("%s: choice %d %v, want %d %v", tc.name, got, ok, tc.want, tc.ok)
		}
	}
}

// TestBallot holds who may vote, how often, and until when.
func TestBallot(t *testing.T) {
	zero := time.Unix(1000, 0)
	b := ballot{on: true, seconds: 15}
	code := func(err error) int {
		if err == nil {
			return 202
		}
		return err.(*Refusal).Code
	}
	vote := func(id, voter string, c Choice, at time.Duration, want int) {
		t.Helper()
		if got := code(b.vote(id, voter, c, zero.Add(at))); got != want {
			t.Errorf("%s for %d on %s at %v: %d, want %d", voter, c, id, at, got, want)
		}
	}
	vote("question-1", "voter-01", 0, 0, 409)
	if err := b.ask(Order{Action: "kill"}, Button{}, zero); err != nil {
		t.Fatal(err)
	}
	if got := code(b.ask(Order{Action: "slow"}, Button{}, zero)); got != 409 {
		t.Errorf("a second question at once: %d", got)
	}
	vote("question-1", "voter-01", 0, 0, 202)
	vote("question-1", "voter-01", 2, time.Second, 202)
	vote("question-1", "voter-02", 1, time.Second, 202)
	vote("question-0", "voter-02", 1, time.Second, 409)
	vote("question-1", "voter-02", -1, time.Second, 400)
	vote("question-1", "voter-02", 3, time.Second, 400)
	vote("question-1", "short", 1, time.Second, 400)
	vote("question-1", strings.Repeat("x", 65), 1, time.Second, 400)
	if want := [choices]int{0, 1, 1}; b.q.counts != want {
		t.Errorf("the counts are %v, want %v", b.q.counts, want)
	}
	for i := range maxVoters {
		_ = b.vote("question-1", fmt.Sprintf("another-%d", i), 0, zero)
	}
	vote("question-1", "one-too-many", 0, time.Second, 429)
	vote("question-1", "voter-01", 1, time.Second, 202)
	if want := [choices]int{maxVoters - 2, 2, 0}; b.q.counts != want {
		t.Errorf("the counts are %v, want %v", b.q.counts, want)
	}
	if _, ok := b.take(zero.Add(14*time.Second), false); ok {
		t.Error("it is closed before its time")
	}
	vote("question-1", "voter-01", 0, 15*time.Second, 409)
	if o, ok := b.take(zero.Add(15*time.Second), false); !ok || o.Action != "kill" {
		t.Errorf("it closes with %+v %v", o, ok)
	}
	if _, ok := b.take(zero.Add(16*time.Second), true); ok {
		t.Error("it fires twice")
	}
	if b.withdraw() {
		t.Error("it is withdrawn after it was closed")
	}
	if b.q.votes != nil {
		t.Error("who voted what is kept")
	}
	b.fired("A", nil)
	if p := b.wire(zero); p.State != Fired || p.Letter != "A" || p.Counts[0] != maxVoters-2 {
		t.Errorf("viewers are told %+v", p)
	}
	if err := b.ask(Order{Action: "slow"}, Button{}, zero); err != nil || b.q.id != "question-2" {
		t.Errorf("the next question: %v", err)
	}
}

// state is what viewers are told of the prediction.
func (l *fakeLab) prediction(t *testing.T, h http.Handler) Prediction {
	t.Helper()
	var state Hello
	if err := json.Unmarshal(get(h, "/api/v1/state").Body.Bytes(), &state); err != nil {
		t.Fatal(err)
	}
	if state.Prediction == nil {
		return Prediction{}
	}
	return *state.Prediction
}

// TestPrediction plays a question from the mode to what came true.
func TestPrediction(t *testing.T) {
	lab(t, Options{}, func(t *testing.T, l *fakeLab, h http.Handler) {
		must := func(path, body string, want int) string {
			t.Helper()
			w := post(h, "/api/v1/"+path, body)
			if w.Code != want {
				t.Fatalf("%s %s: %d, want %d: %s", path, body, w.Code, want, w.Body)
			}
			var a struct{ Event string }
			_ = json.Unmarshal(w.Body.Bytes(), &a)
			return a.Event
		}
		must("prediction", `{"on":true,"seconds":10}`, 202)
		q := must("chaos/kill", `{"target":"web-2","for":"2m"}`, 202)
		if l.count("chaos") != 0 || q != "question-1" {
			t.Fatalf("it fired at once (%q)", q)
		}
		must("chaos/slow", `{}`, 409)
		for i, c := range []int{0, 1, 1, 2} {
			must("vote", fmt.Sprintf(`{"question":%q,"voter":"browser-%d","choice":%d}`, q, i, c), 202)
		}
		time.Sleep(9 * time.Second)
		if p := l.prediction(t, h); p.State != Open || p.LeftS > 1.1 || p.Counts != [choices]int{1, 2, 1} {
			t.Errorf("after 9 s: %+v", p)
		}
		time.Sleep(1500 * time.Millisecond)
		p := l.prediction(t, h)
		if p.State != Fired || p.Letter != "A" || p.Measured != nil || l.count("chaos") != 1 {
			t.Errorf("after 10 s: %+v", p)
		}
		must("vote", fmt.Sprintf(`{"question":%q,"voter":"browser-9","choice":1}`, q), 409)
		time.Sleep(4 * time.Second)
		p = l.prediction(t, h)
		if p.Measured == nil || p.Measured.Choice != ForAWhile || p.Measured.Failed == 0 || p.Measured.FailedForS < 30 || p.Measured.FailedForS > 50 || p.Measured.OutageS != 0 {
			t.Errorf("what came true: %+v", p.Measured)
		}

		// HEAL ALL takes back what has not struck.
		must("chaos/kill", `{}`, 202)
		must("heal", ``, 202)
		time.Sleep(11 * time.Second)
		if p := l.prediction(t, h); p.State != Withdrawn || l.count("chaos") != 1 {
			t.Errorf("after HEAL ALL: %+v, %d fired", p, l.count("chaos"))
		}
		// The presenter closes early.
		must("chaos/slow", `{}`, 202)
		if letter := must("prediction", `{"close":true}`, 202); letter != "B" {
			t.Errorf("closed early it is fault %q", letter)
		}
		time.Sleep(10 * time.Second)
		if p := l.prediction(t, h); p.Measured == nil || p.Measured.Choice != Nothing {
			t.Errorf("what came true of slow: %+v", p.Measured)
		}
		// Another stage, and the end of the mode, take it back too.
		must("chaos/kill", `{}`, 202)
		must("stage", `{"stage":"asg"}`, 202)
		time.Sleep(time.Second)
		if p := l.prediction(t, h); p.ID != "" || !p.On {
			t.Errorf("after another stage: %+v", p)
		}
		must("chaos/kill", `{}`, 202)
		must("prediction", `{"on":false}`, 202)
		time.Sleep(11 * time.Second)
		if p := l.prediction(t, h); p.State != Withdrawn || p.On || l.count("chaos") != 2 {
			t.Errorf("after the mode: %+v, %d fired", p, l.count("chaos"))
		}
		// What cannot be done is told.
		must("prediction", `{"on":true,"seconds":1}`, 202)
		must("chaos/kill", `{}`, 202)
		l.mu.Lock()
		l.err = &Refusal{409, "the lab is being built", "wait a moment"}
		l.mu.Unlock()
		time.Sleep(2 * time.Second)
		if p := l.prediction(t, h); p.State != Refused || p.Error != "the lab is being built" || p.Hint != "wait a moment" {
			t.Errorf("refused: %+v", p)
		}
	})
}

// TestHealWhileFiring holds that a HEAL ALL which comes while the question's action is being
// ordered undoes it too.
func TestHealWhileFiring(t *testing.T) {
	lab(t, Options{}, func(t *testing.T, l *fakeLab, h http.Handler) {
		post(h, "/api/v1/prediction", `{"on":true,"seconds":1}`)
		post(h, "/api/v1/chaos/kill", `{"for":"0s"}`)
		on := make(chan struct{})
		l.mu.Lock()
		l.hook = func(command string) {
			if command == "chaos" {
				<-on
			}
		}
		l.mu.Unlock()
		time.Sleep(2 * time.Second)
		if w := post(h, "/api/v1/heal", ``); w.Code != 202 {
			t.Fatalf("HEAL ALL: %d", w.Code)
		}
		close(on)
		time.Sleep(2 * time.Second)
		if f := l.hub.State().Cells[0].Faults; len(f) != 1 || f[0].Phase != Healed || l.count("heal") != 2 {
			t.Errorf("after %d calls the faults are %+v", l.count("heal"), f)
		}
	})
}

// TestRehearsal holds that a replay in prediction mode stops before a fault, asks, plays on,
// and knows what came true.
func TestRehearsal(t *testing.T) {
	hub := NewHub(time.Now)
	replay, err := NewReplay(hub, []results.Run{testRecord(t)}, 10, false)
	if err != nil {
		t.Fatal(err)
	}
	h := NewHandler(hub, Options{Replay: replay})
	must := func(path, body string, want int) {
		t.Helper()
		if w := post(h, "/api/v1/"+path, body); w.Code != want {
			t.Fatalf("%s %s: %d, want %d: %s", path, body, w.Code, want, w.Body)
		}
	}
	at := func() (Prediction, Position) {
		hub.mu.Lock()
		hub.judge()
		hub.mu.Unlock()
		s := hub.State()
		if s.Prediction == nil {
			return Prediction{}, *s.Replay
		}
		return *s.Prediction, *s.Replay
	}
	must("prediction", `{"on":true,"seconds":200}`, 202)
	must("prediction", `{"close":true}`, 409)
	for range 30 {
		replay.advance(time.Second)
	}
	p, pos := at()
	if p.State != Open || p.Label["en"] != "A: kill web-2" || pos.At != killedAt || !pos.Paused {
		t.Fatalf("before the fault: %+v at %+v", p, pos)
	}
	if f := hub.State().Cells[0].Faults[0]; f.began() {
		t.Errorf("it struck while the room was asked: %+v", f)
	}
	must("vote", `{"question":"question-1","voter":"12345678","choice":1}`, 202)
	must("prediction", `{"close":true}`, 202)
	for range 60 {
		replay.advance(time.Second)
	}
	if p, pos := at(); p.State != Fired || p.Letter != "A" || p.Counts != [choices]int{0, 1, 0} || pos.Paused || p.Measured == nil || p.Measured.Choice != ForAWhile {
		t.Errorf("after the fault: %+v %+v at %+v", p, p.Measured, pos)
	}
	// Back before it, it is asked again; to play on is to close it.
	must("replay", `{"at_s":100}`, 202)
	if p, _ := at(); p.ID != "" || !p.On {
		t.Errorf("after a jump: %+v", p)
	}
	for range 5 {
		replay.advance(time.Second)
	}
	if p, _ := at(); p.State != Open {
		t.Errorf("again before the fault: %+v", p)
	}
	must("replay", `{"paused":false}`, 202)
	replay.advance(time.Second)
	if p, pos := at(); p.State != Fired || pos.At <= killedAt {
		t.Errorf("it is played on: %+v at %+v", p, pos)
	}
	must("heal", ``, 404)
}

// TestQR holds that the drawing is the code: a reader's squares in three corners, a quiet
// zone, and no drawing where no phone could come.
func TestQR(t *testing.T) {
	for _, tc := range []struct {
		address string
		want    int
		local   bool
	}{
		{"http://192.0.2.7:8089/", 200, false},
		{"http://[2001:db8::1]:8089/", 200, false},
		{"http://showdown.example/", 200, false},
		{"http://127.0.0.1:8089/", 404, true},
		{"http://[::1]:8089/", 404, true},
		{"http://localhost:8089/", 404, true},
		{"", 404, false},
		{"http://" + strings.Repeat("x", 4000) + "/", 404, false},
	} {
		h := NewHub(time.Now)
		w := get(NewHandler(h, Options{Address: tc.address}), "/api/v1/qr.svg")
		if w.Code != tc.want {
			t.Errorf("%.40s: %d, want %d", tc.address, w.Code, tc.want)
		}
		if s := h.share; s != nil && s.Local != tc.local {
			t.Errorf("%s is local: %v", tc.address, s.Local)
		}
		if tc.want == 200 && !strings.Contains(w.Body.String(), `<path d="M4 4h7v1h-7z`) {
			t.Errorf("%s: %.200s", tc.address, w.Body)
		}
	}
}
