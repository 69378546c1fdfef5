package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/ec2"
	"showdown/targets/cloud/vpc"
)

// tiers is a lab of web servers that everybody reaches and a database that they reach.
func (b *bench) tiers(more ...showdown.Instance) *Lab {
	b.t.Helper()
	in := func(name, group string) showdown.Instance {
		i := web(name, "m5.large", false)
		i.SecurityGroups = []string{group}
		return i
	}
	return b.labOf(showdown.Topology{
		Region:    "us-east-1",
		Instances: append([]showdown.Instance{in("web-1", "web"), in("web-2", "web"), in("db-1", "db")}, more...),
		SecurityGroups: []showdown.SecurityGroup{
			{Name: "web", Inbound: []showdown.SecurityRule{{From: showdown.FromInternet}}},
			{Name: "db", Inbound: []showdown.SecurityRule{{From: "web"}}},
		},
	})
}

// matrix is what met, as "from > to: met", with a "!" where the rules promise another.
func matrix(rows []Reach) []string {
	var out []string
	for _, r := range rows {
		line := fmt.Sprintf("%s > %s: %s", r.From, r.To, r.Met)
		if r.Allowed != (r.Met == cloud.Answered) {
			line += "!"
		}
		out = append(out, line)
	}
	return out
}

func mustReach(t *testing.T, l *Lab) []Reach {
	t.Helper()
	rows, err := l.Reach(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestReachIsWhatTheRulesSay(t *testing.T) {
	b := newBench(t, 60)
	l := b.tiers()
	rows := mustReach(t, l)
	want := []string{
		"internet > web-1: answered", "internet > web-2: answered", "internet > db-1: silent",
		"web > web-1: silent", "web > web-2: silent", "web > db-1: answered",
		"db > web-1: silent", "db > web-2: silent",
	}
	if d := cmp.Diff(want, matrix(rows)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	expected, err := Expected(l.cfg.Cell.Topology)
	if err != nil || len(expected) != len(rows) {
		t.Fatalf("%d rows are expected, %v, and %d found", len(expected), err, len(rows))
	}
	for i, r := range rows {
		r.Met, r.Fidelity = "", ""
		if r != expected[i] {
			t.Errorf("row %d is %+v, expected was %+v", i, r, expected[i])
		}
	}
	for _, r := range rows {
		if !strings.Contains(r.Fidelity, "SYN") || r.Port != cloud.Port {
			t.Errorf("%s to %s: port %d, fidelity %q", r.From, r.To, r.Port, r.Fidelity)
		}
	}
	// The rows are events.
	b.mu.Lock()
	defer b.mu.Unlock()
	var said []Reach
	for _, e := range b.events {
		if e.Kind == showdown.Reached {
			said = append(said, Reach{
				From: e.Data["from"].(string), To: e.Target, Port: cloud.Port, Met: e.Data["met"].(string),
				Allowed: e.Data["allowed"].(bool), Fidelity: e.Data["fidelity"].(string),
			})
		}
	}
	if d := cmp.Diff(rows, said); d != "" {
		t.Errorf("events (-rows +events):\n%s", d)
	}
}

// A lab without groups is one in which everybody reaches everybody, and no machine
// keeps anybody out.
func TestReachWithoutGroups(t *testing.T) {
	b := newBench(t, 60)
	l := b.lab(web("web-1", "m5.large", false), web("web-2", "m5.large", false))
	want := []string{
		"internet > web-1: answered", "internet > web-2: answered",
		"default > web-1: answered", "default > web-2: answered",
	}
	rows := mustReach(t, l)
	if d := cmp.Diff(want, matrix(rows)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if rows[0].Fidelity != "everybody is let in" {
		t.Errorf("fidelity %q", rows[0].Fidelity)
	}
}

func TestGroupsFollowOperations(t *testing.T) {
	ctx := t.Context()
	b := newBench(t, 300)
	l := b.tiers()
	open := dial(t, l, endpoint(t, l, "web-1"))

	// A rule is taken away: nobody new, and who is connected goes on.
	everybody := showdown.SecurityRule{From: showdown.FromInternet}
	if err := l.VPC().RevokeIngress(ctx, "web", everybody); err != nil {
		t.Fatal(err)
	}
	check := func(what string, rows ...string) {
		t.Helper()
		got := map[string]bool{}
		for _, r := range matrix(mustReach(t, l)) {
			got[r] = true
		}
		for _, r := range rows {
			if !got[r] {
				t.Errorf("%s: no row %q in %v", what, r, got)
			}
		}
	}
	check("revoked", "internet > web-1: silent", "internet > web-2: silent", "web > db-1: answered")
	if err := open.ask(); err != nil {
		t.Errorf("an open connection after its rule is gone: %v", err)
	}
	if err := l.VPC().AuthorizeIngress(ctx, "web", everybody); err != nil {
		t.Fatal(err)
	}

	// A cut silences what is open too; the rules are the same.
	if err := l.VPC().Cut(ctx, "web", showdown.FromInternet); err != nil {
		t.Fatal(err)
	}
	check("cut", "internet > web-1: silent!", "web > db-1: answered")
	if err := l.VPC().Cut(ctx, "web", "db"); err != nil {
		t.Fatal(err)
	}
	check("cut", "web > db-1: silent!")
	for _, side := range []string{showdown.FromInternet, "db"} {
		if err := l.VPC().Uncut(ctx, "web", side); err != nil {
			t.Fatal(err)
		}
	}
	check("healed", "internet > web-1: answered", "web > db-1: answered")
	if err := dial(t, l, endpoint(t, l, "web-1")).ask(); err != nil {
		t.Error(err)
	}

	// A launch joins its group, a stop and a start keep it there, a termination ends it.
	if _, err := l.EC2().RunInstances(ctx, ec2.Launch{Name: "web-3", Role: "web", Zone: "us-east-1b", Type: "m5.large", Queue: 10, SecurityGroups: []string{"web"}}); err != nil {
		t.Fatal(err)
	}
	if err := l.EC2().WaitListening(ctx, "web-3"); err != nil {
		t.Fatal(err)
	}
	met := func(from string) string {
		t.Helper()
		m, ok := l.Machine(from)
		if !ok {
			t.Fatalf("%s has no machine", from)
		}
		db, _ := l.Instance("db-1")
		c, err := m.Do(ctx, cloud.Command{Verb: cloud.Connect, Address: db.Private + ":8080", Delay: reachAgain})
		if err != nil {
			t.Fatal(err)
		}
		return c.Met
	}
	if got := met("web-3"); got != cloud.Answered {
		t.Errorf("the launched instance meets %q at the database", got)
	}
	if err := l.Stop(ctx, "web-1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Start(ctx, "web-1"); err != nil {
		t.Fatal(err)
	}
	if got := met("web-1"); got != cloud.Answered {
		t.Errorf("the instance that was started again meets %q at the database", got)
	}
	if err := l.EC2().TerminateInstances(ctx, "web-3"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the terminated instance to leave its group", func() bool {
		return cmp.Equal(l.VPC().Members("web"), []string{"web-1", "web-2"})
	})
}

// The host looks past the security groups: an instance that lets nobody in is healthy.
func TestStatusChecksPassNoSecurityGroup(t *testing.T) {
	b := newBench(t, 600)
	closed := web("closed-1", "m5.large", false)
	closed.SecurityGroups = []string{"closed"}
	l := b.labOf(showdown.Topology{
		Region: "us-east-1", Instances: []showdown.Instance{closed}, SecurityGroups: []showdown.SecurityGroup{{Name: "closed"}},
	})
	in, _ := l.Instance("closed-1")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if !systemAnswers(ctx, in.Private) {
		t.Error("the status check is kept out")
	}
	if got := matrix(mustReach(t, l)); !cmp.Equal(got, []string{"internet > closed-1: silent"}) {
		t.Errorf("it lets in: %v", got)
	}
}

// A frozen machine cannot be told; it is as soon as it runs on.
func TestAFrozenMachineIsToldLater(t *testing.T) {
	b := newBench(t, 600)
	l := b.tiers()
	m, _ := l.Machine("web-1")
	if err := m.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.VPC().RevokeIngress(t.Context(), "web", showdown.SecurityRule{From: showdown.FromInternet}); err == nil || !strings.Contains(err.Error(), "tell web-1") {
		t.Errorf("revoke: %v", err)
	}
	if err := m.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "web-1 to hear of the rule", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), reachAgain)
		defer cancel()
		return cloud.Meet(ctx, l.ClientSource(), endpoint(t, l, "web-1")) == cloud.Silent
	})
}

