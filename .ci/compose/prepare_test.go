//go:build linux

package compose

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// fullVariable asks for an image that the real Go builds, from nothing.
const fullVariable = "SHOWDOWN_COMPOSE_FULL"

// buildArguments are the Dockerfile's, for which the stand-in for golang hands over the
// program that prepare builds.
func buildArguments(out string) []string {
	return []string{"build", "-trimpath", "-ldflags=-s", "-o", out, "./cmd/showdown"}
}

// prepare makes in dir what needs the network or the caches of whoever runs the test: the
// program, the list of the files that it is built from, and, where the real Go is to build it,
// the modules.
func prepare(ctx context.Context, dir string) error {
	for _, needed := range []string{"docker", "docker-compose", "prometheus", "wget", "ldd"} {
		if _, err := exec.LookPath(needed); err != nil {
			return fmt.Errorf("there is a Docker Engine, and no %s to test with: make test-deps installs it", needed)
		}
	}
	if os.Getenv(fullVariable) != "" {
		return modules(ctx, filepath.Join(dir, "proxy"))
	}
	if _, err := goTool(ctx, buildArguments(filepath.Join(dir, "showdown"))...); err != nil {
		return err
	}
	out, err := goTool(ctx, "list", "-deps", "-f",
		`{{if .Module}}{{if .Module.Main}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`,
		"./cmd/showdown")
	if err != nil {
		return err
	}
	top, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	files := strings.ReplaceAll("\n"+string(bytes.TrimSpace(out)), "\n"+top+"/", "\n")
	return os.WriteFile(filepath.Join(dir, "needed"), []byte(strings.TrimSpace(files)+"\n"), 0o644)
}

// modules copies the modules that are built from, and what every module of their graph says
// of itself, to a folder that serves as a module proxy.
func modules(ctx context.Context, dir string) error {
	cache, err := goTool(ctx, "env", "GOMODCACHE")
	if err != nil {
		return err
	}
	from := filepath.Join(strings.TrimSpace(string(cache)), "cache", "download")
	out, err := goTool(ctx, "mod", "download", "-json")
	if err != nil {
		return err
	}
	var paths []string
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var m struct{ Info, Zip string }
		if err := decoder.Decode(&m); err != nil {
			return fmt.Errorf("go mod download: %w", err)
		}
		paths = append(paths, m.Info, m.Zip)
	}
	graph, err := goTool(ctx, "mod", "graph")
	if err != nil {
		return err
	}
	capital := regexp.MustCompile(`[A-Z]`)
	for _, m := range strings.Fields(string(graph)) {
		name, version, ok := strings.Cut(m, "@")
		if !ok || name == "go" || name == "toolchain" {
			continue
		}
		// Files are named so that they differ where case does not.
		name = capital.ReplaceAllStringFunc(name, func(s string) string { return "!" + strings.ToLower(s) })
		path := filepath.Join(from, filepath.FromSlash(name), "@v", version+".mod")
		if _, err := os.Stat(path); err != nil {
			continue // nobody here has needed it
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		inner, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, inner)), 0o755); err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, inner), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// goTool runs go in the project, for a static program.
func goTool(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, said.String())
	}
	return out, nil
}
