package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// program builds one of the programs that are measured, once, and returns its path:
// "showdown", "benchchild" (what needs showdown's own packages) or "vegeta" (the
// command, of the version in go.mod).
func (e *env) program(ctx context.Context, name string) (string, error) {
	dir, of := e.root, ""
	switch name {
	case "showdown":
		of = "./cmd/showdown"
	case "benchchild":
		of = "./.ci/benchchild"
	case "vegeta":
		dir, of = filepath.Join(e.root, ".ci", "bench"), "github.com/tsenart/vegeta/v12"
	default:
		return "", fmt.Errorf("no program %q", name)
	}
	path := filepath.Join(e.temp, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", path, of)
	build.Dir, build.Stderr = dir, os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	return path, nil
}

// child runs benchchild and decodes the last line that it says into v.
func (e *env) child(ctx context.Context, v any, args ...string) error {
	path, err := e.program(ctx, "benchchild")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("benchchild %s: %w", args[0], err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], v); err != nil {
		return fmt.Errorf("benchchild %s: %w", args[0], err)
	}
	return nil
}
