package lab

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/ec2"
	"showdown/targets/journal"
)

// paper is a backend whose machines exist on paper alone: a full subnet takes more of
// them than a test should start.
type paper struct{}

func (paper) Start(_ context.Context, c cloud.MachineConfig) (cloud.Machine, error) {
	return &paperMachine{name: c.Name, done: make(chan struct{})}, nil
}

func (paper) Fidelity(string) (string, bool) { return "", false }

// paperMachine does nothing until it is killed.
type paperMachine struct {
	cloud.Machine
	name string
	done chan struct{}
}

func (m *paperMachine) Name() string             { return m.name }
func (m *paperMachine) Identity() cloud.Identity { return cloud.Identity{} }
func (m *paperMachine) Done() <-chan struct{}    { return m.done }

func (m *paperMachine) Do(context.Context, cloud.Command) (cloud.Counters, error) {
	return cloud.Counters{}, nil
}

func (m *paperMachine) Kill(context.Context) error {
	close(m.done)
	return nil
}

// crowd is that many instances in one zone.
func crowd(n int) showdown.Topology {
	t := showdown.Topology{Region: "us-east-1"}
	for i := range n {
		t.Instances = append(t.Instances, web(fmt.Sprintf("web-%d", i+1), "t2.micro", false))
	}
	return t
}

// paperLab is a lab on paper that is taken down when the test ends.
func paperLab(t *testing.T, topology showdown.Topology) (*Lab, error) {
	t.Helper()
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.TempDir(), "papertest")
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(Config{
		Run: "papertest", App: "clock", Work: 22, Clock: clock, Seed: 1, Backend: paper{}, Journal: j,
		Cell: showdown.Cell{Name: "base", Topology: topology},
	})
	t.Cleanup(func() {
		if l != nil {
			if err := l.Down(context.Background()); err != nil {
				t.Errorf("down: %v", err)
			}
		}
		if err := j.Close(); err != nil {
			t.Errorf("close the journal: %v", err)
		}
	})
	return l, err
}

// TestFullSubnet: a zone has room for 251 instances. One more is refused with EC2's code
// and in plain words, another zone still has room, and an instance that is terminated
// makes none.
func TestFullSubnet(t *testing.T) {
	l, err := paperLab(t, crowd(journal.MaxHosts-1))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	launch := func(name, zone string) error {
		in := web(name, "t2.micro", false)
		in.Zone = zone
		return l.Launch(t.Context(), in)
	}
	if err := launch("last", "us-east-1a"); err != nil {
		t.Fatalf("the last one that has room: %v", err)
	}
	seen := map[string]string{}
	for _, in := range l.Instances() {
		for _, address := range []string{in.Private, in.Public} {
			if other, taken := seen[address]; taken || address == "" {
				t.Errorf("%s has the address %q of %s", in.Name, address, other)
			}
			seen[address] = in.Name
		}
	}
	if want := 2 * journal.MaxHosts; len(seen) != want {
		t.Errorf("%d addresses are given, want %d", len(seen), want)
	}
	check := func(name string, err error) {
		t.Helper()
		if ec2.Code(err) != ec2.CodeInsufficientAddresses || !strings.Contains(fmt.Sprint(err), "the subnet of us-east-1a is full: it has 251 addresses") {
			t.Errorf("launch %s: %v", name, err)
		}
		if _, there := l.Instance(name); there {
			t.Errorf("%s is there after it was refused", name)
		}
	}
	check("more", launch("more", "us-east-1a"))
	if err := l.Terminate(t.Context(), "web-1", false); err != nil {
		t.Fatal(err)
	}
	check("after", launch("after", "us-east-1a"))
	if err := launch("other", "us-east-1b"); err != nil {
		t.Errorf("another zone: %v", err)
	}
}

// TestOverfullTopology is refused before anything is started.
func TestOverfullTopology(t *testing.T) {
	_, err := paperLab(t, crowd(journal.MaxHosts+1))
	if err == nil || !strings.Contains(err.Error(), `lab "base": instance "web-252": the subnet of us-east-1a is full`) {
		t.Errorf("New: %v", err)
	}
}
