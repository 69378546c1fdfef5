package machine

import (
	"math"
	"testing"
	"time"

	"showdown/targets/cloud"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// after is a moment of lab time.
func after(d time.Duration) time.Time { return epoch.Add(d) }

func mustPool(t testing.TB, c cloud.Capacity, speed float64) *pool {
	t.Helper()
	p, err := newPool(c, speed, epoch)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Instance types as the facts have them: CoreMark of all vCPUs, and credits.
func t2micro(credits cloud.Credits) cloud.Capacity {
	credits.Baseline, credits.PerHour, credits.Max = 0.1, 6, 144
	return cloud.Capacity{Type: "t2.micro", VCPUs: 1, Iterations: 22258, Work: 222.58, Queue: 10, Credits: &credits}
}

func t3micro(credits cloud.Credits) cloud.Capacity {
	credits.Baseline, credits.PerHour, credits.Max = 0.1, 12, 288
	return cloud.Capacity{Type: "t3.micro", VCPUs: 2, Iterations: 29070, Work: 145.35, Queue: 10, Credits: &credits}
}

func m5large() cloud.Capacity {
	return cloud.Capacity{Type: "m5.large", VCPUs: 2, Iterations: 28470, Work: 222.58, Queue: 10}
}

// goodput offers requests at a rate for d of lab time and counts the admitted ones.
func goodput(p *pool, rate float64, from, d time.Duration) float64 {
	n, gap := 0, time.Duration(float64(time.Second)/rate)
	for t := time.Duration(0); t < d; t += gap {
		if _, ok := p.admit(after(from + t)); ok {
			n++
		}
	}
	return float64(n) / d.Seconds()
}

func near(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance }

func TestServiceTimeIsWorkPerVCPU(t *testing.T) {
	for _, c := range []struct {
		name     string
		capacity cloud.Capacity
		want     float64 // seconds
	}{
		{"t2.micro: 222.58 of 22,258/s", t2micro(cloud.Credits{Launch: 30}), 0.01},
		{"m5.large: 222.58 of 14,235/s each", m5large(), 0.015636},
		{"t3.micro: 145.35 of 14,535/s each", t3micro(cloud.Credits{Earned: 100}), 0.01},
	} {
		p := mustPool(t, c.capacity, 60)
		end, ok := p.admit(epoch)
		if got := p.remaining(end).Seconds(); !ok || !near(got, c.want, 1e-5) {
			t.Errorf("%s: %g s, want %g", c.name, got, c.want)
		}
	}
}

func TestRequestsWaitForTheWorkerThatIsFreeFirst(t *testing.T) {
	c := m5large()
	c.Work = c.Iterations / 2 // one second
	c.Queue = 3
	p := mustPool(t, c, 60)
	for i, r := range []struct {
		at   time.Duration
		want time.Duration // wait and service; 0 is a rejection
	}{
		{0, time.Second},                                   // worker 1 until 1.0
		{500 * time.Millisecond, time.Second},              // worker 2 until 1.5
		{500 * time.Millisecond, 1500 * time.Millisecond},  // worker 1 until 2.0
		{500 * time.Millisecond, 2 * time.Second},          // worker 2 until 2.5
		{500 * time.Millisecond, 2500 * time.Millisecond},  // worker 1 until 3.0
		{500 * time.Millisecond, 0},                        // three wait
		{999 * time.Millisecond, 0},                        // still
		{1000 * time.Millisecond, 2500 * time.Millisecond}, // one was taken up: worker 2 until 3.5
		{10 * time.Second, time.Second},                    // idle again
	} {
		end, ok := p.admit(after(r.at))
		if got := p.remaining(end); ok != (r.want != 0) || ok && !near(got.Seconds(), r.want.Seconds(), 1e-6) {
			t.Errorf("request %d at %s: %s %t, want %s", i+1, r.at, got, ok, r.want)
		}
	}
	if got, want := p.busy(), 5.0+1.0+1.0-1.0; !near(got, want, 1e-6) { // the last has just begun
		t.Errorf("busy %g s, want %g", got, want)
	}
}

// TestWaitingIsWhoHasNoWorker counts the admitted requests that no vCPU works on yet.
func TestWaitingIsWhoHasNoWorker(t *testing.T) {
	p, err := newPool(m5large(), 1, after(0))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 0, 1, 2, 3} {
		if _, ok := p.admit(after(0)); !ok || p.waiting() != want {
			t.Errorf("after request %d: %d wait, want %d", i+1, p.waiting(), want)
		}
	}
	// Two are served at once, each in 15.6 ms.
	for at, want := range map[time.Duration]int{16 * time.Millisecond: 1, 32 * time.Millisecond: 0} {
		q := *p
		q.advance(after(at))
		if q.waiting() != want {
			t.Errorf("after %s: %d wait, want %d", at, q.waiting(), want)
		}
	}
}

func TestGoodputIsTheTypesSpeed(t *testing.T) {
	const overload = 1.2
	for _, c := range []struct {
		name     string
		capacity cloud.Capacity
		want     float64
	}{
		{"t2.micro with credits", t2micro(cloud.Credits{Launch: 30}), 100},
		{"t2.micro without: 10 %", t2micro(cloud.Credits{}), 10},
		{"t2.micro without, unlimited", t2micro(cloud.Credits{Unlimited: true}), 100},
		{"t3.micro without, standard: 10 % of each vCPU", t3micro(cloud.Credits{}), 20},
		{"m5.large: 1.28 times the bursting t2.micro", m5large(), 127.9},
	} {
		p := mustPool(t, c.capacity, 60)
		// The queue is filled before it is counted.
		goodput(p, c.want*overload, 0, 20*time.Second)
		got := goodput(p, c.want*overload, 20*time.Second, 10*time.Second)
		if !near(got, c.want, 0.02*c.want) {
			t.Errorf("%s: %g requests/s, want %g", c.name, got, c.want)
		}
	}
}

func TestStealSlowsWhatIsUnderWay(t *testing.T) {
	c := m5large()
	c.Work = c.Iterations / 2 // one second
	p := mustPool(t, c, 60)
	end, _ := p.admit(epoch)
	p.setSteal(after(500*time.Millisecond), 0.75)
	if got := p.remaining(end); !near(got.Seconds(), 2, 1e-6) {
		t.Errorf("half a second of work at a quarter of the speed: %s", got)
	}
	p.setSteal(after(1500*time.Millisecond), 0)
	if got := p.remaining(end); !near(got.Seconds(), 0.25, 1e-6) {
		t.Errorf("the rest at full speed: %s", got)
	}
	p.setSteal(after(1600*time.Millisecond), 1)
	if got := p.remaining(end); got < time.Hour {
		t.Errorf("without a CPU: %s", got)
	}
	p.advance(after(time.Hour))
	if got := p.busy(); !near(got, 0.85, 1e-6) {
		t.Errorf("busy %g s", got)
	}
}

// A pool that is held takes nobody, finishes what it has, and costs nothing.
func TestHeldPoolRefusesAndComputesNothing(t *testing.T) {
	c := t2micro(cloud.Credits{Earned: 100})
	c.Credits.PerHour = 0
	c.Work, c.Queue = c.Iterations, 1 // one second
	p := mustPool(t, c, 60)
	first, _ := p.admit(epoch)
	second, _ := p.admit(epoch)
	p.setHeld(after(500*time.Millisecond), true)
	for _, at := range []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond, time.Hour} {
		if _, ok := p.admit(after(at)); ok {
			t.Errorf("a request found a place after %s", at)
		}
		if share := p.share(); share != 1 {
			t.Errorf("speed %g after %s", share, at)
		}
		if at == 1500*time.Millisecond {
			if got := p.remaining(first); got != 0 {
				t.Errorf("the first is not done: %s", got)
			}
			if got := p.remaining(second).Seconds(); !near(got, 0.5, 1e-6) {
				t.Errorf("the second, which has its place, takes %g s more, want 0.5", got)
			}
		}
	}
	if busy, balance := p.busy(), p.credits.balance(); !near(busy, 2, 1e-6) || !near(balance, 98, 1e-6) {
		t.Errorf("busy %g s, balance %g: want the two requests and nothing else", busy, balance)
	}
	p.setHeld(after(time.Hour), false)
	if end, ok := p.admit(after(time.Hour)); !ok || !near(p.remaining(end).Seconds(), 1, 1e-6) {
		t.Error("a request finds no free worker when nothing is held any more")
	}
}

