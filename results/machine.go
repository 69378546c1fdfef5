package results

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// ThisMachine is the machine and the build that this process is; what cannot be found
// out is empty.
func ThisMachine() Machine {
	m := Machine{Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.GOMAXPROCS(0)}
	m.Host, _ = os.Hostname()
	// Only Linux has the file; elsewhere the system's name has to do.
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	m.Kernel = strings.TrimSpace(string(release))
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return m
	}
	m.Tool = info.Main.Version
	for _, dep := range info.Deps {
		if dep.Path == "github.com/tsenart/vegeta/v12" {
			m.Vegeta = dep.Version
		}
	}
	var revision string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			revision += "+dirty"
		}
	}
	if revision != "" && !strings.Contains(m.Tool, revision) {
		m.Tool = strings.TrimSpace(m.Tool + " " + revision)
	}
	return m
}
