//go:build linux

package compose

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// project is the name that docker-compose puts before those of the stack.
const project = "classroom"

// image is the image that docker-compose built: 1.29 puts another character before the
// service's name than 2 does.
func image(t *testing.T) string {
	t.Helper()
	id := command(t, "docker", "image", "ls", "--quiet", "--filter", "reference="+project+"?showdown")
	if id == "" || strings.Contains(id, "\n") {
		t.Fatalf("docker-compose built the images %q", id)
	}
	return id
}

// hardened are docker-compose.yml's settings of our service, for a container of its own.
var hardened = []string{
	"run", "--rm", "--read-only", "--init", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true",
	"--tmpfs", "/tmp:uid=65532,gid=65532", "--network", "none",
}

// TestStack does what a teacher does, and what can go wrong with it: each part needs those
// before it.
func TestStack(t *testing.T) {
	dir := os.Getenv(dirVariable)
	parts := []struct {
		name string
		does func(*testing.T)
	}{
		{"stand-ins", func(t *testing.T) { standIns(t, dir) }},
		{"buildkit", buildKit},
		{"build", build},
		{"lab", lab},
		{"up", up},
		{"page", page},
		{"prometheus", prometheus},
		{"stop", stop},
		{"down", down},
	}
	startEngine(t, dir)
	for _, p := range parts {
		from := time.Now()
		if !t.Run(p.name, p.does) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			text, err := compose(ctx, "logs", "--no-color", "--tail", "30").CombinedOutput()
			t.Logf("the stack said (%v):\n%s", err, text)
			return
		}
		t.Logf("%-10s %5.1f s", p.name, time.Since(from).Seconds())
	}
}

// standIns makes the images that cannot be pulled, under the names that our files ask for.
func standIns(t *testing.T, dir string) {
	golang := golangImage(dir)
	if os.Getenv(fullVariable) != "" {
		out, err := goTool(t.Context(), "env", "GOROOT")
		if err != nil {
			t.Fatal(err)
		}
		golang = realGolangImage(dir, strings.TrimSpace(string(out)))
	}
	golang.imports(t, named(t, "Dockerfile", `(?m)^FROM (golang:\S+)`))
	prometheusImage().imports(t, named(t, "docker-compose.yml", `(?m)^    image: (prom/prometheus:\S+)`))
}

// named is what one of the project's files names.
func named(t *testing.T, file, pattern string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(pattern).FindSubmatch(data)
	if m == nil {
		t.Fatalf("%s has no %s", file, pattern)
	}
	return string(m[1])
}

// buildKit builds the Dockerfile with BuildKit, where a client is here that has it: Debian's
// does, newer ones keep it in a plugin.
func buildKit(t *testing.T) {
	for _, client := range []string{"docker", "/usr/bin/docker"} {
		cmd := exec.CommandContext(t.Context(), client, "build", "--quiet", "--tag", "buildkit", ".")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "DOCKER_BUILDKIT=1")
		out, err := cmd.CombinedOutput()
		if err == nil {
			return
		}
		if !strings.Contains(string(out), "buildx") {
			t.Fatalf("%s build: %v\n%s", client, err, last(string(out), 40))
		}
	}
	t.Log("no client here has BuildKit: the Dockerfile is built with the classic builder alone")
}

// build has docker-compose build our image with the classic builder, and holds what it is.
func build(t *testing.T) {
	printed(t, "build", "showdown")
	var found []struct {
		Size   int64
		Config struct {
			User        string
			Entrypoint  []string
			Cmd         []string
			Healthcheck struct{ Test []string }
		}
		RootFS struct{ Layers []string }
	}
	if err := json.Unmarshal([]byte(command(t, "docker", "image", "inspect", image(t))), &found); err != nil {
		t.Fatal(err)
	}
	c := found[0].Config
	if c.User != "65532:65532" || !slices.Equal(c.Entrypoint, []string{"/showdown"}) || len(c.Cmd) == 0 || c.Cmd[0] != "serve" ||
		len(c.Healthcheck.Test) < 2 || c.Healthcheck.Test[1] != "/showdown" {
		t.Errorf("the image's settings are %+v", c)
	}
	if mb := float64(found[0].Size) / 1e6; mb > 40 {
		t.Errorf("the image has %.1f MB, want at most 40", mb)
	} else {
		t.Logf("the image has %.1f MB in %d layers", mb, len(found[0].RootFS.Layers))
	}
}

// lab runs a whole stage in a container that may do nothing.
func lab(t *testing.T) {
	out := command(t, "docker", append(hardened, image(t), "run", "whatsthetime/vertical", "--speed", "120", "--seed", "1", "--out", "/tmp/runs", "--json", "--quiet")...)
	var s struct {
		Verdict  string
		Complete bool
	}
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	if s.Verdict != "held" || !s.Complete {
		t.Errorf("verdict %s, complete %t", s.Verdict, s.Complete)
	}
}

