package lab

import (
	"path/filepath"
	"strings"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// ownProgram is a program of a stage file for a machine: its paths count from the folder
// of the file that it is written in. nil is none.
func ownProgram(p *showdown.Program, source string) *cloud.Program {
	if p == nil {
		return nil
	}
	command, dir := ProgramPaths(p, source)
	return &cloud.Program{
		Command: command, Env: p.Env, Dir: dir, Health: p.Health, Ready: time.Duration(p.Ready), CPUs: p.CPUs, MemoryMiB: p.MemoryMiB,
	}
}

// ProgramPaths are the command of a program and the folder that it runs in, with their
// relative paths resolved from the folder of the stage file at source. A program without
// a slash in its name is looked for in PATH.
func ProgramPaths(p *showdown.Program, source string) (command []string, dir string) {
	base, err := filepath.Abs(filepath.Dir(source))
	if err != nil {
		base = filepath.Dir(source)
	}
	from := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(base, path)
	}
	command = append(command, p.Command...)
	if len(command) > 0 && strings.ContainsRune(command[0], '/') {
		command[0] = from(command[0])
	}
	return command, from(p.Dir)
}