func TestPoolRefusesWhatIsNoCapacity(t *testing.T) {
	for name, change := range map[string]func(*cloud.Capacity){
		"no vCPU":         func(c *cloud.Capacity) { c.VCPUs = 0 },
		"no speed":        func(c *cloud.Capacity) { c.Iterations = 0 },
		"not a number":    func(c *cloud.Capacity) { c.Iterations = math.NaN() },
		"negative work":   func(c *cloud.Capacity) { c.Work = -1 },
		"negative memory": func(c *cloud.Capacity) { c.MemoryMiB = -1 },
		"negative queue":  func(c *cloud.Capacity) { c.Queue = -1 },
	} {
		c := m5large()
		change(&c)
		if _, err := newPool(c, 60, epoch); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := newPool(m5large(), 0, epoch); err == nil {
		t.Error("speed 0: no error")
	}
}

// FuzzPool holds what must be true of any sequence of requests: the clock only goes
// forward, no more work is done than there is time for, and credits stay in bounds.
func FuzzPool(f *testing.F) {
	f.Add(uint8(1), uint8(3), uint16(60), []byte{0, 1, 2, 200, 0, 0, 0, 255})
	f.Add(uint8(2), uint8(0), uint16(3600), []byte{255, 255, 0, 0})
	f.Fuzz(func(t *testing.T, vcpus, queue uint8, speed uint16, gaps []byte) {
		c := t2micro(cloud.Credits{Launch: 3, Earned: 1})
		c.VCPUs, c.Queue = 1+int(vcpus%8), int(queue)
		p := mustPool(t, c, 1+float64(speed%3600))
		at, last := epoch, 0.0
		for _, gap := range gaps[:min(len(gaps), 500)] {
			at = at.Add(time.Duration(gap) * 100 * time.Microsecond)
			if gap%7 == 0 {
				p.setSteal(at, float64(gap)/255)
			}
			if gap%11 == 0 {
				p.setHeld(at, gap%2 == 0)
			}
			end, ok := p.admit(at)
			if ok && p.held {
				t.Fatal("a held pool takes a request")
			}
			if ok && end < p.now {
				t.Fatalf("a request ends at %g, before %g", end, p.now)
			}
			if p.now < last || p.now > at.Sub(epoch).Seconds()+1e-6 {
				t.Fatalf("clock at %g after %g, %s after the start", p.now, last, at.Sub(epoch))
			}
			last = p.now
			if len(p.starts) > c.Queue {
				t.Fatalf("%d wait in a queue of %d", len(p.starts), c.Queue)
			}
			if busy := p.busy(); busy < -1e-9 || busy > p.now*float64(c.VCPUs)+1e-6 {
				t.Fatalf("busy %g at %g", busy, p.now)
			}
			if b := p.credits.balance(); b < 0 || b > p.credits.Max+3 || p.credits.Launch < 0 {
				t.Fatalf("balance %g", b)
			}
		}
	})
}
