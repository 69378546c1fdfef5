package ec2

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

func place(t *testing.T, s *testRegion, l Launch) {
	t.Helper()
	if _, err := s.region.Place(s.ctx, l); err != nil {
		t.Fatal(err)
	}
}

func until(t *testing.T, s *testRegion, name string, state State) Instance {
	t.Helper()
	in, err := s.region.Wait(s.ctx, name, func(in Instance) bool { return in.State == state })
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestStopTellsTheApplicationAtOnce: connections are refused from the beginning of
// stopping, and stopped comes 20 to 60 AWS seconds later.
func TestStopTellsTheApplicationAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		place(t, s, Launch{Name: "web-1", Type: "t2.micro"})
		m := s.backend.machine("web-1")
		asked := time.Now()
		if err := s.region.StopInstances(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		stopped := until(t, s, "web-1", Stopped)
		if late := m.stopAsked.Sub(asked); late > creditPatience {
			t.Errorf("the application was told %s after the call", late)
		}
		took := s.region.cfg.Clock.AWS(stopped.Since.Sub(asked))
		if took < 20*showdown.Second || took > 60*showdown.Second {
			t.Errorf("stopping took %s", took)
		}
		if alive(m) {
			t.Error("the machine lives on")
		}
	})
}

// TestStartListensOnTime: a start is the sum of its delays, without the error of
// waiting for each and without the time that the machine itself takes.
func TestStartListensOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		place(t, s, Launch{Name: "web-1", Type: "t2.micro", AppBoot: 10 * showdown.Second})
		if err := s.region.StopInstances(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		until(t, s, "web-1", Stopped)
		asked := time.Now()
		if err := s.region.StartInstances(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		if err := s.region.WaitListening(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		got := s.region.cfg.Clock.AWS(time.Since(asked)).Seconds()
		if math.Abs(got-31.2) > 0.01 {
			t.Errorf("it listens after %g AWS seconds, want 31.2", got)
		}
	})
}

// TestNothingAnswersBeforeItsTime: a boot starts its machine ahead of time, as long as
// the slowest one has taken. One that is quicker may not end the outage early.
func TestNothingAnswersBeforeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		s.backend.startTakes = 20 * time.Millisecond // many start at once when a lab comes up
		place(t, s, Launch{Name: "web-1", Type: "t2.micro", AppBoot: 10 * showdown.Second})
		s.backend.startTakes = time.Millisecond
		if err := s.region.StopInstances(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		until(t, s, "web-1", Stopped)
		due := time.Now().Add(s.region.cfg.Clock.Lab(showdown.Duration(31.2 * float64(showdown.Second))))
		if err := s.region.StartInstances(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		in, _ := s.region.Instance("web-1")
		<-time.After(time.Until(due) - time.Millisecond)
		synctest.Wait()
		if len(s.backend.configs("web-1")) != 2 {
			t.Error("the machine has not been started ahead of time")
		}
		if who := s.backend.answers(in.Public); who != "" {
			t.Errorf("%s answers a millisecond before it listens", who)
		}
		<-time.After(time.Until(due))
		synctest.Wait()
		if s.backend.answers(in.Public) != "web-1" || s.backend.answers(in.Private) != "web-1" {
			t.Error("nothing answers when it listens")
		}
	})
}

// TestCreditsOverAStop: what the machine is started with after a stop, and after a
// crash, when balances have changed meanwhile.
func TestCreditsOverAStop(t *testing.T) {
	rows := []struct {
		typ                     string
		launch, balance         float64
		stopLaunch, stopEarned  float64
		crashLaunch, crashEarnd float64
	}{
		{"t2.micro", 0, 99, 30, 0, 0, 99},
		// What is left of the launch credits stays apart: they are spent first, and do
		// not count towards the maximum of 144.
		{"t2.micro", 12, 111, 30, 0, 12, 99},
		{"t2.micro", 30, 174, 30, 0, 30, 144},
		{"t3.micro", 0, 99, 0, 99, 0, 99},
		{"t3.micro", 0, -12, 0, 0, 0, -12},
	}
	for _, r := range rows {
		synctest.Test(t, func(t *testing.T) {
			s := newTestRegion(t, nil)
			place(t, s, Launch{Name: "web-1", Type: r.typ})
			s.backend.machine("web-1").setBalance(r.launch, r.balance)
			<-time.After(s.region.cfg.Clock.Lab(90 * showdown.Second)) // a check sees it
			synctest.Wait()
			if err := s.backend.machine("web-1").Kill(s.ctx); err != nil {
				t.Fatal(err)
			}
			if err := s.region.Restart(s.ctx, "web-1"); err != nil {
				t.Fatal(err)
			}
			if err := s.region.StopInstances(s.ctx, "web-1"); err != nil {
				t.Fatal(err)
			}
			until(t, s, "web-1", Stopped)
			if err := s.region.StartInstances(s.ctx, "web-1"); err != nil {
				t.Fatal(err)
			}
			if err := s.region.WaitListening(s.ctx, "web-1"); err != nil {
				t.Fatal(err)
			}
			configs := s.backend.configs("web-1")
			if len(configs) != 3 {
				t.Fatalf("%d machines were started", len(configs))
			}
			crash, stop := configs[1].Capacity.Credits, configs[2].Capacity.Credits
			if crash.Launch != r.crashLaunch || crash.Earned != r.crashEarnd {
				t.Errorf("%s with %g after a crash: %+v", r.typ, r.balance, crash)
			}
			if stop.Launch != r.stopLaunch || stop.Earned != r.stopEarned {
				t.Errorf("%s with %g after stop and start: %+v", r.typ, r.balance, stop)
			}
			usage, _ := s.region.Usage(time.Now())
			if want := max(0, -r.balance); usage[0].SurplusCredits != want {
				t.Errorf("%s with %g: %g surplus credits are charged, want %g", r.typ, r.balance, usage[0].SurplusCredits, want)
			}
		})
	}
}

