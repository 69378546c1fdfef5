package machine_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"showdown/targets/cloud"
	"showdown/targets/journal"
)

func TestKill(t *testing.T) {
	s := newSite(t)
	for _, paused := range []bool{false, true} {
		web := s.start(s.config("web-1", 0)) // the second time: the address is free again
		open := web.mustDial()
		web.mustAsk(open)
		if paused {
			if err := web.Pause(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := web.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		if journal.Identity(web.Identity()).Alive() {
			t.Error("its process is still there")
		}
		if _, err := dial(web.address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a new connection: %v, want it refused", err)
		}
		if _, err := open.ask(patience); !wasReset(err) {
			t.Errorf("the open connection: %v", err)
		}
		select {
		case <-web.Done():
		default:
			t.Error("Done is not closed")
		}
		if err := web.Kill(t.Context()); err != nil {
			t.Errorf("killed again: %v", err)
		}
	}
	select {
	case name := <-s.lost:
		t.Errorf("%s counts as lost, but we killed it", name)
	default:
	}
}

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	busy, idle := web.busyAndIdle()
	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		stopped <- web.Stop(ctx)
	}()
	for { // listeners close at once, while the request is in flight
		l, err := dial(web.address)
		if errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
		if err == nil {
			_ = l.Close()
		}
	}
	if status, err := busy.receive(patience); err != nil || status != 200 {
		t.Errorf("the request in flight: %d, %v", status, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if _, err := idle.receive(patience); !wasReset(err) {
		t.Errorf("the idle connection: %v", err)
	}
	if journal.Identity(web.Identity()).Alive() {
		t.Error("its process is still there")
	}
	if err := web.Stop(t.Context()); err != nil {
		t.Errorf("stopped again: %v", err)
	}
	if _, err := web.Do(t.Context(), cloud.Command{Verb: cloud.Stats}); err == nil || !strings.Contains(err.Error(), "exit status 0") {
		t.Errorf("it ended with %v", err)
	}
}

func TestStopKillsWhoDoesNotEnd(t *testing.T) {
	s := newSite(t)
	web := s.start(s.config("web-1", 0))
	if err := web.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := web.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a paused machine's stop: %v", err)
	}
	if journal.Identity(web.Identity()).Alive() {
		t.Error("its process is still there")
	}
}
