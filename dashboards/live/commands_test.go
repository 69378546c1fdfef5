package live

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestCommands holds the answer to every command, good and bad, and that a bad one reaches
// neither the lab nor the hub.
func TestCommands(t *testing.T) {
	long := strings.Repeat("x", maxCommand)
	cases := []struct {
		name, path, body string
		head             []string
		err              error
		want             int
		event, says      string
		reaches          string
	}{
		{name: "chaos", path: "chaos/kill", body: `{"target":"web-2","for":"60s"}`, want: 202, event: "A", reaches: "chaos"},
		{name: "chaos with what its button has", path: "chaos/kill", body: `{}`, want: 202, event: "A", reaches: "chaos"},
		{name: "chaos until it is healed", path: "chaos/slow", body: `{"for":"0s","with":{"by":"2s"}}`, want: 202, event: "A", reaches: "chaos"},
		{name: "an unknown action", path: "chaos/explode", body: `{}`, want: 400, says: `no action "explode"`, reaches: "chaos"},
		{name: "an unknown target", path: "chaos/kill", body: `{"target":"web-9"}`, want: 400, says: "web-9", reaches: "chaos"},
		{name: "a long action", path: "chaos/" + strings.Repeat("x", 300), body: `{}`, want: 400, says: "too long"},
		{name: "a long target", path: "chaos/kill", body: `{"target":"` + strings.Repeat("x", 300) + `"}`, want: 400, says: "too long"},
		{name: "no action", path: "chaos/", body: `{}`, want: 404},
		{name: "a negative length", path: "chaos/kill", body: `{"for":"-5s"}`, want: 400, says: "no length"},
		{name: "an absurd length", path: "chaos/kill", body: `{"for":"100000h"}`, want: 400, says: "no length"},
		{name: "a length beyond numbers", path: "chaos/kill", body: `{"for":"99999999999999999999h"}`, want: 400, says: "no length"},
		{name: "a length without a unit", path: "chaos/kill", body: `{"for":"60"}`, want: 400, says: "no length"},
		{name: "a length that is a number", path: "chaos/kill", body: `{"for":60}`, want: 400, says: "not a command"},
		{name: "an unknown field", path: "chaos/kill", body: `{"until":"60s"}`, want: 400, says: "not a command"},
		{name: "not JSON", path: "chaos/kill", body: `kill it`, want: 400, says: "not a command"},
		{name: "nothing", path: "chaos/kill", body: ``, want: 400, says: "not a command"},
		{name: "a list", path: "chaos/kill", body: `[]`, want: 400, says: "not a command"},
		{name: "two values", path: "chaos/kill", body: `{}{}`, want: 400, says: "more than one"},
		{name: "ten megabytes", path: "chaos/kill", body: `{"target":"` + strings.Repeat("x", 10<<20) + `"}`, want: 400, says: "too long"},
		{name: "a form", path: "chaos/kill", body: `{}`, head: []string{"Content-Type", "text/plain"}, want: 400, says: "JSON"},
		{name: "no token", path: "chaos/kill", body: `{}`, head: []string{"Authorization", ""}, want: 401, says: "token"},
		{name: "another origin", path: "chaos/kill", body: `{}`, head: []string{"Origin", "http://evil.example"}, want: 403, says: "origin"},
		{name: "another site", path: "chaos/kill", body: `{}`, head: []string{"Sec-Fetch-Site", "cross-site"}, want: 403, says: "site"},
		{name: "a broken lab", path: "chaos/kill", body: `{}`, err: errors.New("no space left"), want: 500, says: "no space left", reaches: "chaos"},

		{name: "heal", path: "heal", body: `{}`, want: 202, event: "heal", reaches: "heal"},
		{name: "heal without a body", path: "heal", body: ``, want: 202, event: "heal", reaches: "heal"},
		{name: "heal with something", path: "heal", body: `no`, want: 400, says: "not a command"},
		{name: "heal with too much", path: "heal", body: long + long, want: 400, says: "not a command"},
		{name: "heal without a token", path: "heal", body: ``, head: []string{"Authorization", "Bearer no"}, want: 401},
		{name: "heal from another origin", path: "heal", body: ``, head: []string{"Origin", "null"}, want: 403},
		{name: "heal a broken lab", path: "heal", body: ``, err: errors.New("gone"), want: 500, says: "gone", reaches: "heal"},

		{name: "stage", path: "stage", body: `{"stage":"asg","speed":20,"rate":300}`, want: 202, event: "stage", reaches: "stage"},
		{name: "stage with what there is", path: "stage", body: `{"stage":"asg"}`, want: 202, event: "stage", reaches: "stage"},
		{name: "no stage", path: "stage", body: `{}`, want: 400, says: "no stage"},
		{name: "an unknown stage", path: "stage", body: `{"stage":"nowhere"}`, want: 400, says: "nowhere", reaches: "stage"},
		{name: "a speed of the past", path: "stage", body: `{"stage":"asg","speed":-1}`, want: 400},
		{name: "a speed beyond", path: "stage", body: `{"stage":"asg","speed":1e12}`, want: 400},
		{name: "a rate of nothing", path: "stage", body: `{"stage":"asg","rate":-1}`, want: 400, says: "rate"},

		{name: "rate", path: "rate", body: `{"rate":200}`, want: 202, event: "rate", reaches: "rate"},
		{name: "no rate", path: "rate", body: `{}`, want: 400, says: "rate"},
		{name: "a negative rate", path: "rate", body: `{"rate":-1}`, want: 400, says: "rate"},
		{name: "a rate that is no number", path: "rate", body: `{"rate":NaN}`, want: 400, says: "not a command"},
		{name: "an infinite rate", path: "rate", body: `{"rate":1e999}`, want: 400, says: "not a command"},
		{name: "a rate beyond", path: "rate", body: `{"rate":1e9}`, want: 400, says: "rate"},

		{name: "not while another one is on", path: "prediction", body: `{"close":true}`, want: 409, says: "no question"},
		{name: "nothing to withdraw", path: "prediction", body: `{"withdraw":true}`, want: 409, says: "no question"},
		{name: "too short", path: "prediction", body: `{"seconds":0}`, want: 400, says: "time to vote"},
		{name: "too long", path: "prediction", body: `{"seconds":1e6}`, want: 400, says: "time to vote"},
		{name: "prediction without a token", path: "prediction", body: `{"on":true}`, head: []string{"Authorization", ""}, want: 401},
		{name: "a vote on nothing", path: "vote", body: `{"question":"question-1","voter":"12345678","choice":1}`, want: 409, says: "closed"},
		{name: "a vote without a token", path: "vote", body: `{"question":"question-1","voter":"12345678","choice":1}`, head: []string{"Authorization", ""}, want: 409},
		{name: "a vote from another origin", path: "vote", body: `{}`, head: []string{"Origin", "http://evil.example"}, want: 403},
		{name: "a vote of a form", path: "vote", body: `{}`, head: []string{"Content-Type", "text/plain"}, want: 400},
		{name: "a vote for nothing", path: "vote", body: `{"question":"question-1","voter":"12345678"}`, want: 400, says: "choice"},
		{name: "a vote for what there is not", path: "vote", body: `{"question":"question-1","voter":"12345678","choice":3}`, want: 400, says: "choice"},
		{name: "a vote of nobody", path: "vote", body: `{"question":"question-1","choice":1}`, want: 400, says: "voter"},
		{name: "what is not there", path: "nothing", body: `{}`, want: 404},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			lab(t, Options{Token: "secret"}, func(t *testing.T, l *fakeLab, h http.Handler) {
				l.mu.Lock()
				l.err = tc.err
				l.mu.Unlock()
				w := post(h, "/api/v1/"+tc.path, tc.body, append([]string{"Authorization", "Bearer secret"}, tc.head...)...)
				if w.Code != tc.want {
					t.Fatalf("%d, want %d: %s", w.Code, tc.want, w.Body)
				}
				var told struct{ Event, Error, Hint string }
				if tc.want != 404 {
					if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
						t.Fatal(err)
					}
				}
				if told.Event != tc.event || !strings.Contains(told.Error+told.Hint, tc.says) || tc.want >= 400 && tc.want != 404 && (told.Error == "" || told.Hint == "") {
					t.Errorf("it says %+v, want %q %q", told, tc.event, tc.says)
				}
				for _, command := range []string{"chaos", "heal", "stage", "rate"} {
					want := 0
					if command == tc.reaches {
						want = 1
					}
					if n := l.count(command); n != want {
						t.Errorf("%s reached the lab %d times, want %d", command, n, want)
					}
				}
				synctest.Wait()
				if got := get(h, "/api/v1/state").Code; got != 200 {
					t.Errorf("the hub is disturbed: %d", got)
				}
			})
		})
	}
}

