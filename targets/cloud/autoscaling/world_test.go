package autoscaling

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"showdown"
)

// world is EC2, a load balancer and CloudWatch as a group sees them, in AWS time and
// without a clock: things happen when [world.to] reaches their moment.
type world struct {
	core *core
	now  moment
	// instances are all that ever were, by name; names are in the order of their launch.
	instances map[string]*box
	names     []string
	closed    map[string]bool
	// load is the requests of a minute to the load balancer; perTarget overrides what
	// follows from it, and cpu is the CPU utilization. Below 0 there is no data.
	load, perTarget, cpu float64
	// refuse are the orders that are refused.
	refuse map[verb]bool
	// boot is how long an application takes to answer when its instance runs.
	boot showdown.Duration
	// drain is how long a target drains.
	drain showdown.Duration
	// sickApp says that no new instance passes the load balancer's check.
	sickApp bool
	// stillborn says that new instances end as soon as they are launched.
	stillborn bool
	say       func(showdown.Event)
	// minutes are the metrics of the minutes so far, by their end.
	minutes map[moment]map[showdown.Metric]float64
	// most is the largest number of active instances that there ever was.
	most int
}

// box is an instance in the world.
type box struct {
	in       showdown.Instance
	state    string
	launched moment
	// then is the state that follows at the moment next.
	then string
	next moment
	// listens is when the application answers; never while it does not run.
	listens moment
	impaired,
	sick bool
	impairedAt, sickAt moment
	// registered is when it became a target, drained when it stops being one; never when
	// it is none, or is not draining.
	registered, drained moment
}

// How long EC2 takes here, in the middle of what is measured.
const (
	launchTakes = 22600 * showdown.Second / 1000
	startTakes  = 18200 * showdown.Second / 1000
	bootTakes   = 13200 * showdown.Second / 1000
	stopTakes   = 40 * showdown.Second
	endTakes    = 40 * showdown.Second
	// checkTakes is how long the load balancer takes to find a new target healthy,
	// turnTakes how long to find it unhealthy, or healthy again.
	checkTakes = 15 * showdown.Second
	turnTakes  = 60 * showdown.Second
)

// epoch is when the stories begin.
var epoch = time.Date(2026, 11, 26, 9, 30, 0, 0, time.UTC)

// newWorld is a group with its initial instances, in service and healthy.
func newWorld(spec showdown.AutoScalingGroup, balanced bool, seed uint64, say func(showdown.Event)) *world {
	w := &world{
		core: newCore(spec, balanced, seed), instances: map[string]*box{}, closed: map[string]bool{},
		load: -1, perTarget: -1, cpu: -1, drain: 5 * showdown.Minute, boot: bootTakes, refuse: map[verb]bool{}, minutes: map[moment]map[showdown.Metric]float64{},
	}
	w.core.base = epoch
	w.core.zero = 0
	for _, in := range spec.Initial() {
		b := &box{in: in, state: running, launched: -showdown.Hour, next: never, listens: -showdown.Hour, registered: never, drained: never}
		if balanced {
			b.registered = -showdown.Hour
		}
		w.instances[in.Name] = b
		w.names = append(w.names, in.Name)
		w.core.adopt(in.Name, in.Zone, in.Type)
	}
	w.core.events = nil
	w.say = say
	w.settle()
	return w
}

// to lets time pass until at.
func (w *world) to(at moment) {
	for w.now < at {
		next := min(at, w.core.next())
		for _, b := range w.instances {
			for _, t := range b.moments() {
				if t > w.now && t < next {
					next = t
				}
			}
		}
		w.now = next
		if w.now%showdown.Minute == 0 {
			w.minutes[w.now] = map[showdown.Metric]float64{}
			for _, m := range metricsOf(w.core.spec.Policies) {
				w.minutes[w.now][m] = w.metric(m)
			}
		}
		w.settle()
	}
}

// moments are when something about the instance changes.
func (b *box) moments() []moment {
	turn := never
	if b.sick {
		turn = b.sickAt + turnTakes
	}
	healthy := never
	if b.registered != never && b.listens != never {
		healthy = max(b.registered, b.listens) + checkTakes
	}
	failing := never
	if b.registered != never {
		failing = b.registered + turnTakes
	}
	return []moment{b.next, b.listens, b.drained, turn, healthy, failing}
}

// age lets happen what is due.
func (w *world) age() {
	for _, b := range w.instances {
		if b.next <= w.now {
			b.state, b.next = b.then, never
			if b.state == running {
				b.listens = w.now + w.boot
			}
		}
		if b.drained <= w.now {
			b.registered, b.drained = never, never
		}
	}
}

