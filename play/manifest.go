package play

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"showdown/results"
)

// newManifest is what is known of a run before it starts.
func newManifest(c Config) *results.Manifest {
	return &results.Manifest{
		Journey: c.Stage.Journey, Stage: c.Stage.Name, Spec: c.Stage, Speed: c.Clock.Speed(), Seed: c.Seed,
		Started: time.Now(), Command: c.Command, Machine: ThisMachine(c.Version),
	}
}

// vegetaModule is the load engine's module.
const vegetaModule = "github.com/tsenart/vegeta/v12"

// ThisMachine is where and with what a run is made; tool is this program's version.
func ThisMachine(tool string) results.Machine {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	m := results.Machine{
		Tool: tool, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Host: host, CPUs: runtime.GOMAXPROCS(0),
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(release))
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == vegetaModule {
				m.Vegeta = dep.Version
			}
		}
	}
	return m
}
