package command_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"showdown/targets/command"
	"showdown/targets/journal"
)

// long is a timeout that no command of these tests reaches.
const long = time.Minute

func shell(script string, args ...string) command.Command {
	return command.Command{Argv: append([]string{"/bin/sh", "-c", script}, args...), Dir: "/", Env: []string{"PATH=/usr/bin:/bin"}, Timeout: long}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	inDir := shell(`pwd; echo "$WHO"; printenv HOME; echo said >&2`)
	inDir.Dir, inDir.Env = dir, []string{"PATH=/usr/bin:/bin", "WHO=web-1"}
	for _, c := range []struct {
		name           string
		command        command.Command
		exit           int
		stdout, stderr string
		bad            bool
	}{
		{"good", shell("echo out; echo err >&2"), 0, "out\n", "err\n", false},
		{"an exit code", shell("echo out; exit 3"), 3, "out\n", "", true},
		{"a signal", shell("kill -9 $$"), -1, "", "", true},
		{"no shell reads it", command.Command{Argv: []string{"echo", "$HOME", "*", "a b"}, Dir: "/", Env: []string{"PATH=/bin"}, Timeout: long}, 0, "$HOME * a b\n", "", false},
		{"a folder and an environment of its own", inDir, 0, dir + "\nweb-1\n", "said\n", false},
		{"stderr opened anew", shell("echo one >&2; echo two >/dev/stderr; echo three >&2"), 0, "", "two\nthree\n", false},
		{"no UTF-8", shell(`printf 'a\377b'`), 0, "a\uFFFDb", "", false},
		{"no input", shell("cat"), 0, "", "", false},
	} {
		r, err := command.Run(t.Context(), c.command)
		if (err != nil) != c.bad || r.Exit != c.exit || r.Stdout != c.stdout || r.Stderr != c.stderr {
			t.Errorf("%s: %+v %v", c.name, r, err)
		}
	}
}

func TestRunThatDoesNotStart(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]command.Command{
		"no words":       {Timeout: long},
		"no timeout":     {Argv: []string{"true"}, Env: []string{"PATH=/bin"}},
		"not in PATH":    {Argv: []string{"no-such-program"}, Env: []string{"PATH=/bin"}, Timeout: long},
		"no such file":   {Argv: []string{"./no-such-program"}, Dir: "/", Timeout: long},
		"not executable": {Argv: []string{script}, Dir: "/", Timeout: long},
		"no such folder": {Argv: []string{"/bin/true"}, Dir: "/no/such/folder", Timeout: long},
	} {
		if r, err := command.Run(t.Context(), c); !errors.Is(err, command.ErrNotStarted) || r.Exit != -1 {
			t.Errorf("%s: %+v %v", name, r, err)
		}
	}
	if _, err := command.Run(ended, shell("true")); !errors.Is(err, command.ErrNotStarted) || !errors.Is(err, context.Canceled) {
		t.Errorf("after its context: %v", err)
	}
}

// family is a command whose child says its number and sleeps for a minute.
const family = `sleep 60 & echo $!; `

func TestTimeoutKillsTheGroup(t *testing.T) {
	for name, run := range map[string]func(c command.Command) (command.Result, error){
		"timeout": func(c command.Command) (command.Result, error) {
			c.Timeout = 300 * time.Millisecond
			return command.Run(t.Context(), c)
		},
		"context": func(c command.Command) (command.Result, error) {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			return command.Run(ctx, c)
		},
		"refused": func(c command.Command) (command.Result, error) {
			c.Started = func(int) error { return errors.New("no record") }
			return command.Run(t.Context(), c)
		},
	} {
		r, err := run(shell(family + "wait"))
		if err == nil || r.Exit != -1 || r.Took > 30*time.Second {
			t.Errorf("%s: %+v %v", name, r, err)
		}
		if name == "timeout" != errors.Is(err, command.ErrTimeout) || name == "context" != errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if name != "refused" {
			gone(t, name, r.Stdout)
		}
	}
}

// gone fails unless the process whose number is in text is gone soon.
func gone(t *testing.T, name, text string) {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Errorf("%s: its child did not say its number: %v", name, err)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if who, err := journal.Identify(pid); err == nil && !journal.WaitGone(ctx, who) {
		t.Errorf("%s: the child %d still runs", name, pid)
	}
}

// What a command leaves running is not waited for, keeps its output, and is not killed.
func TestWhatIsLeftRunning(t *testing.T) {
	dir := t.TempDir()
	ready, done := filepath.Join(dir, "ready"), filepath.Join(dir, "done")
	var group int
	c := shell(fmt.Sprintf(`(while [ ! -e %s ]; do sleep 0.02; done; echo still here && touch %s) & echo begun`, ready, done))
	c.Started = func(pid int) error { group = pid; return nil }
	r, err := command.Run(t.Context(), c)
	if err != nil || r.Stdout != "begun\n" {
		t.Fatalf("%+v %v", r, err)
	}
	t.Cleanup(func() { command.KillGroup(group) })
	if err := os.WriteFile(ready, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(done); err == nil {
			return // it could write, although its command has ended
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("what was left running died of the end of its command")
		}
	}
}

func TestOutputIsBounded(t *testing.T) {
	c := shell(`head -c 70000 /dev/zero | tr '\0' x; echo s3cret >&2; head -c 65530 /dev/zero | tr '\0' y >&2; echo s3cret >&2`)
	c.Secrets = map[string]string{"TOKEN": "s3cret", "PART": "s3", "EMPTY": ""}
	r, err := command.Run(t.Context(), c)
	if err != nil || !r.Cut || len(r.Stdout) != command.MaxOutput || strings.Trim(r.Stdout, "x") != "" {
		t.Errorf("%d bytes of output, cut %t, %v", len(r.Stdout), r.Cut, err)
	}
	if strings.Contains(r.Stderr, "s3") || !strings.HasPrefix(r.Stderr, "$TOKEN\n") || len(r.Stderr) > command.MaxOutput {
		t.Errorf("stderr begins %q and ends %q", r.Stderr[:20], r.Stderr[len(r.Stderr)-20:])
	}
	if r, err := command.Run(t.Context(), shell("yes")); err == nil || !strings.Contains(err.Error(), "more than 64 MiB") || !r.Cut {
		t.Errorf("a runaway: %v", err)
	}
}

func TestRedact(t *testing.T) {
	for _, c := range []struct {
		text, want string
		secrets    map[string]string
	}{
		{"a token", "a token", nil},
		{"a token", "a $A", map[string]string{"A": "token"}},
		{"tokens", "$B", map[string]string{"A": "token", "B": "tokens"}},
		{"token tokens", "$A $B", map[string]string{"A": "token", "B": "tokens"}},
		{"token", "token", map[string]string{"A": ""}},
	} {
		if got := command.Redact(c.text, c.secrets); got != c.want {
			t.Errorf("%q without %v: %q, want %q", c.text, c.secrets, got, c.want)
		}
	}
}