// settle lets the group look until it has nothing to do.
func (w *world) settle() {
	w.age()
	for range 1000 {
		orders := w.core.step(w.now, w.see(), w.readings())
		w.tell()
		if len(orders) == 0 {
			return
		}
		for _, o := range orders {
			w.core.result(w.now, o, w.carryOut(o))
			w.tell()
		}
	}
	panic("the group does not come to rest")
}

func (w *world) tell() {
	w.most = max(w.most, w.core.total())
	for _, e := range w.core.events {
		if w.say != nil {
			w.say(e)
		}
	}
	w.core.events = nil
}

func (w *world) see() map[string]sight {
	out := map[string]sight{}
	for _, name := range w.core.names() {
		out[name] = w.sight(name)
	}
	return out
}

func (w *world) sight(name string) sight {
	b := w.instances[name]
	if b == nil {
		return sight{}
	}
	s := sight{known: true, age: w.now - b.launched, target: w.health(b)}
	s.State, s.Zone, s.Type = b.state, b.in.Zone, b.in.Type
	s.Listening = b.state == running && w.now >= b.listens
	if s.Impaired = b.impaired; b.impaired {
		s.impairedFor = w.now - b.impairedAt
	}
	return s
}

// health is what the load balancer says of a target.
func (w *world) health(b *box) string {
	switch {
	case b.registered == never:
		return ""
	case b.drained != never:
		return targetDraining
	case b.state != running:
		return "unused"
	case b.sick && w.now >= max(b.sickAt, b.registered)+turnTakes:
		return targetUnhealthy
	case b.sick && b.sickAt <= b.registered:
		return "initial"
	case w.now >= max(b.registered, b.listens)+checkTakes:
		return targetHealthy
	case w.now >= b.registered+turnTakes:
		return targetUnhealthy
	}
	return "initial"
}

func (w *world) readings() []reading {
	ticks, ends := w.core.due(w.now)
	var out []reading
	for i, tick := range ticks {
		for _, metric := range metricsOf(w.core.spec.Policies) {
			v := w.minutes[ends[i]][metric]
			out = append(out, reading{tick: tick, metric: metric, value: max(v, 0), ok: v >= 0})
		}
	}
	return out
}

func (w *world) metric(m showdown.Metric) float64 {
	if m == showdown.AverageCPU {
		return w.cpu
	}
	if w.perTarget >= 0 || w.load < 0 {
		return w.perTarget
	}
	healthy := 0
	for _, b := range w.instances {
		if w.health(b) == targetHealthy {
			healthy++
		}
	}
	if healthy == 0 {
		return -1
	}
	return w.load / float64(healthy)
}

func (w *world) carryOut(o order) error {
	if w.refuse[o.verb] {
		return errors.New("try again later")
	}
	b := w.instances[o.name]
	switch o.verb {
	case doLaunch:
		if w.closed[o.launch.Zone] {
			return w.noCapacity("RunInstances", o.launch.Zone)
		}
		w.instances[o.name] = &box{
			in: o.launch, state: "pending", then: running, next: w.now + launchTakes, launched: w.now,
			listens: never, registered: never, drained: never, sick: w.sickApp, sickAt: w.now,
		}
		w.names = append(w.names, o.name)
		if w.stillborn {
			w.instances[o.name].down(terminated, terminated, never)
		}
	case doStart:
		if w.closed[b.in.Zone] {
			return w.noCapacity("StartInstances", b.in.Zone)
		}
		b.state, b.then, b.next = "pending", running, w.now+startTakes
	case doStop:
		b.down(stopping, stopped, w.now+stopTakes)
	case doTerminate:
		b.down(shuttingDown, terminated, w.now+endTakes)
	case doRegister:
		b.registered, b.drained = w.now, never
	case doDeregister:
		b.drained = w.now + w.drain
		if b.state != running {
			b.registered, b.drained = never, never
		}
	}
	return nil
}

func (w *world) noCapacity(op, zone string) error {
	var others []string
	for _, z := range w.core.zones {
		if !w.closed[z.name] {
			others = append(others, z.name)
		}
	}
	return InsufficientCapacity(op, w.core.spec.Template.Type, zone, others...)
}

func (b *box) down(now, then string, at moment) {
	b.state, b.then, b.next, b.listens = now, then, at, never
}

// running are the names of the instances that run, in the order of their launch.
func (w *world) running() []string {
	return slices.DeleteFunc(slices.Clone(w.names), func(name string) bool {
		return w.instances[name].state != running
	})
}

// zones are the active instances by zone, in words.
func (w *world) zones() string { return zonesText(w.core.counts()) }

func zonesText(n map[string]int) string {
	text := ""
	for i, z := range slices.Sorted(maps.Keys(n)) {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s %d", z, n[z])
	}
	return text
}
