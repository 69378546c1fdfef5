package attack_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/attack"
	"showdown/attack/outage"
)

// One attack plays all phases: the requests of each segment are the integral of its
// rate to within one, numbered by intended time, and connections survive from
// segment to segment.
func TestRunPlaysAllPhases(t *testing.T) {
	s := serve(t, "127.0.0.3:0", always(okAnswer))
	traffic := showdown.Traffic{
		Clients: 4, Profile: showdown.Pinned, Timeout: 2 * showdown.Minute,
		Phases: []showdown.Phase{
			{Name: "steady", For: 20 * showdown.Second, Rate: 200},
			{Name: "up", For: 20 * showdown.Second, Pace: showdown.Ramp, To: 400},
			{Name: "silence", For: 5 * showdown.Second},
			{Name: "ladder", For: 10 * showdown.Second, Pace: showdown.Steps, Steps: []float64{100, 300}},
			{Name: "day", For: 20 * showdown.Second, Pace: showdown.Sine, Rate: 200, Amplitude: 200, Period: 10 * showdown.Second},
			{Name: "rush", For: 30 * showdown.Second, Pace: showdown.Spike, Rate: 50, Peak: 500},
		},
	}
	c := clock(t, 60)
	segments := traffic.Segments(c)
	var mu sync.Mutex
	var announced []string
	hits := play(t, attack.Config{
		Traffic: traffic, Clock: c, Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}},
		OnPhase: func(s showdown.Segment) {
			mu.Lock()
			defer mu.Unlock()
			announced = append(announced, s.Name())
		},
	})
	counted := make([]int, len(segments))
	var last time.Duration
	for _, h := range hits {
		if h.Intended < last {
			t.Fatalf("request %d is due at %v, after the next one", h.Seq, h.Intended)
		}
		last = h.Intended
		if h.Sent < h.Intended {
			t.Errorf("request %d is sent at %v, before %v", h.Seq, h.Sent, h.Intended)
		}
		if h.Outcome != showdown.OK {
			t.Errorf("request %d: %v", h.Seq, h.Outcome)
		}
		for i, seg := range segments {
			if h.Intended >= seg.Start && h.Intended < seg.End {
				counted[i]++
			}
		}
	}
	var want []string
	for i, seg := range segments {
		want = append(want, seg.Name())
		if due := seg.Hits(seg.End); math.Abs(float64(counted[i])-due) > 1 {
			t.Errorf("%s: %d requests, the integral of the rate is %g", seg.Name(), counted[i], due)
		}
	}
	if !slices.Equal(announced, want) {
		t.Errorf("announced %v, want %v", announced, want)
	}
	if n := s.connections(); n > len(hits)/4 {
		t.Errorf("%d connections for %d requests of 4 clients", n, len(hits))
	}
}

// Cohorts differ in what they know: those who were told of one instance fail when it
// is away, the others do not, and their shares of the requests are exact.
func TestCohorts(t *testing.T) {
	s := serve(t, "127.0.0.3:0", always(okAnswer))
	traffic := steady("", 100, 500, 400*time.Millisecond)
	traffic.Cohorts = []showdown.Cohort{
		{Name: "told of one", Share: 0.25, Profile: showdown.Pinned, Knows: []string{"away"}},
		{Name: "told of all", Share: 0.75, Profile: showdown.AddressList},
	}
	hits := play(t, attack.Config{
		Traffic: traffic, Endpoints: []attack.Endpoint{{Name: "away", Address: unused}, {Name: "there", Address: s.Address}},
	})
	got := make(map[string]int)
	for _, h := range hits {
		got[traffic.Cohorts[traffic.CohortOf(h.Client)].Name+" "+h.Outcome.String()]++
	}
	if len(got) != 2 || got["told of one refused"] != 50 || got["told of all ok"] != 150 {
		t.Errorf("requests %v, want 50 of the quarter refused and 150 ok", got)
	}
}

