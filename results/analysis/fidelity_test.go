package analysis

import (
	"strings"
	"testing"

	"showdown"
)

func TestFidelityOfPrograms(t *testing.T) {
	server := func() *showdown.Program { return &showdown.Program{Command: []string{"python3", "server.py"}} }
	// As read from a record: the same program at two instances is two values.
	s := &showdown.Stage{App: "clock", Cells: []showdown.Cell{{Topology: showdown.Topology{Instances: []showdown.Instance{
		{Name: "a", Program: server()}, {Name: "b", Program: server()}, {Name: "c", Program: &showdown.Program{Command: []string{"./api"}}},
	}}}}}
	got := fidelity(s)
	if len(got) != 3 || !strings.Contains(got[0], "(python3 server.py; ./api)") || !strings.Contains(got[0], "real CPU time of this computer") {
		t.Errorf("it says %q", got)
	}
	if got := fidelity(&showdown.Stage{App: "clock", Cells: []showdown.Cell{{Topology: showdown.Topology{Instances: []showdown.Instance{{}}}}}}); got != nil {
		t.Errorf("of built-in applications it says %q", got)
	}
	if got := fidelity(nil); got != nil {
		t.Errorf("of nothing it says %q", got)
	}
}
