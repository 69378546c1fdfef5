package machine_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"showdown/targets/apps/clock"
	"showdown/targets/cloud"
)

// off is by how much the time that the machine tells is ahead, to within how long it
// took to ask.
func (m *target) off() (ahead, within time.Duration) {
	m.t.Helper()
	at := time.Now()
	r, err := http.Get("http://" + m.address + "/")
	if err != nil {
		m.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	told, err := clock.Told(body)
	if err != nil {
		m.t.Fatal(err)
	}
	return told.Sub(at), time.Since(at)
}

func TestSkew(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0)) // at speed 60, which must not matter
	for _, c := range []struct {
		command cloud.Command
		want    time.Duration
	}{
		{cloud.Command{Verb: cloud.Skew, Delay: 10 * time.Minute}, 10 * time.Minute},
		{cloud.Command{Verb: cloud.Skew, Delay: -time.Hour}, -time.Hour},
		{cloud.Command{Verb: cloud.Skew, Off: true}, 0},
	} {
		web.do(c.command)
		if ahead, within := web.off(); ahead < c.want || ahead > c.want+within {
			t.Errorf("%+v: %s ahead, want %s", c.command, ahead, c.want)
		}
	}
}

func TestLeak(t *testing.T) {
	s := newSite(t)
	c := s.config("web-1", 0)
	c.Capacity.MemoryMiB = 1000
	web := s.start(c)
	used := func() float64 { return web.do(cloud.Command{Verb: cloud.Stats}).MemoryMiB }
	if got := used(); got != 100 {
		t.Errorf("%g MiB in use, want 100", got)
	}
	began := time.Now()
	web.do(cloud.Command{Verb: cloud.Leak, Share: 0.5})
	placed := time.Now()
	for range 5 {
		least := time.Since(placed)
		got := used()
		most := time.Since(began)
		if low, high := 100+500*least.Seconds(), 100+500*most.Seconds(); got < min(low, 1000) || got > min(high, 1000) {
			t.Errorf("%g MiB in use, want %g to %g", got, low, high)
		}
	}
	web.do(cloud.Command{Verb: cloud.Leak, Share: 1e6})
	for used() < 1000 { // it is full within a microsecond of the next look
	}
	web.mustAnswer() // what a full memory does is not the machine's decision
	web.do(cloud.Command{Verb: cloud.Leak, Off: true})
	if got := used(); got != 100 {
		t.Errorf("%g MiB in use after the leak", got)
	}
}
