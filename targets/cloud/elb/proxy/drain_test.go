package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// held is a target whose answers wait until they are let go.
func held(t *testing.T, name string) (o *origin, arrived chan bool, letGo chan bool) {
	arrived, letGo = make(chan bool, 10), make(chan bool)
	o = newOrigin(t, name, func(o *origin, c net.Conn, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- true
		select {
		case <-letGo:
		case <-t.Context().Done():
			return false
		}
		_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Instance: "+o.name+"\r\n\r\n")
		return err == nil
	})
	return o, arrived, letGo
}

// drained waits for the note that a target has drained.
func (r *running) drained() cloud.DrainedNote {
	r.t.Helper()
	for {
		select {
		case <-r.noted:
		case <-time.After(patience):
			r.t.Fatal("no note")
		}
		r.mu.Lock()
		n := r.notes[0]
		r.notes = r.notes[1:]
		r.mu.Unlock()
		if n.Drained != nil {
			return *n.Drained
		}
	}
}

func TestDraining(t *testing.T) {
	slow, arrived, letGo := held(t, "web-1")
	other := newOrigin(t, "web-2", nil)
	b := balancer(slow, other)
	n := start(t, b)
	l := n.dial()
	l.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	<-arrived

	b.Groups[0].Targets = append([]cloud.BalancerTarget(nil), b.Groups[0].Targets...)
	b.Groups[0].Targets[0].Draining, b.Groups[0].Targets[0].Until = true, time.Now().Add(time.Hour)
	if err := n.Configure(b); err != nil {
		t.Fatal(err)
	}
	if got := n.spread(5); got["web-2 200"] != 5 {
		t.Errorf("new requests go to %v", got)
	}
	letGo <- true
	if r, _ := l.must("GET", 200); r.Header.Get("X-Instance") != "web-1" {
		t.Errorf("the request in flight was answered by %v", r.Header)
	}
	if got := n.drained(); got != (cloud.DrainedNote{Group: "web", Target: "web-1"}) {
		t.Errorf("%+v", got)
	}
	n.errors(nil)
	// One that has nothing in flight is drained at once.
	b.Groups[0].Targets = append([]cloud.BalancerTarget(nil), b.Groups[0].Targets...)
	b.Groups[0].Targets[1].Draining, b.Groups[0].Targets[1].Until = true, time.Now().Add(time.Hour)
	if err := n.Configure(b); err != nil {
		t.Fatal(err)
	}
	if got := n.drained(); got != (cloud.DrainedNote{Group: "web", Target: "web-2"}) {
		t.Errorf("%+v", got)
	}
}

func TestDrainingEndsWith502(t *testing.T) {
	slow, arrived, _ := held(t, "web-1")
	b := balancer(slow)
	n := start(t, b)
	var lines []*line
	for range 3 {
		l := n.dial()
		l.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
		<-arrived
		lines = append(lines, l)
	}
	b.Groups[0].Targets = append([]cloud.BalancerTarget(nil), b.Groups[0].Targets...)
	b.Groups[0].Targets[0].Draining, b.Groups[0].Targets[0].Until = true, time.Now().Add(50*time.Millisecond)
	if err := n.Configure(b); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		l.must("GET", 502)
	}
	if got := n.drained(); got != (cloud.DrainedNote{Group: "web", Target: "web-1", Cut: 3}) {
		t.Errorf("%+v", got)
	}
	n.errors(map[int]uint64{502: 3})
}

