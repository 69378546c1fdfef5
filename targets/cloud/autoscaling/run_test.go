package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showdown"
)

// lab is a world in lab time: what the group sees through its interfaces, with a clock.
type lab struct {
	clock showdown.Clock
	epoch time.Time

	mu      sync.Mutex
	w       *world
	group   *Group
	ends    []time.Time     // of the minutes that metrics were asked for
	tried   []time.Duration // when a launch was tried, in lab time
	events  []showdown.Event
	blocked bool // launches wait for their context
}

// newLab is a group of the given specification that runs until the test ends. It must be
// made inside a synctest bubble.
func newLab(t *testing.T, speed float64, spec showdown.AutoScalingGroup) *lab {
	t.Helper()
	clock, err := showdown.NewClock(speed)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{clock: clock, epoch: time.Now(), w: newWorld(spec, true, 7, nil)}
	l.w.load = 1000
	l.group, err = New(Config{
		Clock: clock, Seed: 7, Spec: spec, Fleet: l, Targets: labTargets{l}, Metrics: l,
		Emit: func(e showdown.Event) {
			l.group.Describe() // the receiver may ask the group
			l.mu.Lock()
			defer l.mu.Unlock()
			l.events = append(l.events, e)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range spec.Initial() {
		l.group.Adopt(in.Name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := l.group.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	wg.Go(func() { l.turn(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	synctest.Wait()
	return l
}

// turn lets things happen in the world at their moments.
func (l *lab) turn(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
			l.change(func() {})
		}
	}
}

// change changes something in the world, and lets the group know.
func (l *lab) change(what func()) {
	l.mu.Lock()
	l.look()
	what()
	l.mu.Unlock()
	l.group.Wake()
}

// look brings the world up to now. l.mu is held.
func (l *lab) look() {
	l.w.now = l.clock.AWS(time.Since(l.epoch))
	l.w.age()
}

func (l *lab) order(v verb, name string, in showdown.Instance) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	if v == doLaunch {
		l.tried = append(l.tried, time.Since(l.epoch))
	}
	return l.w.carryOut(order{verb: v, name: name, launch: in})
}

func (l *lab) Launch(ctx context.Context, in showdown.Instance) error {
	l.mu.Lock()
	blocked := l.blocked
	l.mu.Unlock()
	if blocked {
		<-ctx.Done()
		return ctx.Err()
	}
	return l.order(doLaunch, in.Name, in)
}

func (l *lab) Terminate(_ context.Context, name string) error {
	return l.order(doTerminate, name, showdown.Instance{})
}

func (l *lab) Stop(_ context.Context, name string) error {
	return l.order(doStop, name, showdown.Instance{})
}

func (l *lab) Start(_ context.Context, name string) error {
	return l.order(doStart, name, showdown.Instance{})
}

func (l *lab) Instance(name string) (Member, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	s := l.w.sight(name)
	s.LaunchedAt = time.Now().Add(-l.clock.Lab(s.age))
	s.ImpairedSince = time.Now().Add(-l.clock.Lab(s.impairedFor))
	return s.Member, s.known
}

func (l *lab) Value(_ showdown.Metric, end time.Time) (float64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends = append(l.ends, end)
	v := l.w.metric(showdown.RequestCountPerTarget)
	return v, v >= 0
}

// labTargets is the load balancer of a lab.
type labTargets struct{ *lab }

func (l labTargets) Register(_ context.Context, name string) error {
	return l.order(doRegister, name, showdown.Instance{})
}

func (l labTargets) Deregister(_ context.Context, name string) error {
	return l.order(doDeregister, name, showdown.Instance{})
}

func (l labTargets) Health(name string) (state, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	if b := l.w.instances[name]; b != nil {
		return l.w.health(b), ""
	}
	return "", ""
}

func twoZones() showdown.AutoScalingGroup {
	return showdown.AutoScalingGroup{
		Name: "web", Template: showdown.Instance{Type: "m5.large"}, Min: 2, Desired: 2, Max: 4,
		Zones: []string{"us-east-1a", "us-east-1b"}, HealthCheck: showdown.ELBHealthCheck, GracePeriod: 5 * showdown.Minute,
		Policies: []showdown.ScalingPolicy{{
			Name: "requests", Type: showdown.TargetTracking, Metric: showdown.RequestCountPerTarget, Target: 1000,
		}},
	}
}

// lifecycles are the lifecycle events so far: "web-3 Pending".
func (l *lab) lifecycles() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, e := range l.events {
		if e.Kind == showdown.ScalingLifecycle {
			out = append(out, fmt.Sprintf("%s %v", e.Target, e.Data["to"]))
		}
	}
	return out
}

// TestRunReplaces kills an instance of a running group: the group is woken, acts at once,
// and looks again by itself.
func TestRunReplaces(t *testing.T) {
	for _, speed := range []float64{1, 60, 1440} {
		t.Run(fmt.Sprint(speed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, speed, twoZones())
				time.Sleep(l.clock.Lab(90 * showdown.Second))
				l.change(func() { l.w.instances["web-2"].down(shuttingDown, terminated, l.w.now) })
				synctest.Wait()
				if got := l.lifecycles(); !slices.Contains(got, "web-2 Terminating") || !slices.Contains(got, "web-3 Pending") {
					t.Fatalf("at the moment of the kill: %v", got)
				}
				time.Sleep(l.clock.Lab(90 * showdown.Second))
				synctest.Wait()
				want := []string{
					"web-1 InService", "web-2 InService", "web-2 Terminating", "web-3 Pending", "web-2 Terminated", "web-3 InService",
				}
				if got := l.lifecycles(); !slices.Equal(got, want) {
					t.Errorf("got %v\nwant %v", got, want)
				}
				d := l.group.Describe()
				if len(d.Instances) != 2 || d.Instances[1].Name != "web-3" || d.Instances[1].Zone != "us-east-1b" {
					t.Errorf("instances: %+v", d.Instances)
				}
				launch := d.Activities[0]
				if launch.Status != Successful || launch.Description != "Launching a new EC2 instance: web-3" {
					t.Errorf("newest activity: %+v", launch)
				}
				// The history speaks AWS time, whatever the speed.
				if took := launch.End.Sub(launch.Start); took < 22*time.Second || took > 25*time.Second+time.Duration(l.clock.AWS(50*time.Millisecond)) {
					t.Errorf("the launch took %s", took)
				}
			})
		})
	}
}

// TestRunMetrics asks for each minute once, a minute after its end.
func TestRunMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 1440, twoZones())
		time.Sleep(l.clock.Lab(10*showdown.Minute + showdown.Second))
		synctest.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.ends) != 9 {
			t.Fatalf("asked for %d minutes in ten", len(l.ends))
		}
		for i, end := range l.ends {
			if want := l.epoch.Add(l.clock.Lab(showdown.Duration(i+1) * showdown.Minute)); !end.Equal(want) {
				t.Errorf("minute %d ended at %s, asked for %s", i+1, want, end)
			}
		}
	})
}

