package dashboards

import (
	"os"
	"path/filepath"
	"regexp"
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
	home := compose.Services["grafana"].Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	if _, err := os.Stat(filepath.Join("files", "grafana", "dashboards", filepath.Base(home))); err != nil {
		t.Errorf("the home dashboard is none of the files: %v", err)
	}
}