// Requests go on while the configuration changes all the time.
func TestConfigureWhileItServes(t *testing.T) {
	origins := threeOrigins(t)
	b := balancer(origins...)
	n := start(t, b)
	stop, done := make(chan bool), make(chan map[string]int)
	go func() {
		got := map[string]int{}
		c := http.Client{Transport: &http.Transport{}, Timeout: patience}
		defer c.CloseIdleConnections()
		for {
			select {
			case <-stop:
				done <- got
				return
			default:
			}
			r, err := c.Get("http://" + n.address + "/")
			if err != nil {
				got[err.Error()]++
				continue
			}
			_ = r.Body.Close()
			got[fmt.Sprint(r.StatusCode)]++
		}
	}()
	for i := range 300 {
		next := b
		next.Groups = append([]cloud.BalancerGroup(nil), b.Groups...)
		g := &next.Groups[0]
		g.Targets = append([]cloud.BalancerTarget(nil), g.Targets...)
		switch i % 5 {
		case 0:
			g.Targets = g.Targets[1:]
		case 1:
			g.Targets[i%3].Draining, g.Targets[i%3].Until = true, time.Now().Add(time.Hour)
		case 2:
			g.Algorithm = showdown.LeastOutstanding
		case 3:
			g.Stickiness = &showdown.Stickiness{Type: showdown.DurationCookie}
		case 4:
			g.Targets[i%3].Registered = time.Unix(int64(i), 0)
		}
		if err := n.Configure(next); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if got := <-done; len(got) != 1 || got["200"] == 0 {
		t.Errorf("answers %v", got)
	}
	n.errors(nil)
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	o := newOrigin(t, "web-1", nil)
	n := start(t, balancer(o))
	for want, edit := range map[string]func(*cloud.Balancer){
		"timeouts":   func(b *cloud.Balancer) { b.Idle = 0 },
		"matcher":    func(b *cloud.Balancer) { b.Groups[0].Check.Matcher = "all" },
		"path":       func(b *cloud.Balancer) { b.Groups[0].Check.Path = "health" },
		"interval":   func(b *cloud.Balancer) { b.Groups[0].Check.Interval = 0 },
		"thresholds": func(b *cloud.Balancer) { b.Groups[0].Check.First = 0 },
		"address":    func(b *cloud.Balancer) { b.Groups[0].Targets[0].Address = "web-1" },
		"group":      func(b *cloud.Balancer) { b.Listeners[0].Forward[0].TargetGroup = "none" },
		"weight":     func(b *cloud.Balancer) { b.Listeners[0].Forward[0].Weight = -1 },
		"name":       func(b *cloud.Balancer) { b.Groups = append(b.Groups, b.Groups[0]) },
	} {
		b := balancer(o)
		edit(&b)
		if err := n.Configure(b); err == nil {
			t.Errorf("%s: it is taken", want)
		}
	}
	if r, _ := n.get(); r.StatusCode != 200 {
		t.Errorf("after refusals: %d", r.StatusCode)
	}
}

func TestCrossZoneBytes(t *testing.T) {
	near, far := newOrigin(t, "web-1", nil), newOrigin(t, "web-2", nil)
	b := balancer(near, far)
	b.Groups[0].Targets[1].Zone = "us-east-1b"
	n := start(t, b)
	for range 2 {
		n.get()
	}
	_, sent := far.received()
	answer := len("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Instance: web-2\r\n\r\nweb-2 ")
	if got, want := n.Counters().CrossZone, uint64(len(sent)+answer); got != want {
		t.Errorf("%d bytes went to the other zone and back, want %d", got, want)
	}
	// What clients send and get is counted when an answer is whole.
	asked := 2 * len("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	got := 2 * len("HTTP/1.1 200 OK\r\nX-Instance: web-2\r\nContent-Length: 6\r\n\r\nweb-2 ")
	eventually(t, func() error {
		if n := n.Counters().Bytes; n != uint64(asked+got) {
			return fmt.Errorf("%d bytes of clients, want %d", n, asked+got)
		}
		return nil
	})
}

func TestKeepAlivesOff(t *testing.T) {
	slow, arrived, letGo := held(t, "web-1")
	n := start(t, balancer(slow))
	idle := n.dial()
	idle.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	<-arrived
	letGo <- true
	idle.must("GET", 200)
	busy := n.dial()
	busy.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	<-arrived
	n.SetKeepAlivesEnabled(false)
	idle.ends()
	letGo <- true
	if r, _ := busy.must("GET", 200); !r.Close {
		t.Error("the last answer does not say so")
	}
	busy.ends()
	n.SetKeepAlivesEnabled(true)
	again := n.dial()
	again.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	<-arrived
	letGo <- true
	if r, _ := again.must("GET", 200); r.Close {
		t.Error("keep-alive stays off")
	}
}

// A node that is told that a target is gone in the moment in which its delay passes ends
// what is in flight all the same: nobody else would.
func TestDrainedTargetGoesWithItsRequests(t *testing.T) {
	slow, arrived, _ := held(t, "web-1")
	n := start(t, balancer(slow))
	const rounds = 50
	for range rounds {
		b := balancer(slow)
		b.Groups[0].Targets[0].Registered = time.Now()
		if err := n.Configure(b); err != nil {
			t.Fatal(err)
		}
		l := n.dial()
		l.send("GET / HTTP/1.1\r\nHost: web\r\n\r\n")
		<-arrived
		until := time.Now().Add(2 * time.Millisecond)
		b.Groups[0].Targets = append([]cloud.BalancerTarget(nil), b.Groups[0].Targets...)
		b.Groups[0].Targets[0].Draining, b.Groups[0].Targets[0].Until = true, until
		if err := n.Configure(b); err != nil {
			t.Fatal(err)
		}
		b.Groups[0].Targets = nil
		<-time.After(time.Until(until))
		if err := n.Configure(b); err != nil {
			t.Fatal(err)
		}
		l.must("GET", 502)
	}
	n.errors(map[int]uint64{502: rounds})
}