// TestBlocked holds that an active fault blocks another one with 409, and what the list says of it.
func TestBlocked(t *testing.T) {
	lab(t, Options{}, func(t *testing.T, l *fakeLab, h http.Handler) {
		if w := post(h, "/api/v1/chaos/kill", `{"for":"10m"}`); w.Code != 202 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		time.Sleep(300 * time.Millisecond)
		w := post(h, "/api/v1/chaos/slow", `{}`)
		if w.Code != 409 || !strings.Contains(w.Body.String(), `"hint":"HEAL ALL first`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		var list struct {
			Stage   string
			Buttons []Button
			Faults  []Fault
		}
		if err := json.Unmarshal(get(h, "/api/v1/chaos").Body.Bytes(), &list); err != nil {
			t.Fatal(err)
		}
		if list.Stage != "test/elb" || len(list.Buttons) != 3 || len(list.Faults) != 1 || list.Faults[0].Letter != "A" || list.Faults[0].Phase != Active {
			t.Errorf("the list is %+v", list)
		}
		for range 10 {
			if w := post(h, "/api/v1/heal", ``); w.Code != 202 {
				t.Errorf("HEAL ALL: %d %s", w.Code, w.Body)
			}
		}
		time.Sleep(time.Second)
		if f := l.hub.State().Cells[0].Faults; len(f) != 1 || f[0].Phase != Healed {
			t.Errorf("the faults are %+v", f)
		}
	})
}

// TestPress holds that ten thousand commands at once are a burst for the lab, that HEAL ALL
// still passes, and that votes have a pace of their own.
func TestPress(t *testing.T) {
	lab(t, Options{}, func(t *testing.T, l *fakeLab, h http.Handler) {
		codes := map[int]int{}
		for range 10_000 {
			codes[post(h, "/api/v1/rate", `{"rate":100}`).Code]++
		}
		if codes[202] != commandBurst || codes[429] != 10_000-commandBurst || l.count("rate") != commandBurst {
			t.Errorf("10000 at once are answered %v, %d reach the lab", codes, l.count("rate"))
		}
		if w := post(h, "/api/v1/rate", `{"rate":100}`); w.Code != 429 || w.Header().Get("Retry-After") != "1" {
			t.Errorf("one more is answered %d", w.Code)
		}
		if w := post(h, "/api/v1/heal", ``); w.Code != 202 || l.count("heal") != 1 {
			t.Errorf("HEAL ALL is answered %d after %d calls", w.Code, l.count("heal"))
		}
		codes = map[int]int{}
		for range 1000 {
			codes[post(h, "/api/v1/vote", `{"question":"none","voter":"12345678","choice":0}`).Code]++
		}
		if codes[409] != voteBurst || codes[429] != 1000-voteBurst {
			t.Errorf("1000 votes at once are answered %v", codes)
		}
		if l.hub.State().Mode != "live" {
			t.Error("the hub is disturbed")
		}
	})
}

// TestHealTogether holds that any number of HEAL ALL at once make two calls: the one that
// runs may have begun before what the others know of.
func TestHealTogether(t *testing.T) {
	lab(t, Options{}, func(t *testing.T, l *fakeLab, h http.Handler) {
		on := make(chan struct{})
		l.mu.Lock()
		l.hook = func(string) { <-on }
		l.mu.Unlock()
		codes := make(chan int, 100)
		for range 100 {
			go func() { codes <- post(h, "/api/v1/heal", ``).Code }()
		}
		synctest.Wait()
		close(on)
		for range 100 {
			if code := <-codes; code != 202 {
				t.Errorf("HEAL ALL is answered %d", code)
			}
		}
		if n := l.count("heal"); n != 2 {
			t.Errorf("100 at once are %d calls, want 2", n)
		}
	})
}

// TestOffer holds that viewers are told of another stage's buttons without asking, and that
// a lab which is busy answering does not keep the hub from telling of time.
func TestOffer(t *testing.T) {
	lab(t, Options{Address: "http://192.0.2.7:8089/"}, func(t *testing.T, l *fakeLab, h http.Handler) {
		state := l.hub.State()
		if !state.Controls || state.Mode != "live" || len(state.Buttons) != 3 || state.Replay != nil || state.Share == nil || state.Share.Local {
			t.Errorf("the state is controls %v, mode %s, %d buttons, %+v", state.Controls, state.Mode, len(state.Buttons), state.Share)
		}
		v, _, err := l.hub.join("", 0)
		if err != nil {
			t.Fatal(err)
		}
		if w := post(h, "/api/v1/stage", `{"stage":"asg"}`); w.Code != 202 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		time.Sleep(time.Second)
		var hello Hello
		for len(v.messages) > 0 {
			if m := <-v.messages; m.name == "hello" {
				hello = Hello{}
				if err := json.Unmarshal(m.data, &hello); err != nil {
					t.Fatal(err)
				}
			}
		}
		if hello.Stage.ID != "test/asg" || len(hello.Buttons) != 1 || hello.Buttons[0].Target != "web-1" {
			t.Errorf("viewers are told of %q with %+v", hello.Stage.ID, hello.Buttons)
		}
		l.mu.Lock()
		l.busy = make(chan struct{})
		l.mu.Unlock()
		time.Sleep(3 * time.Second)
		n := len(v.messages)
		close(l.busy)
		if n < 3 {
			t.Errorf("%d messages in three seconds of a busy lab", n)
		}
	})
}
