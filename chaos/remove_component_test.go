package chaos

import (
	"strings"
	"testing"

	"showdown"
)

func removeComponentExamples() []example {
	return []example{{
		do: "remove-component", with: []string{"component", "route53", "host", "www"}, onlyFaked: true,
		faked: map[string]any{"addresses": 2, "address/lb-1a": "6.0.0.1:8080", "records_before": 2, "records": 0},
	}, {
		do: "remove-component", with: []string{"component", "elb", "balancer", "lb"}, onlyFaked: true,
		faked: map[string]any{"nodes": 2, "records": 2},
	}, {
		do: "remove-component", with: []string{"component", "asg", "scaling_group", "fleet"}, onlyFaked: true,
		faked: map[string]any{"desired": 2, "in_service": 2, "came_into_service": 0},
	}}
}

func TestRemovedParts(t *testing.T) {
	for _, c := range []struct {
		name string
		with []string
		said []string
		once []string
	}{
		{
			"route53",
			[]string{"component", "route53", "host", "www"},
			[]string{"no such name", "the clients were told 6.0.0.1 6.0.0.2"},
			[]string{"remove name www", "name www restored", "clients.told"},
		},
		{
			"elb",
			[]string{"component", "elb", "balancer", "lb"},
			[]string{"lb-1a connection refused, lb-1b connection refused", "www.mine.com.: 1 of 1 name servers say 1.1.0.0 1.2.0.0"},
			[]string{"remove balancer lb", "balancer lb restored"},
		},
		{
			"asg",
			[]string{"component", "asg", "scaling_group", "fleet"},
			[]string{"every process is suspended; DescribeAutoScalingGroups says desired 2, 2 in service of fleet"},
			[]string{"suspend fleet 9", "resume fleet 9"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.run(t, act("A", minute, "remove-component", "", 2*minute, c.with...))
				w.mustHave("A", lasting())
				for _, want := range c.said {
					if said := w.evidence("A", showdown.FaultConfirmed); !strings.Contains(said, want) {
						t.Errorf("evidence %q, want %q in it", said, want)
					}
				}
				for _, what := range c.once {
					if n := w.count(what); n != 1 {
						t.Errorf("%q %d times", what, n)
					}
				}
				w.healthy()
			})
		})
	}
}

// TestRemovedPartsThatStay are not believed to be gone.
func TestRemovedPartsThatStay(t *testing.T) {
	for deaf, with := range map[string][]string{
		"name":     {"component", "route53", "host", "www"},
		"balancer": {"component", "elb", "balancer", "lb"},
	} {
		t.Run(deaf, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.deaf[deaf] = true
				w.run(t, act("A", minute, "remove-component", "", 8*minute, with...))
				w.mustHave("A", []string{"fault.planned", "fault.injecting", "fault.injected", "fault.unconfirmed", "fault.healing", "fault.undone"})
				w.healthy()
			})
		})
	}
}

// pinning is a world whose clients can be told a name's addresses.
type pinning struct {
	*world
}

func (p *pinning) PinName(host string, endpoints []Endpoint) func() {
	p.tell("pin %s %d", host, len(endpoints))
	return func() { p.tell("unpin %s", host) }
}

func TestClientsAreToldTheName(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(func(c *Config) { c.Load = &pinning{world: w} }, act("A", minute, "remove-component", "", minute, "component", "route53", "host", "www"))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		w.before("remove name www", "pin www 2")
		w.before("pin www 2", "name www restored")
		w.before("name www restored", "unpin www")
		if w.count("unpin www") != 1 || len(w.told) != 0 {
			t.Errorf("told %v, story %q", w.told, w.story)
		}
	})
}

// Without its group what is lost stays lost, which the end has as facts.
func TestNobodyLooksAfterTheGroup(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.meanwhile(2*minute, func() {
			w.lose(1)
		})
		w.run(t, act("A", minute, "remove-component", "", 5*minute, "component", "asg", "scaling_group", "fleet"))
		w.mustHave("A", lasting())
		facts := w.event("A", showdown.FaultUndone).Data["facts"].(map[string]any)
		if facts["in_service"] != 1 || facts["in_service_least"] != 1 || facts["came_into_service"] != 0 || facts["desired"] != 2 {
			t.Errorf("facts %v", facts)
		}
		if said := w.evidence("A", showdown.FaultUndone); !strings.Contains(said, "1 in service of fleet, 1 at the least, 0 came into service meanwhile; now DescribeAutoScalingGroups says desired 2, 2 in service") {
			t.Errorf("evidence %q", said)
		}
		w.healthy()
	})
}
