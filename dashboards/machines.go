package dashboards

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"showdown"
)

const (
	// MachinesPath is where the metrics of a lab's machines are served, beside the
	// harness's own: a machine that hangs must not hold those up.
	MachinesPath = "/metrics/machines"
	// machinePort is where a machine serves its metrics on its private address.
	machinePort = "8081"
	// machineWait bounds the wait for one machine. All are asked at once.
	machineWait = 400 * time.Millisecond
	// machineBytes bounds what one machine may answer.
	machineBytes = 1 << 20
	// machineUp is the family that says which machines answered.
	machineUp = "showdown_machine_up"
)

// machine is a process of a cell whose metrics can be asked for.
type machine struct{ run, stage, cell, node, address string }

// reached takes note of the private address of an instance or of a balancer's node;
// an empty one is of an instance that has ended.
func (c *cell) reached(name, private string) {
	if private == "" {
		delete(c.machines, name)
		return
	}
	c.machines[name] = private
}

// reachable are the machines of the stage that is played, in order.
func (e *Exporter) reachable() []machine {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []machine
	if e.stage == nil || e.stage.over {
		return nil
	}
	for _, c := range e.stage.cells {
		c.mu.Lock()
		for name, address := range c.machines {
			n, instance := c.nodes[name]
			if instance && n.Stopped() {
				continue
			}
			out = append(out, machine{c.run, c.stage, c.name, name, net.JoinHostPort(address, machinePort)})
		}
		c.mu.Unlock()
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].cell+"\x00"+out[i].node < out[j].cell+"\x00"+out[j].node
	})
	return out
}

// MachinesHandler serves the metrics of the processes that the lab's machines and load
// balancer nodes are, each asked for its own now, under the labels of the run. They
// live at addresses that only this host reaches, so whoever scrapes asks here. A
// machine that does not answer has [machineUp] 0 and no other series.
func (e *Exporter) MachinesHandler() http.Handler {
	client := &http.Client{Timeout: machineWait, Transport: &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: 10 * time.Second}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gather := func() ([]*dto.MetricFamily, error) { return gatherMachines(r.Context(), client, e.reachable()), nil }
		promhttp.HandlerFor(gathererFunc(gather), promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(w, r)
	})
}

// gathererFunc is a function as a [prometheus.Gatherer].
type gathererFunc func() ([]*dto.MetricFamily, error)

// Gather calls f.
func (f gathererFunc) Gather() ([]*dto.MetricFamily, error) { return f() }

// gatherMachines asks all machines at once and joins what they answer by family.
func gatherMachines(ctx context.Context, client *http.Client, machines []machine) []*dto.MetricFamily {
	answers := make([]map[string]*dto.MetricFamily, len(machines))
	var wg sync.WaitGroup
	for i, m := range machines {
		wg.Go(func() { answers[i], _ = askMachine(ctx, client, m.address) }) // silence is what machineUp says
	}
	wg.Wait()
	up := &dto.MetricFamily{
		Name: new(machineUp), Type: dto.MetricType_GAUGE.Enum(),
		Help: new("1 where the machine's process answered when it was asked for its metrics."),
	}
	families := map[string]*dto.MetricFamily{machineUp: up}
	for i, m := range machines {
		answered := 0.0
		if answers[i] != nil {
			answered = 1
		}
		up.Metric = append(up.Metric, &dto.Metric{Label: m.labels(nil), Gauge: &dto.Gauge{Value: &answered}})
		for name, family := range answers[i] {
			known, ok := families[name]
			if !ok {
				known = &dto.MetricFamily{Name: family.Name, Help: family.Help, Type: family.Type}
				families[name] = known
			}
			if known.GetType() != family.GetType() {
				continue
			}
			for _, metric := range family.Metric {
				metric.Label = m.labels(metric.Label)
				known.Metric = append(known.Metric, metric)
			}
		}
	}
	out := make([]*dto.MetricFamily, 0, len(families))
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if len(families[name].Metric) > 0 {
			out = append(out, families[name])
		}
	}
	return out
}

// askMachine is what the machine at address says of itself.
func askMachine(ctx context.Context, client *http.Client, address string) (map[string]*dto.MetricFamily, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", string(expfmt.NewFormat(expfmt.TypeTextPlain)))
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("machine %s answers %s", address, resp.Status)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(io.LimitReader(resp.Body, machineBytes))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("metrics of machine %s: %w", address, err)
	}
	return families, nil
}

// labels are a series' labels with those that name the machine in the run: a process
// knows the lab it belongs to and not the run.
func (m machine) labels(own []*dto.LabelPair) []*dto.LabelPair {
	values := map[string]string{}
	for _, l := range own {
		values[l.GetName()] = l.GetValue()
	}
	values[labelRun], values[labelStage], values[labelCell], values[labelNode] = m.run, m.stage, m.cell, m.node
	out := make([]*dto.LabelPair, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, &dto.LabelPair{Name: new(name), Value: new(values[name])})
	}
	return out
}

// endpointNames are the endpoints that a cell's requests may have.
func endpointNames(spec *showdown.Cell) []string {
	if names := spec.Traffic.Endpoints(); len(names) > 0 {
		return names
	}
	return []string{plainEndpoint(spec)}
}