// TestBootThatFails: a machine that cannot be started leaves a running, impaired
// instance; whoever waits hears why, and a restart brings it up.
func TestBootThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lost []showdown.Event
		s := newTestRegion(t, func(e showdown.Event) {
			if e.Kind == showdown.MachineLost {
				lost = append(lost, e)
			}
		})
		place(t, s, Launch{Name: "web-1", Type: "t2.micro"})
		s.backend.refuseNext(errors.New("no room"))
		err := s.region.ResizeInstance(s.ctx, "web-1", "m5.large")
		synctest.Wait()
		if err == nil || len(lost) != 1 {
			t.Fatalf("resize: %v, %d machines lost", err, len(lost))
		}
		if in, _ := s.region.Instance("web-1"); in.State != Running || in.Listening {
			t.Errorf("the instance is %s, listening %v", in.State, in.Listening)
		}
		if err := s.region.Restart(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		if c := s.backend.configs("web-1"); c[len(c)-1].Capacity.Type != "m5.large" {
			t.Errorf("it runs as %s", c[len(c)-1].Capacity.Type)
		}
	})
}

// TestPlaceThatFails leaves nothing of the instance.
func TestPlaceThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		address, err := s.region.AllocateAddress(s.ctx)
		if err != nil {
			t.Fatal(err)
		}
		s.backend.refuseNext(errors.New("no room"))
		if _, err := s.region.Place(s.ctx, Launch{Name: "web-1", Type: "t2.micro", ElasticIP: address}); err == nil {
			t.Fatal("it was placed")
		}
		if _, ok := s.region.Instance("web-1"); ok {
			t.Error("it is still there")
		}
		place(t, s, Launch{Name: "web-1", Type: "t2.micro", ElasticIP: address})
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refused int
		s := newTestRegion(t, func(e showdown.Event) {
			if e.Kind == showdown.APIRefused {
				refused++
			}
		})
		place(t, s, Launch{Name: "web-1", Type: "t2.micro"})
		r, ctx := s.region, s.ctx
		run := func(l Launch) error {
			_, err := r.RunInstances(ctx, Launch{Name: "ok", Type: "t2.micro"}, l)
			return err
		}
		_, describe := r.DescribeInstances(ctx, "web-9")
		rows := []struct {
			what string
			err  error
			code string
		}{
			{"stop of an unknown one", r.StopInstances(ctx, "web-1", "web-9"), CodeInstanceNotFound},
			{"type of an unknown one", r.ModifyInstanceAttribute(ctx, "web-9", "m5.large"), CodeInstanceNotFound},
			{"description of an unknown one", describe, CodeInstanceNotFound},
			{"unknown type", r.ModifyInstanceAttribute(ctx, "web-1", "m5.huge"), CodeInvalidParameterValue},
			{"resize to an unknown type", r.ResizeInstance(ctx, "web-1", "m5.huge"), CodeInvalidParameterValue},
			{"type while running", r.ModifyInstanceAttribute(ctx, "web-1", "m5.large"), CodeIncorrectInstanceState},
			{"unknown address", r.AssociateAddress(ctx, "203.0.113.9", "web-1", false), CodeAddressNotFound},
			{"name twice", run(Launch{Name: "web-1", Type: "t2.micro"}), CodeInvalidParameterValue},
			{"launch of an unknown type", run(Launch{Name: "web-2", Type: "x"}), CodeInvalidParameterValue},
			{"launch with too many credits", run(Launch{Name: "web-2", Type: "t2.micro", Credits: "1000"}), CodeInvalidParameterValue},
			{"launch with an address of nobody", run(Launch{Name: "web-2", Type: "t2.micro", ElasticIP: "203.0.113.9"}), CodeInvalidParameterValue},
		}
		for _, row := range rows {
			if Code(row.err) != row.code {
				t.Errorf("%s: %v, want %s", row.what, row.err, row.code)
			}
		}
		if refused != len(rows) {
			t.Errorf("%d events for %d refusals", refused, len(rows))
		}
		// An operation on several is carried out on all or none.
		all, err := r.DescribeInstances(ctx)
		if err != nil || len(all) != 1 || all[0].State != Running {
			t.Errorf("after the refusals: %v, %v", all, err)
		}
		if err := r.Restart(ctx, "web-9"); err == nil {
			t.Error("an unknown instance was restarted")
		}
	})
}

