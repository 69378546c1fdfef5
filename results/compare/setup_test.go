package compare

import (
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/results"
)

func TestDifferences(t *testing.T) {
	pair := func(change func(a, b *Side)) []Side {
		a, b := sideOf("A", variant("vertical", 0)), sideOf("B", variant("vertical", 0))
		change(&a, &b)
		return []Side{a, b}
	}
	stages := func(change func(a, b *Side)) []Side {
		a, b := sideOf("asg", variant("asg", 0)), sideOf("multi-az", variant("multi-az", 0))
		change(&a, &b)
		return []Side{a, b}
	}
	spec := func(s *Side) *showdown.Stage { return s.Runs[0].Manifest.Spec }
	tests := []struct {
		name  string
		sides []Side
		want  string
	}{
		{"nothing", pair(func(a, b *Side) {}), ""},
		{"speed", pair(func(a, b *Side) { b.first().Speed = 300 }), "not the same speed: 60 in A, 300 in B"},
		{"version", pair(func(a, b *Side) { b.Runs[0].Manifest.Machine.Tool = "v2" }), "not the same version of showdown: v1 in A, v2 in B"},
		{"machine", pair(func(a, b *Side) { b.Runs[0].Manifest.Machine.Host = "other" }), "not the same machine: vm in A, other in B"},
		{"processors", pair(func(a, b *Side) { b.Runs[0].Manifest.Machine.CPUs = 8 }), "not the same processors: 2 in A, 8 in B"},
		{"kernel", pair(func(a, b *Side) { b.Runs[0].Manifest.Machine.Kernel = "7.0" }), "not the same system: linux/amd64 6.18 in A, linux/amd64 7.0 in B"},
		{"nobody knows the machine", pair(func(a, b *Side) { b.Runs[0].Manifest = nil }), ""},
		{"seed", pair(func(a, b *Side) { b.first().Seed = 9 }), "not the same seed: 3 in A, 9 in B"},
		{
			"stage file", pair(func(a, b *Side) {
				spec(b).Cells[0].Traffic.Clients = 200
				spec(b).Cells[0].Timeline[0].Do = "hang"
				spec(b).Title = "only said"
			}),
			"the stage file is not the same in A and B: cells.base.timeline.R.do kill, hang; cells.base.traffic.clients 100, 200",
		},
		{
			"many places in the stage file", pair(func(a, b *Side) {
				b.Runs[0].Manifest.Spec.Work = 7
				for _, name := range []string{"c", "d", "e", "f", "g", "h"} {
					spec(b).Cells = append(spec(b).Cells, showdown.Cell{Name: name})
				}
			}),
			" and 1 more",
		},
		{"incomplete", pair(func(a, b *Side) { b.first().Complete = false }), "B: the end of the record is missing"},
		{"saturated", pair(func(a, b *Side) { b.first().Generator.Saturated = true }), "B: the generator could not send what was asked"},
		{"disturbed", pair(func(a, b *Side) { a.first().Generator.Disturbed = true }), "A: the machine was disturbed"},
		{"unconfirmed", pair(func(a, b *Side) { a.first().Faults[1].Confirmed = false }), "A: a fault was not confirmed by its probe"},
		{"empty", pair(func(a, b *Side) { a.first().Requests = results.Requests{} }), "A: no request was recorded"},
		{"rate", stages(func(a, b *Side) { b.first().Phases[0].Offered = 200 }), "not the same rate in the reference window: 100/s in asg, 200/s in multi-az"},
		{"window", stages(func(a, b *Side) { b.first().Reference.ToS += 60 }), "not the same length of the reference window: 150 s in asg, 210 s in multi-az"},
		{"event", stages(func(a, b *Side) { spec(b).Cells[0].Timeline[0].Do = "hang" }), "not the same event of the reference window: kill in asg, hang in multi-az"},
		{"clients", stages(func(a, b *Side) { spec(b).Cells[0].Traffic.Clients = 7 }), "not the same number of clients: 100 in asg, 7 in multi-az"},
		{"timeout", stages(func(a, b *Side) { spec(b).Cells[0].Traffic.Timeout = showdown.Second }), "not the same timeout of the clients: 1m in asg, 1s in multi-az"},
		{"length of the fault", stages(func(a, b *Side) { b.first().Faults[0].EndS = ptr(400) }), "kill did not last as long everywhere: 60 s to 280 s"},
		{"no window", stages(func(a, b *Side) { a.first().Reference = nil }), "these numbers compare them only if both were played alike"},
		{"one after the other", pair(func(a, b *Side) {
			for i, s := range []*Side{a, b} {
				*s = sideOf(s.Name, variant("vertical", 0), variant("vertical", 1))
				for k, r := range s.Runs {
					r.Summary.Started = r.Summary.Started.Add(time.Duration(i*10+k) * time.Minute)
				}
			}
		}), "every run of A was over before the first of B"},
		{"in turn", pair(func(a, b *Side) {
			for i, s := range []*Side{a, b} {
				*s = sideOf(s.Name, variant("vertical", 0), variant("vertical", 1))
				for k, r := range s.Runs {
					r.Summary.Started = r.Summary.Started.Add(time.Duration(i+k*2) * time.Minute)
				}
			}
		}), ""},
		{"some runs of a side", pair(func(a, b *Side) {
			*b = sideOf("B", variant("vertical", 0), variant("vertical", 1))
			b.Runs[1].Summary.Generator.Disturbed = true
		}), "B: in 1 of 2 runs the machine was disturbed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := strings.Join(differences(test.sides, scopeOf(test.sides)), "\n")
			if !strings.Contains(got, test.want) || test.want == "" && got != "" {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
