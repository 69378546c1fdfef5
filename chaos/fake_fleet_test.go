package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"showdown"
)

// launchTime is how long the fake takes from a launch to an application that listens.
const launchTime = 30 * showdown.Second

// places is what the fake knows beside its instances: elastic IPs, and a hosted zone
// with one name server that follows after a time.
type places struct {
	allocated []string
	silent    map[string]bool // addresses of instances that are gone
	domain    string
	records   map[string][]string // by host
	known     map[string][]string // what the name server says
	follows   showdown.Duration
	mode      string
	latency   time.Duration
}

func (w *world) LaunchInstance(_ context.Context, in showdown.Instance) error {
	w.tell("launch %s", in.Name)
	if err := w.broken["launch"]; err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.az.closed[in.Zone] {
		return full("RunInstances")
	}
	b := w.box(in.Name)
	if b == nil {
		b = &box{added: true}
		w.instances = append(w.instances, b)
	}
	b.addresses++
	b.Instance = Instance{
		Instance: in, State: "pending", Type: in.Type, Elastic: in.ElasticIP,
		Private: fmt.Sprintf("10.0.1.%d", b.addresses), Public: fmt.Sprintf("3.0.%d.%d", len(w.instances), b.addresses),
	}
	if in.Private {
		b.Public = ""
		b.Closed = !slices.Contains(w.rules.let[w.groupOf(in.Name)], showdown.FromInternet)
	}
	if in.ElasticIP {
		w.places.allocated = append(w.places.allocated, b.Public)
	}
	w.later(launchTime, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		b.State, b.machine = "running", w.newMachine(in.Name)
	})
	return nil
}

func (w *world) TerminateInstance(_ context.Context, name string, silent bool) error {
	w.tell("terminate %s silently %t", name, silent)
	if err := w.broken["terminate"]; err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.box(name)
	b.State = "shutting-down"
	if b.machine != nil {
		b.machine.end()
		b.machine = nil
	}
	if silent {
		if w.places.silent == nil {
			w.places.silent = map[string]bool{}
		}
		w.places.silent[b.Public] = true
	}
	w.later(stopTime, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		b.State, b.Public = terminated, ""
	})
	return nil
}

// elasticLimit is how many elastic IPs the fake gives.
const elasticLimit = 5

func (w *world) AllocateAddress(context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.places.allocated) >= elasticLimit {
		return "", &Refusal{Operation: "AllocateAddress", Code: "AddressLimitExceeded", Message: "the limit"}
	}
	address := fmt.Sprintf("9.0.0.%d", len(w.places.allocated)+1)
	w.places.allocated = append(w.places.allocated, address)
	return address, nil
}

func (w *world) ReleaseAddress(_ context.Context, address string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.places.allocated = slices.DeleteFunc(w.places.allocated, func(a string) bool { return a == address })
	return nil
}

func (w *world) AssociateAddress(_ context.Context, address, name string) error {
	w.tell("associate %s %s", address, name)
	if err := w.broken["associate"]; err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.instances {
		if b.Public == address {
			b.addresses++
			b.Public, b.Elastic = fmt.Sprintf("4.0.0.%d", b.addresses), false
		}
	}
	b := w.box(name)
	b.Public, b.Elastic = address, true
	return nil
}

// zone gives the world a hosted zone in which all instances stand under the apex, and
// the first under "one".
func (w *world) zone(follows showdown.Duration) {
	w.places.domain, w.places.follows = "mine.com", follows
	w.places.records, w.places.known = map[string][]string{}, map[string][]string{}
	for i, b := range w.instances {
		w.places.records["@"] = append(w.places.records["@"], b.Public)
		if i == 0 {
			w.places.records["one"] = []string{b.Public}
		}
	}
	w.places.records["www"] = w.nodeAddresses()
	for host, values := range w.places.records {
		w.places.known[host] = slices.Clone(values)
	}
}

func (w *world) Domain() string        { return w.places.domain }
func (w *world) NameServers() []string { return []string{"5.0.0.1:10053"} }

func (w *world) RemoveRecord(_ context.Context, host, address string) error {
	return w.change("DELETE", host, address, func(at int, values []string) []string { return slices.Delete(values, at, at+1) })
}

func (w *world) RestoreRecord(_ context.Context, host, address string) error {
	return w.change("CREATE", host, address, func(_ int, values []string) []string { return append(values, address) })
}

func (w *world) change(what, host, address string, do func(at int, values []string) []string) error {
	w.tell("%s %s %s", what, host, address)
	w.mu.Lock()
	defer w.mu.Unlock()
	values := slices.Clone(w.places.records[host])
	at := slices.Index(values, address)
	if (at < 0) == (what == "DELETE") {
		return &Refusal{Operation: "ChangeResourceRecordSets", Code: "InvalidChangeBatch", Message: "it is so already"}
	}
	values = do(at, values)
	w.places.records[host] = values
	w.later(w.places.follows, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.places.known[host] = values
	})
	return nil
}

func (w *world) FailNames(mode, _ string, latency time.Duration) error {
	w.tell("names %s", mode)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.deaf["names"] {
		w.places.mode, w.places.latency = mode, latency
	}
	return nil
}

// ask is the fake's resolver: an answer takes a millisecond.
func (w *world) ask(ctx context.Context, _, name string, patience time.Duration) reply {
	host := strings.TrimSuffix(name, ".mine.com.")
	if name == "mine.com." {
		host = "@"
	}
	w.mu.Lock()
	mode, latency, values := w.places.mode, w.places.latency, slices.Clone(w.places.known[host])
	w.mu.Unlock()
	took := time.Millisecond
	switch mode {
	case "slow":
		took += latency
	case "silent":
		took = patience
	}
	took = min(took, patience)
	wait(ctx, took)
	r := reply{said: SaidAddresses, addresses: values, took: took}
	switch {
	case mode == "nxdomain", len(values) == 0:
		r.said, r.addresses = SaidNothing, nil
	case mode == "servfail":
		r.said, r.addresses = SaidFailure, nil
	case mode == "silent", took == patience:
		r.said, r.addresses = SaidSilence, nil
	}
	return r
}
