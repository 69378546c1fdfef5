package vpc

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
	"showdown/targets/cloud"
)

// lab is a VPC with what it told members and said of itself.
type lab struct {
	*VPC
	mu     sync.Mutex
	pushes []string // "web-1: 8080 127.19.0.4/32"
	events []showdown.Event
	fail   map[string]error
}

func newLab(t *testing.T, groups []showdown.SecurityGroup, members ...Member) *lab {
	t.Helper()
	l := &lab{fail: map[string]error{}}
	var err error
	l.VPC, err = New(Config{
		Groups: groups, Internet: netip.MustParsePrefix(internet),
		Push: func(_ context.Context, member string, in cloud.Inbound) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			if err := l.fail[member]; err != nil {
				return err
			}
			l.pushes = append(l.pushes, member+": "+words(in))
			return nil
		},
		Emit: func(e showdown.Event) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.events = append(l.events, e)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if _, err := l.Join(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	l.take()
	return l
}

// take is what was pushed since it was called last.
func (l *lab) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.pushes
	l.pushes = nil
	return out
}

func (l *lab) want(t *testing.T, what string, pushes ...string) {
	t.Helper()
	if d := cmp.Diff(pushes, l.take()); d != "" {
		t.Errorf("%s: told (-want +got):\n%s", what, d)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMembershipFollowsLaunchesAndTerminations(t *testing.T) {
	ctx := t.Context()
	l := newLab(t, tiers(), member("elb-1", "127.19.0.4", "elb"), member("web-1", "127.19.0.5", "web"))
	in, err := l.Join(ctx, member("elb-2", "127.19.1.4", "elb"))
	ok(t, err)
	if got := words(in); got != "8080 "+internet {
		t.Errorf("elb-2 starts with %q", got)
	}
	l.want(t, "a launch", "web-1: 8080 127.19.0.4/32, 8080 127.19.1.4/32")
	_, err = l.Join(ctx, member("elb-2", "127.19.1.4", "elb"))
	ok(t, err)
	l.want(t, "a start of who is a member")
	old := netip.MustParseAddr("127.19.0.4")
	ok(t, l.Leave(ctx, "elb-1", old))
	l.want(t, "a termination", "web-1: 8080 127.19.1.4/32")
	_, err = l.Join(ctx, member("elb-1", "127.19.0.9", "elb"))
	ok(t, err)
	l.want(t, "a launch under the same name", "web-1: 8080 127.19.0.9/32, 8080 127.19.1.4/32")
	ok(t, l.Leave(ctx, "elb-1", old))
	l.want(t, "the end of the one before")
	if d := cmp.Diff([]string{"elb-1", "elb-2"}, l.Members("elb")); d != "" {
		t.Error(d)
	}
}

func TestAChangeReachesWhomItChanges(t *testing.T) {
	ctx := t.Context()
	l := newLab(t, tiers(), tierMembers()...)
	ok(t, l.RevokeIngress(ctx, "web", from("elb")))
	l.want(t, "revoke", "web-1: ", "web-2: ")
	ok(t, l.AuthorizeIngress(ctx, "web", from("internet"), from("elb")))
	both := "8080 " + internet + ", 8080 127.19.0.4/32"
	l.want(t, "authorize", "web-1: "+both, "web-2: "+both)
	ok(t, l.AuthorizeIngress(ctx, "web", from("127.16.9.0/24")))
	l.want(t, "a rule that changes nothing") // the internet has it already
	ok(t, l.AuthorizeIngress(ctx, "closed", from("internet")))
	l.want(t, "a group without members")
	ok(t, l.Cut(ctx, "web-1", "db-1"))
	ok(t, l.Cut(ctx, "db-1", "web-1"))
	l.want(t, "cut",
		"db-1: 3306 127.19.0.5/32, 3306 127.19.1.4/32, 8080 127.19.0.5/32, 8080 127.19.1.4/32, !127.19.0.5/32",
		"web-1: "+both+", !127.19.0.6/32")
	ok(t, l.Uncut(ctx, "db-1", "web-1"))
	ok(t, l.Uncut(ctx, "db-1", "web-1"))
	l.want(t, "uncut",
		"db-1: 3306 127.19.0.5/32, 3306 127.19.1.4/32, 8080 127.19.0.5/32, 8080 127.19.1.4/32",
		"web-1: "+both)

	want := []showdown.Event{
		{Kind: showdown.GroupChanged, Source: "vpc", Target: "web", Data: map[string]any{"inbound": "nobody"}},
		{Kind: showdown.GroupChanged, Source: "vpc", Target: "web", Data: map[string]any{"inbound": "8080 from internet, 8080 from elb"}},
		{Kind: showdown.GroupChanged, Source: "vpc", Target: "web", Data: map[string]any{"inbound": "8080 from internet, 8080 from elb, 8080 from 127.16.9.0/24"}},
		{Kind: showdown.GroupChanged, Source: "vpc", Target: "closed", Data: map[string]any{"inbound": "8080 from internet"}},
	}
	if d := cmp.Diff(want, l.events); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
}

func TestRefusalsChangeNothing(t *testing.T) {
	ctx := t.Context()
	l := newLab(t, tiers(), tierMembers()...)
	var codes []string
	for _, err := range []error{
		l.AuthorizeIngress(ctx, "wbe", from("internet")),
		l.AuthorizeIngress(ctx, "web", from("internet"), from("elb")),
		l.AuthorizeIngress(ctx, "web", from("1.2.3.4")),
		l.RevokeIngress(ctx, "wbe", from("internet")),
		l.RevokeIngress(ctx, "web", from("elb"), from("internet")),
		l.RevokeIngress(ctx, "web", from("wbe")),
		func() error { _, err := l.Join(ctx, member("x", "127.19.0.9", "wbe")); return err }(),
	} {
		codes = append(codes, Code(err))
	}
	if d := cmp.Diff([]string{
		CodeGroupNotFound, CodeRuleDuplicate, CodeInvalidParameterValue, CodeGroupNotFound, CodeRuleNotFound, CodeGroupNotFound, CodeGroupNotFound,
	}, codes); d != "" {
		t.Errorf("codes (-want +got):\n%s", d)
	}
	l.want(t, "refusals")
	if !l.Allows("elb", "web-1", 0) || l.Allows("internet", "web-1", 0) {
		t.Error("a refused operation has changed a group")
	}
	if len(l.events) != len(codes) {
		t.Fatalf("%d events for %d refusals", len(l.events), len(codes))
	}
	for i, e := range l.events {
		if e.Kind != showdown.APIRefused || e.Data["code"] != codes[i] || e.Target == "" {
			t.Errorf("refusal %d is told as %+v", i, e)
		}
	}
}

// Who could not be told is told with the next change; the rules are what they are.
func TestAMemberThatCannotBeToldIsToldLater(t *testing.T) {
	ctx := t.Context()
	l := newLab(t, tiers(), tierMembers()...)
	frozen := errors.New("it is paused")
	l.fail["web-1"] = frozen
	err := l.RevokeIngress(ctx, "web", from("elb"))
	if !errors.Is(err, frozen) || !strings.Contains(err.Error(), "tell web-1 what it lets in") || Code(err) != "" {
		t.Errorf("revoke with a frozen member: %v", err)
	}
	l.want(t, "the others", "web-2: ")
	if l.Allows("elb", "web-1", 0) || len(l.events) != 1 {
		t.Error("the rule is still there, or its end was not told")
	}
	delete(l.fail, "web-1")
	ok(t, l.Sync(ctx))
	l.want(t, "afterwards", "web-1: ")
	ok(t, l.Sync(ctx, "web-2"))
	l.want(t, "one that missed it", "web-2: ")
	ok(t, l.Sync(ctx))
	l.want(t, "nothing new")
}

// Two operations never tell a member in the wrong order, and one waits no longer than
// its context.
func TestOperationsFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		v, err := New(Config{
			Groups: tiers(), Internet: netip.MustParsePrefix(internet),
			Push: func(_ context.Context, m string, in cloud.Inbound) error {
				if len(told) == 0 {
					<-time.After(time.Second) // the first is slow
				}
				told = append(told, m+": "+words(in))
				return nil
			},
		})
		ok(t, err)
		_, err = v.Join(t.Context(), member("web-1", "127.19.0.5", "web"))
		ok(t, err)
		var all sync.WaitGroup
		change := func(operation func(context.Context, string, ...showdown.SecurityRule) error) {
			all.Go(func() {
				if err := operation(t.Context(), "web", from("internet")); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		change(v.AuthorizeIngress)
		change(v.RevokeIngress)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := v.Cut(ctx, "web", "internet"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an operation that waits too long: %v", err)
		}
		all.Wait()
		if d := cmp.Diff([]string{"web-1: 8080 " + internet, "web-1: "}, told); d != "" {
			t.Errorf("told (-want +got):\n%s", d)
		}
	})
}

func TestPlan(t *testing.T) {
	p := Plan{Slot: 2}
	for _, c := range []struct {
		what string
		get  func() (netip.Prefix, error)
		want string
	}{
		{"the first zone", func() (netip.Prefix, error) { return p.Subnet("us-east-1a") }, "127.35.0.0/24"},
		{"the third zone", func() (netip.Prefix, error) { return p.Subnet("us-east-1c") }, "127.35.2.0/24"},
		{"no zone", func() (netip.Prefix, error) { return p.Subnet("") }, "127.35.0.0/24"},
		{"the VPC", p.CIDR, "127.35.0.0/16"},
		{"the clients", p.Internet, "127.32.0.0/16"},
	} {
		if got, err := c.get(); err != nil || got.String() != c.want {
			t.Errorf("%s: %s, %v, want %s", c.what, got, err, c.want)
		}
	}
	if _, err := (Plan{Slot: 16}).Subnet("us-east-1a"); err == nil || !strings.Contains(err.Error(), "subnet of us-east-1a") {
		t.Errorf("a slot that does not exist: %v", err)
	}
}
