package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	// A command that is called inside the test and starts machines would start this test
	// again in place of them, and that one again.
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "__") && filepath.Base(os.Args[0]) != "showdown" {
		fmt.Fprintln(os.Stderr, "the test is no showdown: start a program of its own")
		os.Exit(exitUsage)
	}
	testscript.Main(m, map[string]func(){
		"showdown": func() { os.Exit(Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the program as a user does.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			// Nothing may need a home that can be written.
			env.Setenv("HOME", "/nonexistent")
			root, err := filepath.Abs("../..")
			env.Setenv("ROOT", root)
			return err
		},
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"taken": taken},
		RequireExplicitExec: true,
	})
}

// taken listens on an address until the script ends, and names it in $TAKEN.
func taken(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv("TAKEN", l.Addr().String())
}
