package showdown_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "showdown"

// layer is the import law: a package imports only packages of lower layers. A
// package that is not here has no place yet and fails the test.
var layer = map[string]int{
	"": 0,

	"examples/server": 0,
	"targets/command": 0,

	"targets/cloud":      1,
	"targets/apps/clock": 1,
	"targets/journal":    1,
	"results":            1,
	"results/draw":       1,
	"results/state":      1,
	"attack/scenario":    1,

	"targets/cloud/ec2":         2,
	"targets/cloud/elb":         2,
	"targets/cloud/pricing":     2,
	"targets/cloud/route53":     2,
	"targets/cloud/vpc":         2,
	"targets/backend/process":   2,
	"targets/journeys":          2,
	"attack":                    2,
	"attack/outage":             2,
	"results/analysis":          2,
	"results/diagram":           2,
	"results/export":            2,
	"results/foreign":           2,
	"results/pack":              2,
	"results/statistics":        2,
	"targets/cloud/autoscaling": 2,
	"targets/cloud/elb/proxy":   2,

	"targets/lab":     3,
	"targets/machine": 3,
	"results/compare": 3,

	"targets/lab/timings": 4,

	"chaos":               4,
	"results/figure":      3,
	"results/report":      4,
	"dashboards":          4,
	"dashboards/live":     4,
	"dashboards/promtest": 5,
	"chaos/catalogue":     5,

	"play":         5,
	"play/lesson":  6,
	"cmd/showdown": 7,

	"examples/go": 7,
}

// forbidden are imports that a lower layer alone would allow.
var forbidden = map[string][]string{
	"play": {"dashboards"},
}

// doors are the only packages that may import a big dependency, so that replacing
// or auditing it touches one folder.
var doors = map[string][]string{
	// results writes vegeta's encodings, results/foreign reads them: neither attacks.
	"github.com/tsenart/vegeta/":                              {"attack", "results", "results/foreign"},
	"github.com/prometheus/client_golang/":                    {"dashboards", "targets/machine"},
	"github.com/grafana/grafana-api-golang-client":            {"dashboards"},
	"github.com/urfave/cli/":                                  {"cmd/showdown"},
	"github.com/expr-lang/expr":                               {"results/analysis"},
	"github.com/HdrHistogram/":                                {"results/analysis", "results/export"},
	"github.com/parquet-go/":                                  {"results/export"},
	"github.com/goccy/go-yaml":                                {"targets/journeys"},
	"github.com/invopop/jsonschema":                           {"targets/journeys"},
	"github.com/google/renameio/":                             {"results"},
	"gonum.org/v1/plot":                                       {"results/draw"},
	"codeberg.org/go-fonts/":                                  {"results/draw"},
	"golang.org/x/image/":                                     {"results/draw"},
	"golang.org/x/perf":                                       {"results/statistics"},
	"github.com/aclements/go-moremath/":                       {"results/statistics"},
	"github.com/chromedp/":                                    {"dashboards/live"},
	"rsc.io/qr":                                               {"dashboards/live"},
	"golang.org/x/term":                                       {"cmd/showdown"},
	"golang.org/x/sys/":                                       {"targets/backend/process", "targets/machine", "targets/journal", "attack"},
	"github.com/miekg/dns":                                    {"targets/cloud/route53", "attack"},
	"github.com/valyala/fasthttp":                             {},
	"github.com/santhosh-tekuri/jsonschema/":                  {},
	"github.com/rogpeppe/go-internal/":                        {},
	"github.com/google/go-cmp/":                               {},
	"net/http/pprof":                                          {},
	"github.com/prometheus/client_golang/prometheus/promauto": {},
}

type goPackage struct {
	ImportPath string
	Name       string
	Imports    []string
}

func TestImportLaw(t *testing.T) {
	packages := goList(t)
	direct := map[string]bool{}
	for _, p := range packages {
		direct[name(p.ImportPath)] = true
	}
	for known := range layer {
		if !direct[known] {
			t.Errorf("%s has a layer but is no package", known)
		}
	}
	for _, p := range packages {
		from := name(p.ImportPath)
		mine, ok := layer[from]
		if !ok {
			t.Errorf("%s has no layer: give it one in layers_test.go", from)
			continue
		}
		for _, imp := range p.Imports {
			if imp == module || strings.HasPrefix(imp, module+"/") {
				to := name(imp)
				if layer[to] >= mine {
					t.Errorf("%s (layer %d) imports %s (layer %d)", from, mine, to, layer[to])
				}
				for _, no := range forbidden[from] {
					if to == no {
						t.Errorf("%s imports %s, which it must not know", from, no)
					}
				}
				continue
			}
			checkDoor(t, from, imp)
			if from == "" && strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
				t.Errorf("the root package imports %s; it imports the standard library only", imp)
			}
		}
	}
}

func checkDoor(t *testing.T, from, imp string) {
	t.Helper()
	for dep, through := range doors {
		if !strings.HasPrefix(imp+"/", dep) && !strings.HasPrefix(imp, dep) {
			continue
		}
		allowed := false
		for _, door := range through {
			allowed = allowed || door == from
		}
		if !allowed {
			t.Errorf("%s imports %s; its door is %v", from, imp, through)
		}
	}
}

func name(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}

// goList is the packages of the module with the imports of their non-test files.
func goList(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Imports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var packages []goPackage
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
