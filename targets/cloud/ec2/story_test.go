package ec2

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

var update = flag.Bool("update", false, "rewrite the stories in testdata with what happens now")

// TestStories plays the scripts in testdata against a Region. A line is a command;
// the indented lines below it are what it answered and what happened meanwhile, with
// the AWS time since the beginning. Lines with # are said to the reader.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			synctest.Test(t, func(t *testing.T) { got = tell(t, string(script)) })
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(script), got); d != "" {
				t.Errorf("the story has changed (-told +now); -update rewrites it:\n%s", d)
			}
		})
	}
}

// teller plays one script.
type teller struct {
	*testRegion
	mu  sync.Mutex
	out strings.Builder
}

func (s *teller) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(&s.out, "    "+format+"\n", args...)
}

func tell(t *testing.T, script string) string {
	s := &teller{}
	s.testRegion = newTestRegion(t, func(e showdown.Event) {
		s.say("%s %s", s.now(), eventText(e))
	})
	lines := bufio.NewScanner(strings.NewReader(script))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "    ") {
			continue
		}
		s.out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.play(strings.Fields(line)); err != nil {
			var api *APIError
			if !errors.As(err, &api) { // a refusal is told as its event
				s.say("error: %v", err)
			}
		}
		synctest.Wait()
	}
	return s.out.String()
}

func (s *teller) play(f []string) error {
	ctx, r := s.ctx, s.region
	switch arg := f[1:]; f[0] {
	case "place", "run":
		l := Launch{Name: arg[0], Type: arg[1], Zone: "us-east-1a", AppBoot: 10 * showdown.Second}
		for _, kv := range arg[2:] {
			key, value, _ := strings.Cut(kv, "=")
			switch key {
			case "credits":
				l.Credits = showdown.Credits(value)
			case "eip":
				l.ElasticIP = value
			case "user-data":
				if err := l.UserData.UnmarshalText([]byte(value)); err != nil {
					return err
				}
			default:
				return fmt.Errorf("unknown %q", key)
			}
		}
		if f[0] == "place" {
			_, err := r.Place(ctx, l)
			return err
		}
		_, err := r.RunInstances(ctx, l)
		return err
	case "start":
		return r.StartInstances(ctx, arg...)
	case "stop":
		return r.StopInstances(ctx, arg...)
	case "reboot":
		return r.RebootInstances(ctx, arg...)
	case "terminate":
		return r.TerminateInstances(ctx, arg...)
	case "modify":
		return r.ModifyInstanceAttribute(ctx, arg[0], arg[1])
	case "resize":
		return r.ResizeInstance(ctx, arg[0], arg[1])
	case "restart":
		return r.Restart(ctx, arg[0])
	case "allocate":
		a, err := r.AllocateAddress(ctx)
		if err == nil {
			s.say("%s", a)
		}
		return err
	case "associate":
		return r.AssociateAddress(ctx, arg[0], arg[1], len(arg) > 2)
	case "disassociate":
		return r.DisassociateAddress(ctx, arg[0])
	case "release":
		return r.ReleaseAddress(ctx, arg[0])
	case "addresses":
		for _, a := range r.DescribeAddresses(ctx) {
			s.say("%s %s", a.PublicIP, orNone(a.Instance))
		}
	case "describe":
		all, err := r.DescribeInstances(ctx, arg...)
		for _, in := range all {
			s.say("%s %s %s private %s public %s, %s answers there", in.Name, in.Type, in.State, in.Private, orNone(in.Public), orNone(s.backend.answers(in.Public)))
		}
		return err
	case "ask":
		s.say("%s", orNone(s.backend.answers(arg[0])))
	case "kill":
		return s.backend.machine(arg[0]).Kill(ctx)
	case "freeze":
		return s.backend.machine(arg[0]).Pause(ctx)
	case "cut", "mend":
		s.backend.cutOff(s.backend.machine(arg[0]).c.Private, f[0] == "cut")
	case "thaw":
		return s.backend.machine(arg[0]).Resume(ctx)
	case "until":
		_, err := r.Wait(ctx, arg[0], func(in Instance) bool {
			return string(in.State) == arg[1] || arg[1] == "listening" && in.Listening ||
				arg[1] == string(in.Status.Instance)
		})
		return err
	case "after":
		var d showdown.Duration
		if err := d.UnmarshalText([]byte(arg[0])); err != nil {
			return err
		}
		<-time.After(r.cfg.Clock.Lab(d))
	case "bill":
		instances, _ := r.Usage(time.Now())
		for _, u := range instances {
			for _, run := range u.Runs {
				s.say("%s %s %.1fs", u.Name, run.Type, run.Billed.Seconds())
			}
		}
	default:
		return fmt.Errorf("unknown command %q", f[0])
	}
	return nil
}

func orNone(text string) string {
	if text == "" {
		return "nobody"
	}
	return text
}

func eventText(e showdown.Event) string {
	keys := make([]string, 0, len(e.Data))
	for k := range e.Data {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	parts := []string{e.Target, string(e.Kind)}
	for _, k := range keys {
		if text, ok := e.Data[k].(string); ok && (text == "" || strings.Contains(text, " ")) {
			parts = append(parts, fmt.Sprintf("%s=%q", k, text))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s=%v", k, e.Data[k]))
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// testRegion is a Region over a fake backend, running until the test ends. It must
// be made inside a synctest bubble.
type testRegion struct {
	region  *Region
	backend *fakeBackend
	ctx     context.Context
	zero    time.Time
}

func newTestRegion(t *testing.T, emit func(showdown.Event)) *testRegion {
	t.Helper()
	clock, err := showdown.NewClock(60)
	if err != nil {
		t.Fatal(err)
	}
	s := &testRegion{backend: newFakeBackend(), zero: time.Now()}
	s.region, err = New(Config{
		Clock: clock, Backend: s.backend, Emit: emit, Seed: 7, Addresses: &fakeAddresses{},
		Reach: s.backend.reach, Lab: "base", Mark: "test", App: "clock", Work: 22.258,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.ctx = ctx
	done := make(chan error)
	go func() { done <- s.region.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := s.region.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		if n := len(s.backend.owners); n > 0 {
			t.Errorf("%d addresses are still bound after close", n)
		}
	})
	return s
}

// now is the AWS time since the test began.
func (s *testRegion) now() string {
	return fmt.Sprintf("%6.1fs", s.region.cfg.Clock.AWS(time.Since(s.zero)).Seconds())
}
