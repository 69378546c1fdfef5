package live

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

// anyLab takes every command and does nothing.
type anyLab struct{ orders []Order }

func (*anyLab) Buttons() []Button { return nil }

func (l *anyLab) Chaos(_ context.Context, o Order) (string, error) {
	l.orders = append(l.orders, o)
	return "A", nil
}
func (*anyLab) Heal(context.Context) (string, error)          { return "heal", nil }
func (*anyLab) Stage(context.Context, Start) (string, error)  { return "stage", nil }
func (*anyLab) Rate(context.Context, float64) (string, error) { return "rate", nil }

// FuzzCommand sends anything as a command: it is answered with a known status, an error with what can be done about it,
// and what reaches the lab is within its bounds.
func FuzzCommand(f *testing.F) {
	for _, seed := range [][2]string{
		{"chaos/kill", `{"target":"web-2","for":"60s","with":{"share":"50%"}}`},
		{"chaos/fail-az", `{"for":"0s"}`},
		{"heal", ``},
		{"heal", `{}`},
		{"stage", `{"stage":"asg","speed":20,"rate":300}`},
		{"rate", `{"rate":1e308}`},
		{"prediction", `{"on":true,"seconds":15}`},
		{"vote", `{"question":"question-1","voter":"12345678","choice":1}`},
		{"chaos/%2e%2e/heal", `{"a":[[[[`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, path, body string) {
		path = "/api/v1/" + (&url.URL{Path: path}).EscapedPath()
		if _, err := url.ParseRequestURI(path); err != nil {
			t.Skip("no path of a request")
		}
		l := &anyLab{}
		w := post(NewHandler(NewHub(time.Now), Options{Control: l}), path, body)
		if !slices.Contains([]int{202, 301, 307, 400, 404, 405, 409, 429}, w.Code) {
			t.Fatalf("%q %q is answered %d", path, body, w.Code)
		}
		if w.Code == http.StatusBadRequest || w.Code == http.StatusConflict {
			var why struct{ Error, Hint string }
			if err := json.Unmarshal(w.Body.Bytes(), &why); err != nil || why.Error == "" || why.Hint == "" {
				t.Fatalf("%q %q is refused with %q", path, body, w.Body)
			}
		}
		for _, o := range l.orders {
			if o.For < -1 || o.For > longestFault || len(o.Action) > longestName || len(o.Target) > longestName {
				t.Fatalf("%q %q means %+v", path, body, o)
			}
		}
	})
}