func TestSetAddresses(t *testing.T) {
	one := serve(t, "127.0.0.3:0", always(okAnswer))
	two := serve(t, "127.0.0.5:0", always(okAnswer))
	var s sink
	var a *attack.Attack
	traffic := steady(showdown.Pinned, 2, 50, 600*time.Millisecond)
	traffic.Phases = append([]showdown.Phase{{Name: "before", Rate: 50, For: showdown.Duration(400 * time.Millisecond)}}, traffic.Phases...)
	a, err := attack.New(attack.Config{
		Traffic: traffic, Clock: clock(t, 1), Sink: s.add, Endpoints: []attack.Endpoint{{Name: "web-1", Address: one.Address}},
		OnPhase: func(seg showdown.Segment) {
			if seg.Phase == "steady" {
				a.SetAddresses([]attack.Endpoint{{Name: "web-1", Address: two.Address}})
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if one.connections() < 1 || two.connections() < 1 {
		t.Errorf("%d connections to the old address and %d to the new", one.connections(), two.connections())
	}
	hits := s.all(t)
	if n := counts(hits)[showdown.OK]; n != 50 {
		t.Errorf("%v, want 50 ok", counts(hits))
	}
}

// A target that answers nothing fills the attack: further requests are dropped, with
// numbers and intended times like all others.
func TestDropped(t *testing.T) {
	s := serve(t, "127.0.0.3:0", hang)
	traffic := steady(showdown.Browser, 10, 200, 500*time.Millisecond)
	hits := play(t, attack.Config{
		Traffic: traffic, MaxInFlight: 20, Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}},
	})
	got := counts(hits)
	if got[showdown.ResponseTimeout] != 20 || got[showdown.Dropped] != 80 {
		t.Errorf("%v, want 20 timeouts and 80 dropped", got)
	}
	for _, h := range hits {
		want := time.Duration(h.Seq)*5*time.Millisecond + 2500*time.Microsecond
		if h.Intended != want {
			t.Fatalf("request %d is due at %v, want %v", h.Seq, h.Intended, want)
		}
		if h.Outcome == showdown.Dropped && (h.Sent != h.Intended || h.Latency != 0 || h.Client >= 10) {
			t.Errorf("dropped: %+v", h)
		}
	}
}

func TestCancel(t *testing.T) {
	for name, do := range map[string]script{"answering": always(okAnswer), "hanging": hang} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, "127.0.0.3:0", do)
			traffic := steady(showdown.Browser, 10, 200, time.Hour)
			traffic.Timeout = showdown.Minute
			var s sink
			ctx, cancel := context.WithCancelCause(t.Context())
			why := errors.New("enough")
			a, err := attack.New(attack.Config{
				Traffic: traffic, Clock: clock(t, 1), Endpoints: []attack.Endpoint{{Name: "web-1", Address: server.Address}},
				Sink: s.add, OnPhase: func(showdown.Segment) { time.AfterFunc(300*time.Millisecond, func() { cancel(why) }) },
			})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if err := a.Run(ctx, time.Now()); !errors.Is(err, why) {
				t.Errorf("error %v, want the context's cause", err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("the attack ended after %v, with a timeout of a minute", took)
			}
			hits := s.all(t)
			want := map[string]showdown.Outcome{"answering": showdown.OK, "hanging": showdown.ResponseTimeout}[name]
			if n := counts(hits)[want]; n != len(hits) || n < 10 {
				t.Errorf("%v, want all %v", counts(hits), want)
			}
		})
	}
}