// TestElasticIPOfAStoppedInstance: it can be associated while stopped, and stays
// (EC2 User Guide, Stop and start your instance).
func TestElasticIPOfAStoppedInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		place(t, s, Launch{Name: "web-1", Type: "t2.micro"})
		if err := s.region.StopInstances(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		until(t, s, "web-1", Stopped)
		address, err := s.region.AllocateAddress(s.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.region.AssociateAddress(s.ctx, address, "web-1", false); err != nil {
			t.Fatal(err)
		}
		if err := s.region.StartInstances(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		if err := s.region.WaitListening(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		if in, _ := s.region.Instance("web-1"); in.Public != address || !in.Elastic || s.backend.answers(address) != "web-1" {
			t.Errorf("%+v; %q answers at %s", in, s.backend.answers(address), address)
		}
		if _, elastic := s.region.Usage(time.Now()); len(elastic) != 1 || elastic[0].Instance != "web-1" || elastic[0].Held <= 0 {
			t.Errorf("usage of elastic IPs: %+v", elastic)
		}
	})
}

// TestOvertakenOperation: who waits for a boot that a stop cuts short hears it, and
// the machine does not appear.
func TestOvertakenOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		if _, err := s.region.RunInstances(s.ctx, Launch{Name: "web-1", Type: "t2.micro", AppBoot: showdown.Minute}); err != nil {
			t.Fatal(err)
		}
		heard := make(chan error)
		go func() { heard <- s.region.WaitListening(s.ctx, "web-1") }()
		until(t, s, "web-1", Running)
		if err := s.region.TerminateInstances(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		if err := <-heard; !errors.Is(err, errSuperseded) {
			t.Errorf("who waited heard %v", err)
		}
		until(t, s, "web-1", Terminated)
		if n := len(s.backend.configs("web-1")); n != 0 {
			t.Errorf("%d machines were started", n)
		}
	})
}

// TestEmitMayCallTheRegion: an event's receiver may look at the Region.
func TestEmitMayCallTheRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			mu     sync.Mutex
			states []string
			s      *testRegion
		)
		s = newTestRegion(t, func(e showdown.Event) {
			if e.Kind != showdown.InstanceState {
				return
			}
			if _, err := s.region.DescribeInstances(context.Background()); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			states = append(states, e.Data["to"].(string))
		})
		place(t, s, Launch{Name: "web-1", Type: "t2.micro"})
		if err := s.region.ResizeInstance(s.ctx, "web-1", "m5.large"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := []string{"running", "stopping", "stopped", "pending", "running"}
		mu.Lock()
		defer mu.Unlock()
		if len(states) != len(want) {
			t.Fatalf("%v, want %v", states, want)
		}
		for i := range want {
			if states[i] != want[i] {
				t.Errorf("%v, want %v", states, want)
			}
		}
	})
}

// TestSystemStatus: the system check looks at the host of the machines.
func TestSystemStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		place(t, s, Launch{Name: "web-1", Type: "t2.micro"})
		close(s.backend.lost)
		in, err := s.region.Wait(s.ctx, "web-1", func(in Instance) bool { return in.Status.System == Impaired })
		if err != nil || in.Status.Instance != HealthOK {
			t.Errorf("%+v, %v", in.Status, err)
		}
		all, err := s.region.DescribeInstanceStatus(s.ctx)
		if err != nil || len(all) != 1 || all[0].System != Impaired {
			t.Errorf("%v, %v", all, err)
		}
	})
}

func TestCloseWhileBooting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		place(t, s, Launch{Name: "web-1", Type: "t2.micro"})
		if _, err := s.region.RunInstances(s.ctx, Launch{Name: "web-2", Type: "t2.micro"}); err != nil {
			t.Fatal(err)
		}
		if err := s.region.Close(s.ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.region.Close(s.ctx); err != nil {
			t.Fatal(err)
		}
		<-time.After(s.region.cfg.Clock.Lab(5 * showdown.Minute))
		if m := s.backend.machine("web-2"); m != nil {
			t.Error("a machine was started after close")
		}
		if _, ok := s.region.Machine("web-1"); ok {
			t.Error("a machine is left")
		}
		if _, err := s.region.Place(s.ctx, Launch{Name: "web-3", Type: "t2.micro"}); err == nil {
			t.Error("an instance was placed after close")
		}
	})
}

func TestRunTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		synctest.Wait()
		if err := s.region.Run(s.ctx); err == nil {
			t.Error("it runs twice")
		}
	})
}
