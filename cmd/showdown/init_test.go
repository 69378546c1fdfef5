package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestWordsOfACommand(t *testing.T) {
	for text, want := range map[string][]string{
		"":                             nil,
		"  server ":                    {"server"},
		"python3 server.py\t--fast":    {"python3", "server.py", "--fast"},
		`sh -c 'exec "$0"' "a b" c\ d`: {"sh", "-c", `exec "$0"`, "a b", "c d"},
		`x "" '' "say \"hi\"" 'back\'`: {"x", "", "", `say "hi"`, `back\`},
	} {
		got, err := words(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{`a "b`, `a 'b`, `a\`} {
		if got, err := words(text); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestNameOfAFile(t *testing.T) {
	for path, want := range map[string]string{
		"showdown.yaml": "mine", "-": "mine", "shop.yaml": "shop", "/tmp/My Shop (2).yml": "my-shop-2", "42.yaml": "mine",
		"7-eleven.yaml": "eleven", strings.Repeat("long-", 20) + ".yaml": "long-long-long-long-long-long-lo",
	} {
		if got := nameOf(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// asking is an asker whose terminal answers so.
func asking(t *testing.T, answers string, flags ...string) (*asker, *bytes.Buffer) {
	t.Helper()
	set := flag.NewFlagSet("init", flag.ContinueOnError)
	for _, name := range []string{"name", "instances", "balancer"} {
		set.String(name, "", "")
	}
	if err := set.Parse(flags); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := cli.NewContext(cli.NewApp(), set, nil)
	c.Context = t.Context()
	return &asker{c: c, in: bufio.NewReader(strings.NewReader(answers)), out: &out}, &out
}

// Somebody who presses Ctrl-C at a question wants to be asked nothing more.
func TestAnInterruptedQuestionEnds(t *testing.T) {
	silent, _ := io.Pipe()
	a, out := asking(t, "")
	ctx, cancel := context.WithCancelCause(t.Context())
	a.c.Context, a.in = ctx, bufio.NewReader(silent)
	cancel(interrupted{os.Interrupt})
	name := "kept"
	if err := a.text("name", "Name", &name); !errors.As(err, new(interrupted)) {
		t.Errorf("the question ended with %v", err)
	}
	if name != "kept" || out.String() != "Name [kept]: \n" {
		t.Errorf("%q, and it wrote %q", name, out.String())
	}
}

func TestAsking(t *testing.T) {
	a, out := asking(t, "\nmany\n7\nperhaps\nNo\n", "--name", "given")
	name, health, instances, balancer := "given", "/", 3, true
	for _, err := range []error{
		a.text("name", "Name", &name), a.text("health", "Health", &health),
		a.number("instances", "Instances", &instances), a.yes("balancer", "Balancer", &balancer),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if name != "given" || health != "/" || instances != 7 || balancer {
		t.Errorf("%q %q %d %v", name, health, instances, balancer)
	}
	want := "Health [/]: Instances [3]:   a whole number, please\nInstances [3]: Balancer [yes]:   yes or no, please\nBalancer [yes]: "
	if out.String() != want {
		t.Errorf("it asked %q", out.String())
	}
	if err := a.text("health", "Health", &health); err == nil {
		t.Error("somebody who has left was taken for an answer")
	}
	var nobody *asker
	if err := nobody.number("instances", "Instances", &instances); err != nil || instances != 7 {
		t.Errorf("nobody was asked: %v, %d", err, instances)
	}
}