func TestCancelBeforeZero(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var s sink
	a, err := attack.New(attack.Config{
		Traffic: steady(showdown.Browser, 1, 10, time.Second), Clock: clock(t, 1), Sink: s.add,
		Endpoints: []attack.Endpoint{{Name: "web-1", Address: unused}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(ctx, time.Now().Add(time.Hour)); !errors.Is(err, context.DeadlineExceeded) || len(s.hits) != 0 {
		t.Errorf("error %v with %d requests, want the deadline and none", err, len(s.hits))
	}
	if err := a.Run(t.Context(), time.Now()); err == nil || !strings.Contains(err.Error(), "second time") {
		t.Errorf("second run: %v", err)
	}
}

func TestRateAndSpike(t *testing.T) {
	s := serve(t, "127.0.0.3:0", always(okAnswer))
	var out sink
	rates := make(chan float64, 2)
	traffic := steady(showdown.Pinned, 10, 100, 0)
	traffic.Phases = []showdown.Phase{
		{Name: "one", Rate: 100, For: showdown.Duration(300 * time.Millisecond)},
		{Name: "two", Rate: 100, For: showdown.Duration(300 * time.Millisecond)},
	}
	var a *attack.Attack
	a, err := attack.New(attack.Config{
		Traffic: traffic, Clock: clock(t, 1), Sink: out.add, Endpoints: []attack.Endpoint{{Name: "web-1", Address: s.Address}},
		OnPhase: func(seg showdown.Segment) {
			if seg.Phase == "two" {
				a.Spike(3)
			}
			rates <- a.Rate()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if a.Rate() != 0 {
		t.Errorf("rate %g before the start", a.Rate())
	}
	limit := a.MaxInFlight()
	if err := a.Run(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if one, two := <-rates, <-rates; one != 100 || two != 300 {
		t.Errorf("rates %g and %g, want 100 and 300", one, two)
	}
	// The phase's callback comes a little late on a busy machine.
	if n := len(out.all(t)); n < 100 || n > 121 {
		t.Errorf("%d requests, want 30 and up to 90", n)
	}
	if got := a.MaxInFlight(); got != 3*limit {
		t.Errorf("%d may be in flight under the spike, %d without", got, limit)
	}
}

func TestTimeoutFloor(t *testing.T) {
	for _, test := range []struct {
		speed   float64
		want    time.Duration
		floored bool
	}{
		{1, 5 * time.Second, false},
		{60, 5 * time.Second / 60, false},
		{300, showdown.FloorClient, true},
	} {
		traffic := steady(showdown.Pinned, 1, 1, time.Second)
		traffic.Timeout = 5 * showdown.Second
		a, err := attack.New(attack.Config{
			Traffic: traffic, Clock: clock(t, test.speed), Sink: func([]showdown.Hit) {},
			Endpoints: []attack.Endpoint{{Name: "web-1", Address: unused}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, floored := a.Timeout(); got != test.want || floored != test.floored {
			t.Errorf("speed %g: %v, floored %v; want %v, %v", test.speed, got, floored, test.want, test.floored)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := func() attack.Config {
		return attack.Config{
			Traffic: steady(showdown.Pinned, 1, 10, time.Second), Clock: clock(t, 1), Sink: func([]showdown.Hit) {},
			Endpoints: []attack.Endpoint{{Name: "web-1", Address: unused}},
		}
	}
	for _, test := range []struct {
		want   string
		change func(*attack.Config)
	}{
		{"no sink", func(c *attack.Config) { c.Sink = nil }},
		{"no endpoint", func(c *attack.Config) { c.Endpoints = nil }},
		{"0 clients", func(c *attack.Config) { c.Traffic.Clients = 0 }},
		{"unknown profile", func(c *attack.Config) { c.Traffic.Profile = "bot" }},
		{"no phase", func(c *attack.Config) { c.Traffic.Phases = nil }},
		{"would fall to -5", func(c *attack.Config) {
			c.Traffic.Phases[0].Pace, c.Traffic.Phases[0].Amplitude, c.Traffic.Phases[0].Period = showdown.Sine, 15, showdown.Second
		}},
		{"not an IP address", func(c *attack.Config) { c.Source = "localhost" }},
		{"no address of this machine", func(c *attack.Config) { c.Source = "192.0.2.1" }},
		{"not one word", func(c *attack.Config) { c.Traffic.Method = "GET /" }},
		{"does not start with /", func(c *attack.Config) { c.Traffic.Path = "cart" }},
		{`knows "web-2"`, func(c *attack.Config) {
			c.Traffic.Cohorts = []showdown.Cohort{{Name: "x", Share: 1, Profile: showdown.Pinned, Knows: []string{"web-2"}}}
		}},
	} {
		c := good()
		test.change(&c)
		if _, err := attack.New(c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

// A known outage is measured, by intended times, to within two intervals.
func TestKnownOutage(t *testing.T) {
	const rate = 200.0
	for _, mode := range outage.Modes() {
		t.Run(string(mode), func(t *testing.T) {
			target, err := outage.Listen("127.0.0.6:0", outage.Window{Mode: mode, Start: 300 * time.Millisecond, End: 700 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			zero := time.Now()
			go func() { done <- target.Run(ctx, zero) }()
			var s sink
			a, err := attack.New(attack.Config{
				Traffic: steady(showdown.Pinned, 50, rate, time.Second), Clock: clock(t, 1), Sink: s.add,
				Endpoints: []attack.Endpoint{{Name: "target", Address: target.Address()}}, Source: "127.0.0.77",
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Run(t.Context(), zero); err != nil {
				t.Fatal(err)
			}
			cancel()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			truth := target.Seen()[0]
			var first, next, late time.Duration
			failed := 0
			for _, h := range s.all(t) {
				late = max(late, h.Sent-h.Intended)
				switch {
				case h.Failed():
					if failed == 0 {
						first = h.Intended
					}
					failed++
					next = 0
				case failed > 0 && next == 0:
					next = h.Intended
				}
			}
			want, got := truth.End-truth.Start, next-first
			// A generator that was late measures its own lateness: that is reported beside it.
			if miss := (got - want).Abs(); miss > 2*time.Second/rate+2*late {
				t.Errorf("outage of %v measured as %v with %d failures; the generator was at most %v late", want, got, failed, late)
			}
		})
	}
}
