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

// TestCompose checks what no server here can: that images are exact, that nothing is
// published beyond this host, and that what is mounted and scraped is there.
func TestCompose(t *testing.T) {
	const root = ".."
	data, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Image, Build string
			Command      []string
			Ports        []string
			Volumes      []string
			Environment  map[string]string
			ReadOnly     bool `yaml:"read_only"`
			Healthcheck  struct{ Test []string }
			DependsOn    map[string]struct{ Condition string } `yaml:"depends_on"`
		}
		Volumes map[string]any
	}
	if err := yaml.Unmarshal(data, &compose); err != nil {
		t.Fatal(err)
	}
	exact := regexp.MustCompile(`^[a-z/]+:v?\d+\.\d+\.\d+$`)
	for name, s := range compose.Services {
		if s.Build == "" && !exact.MatchString(s.Image) {
			t.Errorf("%s: image %q is no exact version", name, s.Image)
		}
		for on, d := range s.DependsOn {
			if d.Condition != "service_healthy" || len(compose.Services[on].Healthcheck.Test) == 0 {
				t.Errorf("%s starts before %s is healthy, or nobody asks whether it is", name, on)
			}
		}
		if len(s.Ports) == 0 {
			t.Errorf("%s: no port is published", name)
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s: port %q is published beyond this host", name, p)
			}
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if _, named := compose.Volumes[source]; named {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, source)); err != nil || !strings.HasSuffix(v, ":ro") {
				t.Errorf("%s: %q must be there, and read-only: %v", name, v, err)
			}
		}
	}
	opts := composeOptions()
	service, port, _ := strings.Cut(opts.Target, ":")
	if got := strings.Join(compose.Services[service].Command, " "); !strings.Contains(got, "--metrics 0.0.0.0:"+port) {
		t.Errorf("%s runs %q and is scraped at %s", service, got, opts.Target)
	}
	own := compose.Services[service]
	if want := []string{"CMD", "/showdown", "__healthy", "http://127.0.0.1:" + port + "/healthz"}; !slices.Equal(own.Healthcheck.Test, want) || !own.ReadOnly {
		t.Errorf("%s is read-only: %v; its health is asked with %q, want %q", service, own.ReadOnly, own.Healthcheck.Test, want)
	}
	if p := compose.Services["grafana"].Environment["GF_SECURITY_ADMIN_PASSWORD"]; !strings.Contains(p, "classroom") {
		t.Errorf("the password %q is not marked as the classroom's", p)
	}
	home := compose.Services["grafana"].Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	if _, err := os.Stat(filepath.Join("files", "grafana", "dashboards", filepath.Base(home))); err != nil {
		t.Errorf("the home dashboard is none of the files: %v", err)
	}
}
