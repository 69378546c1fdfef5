package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"showdown"
	"showdown/targets/lab"
)

// programIsThere fails where an application of one's own of a stage file could not be
// run, with what is missing.
func programIsThere(s *showdown.Stage, p *showdown.Program) error {
	command, dir := lab.ProgramPaths(p, s.Source)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("the program's folder %s is not there: paths count from the folder of the stage file", dir)
	}
	name := command[0]
	if !strings.ContainsRune(name, '/') {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("the program %q is not in PATH: install it, or write its path, like ./%[1]s", name)
		}
		return nil
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the program %s is not there: build it first; paths count from the folder of the stage file", name)
	case err != nil:
		return fmt.Errorf("the program %s: %w", name, err)
	case info.IsDir():
		return fmt.Errorf("the program %s is a folder: write the file that is to be run", name)
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("the program %s may not be run: chmod +x it, or name its interpreter first, like [python3, server.py]", name)
	}
	return nil
}

// unset are the variables that the programs of a stage take from the environment and
// that are not there.
func unset(s *showdown.Stage) []string {
	var out []string
	for _, p := range s.Programs() {
		for _, name := range p.Needs() {
			if _, there := os.LookupEnv(name); !there && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// equipped fails where the environment lacks what the programs of a stage take from it.
func equipped(s *showdown.Stage) error {
	missing := unset(s)
	if len(missing) == 0 {
		return nil
	}
	return misuse("export "+missing[0]+"=... and run it again; its value is not recorded",
		"%s: app takes %s from the environment, where it is not set", s.Source, strings.Join(missing, ", "))
}

// showPrograms tells what instances run in place of a built-in application.
func (t *terminal) showPrograms(s *showdown.Stage) {
	for _, p := range s.Programs() {
		command, dir := lab.ProgramPaths(p, s.Source)
		fmt.Fprintf(t.stdout, "program %s in %s\n  well when it answers %s, boots for %s, ready here within %s\n", strings.Join(command, " "), dir, p.Health, p.Boot, p.Ready)
		for _, name := range slices.Sorted(maps.Keys(p.Env)) {
			fmt.Fprintf(t.stdout, "  %s=%s\n", name, p.Env[name])
		}
		fmt.Fprintln(t.stdout)
	}
}

// programHint is what can be done about a program that did not start as it should; empty
// where the error says nothing of one. The reason comes as text, from another process.
func programHint(reason string) string {
	const output = "; all that it wrote is in logs/ of the record"
	_, reason, found := strings.Cut(reason, "its program ")
	switch {
	case !found:
		return ""
	case strings.Contains(reason, "nothing listens on port"):
		return "let it listen on the port that PORT names, at the address in HOST or at every one; where it only starts slowly, give its app more with ready: 30s" + output
	case strings.Contains(reason, "it answers "):
		return "name a path that it answers with a status below 400 when it is well, as health: in its app" + output
	case strings.Contains(reason, "and before it answered"):
		return "it must stay in the foreground and serve HTTP on the port that PORT names; try it by itself, as PORT=8080 HOST=127.0.0.1 and its command" + output
	case strings.Contains(reason, "was not ready"):
		return "it must answer GET on its health path; where it only starts slowly, give its app more with ready: 30s" + output
	}
	return ""
}
