package lab

import (
	"path/filepath"
	"slices"
	"testing"

	"showdown"
)

func TestPathsOfPrograms(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		source, command, dir string
		wantCommand, wantDir string
	}{
		{"/home/me/stage.yaml", "./server", "", "/home/me/server", "/home/me"},
		{"/home/me/stage.yaml", "bin/server", "run", "/home/me/bin/server", "/home/me/run"},
		{"/home/me/stage.yaml", "../server", "/srv", "/home/server", "/srv"},
		{"/home/me/stage.yaml", "/usr/bin/server", "", "/usr/bin/server", "/home/me"},
		{"/home/me/stage.yaml", "python3", "", "python3", "/home/me"},
		{"stage.yaml", "./server", "", filepath.Join(here, "server"), here},
		{"", "./server", "", filepath.Join(here, "server"), here},
	} {
		p := &showdown.Program{Command: []string{test.command, "./argument"}, Dir: test.dir}
		command, dir := ProgramPaths(p, test.source)
		if !slices.Equal(command, []string{test.wantCommand, "./argument"}) || dir != test.wantDir {
			t.Errorf("%q of %q in %q: %q in %q", test.command, test.source, test.dir, command, dir)
		}
		if p.Command[0] != test.command {
			t.Error("the stage's own was changed")
		}
	}
	if ownProgram(nil, "x") != nil {
		t.Error("no program became one")
	}
}