func TestReachOfManyInstancesIsQuick(t *testing.T) {
	b := newBench(t, 60)
	var more []showdown.Instance
	for i := range 7 {
		in := web(fmt.Sprintf("db-%d", i+2), "m5.large", false)
		in.SecurityGroups = []string{"db"}
		more = append(more, in)
	}
	l := b.tiers(more...)
	began := time.Now()
	rows := mustReach(t, l)
	took := time.Since(began)
	if len(rows) != 30 { // 10 instances from outside and from the other two groups
		t.Errorf("%d rows", len(rows))
	}
	// One after the other, the silent ones alone would take three seconds.
	silent := 0
	for _, r := range rows {
		if r.Met == cloud.Silent {
			silent++
		}
	}
	if limit := time.Duration(silent) * reachPatience / 2; took > limit {
		t.Errorf("%d looks, %d of them silent, took %s, more than %s", len(rows), silent, took, limit)
	}
}

func TestReachNeedsALab(t *testing.T) {
	l, err := New(Config{Cell: showdown.Cell{Name: "base"}, Backend: newBench(t, 60).backend, Clock: newBench(t, 60).clock})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Reach(t.Context()); err == nil || !strings.Contains(err.Error(), "it is not up") {
		t.Errorf("reach of a lab that is down: %v", err)
	}
}

func TestTopologiesWithBadGroups(t *testing.T) {
	b := newBench(t, 60)
	in := web("web-1", "t2.micro", false)
	in.SecurityGroups = []string{"wbe"}
	for name, c := range map[string]struct {
		topology showdown.Topology
		code     string
	}{
		"unknown group": {showdown.Topology{Instances: []showdown.Instance{in}}, vpc.CodeGroupNotFound},
		"bad source": {showdown.Topology{SecurityGroups: []showdown.SecurityGroup{
			{Name: "web", Inbound: []showdown.SecurityRule{{From: "10.0.0.0"}}},
		}}, vpc.CodeInvalidParameterValue},
	} {
		_, err := New(Config{Cell: showdown.Cell{Name: "base", Topology: c.topology}, Backend: b.backend, Clock: b.clock})
		var api *vpc.APIError
		if !errors.As(err, &api) || api.Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}