// up starts the stack without Grafana, and holds the order of start.
func up(t *testing.T) {
	printed(t, "up", "-d", "--no-build", "showdown", "prometheus")
	if !eventually(60*time.Second, func() bool { return health(t, "showdown") == "healthy" && health(t, "prometheus") == "healthy" }) {
		t.Fatalf("showdown is %s, prometheus %s", health(t, "showdown"), health(t, "prometheus"))
	}
	said := string(printed(t, "logs", "--no-color", "showdown"))
	if want := "the presenter opens " + pageURL + "/?view=presenter#token=" + token; !strings.Contains(said, want) {
		t.Errorf("the log does not say %q:\n%s", want, said)
	}
	began := func(service string) time.Time {
		at, err := time.Parse(time.RFC3339Nano, inspect(t, service, "{{.State.StartedAt}}"))
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	// The Engine asks for the first time after a second.
	if waited := began("prometheus").Sub(began("showdown")); waited < time.Second {
		t.Errorf("Prometheus began %s after showdown, which nobody had asked for its health yet", waited)
	}
	for _, service := range []string{"showdown", "prometheus"} {
		if got := inspect(t, service, "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.Privileged}}"); got != "true [ALL] [no-new-privileges:true] false" {
			t.Errorf("%s runs with %s", service, got)
		}
		for line := range strings.Lines(command(t, "docker", "port", container(t, service))) {
			if !strings.Contains(line, "-> 127.0.0.1:") {
				t.Errorf("%s publishes %s", service, line)
			}
		}
	}
}

// stop ends the stack as `docker compose stop` does: nobody is killed.
func stop(t *testing.T) {
	from := time.Now()
	printed(t, "stop")
	for _, service := range []string{"showdown", "prometheus"} {
		code, err := strconv.Atoi(inspect(t, service, "{{.State.ExitCode}}"))
		if err != nil || code == 137 || code == 1 || inspect(t, service, "{{.State.OOMKilled}}") != "false" {
			t.Errorf("%s ended with %d, %v", service, code, err)
		} else {
			t.Logf("%s ended with %d", service, code)
		}
	}
	t.Logf("after %.1f s", time.Since(from).Seconds())
}

// down takes the stack away: the named volumes are left, with the record in one of them, and
// then these too.
func down(t *testing.T) {
	printed(t, "down")
	for what, args := range map[string][]string{
		"containers": {"ps", "--all", "--quiet"},
		"networks":   {"network", "ls", "--quiet", "--filter", "type=custom"},
	} {
		if left := command(t, "docker", args...); left != "" {
			t.Errorf("%s are left: %s", what, left)
		}
	}
	volumes := strings.Fields(command(t, "docker", "volume", "ls", "--quiet"))
	slices.Sort(volumes)
	if want := []string{project + "_prometheus", project + "_runs"}; !slices.Equal(volumes, want) {
		t.Errorf("volumes %q are left, want %q", volumes, want)
	}
	runs := command(t, "docker", slices.Concat(hardened, []string{"--volume", project + "_runs:/runs", image(t), "runs"})...)
	if !strings.Contains(runs, "-whatsthetime") {
		t.Errorf("the records are not kept:\n%s", runs)
	}
	printed(t, "down", "--volumes")
	if left := command(t, "docker", "volume", "ls", "--quiet"); left != "" {
		t.Errorf("volumes are left: %s", left)
	}
}

// compose is a command of docker-compose.
func compose(ctx context.Context, args ...string) *exec.Cmd {
	// Neither an override nor an .env of whoever runs the test.
	cmd := exec.CommandContext(ctx, "docker-compose", append([]string{"-f", "docker-compose.yml", "--env-file", filepath.Join(os.Getenv(dirVariable), "env")}, args...)...)
	cmd.Dir = root
	return cmd
}

// printed runs a command of docker-compose and returns all that it printed.
func printed(t *testing.T, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	out, err := compose(ctx, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker-compose %s: %v\n%s", strings.Join(args, " "), err, last(string(out), 40))
	}
	return out
}

// container is the id of a service's container.
func container(t *testing.T, service string) string {
	t.Helper()
	return command(t, "docker", "ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project="+project, "--filter", "label=com.docker.compose.service="+service)
}

// inspect is what the Engine says of a service's container.
func inspect(t *testing.T, service, format string) string {
	t.Helper()
	return command(t, "docker", "inspect", "--format", format, container(t, service))
}

// health is what a service's health check says.
func health(t *testing.T, service string) string {
	t.Helper()
	if container(t, service) == "" {
		return "missing"
	}
	return inspect(t, service, "{{.State.Health.Status}}")
}
