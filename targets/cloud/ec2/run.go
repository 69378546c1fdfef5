package ec2

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// Run carries out what the operations began and checks the instances every AWS
// minute, until ctx ends. It returns nil then, when everything it started has ended;
// what was under way stays as it is. It fails when it is already running.
func (r *Region) Run(ctx context.Context) error {
	r.mu.Lock()
	again := r.running
	r.running = true
	r.mu.Unlock()
	if again {
		return errors.New("ec2: the region runs already")
	}
	defer func() {
		r.mu.Lock()
		r.running = false
		r.mu.Unlock()
	}()
	var wg sync.WaitGroup
	defer wg.Wait()
	ticker := time.NewTicker(r.cfg.Clock.Lab(CheckEvery))
	defer ticker.Stop()
	for {
		for _, task := range r.takeTasks() {
			wg.Go(func() { task(ctx) })
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		case <-ticker.C:
			at, due := time.Now(), r.due()
			for i, in := range due {
				at := at.Add(checkDelay(i, len(due), r.cfg.Clock.Lab(CheckEvery)))
				wg.Go(func() {
					_ = cloud.SleepUntil(ctx, at) // check itself finds that ctx has ended
					r.check(ctx, in)
				})
			}
		}
	}
}

// due are the instances that are checked now.
func (r *Region) due() []*instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	var due []*instance
	for _, name := range r.names {
		if in := r.instances[name]; in.state == Running && !in.booting && !in.checking {
			in.checking = true
			due = append(due, in)
		}
	}
	return due
}

// later queues a task for Run. r.mu is held.
func (r *Region) later(task func(context.Context)) {
	r.tasks = append(r.tasks, task)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *Region) takeTasks() []func(context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	tasks := r.tasks
	r.tasks = nil
	return tasks
}

// check is one status check of a running instance, and the look at its credits that
// comes with it.
func (r *Region) check(ctx context.Context, in *instance) {
	defer func() {
		r.mu.Lock()
		in.checking = false
		r.mu.Unlock()
	}()
	r.mu.Lock()
	m, plan, private, burst := in.machine, in.plan, in.private, in.typ.Burst != nil
	booting := in.booting // since it was its turn
	r.mu.Unlock()
	if booting || !r.checkStatus(ctx, in, m, plan, private) || !burst {
		return
	}
	// Unlike one that goes down it can be given time: nothing waits for the answer.
	counters, counted := r.ask(ctx, m, r.cfg.Clock.Lab(CheckEvery/4))
	r.mu.Lock()
	defer r.unlock()
	if counted && in.plan == plan && in.state == Running {
		in.balance, in.launch = counters.Balance, counters.Launch
		r.outbox.add(showdown.InstanceCredits, in.Name, map[string]any{"balance": counters.Balance, "speed": counters.Speed})
	}
}

// checkStatus is the status check: the machine's network is really asked, and must
// answer within half the time to the next check. ok is false when the answer says
// nothing any more.
func (r *Region) checkStatus(ctx context.Context, in *instance, m cloud.Machine, plan int, private string) (ok bool) {
	good := r.reach(ctx, m, private, r.cfg.Clock.Lab(CheckEvery/2))
	host := true
	if b, ok := r.cfg.Backend.(interface{ Lost() <-chan struct{} }); ok {
		select {
		case <-b.Lost():
			host = false
		default:
		}
	}
	r.mu.Lock()
	defer r.unlock()
	if ctx.Err() != nil || in.plan != plan || in.state != Running {
		return false
	}
	age := r.cfg.Clock.AWS(time.Since(in.runningSince))
	before := Status{in.system.Health, in.software.Health}
	in.system, in.software = in.system.observe(host, age), in.software.observe(good, age)
	switch impaired := in.system.Health == Impaired || in.software.Health == Impaired; {
	case !impaired:
		in.impairedSince = time.Time{}
	case in.impairedSince.IsZero():
		in.impairedSince = time.Now()
	}
	if (Status{in.system.Health, in.software.Health}) != before {
		r.sayStatus(in)
		in.notify()
	}
	return true
}

// reach says whether a machine lives and its network answers within patience.
func (r *Region) reach(ctx context.Context, m cloud.Machine, private string, patience time.Duration) bool {
	if !alive(m) {
		return false
	}
	if r.cfg.Reach == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.cfg.Reach(ctx, private) && alive(m)
}

// ask gets a machine's counters; ok is false when it is dead or does not answer
// within patience.
func (r *Region) ask(ctx context.Context, m cloud.Machine, patience time.Duration) (c cloud.Counters, ok bool) {
	if !alive(m) {
		return c, false
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := m.Do(ctx, cloud.Command{Verb: cloud.Stats})
	return c, err == nil
}

// creditPatience is how long a machine that goes down is asked for its balance: the
// application's end must not wait for a machine that hangs.
const creditPatience = 20 * time.Millisecond

func (r *Region) lookAtCredits(ctx context.Context, in *instance, m cloud.Machine) {
	if c, ok := r.ask(ctx, m, creditPatience); ok {
		r.mu.Lock()
		in.balance, in.launch = c.Balance, c.Launch
		r.mu.Unlock()
	}
}

// Machine is the living machine behind an instance; ok is false when there is none.
func (r *Region) Machine(name string) (m cloud.Machine, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := r.instances[name]
	if in == nil || !alive(in.machine) {
		return nil, false
	}
	return in.machine, true
}

// Usage is what the instances and the elastic IPs have used until a moment, for the bill.
func (r *Region) Usage(at time.Time) ([]Usage, []ElasticUsage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var (
		instances []Usage
		elastic   []ElasticUsage
	)
	all := slices.Clone(r.past)
	for _, name := range r.names {
		all = append(all, r.instances[name])
	}
	for _, in := range all {
		instances = append(instances, Usage{
			Name: in.Name, Type: in.typ.Name, Terminated: in.state == Terminated, PublicNow: in.public() != "",
			Runs:     Runs(r.cfg.Clock, in.history, at),
			AutoIPv4: Held(r.cfg.Clock, in.holds, at), SurplusCredits: in.surplus + max(0, -in.balance),
		})
	}
	for _, a := range r.order {
		e := r.elastic[a]
		elastic = append(elastic, ElasticUsage{
			Address: a, Instance: e.instance, Held: Held(r.cfg.Clock, []Hold{e.hold}, at), Released: !e.hold.Until.IsZero(),
		})
	}
	return instances, elastic
}

// Close ends every machine at once and lets no other start. It returns when they are
// gone. Closing twice is no error.
func (r *Region) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	var all []*instance
	for _, name := range r.names {
		all = append(all, r.instances[name])
	}
	r.mu.Unlock()
	errs := make([]error, len(all)+1)
	var wg sync.WaitGroup
	for i, in := range all {
		wg.Go(func() {
			if errs[i] = in.lock(ctx); errs[i] != nil {
				return
			}
			defer in.unlock()
			r.mu.Lock()
			m := in.machine
			in.machine, in.listening = nil, false
			r.mu.Unlock()
			if alive(m) {
				errs[i] = m.Kill(ctx)
			}
		})
	}
	wg.Wait()
	errs[len(all)] = r.clear(ctx)
	return errors.Join(errs...)
}

// clear ends the machines that keep addresses silent.
func (r *Region) clear(ctx context.Context) error {
	r.mu.Lock()
	places := r.places
	r.mu.Unlock()
	var errs []error
	for _, m := range places {
		if alive(m) {
			errs = append(errs, m.Kill(ctx))
		}
	}
	return errors.Join(errs...)
}
