package dashboards

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// composeService is what docker-compose.yml says of a service: every key that it may use, so that
// a misspelt one is an error.
type composeService struct {
	Image, Build string
	Command      []string
	Environment  map[string]string
	Init         bool
	ReadOnly     bool `yaml:"read_only"`
	Tmpfs        []string
	Volumes      []string
	Ports        []string
	Healthcheck  struct {
		Test              []string
		Interval, Timeout string
		Retries           int
	}
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	CapDrop     []string                              `yaml:"cap_drop"`
	SecurityOpt []string                              `yaml:"security_opt"`
	StopGrace   string                                `yaml:"stop_grace_period"`
	Restart     string
}

// composeFile is docker-compose.yml. It has no name: docker-compose 1.29 refuses one.
type composeFile struct {
	Services map[string]composeService
	Volumes  map[string]any
}

func readCompose(t *testing.T) composeFile {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var c composeFile
	if err := yaml.UnmarshalWithOptions(data, &c, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCompose holds what every service of the stack must be: an exact image, without
// privileges, asked for its health, seen by this computer alone, and leaving nothing but the
// named volumes.
func TestCompose(t *testing.T) {
	compose := readCompose(t)
	exact := regexp.MustCompile(`^[a-z/]+:v?\d+\.\d+\.\d+$`)
	port := regexp.MustCompile(`^127\.0\.0\.1:\$\{[A-Z]+_PORT:-(\d+)\}:(\d+)$`)
	for name, s := range compose.Services {
		if s.Build == "" && !exact.MatchString(s.Image) {
			t.Errorf("%s: image %q is no exact version", name, s.Image)
		}
		if !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) {
			t.Errorf("%s keeps privileges: cap_drop %q, security_opt %q", name, s.CapDrop, s.SecurityOpt)
		}
		if len(s.Healthcheck.Test) == 0 || s.Healthcheck.Retries == 0 {
			t.Errorf("%s: nobody asks for its health", name)
		}
		if s.Restart != "on-failure:3" {
			t.Errorf("%s: restart %q: one that always fails, or outlives a restart of the computer, is nobody's wish", name, s.Restart)
		}
		for on, d := range s.DependsOn {
			if _, there := compose.Services[on]; !there || d.Condition != "service_healthy" {
				t.Errorf("%s starts before %s is healthy", name, on)
			}
		}
		if len(s.Ports) == 0 {
			t.Errorf("%s: no port is published", name)
		}
		for _, p := range s.Ports {
			if m := port.FindStringSubmatch(p); m == nil || m[1] != m[2] {
				t.Errorf("%s: port %q must be on 127.0.0.1, the same within and without, and may be moved", name, p)
			}
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if _, named := compose.Volumes[source]; named {
				continue
			}
			if _, err := os.Stat(filepath.Join("..", source)); err != nil || !strings.HasSuffix(v, ":ro") {
				t.Errorf("%s: %q must be there, and read-only: %v", name, v, err)
			}
		}
		for key, value := range s.Environment {
			secret := strings.Contains(key, "TOKEN") || strings.Contains(key, "PASSWORD")
			if secret && !strings.Contains(value, "for-the-classroom-only") {
				t.Errorf("%s: %s %q is not marked as the classroom's", name, key, value)
			}
		}
	}
}

// TestComposeOrder holds the order of start: what is asked for is there before who asks.
func TestComposeOrder(t *testing.T) {
	compose := readCompose(t)
	for name, want := range map[string][]string{"showdown": nil, "prometheus": {"showdown"}, "grafana": {"prometheus"}} {
		var got []string
		for on := range compose.Services[name].DependsOn {
			got = append(got, on)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s waits for %q, want %q", name, got, want)
		}
	}
	if len(compose.Services) != 3 {
		t.Errorf("%d services, want 3", len(compose.Services))
	}
}

// TestComposeOwn holds our own service: what it runs, who asks for its health, where it may
// write, and that it is scraped where it serves.
func TestComposeOwn(t *testing.T) {
	compose := readCompose(t)
	opts := composeOptions()
	name, port, _ := strings.Cut(opts.Target, ":")
	own := compose.Services[name]
	if want := []string{"serve", "whatsthetime", "--listen", "0.0.0.0:" + port}; !slices.Equal(own.Command, want) {
		t.Errorf("it runs %q, want %q", own.Command, want)
	}
	if want := []string{"CMD", "/showdown", "__healthy", "http://127.0.0.1:" + port + "/healthz"}; !slices.Equal(own.Healthcheck.Test, want) {
		t.Errorf("its health is asked with %q, want %q", own.Healthcheck.Test, want)
	}
	if !own.ReadOnly || !own.Init || !slices.Equal(own.Tmpfs, []string{"/tmp:uid=65532,gid=65532"}) || !slices.Equal(own.Volumes, []string{"runs:/runs"}) {
		t.Errorf("read-only %t, init %t, tmpfs %q, volumes %q", own.ReadOnly, own.Init, own.Tmpfs, own.Volumes)
	}
	if own.Environment["SHOWDOWN_TOKEN"] == "" {
		t.Error("a container is reached from beyond its loopback: commands need a token")
	}
	home := compose.Services["grafana"].Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	if _, err := os.Stat(filepath.Join("files", "grafana", "dashboards", filepath.Base(home))); err != nil {
		t.Errorf("the home dashboard is none of the files: %v", err)
	}
}