// TestRunRetries closes both zones: the attempts come at the back-off's moments.
func TestRunRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := twoZones()
		spec.Zones = spec.Zones[:1]
		l := newLab(t, 60, spec)
		l.change(func() {
			l.w.closed["us-east-1a"] = true
			l.w.instances["web-1"].down(shuttingDown, terminated, l.w.now)
		})
		time.Sleep(l.clock.Lab(20 * showdown.Minute))
		synctest.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		want := []time.Duration{0, 1, 3, 7, 12, 17} // AWS minutes, which are lab seconds here
		if len(l.tried) != len(want) {
			t.Fatalf("tried at %v", l.tried)
		}
		for i, at := range l.tried {
			if d := at - want[i]*time.Second; d < 0 || d > 2*time.Microsecond {
				t.Errorf("attempt %d was at %s", i, at)
			}
		}
	})
}

// TestRunSchedule counts scheduled actions from the start of the traffic.
func TestRunSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := twoZones()
		four := 4
		spec.Policies = nil
		spec.Scheduled = []showdown.ScheduledAction{{Name: "morning", At: 5 * showdown.Minute, Desired: &four}}
		l := newLab(t, 60, spec)
		time.Sleep(l.clock.Lab(20 * showdown.Minute))
		if d := l.group.Describe(); d.Desired != 2 {
			t.Fatalf("desired capacity %d before the traffic", d.Desired)
		}
		l.group.StartSchedule(time.Now())
		time.Sleep(l.clock.Lab(5*showdown.Minute) - time.Millisecond)
		synctest.Wait()
		if d := l.group.Describe(); d.Desired != 2 {
			t.Errorf("desired capacity %d before its time", d.Desired)
		}
		time.Sleep(time.Millisecond + time.Microsecond)
		synctest.Wait()
		if d := l.group.Describe(); d.Desired != 4 || !strings.Contains(d.Activities[0].Cause, "the scheduled action morning executed") {
			t.Errorf("desired capacity %d, %+v", d.Desired, d.Activities)
		}
	})
}

// TestRunConcurrently uses a running group from many sides.
func TestRunConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 60, twoZones())
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for n := range 20 {
					l.group.Wake()
					_ = l.group.SetDesiredCapacity(2+(i+n)%3, false)
					l.group.Describe()
					time.Sleep(time.Duration(100+i) * time.Millisecond)
				}
			})
		}
		wg.Wait()
		if err := l.group.SetDesiredCapacity(3, false); err != nil {
			t.Error(err)
		}
		time.Sleep(l.clock.Lab(20 * showdown.Minute))
		synctest.Wait()
		d := l.group.Describe()
		in := 0
		for _, m := range d.Instances {
			if m.Lifecycle == InService {
				in++
			}
		}
		if in != d.Desired {
			t.Errorf("%d in service, desired %d: %+v", in, d.Desired, d.Instances)
		}
		if err := l.group.Run(t.Context()); err == nil {
			t.Error("a group ran twice")
		}
	})
}

// TestRunEnds while a launch is under way: it is not written down as failed.
func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l *lab
		t.Cleanup(func() { // when Run has ended
			d := l.group.Describe()
			if len(d.Activities) != 1 || d.Activities[0].Instance != "web-1" {
				t.Errorf("activities: %+v", d.Activities)
			}
		})
		l = newLab(t, 60, twoZones())
		l.change(func() {
			l.blocked = true
			l.w.instances["web-1"].down(shuttingDown, terminated, l.w.now)
		})
		synctest.Wait()
	})
}
